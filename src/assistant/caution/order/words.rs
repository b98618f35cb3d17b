//! The words of an order: who is asked for, besides by name.

use super::super::figures;
use crate::school::{ClassView, Outlook, Standing, folded};

/// A teacher's words, folded.
pub(super) struct Said(Vec<String>);

/// Words that ask for something to be written.
const ORDERS: [&str; 24] = [
    "writ", "mail", "email", "send", "messag", "letter", "tell", "inform", "notif", "contact", "draft", "remind",
    "invit", "congrat", "encourag", "motivat", "note", "repl", "schedul", "meet", "answer", "prais", "thank", "wish",
];
/// Words for several people.
const MANY: [&str; 18] = [
    "students",
    "pupils",
    "kids",
    "learners",
    "everyone",
    "everybody",
    "all",
    "each",
    "those",
    "anyone",
    "anybody",
    "who",
    "whoever",
    "ones",
    "whole",
    "whose",
    "every",
    "people",
];
/// Words for all of them, when nothing else narrows it.
const ALL: [&str; 6] = ["students", "pupils", "kids", "learners", "everyone", "everybody"];
const STRUGGLING: [&str; 13] = [
    "fail", "risk", "struggl", "behind", "weak", "worst", "lowest", "danger", "worr", "poor", "bad", "reach", "trouble",
];
const WELL: [&str; 10] = ["pass", "top", "best", "excel", "great", "strong", "secured", "track", "high", "well"];
/// Words that mean somebody who was spoken of, wherever they stand.
const BACK: [&str; 11] = ["them", "they", "him", "her", "he", "she", "these", "those", "both", "theirs", "same"];
/// Words that agree to what was offered, in a short answer.
const ASSENT: [&str; 10] = ["yes", "yeah", "yep", "ok", "okay", "sure", "please", "do", "go", "again"];
/// So many words are a short answer.
const SHORT: usize = 6;

impl Said {
    pub(super) fn read(words: Vec<String>) -> Self {
        Self(words)
    }

    fn has(&self, list: &[&str]) -> bool {
        self.0.iter().any(|word| list.contains(&word.as_str()))
    }

    fn begins_with(&self, stems: &[&str]) -> bool {
        self.0.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)))
    }

    pub(super) fn asks_to_write(&self) -> bool {
        self.begins_with(&ORDERS)
    }

    pub(super) fn is_of_many(&self) -> bool {
        self.has(&MANY)
    }

    pub(super) fn means_all(&self) -> bool {
        self.has(&ALL)
    }

    /// Whether the words order something for those who were spoken of before:
    /// "write to them", "yes, please". Behind a name, "them" means the named.
    pub(super) fn points_back(&self, first_name: Option<usize>, resolved: bool) -> bool {
        let back = self.0.iter().position(|word| BACK.contains(&word.as_str()));
        let agrees = self.0.len() <= SHORT && self.has(&ASSENT);
        match (back, first_name) {
            (Some(back), Some(name)) => back < name && self.asks_to_write(),
            (Some(_), None) => !resolved && (agrees || self.asks_to_write()),
            (None, _) => !resolved && (agrees || (self.asks_to_write() && self.is_of_many())),
        }
    }

    /// Whether the words name this class: its group, or its subject.
    pub(super) fn names_class(&self, class: &ClassView, all: &[ClassView]) -> bool {
        let group = folded(&class.group);
        let by_group = group.concat().len() > 1 && self.holds(&group);
        let subject = folded(&class.subject);
        let begins_only_this = |word: &String| {
            let same = |other: &&ClassView| folded(&other.subject).first() == Some(word);
            word.len() >= 4 && all.iter().filter(same).all(|other| other.subject == class.subject)
        };
        let by_subject =
            self.holds(&subject) || subject.first().is_some_and(|word| begins_only_this(word) && self.0.contains(word));
        let groups_named = || all.iter().any(|other| self.holds(&folded(&other.group)) && other.group.len() > 1);
        let subjects_named = || all.iter().any(|other| self.holds(&folded(&other.subject)));
        match (by_group, by_subject) {
            (true, true) => true,
            (true, false) => !subjects_named(),
            (false, true) => !groups_named(),
            (false, false) => false,
        }
    }

    fn holds(&self, words: &[String]) -> bool {
        !words.is_empty() && self.0.windows(words.len()).any(|window| window == words)
    }

    pub(super) fn has_criterion(&self) -> bool {
        self.of_the_struggling() || self.of_those_who_do_well() || self.limit().is_some()
    }

    fn of_the_struggling(&self) -> bool {
        self.begins_with(&STRUGGLING) || self.not_passing()
    }

    fn not_passing(&self) -> bool {
        const NOT: [&str; 5] = ["not", "t", "cannot", "never", "wont"];
        self.0.windows(2).any(|pair| NOT.contains(&pair[0].as_str()) && pair[1].starts_with("pass"))
    }

    fn of_those_who_do_well(&self) -> bool {
        self.begins_with(&WELL) && !self.not_passing()
    }

    /// "more than 8", "below 6", "8 or more": the number in hundredths, and
    /// whether it is the least of what is meant.
    fn limit(&self) -> Option<(i32, bool)> {
        const OVER: [&str; 6] = ["more", "above", "over", "least", "higher", "better"];
        const UNDER: [&str; 6] = ["less", "below", "under", "most", "lower", "worse"];
        let number = |word: &String| word.parse::<i32>().ok().filter(|n| *n <= 10);
        let at = self.0.iter().position(|word| number(word).is_some())?;
        let near = self.0.get(at.saturating_sub(2)..(at + 3).min(self.0.len()))?;
        let compares = |list: &[&str]| near.iter().any(|word| list.contains(&word.as_str()));
        let over = compares(&OVER);
        (over || compares(&UNDER)).then(|| Some((number(&self.0[at])? * 100, over))).flatten()
    }

    /// Whether a student who stands so is among those described.
    pub(super) fn fits(&self, outlook: &Outlook) -> bool {
        let struggles = matches!(outlook.standing, Standing::AtRisk | Standing::OutOfReach | Standing::Failed);
        let does_well = matches!(outlook.standing, Standing::Secured | Standing::OnTrack | Standing::Passed);
        let exact = |number: Option<String>| number.and_then(|number| figures::exactly(&number));
        let numbers = [exact(outlook.average.map(|n| n.to_string())), exact(outlook.needed.map(|n| n.to_string()))];
        let within =
            |(limit, over): (i32, bool)| numbers.iter().flatten().any(|n| if over { *n >= limit } else { *n <= limit });
        !self.has_criterion()
            || (self.of_the_struggling() && struggles)
            || (self.of_those_who_do_well() && does_well)
            || self.limit().is_some_and(within)
    }
}
