//! The line that says what was not sent, when a turn is over. It is counted from
//! the stored states alone: what the model claims changes nothing in it, and a
//! model that tells the truth brings no warning about.

use super::{
    super::parts::{Notice, Tone},
    Presenter,
};
use crate::assistant::{
    approval::{Approval, ApprovalState},
    conversation::StoredTurn,
    gate::Risk,
    turn::{Call, CallState, Outcome, Status},
};

/// How the drafts of a turn stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    waiting: usize,
    failed: usize,
    unknown: usize,
    sent: usize,
}

impl Count {
    fn of<'a>(drafts: impl Iterator<Item = &'a Approval>) -> Self {
        let mut count = Self::default();
        for draft in drafts {
            match draft.state {
                ApprovalState::Proposed | ApprovalState::Approved => count.waiting += 1,
                ApprovalState::Failed => count.failed += 1,
                ApprovalState::Unknown => count.unknown += 1,
                ApprovalState::Sent => count.sent += 1,
                // On its way, or decided: its own card says all.
                ApprovalState::Claimed | ApprovalState::Rejected | ApprovalState::Superseded => {}
            }
        }
        count
    }

    fn title(self, done: &str) -> String {
        let all = self.waiting + self.failed + self.unknown + self.sent;
        match self.sent {
            0 if self.unknown > 0 => format!("Nothing is known to be {done}"),
            0 => format!("Nothing was {done}"),
            1 => format!("1 of {all} was {done}"),
            sent => format!("{sent} of {all} were {done}"),
        }
    }

    fn words(self, done: &str) -> String {
        let part = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            some => Some(format!("{some} {many}")),
        };
        let parts = [
            part(self.waiting, "draft waits for your decision.", "drafts wait for your decision."),
            part(self.failed, &format!("could not be {done}."), &format!("could not be {done}.")),
            part(
                self.unknown,
                "may have left: look before you try again.",
                "may have left: look before you try again.",
            ),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The name of the line on the page.
pub const KEY: &str = "unsent";

impl Presenter<'_> {
    /// What stands at the end of a turn of which something was not sent.
    pub fn unsent(&self, stored: &StoredTurn, approvals: &[Approval]) -> Option<Notice> {
        if !matches!(stored.turn.status, Status::Ended { .. }) {
            return None;
        }
        let own: Vec<&Approval> = approvals.iter().filter(|approval| approval.turn == stored.turn.id).collect();
        let count = Count::of(own.iter().copied());
        let done = own.first().map_or("sent", |approval| approval.preview.outcomes.done.as_str());
        let words = if count.waiting + count.failed + count.unknown > 0 {
            count.words(done)
        } else if own.is_empty() && stored.turn.calls().any(|call| self.was_to_send(call)) {
            "No draft was made.".to_owned()
        } else {
            return None;
        };
        Some(Notice { title: count.title(done), words, tone: Tone::Warn, ..Notice::stopped(KEY) })
    }

    /// Whether a call was to send something, and came to nothing.
    fn was_to_send(&self, call: &Call) -> bool {
        let sends = self.toolbox.find(&call.tool).is_some_and(|tool| tool.card().risk > Risk::Reads);
        let failed = match &call.state {
            CallState::Finished { result } => match result.outcome {
                Outcome::Refused | Outcome::NotRun | Outcome::Undecided | Outcome::Failed => true,
                Outcome::Done | Outcome::Declined | Outcome::Unknown => false,
            },
            CallState::Open | CallState::Waiting { .. } => false,
        };
        sends && failed
    }
}
