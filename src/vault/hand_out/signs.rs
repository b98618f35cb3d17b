//! What a failed exchange says about the set-up.

use jiff::{SignedDuration, Timestamp};

use super::super::{AccountNotes, ConnectReason, VaultError};
use crate::setup::Flaw;

/// How long a consent lasts while the application is in testing at Google.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a token of Google's goes on after its consent has ended.
const LAST_HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The flaw behind a failed exchange, where one is: told by the answer, or
/// guessed from what was connected and used when.
pub(super) fn of(fault: &VaultError, notes: &AccountNotes, now: Timestamp) -> Option<Flaw> {
    let VaultError::Connect { why, .. } = fault else {
        return match fault {
            VaultError::Operator(fault) => Some(fault.flaw),
            _ => None,
        };
    };
    let connected = notes.connected_at?;
    let last_use = notes.last_use.as_ref().map(|(at, _)| *at).filter(|at| *at >= connected);
    match why {
        ConnectReason::NotConnected => last_use.is_none().then_some(Flaw::OfflineAccess),
        ConnectReason::Revoked => {
            let lasted = now.duration_since(connected) >= WEEK;
            let went_on = last_use.is_some_and(|at| at.duration_since(connected) > WEEK + LAST_HOUR);
            (lasted && !went_on).then_some(Flaw::Testing)
        }
        ConnectReason::MissingScope => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{Connection, Need};

    const DAY: i64 = 24 * 3600;

    /// What is thought of a refusal on this day after the connecting, when the account was last used on that one.
    fn after(days: f64, used: Option<f64>, why: ConnectReason) -> Option<Flaw> {
        #[expect(clippy::cast_possible_truncation, reason = "a few days")]
        let on = |days: f64| Timestamp::from_second((days * 86_400.0) as i64 + 1_000 * DAY).unwrap();
        let need = Need { connection: Connection::Google, scopes: Vec::new() };
        let last_use = used.map(|days| (on(days), "send_email_to_student".to_owned()));
        let notes = AccountNotes { connected_at: Some(on(0.0)), put_away_at: None, last_use };
        of(&VaultError::Connect { need, why }, &notes, on(days))
    }

    #[test]
    fn a_consent_that_ends_with_its_week_looks_like_testing_and_no_other_does() {
        let revoked = |days, used| after(days, used, ConnectReason::Revoked);
        for (days, used) in [(7.0, None), (7.01, Some(6.9)), (20.0, Some(7.02)), (7.0, Some(-3.0))] {
            assert_eq!(revoked(days, used), Some(Flaw::Testing), "{days} {used:?}");
        }
        for (days, used) in [(0.1, None), (6.99, Some(6.9)), (20.0, Some(7.1)), (9.0, Some(8.5))] {
            assert_eq!(revoked(days, used), None, "{days} {used:?}");
        }
    }

    #[test]
    fn an_empty_vault_is_a_sign_only_where_something_was_connected_and_never_used() {
        let empty = |days, used| after(days, used, ConnectReason::NotConnected);
        assert_eq!(empty(0.0, None), Some(Flaw::OfflineAccess));
        assert_eq!(empty(0.1, Some(-1.0)), Some(Flaw::OfflineAccess));
        assert_eq!(empty(1.0, Some(0.5)), None);
        assert_eq!(after(1.0, None, ConnectReason::MissingScope), None);
        let never = VaultError::Connect {
            need: Need { connection: Connection::Google, scopes: Vec::new() },
            why: ConnectReason::NotConnected,
        };
        assert_eq!(of(&never, &AccountNotes::default(), Timestamp::UNIX_EPOCH), None);
    }
}
