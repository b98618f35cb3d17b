//! What keeps the database from its work, told from a fault of ours.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sqlx::Error;

/// Why the database does not do its work just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    /// Somebody else holds it, or too many ask at once.
    #[error("the database is busy")]
    Busy,
    /// There is no room for more.
    #[error("the disk is full")]
    Full,
    /// The disk does not keep what it is given.
    #[error("the disk does not keep what is written; nothing more is written until the server is started again")]
    Disk,
}

impl Outage {
    /// The outage that a fault comes from, if it comes from one.
    pub fn of(fault: &anyhow::Error) -> Option<Self> {
        fault.chain().find_map(|link| {
            let own = link.downcast_ref::<Self>().copied();
            own.or_else(|| link.downcast_ref::<Error>().and_then(Self::of_sql))
        })
    }

    fn of_sql(fault: &Error) -> Option<Self> {
        match fault {
            Error::PoolTimedOut => Some(Self::Busy),
            Error::Io(_) => Some(Self::Disk),
            Error::Database(fault) => Self::of_code(fault.code()?.parse().ok()?),
            _ => None,
        }
    }

    /// SQLite's result codes; the lowest byte is the kind.
    fn of_code(code: u32) -> Option<Self> {
        match code & 0xff {
            // BUSY, LOCKED
            5 | 6 => Some(Self::Busy),
            // FULL
            13 => Some(Self::Full),
            // READONLY, IOERR, CANTOPEN
            8 | 10 | 14 => Some(Self::Disk),
            _ => None,
        }
    }
}

/// Whether the disk once refused to keep what it was given. A second try may
/// then succeed and mean nothing, since the system has dropped what it could
/// not write: so there is none until the next start reads what is really there.
#[derive(Debug, Clone, Default)]
pub(super) struct Trust(Arc<AtomicBool>);

impl Trust {
    /// Refuses to go on after a broken promise.
    pub(super) fn check(&self) -> Result<(), Outage> {
        if self.is_lost() { Err(Outage::Disk) } else { Ok(()) }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Passes on what came of a durable write, and remembers a broken promise.
    pub(super) fn heed<T>(&self, written: anyhow::Result<T>) -> anyhow::Result<T> {
        if written.as_ref().is_err_and(|fault| Outage::of(fault) == Some(Outage::Disk)) {
            self.lose();
        }
        written
    }

    /// A promise was broken.
    pub(super) fn lose(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
