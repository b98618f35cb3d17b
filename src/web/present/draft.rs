//! Drafts and what became of them.

use jiff::{SignedDuration, Timestamp};

use super::{
    super::parts::{self, Field, Letter, LetterState, Outcome, Part, Receipt, Row, SendAll, capitalised},
    Presenter,
};
use crate::{
    assistant::{
        ApprovalId,
        approval::{Approval, ApprovalState},
        conversation::StoredTurn,
        toolbox::{Edits, Outcomes},
        turn::Pause,
    },
    clock::Clock,
};

/// What the teacher typed into a draft, and why it could not be taken over:
/// shown again in place of what is stored, so that nothing typed is lost.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// Into which draft.
    pub approval: ApprovalId,
    /// What was typed.
    pub edits: Edits,
    /// Why it could not be taken over.
    pub words: String,
    /// What has to be done first.
    pub pause: Option<Pause>,
}

/// Longer than a yes takes to become a claim.
const GRACE: SignedDuration = SignedDuration::from_mins(1);

impl Presenter<'_> {
    /// A draft that waits, or what became of it.
    pub fn approval(&self, approval: &Approval) -> Part {
        let time = clock_time(self.clock, approval.changed_at);
        let receipt = |outcome| Part::Receipt(receipt(approval, outcome));
        match approval.state {
            ApprovalState::Proposed | ApprovalState::Approved => Part::Letter(self.letter(approval)),
            ApprovalState::Claimed => Part::Letter(Letter { state: LetterState::Sending, ..self.letter(approval) }),
            ApprovalState::Sent => receipt(Outcome::Sent(time)),
            ApprovalState::Failed => receipt(Outcome::Failed),
            ApprovalState::Unknown => receipt(Outcome::Unknown(time)),
            ApprovalState::Rejected => receipt(Outcome::Discarded),
            ApprovalState::Superseded if was_unknown(approval) => receipt(Outcome::SupersededUnknown(time)),
            ApprovalState::Superseded => receipt(Outcome::Superseded),
        }
    }

    fn letter(&self, approval: &Approval) -> Letter {
        let overlay = self.overlay.filter(|overlay| overlay.approval == approval.id);
        let typed = |name: &str| overlay.and_then(|overlay| overlay.edits.get(name).cloned());
        let preview = &approval.preview;
        let state = match (overlay, approval.state) {
            (Some(overlay), _) => LetterState::Refused(overlay.words.clone()),
            // On its way to its claim, unless a start of the server found it lying.
            (None, ApprovalState::Approved) => match &approval.outcome {
                Some(found) => LetterState::Refused(found.words.clone()),
                None if self.clock.now().duration_since(approval.changed_at) < GRACE => LetterState::Sending,
                None => LetterState::Refused("You approved this, but nothing came of it. Nothing was sent.".into()),
            },
            (None, _) => LetterState::Waiting,
        };
        Letter {
            key: key(approval),
            approval: approval.id.to_string(),
            hash: approval.hash(),
            heading: preview.heading.clone(),
            rows: rows(approval),
            fields: preview
                .fields
                .iter()
                .map(|field| Field {
                    name: field.name.clone(),
                    label: field.label.clone(),
                    value: typed(&field.name).unwrap_or_else(|| field.value.clone()),
                    multiline: field.multiline,
                })
                .collect(),
            ticks: approval
                .caution
                .ticks
                .iter()
                .map(|tick| parts::Tick { name: tick.name.clone(), words: tick.words.clone() })
                .collect(),
            send: preview.action.clone(),
            note: preview.note.clone(),
            state,
        }
    }

    /// The bar that sends all drafts of a turn that wait, if there are several.
    pub fn send_all(&self, stored: &StoredTurn, approvals: &[Approval]) -> Option<SendAll> {
        let open = |approval: &&Approval| approval.turn == stored.turn.id && approval.state == ApprovalState::Proposed;
        let waiting = approvals.iter().filter(open).count();
        // What must be looked at twice has a button of its own and no other; so
        // has whatever is no mail.
        let mail = |draft: &&Approval| draft.preview.outcomes == Outcomes::default() && !draft.caution.goes_alone();
        let open: Vec<&Approval> = approvals.iter().filter(open).filter(mail).collect();
        let action = open.first().map(|approval| approval.preview.action.clone())?;
        let words = if waiting == open.len() {
            "Each goes to one person alone."
        } else {
            "Each goes to one person alone. What asks for a second look has its own button."
        };
        (open.len() > 1).then(|| SendAll {
            key: "send-all".to_owned(),
            turn: stored.turn.id.to_string(),
            words: words.to_owned(),
            send: action.replacen("Send", if open.len() == 2 { "Send both" } else { "Send all" }, 1),
            approvals: open
                .iter()
                .map(|approval| parts::Approval { id: approval.id.to_string(), hash: approval.hash() })
                .collect(),
        })
    }
}

