//! What was sent to a student: from the stored outcomes, never from anybody's words.

use super::super::{chat, error::PageError, pages::Mail, parts::Tone, state::State};
use crate::{
    assistant::{
        approval::{Approval, ApprovalState},
        turn::Outcome,
    },
    identity::Caller,
    school::StudentId,
};

pub(super) async fn of(state: &State, caller: &Caller, student: &StudentId) -> Result<Vec<Mail>, PageError> {
    let sent = state.approvals.about(&caller.teacher.id, student).await?;
    Ok(sent.iter().filter_map(|approval| mail(state, approval)).collect())
}

fn mail(state: &State, approval: &Approval) -> Option<Mail> {
    let nobody_knows = approval.outcome.as_ref().is_some_and(|outcome| outcome.outcome == Outcome::Unknown);
    let (words, tone) = match approval.state {
        ApprovalState::Sent => ("Sent", Tone::Good),
        ApprovalState::Unknown => ("May have been sent", Tone::Warn),
        ApprovalState::Superseded if nobody_knows => ("May have been sent", Tone::Warn),
        ApprovalState::Proposed
        | ApprovalState::Approved
        | ApprovalState::Claimed
        | ApprovalState::Failed
        | ApprovalState::Rejected
        | ApprovalState::Superseded => return None,
    };
    let at = approval.changed_at;
    Some(Mail {
        subject: approval.preview.field("subject").to_owned(),
        state: words.to_owned(),
        tone,
        when: at.to_zoned(state.clock.zone()).strftime("%-d %B %Y, %H:%M").to_string(),
        at: at.to_string(),
        href: chat::address(&approval.conversation, &approval.turn),
    })
}
