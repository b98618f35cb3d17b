//! What a mail should say beyond the grades, copied from the teacher's words.
//!
//! "Offer him Monday after class and remind him of the test" becomes "I can
//! offer you Monday after class." and "Please remember the test.": the words
//! stay the teacher's, only the person changes from "him" to "you".

use super::order::Detail;
use super::words::{Token, Words};

/// A place where something to be said begins.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    /// The marking word.
    pub at: usize,
    kind: Kind,
    /// The first word after the mark.
    from: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Offer,
    Invite,
    Remind,
    Say,
    Ask,
    Suggest,
    Congratulate,
    Thank,
    About,
    Because,
}

const MARKS: [(&str, Kind); 21] = [
    ("offer", Kind::Offer),
    ("offering", Kind::Offer),
    ("invite", Kind::Invite),
    ("inviting", Kind::Invite),
    ("remind", Kind::Remind),
    ("reminding", Kind::Remind),
    ("tell", Kind::Say),
    ("telling", Kind::Say),
    ("say", Kind::Say),
    ("saying", Kind::Say),
    ("mention", Kind::Say),
    ("mentioning", Kind::Say),
    ("ask", Kind::Ask),
    ("asking", Kind::Ask),
    ("suggest", Kind::Suggest),
    ("propose", Kind::Suggest),
    ("recommend", Kind::Suggest),
    ("congratulate", Kind::Congratulate),
    ("thank", Kind::Thank),
    ("about", Kind::About),
    ("because", Kind::Because),
];

/// The things to be said in an order; `names` are the words of the recipients' names.
pub fn read(words: &Words, names: &[String]) -> Vec<Detail> {
    let marks = marks(words);
    let ends = marks.iter().skip(1).map(|mark| mark.at).chain([words.tokens.len()]);
    let details = marks.iter().zip(ends).filter_map(|(mark, end)| detail(words, *mark, end, names));
    details.collect()
}

/// The places where something to be said begins.
pub fn marks(words: &Words) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for at in 0..words.tokens.len() {
        let verb = MARKS.iter().find(|(verb, _)| words.is_at(at, verb)).map(|(_, kind)| (*kind, at + 1));
        let Some((kind, from)) = verb.or_else(|| Some((Kind::Say, lets_know(words, at)?))) else { continue };
        let open = marks.last().is_some_and(|last| !ends_between(words, last.at, at));
        if (open && !joins(words, at)) || matches!(words.folded(at + 1), "me" | "us") {
            continue;
        }
        if open && matches!(kind, Kind::About | Kind::Because) {
            continue;
        }
        marks.push(Mark { at, kind, from });
    }
    marks
}

/// Where the message begins in "let Mateo and James know that …", when it stands at `at`.
pub fn lets_know(words: &Words, at: usize) -> Option<usize> {
    let somebody = words.is_at(at, "let") && !matches!(words.folded(at + 1), "me" | "us");
    let know = (at + 2..at + 7).find(|at| words.is_at(*at, "know"));
    know.filter(|_| somebody).map(|know| know + 1)
}

impl Mark {
    /// The first word after the people that follow the mark.
    pub fn after_people(self, words: &Words) -> usize {
        let people = |token: &&Token| is_person(token) || token.folded == "and";
        self.from + words.tokens.get(self.from..).unwrap_or_default().iter().take_while(people).count()
    }
}

/// Whether the mark at `at` is followed by somebody's name.
pub fn starts_with_person(words: &Words, at: usize) -> bool {
    words.tokens.get(at + 1).is_some_and(is_person)
        && !matches!(words.folded(at), "about" | "because" | "offer" | "mention" | "suggest" | "propose" | "recommend")
}

fn is_person(token: &Token) -> bool {
    !token.is_known() || token.is_capital()
}

/// A new thing to say follows an "and", a comma or a new sentence.
fn joins(words: &Words, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return true };
    let gap = between(words, before, at);
    gap.contains([',', ';', ':', '.', '!', '\n']) || matches!(words.folded(before), "and" | "then" | "also" | "please")
}

fn ends_between(words: &Words, from: usize, to: usize) -> bool {
    (from..to).any(|at| between(words, at, at + 1).contains(['.', '!', '?', '\n', ';']))
}

fn between(words: &Words, left: usize, right: usize) -> &str {
    let place =
        words.tokens.get(left).zip(words.tokens.get(right)).map(|(left, right)| left.place.end..right.place.start);
    place.and_then(|place| words.text.get(place)).unwrap_or_default()
}

