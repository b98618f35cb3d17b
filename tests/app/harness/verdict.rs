//! The last look: whatever a test was about, when its application is let go,
//! what Google accepted and what the store says must still be one story.
//!
//! A test that breaks the story on purpose says so and why. An excuse that was
//! not needed is a fault too, so that none outlives its reason.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use teachers_aide::sandbox::{
    Sandbox,
    faults::Route,
    log::{Ending, Record},
};
use tokio::time::{Instant, sleep};

use super::{
    Home,
    checker::{Checker, Doubt, Findings, Moment},
};

/// How long a story may take to come together that is still being told.
const SETTLES: Duration = Duration::from_secs(5);

/// What will be said of one application, when it is let go.
pub struct Verdict {
    sandbox: Arc<Sandbox>,
    database: PathBuf,
    /// Keeps the folder in which the database lies.
    _home: Home,
    said: Mutex<Said>,
}

/// What the test said beforehand.
#[derive(Debug, Default, Clone, Copy)]
struct Said {
    stopped: bool,
    gone_on_elsewhere: bool,
    doubt: Option<&'static str>,
    excuse: Option<&'static str>,
}

impl Verdict {
    pub(super) fn on(sandbox: &Arc<Sandbox>, home: &Home) -> Self {
        let (sandbox, database) = (Arc::clone(sandbox), home.path("aide.db"));
        Self { sandbox, database, _home: home.clone(), said: Mutex::default() }
    }

    fn say(&self, what: impl FnOnce(&mut Said)) {
        what(&mut self.said.lock().unwrap());
    }

    /// The application has ended: nothing may be left that runs.
    pub(super) fn stopped(&self) {
        self.say(|said| said.stopped = true);
    }

    /// Another application took over its database and its mails.
    pub(super) fn gone_on_elsewhere(&self) {
        self.say(|said| said.gone_on_elsewhere = true);
    }

    /// The test cuts a mail off from its outcome, in a way that Google cannot
    /// know of, so that a draft may end as unknown.
    pub fn doubt(&self, why: &'static str) {
        self.say(|said| said.doubt = Some(why));
    }

    /// The test spoils the database or the story itself: this is `why` they need
    /// not agree, and in fact must not.
    pub fn excuse(&self, why: &'static str) {
        self.say(|said| said.excuse = Some(why));
    }

    /// Answers after which nobody can know.
    fn doubtful(&self) -> usize {
        self.sandbox.log().of(Route::GmailSend).iter().filter(|record| is_doubtful(record)).count()
    }

    async fn look(&self, said: Said) -> Findings {
        let moment = if said.stopped { Moment::Stopped } else { Moment::Any };
        // Mails are counted first: an approval is claimed before one leaves.
        let (doubtful, accepted) = (self.doubtful(), self.sandbox.google().accepted());
        let mut found = Checker::at(&self.database).await.look(&accepted, Doubt::Possible, moment).await;
        let unknown = found.count("unknown");
        if said.doubt.is_none() && unknown > doubtful {
            found.violations.push(format!("{unknown} unknown, and {doubtful} answers left a doubt"));
        }
        found
    }

    async fn settled(&self, said: Said) -> Vec<String> {
        let until = Instant::now() + SETTLES;
        loop {
            let found = self.look(said).await.violations;
            if found.is_empty() || said.excuse.is_some() || Instant::now() > until {
                return found;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Looks from a thread of its own, as whoever lets go may be anywhere.
    fn pronounce(&self, said: Said) -> Vec<String> {
        thread::scope(|scope| {
            let looking = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(self.settled(said))
            });
            looking.join().unwrap_or_else(|_| vec!["the database cannot be read".to_owned()])
        })
    }
}

impl Drop for Verdict {
    fn drop(&mut self) {
        let said = *self.said.lock().unwrap();
        if thread::panicking() || said.gone_on_elsewhere || !self.database.exists() {
            return;
        }
        let found = self.pronounce(said);
        match said.excuse {
            None => assert!(found.is_empty(), "in the end: {found:#?}"),
            Some(why) => assert!(!found.is_empty(), "there is nothing to excuse, although {why}"),
        }
    }
}

/// Whether this answer leaves open what became of the mail: it was spoiled, it
/// did not come to its end, or it says that Google itself does not know.
fn is_doubtful(record: &Record) -> bool {
    record.decision.starts_with("fault ")
        || record.ending != Ending::Complete
        || record.status.is_none_or(|status| status >= 500 || status == 408)
}
