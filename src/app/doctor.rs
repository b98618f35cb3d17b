//! The set-up, looked at while the server runs.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::{
    check,
    clock::Clock,
    settings::Settings,
    setup::{Doctor, Report},
};

/// How long what was seen is told again: the services are asked no oftener.
const FRESH: SignedDuration = SignedDuration::from_mins(1);

/// Looks as `--check` does, and remembers for a minute what it saw.
pub(super) struct Watch {
    settings: Settings,
    clock: Arc<dyn Clock>,
    /// Held while it looks: who comes meanwhile waits, and is told the same.
    last: Mutex<Option<Arc<Report>>>,
}

impl Watch {
    pub(super) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock, last: Mutex::default() }
    }
}

#[async_trait]
impl Doctor for Watch {
    async fn report(&self) -> Arc<Report> {
        let mut last = self.last.lock().await;
        let now = self.clock.now();
        if let Some(report) = last.as_ref().filter(|report| is_fresh(report, now)) {
            return Arc::clone(report);
        }
        let (findings, variables) = (check::findings(&self.settings).await, check::variables(&self.settings));
        let report = Arc::new(Report { at: now, findings, variables });
        *last = Some(Arc::clone(&report));
        report
    }
}

/// A report from the future is of a clock that was set back meanwhile.
fn is_fresh(report: &Report, now: Timestamp) -> bool {
    let age = now.duration_since(report.at);
    !age.is_negative() && age < FRESH
}
