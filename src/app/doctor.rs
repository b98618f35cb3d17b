//! The set-up, looked at while the server runs.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::{
    check,
    clock::Clock,
    settings::Settings,
    setup::{Doctor, Finding, Mark, Part, Report},
};

/// How long what was seen is told again: the services are asked no oftener.
const FRESH: SignedDuration = SignedDuration::from_mins(1);

/// Looks as `--check` does, and remembers for a minute what it saw.
pub(super) struct Watch {
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
    /// Held while it looks: who comes meanwhile waits, and is told the same.
    last: Arc<Mutex<Option<Arc<Report>>>>,
}

impl Watch {
    pub(super) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self { settings: Arc::new(settings), clock, last: Arc::default() }
    }
}

#[async_trait]
impl Doctor for Watch {
    async fn report(&self) -> Arc<Report> {
        let mut last = Arc::clone(&self.last).lock_owned().await;
        let now = self.clock.now();
        if let Some(report) = last.as_ref().filter(|report| is_fresh(report, now)) {
            return Arc::clone(report);
        }
        let settings = Arc::clone(&self.settings);
        // A look goes on when whoever asked for it goes away, so that the next
        // to come does not make it begin again.
        let look = tokio::spawn(async move {
            let report = Arc::new(report(&settings, now, check::findings(&settings).await));
            *last = Some(Arc::clone(&report));
            report
        });
        look.await.unwrap_or_else(|_| Arc::new(report(&self.settings, now, vec![broken_off()])))
    }
}

fn report(settings: &Settings, at: Timestamp, findings: Vec<Finding>) -> Report {
    Report { at, findings, variables: check::variables(settings) }
}

/// What is told, and not remembered, when the look itself came to grief.
fn broken_off() -> Finding {
    Finding {
        about: "This look",
        mark: Mark::Bad,
        words: "it was broken off before it saw everything; look again, and look in the log".to_owned(),
        in_terminal: None,
        part: Part::Trouble,
    }
}

/// A report from the future is of a clock that was set back meanwhile.
fn is_fresh(report: &Report, now: Timestamp) -> bool {
    let age = now.duration_since(report.at);
    !age.is_negative() && age < FRESH
}
