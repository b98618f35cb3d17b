//! The soak: many teachers at once, faults at every tenth request, and the
//! server killed once a minute. `tests/soak.sh --minutes M --seed S` runs it.

use std::{
    io::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use teachers_aide::sandbox::{
    Person,
    faults::{Answer, Effect, Fault, Route},
};

use super::sweep::variable;
use crate::harness::{Browser, Checker, Doubt, Findings, Server, Site, secretary};

const TEACHERS: usize = 20;
/// One request in ten meets a fault.
const CHANCE: f64 = 0.1;
/// How long a server lives.
const LIFE: Duration = Duration::from_mins(1);

/// What has been done, and where the server is.
struct Soak {
    base: Mutex<String>,
    over: AtomicBool,
    stories: AtomicUsize,
    cut_off: AtomicUsize,
    seed: u64,
}

impl Soak {
    fn base(&self) -> String {
        self.base.lock().unwrap().clone()
    }

    /// One teacher's day: one story after the other, each from where it stands.
    async fn day(self: Arc<Self>, person: Person, number: usize) {
        let mut browser: Option<Browser> = None;
        let mut story = self.seed;
        while !self.over.load(Ordering::SeqCst) {
            story += 1;
            let here = browser.take().map(|browser| browser.moved_to(&self.base()));
            let tried = tokio::spawn(tell(here, self.base(), person.clone(), number, story));
            if let Ok(kept) = tried.await {
                browser = Some(kept);
                self.stories.fetch_add(1, Ordering::SeqCst);
            } else {
                // The server died under it, or an answer was a fault's.
                self.cut_off.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

/// Asks for a mail and decides about every draft that lies there.
async fn tell(browser: Option<Browser>, base: String, person: Person, number: usize, story: u64) -> Browser {
    let browser = browser.unwrap_or_else(|| Browser::at(&base));
    if browser.get("/chat").await.status != 200 {
        browser.sign_in("/auth/login", &person).await.leads_to("/chat");
    }
    let asked = browser.ask(&format!("Write to Student{number:02}, story {story}")).await;
    browser.follow(&asked.turn).await;
    for card in browser.cards(&asked.conversation).await {
        // Impatient people click twice; some change their minds.
        match story % 7 {
            0 => drop(browser.decide(&card, "discard", &[]).await),
            1 | 2 => {
                let (one, two) = tokio::join!(browser.decide(&card, "send", &[]), browser.decide(&card, "send", &[]));
                drop((one, two));
            }
            3 => drop(browser.decide(&card, "send", &[("subject", "Another word")]).await),
            _ => drop(browser.decide(&card, "send", &[]).await),
        }
    }
    let page = browser.page(&asked.conversation).await;
    if story.is_multiple_of(3) && page.has(".receipt form.choices") {
        let choice = page.form(".receipt form.choices").fill("decision", "again");
        browser.submit(&choice).await;
    }
    browser
}

fn teacher(number: usize) -> Person {
    Person::new(format!("Teacher {number}"), format!("teacher{number}@school.example"))
}

fn school() -> Value {
    let of = |number: usize| (format!("s-{:04}", 1000 + number), format!("Student{number:02} Muster"));
    let students: Vec<Value> = (0..TEACHERS)
        .map(|number| {
            let (id, name) = of(number);
            json!({ "id": id, "name": name, "email": format!("student{number}@example.com") })
        })
        .collect();
    let classes: Vec<Value> = (0..TEACHERS)
        .map(|number| {
            json!({
                "id": format!("c-{number:02}"), "subject": "Algebra", "group": format!("{number}A"), "year": 2026,
                "semester": 2, "teacher": format!("teacher{number}@school.example"),
                "roster": [{ "student": of(number).0, "evaluations": [6.0, 7.0, null] }],
            })
        })
        .collect();
    json!({ "current": { "year": 2026, "semester": 2 }, "students": students, "classes": classes })
}

/// The faults of a soak, drawn from the seed: after some of them nobody can
/// know what came of a mail, and that is told as unknown.
fn plan_faults(site: &Site, seed: u64) {
    let status = |status: u16| Effect::Answer(Answer::status(status));
    let plans: [(Route, Vec<Effect>); 11] = [
        (Route::GmailSend, vec![Effect::Accept, Effect::Reset]),
        (Route::GmailSend, vec![Effect::Accept, status(500)]),
        (Route::GmailSend, vec![status(400)]),
        (Route::GmailSend, vec![status(429)]),
        (Route::GmailSend, vec![Effect::ResetWhileReading(200)]),
        (Route::GmailSend, vec![Effect::Accept, Effect::CutAfter(5)]),
        (Route::GmailSend, vec![Effect::Delay(Duration::from_secs(2))]),
        (Route::Exchange, vec![status(503)]),
        (Route::Exchange, vec![Effect::HangUp]),
        (Route::ModelChat, vec![status(500)]),
        (Route::ModelChat, vec![Effect::CutAfter(300)]),
    ];
    let of = |route: Route| plans.iter().filter(move |(other, _)| *other == route).count();
    for (place, (route, effects)) in plans.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let chance = CHANCE / of(*route) as f64;
        let fault = Fault::on(*route).with_probability(chance, seed.wrapping_add(place as u64));
        site.sandbox.faults().add(effects.iter().cloned().fold(fault, Fault::then));
    }
}

/// Kills the server, starts it again, and looks before anybody comes.
async fn die_and_look(site: &Site, server: Server, soak: &Soak) -> (Server, Findings) {
    server.kill();
    // Google may still be at work on what had arrived.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let server = site.start().await;
    let found = site.findings(Doubt::Possible).await;
    soak.base.lock().unwrap().clone_from(&server.base);
    (server, found)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: tests/soak.sh"]
async fn twenty_teachers_work_while_everything_fails() {
    let number = |name: &str, default: u64| variable(name).map_or(default, |value| value.parse().unwrap());
    let (minutes, seed) = (number("SOAK_MINUTES", 5), number("SOAK_SEED", 1));
    let names: Vec<(String, String)> =
        (0..TEACHERS).map(|number| (format!("Student{number:02}"), format!("s-{:04}", 1000 + number))).collect();
    let names: Vec<(&str, &str)> = names.iter().map(|(name, id)| (name.as_str(), id.as_str())).collect();
    let site = Site::with((0..TEACHERS).map(teacher).collect(), &school(), secretary(&names));
    plan_faults(&site, seed);
    let mut server = site.start().await;
    let soak = Arc::new(Soak {
        base: Mutex::new(server.base.clone()),
        over: AtomicBool::new(false),
        stories: AtomicUsize::new(0),
        cut_off: AtomicUsize::new(0),
        seed,
    });
    let days: Vec<_> = (0..TEACHERS).map(|n| tokio::spawn(Arc::clone(&soak).day(teacher(n), n))).collect();
    let (end, mut kills, mut violations) = (Instant::now() + Duration::from_mins(minutes), 0, Vec::new());
    let mut last = Findings::default();
    while Instant::now() < end {
        tokio::time::sleep(LIFE.min(end.saturating_duration_since(Instant::now()))).await;
        let found;
        (server, found) = die_and_look(&site, server, &soak).await;
        kills += 1;
        violations.extend(found.violations.iter().map(|violation| format!("after kill {kills}: {violation}")));
        last = found;
    }
    soak.over.store(true, Ordering::SeqCst);
    for day in days {
        day.await.unwrap();
    }
    let faults: u64 = (0..11).map(|fault| site.sandbox.faults().struck(fault)).sum();
    let verdict = if violations.is_empty() { "SOUND" } else { "NOT SOUND" };
    let told = format!(
        "soak: {verdict}. {minutes} minutes, seed {seed}, {kills} kills, {faults} faults, {} stories, {} cut off, {} \
         mails accepted, approvals {:?}, {} violations\n",
        soak.stories.load(Ordering::SeqCst),
        soak.cut_off.load(Ordering::SeqCst),
        last.accepted,
        last.states,
        violations.len(),
    );
    std::io::stderr().write_all(told.as_bytes()).unwrap();
    let browser = server.signed_in(&teacher(0)).await;
    let pages = browser.get("/conversations").await.with(200);
    for conversation in pages.attrs("a[href^='/chat/']", "href").iter().take(20) {
        let conversation = conversation.trim_start_matches("/chat/");
        violations.extend(Checker::at(&site.database()).await.compare_page(&browser, conversation).await);
    }
    assert!(violations.is_empty(), "{violations:#?}");
}
