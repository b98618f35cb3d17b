//! Who is signed in, and the keys that came with signing in.
//!
//! The port [`SignIn`] is the identity provider as this house needs it. A
//! [`RefreshToken`] is read by the vault's client and by nobody else; it has no
//! `Debug` that tells and no `Serialize` at all.

mod allowed;
mod attempt;
mod callback;
mod preferences;

use async_trait::async_trait;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

pub use allowed::{Allowed, Operators};
pub use attempt::Attempt;
pub use callback::{Callback, CallbackError, CallbackOutcome};
pub use preferences::{Appearance, Preferences, PreferencesStore, Retention, RetentionError};

use crate::{
    school::{Teacher, TeacherId},
    setup::Fault,
};

/// No session, and no sign-in that one stands on, lasts longer than this.
pub const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// One sign-in of one teacher in one browser; the refresh token hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignInId(String);

impl SignInId {
    /// The id as it stands in the store.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The teacher who acts, and the sign-in through which they act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who acts.
    pub teacher: Teacher,
    /// Through which sign-in: it names the refresh token that the vault takes.
    pub sign_in: SignInId,
}

/// The identity provider's refresh token of one sign-in.
#[derive(Debug, Clone)]
pub struct RefreshToken(pub SecretString);

/// What a finished sign-in tells.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The issuer; with `subject` the only key of a person.
    pub issuer: String,
    /// The person at that issuer.
    pub subject: String,
    /// The full name, or the address where none is told.
    pub name: String,
    /// The address; empty where none is told.
    pub email: String,
    /// Whether the provider vouches for the address.
    pub email_verified: bool,
    /// The provider's own session, for logout.
    pub sid: Option<String>,
    /// Kept as the hint for RP-initiated logout.
    pub id_token: SecretString,
    /// Absent when the tenant does not grant `offline_access`.
    pub refresh_token: Option<RefreshToken>,
}

/// Why a sign-in did not come about, by what one can do.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The teacher said no at the provider.
    #[error("the teacher declined")]
    Declined,
    /// The answer does not belong to an attempt of this browser, or is too old.
    #[error("the sign-in is stale or was not begun here: {0}")]
    Stale(&'static str),
    /// The provider cannot be reached or does not answer sensibly just now.
    #[error("the identity provider is unavailable: {0}")]
    Unavailable(String),
    /// The provider's answer fails a check.
    #[error("the identity provider's answer is refused: {0}")]
    Refused(String),
    /// Only the operator can mend it.
    #[error("the identity provider refuses this application: {0}")]
    Operator(Fault),
}

/// The provider's word that a session is over, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutNotice {
    /// The issuer.
    pub issuer: String,
    /// The person; all their sessions where no session is named.
    pub subject: Option<String>,
    /// The provider's session.
    pub sid: Option<String>,
    /// The name of the token that says so: it serves once.
    pub token: String,
}

/// The identity provider.
#[async_trait]
pub trait SignIn: Send + Sync + 'static {
    /// Where to send the browser, and what to remember meanwhile. `consent`
    /// asks the provider to show Google's consent again, for a fresh grant that
    /// has these scopes too.
    async fn begin(&self, consent: Option<&[String]>) -> Result<(Url, Attempt), SignInError>;

    /// Trades the code that came back for a checked identity. The caller has
    /// already found `attempt` by its `state`, and forgotten it: it is single use.
    async fn complete(&self, callback: &Callback, attempt: &Attempt) -> Result<SignedIn, SignInError>;

    /// Where to send the browser so that the provider's session ends too.
    async fn sign_out_url(&self, id_token: Option<&SecretString>, return_to: &Url) -> Result<Url, SignInError>;

    /// Reads what the provider's own server says about a session that is over.
    async fn logout_notice(&self, token: &str) -> Result<LogoutNotice, SignInError>;

    /// Takes the refresh token back (RFC 7009).
    async fn revoke(&self, token: &RefreshToken) -> Result<(), SignInError>;
}

/// Where the refresh tokens are kept, sealed.
#[async_trait]
pub trait RefreshTokens: Send + Sync + 'static {
    /// The token of a sign-in; none when the sign-in is over or came without one.
    async fn of(&self, sign_in: &SignInId) -> anyhow::Result<Option<RefreshToken>>;
    /// Drops the token of a sign-in: the provider no longer takes it.
    async fn forget(&self, sign_in: &SignInId) -> anyhow::Result<()>;
    /// The same, and it is gone from here when this returns. The sign-in stays.
    async fn take(&self, sign_in: &SignInId) -> anyhow::Result<Option<RefreshToken>>;
    /// Keeps a newer one in its place: the provider changed it at its use.
    async fn replace(&self, sign_in: &SignInId, token: &RefreshToken) -> anyhow::Result<()>;
}

/// What is left to do when a sign-in is over.
#[derive(Debug, Default)]
pub struct SignedOut {
    /// To be taken back at the provider.
    pub refresh_token: Option<RefreshToken>,
    /// The hint for RP-initiated logout.
    pub id_token: Option<SecretString>,
}

/// Why a sign-in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// The teacher signed out in this browser.
    SignedOut,
    /// The teacher signed out everywhere, from another browser.
    Everywhere,
    /// The same browser signed in again.
    Replaced,
    /// The session ran out.
    RanOut,
    /// The identity provider says that its session has ended.
    Provider,
}

impl Parting {
    /// As it stands in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Everywhere => "signed_out_everywhere",
            Self::Replaced => "replaced",
            Self::RanOut => "ran_out",
            Self::Provider => "ended_by_provider",
        }
    }
}

/// Where sign-ins are kept.
#[async_trait]
pub trait SignIns: Send + Sync + 'static {
    /// Keeps a sign-in. The teacher is known by issuer and subject alone; name
    /// and address follow what the provider says now.
    async fn begin(&self, signed_in: &SignedIn) -> anyhow::Result<Caller>;
    /// Who acts through a sign-in; none when it is over.
    async fn caller(&self, sign_in: &SignInId) -> anyhow::Result<Option<Caller>>;
    /// Every sign-in of a teacher that stands.
    async fn all_of(&self, teacher: &TeacherId) -> anyhow::Result<Vec<SignInId>>;
    /// The sign-ins that a notice names; none at all when it came before.
    async fn named_in(&self, notice: &LogoutNotice) -> anyhow::Result<Option<Vec<SignInId>>>;
    /// Ends a sign-in: its tokens are gone from here when this returns.
    async fn end(&self, sign_in: &SignInId, why: Parting) -> anyhow::Result<SignedOut>;
}
