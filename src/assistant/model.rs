//! The language model as this house needs it: a port.
//!
//! The model is asked with a whole [`ModelRequest`] and answers with a stream
//! of [`ModelEvent`]s that ends in exactly one [`ModelEvent::End`]. A stream
//! that ends without it was cut, whatever it said before.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{limits::Spending, trusted::Trusted};

/// One question to the model, whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelRequest {
    /// The conversation as the model reads it, oldest first.
    pub messages: Vec<Message>,
    /// What the model may call.
    pub tools: Arc<[ToolSchema]>,
    /// Who asks, under a name that tells the provider nothing.
    pub user: String,
}

/// A question with what is written down about it before it leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What leaves.
    pub request: ModelRequest,
    /// The name of the model that is asked.
    pub model: String,
    /// How many tokens the model reads, as estimated, and the day they are counted in.
    pub read: Spending,
}

/// One message of the conversation as the model reads it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum Message {
    /// The rules, from the application alone.
    System {
        /// Never a student's words, nor the model's.
        content: Trusted,
    },
    /// The teacher's own words.
    User {
        /// As typed.
        content: String,
    },
    /// What the model said, with the calls it made.
    Assistant {
        /// May be empty when there are calls.
        content: String,
        /// In the order in which the model made them.
        calls: Vec<ModelCall>,
    },
    /// What came of one call.
    Tool {
        /// The call it answers.
        call_id: String,
        /// JSON.
        content: String,
    },
}

/// A call as the model made it: nothing in it is checked yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCall {
    /// Unique within the step.
    pub id: String,
    /// The name of a tool, or of something that does not exist.
    pub tool: String,
    /// JSON, or not.
    pub arguments: String,
}

/// A tool as the model reads it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToolSchema {
    /// Snake case.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON schema of the arguments, in OpenAI's strict form.
    pub parameters: Value,
}

/// A piece of the model's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ModelEvent {
    /// Some more text.
    Text(String),
    /// What the service says that it has counted.
    Usage(Usage),
    /// It is at work on something that is not text for the teacher, such as the
    /// arguments of a call.
    Working,
    /// The whole answer is there.
    End {
        /// The calls, with whole arguments.
        calls: Vec<ModelCall>,
        /// Why the model stopped.
        finish: Finish,
    },
}

/// How many tokens one question and its answer had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Read by the model.
    pub input: u64,
    /// Written by it.
    pub output: u64,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It had nothing more to say, or made calls.
    Natural,
    /// It ran into its limit of output.
    Length,
    /// The provider's filter cut it.
    Filtered,
}

/// Why there is no (whole) answer, by what one can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// A rate limit or a hiccup (429, 5xx): the same question may work later.
    #[error("the model is busy: {reason}")]
    Busy {
        /// As the provider said, where it said.
        retry_after: Option<Duration>,
        /// For the log.
        reason: String,
    },
    /// No connection came about.
    #[error("the model cannot be reached: {0}")]
    Unreachable(String),
    /// The account's money or quota is used up (429 `insufficient_quota`).
    #[error("the model account's quota is used up")]
    QuotaUsedUp,
    /// The key is missing, wrong or not allowed (401, 403).
    #[error("the model refused the key")]
    BadKey,
    /// The conversation does not fit the model's window.
    #[error("the conversation is too long for the model")]
    TooLong,
    /// The model cannot be given tools, by itself or as it is served.
    #[error("the model cannot use tools")]
    NoTools,
    /// The request is refused for another reason.
    #[error("the model refused the request: {0}")]
    Refused(String),
    /// Nothing came at all, for longer than anybody waits.
    #[error("the model said nothing for {} ms", .0.as_millis())]
    Silent(Duration),
    /// The answer broke off after it had begun.
    #[error("the model's answer broke off: {0}")]
    BrokenOff(String),
}

/// A stream of the model's answer; dropping it closes the connection.
pub type ModelStream = BoxStream<'static, Result<ModelEvent, ModelError>>;

/// A language model.
#[async_trait]
pub trait Model: Send + Sync + 'static {
    /// The name by which its provider knows it.
    fn name(&self) -> &str;
    /// Asks, and returns when the answer begins. Makes one attempt.
    async fn ask(&self, request: &ModelRequest) -> Result<ModelStream, ModelError>;
}
