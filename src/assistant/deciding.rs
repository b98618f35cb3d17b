//! Deciding about a draft: the teacher's click, and the one send it allows.
//!
//! The order is the guarantee (at most one send for each yes): the yes is
//! stored; a usable key is fetched; the claim is stored, durably; only then
//! does the first byte leave; then the outcome is stored. Nothing ambiguous is
//! ever tried again by the machine.

mod keeping;
mod sending;

pub use keeping::Unkept;
use sending::Yes;
pub(super) use sending::unknown;

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use serde_json::json;
use tokio::task::JoinHandle;
use tracing::{Instrument, info, info_span};

use super::{
    ApprovalId, Assistant,
    approval::{Approval, ApprovalOutcome, ApprovalState},
    branches,
    caution::{Caution, Look, Ticked},
    conversation::StoredTurn,
    driver::Drive,
    event::Event,
    limits::Reached,
    toolbox::{AnyTool, Edits, Preview, ToolError},
    trusted::{CallName, Trusted},
    turn::{CallState, Next, Outcome, Status},
};
use crate::{
    identity::Caller,
    vault::{ConnectReason, Need},
};

/// What the teacher decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Send it, with these corrections.
    Send {
        /// The hash of what was shown.
        hash: String,
        /// What stands in the fields now; a field that is not there is unchanged.
        edits: Edits,
        /// What was ticked on the card.
        ticked: Ticked,
    },
    /// Send it as it was shown, by one click for several.
    SendWithOthers {
        /// The hash of what was shown.
        hash: String,
    },
    /// Do not send it.
    Discard {
        /// The hash of what was shown.
        hash: String,
    },
    /// It failed, or nobody knows: lay the same draft before me once more.
    Again,
    /// Nobody knew, and I looked: it was sent.
    WasSent,
}

/// Why a decision was not carried out. The draft stays as it is, unless said.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// No such draft of this teacher's.
    #[error("there is no such draft")]
    NotFound,
    /// What was shown is not what stands there now.
    #[error("the draft has changed since it was shown")]
    Changed(Box<Approval>),
    /// Something on the card must be ticked first; the corrections are kept.
    #[error("something must be ticked first")]
    Unticked(Box<Approval>),
    /// A correction cannot be taken over as it is.
    #[error("{words}")]
    BadEdit {
        /// For the teacher: what would be right.
        words: String,
        /// The draft as it stands.
        approval: Box<Approval>,
    },
    /// The account must be connected first; the corrections are kept.
    #[error("the account must be connected first")]
    Connect {
        /// What is needed.
        need: Need,
        /// Why.
        why: ConnectReason,
        /// The draft as it stands.
        approval: Box<Approval>,
    },
    /// The teacher must sign in again first; the corrections are kept.
    #[error("the teacher must sign in again first")]
    SignIn(Box<Approval>),
    /// Nothing was sent, for a reason that passes or that the operator mends;
    /// the corrections are kept.
    #[error("{words}")]
    NotNow {
        /// For the teacher.
        words: String,
        /// The draft as it stands.
        approval: Box<Approval>,
    },
    /// A limit is reached, and nothing was sent; the corrections are kept.
    #[error("a limit is reached: {}", .reached.as_str())]
    Limited {
        /// Which.
        reached: Reached,
        /// The draft as it stands.
        approval: Box<Approval>,
    },
    /// It was sent, or may have been, and what came of it could not be stored.
    /// The claim stands; the server goes on trying.
    #[error("what came of a send could not be stored")]
    NotKept(Box<Unkept>),
    /// For the operator, and before anything was sent.
    #[error(transparent)]
    Broken(#[from] anyhow::Error),
}

/// How long a decision waits for its turn to go on.
const SETTLE: Duration = Duration::from_secs(2);