/// Whether nobody knows what came of it.
fn was_unknown(approval: &Approval) -> bool {
    approval.outcome.as_ref().is_some_and(|outcome| outcome.outcome == crate::assistant::turn::Outcome::Unknown)
}

/// The name of a draft's part on the page.
pub fn key(approval: &Approval) -> String {
    format!("approval-{}", approval.id)
}

fn rows(approval: &Approval) -> Vec<Row> {
    let row = |label: &str, value: &str| Row { label: label.to_owned(), value: value.to_owned() };
    approval.preview.rows.iter().map(|shown| row(&shown.label, &shown.value)).collect()
}

/// Made from the stored outcome, never from anybody's words.
fn receipt(approval: &Approval, outcome: Outcome) -> Receipt {
    let mut all = rows(approval);
    let fields = &approval.preview.fields;
    let lines = fields.iter().filter(|field| !field.multiline);
    all.extend(lines.map(|field| Row { label: field.label.clone(), value: field.value.clone() }));
    let done = &approval.preview.outcomes.done;
    let said = approval.outcome.as_ref().map(|outcome| &outcome.said);
    let id = said.and_then(|said| said.get("message_id").or_else(|| said.get("event_id"))?.as_str());
    all.extend(id.map(|id| Row { label: "Id".to_owned(), value: id.to_owned() }));
    let words = match outcome {
        // The title says it all; what is left to say is to whom it would have gone.
        Outcome::Discarded | Outcome::Superseded | Outcome::SupersededUnknown(_) | Outcome::Undecided => {
            approval.preview.rows.first().map_or("", |row| row.value.as_str())
        }
        Outcome::Sent(_) | Outcome::Failed | Outcome::Unknown(_) => {
            approval.outcome.as_ref().map_or("", |outcome| outcome.words.as_str())
        }
    };
    Receipt {
        key: key(approval),
        approval: approval.id.to_string(),
        connect: needs_account(approval)
            .then(|| format!("/connections/google/connect?turn={}&tool={}", approval.turn, approval.tool)),
        // The stamp says the first word already.
        words: words.strip_prefix(&format!("{} ", capitalised(done))).unwrap_or(words).to_owned(),
        done: done.clone(),
        outcome,
        rows: all,
        body: fields.iter().filter(|field| field.multiline).map(|field| field.value.as_str()).collect(),
    }
}

/// Whether it failed for want of a permission that the service takes.
fn needs_account(approval: &Approval) -> bool {
    let said = approval.outcome.as_ref().map(|outcome| &outcome.said);
    approval.state == ApprovalState::Failed && said.is_some_and(|said| !said["reconnect"].is_null())
}

/// A moment as the school's wall clock shows it: "14:02", with the date when
/// that was another day.
pub fn clock_time(clock: &dyn Clock, at: Timestamp) -> String {
    let (at, now) = (at.to_zoned(clock.zone()), clock.wall());
    let form = if at.date() == now.date() { "%H:%M" } else { "%-d %B, %H:%M" };
    at.strftime(form).to_string()
}
