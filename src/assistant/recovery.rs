//! What a start finds that the end before it left: running turns and claims.

use std::sync::Arc;

use serde_json::json;
use tracing::info;

use super::{
    Assistant,
    approval::{Approval, ApprovalOutcome, ApprovalState},
    conversation::StoredTurn,
    deciding::unknown,
    turn::{Ending, Next, Outcome, Status},
};

impl Assistant {
    /// Mends what a server that died left behind: no turn stays "running", and
    /// a claim without an outcome is unknown, a yes without a claim is laid before
    /// the teacher once more. Nothing is sent.
    pub async fn recover(self: &Arc<Self>) -> anyhow::Result<()> {
        let claimed = self.parts.approvals.in_state(ApprovalState::Claimed).await?;
        for approval in &claimed {
            self.recover_claim(approval).await?;
        }
        for approval in self.parts.approvals.in_state(ApprovalState::Approved).await? {
            self.recover_yes(&approval).await?;
        }
        let unfinished = self.parts.conversations.unfinished().await?;
        for mut stored in unfinished.clone() {
            self.recover_turn(&mut stored).await?;
        }
        if !claimed.is_empty() || !unfinished.is_empty() {
            info!(turns = unfinished.len(), claims = claimed.len(), "looked after what the last run left behind");
        }
        Ok(())
    }

    async fn recover_claim(&self, claimed: &Approval) -> anyhow::Result<()> {
        let (state, outcome) = unknown(&claimed.preview.outcomes);
        let changed_at = self.parts.clock.now();
        let next = Approval { state, outcome: Some(outcome), changed_at, ..claimed.clone() };
        self.parts.approvals.advance(claimed.standing(), &next).await?;
        Ok(())
    }

    /// No byte leaves before the claim: it was surely not sent, and nobody is at it.
    async fn recover_yes(&self, approved: &Approval) -> anyhow::Result<()> {
        let words = "You approved this, but the server stopped before it began. Nothing was sent.".to_owned();
        let outcome = ApprovalOutcome { words, said: json!({ "status": "waiting" }), outcome: Outcome::Undecided };
        let next = Approval { outcome: Some(outcome), ..approved.clone() };
        self.parts.approvals.advance(approved.standing(), &next).await?;
        Ok(())
    }

    /// A turn that ran was interrupted; one that waits goes on waiting, unless
    /// all that it waits for was decided and it was not told.
    async fn recover_turn(&self, stored: &mut StoredTurn) -> anyhow::Result<()> {
        let told = self.take_in_decisions(stored, false).await?;
        if stored.turn.status == Status::Waiting && stored.turn.next() == Next::Paused {
            return if told { self.parts.conversations.save(stored, &[]).await } else { Ok(()) };
        }
        let words = "The server was restarted before the answer was whole. What had arrived is kept.".to_owned();
        self.close(stored, Ending::Interrupted { words }).await
    }
}
