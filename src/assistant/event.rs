//! What happens in a turn, as numbered events: what a page follows live.
//!
//! The events are documented in `docs/events.md`; a snapshot holds their form.

use serde::Serialize;

use super::{
    approval::Approval,
    turn::{Call, Ending, Pause},
};

/// Something happened in a turn. What is large is boxed: a log holds as many of
/// these as the model said words.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The model said some more.
    TextDelta {
        /// In which step, counted from 0.
        step: usize,
        /// What it said.
        text: String,
    },
    /// A call is being looked at.
    CallStarted {
        /// The call's name within the turn.
        call: String,
        /// The tool's name.
        tool: String,
        /// The tool's verb: "Looking at your classes".
        doing: String,
    },
    /// A call has its result.
    CallFinished {
        /// The call, with its result.
        call: Box<Call>,
    },
    /// A call waits until an account is connected, or the teacher is signed in.
    ConnectionNeeded {
        /// The call's name within the turn.
        call: String,
        /// The tool's name.
        tool: String,
        /// What is needed.
        pause: Pause,
    },
    /// A draft waits for the teacher.
    ApprovalNeeded {
        /// The draft.
        approval: Box<Approval>,
    },
    /// A draft was decided, or its sending went on.
    ApprovalChanged {
        /// The draft as it stands.
        approval: Box<Approval>,
    },
    /// A mail left: the mail service accepted it. Only this makes a receipt.
    Sent {
        /// The draft that was sent.
        approval: Box<Approval>,
    },
    /// The model is busy; it is asked again by itself.
    ModelBusy {
        /// In how many seconds.
        seconds: u64,
    },
    /// The turn waits for a person.
    TurnWaiting,
    /// The turn goes on after a pause.
    TurnResumed,
    /// The turn is over.
    TurnFinished {
        /// How.
        ending: Ending,
    },
    /// The turn is over, and could not do what it was to do.
    TurnFailed {
        /// For the teacher.
        words: String,
        /// Under which the operator finds it in the log.
        reference: String,
    },
}

impl Event {
    /// Whether no event can follow this one.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::TurnFinished { .. } | Self::TurnFailed { .. })
    }

    /// The event that tells of an approval as it stands now.
    pub fn of_approval(approval: Approval) -> Self {
        use super::approval::ApprovalState;
        let approval = Box::new(approval);
        match approval.state {
            ApprovalState::Sent => Self::Sent { approval },
            ApprovalState::Proposed
            | ApprovalState::Approved
            | ApprovalState::Claimed
            | ApprovalState::Failed
            | ApprovalState::Unknown
            | ApprovalState::Rejected
            | ApprovalState::Superseded => Self::ApprovalChanged { approval },
        }
    }
}
