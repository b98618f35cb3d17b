use askama::{Template, filters::HtmlSafe};

use super::{Field, Row};

/// A draft that waits for the teacher: exactly what would be sent, and where to.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/letter.html")]
pub struct Letter {
    /// Names the part in the event stream.
    pub key: String,
    /// The approval that the teacher's click answers.
    pub approval: String,
    /// The hash of what is shown here.
    pub hash: String,
    /// What it is: "Draft".
    pub heading: String,
    /// What cannot be changed: "To" and the address.
    pub rows: Vec<Row>,
    /// What the teacher may change.
    pub fields: Vec<Field>,
    /// What must be ticked before it can leave.
    pub ticks: Vec<Tick>,
    /// The primary button: "Send from mary@school.example".
    pub send: String,
    /// A quiet line beside the buttons.
    pub note: String,
    /// How far the draft is.
    pub state: LetterState,
}

/// A doubt that the teacher puts aside by ticking it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// The name under which the form posts it.
    pub name: String,
    /// What ticking it says.
    pub words: String,
}

/// How far a draft is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterState {
    /// The teacher decides.
    Waiting,
    /// The teacher decides, after a try that was turned down with these words.
    Refused(String),
    /// The teacher said yes and the mail is on its way.
    Sending,
    /// Decided, and kept to be read only; the words say how it ended.
    Closed(String),
}

impl Letter {
    fn open(&self) -> bool {
        match self.state {
            LetterState::Waiting | LetterState::Refused(_) => true,
            LetterState::Sending | LetterState::Closed(_) => false,
        }
    }

    fn word(&self) -> &'static str {
        match self.state {
            LetterState::Waiting => "waiting",
            LetterState::Refused(_) => "refused",
            LetterState::Sending => "sending",
            LetterState::Closed(_) => "closed",
        }
    }

    fn status(&self) -> &str {
        match &self.state {
            LetterState::Waiting | LetterState::Refused(_) => "nothing has been sent",
            LetterState::Sending => "sending now",
            LetterState::Closed(words) => words,
        }
    }
}

impl HtmlSafe for Letter {}
