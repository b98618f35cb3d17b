//! The limits: what a turn, a teacher, an address and the site may use, and
//! that a restart gives nothing back.

use std::time::Duration;

use serde_json::json;
use teachers_aide::sandbox::faults::{Effect, Fault, Route};

use crate::{
    cast::{self, JAMES, MATEO, mail_to},
    harness::{Browser, TestApp, Wanted},
};

/// An application with these settings of the operator's, and Ada signed in.
async fn with(settings: &[(&'static str, &str)]) -> (TestApp, Browser) {
    let settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let app = TestApp::start_with(Wanted { settings, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    (app, ada)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_goes_in_circles_is_stopped_at_the_operators_number() {
    let (app, ada) = with(&[("LIMIT_MODEL_CALLS", "3")]).await;
    for class in ["c-01", "c-02", "c-03", "c-04"] {
        app.mind.calls([("get_teaching_class", json!({ "class_id": class }))]);
    }
    let (asked, _) = ada.hear("Go round").await;
    assert_eq!(app.asked().len(), 3);
    assert!(ada.page(&asked.conversation).await.body.contains("more steps than one answer may"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_is_cut_at_the_tokens_that_it_may_have() {
    let (app, ada) = with(&[("LIMIT_OUTPUT_TOKENS", "200")]).await;
    app.mind.says(&"word ".repeat(5_000));
    let (asked, screen) = ada.hear("Tell me everything").await;
    assert!(screen.text().len() < 4_000, "{}", screen.text().len());
    assert!(ada.page(&asked.conversation).await.body.contains("longer than one answer may"));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_last_question_of_the_day_words_are_given_back_with_when_it_begins_again() {
    let (app, ada) = with(&[("LIMIT_TURNS_PER_DAY", "2")]).await;
    for _ in 0..2 {
        app.mind.says("Well.");
        ada.hear("How are they?").await;
    }
    let told = ada.post("/chat", &[("words", "And now?")]).await.with(429);
    assert!(told.json()["error"]["words"].as_str().unwrap().contains("asked 2 questions today"), "{}", told.body);
    let wait: u64 = told.header("retry-after").parse().unwrap();
    assert!((1..=24 * 3600 + 1).contains(&wait), "{wait}");
    let page = ada.submit(&ada.get("/chat").await.form("form.write").fill("words", "And now?")).await.with(429);
    assert!(page.body.contains("asked 2 questions today") && page.body.contains("And now?"), "{}", page.body);
    assert_eq!(app.asked().len(), 2);
    let grace = app.signed_in(&cast::grace()).await;
    app.mind.says("Well.");
    grace.hear("How are mine?").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_posted_again_at_the_limit_is_still_the_same_turn() {
    let (app, ada) = with(&[("LIMIT_TURNS_PER_DAY", "1")]).await;
    app.mind.says("Well.");
    let post = [("words", "How are they?"), ("client_id", "one-message")];
    let first = ada.post("/chat", &post).await.with(200).json();
    let again = ada.post("/chat", &post).await.with(200).json();
    assert_eq!(first["turn"], again["turn"]);
    ada.post("/chat", &[("words", "Another")]).await.with(429);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_a_limit_gives_back_choose_no_version_and_set_nothing_aside() {
    let (app, ada) = with(&[("LIMIT_TURNS_PER_DAY", "2")]).await;
    app.mind.says("In words.");
    let (first, _) = ada.hear("Write to Mateo").await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("It has left.");
    let again = ada.post(&format!("/turns/{}/again", first.turn), &[]).await.with(200).json();
    let again = again["turn"].as_str().unwrap();
    let cards = ada.follow(again).await.cards();
    let page = format!("/chat/{}", first.conversation);
    ada.post(&page, &[("words", "And now?"), ("through", &first.turn)]).await.with(429);
    ada.post(&page, &[("words", "And now?")]).await.with(429);
    assert_eq!(ada.get(&page).await.attrs(".versions", "aria-label"), ["Version 2 of 2"]);
    ada.decide(&cards[0], "send", &[]).await.with(200);
    ada.follow_to_the_end(again).await;
    assert_eq!(ada.get(&page).await.texts(".answer"), ["It has left."], "the answer goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_gives_no_question_back() {
    let (mut app, ada) = with(&[("LIMIT_TURNS_PER_DAY", "1")]).await;
    app.mind.says("Well.");
    ada.hear("How are they?").await;
    app.stop().await;
    let app = app.start_again().await;
    ada.post("/chat", &[("words", "And now?")]).await.with(429);
    assert_eq!(app.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_answer_at_the_same_time_waits_for_one_of_the_first_two() {
    let (app, ada) = with(&[]).await;
    app.sandbox.faults().add(Fault::on(Route::ModelChat).then(Effect::Delay(Duration::from_mins(10))));
    let first = ada.ask("One").await;
    ada.ask("Two").await;
    let told = ada.post("/chat", &[("words", "Three")]).await.with(429);
    assert!(told.json()["error"]["words"].as_str().unwrap().contains("2 answers are being written"), "{}", told.body);
    app.sandbox.faults().clear();
    ada.post(&format!("/turns/{}/stop", first.turn), &[]).await.with(200);
    app.mind.says("Three.");
    ada.hear("Three").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_beyond_the_days_number_stays_a_draft() {
    let (app, ada) = with(&[("LIMIT_SENDS_PER_DAY", "1")]).await;
    app.mind.calls([mail_to(MATEO, "One", "Dear Mateo"), mail_to(JAMES, "Two", "Dear James")]).says("Done.");
    let (asked, screen) = ada.hear("Write to both").await;
    let cards = screen.cards();
    let (one, two) = tokio::join!(ada.decide(&cards[0], "send", &[]), ada.decide(&cards[1], "send", &[]));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429], "{} {}", one.body, two.body);
    assert_eq!(app.accepted().len(), 1);
    let left = ada.cards(&asked.conversation).await;
    assert_eq!(left.len(), 1, "the draft waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_site_has_used_up_its_budget_the_model_is_asked_nothing() {
    let (app, ada) = with(&[("LIMIT_SITE_TOKENS_PER_DAY", "0")]).await;
    let told = ada.post("/chat", &[("words", "How are they?")]).await.with(429);
    assert!(told.json()["error"]["words"].as_str().unwrap().contains("The assistant rests"), "{}", told.body);
    assert!(app.asked().is_empty());
    ada.get("/classes").await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_counted_as_the_service_counts_them_and_the_next_question_knows() {
    let (app, ada) = with(&[("LIMIT_TOKENS_PER_DAY", "200")]).await;
    app.mind.says("Well.");
    ada.hear("How are they?").await;
    let told = ada.post("/chat", &[("words", "And now?")]).await.with(429);
    assert!(told.body.contains("today's share"), "{}", told.body);
    assert_eq!(app.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_asked_to_wait_and_no_header_makes_them_somebody_else() {
    let (_app, ada) = with(&[("LIMIT_ADDRESS_REQUESTS_PER_MINUTE", "20")]).await;
    let mut last = None;
    for n in 0..25 {
        let request = ada.request(&reqwest::Method::GET, "/classes");
        last = Some(ada.send(request.header("x-forwarded-for", format!("198.51.100.{n}"))).await);
    }
    let told = last.unwrap().with(429);
    assert!(told.body.contains("A moment, please"), "{}", told.body);
    assert!(told.header("retry-after").parse::<u64>().unwrap() >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_teacher_who_asks_too_often_holds_up_nobody_else() {
    let (app, ada) = with(&[("LIMIT_REQUESTS_PER_MINUTE", "10")]).await;
    let grace = app.signed_in(&cast::grace()).await;
    let mut last = ada.get("/classes").await;
    for _ in 0..15 {
        last = ada.get("/classes").await;
    }
    last.with(429);
    grace.get("/classes").await.with(200);
}
