//! Conversations, their turns and approvals as they are stored, and the ports
//! behind which they are kept.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    approval::{Approval, ApprovalState},
    branches::Tree,
    ids::{ApprovalId, ClientId, ConversationId, TurnId},
    limits::{Spending, TurnBudget},
    model::Question,
    seen::Kept,
    trusted::Trusted,
    turn::Turn,
};
use crate::{
    audit::Entry,
    school::{StudentId, TeacherId},
};

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conversation {
    /// Its name.
    pub id: ConversationId,
    /// The first words, shortened, or the name that the teacher gave it.
    pub title: String,
    /// Whether the teacher keeps it at the top.
    pub pinned: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When something was last said in it.
    pub updated_at: Timestamp,
    /// The place of the last turn on the chosen way through its turns.
    #[serde(skip)]
    pub head: i64,
}

/// A turn with what the store knows about it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTurn {
    /// The turn itself.
    pub turn: Turn,
    /// Whose it is.
    pub teacher: TeacherId,
    /// Where it stands.
    pub conversation: ConversationId,
    /// Its place in the conversation, counted from 1.
    pub seq: i64,
    /// The place of the turn that it follows; 0 for one that begins.
    pub parent: i64,
    /// The browser's name for the message.
    pub client_id: ClientId,
    /// Counts the writes; a write with an old one is refused.
    pub version: i64,
    /// When the teacher asked.
    pub asked_at: Timestamp,
    /// What the audit is told with the next save.
    pub noted: Vec<Entry>,
    /// What the day's budget is told with the next save.
    pub spent: Vec<Spending>,
}

impl StoredTurn {
    /// The tokens that the budget does not know of yet.
    pub fn unsaved_tokens(&self) -> i64 {
        self.spent.iter().map(|spending| spending.tokens).sum()
    }

    /// It is saved: the version is counted up, and the news are told.
    pub fn saved(&mut self) {
        self.version += 1;
        self.noted.clear();
        self.spent.clear();
    }
}

/// Something that happened after the turn it belongs to had gone on, such as a
/// late decision about a draft. The model reads it; the application wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Written after the turn at this place had ended.
    pub after_seq: i64,
    /// The place of the turn that it tells of; 0 where that is not known.
    pub about: i64,
    /// No words of the model's or a student's.
    pub text: Trusted,
}

/// A turn to begin.
#[derive(Debug, Clone)]
pub struct NewTurn {
    /// Whose.
    pub teacher: TeacherId,
    /// In which conversation, and its title if it begins with this turn.
    pub conversation: ConversationId,
    /// The title of a new conversation; none when it exists.
    pub title: Option<String>,
    /// The place of the turn that it follows; none where that is the last one
    /// on the chosen way.
    pub follows: Option<i64>,
    /// The browser's name for the message.
    pub client_id: ClientId,
    /// The turn.
    pub turn: Turn,
    /// When the teacher asked.
    pub at: Timestamp,
    /// What it is counted in.
    pub budget: TurnBudget,
    /// What the model is asked at once, where nothing comes before the turn: kept
    /// and counted with it.
    pub question: Option<Question>,
}

impl NewTurn {
    /// The turn as it will be stored if it begins at a place behind another.
    pub fn at(&self, seq: i64, parent: i64) -> StoredTurn {
        StoredTurn {
            turn: self.turn.clone(),
            teacher: self.teacher.clone(),
            conversation: self.conversation.clone(),
            seq,
            parent,
            client_id: self.client_id.clone(),
            version: 1,
            asked_at: self.at,
            noted: Vec::new(),
            spent: Vec::new(),
        }
    }
}

/// What became of a turn that was to begin.
#[derive(Debug, Clone, PartialEq)]
pub enum Started {
    /// It is stored, and of its question as much is kept.
    New(StoredTurn, Kept),
    /// The same message was stored before: this is the turn that it made.
    Already(StoredTurn),
    /// Another turn of the conversation is running.
    Busy,
    /// There is no such conversation of this teacher's.
    NoSuchConversation,
    /// The teacher has begun as many turns on this day as they may.
    NoneLeft,
}