fn detail(words: &Words, mark: Mark, end: usize, names: &[String]) -> Option<Detail> {
    let end = (mark.from..end).find(|at| *at > mark.from && stops(words, *at)).unwrap_or(end);
    let mut range = mark.from..end;
    let skips = |token: &Token| {
        matches!(token.folded.as_str(), "him" | "her" | "them" | "both" | "each" | "everyone" | "everybody")
            || names.contains(&token.folded)
    };
    let skip = |at: usize| {
        let joined = words.folded(at) == "and" && words.tokens.get(at + 1).is_some_and(skips);
        words.tokens.get(at).is_some_and(skips) || joined
    };
    while range.start < range.end && skip(range.start) {
        range.start += 1;
    }
    while range.end > range.start && matches!(words.folded(range.end - 1), "and" | "then" | "also" | "please" | "but") {
        range.end -= 1;
    }
    let lead = words.folded(range.start).to_owned();
    let whole = as_you(words, range.start..range.end);
    let rest = as_you(words, range.start + 1..range.end);
    if whole.is_empty() {
        return None;
    }
    let topic = (mark.kind == Kind::About).then(|| whole.clone());
    Some(Detail { sentence: sentence(mark.kind, &lead, &whole, &rest), topic })
}

/// The order's own asides end a detail: "…, warmly", "… in a firm tone", "… keep it short".
fn stops(words: &Words, at: usize) -> bool {
    let gap = between(words, at - 1, at);
    let aside = [
        "warmly",
        "kindly",
        "gently",
        "firmly",
        "briefly",
        "seriously",
        "make it",
        "keep it",
        "be firm",
        "be warm",
        "be kind",
        "be brief",
        "please",
    ];
    let tone =
        words.is_at(at, "in") && (at..at + 6).any(|at| matches!(words.folded(at), "tone" | "way" | "manner" | "voice"));
    gap.contains(['.', '!', '?', '\n', ';']) || tone || aside.iter().any(|aside| words.is_at(at, aside))
}

fn sentence(kind: Kind, lead: &str, whole: &str, rest: &str) -> String {
    let text = match (kind, lead) {
        (Kind::Offer, "to") => format!("I would be glad {whole}"),
        (Kind::Offer, _) => format!("I can offer you {whole}"),
        (Kind::Invite, "to") => format!("I would like to invite you {whole}"),
        (Kind::Invite, _) => format!("I would like to invite you: {whole}"),
        (Kind::Remind, "of" | "about") => format!("Please remember {rest}"),
        (Kind::Remind, _) => format!("Please remember {whole}"),
        (Kind::Say, "to") => format!("Please {rest}"),
        (Kind::Say, "about") => format!("I also want to mention {rest}"),
        (Kind::Say, "that") => rest.to_owned(),
        (Kind::Ask, "to" | "for") => format!("I would like to ask you {whole}"),
        (Kind::Ask, "about") => format!("I would like to hear from you {whole}"),
        (Kind::Ask, _) => format!("I would like to know {whole}"),
        (Kind::Suggest, _) => format!("I suggest {whole}"),
        (Kind::Congratulate, "on" | "for") => format!("Congratulations on {rest}"),
        (Kind::Congratulate, _) => format!("Congratulations: {whole}"),
        (Kind::Thank, _) => format!("Thank you {whole}"),
        (Kind::About, _) => format!("I am writing about {whole}"),
        (Kind::Because, _) => format!("I am writing because {whole}"),
        (Kind::Say, _) => whole.to_owned(),
    };
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", letters.as_str().trim_end_matches([',', '.', ' ']))
}

/// The teacher's words, turned from a third person to "you".
fn as_you(words: &Words, range: std::ops::Range<usize>) -> String {
    let mut text = String::new();
    let mut turned = false;
    for at in range.clone() {
        let Some(token) = words.tokens.get(at) else { break };
        if at > range.start {
            text.push_str(between(words, at - 1, at));
        }
        let written = words.text.get(token.place.clone()).unwrap_or_default();
        let last = at + 1 >= range.end;
        let (word, subject) = turn(token, written, turned, last);
        text.push_str(&word);
        turned = subject;
    }
    text
}

/// One word as "you" would have it, and whether the next word is its verb.
fn turn(token: &Token, written: &str, verb: bool, last: bool) -> (String, bool) {
    let word = token.folded.as_str();
    match word {
        "he" | "she" if written.contains(['\'', '’']) => ("you are".into(), false),
        "hell" | "shell" | "theyll" if written.contains(['\'', '’']) => ("you will".into(), false),
        "theyre" => ("you are".into(), false),
        "he" | "she" | "they" => ("you".into(), true),
        "him" | "them" => ("you".into(), false),
        "her" if last => ("you".into(), false),
        "his" | "her" | "their" => ("your".into(), false),
        "is" if verb => ("are".into(), false),
        "was" if verb => ("were".into(), false),
        "has" if verb => ("have".into(), false),
        "does" if verb => ("do".into(), false),
        _ if verb && word.ends_with('s') && !word.ends_with("ss") => (bare_verb(written), false),
        _ => (written.to_owned(), false),
    }
}

/// "needs" → "need", "tries" → "try", "misses" → "miss".
fn bare_verb(verb: &str) -> String {
    if let Some(stem) = verb.strip_suffix("ies") {
        return format!("{stem}y");
    }
    let sibilant = ["sses", "shes", "ches", "xes", "goes"].iter().any(|ending| verb.ends_with(ending));
    verb.strip_suffix(if sibilant { "es" } else { "s" }).unwrap_or(verb).to_owned()
}
