//! The crash sweep: the scripted session (sign in, ask, draft, approve, send)
//! is killed at its n-th write, sync or send call, for every n.
//!
//! A sample runs always. `CRASH_SWEEP=full cargo test --test app -- --nocapture
//! crash::sweep` kills at every call, in each of three ways.

use std::{
    fmt::Write as _,
    io::Write as _,
    sync::{Arc, Mutex},
    time::Instant,
};

use futures_util::{StreamExt, stream};
use teachers_aide::sandbox::faults::Route;

use crate::{
    cast,
    harness::{Asked, Browser, Card, Checker, Doubt, Findings, Launch, Server, Site, calls, calls::Spoil},
};

/// How the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// Before the call.
    Killed,
    /// In the middle of what the call was to write.
    Torn,
    /// As `Killed`, and the disk loses all that was not synced.
    PowerCut,
}

/// How many deaths the sample has.
const SAMPLE: u64 = 12;
/// How many sessions run at a time.
const AT_ONCE: usize = 3;

/// What the teacher was told before the program died.
#[derive(Debug, Clone, Default)]
struct Told {
    signed_in: bool,
    asked: Option<Asked>,
    clicked: bool,
    state: Option<String>,
}

/// The session, told as far as it comes.
async fn session(ada: Browser, told: Arc<Mutex<Told>>) {
    ada.sign_in("/auth/login", &cast::ada()).await.leads_to("/chat");
    told.lock().unwrap().signed_in = true;
    let asked = ada.ask("Write to Mateo").await;
    told.lock().unwrap().asked = Some(asked.clone());
    let card = ada.follow_to_a_draft(&asked.turn).await;
    told.lock().unwrap().clicked = true;
    let answer = ada.decide(&card, "send", &[]).await.with(200).json();
    told.lock().unwrap().state = Some(answer["state"].as_str().unwrap().to_owned());
    ada.follow_to_the_end(&asked.turn).await;
}

/// What one death came to.
#[derive(Debug, Default)]
struct Report {
    violations: Vec<String>,
    unknown: usize,
    accepted: usize,
}

impl Report {
    fn add(&mut self, holds: bool, otherwise: impl Into<String>) {
        if !holds {
            self.violations.push(otherwise.into());
        }
    }

    fn take(&mut self, when: &str, findings: Findings) {
        self.unknown = findings.count("unknown");
        self.accepted = findings.accepted;
        self.violations.extend(findings.violations.into_iter().map(|violation| format!("{when}: {violation}")));
    }
}

/// Kills a session at its n-th call, starts the server again, and looks.
async fn die_at(n: u64, death: Death) -> Report {
    let site = Site::new();
    let spoil = Spoil { kill_at: Some(n), tear: death == Death::Torn, power_cut: death == Death::PowerCut };
    let told = Arc::new(Mutex::new(Told::default()));
    let mut ada = Browser::at("http://127.0.0.1:9");
    if let Ok(mut server) = site.launch(&Launch { spoil, ..Launch::default() }).await {
        ada = server.browser();
        let story = tokio::spawn(session(ada.clone(), Arc::clone(&told)));
        // It breaks off where the server dies.
        let _broken_off = story.await;
        if !server.is_dead() {
            server.kill();
        }
    }
    if death == Death::PowerCut {
        calls::cut_the_power(&site.database());
    }
    let told = told.lock().unwrap().clone();
    let mut report = Report::default();
    match site.launch(&Launch::default()).await {
        Ok(server) => afterwards(&site, &server, ada.moved_to(&server.base), &told, death, &mut report).await,
        Err(died) => report.add(false, format!("it does not start again: {}", died.said)),
    }
    if !report.violations.is_empty() {
        let mut last = String::new();
        for call in site.calls().iter().rev().take(3) {
            write!(last, " {call:?}").unwrap();
        }
        report.violations.push(format!("({death:?} at {n}, told {told:?};{last})"));
    }
    report
}

