//! Rows 38 to 40: a disk that is full, or that breaks its promise.

use std::sync::Arc;

use teachers_aide::sandbox::{
    faults::{Effect, Fault, Gate, Route},
    model::{Mind, ScriptedMind},
};

use super::Story;
use crate::{
    cast,
    harness::{Answer, Doubt, Site, calls, eventually, in_time},
};

const NO_SPACE: i32 = 28;
const IO_ERROR: i32 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn row_38_a_disk_that_is_full_before_the_claim_sends_nothing_and_says_so() {
    if !calls::can_be_spoiled() {
        return;
    }
    let story = Story::with_a_draft().await;
    story.site.order(Some(&format!("fail write {NO_SPACE}")));
    let told = story.click().await.unwrap().with(503);
    assert!(told.json()["error"]["words"].as_str().unwrap().contains("no room left"), "{}", told.body);
    assert!(told.body.contains("nothing was sent") && !told.header("retry-after").is_empty());
    assert!(story.site.accepted().is_empty());
    assert_eq!(story.ada.post("/chat", &[("words", "Hello?")]).await.status, 503, "no message is taken either");
    story.site.order(None);
    assert_eq!(story.site.findings(Doubt::None).await.count("proposed"), 1);
    story.click().await.unwrap().with(200);
    assert_eq!(story.site.accepted().len(), 1, "with room again the same click sends");
    story.ada.follow_to_the_end(&story.asked.turn).await;
    story.is_sound(Doubt::None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_in_the_middle_of_an_answer_is_told_and_the_conversation_goes_on_when_there_is_room() {
    if !calls::can_be_spoiled() {
        return;
    }
    let mind = ScriptedMind::new();
    let site = Site::with(vec![cast::ada()], &cast::school(), Arc::clone(&mind) as Arc<dyn Mind>);
    let server = site.start().await;
    let ada = server.signed_in(&cast::ada()).await;
    let gate = Gate::default();
    site.sandbox.faults().add(Fault::on(Route::ModelChat).times(1).then(Effect::Until(gate.clone())));
    mind.says("An answer that nobody can keep.");
    let asked = ada.ask("Tell me").await;
    eventually("the model is asked", || site.sandbox.log().count(Route::ModelChat) == 1).await;
    site.order(Some(&format!("fail write {NO_SPACE}")));
    gate.open();
    let screen = ada.follow(&asked.turn).await;
    assert_eq!(screen.state, "interrupted", "what is not stored is not called done");
    assert_eq!(site.turn_row(&asked.turn).await.status, "running", "nothing of its end could be written");
    ada.page(&asked.conversation).await;

    site.order(None);
    in_time("its end is stored after all", async || site.turn_row(&asked.turn).await.status == "ended").await;
    // No connection was left in the transaction that failed, and nobody waits for a turn that is over.
    mind.says("Here I am again.");
    let next = ada.ask_in(&asked.conversation, "And now?").await;
    assert_eq!(ada.follow(&next.turn).await.state, "done");
    site.findings(Doubt::None).await.none();
}

/// Google takes the mail, and before it answers the disk is full.
async fn full_after_the_accept(story: &Story) -> Answer {
    let gate = Gate::default();
    let held = Fault::on(Route::GmailSend).times(1).then(Effect::Accept).then(Effect::Until(gate.clone()));
    story.site.sandbox.faults().add(held);
    let (tab, card) = (story.ada.clone(), story.card.clone());
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    eventually("Google has it", || story.site.accepted().len() == 1).await;
    story.site.order(Some(&format!("fail write {NO_SPACE}")));
    gate.open();
    click.await.unwrap().with(503)
}

#[tokio::test(flavor = "multi_thread")]
async fn row_39_an_outcome_that_a_full_disk_does_not_take_is_unknown_after_a_restart() {
    if !calls::can_be_spoiled() {
        return;
    }
    let story = Story::with_a_draft().await;
    let told = full_after_the_accept(&story).await;
    assert!(told.body.contains("Do not send it again") && !told.body.contains("nothing was sent"), "{}", told.body);
    assert_eq!(told.json()["state"], "claimed", "nobody is told that it was sent, nor that it was not");
    let Story { site, server, ada, asked, card } = story;
    server.kill();
    site.order(None);
    let server = site.start().await;
    let story = Story { ada: ada.moved_to(&server.base), site, server, asked, card };
    assert_eq!(story.site.findings(Doubt::Possible).await.count("unknown"), 1);
    story.is_sound(Doubt::Possible).await;
    assert_eq!(story.site.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_39_an_outcome_is_stored_after_all_when_there_is_room_again() {
    if !calls::can_be_spoiled() {
        return;
    }
    let story = Story::with_a_draft().await;
    full_after_the_accept(&story).await;
    story.site.order(None);
    assert_eq!(story.ada.follow_to_the_end(&story.asked.turn).await.state, "done", "the turn goes on by itself");
    story.is_sound(Doubt::None).await;
    assert_eq!(story.site.findings(Doubt::None).await.count("sent"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_40_a_disk_that_breaks_its_promise_once_is_not_believed_again() {
    if !calls::can_be_spoiled() {
        return;
    }
    let story = Story::with_a_draft().await;
    story.site.order(Some(&format!("fail sync {IO_ERROR}")));
    let told = story.click().await.unwrap().with(503);
    assert!(told.body.contains("nothing was sent") && !told.header("retry-after").is_empty(), "{}", told.body);
    // It works again, or says so; what it dropped meanwhile nobody knows.
    story.site.order(None);
    story.click().await.unwrap().with(503);
    assert_eq!(story.ada.post("/chat", &[("words", "Hello?")]).await.status, 503);
    assert_eq!(story.ada.get("/healthz").await.status, 503, "the operator is told");
    story.page().await;
    assert_eq!(story.site.sandbox.log().count(Route::GmailSend), 0);
    let story = story.again().await;
    story.is_sound(Doubt::Possible).await;
    assert!(!story.ada.get("/conversations").await.body.contains("Hello?"));
    let card = story.page().await.cards().remove(0);
    assert_eq!(story.ada.decide(&card, "send", &[]).await.with(200).json()["state"], "sent");
}
