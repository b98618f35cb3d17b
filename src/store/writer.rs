//! The line before the one connection that writes.
//!
//! What waits in it is written together, in one transaction: a sync of the disk,
//! and the pages that several of them change, are paid for once. Each change has
//! a savepoint of its own, so that one which fails takes none of the others with
//! it; who handed it in is told when the whole is committed.

use std::sync::Arc;

use anyhow::anyhow;
use sqlx::{Sqlite, SqlitePool, Transaction, sqlite::SqliteRow};
use tokio::sync::{mpsc, oneshot};

use super::{
    Outage, audit,
    batch::Batch,
    memory::{Memory, Stale},
    outage::Trust,
    seal::Sealer,
    today::Counting,
};
use crate::{
    audit::{Entry, Head},
    clock::Clock,
};

/// How many changes are written together at most.
const TOGETHER: usize = 64;

/// Where each change begins: it keeps the one before, and can be taken back.
const APART: &str = "RELEASE one; SAVEPOINT one";
const BEGIN: &str = "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE; SAVEPOINT one";
/// SQLite heeds the pragma outside of a transaction alone.
const BEGIN_DURABLY: &str = "PRAGMA synchronous = FULL; BEGIN IMMEDIATE; SAVEPOINT one";

/// Something to be written as a whole.
pub(super) struct Change {
    /// Its statements.
    pub(super) batch: Batch,
    /// What the audit is told with it.
    pub(super) entries: Vec<Entry>,
    /// What it adds to what a day has used.
    pub(super) counted: Vec<Counting>,
    /// What it makes out of date.
    pub(super) stale: Vec<Stale>,
    /// Whether it is on the disk before anybody is told.
    pub(super) durable: bool,
}

impl Change {
    /// One without statements yet.
    pub(super) fn new() -> Self {
        let (entries, counted, stale) = (Vec::new(), Vec::new(), Vec::new());
        Self { batch: Batch::behind(APART), entries, counted, stale, durable: false }
    }
}

/// What became of a change, with the rows that its statements gave back.
pub(super) enum Written {
    /// It is kept.
    Kept(Vec<SqliteRow>),
    /// A row that was owed did not come, so that nothing of it is kept.
    Undone(Vec<SqliteRow>),
}

type Told = anyhow::Result<Written>;

/// The line's end, where changes are handed in.
#[derive(Clone)]
pub(super) struct Writer(mpsc::UnboundedSender<(Change, oneshot::Sender<Told>)>);

impl Writer {
    /// Opens the line before a pool of one connection. It closes when nobody can
    /// hand anything in any more.
    pub(super) fn open(pool: SqlitePool, sealer: Sealer, clock: Arc<dyn Clock>, memory: Memory, trust: Trust) -> Self {
        let (hand_in, mut line) = mpsc::unbounded_channel();
        let clerk = Clerk { pool, sealer, clock, memory, trust };
        tokio::spawn(async move {
            let mut group = Vec::new();
            while line.recv_many(&mut group, TOGETHER).await > 0 {
                clerk.write(std::mem::take(&mut group)).await;
            }
        });
        Self(hand_in)
    }

    /// Whether anything that is handed in is written.
    pub(super) fn is_open(&self) -> bool {
        !self.0.is_closed()
    }

    /// Writes a change, together with others that wait.
    pub(super) async fn write(&self, change: Change) -> Told {
        let (tell, told) = oneshot::channel();
        self.0.send((change, tell)).map_err(|_| anyhow!("the database is closed"))?;
        told.await.map_err(|_| anyhow!("the database was closed meanwhile"))?
    }
}

/// Who writes.
struct Clerk {
    pool: SqlitePool,
    sealer: Sealer,
    clock: Arc<dyn Clock>,
    memory: Memory,
    trust: Trust,
}

