//! What a turn is made of: steps, their calls, what became of each, and how the
//! turn ended. Plain values, which are stored as they are.

use serde::{Deserialize, Serialize};

use crate::{
    assistant::{ids::ApprovalId, json::Json, model::Finish, toolbox::Exhibit},
    vault::{ConnectReason, Need},
};

/// One answer of the model, with the calls it made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Step {
    /// The text, growing while the model speaks.
    pub text: String,
    /// None while the model speaks, or when it was cut.
    pub finish: Option<Finish>,
    /// The calls, in the order in which the model made them.
    pub calls: Vec<Call>,
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The application's own name for the call, unique within the turn: the
    /// model's ids are untrusted and may repeat.
    pub id: String,
    /// The tool's name, as the model said it.
    pub tool: String,
    /// The arguments, as the model said them.
    pub arguments: String,
    /// What became of it.
    pub state: CallState,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CallState {
    /// Nobody looked at it yet.
    Open,
    /// A person must do something first.
    Waiting {
        /// What they must do.
        pause: Pause,
    },
    /// It has its one result.
    Finished {
        /// The result.
        result: CallResult,
    },
}

/// What a call waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Pause {
    /// The teacher connects an account.
    Connection {
        /// Which account, with which permissions.
        need: Need,
        /// Why now.
        why: ConnectReason,
    },
    /// The teacher signs in again.
    SignIn,
    /// The teacher looks at a draft and decides.
    Approval {
        /// The stored draft.
        approval: ApprovalId,
    },
}

/// The one result of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallResult {
    /// How it ended.
    pub outcome: Outcome,
    /// What the model is told: JSON.
    pub said: Json,
    /// What the teacher is told: a few words, such as "Looked at 4 classes".
    pub did: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What the page shows of it; the model is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Exhibit>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It ran.
    Done,
    /// It could not run as asked; the model was told why.
    Refused,
    /// The teacher said no.
    Declined,
    /// The teacher had not decided when the conversation went on.
    Undecided,
    /// It was approved, and surely did not happen.
    Failed,
    /// It was approved, and nobody knows whether it happened.
    Unknown,
    /// The turn ended before it could run.
    NotRun,
}

impl Outcome {
    /// As it stands in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Undecided => "undecided",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::NotRun => "not_run",
        }
    }
}

/// Where a turn stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// Something goes on.
    Running,
    /// A person must do something first.
    Waiting,
    /// It is over.
    Ended {
        /// How.
        ending: Ending,
    },
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// The model had nothing more to call or to say.
    Done,
    /// The teacher went on to something else while drafts waited.
    SetAside,
    /// The teacher said stop.
    Stopped,
    /// The server or the model's connection died under it; it can go on.
    Interrupted {
        /// For the teacher.
        words: String,
    },
    /// A budget is spent.
    OverBudget {
        /// Which.
        limit: Limit,
    },
    /// It cannot go on.
    Failed {
        /// For the teacher.
        words: String,
        /// Under which the operator finds it in the log.
        reference: String,
        /// What the teacher can do.
        #[serde(default)]
        remedy: Remedy,
    },
}

/// What a teacher can do about a turn that cannot go on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// Try the same once more.
    #[default]
    Again,
    /// Ask it in a new conversation, where less has to be read.
    Anew,
}

/// A budget that a turn can spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Questions to the model.
    ModelCalls,
    /// Time at work, not counting the time that a person thinks.
    Time,
    /// What the model may write.
    Output,
    /// What the teacher may use in a day.
    Day,
    /// What the whole site may use in a day.
    Site,
}

impl Limit {
    /// As it stands in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ModelCalls => "model_calls",
            Self::Time => "turn_seconds",
            Self::Output => "output_tokens",
            Self::Day => "tokens_per_day",
            Self::Site => "site_tokens_per_day",
        }
    }
}
