//! A tool at the word of a script, without the model: the same gate, the same
//! limits and the same audit as for a call in a turn.
//!
//! What only looks is done and told, and leaves a row of the audit. What writes
//! or sends is never done here: it becomes a turn of one call, which lays its
//! draft before the teacher and waits like any other.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    Assistant, ClientId, ConversationId, NoKey, SayError, TurnId, Words,
    conversation::{NewTurn, StoredTurn},
    gate::{self, Consent, Facts, Verdict},
    limits::Reached,
    looking::{self, Looked},
    model::ModelCall,
    toolbox::{AnyTool, ToolError},
    turn::{CallResult, Pause, Turn},
};
use crate::{
    identity::Caller,
    vault::{Grant, Need},
};

/// What came of it.
#[derive(Debug)]
pub enum Executed {
    /// It ran; this is what it found.
    Done(Value),
    /// The teacher must let this application use an account first. Nothing was
    /// kept: the script asks again.
    Connect(Need),
    /// A turn lays the draft before the teacher.
    Laid(Box<StoredTurn>),
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// There is no tool by this name; the words tell which there are.
    #[error("{0}")]
    NoSuchTool(String),
    /// The arguments are not such as the tool takes, or name what is not there.
    #[error("{0}")]
    BadArguments(String),
    /// The tool could not do it now; the words tell why.
    #[error("{0}")]
    Refused(String),
    /// It cannot be told whether the account is there.
    #[error("the account of a tool cannot be reached: {0:?}")]
    NoKey(NoKey),
    /// A limit is reached.
    #[error("a limit is reached: {}", .0.as_str())]
    Limited(Reached),
    /// For the operator.
    #[error(transparent)]
    Broken(#[from] anyhow::Error),
}

/// All that a look needs, in the task that does it.
struct Look {
    caller: Caller,
    tool: Arc<dyn AnyTool>,
    arguments: String,
    facts: Facts,
    plan: Value,
    grant: Option<Grant>,
}

impl Assistant {
    /// Runs a tool for a script of this teacher's, or lays its draft before the
    /// teacher. `arguments` are JSON, as a model would write them.
    pub async fn execute(
        self: &Arc<Self>,
        caller: &Caller,
        name: &str,
        arguments: String,
    ) -> Result<Executed, ExecuteError> {
        let toolbox = &self.parts.toolbox;
        let tool = toolbox.find(name).map(Arc::clone);
        let tool = tool.ok_or_else(|| ExecuteError::NoSuchTool(toolbox.unknown(name)))?;
        let plan = tool.prepare(&self.scene(caller), &arguments).map_err(|fault| match fault {
            ToolError::Tell(words) => ExecuteError::BadArguments(words),
            fault => ExecuteError::Broken(fault.into()),
        })?;
        let (account, grant) = self.account(caller, &*tool).await.map_err(ExecuteError::NoKey)?;
        let facts = Facts { risk: tool.card().risk, drafts_left: true, account, consent: Consent::NotAsked };
        match gate::judge(&facts) {
            Verdict::Run => {
                let look = Look { caller: caller.clone(), tool, arguments, facts, plan, grant };
                let this = Arc::clone(self);
                // In a task of its own: what was looked at is written down,
                // whether or not the script waits for it.
                let looked = self.spawn(async move { this.look_for_a_script(look).await }).await;
                looked.map_err(|panic| anyhow::Error::from(panic).context("a tool broke off"))?
            }
            Verdict::Ask => self.lay(caller, &*tool, arguments).await,
            Verdict::Connect(..) | Verdict::SignIn => connect(&*tool),
            Verdict::Refuse(words) => Err(ExecuteError::Refused(words.to_owned())),
        }
    }

    async fn look_for_a_script(self: Arc<Self>, look: Look) -> Result<Executed, ExecuteError> {
        let Look { caller, tool, arguments, facts, plan, grant } = look;
        let teacher = &caller.teacher.id;
        let mut place = match self.may_look(teacher).await? {
            Ok(place) => place,
            Err(reached) => return Err(self.limited(teacher, reached).await?.into()),
        };
        place.begin_to_work();
        let begun = Instant::now();
        let looked = self.look(&caller, &*tool, &facts, &plan, grant).await?;
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (result, executed) = match looked {
            Looked::Found(ran) => {
                let said = ran.said.clone();
                (CallResult::done(ran, took_ms), Ok(Executed::Done(said)))
            }
            Looked::Refused(words) => (CallResult::refused(&words), Err(ExecuteError::Refused(words))),
            Looked::Waits(Pause::Connection { need, .. }) => {
                (CallResult::refused("not connected"), Ok(Executed::Connect(need)))
            }
            Looked::Waits(Pause::SignIn | Pause::Approval { .. }) => {
                (CallResult::refused("signed out"), connect(&*tool))
            }
        };
        let mut entry = looking::entry(teacher, Some(&*tool), &arguments, &result);
        entry.detail["by"] = json!("script");
        // What is not written down is not told.
        self.parts.journal.note(entry).await?;
        drop(place);
        executed
    }

    /// A conversation of its own, in which the draft lies.
    async fn lay(
        self: &Arc<Self>,
        caller: &Caller,
        tool: &dyn AnyTool,
        arguments: String,
    ) -> Result<Executed, ExecuteError> {
        let ids = &*self.parts.ids;
        // No word of the script's stands here: whom it wants to reach is not
        // what the teacher said, so the card asks for it.
        let said = format!("A script asks to {}.", tool.card().verbs.ask);
        let words = Words::parse(&said).map_err(anyhow::Error::from)?;
        let call = ModelCall { id: String::new(), tool: tool.card().name.to_owned(), arguments };
        let turn = Turn::of_script(TurnId::fresh(ids), self.parts.limits.turn, words.as_str(), call);
        let new = NewTurn {
            teacher: caller.teacher.id.clone(),
            conversation: ConversationId::fresh(ids),
            title: Some(words.title()),
            follows: None,
            client_id: ClientId::fresh(ids),
            turn,
            at: self.parts.clock.now(),
            budget: self.turn_budget(),
            question: None,
        };
        Ok(Executed::Laid(Box::new(self.begin_apart(caller, new, None).await?)))
    }
}

fn connect(tool: &dyn AnyTool) -> Result<Executed, ExecuteError> {
    let none = || anyhow::anyhow!("{} needs no account and asks for one", tool.card().name);
    Ok(Executed::Connect(tool.need().ok_or_else(none)?))
}

impl From<SayError> for ExecuteError {
    fn from(fault: SayError) -> Self {
        match fault {
            SayError::Limited(reached) => Self::Limited(reached),
            SayError::Broken(fault) => Self::Broken(fault),
            fault @ (SayError::Busy | SayError::NotFound) => Self::Broken(fault.into()),
        }
    }
}
