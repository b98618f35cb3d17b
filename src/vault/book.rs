//! The book of connections: what was asked for and what became of it, what the
//! teacher put away, what was last used. It holds no token.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Connection, Need, Scope};
use crate::{
    clock::Ids,
    identity::{Caller, SignInId},
    school::TeacherId,
};

/// How long an authorization waits for the teacher.
pub const AUTHORIZATION_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// The name of one authorization; nobody can guess it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorizationId(String);

impl AuthorizationId {
    /// A name that nobody can guess.
    pub fn fresh(ids: &dyn Ids) -> Self {
        Self(hex::encode(&ids.secret()[..16]))
    }

    /// Reads a name as it stands in an address.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        fits.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A teacher was asked to let this application use an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Its name.
    pub id: AuthorizationId,
    /// Who was asked.
    pub teacher: TeacherId,
    /// In which sign-in; its link works in no other.
    pub sign_in: SignInId,
    /// For what.
    pub need: Need,
    /// For which tool, where it was for one.
    pub tool: Option<String>,
    /// The turn that waits for it.
    pub turn: Option<String>,
    /// How far it is.
    pub progress: Progress,
    /// Since when.
    pub begun_at: Timestamp,
}

impl Authorization {
    /// Whether this caller is the one who was asked, in the sign-in that asked.
    pub fn is_of(&self, caller: &Caller) -> bool {
        self.teacher == caller.teacher.id && self.sign_in == caller.sign_in
    }

    /// Where the teacher's browser goes to answer it: a path of this application.
    pub fn path(&self) -> String {
        format!("/connections/authorizations/{}", self.id.as_str())
    }
}

/// How far an authorization is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// The teacher has not answered.
    Pending,
    /// Everything that was asked for is granted.
    Completed,
    /// The teacher said no.
    Declined,
    /// The teacher agreed to less.
    NotGranted,
    /// The teacher did not answer in time.
    Expired,
    /// It did not come about for another reason.
    Failed,
}

impl Progress {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Completed, Self::Declined, Self::NotGranted, Self::Expired, Self::Failed];

    /// As it stands in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Declined => "declined",
            Self::NotGranted => "not_granted",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }

    /// Reads what stands in the store.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|progress| progress.as_str() == text)
    }
}

/// What the book says of one account of one teacher.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountNotes {
    /// When it was connected through this application.
    pub connected_at: Option<Timestamp>,
    /// When the teacher disconnected it, if they did.
    pub put_away_at: Option<Timestamp>,
    /// When it was last used, and by which tool.
    pub last_use: Option<(Timestamp, String)>,
}

/// Where it is kept.
#[async_trait]
pub trait ConnectionBook: Send + Sync + 'static {
    /// Keeps a new authorization.
    async fn ask(&self, asked: &Authorization) -> anyhow::Result<()>;
    /// An authorization of this teacher's.
    async fn authorization(&self, teacher: &TeacherId, id: &AuthorizationId) -> anyhow::Result<Option<Authorization>>;
    /// Ends a pending one; says whether it was pending.
    async fn settle(&self, teacher: &TeacherId, id: &AuthorizationId, to: Progress) -> anyhow::Result<bool>;
    /// Binds a pending one to another sign-in of the same teacher.
    async fn hand_over(&self, teacher: &TeacherId, id: &AuthorizationId, to: &SignInId) -> anyhow::Result<bool>;
    /// What the book says of an account.
    async fn notes(&self, teacher: &TeacherId, connection: Connection) -> anyhow::Result<AccountNotes>;
    /// The teacher connected it, with these permissions.
    async fn connected(&self, teacher: &TeacherId, connection: Connection, granted: &[Scope]) -> anyhow::Result<()>;
    /// The teacher disconnected it; durable when this returns.
    async fn put_away(&self, teacher: &TeacherId, connection: Connection) -> anyhow::Result<()>;
    /// A tool used it.
    async fn used(&self, teacher: &TeacherId, connection: Connection, tool: &str) -> anyhow::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_progress_comes_back_from_the_store() {
        for progress in Progress::ALL {
            assert_eq!(Progress::parse(progress.as_str()), Some(progress));
        }
        assert_eq!(Progress::parse(""), None);
    }

    #[test]
    fn only_a_whole_name_is_read() {
        assert!(AuthorizationId::parse(&"0a".repeat(16)).is_some());
        for bad in ["", "0a", &"0A".repeat(16), &"0g".repeat(16), &"0a".repeat(17)] {
            assert!(AuthorizationId::parse(bad).is_none(), "{bad}");
        }
    }
}
