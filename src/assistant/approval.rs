//! An approval: a plan that waits for the teacher, and what came of it.
//!
//! The states are those of an at-most-once send: proposed → approved → claimed
//! → sent, failed or unknown; also rejected and superseded. Every step is a
//! compare-and-set on state and revision, so of two clicks one wins. The hash
//! binds the click to exactly what was shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    caution::Caution,
    conversation::Standing,
    ids::{ApprovalId, ConversationId, TurnId},
    toolbox::Preview,
    turn::{CallResult, Outcome},
};
use crate::{
    audit::{Entry, Kind, students_in},
    school::{StudentId, TeacherId},
};

/// A plan that waits for the teacher, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Approval {
    /// Unguessable.
    pub id: ApprovalId,
    /// Whose decision it is.
    #[serde(skip)]
    pub teacher: TeacherId,
    /// Where it was proposed.
    pub conversation: ConversationId,
    /// In which turn.
    pub turn: TurnId,
    /// By which call.
    pub call: String,
    /// The tool that will run.
    pub tool: String,
    /// Whom it is about, where that is one student.
    #[serde(skip)]
    pub student: Option<StudentId>,
    /// What would really happen; for a mail, with the frozen bytes.
    #[serde(skip)]
    pub plan: Value,
    /// The plan as the teacher sees it.
    pub preview: Preview,
    /// What the teacher must tick before it can leave.
    pub caution: Caution,
    /// Where it stands.
    pub state: ApprovalState,
    /// Counts the changes of the plan and of what must be ticked.
    pub revision: i64,
    /// What came of it, once something did.
    pub outcome: Option<ApprovalOutcome>,
    /// When it was proposed.
    pub created_at: Timestamp,
    /// When it came to where it stands.
    pub changed_at: Timestamp,
}

/// Where an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalState {
    /// The teacher has not decided.
    Proposed,
    /// The teacher said yes; nothing was begun.
    Approved,
    /// About to go out, or on the way. Durable before the first byte.
    Claimed,
    /// The service accepted it.
    Sent,
    /// Surely not sent.
    Failed,
    /// The bytes went out and no clear answer came back.
    Unknown,
    /// The teacher said no.
    Rejected,
    /// A newer draft took its place.
    Superseded,
}

/// What came of an approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovalOutcome {
    /// For the teacher: a sentence.
    pub words: String,
    /// For the model: JSON.
    pub said: Value,
    /// How the call ended.
    pub outcome: Outcome,
}

impl ApprovalState {
    /// As it stands in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Claimed => "claimed",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Rejected => "rejected",
            Self::Superseded => "superseded",
        }
    }

    /// Reads what stands in the store.
    pub fn parse(text: &str) -> Option<Self> {
        use ApprovalState::{Approved, Claimed, Failed, Proposed, Rejected, Sent, Superseded, Unknown};
        [Proposed, Approved, Claimed, Sent, Failed, Unknown, Rejected, Superseded]
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    /// Whether a yes would still do something: undecided, or decided and then
    /// left lying by a server that died before it began.
    pub fn is_open(self) -> bool {
        match self {
            Self::Proposed | Self::Approved => true,
            Self::Claimed | Self::Sent | Self::Failed | Self::Unknown | Self::Rejected | Self::Superseded => false,
        }
    }
}

impl Approval {
    /// Whether it has left, may have left, or is about to.
    pub fn may_have_left(&self) -> bool {
        match self.state {
            ApprovalState::Claimed | ApprovalState::Sent | ApprovalState::Unknown => true,
            ApprovalState::Superseded => {
                self.outcome.as_ref().is_some_and(|outcome| outcome.outcome == Outcome::Unknown)
            }
            ApprovalState::Proposed | ApprovalState::Approved | ApprovalState::Failed | ApprovalState::Rejected => {
                false
            }
        }
    }

    /// SHA-256 of what a yes covers: the approval, its revision, the tool, the
    /// whole plan with the bytes that leave, and what had to be ticked. A JSON array is an injective
    /// encoding: no text can move from one field into its neighbour unseen.
    pub fn hash(&self) -> String {
        let version = "teachers-aide approval v2";
        let covered = serde_json::json!([version, self.id, self.revision, self.tool, self.plan, self.caution]);
        hex::encode(Sha256::digest(covered.to_string()))
    }

    /// Whether `hash` is of this revision, compared in constant time.
    pub fn is_of(&self, hash: &str) -> bool {
        self.hash().as_bytes().ct_eq(hash.as_bytes()).into()
    }

