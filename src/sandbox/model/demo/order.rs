//! An order for a mail: to whom, in what tone, and what it should say.

use super::phrases::WRITE;
use super::words::{Token, Words};

/// How a mail sounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Voice {
    /// Friendly and hopeful.
    #[default]
    Encouraging,
    /// Close and gentle.
    Warm,
    /// Direct and serious.
    Firm,
}

/// A group that a mail can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Those who need attention.
    InNeed,
    /// Those who do best.
    Best,
    /// All, of a class.
    All,
}

/// What a teacher asked to have written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// The tone.
    pub voice: Voice,
    /// Whether it should be short.
    pub brief: bool,
    /// Whether it is meant as praise.
    pub praise: bool,
    /// The group it goes to, when one is named.
    pub group: Option<Group>,
    /// What it should say beyond the grades, ready for the letter.
    pub details: Vec<Detail>,
    /// Which of several ways of saying it.
    pub version: usize,
}

/// Something the teacher wants said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The sentence for the letter.
    pub sentence: String,
    /// What the letter is about, when the teacher said so.
    pub topic: Option<String>,
}

const WARM: &[&str] =
    &["warm*", "kind", "kinder", "kindly", "gentl*", "friendl*", "soft*", "caring", "less strict", "less formal"];
const FIRM: &[&str] = &["firm*", "serious*", "strict*", "stern*", "formal*", "direct"];
const CHEER: &[&str] = &["encourag*", "motivat*", "positive", "hopeful"];
const BRIEF: &[&str] = &["short", "shorter", "brief*", "concise", "a line"];
const PRAISE: &[&str] = &["congratulat*", "praise", "well done", "proud of"];

impl Order {
    /// Reads an order from a teacher's words; `names` are the words of the recipients' names.
    pub fn read(words: &Words, names: &[String]) -> Self {
        let mut order = Self { praise: words.has(PRAISE), group: group(words), ..Self::default() };
        order.change(words);
        order.version = 0;
        order.details = super::details::read(words, names);
        order
    }

    /// Takes in a later wish, such as "make it warmer".
    pub fn change(&mut self, words: &Words) {
        if words.has(WARM) {
            self.voice = Voice::Warm;
        } else if words.has(FIRM) {
            self.voice = Voice::Firm;
        } else if words.has(CHEER) {
            self.voice = Voice::Encouraging;
        }
        self.brief = (self.brief || words.has(BRIEF)) && !words.has(&["long", "longer"]);
        self.version += 1;
    }
}

/// The words in which the recipients are named: all up to the first thing to be said.
///
/// "Tell Mateo that James offers help" goes to Mateo alone.
pub fn address(words: &Words) -> &[Token] {
    let named_later = |at: usize| super::details::starts_with_person(words, at);
    let end = super::details::marks(words)
        .first()
        .map(|mark| if named_later(mark.at) { mark.after_people(words) } else { mark.at });
    words.tokens.get(..end.unwrap_or(words.tokens.len())).unwrap_or_default()
}

/// The words in which an unknown name would be a mistake: the recipients' own, without the verb's surroundings.
pub fn recipients(words: &Words) -> &[Token] {
    let head = address(words);
    let verb = words.find(WRITE).filter(|at| *at < head.len());
    let refers = verb.is_some_and(|at| {
        head.get(at..)
            .unwrap_or_default()
            .iter()
            .any(|token| matches!(token.folded.as_str(), "him" | "her" | "them" | "both"))
    });
    match verb {
        Some(at) if !refers => head.get(at..).unwrap_or_default(),
        _ => head,
    }
}

fn group(words: &Words) -> Option<Group> {
    let crowd = words.has(&[
        "all",
        "everyone",
        "everybody",
        "those",
        "ones",
        "students",
        "each",
        "anyone",
        "whole class",
        "who",
    ]);
    if !crowd {
        return None;
    }
    if words.has(&[
        "at risk",
        "struggl*",
        "behind",
        "failing",
        "out of reach",
        "need attention",
        "in trouble",
        "in danger",
        "need help",
    ]) {
        return Some(Group::InNeed);
    }
    if words.has(&["best", "top", "strongest", "doing well", "highest"]) {
        return Some(Group::Best);
    }
    words
        .has(&[
            "everyone",
            "everybody",
            "all my students",
            "all students",
            "all the students",
            "whole class",
            "my students",
            "the students in",
            "all in",
            "students of",
        ])
        .then_some(Group::All)
}