impl Clerk {
    async fn write(&self, group: Vec<(Change, oneshot::Sender<Told>)>) {
        let (mut changes, tell): (Vec<Change>, Vec<_>) = group.into_iter().unzip();
        let counted: Vec<_> = changes.iter().map(|change| change.counted.clone()).collect();
        let stale: Vec<_> = changes.iter_mut().flat_map(|change| std::mem::take(&mut change.stale)).collect();
        let counting = self.memory.today.counting();
        let told = match self.commit(changes).await {
            Ok(told) => told,
            Err(cause) => tell.iter().map(|_| Err(cause.fault())).collect(),
        };
        for stale in &stale {
            self.memory.forget(stale);
        }
        for ((told, counted), tell) in told.into_iter().zip(counted).zip(tell) {
            if matches!(told, Ok(Written::Kept(_))) {
                self.memory.today.count(&counted);
            }
            // Who does not wait any more needs no answer.
            let _gone = tell.send(told);
        }
        drop(counting);
    }

    /// One transaction with all of them. An error means that nothing is kept.
    async fn commit(&self, changes: Vec<Change>) -> Result<Vec<Told>, Cause> {
        let durable = changes.iter().any(|change| change.durable);
        if durable {
            self.trust.check().map_err(|outage| Cause::of(&outage.into()))?;
        }
        let done = self.run(changes, if durable { BEGIN_DURABLY } else { BEGIN }).await;
        if durable && done.as_ref().is_err_and(|cause| cause.outage == Some(Outage::Disk)) {
            // Whoever waits in the line must not believe the next sync.
            self.trust.lose();
        }
        done
    }

    async fn run(&self, changes: Vec<Change>, begin: &'static str) -> Result<Vec<Told>, Cause> {
        let tx = self.pool.begin_with(begin).await.map_err(Cause::of_sql)?;
        let mut page = Page { tx, head: None };
        let mut told = Vec::with_capacity(changes.len());
        for change in changes {
            let what = match page.prepare(self, change).await {
                // Nothing of it is written, and the one before stands.
                Err(fault) => Err(fault),
                Ok(ready) => {
                    let what = page.put(ready).await;
                    if !matches!(what, Ok(Written::Kept(_))) {
                        page.undo(&what).await?;
                    }
                    what
                }
            };
            told.push(what);
        }
        page.tx.commit().await.map_err(Cause::of_sql)?;
        Ok(told)
    }
}

/// A transaction that is being filled.
struct Page {
    tx: Transaction<'static, Sqlite>,
    /// Where the audit ends, once that was asked for.
    head: Option<Head>,
}

/// A change that can be run.
struct Ready {
    batch: Batch,
    /// Where the audit ends behind it.
    head: Option<Head>,
}

impl Page {
    /// Adds what the audit is told with a change.
    async fn prepare(&mut self, clerk: &Clerk, mut change: Change) -> anyhow::Result<Ready> {
        if change.entries.is_empty() {
            return Ok(Ready { batch: change.batch, head: None });
        }
        let known = match &self.head {
            Some(head) => head.clone(),
            None => audit::end(&mut self.tx).await?,
        };
        let head = audit::put(&mut change.batch, known, &change.entries, clerk.clock.now(), &clerk.sealer)?;
        Ok(Ready { batch: change.batch, head: Some(head) })
    }

    /// Runs a change behind the others.
    async fn put(&mut self, Ready { batch, head }: Ready) -> Told {
        let owed = batch.owed();
        let rows = batch.run(&mut self.tx).await?;
        if rows.len() < owed {
            return Ok(Written::Undone(rows));
        }
        self.head = head.or_else(|| self.head.take());
        Ok(Written::Kept(rows))
    }

    /// Takes back what a change has written. Where that cannot be done, SQLite has
    /// taken everything back by itself, and what came of the change says why.
    async fn undo(&mut self, what: &Told) -> Result<(), Cause> {
        let undone = sqlx::query("ROLLBACK TO one").execute(&mut *self.tx).await;
        undone.map(drop).map_err(|fault| what.as_ref().err().map_or_else(|| Cause::of_sql(fault), Cause::of))
    }
}

/// Why nothing of a group is kept, for each of those who handed something in.
struct Cause {
    outage: Option<Outage>,
    words: String,
}

impl Cause {
    fn of(fault: &anyhow::Error) -> Self {
        Self { outage: Outage::of(fault), words: format!("{fault:#}") }
    }

    fn of_sql(fault: sqlx::Error) -> Self {
        Self::of(&fault.into())
    }

    fn fault(&self) -> anyhow::Error {
        match self.outage {
            Some(outage) => anyhow::Error::from(outage).context(self.words.clone()),
            None => anyhow!("{}", self.words),
        }
    }
}
