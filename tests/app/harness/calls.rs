//! The calls by which anything leaves a process, counted and spoiled: a small
//! library (`calls.c`) that is built once and loaded before the program.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use tempfile::TempDir;

/// What is done to the calls of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spoil {
    /// SIGKILL at this call, counted from 1.
    pub kill_at: Option<u64>,
    /// Half of what that call was to write is written first.
    pub tear: bool,
    /// What the disk has is kept apart from what it was only told.
    pub power_cut: bool,
}

/// One call of a process, as it was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `write`, `sync` (the database's files), `send` (sockets) or `file`.
    pub kind: String,
    /// The file's name; empty for a socket.
    pub file: String,
}

static LIBRARY: LazyLock<Option<(TempDir, PathBuf)>> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let (source, library) = (folder.path().join("calls.c"), folder.path().join("calls.so"));
    std::fs::write(&source, include_str!("calls.c")).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).args(["-ldl", "-lpthread"]);
    cc.status().ok().filter(std::process::ExitStatus::success)?;
    Some((folder, library))
});

/// Whether calls can be spoiled here. Where they cannot it says so, loudly;
/// under `CI=true` that is a failure.
pub fn can_be_spoiled() -> bool {
    let can = cfg!(target_os = "linux") && LIBRARY.is_some();
    if !can {
        left_out("there is no C compiler for Linux here, so no call of the program was spoiled");
    }
    can
}

/// Says what was not tried; where nothing may be left out, that is a failure.
fn left_out(what: &str) {
    #[expect(clippy::disallowed_methods, reason = "no setting of the application")]
    let strict = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!strict, "with CI=true nothing may be left out, but {what}");
    io::stderr().write_all(format!("Left out: {what}.\n").as_bytes()).unwrap();
}

/// Loads the library into a program that is about to start; its orders and its
/// log stand in `folder`.
pub fn load(program: &mut Command, folder: &Path, spoil: Spoil) {
    let Some((_, library)) = LIBRARY.as_ref() else { return };
    // What an earlier process did is not to be counted again.
    let _none = std::fs::remove_file(folder.join("calls"));
    program.env("LD_PRELOAD", library).env("CALLS_LOG", folder.join("calls"));
    program.env("CALLS_ORDER", folder.join("order"));
    if let Some(at) = spoil.kill_at {
        program.env("CALLS_KILL_AT", at.to_string());
    }
    if spoil.tear {
        program.env("CALLS_TEAR", "1");
    }
    if spoil.power_cut {
        program.env("CALLS_SYNCED", "1");
    }
}

/// The calls that the latest process made.
pub fn made(folder: &Path) -> Vec<Call> {
    let lines = std::fs::read_to_string(folder.join("calls")).unwrap_or_default();
    let read = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let file = words.get(3).and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        Some(Call { kind: (*words.get(1)?).to_owned(), file: file.to_owned() })
    };
    lines.lines().filter_map(read).collect()
}

/// Gives an order to the process that runs, or takes it back.
pub fn order(folder: &Path, what: Option<&str>) {
    let path = folder.join("order");
    match what {
        Some(what) => {
            // Moved into its place whole: a process may be reading.
            std::fs::write(folder.join("order.new"), what).unwrap();
            std::fs::rename(folder.join("order.new"), path).unwrap();
        }
        None => std::fs::remove_file(path).unwrap(),
    }
}

/// Puts the database into the state in which a power cut would leave it: each
/// file as it was when it was last synced.
pub fn cut_the_power(database: &Path) {
    let _rebuilt_at_start = std::fs::remove_file(beside(database, "-shm"));
    for ending in ["", "-wal", "-journal"] {
        let (file, synced) = (beside(database, ending), beside(database, &format!("{ending}.synced")));
        match (file.exists(), synced.exists()) {
            (true, true) => std::fs::rename(synced, file).unwrap(),
            (true, false) => std::fs::remove_file(file).unwrap(),
            (false, true) => std::fs::remove_file(synced).unwrap(),
            (false, false) => {}
        }
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
