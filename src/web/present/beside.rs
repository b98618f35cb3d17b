//! The versions of a turn that are not shown: how many there are, and what of
//! them must stay in sight.

use super::{
    super::parts::{Part, Versions},
    Presenter,
};
use crate::assistant::{
    TurnId,
    approval::{Approval, ApprovalState},
    branches::Tree,
    conversation::StoredTurn,
};

/// Which version a turn is; none where there is no other.
pub(super) fn versions(tree: &Tree, turn: &TurnId) -> Option<Versions> {
    let all = tree.versions(turn);
    let at = all.iter().position(|version| *version == turn)?;
    let beside = |at: Option<usize>| at.and_then(|at| all.get(at)).map(ToString::to_string);
    (all.len() > 1).then(|| Versions {
        at: at + 1,
        of: all.len(),
        previous: beside(at.checked_sub(1)),
        next: beside(at.checked_add(1)),
    })
}

/// A name for the next version: the same for every click on what is shown now.
pub(super) fn again(tree: &Tree, turn: &TurnId) -> String {
    format!("{turn}-{}", tree.versions(turn).len())
}

impl Presenter<'_> {
    /// Drafts that wait, and what left or failed, in the versions beside this one.
    pub(super) fn beside(&self, stored: &StoredTurn, approvals: &[Approval], tree: &Tree) -> Vec<Part> {
        let turns = tree.beside(&stored.turn.id);
        let there = approvals.iter().filter(|approval| turns.contains(&approval.turn) && stays_in_sight(approval));
        there.map(|approval| self.approval(approval)).collect()
    }
}

fn stays_in_sight(approval: &Approval) -> bool {
    match approval.state {
        ApprovalState::Proposed
        | ApprovalState::Approved
        | ApprovalState::Failed
        | ApprovalState::Claimed
        | ApprovalState::Sent
        | ApprovalState::Unknown => true,
        ApprovalState::Superseded => approval.may_have_left(),
        ApprovalState::Rejected => false,
    }
}