impl Assistant {
    /// Carries out what the teacher decided about a draft, and lets its turn go
    /// on. A second click of the same kind finds the draft decided, does
    /// nothing and gets the same answer.
    pub async fn decide(
        self: &Arc<Self>,
        caller: &Caller,
        id: &ApprovalId,
        decision: Decision,
    ) -> Result<Approval, DecideError> {
        let (this, caller, id) = (Arc::clone(self), caller.clone(), id.clone());
        let span = info_span!("decision", approval = %id, teacher = %caller.teacher.id);
        // In a task of its own: a browser that goes away in the middle must not
        // cut the line between the claim and its outcome.
        let work = async move { this.decide_here(&caller, &id, decision).await };
        let decided = self.spawn(work.instrument(span)).await;
        decided.map_err(|panic| anyhow::Error::from(panic).context("a decision broke off"))?
    }

    async fn decide_here(
        self: &Arc<Self>,
        caller: &Caller,
        id: &ApprovalId,
        decision: Decision,
    ) -> Result<Approval, DecideError> {
        let approval = self.parts.approvals.approval(&caller.teacher.id, id).await?.ok_or(DecideError::NotFound)?;
        let decided = match decision {
            Decision::Send { hash, edits, ticked } => {
                self.send_or_keep(caller, approval, &Yes { hash, edits, ticked, together: false }).await?
            }
            Decision::SendWithOthers { hash } => {
                let yes = Yes { hash, edits: Edits::new(), ticked: Ticked::new(), together: true };
                self.send_or_keep(caller, approval, &yes).await?
            }
            Decision::Discard { hash } => self.discard(approval, &hash).await?,
            Decision::Again => return self.again(caller, approval).await,
            Decision::WasSent => self.was_sent(approval).await?,
        };
        info!(state = decided.state.as_str(), "decided");
        self.tell(&decided);
        let settled = self.settle(caller, &decided);
        // So that whoever asks next mostly finds the turn going on already.
        let _running_turn = tokio::time::timeout(SETTLE, settled).await;
        Ok(decided)
    }

    /// Sends; what came of it and could not be stored is stored as soon as it can be.
    async fn send_or_keep(
        self: &Arc<Self>,
        caller: &Caller,
        approval: Approval,
        yes: &Yes,
    ) -> Result<Approval, DecideError> {
        match self.send(caller, approval, yes).await {
            Err(DecideError::NotKept(unkept)) => Err(self.keep_later(caller, *unkept)),
            sent => sent,
        }
    }

    /// The page that follows the turn sees the draft as it stands.
    fn tell(&self, approval: &Approval) {
        if let Some(live) = self.live.find(&approval.turn) {
            live.publish(Event::of_approval(approval.clone()));
        }
    }

    async fn discard(&self, approval: Approval, hash: &str) -> Result<Approval, DecideError> {
        if approval.state == ApprovalState::Rejected {
            return Ok(approval);
        }
        if !approval.state.is_open() || !approval.is_of(hash) {
            return Err(DecideError::Changed(Box::new(approval)));
        }
        let said = json!({ "status": "discarded", "note": "The teacher discarded the draft. Nothing was sent." });
        let outcome =
            ApprovalOutcome { words: "Discarded. Nothing was sent.".into(), said, outcome: Outcome::Declined };
        self.advance(&approval, ApprovalState::Rejected, Some(outcome)).await
    }

