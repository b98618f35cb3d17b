//! Connected accounts: how one is connected, looked at and let go.
//!
//! The port is the identity provider's own register of accounts. Connecting is
//! a trip of the teacher's browser, bound at both ends: by PKCE and the sign-in
//! over there, by [`ConnectAttempt`] in one browser's session here.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use url::Url;

use super::{Connection, Need, Scope, VaultError};
use crate::{
    identity::Caller,
    setup::{Fault, Flaw},
};

/// How far the clock may have been set back meanwhile, in seconds.
const LEEWAY: i64 = 60;

/// An account that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The register's name for it.
    pub id: String,
    /// Where it is.
    pub connection: Connection,
    /// What was agreed to.
    pub scopes: Vec<Scope>,
    /// Since when, where that is told.
    pub since: Option<Timestamp>,
}

/// What the browser was sent away with; kept in its session until it comes back.
#[derive(Clone, Serialize, Deserialize)]
pub struct ConnectAttempt {
    /// Echoed at the end; single use.
    pub state: String,
    /// PKCE (RFC 7636).
    pub verifier: String,
    /// The register's name for this trip.
    pub auth_session: String,
    /// Unix seconds.
    pub begun_at: i64,
    /// Unix seconds.
    pub ends_at: i64,
}

impl ConnectAttempt {
    /// Whether an answer with this `state` belongs to this attempt.
    pub fn answers(&self, state: &str) -> bool {
        self.state.as_bytes().ct_eq(state.as_bytes()).into()
    }

    /// Refuses an answer that comes after the end, or before the beginning.
    pub fn check(&self, now: Timestamp) -> Result<(), ConnectError> {
        let now = now.as_second();
        if now > self.ends_at {
            return Err(ConnectError::Stale("it was begun too long ago"));
        }
        if now < self.begun_at.saturating_sub(LEEWAY) {
            return Err(ConnectError::Stale("it was begun in the future"));
        }
        Ok(())
    }
}

impl fmt::Debug for ConnectAttempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectAttempt").field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

/// Why an account was not connected, looked at or let go, by what one can do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The teacher said no.
    #[error("the teacher declined")]
    Declined,
    /// The answer does not belong to an attempt of this browser, or is too old.
    #[error("the connecting is stale or was not begun here: {0}")]
    Stale(&'static str),
    /// Another connection is in the way.
    #[error("another connection is in the way: {0}")]
    Conflict(String),
    /// The teacher signs in again.
    #[error("the sign-in has ended: {0}")]
    SignInAgain(&'static str),
    /// Nothing to do but wait.
    #[error("the register of accounts cannot be reached just now: {reason}")]
    Wait {
        /// As the service said, where it said.
        retry_after: Option<Duration>,
        /// For the log.
        reason: String,
    },
    /// Only the operator can mend it.
    #[error("the tenant is set up wrongly: {0}")]
    Operator(Fault),
    /// For the operator: a fault of ours.
    #[error(transparent)]
    Broken(#[from] anyhow::Error),
}

impl From<VaultError> for ConnectError {
    fn from(fault: VaultError) -> Self {
        match fault {
            VaultError::SignInAgain(why) => Self::SignInAgain(why),
            VaultError::Wait { retry_after, reason } => Self::Wait { retry_after, reason },
            VaultError::Operator(what) => Self::Operator(what),
            fault @ VaultError::Connect { .. } => Self::Operator(Fault::of(Flaw::Other, fault)),
        }
    }
}

/// The identity provider's register of connected accounts.
#[async_trait]
pub trait ConnectedAccounts: Send + Sync + 'static {
    /// Where to send the browser so that the account opens what `need` says and
    /// all that it opened before, and what to remember meanwhile.
    async fn begin(&self, caller: &Caller, need: &Need) -> Result<(Url, ConnectAttempt), ConnectError>;

    /// Trades the code that came back for the account. The caller has found
    /// `attempt` by its state, and forgotten it: it is single use.
    async fn complete(
        &self,
        caller: &Caller,
        connection: Connection,
        attempt: &ConnectAttempt,
        code: &SecretString,
    ) -> Result<Account, ConnectError>;

    /// The accounts of one connection.
    async fn accounts(&self, caller: &Caller, connection: Connection) -> Result<Vec<Account>, ConnectError>;

    /// Lets the accounts of one connection go: their tokens are gone from the
    /// vault when this returns.
    async fn remove_all(&self, caller: &Caller, connection: Connection) -> Result<(), ConnectError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_good_until_its_end_and_for_its_own_state() {
        let (state, verifier, auth_session) = ("state-1".into(), "verifier-1".into(), "session-1".into());
        let attempt = ConnectAttempt { state, verifier, auth_session, begun_at: 1_000, ends_at: 1_300 };
        let at = |second| attempt.check(Timestamp::from_second(second).unwrap()).is_ok();
        assert!(at(940) && at(1_000) && at(1_300));
        assert!(!at(939) && !at(1_301));
        assert!(attempt.answers("state-1"));
        assert!(!attempt.answers("") && !attempt.answers("state-") && !attempt.answers("state-11"));
        assert!(!format!("{attempt:?}").contains("-1"), "no secret in a log");
    }
}
