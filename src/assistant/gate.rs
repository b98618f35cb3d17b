//! The gate: whether a call may run, as one pure function.
//!
//! Most strict first: refuse, connect, ask, run. What passed is [`Cleared`],
//! and only this file can make one, so nothing runs that did not pass.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::vault::{ConnectReason, Need};

/// What a tool can do to the world. Unknown is not among them: a card without
/// a risk does not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Looks at the teacher's own data.
    Reads,
    /// Changes something of the teacher's.
    Writes,
    /// Reaches another person; cannot be taken back.
    Sends,
}

/// Whether the account that a tool needs is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// None is needed, or it is connected with all that is needed. An account
    /// whose state cannot be told just now counts as there: the grant is asked
    /// for again when the tool runs, and there is no way around that.
    Ready,
    /// The teacher must connect it.
    Missing(Need, ConnectReason),
    /// The teacher must sign in again before anything can be told.
    SignedOut,
}

/// Whether the teacher has said yes to exactly this plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Nobody asked yet.
    NotAsked,
    /// The teacher said yes.
    Given,
    /// The teacher said no.
    Declined,
}

/// All that the gate looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What the tool can do.
    pub risk: Risk,
    /// Whether this turn may still make drafts.
    pub drafts_left: bool,
    /// Whether the account is there.
    pub account: Account,
    /// Whether the teacher said yes.
    pub consent: Consent,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No; the words are for the model.
    Refuse(&'static str),
    /// Not before the account is connected.
    Connect(Need, ConnectReason),
    /// Not before the teacher signs in again.
    SignIn,
    /// Not before the teacher has seen it and said yes.
    Ask,
    /// Go on.
    Run,
}

/// Whether a call may run.
pub fn judge(facts: &Facts) -> Verdict {
    if facts.consent == Consent::Declined {
        return Verdict::Refuse("The teacher declined. Nothing was sent.");
    }
    let asks = facts.risk > Risk::Reads && facts.consent != Consent::Given;
    if asks && !facts.drafts_left {
        return Verdict::Refuse("This turn has as many drafts as a teacher can look at. Wait for the decisions first.");
    }
    match &facts.account {
        Account::SignedOut => Verdict::SignIn,
        Account::Missing(need, why) => Verdict::Connect(need.clone(), *why),
        Account::Ready if asks => Verdict::Ask,
        Account::Ready => Verdict::Run,
    }
}

/// A plan that passed the gate.
#[derive(Debug)]
pub struct Cleared<P>(P);

impl<P> Cleared<P> {
    /// The plan.
    pub fn plan(&self) -> &P {
        &self.0
    }
}

impl Cleared<Value> {
    /// The same plan as its tool's own type.
    pub(super) fn typed<P: DeserializeOwned>(self) -> Result<Cleared<P>, serde_json::Error> {
        serde_json::from_value(self.0).map(Cleared)
    }
}

/// Lets a plan pass if, and only if, the gate says run.
pub(super) fn pass(facts: &Facts, plan: Value) -> Result<Cleared<Value>, Verdict> {
    match judge(facts) {
        Verdict::Run => Ok(Cleared(plan)),
        verdict => Err(verdict),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vault::{Authority, GmailSend};

    fn missing() -> Account {
        Account::Missing(GmailSend::need().expect("mail needs Google"), ConnectReason::NotConnected)
    }

    fn strictness(facts: &Facts) -> u8 {
        match judge(facts) {
            Verdict::Run => 0,
            Verdict::Ask => 1,
            Verdict::Connect(..) => 2,
            Verdict::SignIn => 3,
            Verdict::Refuse(_) => 4,
        }
    }

    #[test]
    fn the_whole_table() {
        use Consent::{Declined, Given, NotAsked};
        use Risk::{Reads, Sends, Writes};
        let rows = [
            // risk, drafts left, account, consent => strictness
            (Reads, true, Account::Ready, NotAsked, 0),
            (Reads, false, Account::Ready, NotAsked, 0),
            (Reads, true, missing(), NotAsked, 2),
            (Reads, true, Account::Ready, Declined, 4),
            (Writes, true, Account::Ready, NotAsked, 1),
            (Writes, true, Account::Ready, Given, 0),
            (Writes, false, Account::Ready, NotAsked, 4),
            (Writes, false, Account::Ready, Given, 0),
            (Sends, true, Account::Ready, NotAsked, 1),
            (Sends, true, Account::Ready, Given, 0),
            (Sends, true, Account::Ready, Declined, 4),
            (Sends, true, missing(), NotAsked, 2),
            (Sends, true, missing(), Given, 2),
            (Sends, true, Account::SignedOut, Given, 3),
            (Sends, true, Account::SignedOut, NotAsked, 3),
            (Sends, false, missing(), NotAsked, 4),
            (Sends, true, missing(), Declined, 4),
        ];
        for (risk, drafts_left, account, consent, expected) in rows {
            let facts = Facts { risk, drafts_left, account, consent };
            assert_eq!(strictness(&facts), expected, "{facts:?}");
        }
    }

    fn facts() -> impl Strategy<Value = Facts> {
        let risk = prop_oneof![Just(Risk::Reads), Just(Risk::Writes), Just(Risk::Sends)];
        let account = prop_oneof![Just(Account::Ready), Just(missing()), Just(Account::SignedOut)];
        let consent = prop_oneof![Just(Consent::NotAsked), Just(Consent::Given), Just(Consent::Declined)];
        (risk, any::<bool>(), account, consent).prop_map(|(risk, drafts_left, account, consent)| Facts {
            risk,
            drafts_left,
            account,
            consent,
        })
    }

    proptest! {
        #[test]
        fn one_more_objection_never_loosens_a_verdict(facts in facts()) {
            let mut worse = vec![
                Facts { consent: Consent::Declined, ..facts.clone() },
                Facts { drafts_left: false, ..facts.clone() },
                Facts { risk: Risk::Sends, ..facts.clone() },
            ];
            if facts.account == Account::Ready {
                worse.push(Facts { account: missing(), ..facts.clone() });
            }
            for worse in worse {
                prop_assert!(strictness(&worse) >= strictness(&facts), "{:?} became {:?}", facts, worse);
            }
        }

        #[test]
        fn nothing_that_leaves_passes_without_a_yes(facts in facts()) {
            let passed = pass(&facts, Value::Null).is_ok();
            prop_assert!(!passed || facts.risk == Risk::Reads || facts.consent == Consent::Given);
        }
    }
}
