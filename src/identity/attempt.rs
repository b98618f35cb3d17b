//! A sign-in that is under way: what the browser was sent away with.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::SignInError;

/// How long the browser may stay away, in seconds.
const LIFETIME: i64 = 10 * 60;

/// How far the clock may have been set back meanwhile, in seconds.
const LEEWAY: i64 = 60;

/// What the browser was sent away with; kept in the session until it comes back.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// Echoed by the provider; single use.
    pub state: String,
    /// Inside the ID token that answers this attempt.
    pub nonce: String,
    /// PKCE (RFC 7636).
    pub verifier: String,
    /// Unix seconds; an attempt is good for ten minutes.
    pub begun_at: i64,
}

impl Attempt {
    /// Refuses an answer that comes more than ten minutes after the question.
    pub fn check(&self, now: Timestamp) -> Result<(), SignInError> {
        let age = now.as_second().saturating_sub(self.begun_at);
        if age > LIFETIME {
            return Err(SignInError::Stale("it was begun more than ten minutes ago"));
        }
        if age < -LEEWAY {
            return Err(SignInError::Stale("it was begun in the future"));
        }
        Ok(())
    }

    /// Whether an answer with this `state` belongs to this attempt.
    pub fn answers(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("begun_at", &self.begun_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun_at(begun_at: i64) -> Attempt {
        Attempt { state: "state-1".into(), nonce: "nonce-1".into(), verifier: "verifier-1".into(), begun_at }
    }

    #[test]
    fn an_attempt_is_good_for_ten_minutes_and_not_a_second_more() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(begun_at(1_000).check(at(1_000)).is_ok());
        assert!(begun_at(1_000).check(at(1_600)).is_ok());
        assert!(matches!(begun_at(1_000).check(at(1_601)), Err(SignInError::Stale(_))));
        assert!(begun_at(1_000).check(at(940)).is_ok(), "a clock set back by a minute");
        assert!(matches!(begun_at(1_000).check(at(939)), Err(SignInError::Stale(_))));
        assert!(matches!(begun_at(i64::MIN).check(at(1_000)), Err(SignInError::Stale(_))));
        assert!(matches!(begun_at(i64::MAX).check(at(1_000)), Err(SignInError::Stale(_))));
    }

    #[test]
    fn only_its_own_state_answers_an_attempt() {
        assert!(begun_at(0).answers("state-1"));
        for other in ["", "state-", "state-2", "state-11", "STATE-1"] {
            assert!(!begun_at(0).answers(other), "{other}");
        }
    }

    #[test]
    fn an_attempt_in_a_log_tells_no_secret() {
        let told = format!("{:?}", begun_at(5));
        assert!(told.contains('5') && !told.contains("-1"), "{told}");
    }
}