    /// A new draft in the place of one that failed or is unknown: the same
    /// text, looked up afresh, and a new yes.
    async fn again(&self, caller: &Caller, old: Approval) -> Result<Approval, DecideError> {
        match old.state {
            ApprovalState::Failed | ApprovalState::Unknown => {}
            ApprovalState::Proposed
            | ApprovalState::Approved
            | ApprovalState::Claimed
            | ApprovalState::Sent
            | ApprovalState::Rejected
            | ApprovalState::Superseded => return Err(DecideError::Changed(Box::new(old))),
        }
        let tool = self.tool_of(&old)?;
        let plan = self.revised(caller, &*tool, &old, &Edits::new())?;
        let preview = tool.preview(&plan).map_err(anyhow::Error::from)?;
        let caution = self.caution(caller, &*tool, &old, &plan, &preview).await?;
        // Behind the old one, also when the clock was set back meanwhile.
        let now = self.parts.clock.now().max(old.created_at + SignedDuration::from_millis(1));
        let new = Approval {
            id: ApprovalId::fresh(&*self.parts.ids),
            preview,
            caution,
            plan,
            state: ApprovalState::Proposed,
            revision: 1,
            outcome: None,
            created_at: now,
            changed_at: now,
            ..old.clone()
        };
        let superseded = Approval { state: ApprovalState::Superseded, changed_at: now, ..old.clone() };
        if !self.parts.approvals.replace(old.standing(), &superseded, &new).await? {
            let now = self.parts.approvals.approval(&old.teacher, &old.id).await?.ok_or(DecideError::NotFound)?;
            return Err(DecideError::Changed(Box::new(now)));
        }
        self.tell(&superseded);
        self.tell(&new);
        Ok(new)
    }

    /// The teacher looked in the sent folder of their mailbox and found it.
    async fn was_sent(&self, approval: Approval) -> Result<Approval, DecideError> {
        if approval.state == ApprovalState::Sent {
            return Ok(approval);
        }
        if approval.state != ApprovalState::Unknown {
            return Err(DecideError::Changed(Box::new(approval)));
        }
        let said = json!({ "status": "sent", "note": "The teacher found it among the sent mails." });
        let words = "Found in your sent mail.".to_owned();
        let outcome = ApprovalOutcome { words, said, outcome: Outcome::Done };
        self.advance(&approval, ApprovalState::Sent, Some(outcome)).await
    }

    fn tool_of(&self, approval: &Approval) -> anyhow::Result<Arc<dyn AnyTool>> {
        let tool = self.parts.toolbox.find(&approval.tool);
        tool.map(Arc::clone).ok_or_else(|| anyhow::anyhow!("the tool {} is gone", approval.tool))
    }

    /// The second look, with what the turn of the draft had read.
    async fn caution(
        &self,
        caller: &Caller,
        tool: &dyn AnyTool,
        approval: &Approval,
        plan: &serde_json::Value,
        preview: &Preview,
    ) -> anyhow::Result<Caution> {
        let (teacher, conversation) = (&approval.teacher, &approval.conversation);
        let stored = self.parts.conversations.turn(teacher, &approval.turn).await?;
        let stored = stored.ok_or_else(|| anyhow::anyhow!("the turn of draft {} is gone", approval.id))?;
        let past = branches::before(self.parts.conversations.turns(teacher, conversation).await?, &stored);
        let recipients = tool.recipients(plan)?;
        let (scene, call) = (self.scene(caller), approval.call.as_str());
        let look = Look { scene: &scene, past: &past, turn: &stored.turn, call, recipients: &recipients, preview };
        Ok(look.caution())
    }

    fn revised(
        &self,
        caller: &Caller,
        tool: &dyn AnyTool,
        approval: &Approval,
        edits: &Edits,
    ) -> Result<serde_json::Value, DecideError> {
        tool.revise(&self.scene(caller), &approval.plan, edits).map_err(|fault| match fault {
            ToolError::Tell(words) => DecideError::BadEdit { words, approval: Box::new(approval.clone()) },
            fault => DecideError::Broken(fault.into()),
        })
    }

    /// One compare-and-set; whoever comes second sees what the first one made.
    async fn advance(
        &self,
        from: &Approval,
        to: ApprovalState,
        outcome: Option<ApprovalOutcome>,
    ) -> Result<Approval, DecideError> {
        let next = Approval { state: to, outcome, changed_at: self.parts.clock.now(), ..from.clone() };
        self.store(from, next).await
    }

    async fn store(&self, from: &Approval, next: Approval) -> Result<Approval, DecideError> {
        if self.parts.approvals.advance(from.standing(), &next).await? {
            return Ok(next);
        }
        let now = self.parts.approvals.approval(&from.teacher, &from.id).await?.ok_or(DecideError::NotFound)?;
        Err(DecideError::Changed(Box::new(now)))
    }

