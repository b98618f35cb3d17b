//! Parts: the pieces that pages and the event stream are made of.
//!
//! Each part is an askama struct of plain, owned words, so the same piece is
//! shown by a whole page, sent as an event, and returned to a form. A part never
//! looks anything up and never decides: a receipt is shown because it was given.

mod answer;
mod cards;
mod chart;
mod composer;
mod did;
mod frame;
mod letter;
mod notice;
mod receipt;
mod said;
mod send_all;
mod sheet;
mod shelved;
mod turn;
mod versions;

pub use answer::Answer;
pub use cards::{ConnectCard, SignInAgainCard};
pub use chart::{Chart, Mark};
pub use composer::Composer;
pub use did::{Did, DidState, Evidence, Fact};
pub use frame::{Demo, Frame, Past, PastGroup, Place, Side};
pub use letter::{Letter, LetterState, Tick};
pub use notice::{Action, Notice};
pub use receipt::{Outcome, Receipt, capitalised};
pub use said::Said;
pub use send_all::{Approval, SendAll};
pub use sheet::{Cell, Column, Sheet};
pub use shelved::{Back, Shelved};
pub use turn::{Part, Ready, Turn, TurnState};
pub use versions::Versions;

/// How a thing stands: a colour and a shape, always beside words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As one would wish.
    Good,
    /// Needs attention.
    Warn,
    /// Cannot be reached, or has gone wrong.
    Bad,
    /// Says nothing either way.
    Plain,
}

impl Tone {
    /// The class name that the style sheet knows.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }
}

/// A line with a label, such as "To" and an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
}

/// A field of a draft that the teacher may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name under which the form posts it.
    pub name: String,
    /// What the teacher reads beside it.
    pub label: String,
    /// What it holds now.
    pub value: String,
    /// Whether it is a text of several lines.
    pub multiline: bool,
}

impl Field {
    /// Rows enough to read all of it without scrolling: the button stands below
    /// the last line, and nobody sends what was hidden above it.
    fn height(&self) -> usize {
        let line = |line: &str| line.chars().count() / 60 + 1;
        self.value.lines().map(line).sum::<usize>().saturating_add(1).clamp(6, 600)
    }
}
