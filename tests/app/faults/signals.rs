//! Rows 34 and 35 by real signals: the program in a process of its own is
//! killed, or told to go, while it writes an answer and sends a mail.

use std::sync::Arc;

use teachers_aide::sandbox::{
    faults::{Effect, Fault, Gate, Route},
    model::{Fate, Mind, ScriptedMind},
};

use super::stalls_after;
use crate::{
    cast::{self, MATEO, mail_to},
    harness::{Asked, Browser, Card, Doubt, Server, Site, eventually, in_time},
};

/// A program, Ada in it, and what the model says next.
async fn a_program() -> (Site, Server, Arc<ScriptedMind>, Browser) {
    let mind = ScriptedMind::new();
    let people = vec![cast::ada(), cast::grace()];
    let site = Site::with(people, &cast::school(), Arc::clone(&mind) as Arc<dyn Mind>);
    let server = site.start().await;
    let ada = server.signed_in(&cast::ada()).await;
    (site, server, mind, ada)
}

/// Ada is told the first half of an answer, and the model falls silent.
async fn half_an_answer(mind: &ScriptedMind, ada: &Browser) -> Asked {
    mind.push(stalls_after("Half an answer"));
    let asked = ada.ask("Tell me").await;
    ada.follow_until(&asked.turn, |screen| screen.text() == "Half an answer").await;
    asked
}

/// Ada has a letter before her.
async fn a_letter(mind: &ScriptedMind, ada: &Browser) -> (Asked, Card) {
    mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (asked, screen) = ada.hear("Write to Mateo").await;
    (asked, screen.cards().remove(0))
}

/// The page after the next start: the part, the reason, and a way to go on.
async fn goes_on(mind: &ScriptedMind, ada: &Browser, asked: &Asked) {
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.attrs("section.turn", "data-state"), ["interrupted"]);
    assert_eq!(page.text(".answer"), "Half an answer");
    mind.says("and the rest.");
    ada.submit(&page.form(".notice form")).await.with(303);
    assert_eq!(ada.page(&asked.conversation).await.texts(".answer"), ["Half an answer", "and the rest."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_34_a_server_killed_in_the_middle_of_an_answer_keeps_the_part_and_goes_on_from_there() {
    let (site, server, mind, ada) = a_program().await;
    let asked = half_an_answer(&mind, &ada).await;
    // It is stored twice a second; what was told since then is lost.
    in_time("the part is stored", async || site.turn_row(&asked.turn).await.text() == "Half an answer").await;
    server.kill();
    assert_eq!(site.turn_row(&asked.turn).await.status, "running", "nobody had the time to say otherwise");
    let server = site.start().await;
    let row = site.turn_row(&asked.turn).await;
    assert_eq!((row.status.as_str(), row.ending.as_str()), ("ended", "interrupted"));
    site.findings(Doubt::None).await.none();
    let ada = ada.moved_to(&server.base);
    assert!(ada.page(&asked.conversation).await.text(".notice").contains("The server was restarted"));
    goes_on(&mind, &ada, &asked).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_35_a_server_told_to_go_in_the_middle_of_a_mail_and_an_answer_tells_both_and_ends_well() {
    let (site, mut server, mind, ada) = a_program().await;
    let (written, card) = a_letter(&mind, &ada).await;
    let asked = half_an_answer(&mind, &ada).await;
    let gate = Gate::default();
    site.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Accept).then(Effect::Until(gate.clone())));
    let tab = ada.clone();
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    eventually("the mail is on its way", || site.accepted().len() == 1).await;

    server.signal("TERM");
    let silent = || site.sandbox.model().requests().iter().all(|asked| asked.fate() != Fate::Open);
    eventually("no model goes on talking", silent).await;
    assert!(!server.is_dead(), "it does not go while a mail is on its way");
    gate.open();
    assert_eq!(click.await.unwrap().with(200).json()["state"], "sent", "the one who clicked is told");
    assert!(server.ends().await.success());

    let server = site.start().await;
    site.findings(Doubt::None).await.none();
    let ada = ada.moved_to(&server.base);
    assert!(ada.page(&written.conversation).await.has(".receipt .stamp"));
    goes_on(&mind, &ada, &asked).await;
    assert_eq!(site.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_35_a_server_told_to_go_does_not_wait_for_ever_for_a_mail_and_calls_it_unknown_afterwards() {
    let (site, mut server, mind, ada) = a_program().await;
    let (written, card) = a_letter(&mind, &ada).await;
    site.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Accept).then(Effect::Stall));
    let tab = ada.copied();
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    eventually("the mail is on its way", || site.accepted().len() == 1).await;
    server.signal("TERM");
    assert!(server.ends().await.success(), "after 25 seconds of patience, and a little more for the connections");
    assert!(site.said().contains("something was still on its way"));
    assert!(click.await.is_err(), "nobody was told anything");

    let server = site.start().await;
    let found = site.findings(Doubt::Possible).await;
    found.none();
    assert_eq!((found.count("unknown"), found.accepted), (1, 1));
    let receipt = ada.moved_to(&server.base).page(&written.conversation).await.text(".receipt");
    assert!(receipt.contains("May have been sent"), "{receipt}");
    assert_eq!(site.sandbox.log().count(Route::GmailSend), 1, "no start sends anything");
}
