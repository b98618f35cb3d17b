//! What a start finds that the end before it left: running turns and claims.

use std::sync::Arc;

use tracing::info;

use super::{
    Assistant,
    approval::{Approval, ApprovalState},
    deciding::unknown,
    turn::{Ending, Next, Status},
};

impl Assistant {
    /// Mends what a server that died left behind: no turn stays "running", and
    /// a claim without an outcome is unknown. Nothing is sent.
    pub async fn recover(self: &Arc<Self>) -> anyhow::Result<()> {
        let claimed = self.parts.approvals.in_state(ApprovalState::Claimed).await?;
        for approval in &claimed {
            self.recover_claim(approval).await?;
        }
        let running = self.parts.conversations.running().await?;
        for mut stored in running.clone() {
            let words = "The server was restarted while the answer was written. What had arrived is kept.";
            stored.turn.close(Ending::Interrupted { words: words.to_owned() });
            self.parts.conversations.save(&mut stored, &[]).await?;
        }
        if !claimed.is_empty() || !running.is_empty() {
            info!(turns = running.len(), claims = claimed.len(), "mended what the last run left behind");
        }
        Ok(())
    }

    async fn recover_claim(&self, claimed: &Approval) -> anyhow::Result<()> {
        let (state, outcome) = unknown();
        let changed_at = self.parts.clock.now();
        let next = Approval { state, outcome: Some(outcome), changed_at, ..claimed.clone() };
        if !self.parts.approvals.advance(claimed.standing(), &next).await? {
            return Ok(());
        }
        let Some(result) = next.call_result() else { return Ok(()) };
        let Some(mut stored) = self.parts.conversations.turn(&next.teacher, &next.turn).await? else { return Ok(()) };
        if stored.turn.call_finished(&next.call, result).is_err() {
            return Ok(());
        }
        if stored.turn.status == Status::Waiting && stored.turn.next() != Next::Paused {
            let words = "The server was restarted while a mail was on its way.".to_owned();
            stored.turn.close(Ending::Interrupted { words });
        }
        self.parts.conversations.save(&mut stored, &[]).await
    }
}
