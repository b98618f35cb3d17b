//! The send: yes → key → claim → first byte → outcome.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use jiff::SignedDuration;
use serde_json::json;
use tokio::time::sleep;
use tracing::{error, warn};

use super::{
    super::{
        Assistant,
        approval::{Approval, ApprovalOutcome, ApprovalState},
        caution::Ticked,
        gate::{self, Account, Consent, Facts},
        limits::Counted,
        toolbox::{AnyTool, Edits, KeyFault, Outcomes, Ran, ToolError},
        turn::Outcome,
    },
    DecideError,
};
use crate::{
    identity::Caller,
    vault::{Grant, VaultError},
};

/// What the teacher's click says.
pub(super) struct Yes {
    /// The hash of what was shown.
    pub(super) hash: String,
    pub(super) edits: Edits,
    pub(super) ticked: Ticked,
    /// Whether one click was for several drafts.
    pub(super) together: bool,
}

/// How long a yes holds good before it is carried out.
const YES_LASTS: SignedDuration = SignedDuration::from_mins(15);
/// How often a send is tried when surely nobody was reached.
const ATTEMPTS: u32 = 3;

impl Assistant {
    pub(super) async fn send(&self, caller: &Caller, approval: Approval, yes: &Yes) -> Result<Approval, DecideError> {
        let tool = self.tool_of(&approval)?;
        if !approval.state.is_open() || !approval.is_of(&yes.hash) {
            return self.same_or_changed(caller, &*tool, approval, &yes.edits);
        }
        let approved = match self.approve(caller, &*tool, approval, yes).await {
            Err(DecideError::Changed(now)) => return self.same_or_changed(caller, &*tool, *now, &yes.edits),
            approved => approved?,
        };
        let grant = match self.grant(caller, &*tool).await {
            Ok(grant) => grant,
            Err(fault) => return Err(self.hand_back(approved, fault).await?),
        };
        if self.parts.clock.now().duration_since(approved.changed_at) > YES_LASTS {
            return Err(self.hand_back_late(approved).await?);
        }
        let approved = self.still_as_shown(caller, &*tool, approved).await?;
        if let Err(reached) = self.may_send(&caller.teacher.id).await? {
            let waiting = Box::new(self.advance(&approved, ApprovalState::Proposed, None).await?);
            self.tell(&waiting);
            return Err(DecideError::Limited { reached, approval: waiting });
        }
        let claimed = match self.advance(&approved, ApprovalState::Claimed, None).await {
            Ok(claimed) => claimed,
            Err(fault) => {
                self.parts.budgets.give_back(&caller.teacher.id, self.today(), Counted::Sends).await?;
                let DecideError::Changed(now) = fault else { return Err(fault) };
                return self.same_or_changed(caller, &*tool, *now, &yes.edits);
            }
        };
        self.tell(&claimed);
        // A panic between the claim and its outcome is as unclear as a cut line.
        let run = AssertUnwindSafe(self.run_claimed(caller, &*tool, &claimed, grant)).catch_unwind().await;
        let outcome = run.unwrap_or_else(|_| Err(ToolError::Unknown("the send panicked".to_owned())));
        if outcome.is_ok() {
            self.note_use(caller, &*tool).await;
        }
        let outcome = classify(outcome, &claimed.preview.outcomes, || self.reference());
        self.keep_outcome(claimed, outcome).await
    }

    /// Somebody was faster. A second click of the same kind gets what the first
    /// one made; anything else is told that the draft has changed.
    fn same_or_changed(
        &self,
        caller: &Caller,
        tool: &dyn AnyTool,
        now: Approval,
        edits: &Edits,
    ) -> Result<Approval, DecideError> {
        let said_yes = match now.state {
            ApprovalState::Approved
            | ApprovalState::Claimed
            | ApprovalState::Sent
            | ApprovalState::Failed
            | ApprovalState::Unknown => true,
            ApprovalState::Proposed | ApprovalState::Rejected | ApprovalState::Superseded => false,
        };
        let plan = match self.revised(caller, tool, &now, edits) {
            // Whether the student is still there says nothing of what has left.
            Err(DecideError::BadEdit { .. }) if !now.state.is_open() => {
                return Err(DecideError::Changed(Box::new(now)));
            }
            plan => plan?,
        };
        let meant = tool.preview(&plan).map_err(anyhow::Error::from)?;
        if said_yes && meant == now.preview { Ok(now) } else { Err(DecideError::Changed(Box::new(now))) }
    }

