//! The second account tool: looked at, stepped up to, scheduled, once.

mod together;

use jiff::{SignedDuration, ToSpan, civil::DateTime};
use serde_json::{Value, json};
use teachers_aide::{
    clock::{Clock, SystemClock},
    sandbox::{
        Setup,
        faults::{Answer, Effect, Fault, Route},
        google::StoredEvent,
    },
};

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::{Browser, TestApp, Wanted},
};

const SEND: &str = "https://www.googleapis.com/auth/gmail.send";
const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";

/// An hour in the school's day after tomorrow.
fn later() -> DateTime {
    let day = SystemClock.wall().date().saturating_add(2.days());
    day.at(15, 0, 0, 0)
}

fn event(id: &str, title: &str) -> StoredEvent {
    let starts = SystemClock.now() + SignedDuration::from_hours(1);
    let ends = starts + SignedDuration::from_hours(1);
    StoredEvent { id: id.into(), title: title.into(), starts, ends, zone: None, guests: Vec::new(), told: false }
}

fn meeting() -> (&'static str, Value) {
    let call = json!({ "student_id": MATEO, "title": "Algebra", "starts": later().to_string(), "minutes": null });
    ("schedule_meeting", call)
}

/// An application in which both teachers have allowed everything.
async fn all_allowed() -> (TestApp, Browser) {
    let setup = Setup { vault_at_login: false, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, ..Wanted::default() }).await;
    for person in [cast::ada(), cast::grace()] {
        app.sandbox.auth0().connect_google(&person.subject, &[SEND, EVENTS]);
    }
    let ada = app.signed_in(&cast::ada()).await;
    (app, ada)
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_who_may_write_mail_is_asked_for_the_calendar_and_keeps_both() {
    let (app, ada, _grace) = school_day().await;
    app.sandbox.google().put("ada@school.example", event("event1", "Staff meeting"));
    app.sandbox.google().put("grace@school.example", event("event1", "Grace's own"));
    app.mind.calls([("list_events", json!({ "from": null, "days": null }))]).says("There is a staff meeting.");
    let (asked, _) = ada.hear("What is on my calendar this week?").await;
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.text(".card h3"), "One more permission at Google");
    assert!(page.text(".card").contains("To look at your calendar"), "{}", page.text(".card"));
    assert!(page.text(".card .allows").contains("See the events in your calendar"));
    assert!(page.text(".card").contains("never moves or deletes an event"));

    ada.connect(&page.attrs(".card a.primary", "href")[0]).await.with(303);
    let scopes = app.sandbox.auth0().vaulted_scopes(&cast::ada().subject).unwrap();
    assert!(scopes.iter().any(|scope| scope == SEND) && scopes.iter().any(|scope| scope == EVENTS), "{scopes:?}");
    let screen = ada.follow_to_the_end(&asked.turn).await;
    assert_eq!(screen.state, "done");
    let told = app.last_question();
    assert!(told.contains("Staff meeting") && !told.contains("Grace"), "{told}");

    // Neither asks again.
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo"), meeting()]).says("Both wait.");
    let (_, screen) = ada.hear("Write to Mateo and plan a meeting").await;
    assert_eq!(screen.cards().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_is_made_when_ada_says_yes_and_mateo_is_invited() {
    let (app, ada) = all_allowed().await;
    app.mind.calls([meeting()]).says("It is planned.");
    let (asked, screen) = ada.hear("Meet Mateo").await;
    assert!(app.sandbox.google().calendar_of("ada@school.example").is_empty(), "nothing before the yes");
    let card = screen.cards().remove(0);
    assert!(card.to.contains("mateo.nguyen@example.com"), "{}", card.to);
    let corrected = later().checked_add(30.minutes()).unwrap().strftime("%Y-%m-%d %H:%M").to_string();
    let edits = [("title", "Algebra, third evaluation"), ("starts", corrected.as_str()), ("minutes", "45")];
    let told = ada.decide(&card, "send", &edits).await.with(200).json();
    assert_eq!(told["state"], "sent", "{told}");

    let made = app.sandbox.google().calendar_of("ada@school.example");
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].title, "Algebra, third evaluation");
    assert_eq!(made[0].ends.duration_since(made[0].starts), SignedDuration::from_mins(45));
    let wall = made[0].starts.to_zoned(SystemClock.zone()).strftime("%Y-%m-%d %H:%M").to_string();
    assert_eq!(wall, corrected, "on the school's clock");
    assert_eq!(made[0].guests, ["mateo.nguyen@example.com"]);
    assert!(made[0].told && app.accepted().is_empty(), "Google invites; no mail of ours leaves");
    ada.follow_to_the_end(&asked.turn).await;
    let receipt = ada.page(&asked.conversation).await.text(".receipt");
    assert!(receipt.starts_with("Scheduled") && receipt.contains("with Mateo Nguyen"), "{receipt}");
    assert!(ada.get("/connections").await.text(".account dl").contains("schedule a meeting"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_makes_no_second_meeting() {
    let (app, ada) = all_allowed().await;
    app.mind.calls([meeting()]).says("It is planned.");
    let (_, screen) = ada.hear("Meet Mateo").await;
    app.sandbox.faults().add(Fault::on(Route::Calendar).times(1).then(Effect::Accept).then(Effect::Reset));
    let told = ada.decide(&screen.cards()[0], "send", &[]).await.with(200).json();
    assert_eq!(told["state"], "sent", "the second try found the first one's meeting: {told}");
    assert_eq!(app.sandbox.google().calendar_of("ada@school.example").len(), 1);
    let tries = app.sandbox.log().of(Route::Calendar);
    assert_eq!(tries.len(), 2);
    assert_eq!(tries[1].status, Some(409));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_that_gives_no_clear_answer_is_told_and_the_same_draft_makes_one_meeting() {
    let (app, ada) = all_allowed().await;
    app.mind.calls([meeting()]).says("Please look.");
    let (asked, screen) = ada.hear("Meet Mateo").await;
    let outage = Answer::status(503);
    app.sandbox.faults().add(Fault::on(Route::Calendar).times(3).then(Effect::Accept).then(Effect::Answer(outage)));
    let told = ada.decide(&screen.cards()[0], "send", &[]).await.with(200).json();
    assert_eq!(told["state"], "unknown", "{told}");
    let page = ada.page(&asked.conversation).await;
    assert!(page.text(".receipt").contains("May have been scheduled"), "{}", page.text(".receipt"));
    assert!(page.text(".receipt").contains("Look in your calendar"));
    let again = page.form(".receipt .choices").fill("decision", "again");
    ada.submit(&again).await.with(303);
    let card = ada.cards(&asked.conversation).await.remove(0);
    ada.decide(&card, "send", &[]).await.with(200);
    assert_eq!(app.sandbox.google().calendar_of("ada@school.example").len(), 1, "one meeting, whatever happened");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_whose_key_is_not_taken_is_repeated_once_with_a_fresh_one() {
    let (app, ada) = all_allowed().await;
    app.mind.calls([("list_events", json!({ "from": null, "days": 3 }))]).says("Nothing.");
    ada.hear("What is on?").await;
    app.sandbox.auth0().google_tokens_end(&cast::ada().subject, false);
    app.mind.calls([("list_events", json!({ "from": null, "days": 4 }))]).says("Nothing.");
    let (_, screen) = ada.hear("And now?").await;
    assert_eq!(screen.state, "done", "nobody was disturbed");
    assert_eq!(app.sandbox.log().count(Route::Exchange), 2);
    // The vault goes on handing out the dead one: now the teacher must connect.
    app.sandbox.auth0().google_tokens_end(&cast::ada().subject, true);
    app.mind.calls([("list_events", json!({ "from": null, "days": 5 }))]);
    let (asked, _) = ada.hear("And now?").await;
    assert_eq!(ada.page(&asked.conversation).await.text(".card h3"), "Connect Google again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_only_the_operator_can_mend_sends_nobody_to_connect() {
    let (app, ada) = all_allowed().await;
    for (mend, words) in [(true, "not the teacher's fault"), (false, "cannot be reached just now")] {
        app.sandbox.auth0().set_up(|setup| setup.exchange_allowed = !mend);
        if !mend {
            app.sandbox.faults().add(Fault::on(Route::Exchange).then(Effect::Answer(Answer::status(503))));
        }
        app.mind.calls([("list_events", json!({ "from": null, "days": 3 }))]).says("I could not look.");
        let (asked, screen) = ada.hear("What is on?").await;
        assert_eq!(screen.state, "done");
        assert!(!ada.page(&asked.conversation).await.has(".card"), "nobody is sent to connect");
        assert!(app.last_question().contains(words), "{}", app.last_question());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_looks_at_the_week_and_plans_a_meeting() {
    let demo = crate::harness::Demo::start().await;
    demo.sandbox.model().set_mind(std::sync::Arc::new(teachers_aide::sandbox::model::DemoMind::default()));
    let mary = Browser::at(&demo.base);
    let person = teachers_aide::sandbox::Person::cast().remove(0);
    mary.sign_in("/auth/login", &person).await.leads_to("/chat");
    let (asked, _) = mary.hear("What is on my calendar this week?").await;
    let door = mary.page(&asked.conversation).await.attrs(".card a.primary", "href").remove(0);
    mary.connect(&door).await.with(303);
    mary.follow_to_the_end(&asked.turn).await;
    let page = mary.page(&asked.conversation).await;
    assert!(page.text(".answer").contains("Staff meeting"), "{}", page.text(".answer"));
    let planned = mary.ask_in(&asked.conversation, "Schedule a meeting with Mateo on Tuesday at 15:00").await;
    let card = mary.follow_to_a_draft(&planned.turn).await;
    mary.decide(&card, "send", &[]).await.with(200);
    let own = demo.sandbox.google().calendar_of(&person.email);
    assert!(own.iter().any(|event| event.title.contains("Mateo") && event.told), "{own:?}");
    let shown = Browser::at(&demo.base).open_elsewhere(&demo.sandbox.calendar_url()).await.with(200);
    assert!(shown.body.contains("an invitation would have been mailed"));
}
