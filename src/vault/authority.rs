//! Keys: each opens one kind of door and can be made from a grant only.
//!
//! What a key opens is told by a [`Permission`]: for the vault which scope to
//! ask for, for the teacher what is allowed by it and what is not. A key of
//! another service is a type of its own beside its port; nothing here changes.

use std::{fmt, marker::PhantomData};

use secrecy::SecretString;

use super::{Connection, Grant, Need, Scope};

/// One permission at a service, in the service's word and in plain ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// Whose door.
    pub connection: Connection,
    /// The service's own name for it; the narrowest that will do.
    pub scope: &'static str,
    /// What the teacher allows by it: a sentence.
    pub allows: &'static str,
    /// What it still does not allow: a sentence.
    pub never: &'static str,
}

/// What a tool's `run` is handed: the proof that it may, and the means.
pub trait Authority: Sized + Send + 'static {
    /// What it stands on; nothing when the teacher's own data is enough.
    const PERMISSIONS: &'static [Permission];

    /// Makes the key, or nothing when the grant is missing or too narrow.
    fn from_grant(grant: Option<Grant>) -> Option<Self>;

    /// What the vault must be asked for.
    fn need() -> Option<Need> {
        let connection = Self::PERMISSIONS.first()?.connection;
        let scopes = Self::PERMISSIONS.iter().map(|permission| Scope::named(permission.scope)).collect();
        Some(Need { connection, scopes })
    }
}

/// The teacher's own school: no account elsewhere is touched.
#[derive(Debug)]
pub struct OwnData(());

impl Authority for OwnData {
    const PERMISSIONS: &'static [Permission] = &[];

    fn from_grant(_: Option<Grant>) -> Option<Self> {
        Some(Self(()))
    }
}

/// A kind of door.
pub trait Door: 'static {
    /// What the teacher allows so that it opens.
    const PERMISSION: Permission;
}

/// Opens one kind of door, for one run.
pub struct Key<D>(Grant, PhantomData<fn() -> D>);

impl<D: Door> Key<D> {
    /// The token, for the `Authorization` header and nothing else.
    pub fn token(&self) -> &SecretString {
        &self.0.token
    }
}

impl<D: Door> Authority for Key<D> {
    const PERMISSIONS: &'static [Permission] = &[D::PERMISSION];

    fn from_grant(grant: Option<Grant>) -> Option<Self> {
        let need = Self::need()?;
        grant.filter(|grant| grant.covers(&need)).map(|grant| Self(grant, PhantomData))
    }
}

impl<D: Door> fmt::Debug for Key<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&D::PERMISSION.scope).finish_non_exhaustive()
    }
}

/// The door to sending one mail as the teacher.
pub struct SendMail;

impl Door for SendMail {
    const PERMISSION: Permission = Permission {
        connection: Connection::Google,
        scope: "https://www.googleapis.com/auth/gmail.send",
        allows: "Send mail from your address, after you have approved it.",
        never: "It cannot read your mail, and it sends nothing that you have not approved.",
    };
}

/// Sends one mail as the teacher.
pub type GmailSend = Key<SendMail>;

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_key_is_made_of_a_grant_that_covers_it_and_of_nothing_else() {
        let grant = |scopes: &[&'static str]| Grant {
            token: "token".into(),
            scopes: scopes.iter().map(|scope| Scope::named(scope)).collect(),
            expires_at: Timestamp::MAX,
        };
        let send = SendMail::PERMISSION.scope;
        assert!(GmailSend::from_grant(Some(grant(&["openid", send]))).is_some());
        for other in [&[][..], &["openid", "email"], &["https://www.googleapis.com/auth/gmail.readonly"]] {
            assert!(GmailSend::from_grant(Some(grant(other))).is_none(), "{other:?}");
        }
        assert!(GmailSend::from_grant(None).is_none());
    }

    #[test]
    fn a_grant_and_its_key_tell_a_log_no_token() {
        let scopes = vec![Scope::named(SendMail::PERMISSION.scope)];
        let grant = Grant { token: "canary".into(), scopes, expires_at: Timestamp::MAX };
        let key = GmailSend::from_grant(Some(grant.clone())).unwrap();
        let told = format!("{grant:?} {grant:#?} {key:?} {key:#?}");
        assert!(told.contains("gmail.send") && !told.contains("canary"), "{told}");
    }
}
