//! The store: SQL, and nothing of SQL anywhere else.
//!
//! One embedded SQLite file by default. Statements keep to the dialect that
//! PostgreSQL shares. Writes go through one connection, so that no writer ever
//! waits for a lock it cannot get; reads have connections of their own. What
//! must survive a power cut (a claim) goes through a third, which syncs.

mod address_changes;
mod approvals;
mod audit;
mod connections;
mod conversations;
mod people;
mod seal;
mod sessions;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
pub use seal::Sealer;
pub use sessions::SqlSessionStore;
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::clock::{Clock, Ids};

/// The database, with the keys that seal what is secret in it.
#[derive(Clone)]
pub struct Store {
    reader: SqlitePool,
    writer: SqlitePool,
    claims: SqlitePool,
    sealer: Sealer,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
}

/// How long a statement waits for another process that holds the file.
const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

impl Store {
    /// Opens the file, makes it if it is not there, and brings its tables up to
    /// date. A file that is broken or newer than this program is refused.
    pub async fn open(path: &Path, sealer: Sealer, ids: Arc<dyn Ids>, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        keep_to_oneself(path).with_context(|| format!("cannot make the database {}", path.display()))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .synchronous(SqliteSynchronous::Normal);
        let context = || format!("cannot open the database {}", path.display());
        let writer = pool(1, options.clone()).await.with_context(context)?;
        let claims = pool(1, options.clone().synchronous(SqliteSynchronous::Full)).await.with_context(context)?;
        let reader = pool(READERS, options).await.with_context(context)?;
        let store = Self { reader, writer, claims, sealer, ids, clock };
        store.check().await.with_context(context)?;
        sqlx::migrate!().run(&store.writer).await.map_err(explain_migration).with_context(context)?;
        Ok(store)
    }

    /// Refuses a file that SQLite finds broken, before anything is built on it.
    async fn check(&self) -> anyhow::Result<()> {
        let verdict: String = sqlx::query_scalar("PRAGMA quick_check").fetch_one(&self.writer).await?;
        anyhow::ensure!(verdict == "ok", "the file is damaged ({verdict}): restore it from a backup, or move it away");
        Ok(())
    }

    /// Whether the database answers.
    pub async fn is_well(&self) -> bool {
        sqlx::query("SELECT 1").execute(&self.reader).await.is_ok()
    }

    /// Lets go of the file.
    pub async fn close(&self) {
        for pool in [&self.reader, &self.claims, &self.writer] {
            pool.close().await;
        }
    }

    /// A transaction that may write. It takes the write lock at once: one that
    /// began by reading could not get it later (SQLite, "BEGIN IMMEDIATE").
    async fn write(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }
}

/// Makes a new file readable for this user alone, before anything is in it;
/// SQLite gives its side files the same mode.
fn keep_to_oneself(path: &Path) -> std::io::Result<()> {
    let mut new = std::fs::OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    match new.open(path) {
        Err(fault) if fault.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        opened => opened.map(drop),
    }
}

async fn pool(size: u32, options: SqliteConnectOptions) -> sqlx::Result<SqlitePool> {
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(10))
        // A file does not hang up; asking each time costs as much as a query.
        .test_before_acquire(false)
        .connect_with(options)
        .await
}

fn explain_migration(fault: sqlx::migrate::MigrateError) -> anyhow::Error {
    use sqlx::migrate::MigrateError::{VersionMismatch, VersionMissing};
    let words = match &fault {
        VersionMissing(_) | VersionMismatch(_) => {
            "the file was written by another version of this program; use that one, or another file"
        }
        _ => "the tables cannot be brought up to date",
    };
    anyhow::Error::from(fault).context(words)
}

/// Times stand in the store as milliseconds.
fn millis(at: jiff::Timestamp) -> i64 {
    at.as_millisecond()
}

fn timestamp(millis: i64) -> anyhow::Result<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(millis).context("a stored time is out of range")
}

#[cfg(test)]
mod tests;
