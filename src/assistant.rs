//! The assistant: a conversation, its turns, and the loop that drives them.
//!
//! [`turn`] is the pure machine, [`driver`] the one place that awaits for it,
//! [`gate`] decides, [`toolbox`] holds what can be done, [`approval`] what the
//! teacher must say yes to. This room never speaks HTTP and never sees a page;
//! the model, the vault and the store are ports.

pub mod approval;
pub mod branches;
mod branching;
pub mod caution;
mod closing;
mod context;
pub mod conversation;
mod deciding;
mod driver;
pub mod event;
mod executing;
pub mod gate;
mod ids;
mod json;
pub mod limits;
pub mod live;
mod looking;
pub mod model;
mod places;
mod prompt;
mod pseudonym;
mod recovery;
mod saying;
mod schema;
pub mod search;
pub mod seen;
pub mod shelf;
pub mod toolbox;
pub mod trusted;
pub mod turn;
pub mod untrusted;

use std::sync::Arc;

pub use deciding::{DecideError, Decision, Unkept};
pub use executing::{ExecuteError, Executed};
pub use ids::{ApprovalId, ClientId, ConversationId, TurnId, Words, WordsError};
pub use json::Json;
pub use looking::NoKey;
pub use pseudonym::Pseudonyms;
pub use saying::{SayError, Watch};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use self::{
    conversation::{Approvals, Conversations},
    limits::{Budgets, Limits},
    live::Live,
    model::Model,
    places::Places,
    seen::Seen,
    toolbox::{AnyTool, Scene, Toolbox},
};
use crate::{
    audit::Journal,
    clock::{Clock, Ids, Patience},
    identity::Caller,
    school::School,
    vault::Vault,
};

/// What the assistant is made of.
#[derive(Clone)]
pub struct Parts {
    /// The language model.
    pub model: Arc<dyn Model>,
    /// What it may call.
    pub toolbox: Toolbox,
    /// Where conversations are kept.
    pub conversations: Arc<dyn Conversations>,
    /// Where it is kept what the model was sent.
    pub seen: Arc<dyn Seen>,
    /// Where approvals are kept.
    pub approvals: Arc<dyn Approvals>,
    /// Where it is kept what a day has used.
    pub budgets: Arc<dyn Budgets>,
    /// How much may be used.
    pub limits: Limits,
    /// Where it is written down what belongs to no other change.
    pub journal: Arc<dyn Journal>,
    /// The teacher's accounts elsewhere.
    pub vault: Arc<Vault>,
    /// The teacher's classes and students.
    pub school: Arc<School>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn Ids>,
    /// The teachers' names for the model's provider.
    pub pseudonyms: Pseudonyms,
    /// How long it waits for others.
    pub patience: Patience,
    /// Where turns run: the server's own runtime, not that of one connection.
    pub runtime: Handle,
}

/// The assistant of all teachers.
pub struct Assistant {
    parts: Parts,
    live: Live,
    places: Places,
    tasks: TaskTracker,
}

impl Assistant {
    /// An assistant that is ready to be spoken to.
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self { parts, live: Live::default(), places: Places::default(), tasks: TaskTracker::new() })
    }

    /// What it is made of.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// How many turns run or wait in memory.
    pub fn living_turns(&self) -> usize {
        self.live.count()
    }

    /// Whether this server is at work on a turn, or holds its log.
    pub fn is_alive(&self, turn: &TurnId) -> bool {
        self.live.find(turn).is_some()
    }

    /// Ends all running turns, keeping what they have, and waits until every
    /// send on its way has its outcome stored.
    pub async fn drain(&self) {
        self.tasks.close();
        self.live.stop_all();
        self.tasks.wait().await;
    }

    fn is_going_down(&self) -> bool {
        self.tasks.is_closed()
    }

    /// Runs to its end whatever becomes of the one who asked for it.
    fn spawn<F>(&self, work: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tasks.spawn_on(work, &self.parts.runtime)
    }

    fn scene<'a>(&'a self, caller: &'a Caller) -> Scene<'a> {
        Scene { teacher: &caller.teacher, school: &self.parts.school, clock: &*self.parts.clock, ids: &*self.parts.ids }
    }

    /// The page of connections tells which tool used an account last.
    async fn note_use(&self, caller: &Caller, tool: &dyn AnyTool) {
        if let Some(need) = tool.need() {
            self.parts.vault.used(&caller.teacher.id, need.connection, tool.card().name).await;
        }
    }

    /// A name under which the operator finds in the log what a teacher was told
    /// in plain words.
    fn reference(&self) -> String {
        hex::encode(&self.parts.ids.secret()[..4])
    }
}
