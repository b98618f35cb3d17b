//! The log of all applications of this run, as an operator would read it who
//! wants to know everything. Each line is read for secrets as it is written, and
//! must be one line of JSON that no terminal and no reader can trip over.

use std::{
    io,
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use teachers_aide::{settings::LogFormat, telemetry};
use tracing_subscriber::util::SubscriberInitExt;

use super::canary::secrets_in;

/// What a test writes somewhere in order to find the lines that quote it.
pub const MARK: &str = "marked-by-a-test";

static LEAKY: Mutex<Vec<String>> = Mutex::new(Vec::new());
static BROKEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
static MARKED: Mutex<Vec<String>> = Mutex::new(Vec::new());
static WATCHED: Mutex<Vec<String>> = Mutex::new(Vec::new());
static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
static WRITTEN: AtomicUsize = AtomicUsize::new(0);

/// Starts the log of this process, once.
pub fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        // What the browser's driver says is not the application's.
        let everything = "trace,thirtyfour=off,h2=off";
        let _ = telemetry::subscriber(everything, LogFormat::Json, false, || Reader).try_init();
    });
}

struct Reader;

impl io::Write for Reader {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let keep = |list: &Mutex<Vec<String>>| {
            let text = String::from_utf8_lossy(line).into_owned();
            list.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        };
        WRITTEN.fetch_add(1, Ordering::Relaxed);
        if !secrets_in(line).is_empty() {
            keep(&LEAKY);
        }
        if !is_one_line(line) {
            keep(&BROKEN);
        }
        if line.windows(MARK.len()).any(|window| window == MARK.as_bytes()) {
            keep(&MARKED);
        }
        if is_watched(line) {
            keep(&TOLD);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One object of JSON, with a line's end and nothing else that acts.
fn is_one_line(line: &[u8]) -> bool {
    let Some(text) = std::str::from_utf8(line).ok().and_then(|text| text.strip_suffix('\n')) else { return false };
    let turns = |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let json = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text);
    json.is_ok() && !text.contains(|c: char| c.is_control() || turns(c))
}

fn is_watched(line: &[u8]) -> bool {
    let watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(line);
    watched.iter().any(|word| text.contains(word))
}

/// From now on lines with one of these words are kept.
pub fn watch(words: &[String]) {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(words);
}

/// How many lines there are so far.
pub fn lines_written() -> usize {
    WRITTEN.load(Ordering::Relaxed)
}

/// Lines with a word that is watched for.
pub fn told_lines() -> Vec<String> {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Lines with a secret; each is handed out once.
pub fn leaky_lines() -> Vec<String> {
    std::mem::take(&mut *LEAKY.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Lines that are not what a line should be, of any test so far.
pub fn broken_lines() -> Vec<String> {
    BROKEN.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Lines that quote the mark.
pub fn marked_lines() -> Vec<String> {
    MARKED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
