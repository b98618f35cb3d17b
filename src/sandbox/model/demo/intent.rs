//! What a person wants, read from their words by keywords.
//!
//! Nothing is looked up here: whether a word is a student or a class, the
//! flows find out from tool results.

use super::phrases::{AT_RISK, CHANGE, CHART, CLASSES, EDIT, LOOK, OFFER, OVERVIEW, PRONOUNS, SENT, SPEAK, WRITE, YES};
use super::scene::Turn;
use super::words::Words;

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// How everyone is doing.
    Overview,
    /// The list of classes.
    Classes,
    /// Who is likely to pass.
    Pass,
    /// Who needs attention.
    AtRisk,
    /// Who does best.
    Best,
    /// Two classes side by side.
    Compare,
    /// A chart.
    Chart,
    /// What somebody needs in order to pass.
    Needs,
    /// A student or a class, by name.
    About,
    /// A mail to be drafted.
    Write,
    /// The last drafts, written in another way.
    Redraft,
    /// What is on the calendar.
    Agenda,
    /// A meeting to be planned.
    Meet,
    /// What became of the mails.
    Sent,
    /// Drafts that wait are to be sent.
    Approve,
    /// A grade is to be changed.
    Change,
    /// No mail, please.
    Decline,
    /// A greeting.
    Hello,
    /// Thanks.
    Thanks,
    /// Something a script cannot answer.
    Other,
}

/// Reads the present words, with the turns before them for what they refer to.
pub fn read(words: &Words, past: &[Turn<'_>]) -> Intent {
    if words.tokens.is_empty() {
        return Intent::Other;
    }
    diary(words)
        .or_else(|| mail(words, past))
        .or_else(|| question(words))
        .or_else(|| small_talk(words))
        .unwrap_or_else(|| remainder(words))
}

/// "Schedule a meeting with Mateo on Tuesday at 15:00", "What is on my calendar
/// this week?"; but "Write to Mateo about our meeting" is a mail.
fn diary(words: &Words) -> Option<Intent> {
    let meets = words.has(&[
        "schedule a meeting",
        "schedule an appointment",
        "plan a meeting",
        "set up a meeting",
        "arrange a meeting",
        "book a meeting",
        "a meeting with",
        "meet with",
        "schedule",
    ]);
    let looks = words.has(&["my calendar", "the calendar", "my agenda", "my diary"]);
    match (meets && words.find(WRITE).is_none_or(|at| at > 0), looks) {
        (true, false) => Some(Intent::Meet),
        (_, true) => Some(Intent::Agenda),
        (false, false) => None,
    }
}

fn mail(words: &Words, past: &[Turn<'_>]) -> Option<Intent> {
    let writes = asks_to_write(words);
    let drafted = past.iter().any(|turn| turn.mails().next().is_some());
    let few = words.tokens.len() <= 5;
    if drafted && few && words.has(&["send it", "send them", "send all", "send both", "approve*"]) {
        return Some(Intent::Approve);
    }
    if few && words.has(YES) && past.last().is_some_and(|turn| turn.said.contains(OFFER)) {
        return Some(Intent::Write);
    }
    if writes && is_refused(words) || words.has(&["never mind", "nevermind"]) {
        return Some(Intent::Decline);
    }
    if words.has(SENT) {
        return Some(Intent::Sent);
    }
    // "Shorter please, and mention the library" changes a draft; "write to Zoe again" is a new one.
    let refers = words.all_known() || !writes && words.find(CHANGE).is_some_and(|at| at <= 1);
    if drafted && refers && words.has(CHANGE) && !words.has(&["write to", "email to"]) {
        return Some(Intent::Redraft);
    }
    writes.then_some(Intent::Write)
}

/// "Do not write to Mateo", but not "Write to Mateo that he need not worry".
fn is_refused(words: &Words) -> bool {
    let refusal = words.find(&["dont", "do not", "never", "no need", "rather not"]);
    refusal.is_some_and(|at| words.find(WRITE).is_some_and(|verb| at < verb && verb <= at + 4))
}

/// Whether the words ask for a mail.
pub fn asks_to_write(words: &Words) -> bool {
    // "Tell me about Mateo" is a question; "Tell Mateo that …" is a mail.
    let spoken = |at: usize| SPEAK.iter().any(|verb| words.is_at(at, verb)) && is_somebody(words, at + 1);
    let informs = |at: usize| super::details::lets_know(words, at).is_some();
    words.has(WRITE) || (0..words.tokens.len()).any(|at| spoken(at) || informs(at))
}

fn is_somebody(words: &Words, at: usize) -> bool {
    let stands_for = matches!(words.folded(at), "him" | "her" | "them" | "both" | "everyone" | "everybody" | "all");
    stands_for || words.tokens.get(at).is_some_and(|token| !token.is_known() || token.is_capital())
}

/// "Give Mateo a 10", "Delete all grades".
fn changes_grades(words: &Words) -> bool {
    let number = words.tokens.iter().any(|token| token.folded.parse::<f64>().is_ok());
    words.find(EDIT).is_some_and(|at| at <= 2) && (number || words.has(&["grade*", "mark", "marks", "score*"]))
}

fn question(words: &Words) -> Option<Intent> {
    if changes_grades(words) {
        return Some(Intent::Change);
    }
    if words.has(CHART) {
        return Some(Intent::Chart);
    }
    if words.tokens.len() <= 5 && words.has(&["are you", "can you do"]) {
        return Some(Intent::Other);
    }
    let table: [(&[&str], Intent); 6] = [
        (&["compar*", "versus", "vs", "difference between", "side by side"], Intent::Compare),
        (AT_RISK, Intent::AtRisk),
        (&["need", "needs", "needed", "require*", "have to get", "has to get", "must get"], Intent::Needs),
        (&["pass", "passing", "passes", "forecast", "predict*", "chance*", "make it"], Intent::Pass),
        (&["best", "top", "strong*", "excel*", "highest", "aim higher", "doing well", "high performers"], Intent::Best),
        (CLASSES, Intent::Classes),
    ];
    if words.has(&["how are my classes", "how are the classes", "how are all classes"]) {
        return Some(Intent::Overview);
    }
    table.into_iter().find(|(phrases, _)| words.has(phrases)).map(|(_, intent)| intent)
}

fn small_talk(words: &Words) -> Option<Intent> {
    let short = words.tokens.len() <= 8 && words.all_known() && !words.has(OVERVIEW);
    if short
        && words.has(&["thanks", "thank you", "cheers", "perfect", "great", "well done", "good", "ok", "okay"])
        && !words.has(&["morning", "afternoon", "evening"])
    {
        return Some(Intent::Thanks);
    }
    if short && words.is_at(0, "no") {
        return Some(Intent::Decline);
    }
    (short && words.has(&["hello", "hi", "hey", "morning", "afternoon", "evening"])).then_some(Intent::Hello)
}

fn remainder(words: &Words) -> Intent {
    let names_somebody = !words.all_known();
    let looks = words.has(LOOK);
    let refers = words.has(PRONOUNS) && words.tokens.len() <= 8;
    if refers && looks || names_somebody && (looks || words.tokens.len() <= 4) {
        return Intent::About;
    }
    if looks && (words.has(OVERVIEW) || words.has(&["class", "going"])) || words.has(&["overview", "summary", "report"])
    {
        return Intent::Overview;
    }
    Intent::Other
}
