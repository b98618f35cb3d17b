//! The end of a turn: what was decided meanwhile is taken in first, so that
//! nobody is told "not decided, nothing was sent" about a mail that left.

use serde_json::json;

use super::{
    ApprovalId, Assistant,
    approval::{Approval, ApprovalState},
    conversation::StoredTurn,
    turn::{CallResult, CallState, Ending, Outcome, Pause},
};

impl Assistant {
    /// Takes in the decisions about a turn's drafts that it does not know of
    /// yet; says whether there were any. When the turn is to end, a draft that
    /// is on its way is told as such.
    pub(super) async fn take_in_decisions(&self, stored: &mut StoredTurn, ends: bool) -> anyhow::Result<bool> {
        let mut any = false;
        for (call, approval) in waiting_approvals(stored) {
            let approval = self.parts.approvals.approval(&stored.teacher, &approval).await?;
            let result = approval.and_then(|approval| approval.call_result().or_else(|| on_its_way(&approval, ends)));
            if let Some(result) = result {
                stored.turn.call_finished(&call, result)?;
                any = true;
            }
        }
        Ok(any)
    }

    /// Ends a turn and stores it.
    pub(super) async fn close(&self, stored: &mut StoredTurn, ending: Ending) -> anyhow::Result<()> {
        self.take_in_decisions(stored, true).await?;
        stored.turn.close(ending);
        self.parts.conversations.save(stored, &[]).await
    }
}

/// What the model is told of a draft whose mail is just leaving.
fn on_its_way(approval: &Approval, ends: bool) -> Option<CallResult> {
    let leaving = match approval.state {
        ApprovalState::Approved | ApprovalState::Claimed => true,
        ApprovalState::Proposed
        | ApprovalState::Sent
        | ApprovalState::Failed
        | ApprovalState::Unknown
        | ApprovalState::Rejected
        | ApprovalState::Superseded => false,
    };
    let note = "The teacher approved it and it is on its way; a note will tell what came of it. Do not send it again.";
    let said = json!({ "status": "on_its_way", "note": note });
    (ends && leaving).then(|| CallResult {
        outcome: Outcome::Undecided,
        said: said.into(),
        did: String::new(),
        took_ms: 0,
        shown: None,
    })
}

/// The calls that wait for an approval, with it.
fn waiting_approvals(stored: &StoredTurn) -> Vec<(String, ApprovalId)> {
    let waiting = stored.turn.calls().filter_map(|call| match &call.state {
        CallState::Waiting { pause: Pause::Approval { approval } } => Some((call.id.clone(), approval.clone())),
        CallState::Waiting { pause: Pause::Connection { .. } | Pause::SignIn }
        | CallState::Open
        | CallState::Finished { .. } => None,
    });
    waiting.collect()
}
