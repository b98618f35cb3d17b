//! The checker: what Google accepted, what the store says, and what the page
//! says must be one story, whatever died in between.
//!
//! It reads the database's file with statements of its own, so that the
//! application's reading is not judged by itself.

use std::{collections::BTreeMap, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::{
    ConnectOptions, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use teachers_aide::sandbox::google::AcceptedMail;

use super::Browser;

/// Whether anything happened after which nobody can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// No: then nothing may be called unknown.
    None,
    /// A send may have been cut off from its outcome.
    Possible,
}

/// When one looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// While teachers work: turns may run, and mails be on their way.
    Any,
    /// After an orderly end: no turn runs. A mail that was on its way when
    /// patience ended stays claimed until the next start.
    Stopped,
    /// While nothing goes on, and after a start.
    Rest,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Each a sentence; none when all is well.
    pub violations: Vec<String>,
    /// How many approvals stand in each state.
    pub states: BTreeMap<String, usize>,
    /// How many mails Google accepted.
    pub accepted: usize,
}

/// The database's file, looked at from outside.
pub struct Checker(SqliteConnection);

struct Approval {
    id: String,
    conversation: String,
    state: String,
    /// SHA-256 of the bytes that leave.
    mail: Option<String>,
    outcome: Value,
}

impl Approval {
    fn read(row: &SqliteRow) -> Self {
        let json = |name: &str| {
            let text: Option<String> = row.get(name);
            text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
        };
        let raw = json("plan")["mail"]["raw"].as_str().map(|raw| STANDARD.decode(raw).unwrap());
        Self {
            id: row.get("id"),
            conversation: row.get("conversation_id"),
            state: row.get("state"),
            mail: raw.map(|raw| hex::encode(Sha256::digest(raw))),
            outcome: json("outcome"),
        }
    }

    /// The teacher said that they found it in their mailbox.
    fn by_the_teachers_word(&self) -> bool {
        self.outcome["words"].as_str().is_some_and(|words| words.contains("Found in your sent mail"))
    }

    /// How many accepts it must have at least, and may have at most.
    fn accepts(&self) -> (usize, usize) {
        let was_unknown = self.outcome["outcome"] == "unknown";
        match self.state.as_str() {
            "sent" if self.by_the_teachers_word() => (0, 1),
            "sent" => (1, 1),
            "claimed" | "unknown" => (0, 1),
            "superseded" if was_unknown => (0, 1),
            _ => (0, 0),
        }
    }

    /// The words that its part of the page must show.
    fn on_the_page(&self) -> &'static str {
        match self.state.as_str() {
            "sent" => "Sent ",
            "failed" => "Not sent",
            "unknown" => "May have been sent",
            "rejected" => "Discarded",
            "superseded" => "Replaced by a newer draft",
            _ => "",
        }
    }
}

impl Findings {
    #[track_caller]
    pub fn none(&self) {
        assert!(self.violations.is_empty(), "{:#?}", self.violations);
    }

    fn add(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.violations.push(otherwise());
        }
    }

    pub fn count(&self, state: &str) -> usize {
        self.states.get(state).copied().unwrap_or_default()
    }
}

impl Checker {
    pub async fn at(database: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(database).busy_timeout(std::time::Duration::from_secs(5));
        Self(options.connect().await.unwrap())
    }

