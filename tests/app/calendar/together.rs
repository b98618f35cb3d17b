//! Two teachers at once, a thousand looks, and tokens that end at any moment.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use teachers_aide::{
    clock::{Clock, HeldClock, SystemClock},
    sandbox::model::{Answer, Conversation, Message, Mind, Reply, ToolCall},
};

use super::{EVENTS, SEND, event};
use crate::{
    cast,
    harness::{Browser, TestApp, Wanted},
};

/// How many looks one answer makes.
const LOOKS: u8 = 20;
/// How many questions each teacher asks.
const QUESTIONS: usize = 25;

/// Looks into the calendar many times, then repeats what it found.
struct Looker;

impl Mind for Looker {
    fn reply(&self, request: &Conversation) -> Reply {
        let found: Vec<&str> = request
            .messages
            .iter()
            .rev()
            .take_while(|message| !matches!(message, Message::User(_)))
            .filter_map(|message| match message {
                Message::Tool { content, .. } => Some(content.as_str()),
                Message::System(_) | Message::User(_) | Message::Assistant { .. } => None,
            })
            .collect();
        if found.is_empty() {
            let look = |days: u8| ToolCall::new("list_events", &json!({ "from": null, "days": days }));
            return Answer::calls((1..=LOOKS).map(look)).into();
        }
        let whose = |name: &str| found.iter().filter(|found| found.contains(name)).count();
        let said = format!("ada {} grace {} of {}", whose("Ada's own"), whose("Grace's own"), found.len());
        Answer::text(said).into()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_looks_of_two_teachers_none_sees_the_others_calendar() {
    let clock = Arc::new(HeldClock::at(SystemClock.now()));
    let wanted = Wanted { clock: Some(clock.clone()), mind: Some(Arc::new(Looker)), ..Wanted::default() };
    let app = Arc::new(TestApp::start_with(wanted).await);
    for person in [cast::ada(), cast::grace()] {
        app.sandbox.auth0().connect_google(&person.subject, &[SEND, EVENTS]);
    }
    let (ada, grace) = (app.signed_in(&cast::ada()).await, app.signed_in(&cast::grace()).await);
    for person in [cast::ada(), cast::grace()] {
        app.sandbox.auth0().connect_google(&person.subject, &[SEND, EVENTS]);
    }
    let mut own = event("event1", "Ada's own");
    // Under way already, so that every look finds it.
    own.starts -= SignedDuration::from_hours(2);
    own.ends = own.starts + SignedDuration::from_hours(24 * 20);
    app.sandbox.google().put("ada@school.example", own.clone());
    own.title = "Grace's own".into();
    app.sandbox.google().put("grace@school.example", own);

    let asks = |who: &'static str, browser: Browser, app: Arc<TestApp>, clock: Arc<HeldClock>| {
        tokio::spawn(async move {
            let person = if who == "ada" { cast::ada() } else { cast::grace() };
            for question in 0..QUESTIONS {
                // A token ends while others are on their way with it; every few
                // questions time passes, and all of them end.
                let asked = browser.ask(&format!("What is on? {question}")).await;
                if question % 3 == 0 {
                    app.sandbox.auth0().google_tokens_end(&person.subject, false);
                }
                if question % 5 == 4 {
                    clock.advance(SignedDuration::from_mins(21));
                }
                let screen = browser.follow_to_the_end(&asked.turn).await;
                assert_eq!(screen.state, "done");
                let said = browser.page(&asked.conversation).await.text(".answer");
                let expected = if who == "ada" { "ada 20 grace 0 of 20" } else { "ada 0 grace 20 of 20" };
                assert!(said.contains(expected), "{who}, question {question}: {said}");
            }
        })
    };
    let both = [asks("ada", ada, app.clone(), clock.clone()), asks("grace", grace, app.clone(), clock)];
    for asking in both {
        asking.await.unwrap();
    }
}
