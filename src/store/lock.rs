//! One server for one database.
//!
//! A file beside the database is locked for as long as the server lives; the
//! system lets go of it when the process ends, however it ends. Two servers on
//! one file would each take the other's running turns for left behind, and call
//! its claims unknown.
//!
//! The file stays, and holds the number of the last process that served. It
//! thereby also tells a database that has gone from one that never was.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;

/// Held while a server serves; every clone is the same lock.
#[derive(Clone, Default)]
pub(super) struct Lock(Arc<Mutex<Option<File>>>);

impl Lock {
    /// Takes the lock, or says who has it. Does not touch the database.
    pub(super) fn take(database: &Path) -> anyhow::Result<Self> {
        let path = beside(database, ".lock");
        let shown = path.display();
        let mut file = open(&path).with_context(|| format!("cannot open {shown}"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => anyhow::bail!(
                "another server{} is using it; stop that one first, or give this one another DATABASE_URL",
                by_process(&mut file)
            ),
            Err(TryLockError::Error(fault)) => return Err(fault).with_context(|| format!("cannot lock {shown}")),
        }
        let known = !holder(&mut file).is_empty();
        refuse_what_is_gone(database, &path, known)?;
        Ok(Self(Arc::new(Mutex::new(Some(file)))))
    }

    /// From now on the database is known to be there. Told after its tables are,
    /// so that a first start that breaks off can simply be made again.
    pub(super) fn sign(&self) -> io::Result<()> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = held.as_mut() else { return Ok(()) };
        file.rewind()?;
        // Written before it is cut: at no moment does it stand empty.
        let signed = format!("{}\n", std::process::id());
        file.write_all(signed.as_bytes())?;
        file.set_len(signed.len() as u64)
    }

    /// Lets another server have the database.
    pub(super) fn release(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// `name.db` and `.lock` give `name.db.lock`.
pub(super) fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    // Only told to people: what cannot be read is not told.
    let _read = file.read_to_string(&mut text);
    text.trim().to_owned()
}

fn by_process(file: &mut File) -> String {
    let holder = holder(file);
    if holder.is_empty() { String::new() } else { format!(" (process {holder})") }
}

/// A new, empty database in the place of one that was there would look as if
/// everything had been deleted; and its log, left alone, would be thrown away.
fn refuse_what_is_gone(database: &Path, lock: &Path, known: bool) -> anyhow::Result<()> {
    let is_there = |path: &Path| std::fs::metadata(path).is_ok_and(|found| found.len() > 0);
    if is_there(database) {
        return Ok(());
    }
    let log = beside(database, "-wal");
    let left = if is_there(&log) { Some(log) } else { known.then(|| lock.to_owned()) };
    let Some(left) = left else { return Ok(()) };
    anyhow::bail!(
        "the file is gone or empty, but {} is still there: restore the database from a backup, or delete that file to \
         begin with an empty one",
        left.display()
    )
}