/// Where conversations are kept.
#[async_trait]
pub trait Conversations: Send + Sync + 'static {
    /// Stores a turn that begins, with its conversation where that is new, and
    /// counts it.
    async fn start(&self, new: NewTurn) -> anyhow::Result<Started>;
    /// Stores a turn, the approvals that it newly waits for and what the audit
    /// and the budget are told, in one transaction. The version is checked and
    /// counted up.
    async fn save(&self, turn: &mut StoredTurn, proposed: &[Approval]) -> anyhow::Result<()>;
    /// One conversation.
    async fn conversation(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Option<Conversation>>;
    /// The latest conversations, the pinned ones first, then newest first.
    async fn list(&self, teacher: &TeacherId, limit: i64) -> anyhow::Result<Vec<Conversation>>;
    /// The turns of a conversation, oldest first.
    async fn turns(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Vec<StoredTurn>>;
    /// The places of a conversation's turns, and the chosen way through them.
    async fn tree(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Tree>;
    /// Chooses the way that ends at a place, unless a turn runs or waits; says
    /// whether it did.
    async fn choose(&self, teacher: &TeacherId, id: &ConversationId, head: i64) -> anyhow::Result<bool>;
    /// One turn.
    async fn turn(&self, teacher: &TeacherId, id: &TurnId) -> anyhow::Result<Option<StoredTurn>>;
    /// The turn that a message made which the browser gave this name.
    async fn posted(&self, teacher: &TeacherId, id: &ClientId) -> anyhow::Result<Option<StoredTurn>>;
    /// The last turn on the chosen way through a conversation. No other turn
    /// of it ever runs or waits.
    async fn latest(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Option<StoredTurn>>;
    /// The notes of a conversation, oldest first.
    async fn notes(&self, id: &ConversationId) -> anyhow::Result<Vec<Note>>;
    /// Writes a note about the turn at a place, behind the latest turn.
    async fn add_note(&self, id: &ConversationId, about: i64, text: &Trusted, at: Timestamp) -> anyhow::Result<()>;
    /// All turns that are not over, whoever's: for the start of the server.
    async fn unfinished(&self) -> anyhow::Result<Vec<StoredTurn>>;
}

/// Where approvals are kept.
#[async_trait]
pub trait Approvals: Send + Sync + 'static {
    /// One approval.
    async fn approval(&self, teacher: &TeacherId, id: &ApprovalId) -> anyhow::Result<Option<Approval>>;
    /// The approvals of a conversation, oldest first.
    async fn of_conversation(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Vec<Approval>>;
    /// The approvals about a student in which something was done or may have
    /// been done, newest first.
    async fn about(&self, teacher: &TeacherId, student: &StudentId) -> anyhow::Result<Vec<Approval>>;
    /// How many approvals of a teacher wait for a decision, by conversation.
    async fn waiting(&self, teacher: &TeacherId) -> anyhow::Result<BTreeMap<ConversationId, i64>>;
    /// Stores `next` in the place of one that still stands at `from`, which
    /// becomes `old`: both or neither. Says whether it did.
    async fn replace(&self, from: Standing, old: &Approval, next: &Approval) -> anyhow::Result<bool>;
    /// Stores `next`, and tells the audit, if the approval still stands at
    /// `from`; says whether it did.
    /// A claim is durable when this returns.
    async fn advance(&self, from: Standing, next: &Approval) -> anyhow::Result<bool>;
    /// All approvals in a state, whoever's: for the start of the server.
    async fn in_state(&self, state: ApprovalState) -> anyhow::Result<Vec<Approval>>;
}

/// What became of the wish to delete everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgotten {
    /// So many conversations are gone, with all that was in them.
    Gone(u64),
    /// Nothing is gone: an answer is being written, or a mail is on its way.
    Busy,
}

/// Deleting conversations with their turns, drafts and notes.
#[async_trait]
pub trait Forgetting: Send + Sync + 'static {
    /// Deletes all conversations of a teacher, or none.
    async fn forget_all(&self, teacher: &TeacherId) -> anyhow::Result<Forgotten>;
    /// Deletes the conversations of all teachers that are older than each of
    /// them wants, or that were put away a day ago; says how many. What is at
    /// work is left for the next time.
    async fn forget_old(&self, now: Timestamp) -> anyhow::Result<u64>;
}

/// Where an approval stood when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its state then.
    pub state: ApprovalState,
    /// Its revision then.
    pub revision: i64,
}

impl Approval {
    /// Where it stands, for the compare-and-set.
    pub fn standing(&self) -> Standing {
        Standing { state: self.state, revision: self.revision }
    }
}
