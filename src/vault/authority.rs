//! Keys: each opens one kind of door and can be made from a grant only.

use secrecy::SecretString;

use super::{Connection, Grant, Need, Scope};

/// What a tool's `run` is handed: the proof that it may, and the means.
pub trait Authority: Sized + Send + 'static {
    /// What the vault must be asked for; none when the teacher's own data is enough.
    fn need() -> Option<Need>;

    /// Makes the key, or nothing when the grant is missing or too narrow.
    fn from_grant(grant: Option<Grant>) -> Option<Self>;
}

/// The teacher's own school: no account elsewhere is touched.
#[derive(Debug)]
pub struct OwnData(());

impl Authority for OwnData {
    fn need() -> Option<Need> {
        None
    }

    fn from_grant(_: Option<Grant>) -> Option<Self> {
        Some(Self(()))
    }
}

/// Sends one mail as the teacher.
#[derive(Debug)]
pub struct GmailSend(Grant);

impl GmailSend {
    /// The token, for the `Authorization` header and nothing else.
    pub fn token(&self) -> &SecretString {
        &self.0.token
    }
}

impl Authority for GmailSend {
    fn need() -> Option<Need> {
        Some(Need { connection: Connection::Google, scopes: vec![Scope::GMAIL_SEND] })
    }

    fn from_grant(grant: Option<Grant>) -> Option<Self> {
        grant.filter(|grant| grant.scopes.contains(&Scope::GMAIL_SEND)).map(Self)
    }
}
