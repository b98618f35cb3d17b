//! Rows 14 to 18: there is no token for the mail. Nothing is claimed, the
//! draft waits with its corrections, and the card says what to do.

use std::time::Duration;

use teachers_aide::{
    clock::Patience,
    sandbox::{
        auth0::Flaw,
        faults::{Answer, Effect, Fault, Route},
        log::Ending,
    },
};

use super::{a_draft, an_hour_at_work, held, with_patience, words};
use crate::{
    cast::{self, MATEO, mail_to},
    harness::{TestApp, eventually},
};

const USUAL: fn() -> Patience = Patience::default;

/// The draft waits, nothing was begun, and Google was not asked.
async fn nothing_was_begun(app: &TestApp) {
    assert_eq!(app.draft_states().await, ["proposed"]);
    assert_eq!((app.sandbox.log().count(Route::GmailSend), app.accepted().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_14_a_vault_without_the_account_asks_to_connect_and_the_draft_waits() {
    let (app, ada, clock) = held(USUAL()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    an_hour_at_work(&clock, &ada).await;
    app.sandbox.auth0().forget_google(&cast::ada().subject);
    let told = ada.decide(&card, "send", &[("subject", "Corrected")]).await.with(409);
    assert!(words(&told).contains("not connected") && words(&told).contains("Nothing was sent"));
    assert!(told.json()["parts"].to_string().contains("Connect Google"), "{}", told.body);
    nothing_was_begun(&app).await;
    let door = format!("/auth/login?consent=1&turn={}", asked.turn);
    ada.sign_in(&door, &cast::ada()).await.with(303);
    let card = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!(card.subject, "Corrected");
    ada.decide(&card, "send", &[]).await.with(200);
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["sent".to_owned()], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_15_a_permission_that_is_missing_is_asked_for_and_the_draft_waits() {
    let (app, ada, clock) = held(USUAL()).await;
    let (_, card) = a_draft(&app, &ada).await;
    an_hour_at_work(&clock, &ada).await;
    app.sandbox.auth0().narrow_google(&cast::ada().subject, &[]);
    let told = ada.decide(&card, "send", &[]).await.with(409);
    let parts = told.json()["parts"].to_string();
    assert!(parts.contains("One permission is missing") && parts.contains("Send mail from your address"), "{parts}");
    assert!(words(&told).contains("Nothing was sent"), "{}", told.body);
    nothing_was_begun(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_16_a_refresh_token_that_was_taken_back_is_forgotten_and_the_draft_keeps_its_corrections() {
    let (app, ada, clock) = held(USUAL()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    an_hour_at_work(&clock, &ada).await;
    app.sandbox.auth0().revoke_all(&cast::ada().subject);
    assert_eq!(app.kept_refresh_tokens().await, 1);

    let told = ada.decide(&card, "send", &[("subject", "Corrected")]).await.with(409);
    assert!(words(&told).contains("Sign in again"), "{}", told.body);
    assert!(told.json()["parts"].to_string().contains("Sign in again"), "the card comes with the answer");
    nothing_was_begun(&app).await;
    assert_eq!(app.kept_refresh_tokens().await, 0, "a dead token is not kept, nor asked with again");

    let door = format!("/auth/login?turn={}", asked.turn);
    ada.sign_in(&door, &cast::ada()).await.leads_to(&format!("/chat/{}#turn-{}", asked.conversation, asked.turn));
    let card = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!(card.subject, "Corrected");
    ada.decide(&card, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1);
    assert_eq!(ada.follow_to_the_end(&asked.turn).await.state, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_17_a_vault_that_does_not_answer_well_keeps_the_draft_for_another_try() {
    let page = Answer::status(502).body("text/html", "<h1>Bad gateway</h1>");
    let answers = [
        ("busy", Effect::Answer(Answer::status(429).header("retry-after", "7"))),
        ("broken", Effect::Answer(Answer::status(503))),
        ("a page of a gateway", Effect::Answer(page)),
        ("a page that says 200", Effect::Answer(Answer::status(200).body("text/html", "<h1>Hello</h1>"))),
        ("hung up", Effect::HangUp),
        ("reset", Effect::Reset),
        ("silent", Effect::Stall),
    ];
    let (app, ada, clock) = held(Patience { vault: Duration::from_secs(2), ..USUAL() }).await;
    let (_, card) = a_draft(&app, &ada).await;
    an_hour_at_work(&clock, &ada).await;
    for (how, effect) in answers {
        app.sandbox.faults().add(Fault::on(Route::Exchange).then(effect));
        let told = ada.decide(&card, "send", &[]).await.with(503);
        assert!(words(&told).contains("could not be reached. Nothing was sent"), "{how}: {}", told.body);
        nothing_was_begun(&app).await;
        app.sandbox.faults().clear();
    }
    assert_eq!(ada.decide(&card, "send", &[]).await.with(200).json()["state"], "sent");
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["sent".to_owned()], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_18_a_token_that_had_run_out_when_it_came_sends_nothing() {
    let (app, ada, clock) = held(USUAL()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    an_hour_at_work(&clock, &ada).await;
    app.sandbox.auth0().misbehave(Flaw::VaultGivesExpiredToken);
    let told = ada.decide(&card, "send", &[]).await.with(200).json();
    assert_eq!(told["state"], "failed", "{told}");
    assert!(ada.page(&asked.conversation).await.text(".receipt").contains("Nothing was sent"));
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["failed".to_owned()], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_18_a_token_of_another_teachers_is_refused_and_told_to_the_operator() {
    let (app, ada, clock) = held(USUAL()).await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let card = ada.hear("Write to Mateo").await.1.cards().remove(0);
    an_hour_at_work(&clock, &ada).await;
    // Grace has a token of her own in use.
    let grace = app.signed_in(&cast::grace()).await;
    app.mind.calls([mail_to(cast::OLENA, "Hello", "Dear Olena")]);
    assert_eq!(grace.hear("Write to Olena").await.1.cards().len(), 1);
    app.sandbox.auth0().misbehave(Flaw::VaultGivesAnothersToken);
    let told = ada.decide(&card, "send", &[]).await.with(503);
    assert!(words(&told).contains("Nothing was sent") && words(&told).contains("reference"), "{}", told.body);
    assert_eq!((app.sandbox.log().count(Route::GmailSend), app.accepted().len()), (0, 0));
    assert_eq!(app.draft_states().await, ["proposed", "proposed"]);
    app.sandbox.auth0().behave();
    ada.decide(&card, "send", &[]).await.with(200);
    assert_eq!(app.accepted()[0].owner, "ada@school.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_is_heard_while_the_vault_is_asked() {
    let (app, ada) = with_patience(USUAL()).await;
    app.sandbox.faults().add(Fault::on(Route::Exchange).then(Effect::Stall));
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let asked = ada.ask("Write to Mateo").await;
    let exchanges = || app.sandbox.log().of(Route::Exchange);
    eventually("the vault is asked", || exchanges().len() == 1).await;
    ada.post(&format!("/turns/{}/stop", asked.turn), &[]).await.with(200);
    // The vault itself would be waited for much longer than this.
    eventually("the exchange is given up", || exchanges()[0].ending == Ending::Broken).await;
    assert_eq!(ada.follow_to_the_end(&asked.turn).await.state, "stopped");
    let row = app.turn_row(&asked.turn).await;
    assert_eq!((row.status.as_str(), row.ending.as_str()), ("ended", "stopped"));
    assert!(app.draft_rows().await.is_empty());
    assert_eq!(exchanges().len(), 1);
    app.mind.says("Yes?");
    assert_eq!(ada.follow(&ada.ask_in(&asked.conversation, "Something else").await.turn).await.state, "done");
}
