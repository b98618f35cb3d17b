//! What a person wants, read from their words by keywords.
//!
//! Nothing is looked up here: whether a word is a student or a class, the
//! flows find out from tool results.

use super::person::PRONOUNS;
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
    /// What somebody needs in order to pass.
    Needs,
    /// A student or a class, by name.
    About,
    /// A mail to be drafted.
    Write,
    /// The last drafts, written in another way.
    Redraft,
    /// What became of the mails.
    Sent,
    /// No mail, please.
    Decline,
    /// A greeting.
    Hello,
    /// Thanks.
    Thanks,
    /// Something a script cannot answer.
    Other,
}

/// Verbs that ask for a mail whatever follows.
pub const WRITE: &[&str] = &[
    "write",
    "email",
    "mail",
    "message",
    "send",
    "draft",
    "contact",
    "reach out",
    "drop a line",
    "encourage",
    "motivate",
    "congratulate",
    "praise",
    "motivation",
    "encouragement",
    "let him know",
    "let her know",
    "let them know",
];

/// Verbs that ask for a mail when a person follows.
const SPEAK: &[&str] = &["tell", "remind", "invite", "ask", "thank", "offer"];

const CHANGE: &[&str] = &[
    "make it",
    "make them",
    "make that",
    "rewrite",
    "redraft",
    "again",
    "warmer",
    "kinder",
    "softer",
    "gentler",
    "friendlier",
    "firmer",
    "stricter",
    "sterner",
    "shorter",
    "briefer",
    "longer",
    "more formal",
    "more serious",
    "more personal",
    "more encouraging",
    "more positive",
    "less formal",
    "less strict",
    "another version",
];

const SENT: &[&str] = &[
    "did you send",
    "have you sent",
    "did you write",
    "have you written",
    "was it sent",
    "were they sent",
    "is it sent",
    "has it been sent",
    "what did you send",
    "who did you write",
    "did it go out",
    "what was sent",
    "did the mail*",
    "did the email*",
    "was the mail sent",
    "was the email sent",
];

const AT_RISK: &[&str] = &[
    "at risk",
    "risk",
    "struggl*",
    "behind",
    "worr*",
    "concern*",
    "danger",
    "attention",
    "trouble",
    "out of reach",
    "weak*",
    "low",
    "lowest",
    "worst",
    "fail*",
    "need help",
    "needs help",
    "who needs",
    "who need",
    "not pass",
];

const OVERVIEW: &[&str] = &[
    "students",
    "everyone",
    "everybody",
    "overview",
    "summary",
    "situation",
    "report",
    "semester",
    "pupils",
    "kids",
    "my class",
    "we doing",
    "all doing",
];

const LOOK: &[&str] = &[
    "how", "hows", "show", "tell", "about", "what", "whats", "see", "view", "open", "doing", "going", "look", "who",
    "is",
];

/// Reads the present words, with the turns before them for what they refer to.
pub fn read(words: &Words, past: &[Turn<'_>]) -> Intent {
    if words.tokens.is_empty() {
        return Intent::Other;
    }
    mail(words, past).or_else(|| question(words)).or_else(|| small_talk(words)).unwrap_or_else(|| remainder(words))
}

fn mail(words: &Words, past: &[Turn<'_>]) -> Option<Intent> {
    let writes = asks_to_write(words);
    if writes && words.has(&["dont", "do not", "never", "no need", "rather not"])
        || words.has(&["never mind", "nevermind"])
    {
        return Some(Intent::Decline);
    }
    if words.has(SENT) {
        return Some(Intent::Sent);
    }
    let drafted = past.iter().any(|turn| turn.mails().next().is_some());
    let refers = words.all_known() || words.has(&["make it", "make them", "make that"]);
    if drafted && refers && words.has(CHANGE) && !words.has(&["write to", "email to"]) {
        return Some(Intent::Redraft);
    }
    writes.then_some(Intent::Write)
}

/// Whether the words ask for a mail.
pub fn asks_to_write(words: &Words) -> bool {
    let to_somebody = |at: usize| {
        let next = words.tokens.get(at + 1);
        matches!(words.folded(at + 1), "him" | "her" | "them" | "both" | "everyone" | "everybody" | "all")
            || next.is_some_and(|token| !token.is_known() || token.is_capital())
    };
    let spoken = |at: usize| SPEAK.iter().any(|verb| words.is_at(at, verb)) && to_somebody(at);
    // "Tell me about Mateo" is a question; "Tell Mateo that …" is a mail.
    words.has(WRITE) || (0..words.tokens.len()).any(|at| spoken(at) && words.folded(at + 1) != "if")
}

fn question(words: &Words) -> Option<Intent> {
    let table: [(&[&str], Intent); 6] = [
        (&["compar*", "versus", "vs", "difference between", "side by side"], Intent::Compare),
        (AT_RISK, Intent::AtRisk),
        (&["need", "needs", "needed", "require*", "have to get", "has to get", "must get"], Intent::Needs),
        (&["pass", "passing", "passes", "forecast", "predict*", "chance*", "make it"], Intent::Pass),
        (&["best", "top", "strong*", "excel*", "highest", "aim higher", "doing well", "high performers"], Intent::Best),
        (
            &[
                "my classes",
                "my courses",
                "which classes",
                "what classes",
                "list classes",
                "do i teach",
                "all classes",
                "the classes",
            ],
            Intent::Classes,
        ),
    ];
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