    /// Lets the turn of a decided draft go on, or notes the decision behind a
    /// turn that had gone on without it. In the background: whoever clicked
    /// need not wait for a running turn.
    fn settle(self: &Arc<Self>, caller: &Caller, approval: &Approval) -> JoinHandle<()> {
        let (this, caller, approval) = (Arc::clone(self), caller.clone(), approval.clone());
        self.spawn(async move {
            if let Err(fault) = this.settle_here(&caller, &approval).await {
                let error = format!("{fault:#}");
                tracing::error!(error, approval = %approval.id, "a decision did not reach its turn");
            }
        })
    }

    async fn settle_here(self: &Arc<Self>, caller: &Caller, approval: &Approval) -> anyhow::Result<()> {
        let Some(result) = approval.call_result() else { return Ok(()) };
        let turn = || self.parts.conversations.turn(&approval.teacher, &approval.turn);
        let Some(stored) = turn().await? else { return Ok(()) };
        if has_result(&stored, &approval.call) {
            return self.note_late_decision(&stored, approval).await;
        }
        // A running turn takes the decision in by itself when it comes to its
        // pause; then it lets go of the lock, and nothing is left to do here.
        let lock = self.live.lock(&approval.conversation).await;
        let Some(mut stored) = turn().await? else { return Ok(()) };
        if stored.turn.call_finished(&approval.call, result).is_err() {
            return if stored.turn.is_over() && set_aside(&stored, &approval.call) {
                self.note_late_decision(&stored, approval).await
            } else {
                Ok(())
            };
        }
        let goes_on = stored.turn.status == Status::Waiting && stored.turn.next() != Next::Paused;
        if goes_on {
            stored.turn.take_up();
        }
        self.parts.conversations.save(&mut stored, &[]).await?;
        let live = self.live_turn(&stored);
        if let Some(call) = stored.turn.calls().find(|call| call.id == approval.call) {
            live.publish(Event::CallFinished { call: Box::new(call.clone()) });
        }
        if goes_on {
            live.publish(Event::TurnResumed);
            // Nobody is told to wait before what they decided goes on.
            let place = self.places.enter(&caller.teacher.id);
            Drive::start(self, caller, stored, live, (lock, place), None);
        }
        Ok(())
    }

    async fn note_late_decision(&self, stored: &StoredTurn, approval: &Approval) -> anyhow::Result<()> {
        let what = match approval.state {
            ApprovalState::Sent => "the teacher approved it, and it was sent",
            ApprovalState::Rejected => "the teacher discarded it; nothing was sent",
            ApprovalState::Failed => "the teacher approved it, but it could not be sent",
            ApprovalState::Unknown => "the teacher approved it, and it is not known whether it was sent",
            ApprovalState::Proposed | ApprovalState::Approved | ApprovalState::Claimed | ApprovalState::Superseded => {
                return Ok(());
            }
        };
        let text = Trusted::from("Note from the application about the draft of ")
            .and(CallName::of(stored.seq, &approval.call))
            .and(" above: ")
            .and(what)
            .and(".");
        // A second click on a decided draft tells the model nothing new.
        let told = self.parts.conversations.notes(&approval.conversation).await?;
        if told.iter().any(|note| note.text == text) {
            return Ok(());
        }
        self.parts.conversations.add_note(&approval.conversation, stored.seq, &text, self.parts.clock.now()).await
    }
}

fn has_result(stored: &StoredTurn, call: &str) -> bool {
    stored.turn.calls().any(|c| c.id == call && matches!(c.state, CallState::Finished { .. }))
}

fn set_aside(stored: &StoredTurn, call: &str) -> bool {
    stored.turn.calls().any(|c| {
        c.id == call && matches!(&c.state, CallState::Finished { result } if result.outcome == Outcome::Undecided)
    })
}