    async fn texts(&mut self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&mut self.0).await.unwrap()
    }

    async fn approvals(&mut self) -> Vec<Approval> {
        let sql = "SELECT id, conversation_id, state, plan, outcome FROM approvals ORDER BY created_at";
        sqlx::query(sql).fetch_all(&mut self.0).await.unwrap().iter().map(Approval::read).collect()
    }

    /// Compares the store with what Google accepted, while nothing goes on.
    pub async fn compare(self, accepted: &[AcceptedMail], doubt: Doubt) -> Findings {
        self.look(accepted, doubt, Moment::Rest).await
    }

    /// The same, of what must be so at this moment.
    pub async fn look(mut self, accepted: &[AcceptedMail], doubt: Doubt, moment: Moment) -> Findings {
        let mut found = Findings { accepted: accepted.len(), ..Findings::default() };
        let approvals = self.approvals().await;
        for approval in &approvals {
            *found.states.entry(approval.state.clone()).or_default() += 1;
        }
        let forgotten = self.texts(FORGOTTEN).await.len();
        compare_accepts(&mut found, &approvals, accepted, forgotten);
        let unknown = found.count("unknown");
        found.add(doubt == Doubt::Possible || unknown == 0, || format!("{unknown} unknown without any doubt"));
        let claimed = found.count("claimed");
        found.add(moment != Moment::Rest || claimed == 0, || "a claim is left without an outcome".to_owned());
        let running = self.texts("SELECT id FROM turns WHERE status = 'running'").await;
        let still = moment == Moment::Any || running.is_empty();
        found.add(still, || format!("turns say that they run: {running:?}"));
        let lost = self.texts(LOST_TURNS).await;
        found.add(lost.is_empty(), || format!("turns wait for drafts that are all decided: {lost:?}"));
        let unaudited = self.texts(UNAUDITED).await;
        found.add(unaudited.is_empty(), || format!("claimed without a row of the audit: {unaudited:?}"));
        self.compare_file(&mut found).await;
        found
    }

    async fn compare_file(&mut self, found: &mut Findings) {
        let verdict = self.texts("PRAGMA integrity_check").await;
        found.add(verdict == ["ok"], || format!("the file is damaged: {verdict:?}"));
        let strays = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut self.0).await.unwrap();
        found.add(strays.is_empty(), || format!("{} rows point to nothing", strays.len()));
    }

    /// Compares the store with what this teacher's page shows.
    pub async fn compare_page(mut self, teacher: &Browser, conversation: &str) -> Vec<String> {
        let page = teacher.page(conversation).await;
        let mut wrong = Vec::new();
        for approval in self.approvals().await.iter().filter(|approval| approval.conversation == conversation) {
            let part = page.text(&format!("[data-key='approval-{}']", approval.id));
            if part.is_empty() || !part.contains(approval.on_the_page()) {
                wrong.push(format!("{} is {}, and the page says {part:?}", approval.id, approval.state));
            }
            if approval.state != "sent" && part.starts_with("Sent ") {
                wrong.push(format!("{} is {}, and the page says sent", approval.id, approval.state));
            }
        }
        wrong
    }
}

/// Waiting turns with calls that wait for approvals, of which none is open.
const LOST_TURNS: &str = "SELECT t.id FROM turns t WHERE t.status = 'waiting' \
    AND EXISTS (SELECT 1 FROM approvals a WHERE a.turn_id = t.id) \
    AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.turn_id = t.id AND a.state IN ('proposed', 'approved', 'claimed')) \
    AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.turn_id = t.id AND a.state = 'superseded')";

/// Mails whose drafts were deleted with their conversation; the audit knows them.
const FORGOTTEN: &str = "SELECT approval_id FROM audit WHERE kind IN ('sent', 'send_unknown') \
    AND approval_id NOT IN (SELECT id FROM approvals)";

/// Approvals that went as far as a claim, which is written in one transaction
/// with its row of the audit, or not at all.
const UNAUDITED: &str = "SELECT id FROM approvals WHERE state IN ('claimed', 'sent', 'unknown') \
    AND id NOT IN (SELECT approval_id FROM audit WHERE kind = 'claim' AND approval_id IS NOT NULL)";

/// A draft that is laid before the teacher once more may keep its very bytes,
/// so approvals of the same bytes are counted together.
fn compare_accepts(found: &mut Findings, approvals: &[Approval], accepted: &[AcceptedMail], mut forgotten: usize) {
    let mut may: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for approval in approvals {
        let Some(mail) = &approval.mail else { continue };
        let (least, most) = approval.accepts();
        let sum = may.entry(mail).or_default();
        *sum = (sum.0 + least, sum.1 + most);
    }
    let mut have: BTreeMap<&str, usize> = BTreeMap::new();
    for mail in accepted {
        *have.entry(&mail.sha256).or_default() += 1;
    }
    for (mail, count) in &have {
        let (least, mut most) = may.get(mail).copied().unwrap_or_default();
        if !may.contains_key(mail) && forgotten >= *count {
            (forgotten, most) = (forgotten - count, *count);
        }
        let told = || {
            let states: Vec<_> =
                approvals.iter().filter(|a| a.mail.as_deref() == Some(mail)).map(|a| &a.state).collect();
            format!("{count} accepted of a mail whose approvals are {states:?}")
        };
        found.add((least..=most).contains(count), told);
    }
    for (mail, (least, _)) in &may {
        found.add(*least == 0 || have.contains_key(mail), || "called sent, and Google has none".to_owned());
    }
}
