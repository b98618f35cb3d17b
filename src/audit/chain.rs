//! The chain: each row's hash covers the row and the hash before it.

use anyhow::Context;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{Entry, Kind, Record};
use crate::school::TeacherId;

/// A row as it stands in the store: texts, so that not a byte escapes the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its place, counted from 1.
    pub seq: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// Who acted.
    pub teacher: Option<String>,
    /// A [`Kind`].
    pub kind: String,
    /// By which tool.
    pub tool: Option<String>,
    /// A JSON array.
    pub students: String,
    /// Through which account.
    pub connection: Option<String>,
    /// A JSON array.
    pub scopes: String,
    /// In which conversation.
    pub conversation: Option<String>,
    /// In which turn.
    pub turn: Option<String>,
    /// By which call of it.
    pub call: Option<String>,
    /// About which draft.
    pub approval: Option<String>,
    /// What came of it.
    pub outcome: String,
    /// JSON.
    pub detail: String,
    /// SHA-256 over the hash before and all of the above.
    pub hash: String,
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The place of the last row; 0 before the first.
    pub seq: i64,
    /// Its hash; empty before the first.
    pub hash: String,
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl Head {
    /// Reads a head as it is printed.
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, hash) = text.trim().split_once(':')?;
        let fits = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then_some(())?;
        Some(Self { seq: seq.parse().ok()?, hash: hash.to_ascii_lowercase() })
    }

    /// The row that an entry becomes behind this head.
    pub fn link(&self, entry: &Entry, at: i64) -> Row {
        let mut row = Row {
            seq: self.seq + 1,
            at,
            teacher: entry.teacher.as_ref().map(ToString::to_string),
            kind: entry.kind.as_str().to_owned(),
            tool: entry.tool.clone(),
            students: serde_json::json!(entry.students).to_string(),
            connection: entry.connection.clone(),
            scopes: serde_json::json!(entry.scopes).to_string(),
            conversation: entry.conversation.clone(),
            turn: entry.turn.clone(),
            call: entry.call.clone(),
            approval: entry.approval.clone(),
            outcome: entry.outcome.clone(),
            detail: entry.detail.to_string(),
            hash: String::new(),
        };
        row.hash = row.hashed(&self.hash);
        row
    }
}

impl Row {
    /// A JSON array is an injective encoding: no text can move from one field
    /// into its neighbour unseen, and none is not the same as empty.
    fn hashed(&self, previous: &str) -> String {
        let covered = serde_json::json!([
            "teachers-aide audit v1",
            previous,
            self.seq,
            self.at,
            self.teacher,
            self.kind,
            self.tool,
            self.students,
            self.connection,
            self.scopes,
            self.conversation,
            self.turn,
            self.call,
            self.approval,
            self.outcome,
            self.detail,
        ]);
        hex::encode(Sha256::digest(covered.to_string()))
    }

    /// What the row says.
    pub fn read(self) -> anyhow::Result<Record> {
        let entry = Entry {
            teacher: self.teacher.map(TeacherId::new),
            kind: Kind::parse(&self.kind).with_context(|| format!("row {} is of an unknown kind", self.seq))?,
            tool: self.tool,
            students: serde_json::from_str(&self.students).context("students")?,
            connection: self.connection,
            scopes: serde_json::from_str(&self.scopes).context("scopes")?,
            conversation: self.conversation,
            turn: self.turn,
            call: self.call,
            approval: self.approval,
            outcome: self.outcome,
            detail: serde_json::from_str(&self.detail).context("detail")?,
        };
        let at = Timestamp::from_millisecond(self.at).context("a stored time is out of range")?;
        Ok(Record { seq: self.seq, hash: self.hash, at, entry })
    }
}

/// What is wrong with the chain, by the first bad row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The row says something else than when it was written.
    #[error("row {0} is not as it was written")]
    Changed(i64),
    /// The row is not there.
    #[error("row {0} is missing")]
    Missing(i64),
    /// The row was not written by the application.
    #[error("row {0} was added by somebody else")]
    Added(i64),
    /// The mark that holds the end was not made with this application's key.
    #[error("the mark of the last row was not made with this application's key")]
    Head,
    /// A head that was noted down elsewhere is not in the chain.
    #[error("row {0} is not the one whose hash was noted down")]
    NotAsNoted(i64),
}

/// A walk along the chain, row by row.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    at: Head,
    noted: Option<Head>,
}

impl Chain {
    /// A walk that must pass through a head that was noted down elsewhere.
    pub fn through(noted: Option<Head>) -> Self {
        Self { at: Head::default(), noted }
    }

    /// How far the walk has come.
    pub fn at(&self) -> &Head {
        &self.at
    }

    /// The next row.
    pub fn follow(&mut self, row: &Row) -> Result<(), Broken> {
        let expected = self.at.seq + 1;
        if row.seq < expected {
            return Err(Broken::Added(row.seq));
        }
        if row.seq > expected {
            return Err(Broken::Missing(expected));
        }
        if row.hash != row.hashed(&self.at.hash) {
            return Err(Broken::Changed(row.seq));
        }
        if self.noted.as_ref().is_some_and(|noted| noted.seq == row.seq && noted.hash != row.hash) {
            return Err(Broken::NotAsNoted(row.seq));
        }
        self.at = Head { seq: row.seq, hash: row.hash.clone() };
        Ok(())
    }

    /// There are no more rows; `head` is what the last write left.
    pub fn end(&self, head: &Head) -> Result<(), Broken> {
        if self.at.seq < head.seq {
            return Err(Broken::Missing(self.at.seq + 1));
        }
        if self.at.seq > head.seq {
            return Err(Broken::Added(head.seq + 1));
        }
        if self.at.hash != head.hash {
            return Err(Broken::Changed(head.seq));
        }
        match &self.noted {
            Some(noted) if noted.seq > self.at.seq => Err(Broken::Missing(self.at.seq + 1)),
            _ => Ok(()),
        }
    }
}