    /// What the audit is told of the step that led here; `from` is where the
    /// approval stood before, none when it is new.
    pub fn entry(&self, from: Option<Standing>) -> Entry {
        let kind = match (self.state, from.map(|from| from.state)) {
            (ApprovalState::Proposed, None) => Kind::Drafted,
            (ApprovalState::Proposed, Some(ApprovalState::Approved)) => Kind::HandedBack,
            (ApprovalState::Proposed, Some(_)) => Kind::Redrafted,
            (ApprovalState::Approved, _) => Kind::Approved,
            (ApprovalState::Claimed, _) => Kind::Claimed,
            (ApprovalState::Sent, _) => Kind::Sent,
            (ApprovalState::Failed, _) => Kind::Failed,
            (ApprovalState::Unknown, _) => Kind::Unknown,
            (ApprovalState::Rejected, _) => Kind::Rejected,
            (ApprovalState::Superseded, _) => Kind::Superseded,
        };
        let edited = from.is_some_and(|from| from.revision != self.revision);
        Entry {
            tool: Some(self.tool.clone()),
            students: students_in(&self.plan),
            conversation: Some(self.conversation.to_string()),
            turn: Some(self.turn.to_string()),
            call: Some(self.call.clone()),
            approval: Some(self.id.to_string()),
            detail: serde_json::json!({ "hash": self.hash(), "revision": self.revision, "edited": edited }),
            ..Entry::by(&self.teacher, kind, self.state.as_str())
        }
    }

    /// What the call that proposed it has as its result; none while it is open.
    pub fn call_result(&self) -> Option<CallResult> {
        let outcome = self.outcome.as_ref()?;
        (!self.state.is_open() && self.state != ApprovalState::Claimed).then(|| CallResult {
            outcome: outcome.outcome,
            said: outcome.said.clone().into(),
            did: outcome.words.clone(),
            took_ms: 0,
            shown: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assistant::toolbox::Outcomes;
    use crate::clock::{Clock, SystemClock, SystemIds};

    fn approval() -> Approval {
        Approval {
            id: ApprovalId::fresh(&SystemIds),
            teacher: TeacherId::new("t"),
            conversation: ConversationId::fresh(&SystemIds),
            turn: TurnId::fresh(&SystemIds),
            call: "0-0".into(),
            tool: "send_email_to_student".into(),
            student: None,
            plan: json!({ "subject": "a", "body": "b" }),
            preview: Preview {
                heading: String::new(),
                rows: vec![],
                fields: vec![],
                action: String::new(),
                note: String::new(),
                outcomes: Outcomes::default(),
            },
            caution: Caution::default(),
            state: ApprovalState::Proposed,
            revision: 1,
            outcome: None,
            created_at: SystemClock.now(),
            changed_at: SystemClock.now(),
        }
    }

    #[test]
    fn a_yes_covers_every_field_of_the_plan_and_nothing_else() {
        let shown = approval();
        let hash = shown.hash();
        assert!(shown.is_of(&hash));
        let changes: [fn(&mut Approval); 6] = [
            |a| a.plan["body"] = json!("c"),
            |a| a.plan = json!({ "subject": "ab", "body": "" }),
            |a| a.revision = 2,
            |a| a.tool = "other".into(),
            |a| a.id = ApprovalId::fresh(&SystemIds),
            |a| a.caution.alone = true,
        ];
        for change in changes {
            let mut changed = shown.clone();
            change(&mut changed);
            assert!(!changed.is_of(&hash), "{changed:?}");
        }
        let mut moved_on = shown.clone();
        moved_on.state = ApprovalState::Claimed;
        assert!(moved_on.is_of(&hash), "the state is guarded by compare-and-set, not by the hash");
    }

    #[test]
    fn a_hash_survives_the_way_through_the_store() {
        let shown = approval();
        let mut stored = shown.clone();
        stored.plan = serde_json::from_str(&shown.plan.to_string()).expect("JSON comes back");
        assert!(stored.is_of(&shown.hash()));
    }

    #[test]
    fn every_state_comes_back_from_the_store() {
        use ApprovalState::{Approved, Claimed, Failed, Proposed, Rejected, Sent, Superseded, Unknown};
        for state in [Proposed, Approved, Claimed, Sent, Failed, Unknown, Rejected, Superseded] {
            assert_eq!(ApprovalState::parse(state.as_str()), Some(state));
        }
        assert_eq!(ApprovalState::parse("gone"), None);
    }
}
