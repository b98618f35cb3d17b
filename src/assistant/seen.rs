//! What the model was sent, kept as it left, so that a teacher can read it.
//!
//! A request is kept before it leaves: what cannot be kept is not asked.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    conversation::StoredTurn,
    ids::{ConversationId, TurnId},
    model::{ModelCall, Question},
};
use crate::school::TeacherId;

/// A message as it left. It is read back for a person alone: what the model is
/// sent next is made of the stored turns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenMessage {
    /// system, user, assistant or tool.
    pub role: String,
    /// May be empty when there are calls.
    pub content: String,
    /// The calls that the model had made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ModelCall>,
    /// The call that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
}

/// One request as it left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenRequest {
    /// The turn that it was made for.
    pub turn: TurnId,
    /// The model that was asked, by its name.
    pub model: String,
    /// The names of the tools that it could call.
    pub tools: Vec<String>,
    /// Its messages in order, by their numbers in the conversation.
    pub messages: Vec<i64>,
    /// When it left.
    pub sent_at: Timestamp,
}

/// All that left for the answers of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SeenInAll {
    /// Each message once, by its number.
    pub messages: BTreeMap<i64, SeenMessage>,
    /// Oldest first.
    pub requests: Vec<SeenRequest>,
}

/// Which messages of a conversation are kept: the number of each, by its hash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept(pub HashMap<String, i64>);

/// Where it is kept, for as long as the conversation is.
#[async_trait]
pub trait Seen: Send + Sync + 'static {
    /// What of a conversation is kept already. Nobody else may keep anything of it
    /// for as long as this is made use of.
    async fn kept(&self, conversation: &ConversationId) -> anyhow::Result<Kept>;
    /// Keeps a question that is about to leave for a turn, and stores the turn with
    /// what the audit and the budget are told, in one transaction. The turn's
    /// version is checked and counted up, and what is kept now is added to `kept`.
    async fn keep(&self, turn: &mut StoredTurn, kept: &mut Kept, question: &Question) -> anyhow::Result<()>;
    /// What left for a conversation; nothing where it is not this teacher's.
    async fn seen(&self, teacher: &TeacherId, conversation: &ConversationId) -> anyhow::Result<SeenInAll>;
}
