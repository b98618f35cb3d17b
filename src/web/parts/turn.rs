use std::fmt::{self, Display, Formatter};

use askama::{Template, filters::HtmlSafe};

use super::{
    super::token::Token, Answer, Chart, ConnectCard, Did, Letter, Notice, Receipt, Said, SendAll, SignInAgainCard,
    Versions,
};

/// One turn: what the teacher said, and all that followed.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/turn.html")]
pub struct Turn {
    /// The turn's id.
    pub id: String,
    /// The conversation it belongs to.
    pub conversation: String,
    /// How far it is.
    pub state: TurnState,
    /// The teacher's words.
    pub said: Said,
    /// What followed, in order.
    pub parts: Vec<Part>,
    /// Which version is shown, where there are several.
    pub versions: Option<Versions>,
    /// Names a further version, so that a second click makes no second one;
    /// none while the turn is at work.
    pub again: Option<String>,
    /// Questions that may come next, where this is the last turn.
    pub asks: Vec<String>,
    /// Drafts and receipts of the versions that are not shown.
    pub beside: Vec<Part>,
}

/// How far a turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnState {
    /// Being written.
    Running,
    /// Waiting for the teacher.
    Waiting,
    /// Finished.
    Done,
    /// Stopped by the teacher.
    Stopped,
    /// Ended by a fault.
    Failed,
    /// Cut off by a restart; can be continued.
    Interrupted,
}

/// Any part that can stand in a turn.
#[derive(Debug, Clone, Template)]
#[template(
    source = "{% match self %}{% when Part::Answer with (part) %}{{ part }}{% when Part::Did with (part) %}{{ part }}{% when Part::Letter with (part) %}{{ part }}{% when Part::Receipt with (part) %}{{ part }}{% when Part::Connect with (part) %}{{ part }}{% when Part::SignInAgain with (part) %}{{ part }}{% when Part::SendAll with (part) %}{{ part }}{% when Part::Chart with (part) %}{{ part }}{% when Part::Notice with (part) %}{{ part }}{% when Part::Ready with (part) %}{{ part }}{% endmatch %}",
    ext = "html"
)]
pub enum Part {
    /// What the assistant wrote.
    Answer(Answer),
    /// What a tool did.
    Did(Did),
    /// A draft.
    Letter(Letter),
    /// How a draft ended.
    Receipt(Receipt),
    /// A card that asks for a connection.
    Connect(ConnectCard),
    /// A card that asks to sign in again.
    SignInAgain(SignInAgainCard),
    /// A bar that sends all drafts.
    SendAll(SendAll),
    /// What a tool drew.
    Chart(Chart),
    /// Something to know.
    Notice(Notice),
    /// A part that was shown before and is still the same.
    Ready(Ready),
}

/// The HTML of a part, as it was made for this page before.
#[derive(Debug, Clone)]
pub struct Ready(String);

impl Ready {
    /// Makes the HTML of a part.
    pub fn of(part: &Part, token: &Token) -> askama::Result<Self> {
        part.render_with_values(token).map(Self)
    }

    /// The HTML as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Ready {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Ready {}

impl Turn {
    fn has_answer(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Answer(_)))
    }
}

impl TurnState {
    /// The word for it, the same as in the event stream.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl HtmlSafe for Turn {}
impl HtmlSafe for Part {}
