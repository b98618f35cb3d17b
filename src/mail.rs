//! Mail: addresses, drafts, the bytes that leave, and the port that carries them.
//!
//! One builder makes every message and freezes its bytes; what was frozen is
//! what is shown, approved and sent. This room never decides *whether* to send.

mod draft;
mod shown;
#[cfg(test)]
mod tests;
mod text;
mod unseen;

use async_trait::async_trait;
use jiff::Timestamp;

pub use draft::{Draft, FreezeError, FrozenMail};
pub use shown::{NotShowable, Party, Shown};
pub use text::{Body, PersonName, Subject, TextError};

pub use crate::school::{EmailAddress, EmailError};
use crate::vault::GmailSend;

/// The mail service said yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The service's id of the message; absent when its answer was unreadable.
    pub id: Option<String>,
}

/// Why there is no receipt, by what is known about the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Surely not sent.
    #[error("not sent: {0}")]
    NotSent(NotSent),
    /// The bytes went out and no clear answer came back. Never retried by the machine.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
}

/// Why a message was surely not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Nothing was written: no connection came about.
    #[error("the mail service could not be reached")]
    Unreachable,
    /// The token was refused (401): a fresh one may work.
    #[error("the mail service refused the token")]
    TokenRefused,
    /// The token lacks a scope (403).
    #[error("the permission to send is missing")]
    MissingScope,
    /// A limit of the service, with the time when it lifts where it is known.
    #[error("the mail service's limit is reached")]
    Limit {
        /// When to try again.
        until: Option<Timestamp>,
    },
    /// The service refused this message or this account, for good.
    #[error("the mail service refused: {0}")]
    Refused(String),
}

/// Carries frozen bytes to the mail service.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// One POST, no retry. `message` is a whole RFC 5322 message.
    async fn send(&self, key: &GmailSend, message: &[u8]) -> Result<Accepted, MailError>;
}