/// After the restart: all that was acknowledged is there, the three stories
/// agree, and the teacher can finish what was begun.
async fn afterwards(site: &Site, server: &Server, ada: Browser, told: &Told, death: Death, report: &mut Report) {
    let doubt = if told.clicked { Doubt::Possible } else { Doubt::None };
    let sends = site.sandbox.log().count(Route::GmailSend);
    let found = site.findings(doubt).await;
    if told.state.as_deref() == Some("sent") {
        report.add(found.count("sent") == 1, "a mail that was told as sent is no longer");
    }
    report.take("after the restart", found);
    let ada = if told.signed_in && ada.get("/chat").await.status == 200 {
        ada
    } else {
        // Only a power cut may take a session.
        report.add(!told.signed_in || death == Death::PowerCut, "the session is gone");
        server.signed_in(&cast::ada()).await
    };
    if let Some(asked) = &told.asked {
        let page = ada.get(&format!("/chat/{}", asked.conversation)).await;
        report.add(page.status == 200 && page.body.contains("Write to Mateo"), "a message that was taken is gone");
        let wrong = Checker::at(&site.database()).await.compare_page(&ada, &asked.conversation).await;
        report.violations.extend(wrong);
    }
    report.add(site.sandbox.log().count(Route::GmailSend) == sends, "a start sent something");
    finish(&ada, told).await;
    let found = site.findings(doubt).await;
    report.add(found.count("sent") + found.count("unknown") == 1, "the story does not end in one mail");
    report.take("in the end", found);
}

/// The teacher goes on where the page says that things stand.
async fn finish(ada: &Browser, told: &Told) {
    let (turn, card) = match &told.asked {
        Some(asked) => {
            let page = ada.page(&asked.conversation).await;
            if page.has(".receipt") {
                return;
            }
            match page.cards().into_iter().next() {
                Some(card) => (asked.turn.clone(), card),
                None => draft(ada, ada.ask_in(&asked.conversation, "Write to Mateo").await).await,
            }
        }
        None => draft(ada, ada.ask("Write to Mateo").await).await,
    };
    ada.decide(&card, "send", &[]).await.with(200);
    ada.follow_to_the_end(&turn).await;
}

async fn draft(ada: &Browser, asked: Asked) -> (String, Card) {
    let card = ada.follow_to_a_draft(&asked.turn).await;
    (asked.turn, card)
}

/// How many calls the first start has, and how many it and the session have.
async fn calls_of_a_session() -> (u64, u64) {
    let site = Site::new();
    let server = site.start().await;
    let start = site.calls().len() as u64;
    session(server.browser(), Arc::default()).await;
    server.kill();
    site.findings(Doubt::None).await.none();
    (start, site.calls().len() as u64)
}

/// Every call in every way; or a few: one in four in the start, which makes the
/// tables, the others spread over the session.
fn points((start, all): (u64, u64), full: bool, seed: u64) -> Vec<(u64, Death)> {
    let deaths = [Death::Killed, Death::Torn, Death::PowerCut];
    if full {
        return (1..=all).flat_map(|n| deaths.map(|death| (n, death))).collect();
    }
    let (early, late) = (SAMPLE / 4, SAMPLE - SAMPLE / 4);
    let spread = |from: u64, to: u64, count: u64| {
        let step = (to - from) / count;
        (0..count).map(move |i| from + 1 + i * step + seed % step)
    };
    let points = spread(0, start, early).chain(spread(start, all, late));
    points.zip(deaths.into_iter().cycle()).collect()
}

pub fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "no setting of the application")]
    std::env::var(name).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn row_33_a_server_killed_at_any_call_loses_nothing_and_sends_nothing_twice() {
    if !calls::can_be_spoiled() {
        return;
    }
    let full = variable("CRASH_SWEEP").is_some_and(|value| value == "full");
    let seed = variable("CRASH_SEED").map_or(7, |seed| seed.parse().unwrap());
    let (begun, calls) = (Instant::now(), calls_of_a_session().await);
    let points = points(calls, full, seed);
    let kills = points.len();
    let reports: Vec<Report> =
        stream::iter(points).map(|(n, death)| die_at(n, death)).buffer_unordered(AT_ONCE).collect().await;
    let violations: Vec<&String> = reports.iter().flat_map(|report| &report.violations).collect();
    let unknown: usize = reports.iter().map(|report| report.unknown).sum();
    let summary = format!(
        "crash sweep: {} calls, {kills} kills, {} violations, {unknown} unknown, {} mails, {:.1} seconds, seed {seed}\n",
        calls.1,
        violations.len(),
        reports.iter().map(|report| report.accepted).sum::<usize>(),
        begun.elapsed().as_secs_f32(),
    );
    std::io::stderr().write_all(summary.as_bytes()).unwrap();
    assert!(violations.is_empty(), "{violations:#?}");
}