    /// Stores the yes, together with the corrections. Everything is looked up
    /// afresh: a student who is gone, whose address changed, or whom the
    /// corrections name, is found here.
    async fn approve(
        &self,
        caller: &Caller,
        tool: &dyn AnyTool,
        approval: Approval,
        yes: &Yes,
    ) -> Result<Approval, DecideError> {
        let plan = self.revised(caller, tool, &approval, &yes.edits)?;
        let preview = tool.preview(&plan).map_err(anyhow::Error::from)?;
        let caution = self.caution(caller, tool, &approval, &plan, &preview).await?;
        let same = plan == approval.plan && caution == approval.caution;
        let revision = if same { approval.revision } else { approval.revision + 1 };
        let shows_the_same = preview.shows_the_same_as(&approval.preview);
        let confirmed = caution.is_met_by(&yes.ticked) && !(yes.together && caution.goes_alone());
        let changed_at = self.parts.clock.now();
        let next = Approval { plan, preview, caution, revision, changed_at, ..approval.clone() };
        if !shows_the_same {
            return Err(DecideError::Changed(Box::new(self.show_afresh(&approval, next).await?)));
        }
        if !confirmed {
            let shown = if same { approval } else { self.show_afresh(&approval, next).await? };
            return Err(DecideError::Unticked(Box::new(shown)));
        }
        self.store(&approval, Approval { state: ApprovalState::Approved, ..next }).await
    }

    /// What was shown is not what would leave, or not all of it was ticked: the
    /// draft is shown again as it is now, and nothing is sent.
    async fn show_afresh(&self, shown: &Approval, now: Approval) -> Result<Approval, DecideError> {
        let revision = shown.revision + 1;
        let now = self.store(shown, Approval { state: ApprovalState::Proposed, revision, ..now }).await?;
        self.tell(&now);
        Ok(now)
    }

    /// The yes waited too long for its key: who said it may not remember it.
    async fn hand_back_late(&self, approved: Approval) -> Result<DecideError, DecideError> {
        let waiting = Box::new(self.advance(&approved, ApprovalState::Proposed, None).await?);
        self.tell(&waiting);
        let words = "It took too long to get ready for sending. Nothing was sent; look at it again and send it.";
        Ok(DecideError::NotNow { words: words.to_owned(), approval: waiting })
    }

    /// The vault takes its time, and the roster may have changed meanwhile: the
    /// recipient is looked up once more, and nothing is claimed for another one.
    async fn still_as_shown(
        &self,
        caller: &Caller,
        tool: &dyn AnyTool,
        approved: Approval,
    ) -> Result<Approval, DecideError> {
        let plan = match self.revised(caller, tool, &approved, &Edits::new()) {
            Err(DecideError::BadEdit { words, .. }) => {
                let waiting = Box::new(self.advance(&approved, ApprovalState::Proposed, None).await?);
                self.tell(&waiting);
                return Err(DecideError::BadEdit { words, approval: waiting });
            }
            plan => plan?,
        };
        let preview = tool.preview(&plan).map_err(anyhow::Error::from)?;
        if preview.shows_the_same_as(&approved.preview) {
            return Ok(approved);
        }
        let caution = self.caution(caller, tool, &approved, &plan, &preview).await?;
        let now = Approval { plan, preview, caution, changed_at: self.parts.clock.now(), ..approved.clone() };
        Err(DecideError::Changed(Box::new(self.show_afresh(&approved, now).await?)))
    }

    async fn grant(&self, caller: &Caller, tool: &dyn AnyTool) -> Result<Option<Grant>, VaultError> {
        match tool.need() {
            Some(need) => self.parts.vault.grant(caller, &need).await.map(Some),
            None => Ok(None),
        }
    }

    /// No key, so nothing was begun: the draft waits again, corrections kept.
    async fn hand_back(&self, approved: Approval, fault: VaultError) -> Result<DecideError, DecideError> {
        let waiting = Box::new(self.advance(&approved, ApprovalState::Proposed, None).await?);
        self.tell(&waiting);
        Ok(match fault {
            VaultError::Connect { need, why } => DecideError::Connect { need, why, approval: waiting },
            VaultError::SignInAgain(_) => DecideError::SignIn(waiting),
            fault @ VaultError::Wait { .. } => {
                warn!(error = %fault, "no key for a send");
                let words = "The sign-in service could not be reached. Nothing was sent; try again in a moment.";
                DecideError::NotNow { words: words.to_owned(), approval: waiting }
            }
            fault @ VaultError::Operator(_) => {
                let reference = self.reference();
                error!(reference, error = %fault, "no key for a send, and only the operator can mend it");
                let words = format!(
                    "This site is not set up to send mail. Nothing was sent, and it is not your fault: \
                     tell whoever runs the site, with the reference {reference}."
                );
                DecideError::NotNow { words, approval: waiting }
            }
        })
    }

