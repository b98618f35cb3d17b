use askama::{Template, filters::HtmlSafe};

use super::Sheet;

/// One quiet line that says what a tool did, and opens to its evidence.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/did.html")]
pub struct Did {
    /// Names the part in the event stream.
    pub key: String,
    /// How far the call is.
    pub state: DidState,
    /// In the words of the tool's verbs: "Looked at 4 classes".
    pub words: String,
    /// How long it took, as "0.4 s".
    pub elapsed: Option<String>,
    /// What was asked for, and what came back.
    pub evidence: Vec<Evidence>,
}

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DidState {
    /// Still working.
    Running,
    /// Finished with a result.
    Done,
    /// Finished without one.
    Failed,
}

/// One thing a call was given or gave back.
#[derive(Debug, Clone)]
pub enum Evidence {
    /// Values, each with a name.
    Facts {
        /// What they are: "Asked for".
        label: String,
        /// The values.
        facts: Vec<Fact>,
    },
    /// Rows, as a table that can be read.
    Rows {
        /// What they are: "Students".
        label: String,
        /// The table.
        sheet: Sheet,
    },
    /// A text, shown as it is.
    Text {
        /// What it is.
        label: String,
        /// The text.
        text: String,
    },
    /// All of it as it went over the wire, for who wants to know exactly.
    Whole {
        /// What it is.
        label: String,
        /// The text, shown as it is.
        text: String,
    },
}

/// A value with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// "Class id".
    pub name: String,
    /// "c-01".
    pub value: String,
}

impl DidState {
    fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl HtmlSafe for Did {}
