//! The vault: the teacher's accounts elsewhere, and the keys to them.
//!
//! A tool states a [`Need`]; the vault answers with a [`Grant`], good for one
//! run, or with a [`VaultError`] that says what one can do about it. Grants are
//! kept in memory only, and no grant can be printed or serialised.

mod accounts;
mod authority;
mod book;
mod connections;
mod hand_out;

use std::{borrow::Cow, fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use accounts::{Account, ConnectAttempt, ConnectError, ConnectedAccounts};
pub use authority::{Authority, Door, GmailSend, Key, OwnData, Permission, SendMail};
pub use book::{AUTHORIZATION_LIFE, AccountNotes, Authorization, AuthorizationId, ConnectionBook, Progress};
pub use connections::{ConnectBy, ConnectionParts, Connections, LetGo, State};
pub use hand_out::Vault;

use crate::{identity::RefreshToken, setup::Fault};

/// An account elsewhere that a teacher can connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Connection {
    /// The teacher's Google account.
    Google,
}

impl Connection {
    /// Every account that can be connected.
    pub const ALL: [Self; 1] = [Self::Google];

    /// The name in addresses, in the store and in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
        }
    }

    /// Reads such a name.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|connection| connection.as_str() == key)
    }

    /// The name as the teacher knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Google => "Google",
        }
    }
}

/// A permission in the words of the service that grants it (RFC 6749, 3.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// Sends mail as the teacher, and can do nothing else with the mailbox.
    pub const GMAIL_SEND: Self = Self::named(<SendMail as Door>::PERMISSION.scope);

    /// A scope that the program itself asks for.
    pub const fn named(scope: &'static str) -> Self {
        Self(Cow::Borrowed(scope))
    }

    /// A scope as the service writes it.
    pub fn new(scope: impl Into<String>) -> Self {
        Self(Cow::Owned(scope.into()))
    }

    /// The scope as the service writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both name the same permission: Google asks for `email` and
    /// answers with its long name, or the other way round.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }

    fn canonical(&self) -> &str {
        match self.as_str() {
            "email" => "https://www.googleapis.com/auth/userinfo.email",
            "profile" => "https://www.googleapis.com/auth/userinfo.profile",
            other => other,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a tool must hold before it can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Whose door.
    pub connection: Connection,
    /// Which keys on the ring.
    pub scopes: Vec<Scope>,
}

impl Need {
    /// Whether all of it was granted.
    pub fn is_within(&self, granted: &[Scope]) -> bool {
        self.scopes.iter().all(|needed| granted.iter().any(|scope| scope.is_same_as(needed)))
    }

    /// The same with further scopes, each once: asking for the new ones alone
    /// could drop the old ones.
    #[must_use]
    pub fn and(mut self, more: &[Scope]) -> Self {
        for scope in more {
            if !self.scopes.iter().any(|own| own.is_same_as(scope)) {
                self.scopes.push(scope.clone());
            }
        }
        self
    }
}

/// A token for one run: made by the vault, dropped after use.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The service's own access token.
    pub token: SecretString,
    /// The scopes that were really granted.
    pub scopes: Vec<Scope>,
    /// When the token stops working.
    pub expires_at: Timestamp,
}

impl Grant {
    /// Whether every scope that is needed was really granted.
    pub fn covers(&self, need: &Need) -> bool {
        need.is_within(&self.scopes)
    }
}

/// Why there is no grant, by what one can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The teacher connects the account (again), with at least these scopes.
    #[error("{} is not connected with what is needed: {why}", .need.connection.name())]
    Connect {
        /// What was asked for.
        need: Need,
        /// Nothing there, taken back, or too narrow.
        why: ConnectReason,
    },
    /// The teacher signs in again.
    #[error("the sign-in has ended: {0}")]
    SignInAgain(&'static str),
    /// Nothing to do but wait.
    #[error("the vault cannot be reached just now: {reason}")]
    Wait {
        /// As the service said, where it said.
        retry_after: Option<Duration>,
        /// For the log.
        reason: String,
    },
    /// Only the operator can mend it; never told to a teacher as "reconnect".
    #[error("the tenant is set up wrongly: {0}")]
    Operator(Fault),
}

/// Why an account must be connected (again).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectReason {
    /// The vault holds nothing for this account.
    NotConnected,
    /// Google took the permission back, or it ran out.
    Revoked,
    /// Connected, but without a scope that is needed.
    MissingScope,
}

impl fmt::Display for ConnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotConnected => "not connected yet",
            Self::Revoked => "the permission was taken back or ran out",
            Self::MissingScope => "a permission is missing",
        })
    }
}

/// The token vault itself: one exchange, no memory.
#[async_trait]
pub trait TokenVault: Send + Sync + 'static {
    /// Trades a refresh token for a token of the connected service.
    async fn exchange(&self, subject: &RefreshToken, need: &Need) -> Result<Grant, VaultError>;
}
