//! Keeping the outcome of a send, however long the store refuses it.
//!
//! What came of a send is told as it is or not at all: while it cannot be
//! stored the claim stands, and a start of the server calls it unknown.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tracing::{error, info};

use super::{
    super::{
        Assistant,
        approval::{Approval, ApprovalOutcome, ApprovalState},
    },
    DecideError,
};
use crate::identity::Caller;

/// How often an outcome is stored before the teacher is told that it could not be.
const ATTEMPTS: u32 = 4;
/// How long between the tries after that.
const LATER: Duration = Duration::from_secs(1);

/// A claim, and what came of it but is not stored.
#[derive(Debug, Clone)]
pub struct Unkept {
    /// As it stands in the store.
    pub claimed: Approval,
    state: ApprovalState,
    outcome: ApprovalOutcome,
}

impl Assistant {
    /// Stores what came of a claim. If even that fails the claim stands: never
    /// a false "sent", and never a false "not sent".
    pub(super) async fn keep_outcome(
        &self,
        claimed: Approval,
        (state, outcome): (ApprovalState, ApprovalOutcome),
    ) -> Result<Approval, DecideError> {
        for tried in 1..=ATTEMPTS {
            match self.advance(&claimed, state, Some(outcome.clone())).await {
                Err(DecideError::Broken(fault)) => {
                    error!(error = format!("{fault:#}"), tried, "an outcome could not be stored");
                    sleep(Duration::from_millis(125) * 2u32.pow(tried)).await;
                }
                kept => return kept,
            }
        }
        Err(DecideError::NotKept(Box::new(Unkept { claimed, state, outcome })))
    }

    /// Goes on trying behind the teacher's back until it is stored, or the
    /// server goes down.
    pub(super) fn keep_later(self: &Arc<Self>, caller: &Caller, unkept: Unkept) -> DecideError {
        let (this, caller, trying) = (Arc::clone(self), caller.clone(), unkept.clone());
        drop(self.spawn(async move {
            let Unkept { claimed, state, outcome } = trying;
            while !this.is_going_down() {
                sleep(LATER).await;
                match this.advance(&claimed, state, Some(outcome.clone())).await {
                    Err(DecideError::Broken(_)) => {}
                    Ok(kept) => return this.kept_after_all(&caller, &kept),
                    // Somebody else has come to a decision about it.
                    Err(_) => return,
                }
            }
        }));
        DecideError::NotKept(Box::new(unkept))
    }

    fn kept_after_all(self: &Arc<Self>, caller: &Caller, kept: &Approval) {
        info!(approval = %kept.id, "an outcome could be stored after all");
        self.tell(kept);
        drop(self.settle(caller, kept));
    }
}
