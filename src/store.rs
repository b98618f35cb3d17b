//! The store: SQL, and nothing of SQL anywhere else.
//!
//! One embedded SQLite file by default. Statements keep to the dialect that
//! PostgreSQL shares. Writes go through one connection, so that no writer ever
//! waits for a lock it cannot get, and none throws away what another has read;
//! reads have connections of their own. What must survive a power cut, because
//! somebody was told that it is kept (a message, a decision, a claim), is synced
//! before its transaction is over.

mod address_changes;
mod approvals;
mod audit;
mod batch;
mod budgets;
mod connections;
mod conversations;
mod keys;
mod lock;
mod memory;
mod outage;
mod people;
mod preferences;
mod seal;
mod seen;
mod sessions;
mod shelf;
mod today;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
pub use keys::Resealed;
pub use outage::Outage;
pub use seal::Sealer;
pub use sessions::SqlSessionStore;
use sqlx::{
    Connection, Sqlite, SqlitePool, Transaction,
    query::Query,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use self::{lock::Lock, memory::Memory, outage::Trust, writer::Writer};
use crate::clock::{Clock, Ids};

/// The database, with the keys that seal what is secret in it.
#[derive(Clone)]
pub struct Store {
    reader: SqlitePool,
    writer: Writer,
    /// The one connection that writes.
    pen: SqlitePool,
    memory: Memory,
    trust: Trust,
    lock: Lock,
    sealer: Sealer,
    ids: Arc<dyn Ids>,
    clock: Arc<dyn Clock>,
}

/// How long a statement waits for another process that holds the file.
const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

impl Store {
    /// Opens the file for a server, makes it if it is not there, and brings its
    /// tables up to date. A file that is broken, newer than this program, gone,
    /// or in use by another server is refused and left as it is.
    pub async fn open(path: &Path, sealer: Sealer, ids: Arc<dyn Ids>, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        let lock = Lock::take(path).with_context(|| cannot_open(path))?;
        keep_to_oneself(path).with_context(|| format!("cannot make the database {}", path.display()))?;
        let store = Self::connect(path, lock, sealer, ids, clock).await?;
        store.unless_refused(store.bring_up_to_date().await).await.with_context(|| cannot_open(path))?;
        Ok(store)
    }

    async fn bring_up_to_date(&self) -> anyhow::Result<()> {
        sqlx::migrate!().run(&self.pen).await.map_err(explain_migration)?;
        self.index_what_is_missing().await.context("what was said cannot be made findable")?;
        self.lock.sign().context("cannot write the lock file")
    }

    /// A file that is refused is let go of properly: a process that just ended
    /// could leave SQLite's own files beside it.
    async fn unless_refused<T>(&self, found: anyhow::Result<T>) -> anyhow::Result<T> {
        if found.is_err() {
            self.close().await;
        }
        found
    }

    /// Opens a file that is there and that a server may be using, to look after
    /// it: its tables stay as they are.
    pub async fn open_beside(
        path: &Path,
        sealer: Sealer,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        Self::connect(path, Lock::default(), sealer, ids, clock).await
    }

    async fn connect(
        path: &Path,
        lock: Lock,
        sealer: Sealer,
        ids: Arc<dyn Ids>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let context = || cannot_open(path);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            // What is deleted is overwritten.
            .pragma("secure_delete", "ON")
            // What is written beside a savepoint is gone with the transaction.
            .pragma("temp_store", "MEMORY")
            .synchronous(SqliteSynchronous::Normal);
        let pen = pool(1, options.clone()).await.with_context(context)?;
        let reader = pool(READERS, options).await.with_context(context)?;
        let memory = Memory::default();
        let trust = Trust::default();
        let writer = Writer::open(pen.clone(), sealer.clone(), Arc::clone(&clock), memory.clone(), trust.clone());
        let store = Self { reader, writer, pen, memory, trust, lock, sealer, ids, clock };
        store.unless_refused(store.check().await).await.with_context(context)?;
        Ok(store)
    }

    /// Refuses a file that SQLite finds broken, before anything is built on it.
    async fn check(&self) -> anyhow::Result<()> {
        let verdict: String = sqlx::query_scalar("PRAGMA quick_check").fetch_one(&self.pen).await?;
        let verdict = verdict.replace('\n', "; ");
        anyhow::ensure!(verdict == "ok", "the file is damaged ({verdict}): restore it from a backup, or move it away");
        Ok(())
    }

    /// Whether the database answers.
    pub async fn is_well(&self) -> bool {
        !self.trust.is_lost() && self.writer.is_open() && sqlx::query("SELECT 1").execute(&self.reader).await.is_ok()
    }

    /// Lets go of the file.
    pub async fn close(&self) {
        for pool in [&self.reader, &self.pen] {
            pool.close().await;
        }
        self.lock.release();
    }

    /// A transaction that may write. It takes the write lock at once: one that
    /// began by reading could not get it later (SQLite, "BEGIN IMMEDIATE").
    async fn write(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        self.pen.begin_with("PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE").await
    }

    /// One statement in a transaction of its own; tells how many rows it changed.
    async fn alone(&self, statement: Query<'_, Sqlite, SqliteArguments>) -> sqlx::Result<u64> {
        let mut tx = self.write().await?;
        let done = statement.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }

    /// The same as [`Self::write`], and what it commits is on the disk when the commit returns.
    async fn write_durably(&self) -> sqlx::Result<Transaction<'static, Sqlite>> {
        self.pen.begin_with("PRAGMA synchronous = FULL; BEGIN IMMEDIATE").await
    }
}

fn cannot_open(path: &Path) -> String {
    format!("cannot open the database {}", path.display())
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
        // Where the disk fails in a transaction SQLite rolls it back by itself,
        // and the driver for ever thinks that it is still in it.
        .before_acquire(|connection, _| {
            let is_free = !connection.is_in_transaction();
            Box::pin(async move { Ok(is_free) })
        })
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
