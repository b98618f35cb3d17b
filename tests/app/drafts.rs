//! Drafts: shown before they are sent, corrected, discarded, sent once.

use mail_parser::MessageParser;
use serde_json::json;

use crate::{
    cast::{JAMES, MATEO, NOBODY, OLENA, mail_to, school_day},
    harness::TestApp,
};

/// Subject and text of the only mail that was accepted.
#[track_caller]
fn the_mail(app: &TestApp) -> (String, String) {
    let accepted = app.accepted();
    assert_eq!(accepted.len(), 1, "{accepted:?}");
    let mail = MessageParser::default().parse(&*accepted[0].raw).unwrap();
    let text = mail.body_text(0).unwrap().replace("\r\n", "\n");
    (mail.subject().unwrap().to_owned(), text.trim_end().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ada_corrected_is_what_leaves_and_what_the_model_is_told() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Your work", "Dear Mateo, go on.")]).says("It is on its way.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let card = &screen.cards()[0];
    assert_eq!((card.subject.as_str(), card.body.as_str()), ("Your work", "Dear Mateo, go on."));
    let edits = [("subject", "Your good work"), ("body", "Dear Mateo,\r\nI saw how hard you work.")];
    ada.decide(card, "send", &edits).await.with(200);
    assert_eq!(the_mail(&app), ("Your good work".to_owned(), "Dear Mateo,\nI saw how hard you work.".to_owned()));
    ada.follow_to_the_end(&asked.turn).await;
    let told = app.last_question();
    assert!(told.contains("I saw how hard you work."), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_draft_is_not_sent_and_the_model_knows() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Your work", "Dear Mateo, go on.")]).says("As you wish.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    ada.decide(&screen.cards()[0], "discard", &[]).await.with(200);
    let ended = ada.follow_to_the_end(&asked.turn).await;
    assert_eq!((ended.state.as_str(), ended.text().contains("As you wish.")), ("done", true));
    assert!(app.last_question().contains("The teacher discarded the draft"));
    assert!(app.accepted().is_empty());
    let late = ada.decide(&screen.cards()[0], "send", &[]).await.with(409).json();
    assert_eq!(late["state"], "rejected", "a yes after the no changes nothing");
    assert!(app.accepted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_with_the_hash_of_something_else_sends_nothing() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (_, screen) = ada.hear("Write to Mateo").await;
    let mut card = screen.cards().remove(0);
    card.hash = "0".repeat(64);
    let told = ada.decide(&card, "send", &[]).await.with(409).json();
    assert!(told["error"]["words"].as_str().unwrap().contains("changed since it was shown"), "{told}");
    card.hash = String::new();
    ada.decide(&card, "discard", &[]).await.with(409);
    assert!(app.accepted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_that_no_mail_can_carry_is_explained_and_nothing_typed_is_lost() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let card = &screen.cards()[0];
    ada.decide(card, "send", &[("subject", "a\r\nBcc: eve@example.com")]).await.with(422);
    ada.decide(card, "send", &[("body", " ")]).await.with(422);
    ada.decide(card, "send", &[("to", "eve@example.com")]).await.with(422);
    // The same without a script: the page comes back with what was typed.
    let form = ada.page(&asked.conversation).await.form("form.letter");
    let form = form.fill("decision", "send").fill("subject", "").fill("body", "My own words");
    let page = ada.submit(&form).await.with(422);
    assert_eq!((page.cards()[0].body.as_str(), page.cards()[0].state.as_str()), ("My own words", "refused"));
    assert!(!page.cards()[0].fault.is_empty());
    assert!(app.accepted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_who_is_not_there_is_told_to_the_model_and_disturbs_nobody() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(NOBODY, "Hello", "Dear you")]).says("I found no such student.");
    let (asked, screen) = ada.hear("Write to Nobody").await;
    assert_eq!((screen.state.as_str(), screen.cards().len()), ("done", 0));
    assert!(app.last_question().contains("There is no student"), "{}", app.last_question());
    assert!(screen.text().contains("I found no such student."));
    let page = ada.page(&asked.conversation).await;
    assert!(page.text(".did").contains("Could not write to a student"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_cannot_write_to_a_student_in_graces_class() {
    let (app, ada, _grace) = school_day().await;
    let answers = |id: &str| app.last_question().replace(id, "X");
    app.mind.calls([mail_to(OLENA, "Hello", "Dear you")]).says("No.");
    ada.hear("Write").await;
    let hers = answers(OLENA);
    app.mind.calls([mail_to(NOBODY, "Hello", "Dear you")]).says("No.");
    ada.hear("Write").await;
    assert_eq!(hers, answers(NOBODY), "Grace's student is told exactly like a missing one");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_drafts_go_with_one_click_each_to_its_own_student() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "One", "Dear Mateo"), mail_to(JAMES, "Two", "Dear James")]).says("Both sent.");
    let (asked, screen) = ada.hear("Write to Mateo and James").await;
    assert!(screen.has("form.send-all"));
    let bar = ada.page(&asked.conversation).await.form("form.send-all");
    let fields: Vec<(&str, &str)> = bar.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let sent = ada.post(&bar.action, &fields).await.with(200).json();
    assert_eq!(sent["refused"], json!([]), "{sent}");
    ada.follow_to_the_end(&asked.turn).await;
    let to: Vec<_> = app.accepted().iter().flat_map(|mail| mail.recipients.clone()).collect();
    assert_eq!(to, ["mateo.nguyen@example.com", "james.martinez@example.com"]);
    ada.post(&bar.action, &fields).await.with(200);
    assert_eq!(app.accepted().len(), 2, "the same click again sends nothing");
}
