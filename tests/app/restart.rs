//! A server that goes down and comes back: what was there is there.

use serde_json::json;
use teachers_aide::sandbox::{
    faults::{Effect, Fault, Gate, Route},
    model::{Ending, Fate, Raw},
};

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::eventually,
};

fn stalls_after(text: &str) -> Raw {
    let chunk = json!({
        "id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m",
        "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }],
    });
    Raw::events([chunk]).ending(Ending::Stall)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_waits_outlives_a_restart_and_can_be_sent() {
    let (mut app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    app.stop().await;
    let app = app.start_again().await;
    // The session is stored too: nobody has to sign in again, and whoever does finds the same.
    assert_eq!(ada.cards(&asked.conversation).await, screen.cards());
    let ada = app.signed_in(&cast::ada()).await;
    assert!(ada.get("/conversations").await.text(".lines .chip").contains("1 draft waiting"));
    // Who follows the turn is told that it waits, and not that something goes on.
    assert_eq!(ada.follow_until(&asked.turn, |screen| !screen.state.is_empty()).await.state, "waiting");
    let card = ada.cards(&asked.conversation).await.remove(0);
    ada.decide(&card, "send", &[("subject", "After the restart")]).await.with(200);
    assert_eq!(app.accepted().len(), 1);
    assert_eq!(ada.follow_to_the_end(&asked.turn).await.state, "done");
    assert!(app.last_question().contains("After the restart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_down_keeps_the_part_and_closes_the_models_stream() {
    let (mut app, ada, _grace) = school_day().await;
    app.mind.push(stalls_after("Half an answer"));
    let asked = ada.ask("Tell me").await;
    ada.follow_until(&asked.turn, |screen| screen.text().contains("Half an answer")).await;
    app.stop().await;
    assert_eq!(app.asked()[0].fate(), Fate::Abandoned);
    let _app = app.start_again().await;
    assert_eq!(ada.page(&asked.conversation).await.text(".answer"), "Half an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_on_its_way_when_the_power_failed_is_unknown_and_is_not_sent_again() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let gate = Gate::default();
    app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Accept).then(Effect::Until(gate.clone())));
    let (tab, card) = (ada.clone(), screen.cards().remove(0));
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    eventually("Google has it", || app.accepted().len() == 1).await;

    let reborn = app.after_a_power_cut().await;
    let page = ada.moved_to(&reborn.base).page(&asked.conversation).await;
    assert!(page.text(".receipt").contains("may have been sent"), "{}", page.text(".receipt"));
    assert!(page.cards().is_empty());
    assert_eq!(app.sandbox.log().count(Route::GmailSend), 1);
    gate.open();
    click.await.unwrap().with(200);
    assert_eq!(app.accepted().len(), 1);
}