    /// Between the claim and the outcome. Tried again only when surely nothing
    /// happened: nobody was reached, or the key was not taken (once).
    async fn run_claimed(
        &self,
        caller: &Caller,
        tool: &dyn AnyTool,
        claimed: &Approval,
        mut grant: Option<Grant>,
    ) -> Result<Ran, ToolError> {
        let facts =
            Facts { risk: tool.card().risk, drafts_left: true, account: Account::Ready, consent: Consent::Given };
        let (mut attempt, mut fresh_key) = (1, false);
        loop {
            let cleared = gate::pass(&facts, claimed.plan.clone())
                .map_err(|verdict| anyhow::anyhow!("the gate says {verdict:?} after a yes"))?;
            match tool.run(&self.scene(caller), cleared, grant.clone()).await {
                Err(ToolError::KeyRefused(KeyFault::NotTaken)) if !fresh_key => {
                    fresh_key = true;
                    grant = self.fresh_grant(caller, tool).await?;
                }
                Err(ToolError::Unreachable(why)) if attempt < ATTEMPTS => {
                    warn!(why, attempt, "nobody was reached; tried again");
                    sleep(self.parts.patience.mail_again * 2u32.pow(attempt - 1)).await;
                    attempt += 1;
                }
                ran => return ran,
            }
        }
    }

    async fn fresh_grant(&self, caller: &Caller, tool: &dyn AnyTool) -> Result<Option<Grant>, ToolError> {
        if let Some(need) = tool.need() {
            self.parts.vault.forget(&caller.teacher.id, need.connection).await;
        }
        self.grant(caller, tool).await.map_err(|fault| match fault {
            VaultError::Connect { .. } | VaultError::SignInAgain(_) => ToolError::KeyRefused(KeyFault::NotTaken),
            VaultError::Wait { .. } => ToolError::Unreachable("the vault".to_owned()),
            VaultError::Operator(_) => ToolError::Tell("This site is not set up to send mail.".to_owned()),
        })
    }
}

/// The state and the words of what came of a send.
fn classify(
    ran: Result<Ran, ToolError>,
    words: &Outcomes,
    reference: impl Fn() -> String,
) -> (ApprovalState, ApprovalOutcome) {
    let failed = |words: String| {
        let said = json!({ "status": "failed", "reason": words, "note": "Nothing was sent." });
        (ApprovalState::Failed, ApprovalOutcome { words, said, outcome: Outcome::Failed })
    };
    match ran {
        Ok(ran) => (ApprovalState::Sent, ApprovalOutcome { words: ran.did, said: ran.said, outcome: Outcome::Done }),
        Err(ToolError::Tell(words)) => failed(words),
        Err(ToolError::Unreachable(why)) => {
            warn!(why, "a send failed: nobody was reached");
            failed("The service could not be reached. Nothing was sent.".to_owned())
        }
        Err(ToolError::KeyRefused(fault)) => {
            let words = match fault {
                KeyFault::NotTaken => "Google no longer accepts the permission. Nothing was sent.",
                KeyFault::TooNarrow => "Google has not been given the permission to send. Nothing was sent.",
            };
            let (state, mut outcome) = failed(words.to_owned());
            outcome.said["reconnect"] = json!("The teacher has to connect Google again before it can be sent.");
            (state, outcome)
        }
        Err(ToolError::Unknown(why)) => {
            warn!(why, "nobody knows whether a send happened");
            unknown(words)
        }
        Err(ToolError::Broken(fault)) => {
            let reference = reference();
            error!(reference, error = format!("{fault:#}"), "a send broke off");
            unknown(words)
        }
    }
}

/// The honest answer when the bytes went out and nothing clear came back.
pub(in crate::assistant) fn unknown(words: &Outcomes) -> (ApprovalState, ApprovalOutcome) {
    let Outcomes { done, look } = words;
    let words = format!("It may have been {done}: the service gave no clear answer. {look}");
    let note = format!("It is not known whether this was {done}. The teacher was asked to look. Do not send it again.");
    let said = json!({ "status": "unknown", "note": note });
    (ApprovalState::Unknown, ApprovalOutcome { words, said, outcome: Outcome::Unknown })
}
