use askama::{Template, filters::HtmlSafe};

use super::{Row, Tone};

/// How a draft ended. Made from a stored outcome, never from the assistant's words.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/receipt.html")]
pub struct Receipt {
    /// Names the part in the event stream.
    pub key: String,
    /// What became of the draft.
    pub outcome: Outcome,
    /// What it is called when it happened: "sent", "scheduled".
    pub done: String,
    /// To whom, from where, and what to do next, in one plain sentence.
    pub words: String,
    /// The mail as it was sent, or as it would have been: To, From, Subject, Id.
    pub rows: Vec<Row>,
    /// The text of the mail; empty when there is nothing to show.
    pub body: String,
    /// The approval, for what can still be done about it.
    pub approval: String,
    /// Where the account is connected again, if that is what was missing.
    pub connect: Option<String>,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The mail service accepted it at this time.
    Sent(String),
    /// It was certainly not sent.
    Failed,
    /// It may have been sent at about this time; nobody can say.
    Unknown(String),
    /// The teacher put it away.
    Discarded,
    /// A newer draft took its place; it was certainly not sent.
    Superseded,
    /// A newer draft took its place; it may have been sent at about this time.
    SupersededUnknown(String),
    /// The teacher went on without deciding.
    Undecided,
}

impl Receipt {
    fn tone(&self) -> Tone {
        match self.outcome {
            Outcome::Sent(_) => Tone::Good,
            Outcome::Failed => Tone::Bad,
            Outcome::Unknown(_) | Outcome::SupersededUnknown(_) => Tone::Warn,
            Outcome::Discarded | Outcome::Superseded | Outcome::Undecided => Tone::Plain,
        }
    }

    fn title(&self) -> String {
        match &self.outcome {
            Outcome::Sent(time) => format!("{} {time}", capitalised(&self.done)),
            Outcome::Failed => format!("Not {}", self.done),
            Outcome::Unknown(time) => format!("May have been {} at {time}", self.done),
            Outcome::Discarded => "Discarded, nothing was sent".into(),
            Outcome::Superseded => "Replaced by a newer draft, nothing was sent".into(),
            Outcome::SupersededUnknown(time) => {
                format!("Replaced by a newer draft; it may have been {} at {time}", self.done)
            }
            Outcome::Undecided => "Not decided, nothing was sent".into(),
        }
    }

    /// What the teacher can do next: what the button says, and the decision it posts.
    fn choices(&self) -> Vec<(String, &'static str)> {
        match self.outcome {
            Outcome::Failed => vec![("Try again".into(), "again")],
            Outcome::Unknown(_) => {
                vec![(format!("It was {}", self.done), "was_sent"), ("Write it again".into(), "again")]
            }
            Outcome::SupersededUnknown(_)
            | Outcome::Sent(_)
            | Outcome::Discarded
            | Outcome::Superseded
            | Outcome::Undecided => Vec::new(),
        }
    }

    fn sent(&self) -> bool {
        matches!(self.outcome, Outcome::Sent(_))
    }

    fn show(&self) -> &'static str {
        match self.outcome {
            Outcome::Sent(_) if self.done == "sent" => "See what was sent",
            Outcome::Sent(_) => "See it",
            Outcome::Failed
            | Outcome::Unknown(_)
            | Outcome::Discarded
            | Outcome::Superseded
            | Outcome::SupersededUnknown(_)
            | Outcome::Undecided => "See the draft",
        }
    }
}

/// With a capital at the beginning: "Sent".
pub fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl HtmlSafe for Receipt {}
