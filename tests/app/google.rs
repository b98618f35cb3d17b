//! The teacher's Google account: missing, taken back, signed out over there.
//! A draft waits through all of it.

use std::sync::Arc;

use jiff::SignedDuration;
use teachers_aide::{
    clock::HeldClock,
    sandbox::{
        Setup,
        faults::{Effect, Fault, Route},
    },
};

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::{Browser, Card, TestApp, Wanted},
};

/// Longer than any Google token lasts; the teacher is at work meanwhile.
async fn an_hour_at_work(clock: &Arc<HeldClock>, teacher: &Browser) {
    for _ in 0..2 {
        clock.advance(SignedDuration::from_mins(35));
        teacher.get("/classes").await.with(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_google_connection_connects_it_and_comes_back_to_the_same_draft() {
    let setup = Setup { vault_at_login: false, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    assert!(screen.cards().is_empty(), "nothing can be approved before it can be sent");
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.text(".card h3"), "Connect Google");
    assert!(page.text(".card .allows").contains("Send mail from your address"));

    let back = ada.connect(&page.attrs(".card a.primary", "href")[0]).await;
    back.leads_to(&format!("/chat/{}#turn-{}", asked.conversation, asked.turn));
    assert_eq!(app.sandbox.log().of(Route::Authorize).len(), 2, "she did not sign in once more");

    let card = ada.follow_to_a_draft(&asked.turn).await;
    assert_eq!(card.subject, "Hello");
    assert_eq!(app.asked().len(), 1, "the same call went on: the model was not asked again");
    assert!(!ada.page(&asked.conversation).await.has(".card"), "the card that asked has gone");
    assert_eq!(ada.decide(&card, "send", &[]).await.with(200).json()["state"], "sent");
    assert_eq!(app.accepted().len(), 1);
    assert_eq!(ada.follow_to_the_end(&asked.turn).await.state, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_no_at_google_keeps_the_card_and_nothing_is_sent() {
    let setup = Setup { vault_at_login: false, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (asked, _) = ada.hear("Write to Mateo").await;
    let page = ada.page(&asked.conversation).await;
    let away = ada.get(&page.attrs(".card a.primary", "href")[0]).await.with(303);
    let told = ada.connect_at(away.location(), "decline", |_| true).await.with(403);
    assert_eq!(told.text("h1"), "You did not connect Google");
    assert!(told.text(".message").contains("nothing was changed"));
    assert_eq!(told.attrs(".message a", "href"), [format!("/chat/{}#turn-{}", asked.conversation, asked.turn)]);
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.text(".card h3"), "Connect Google", "she is still signed in, and can still connect");
    assert!(app.accepted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_teacher_who_comes_back_from_google_does_not_take_up_adas_turn() {
    let setup = Setup { vault_at_login: false, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (asked, _) = ada.hear("Write to Mateo").await;
    let door = format!("/connections/google/connect?turn={}", asked.turn);
    // Her refresh token is gone, so that the way leads through a sign-in, and there sits Grace.
    app.sandbox.auth0().revoke_all(&cast::ada().subject);
    ada.copied().sign_in(&door, &cast::grace()).await.leads_to("/chat");
    assert_eq!(app.sandbox.log().count(Route::Connect), 0, "nothing is connected for Grace in Ada's name");
    let again = app.signed_in(&cast::ada()).await;
    assert!(again.page(&asked.conversation).await.has(".card"), "it still waits for Ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_signed_out_over_there_signs_in_again_and_the_turn_goes_on() {
    let (app, ada, _grace) = school_day().await;
    app.sandbox.auth0().revoke_all(&cast::ada().subject);
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    assert!(screen.cards().is_empty());
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.text(".card h3"), "Sign in again");
    ada.sign_in(&page.attrs(".card a.primary", "href")[0], &cast::ada()).await.with(303);
    let card = ada.follow_to_a_draft(&asked.turn).await;
    ada.decide(&card, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_taken_back_at_google_asks_for_consent_and_keeps_the_draft() {
    let (app, clock) = TestApp::start_held().await;
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    an_hour_at_work(&clock, &ada).await;
    app.sandbox.auth0().google_revoked(&cast::ada().subject);
    // Without a script the page comes back with the way to Google's consent.
    let form = ada.page(&asked.conversation).await.form("form.letter").fill("decision", "send");
    let back = ada.submit(&form.fill("body", "Dear Mateo, corrected.")).await.with(409);
    assert!(back.text(".letter .fault").contains("Nothing was sent"), "{}", back.body);
    let door = back.attrs("a[href^='/connections/google/connect']", "href").remove(0);
    assert_eq!(door, format!("/connections/google/connect?turn={}", asked.turn));
    ada.connect(&door).await.with(303);
    let card = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!((card.body.as_str(), screen.cards().len()), ("Dear Mateo, corrected.", 1));
    ada.decide(&card, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_may_have_been_sent_is_never_called_not_sent_when_it_is_written_again() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Please look.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    app.sandbox.faults().add(Fault::on(Route::GmailSend).times(1).then(Effect::Accept).then(Effect::Reset));
    let told = ada.decide(&screen.cards()[0], "send", &[]).await.with(200).json();
    ada.decide(&card_of(&told), "again", &[]).await.with(200);
    let page = ada.page(&asked.conversation).await;
    let receipt = page.text(".receipt");
    assert!(receipt.contains("it may have been sent at") && !receipt.contains("nothing was sent"), "{receipt}");
    ada.decide(&page.cards()[0], "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 2, "a second yes is a second mail, and the teacher was told");
}

/// The draft that a decision's answer is about, for the next decision.
fn card_of(told: &serde_json::Value) -> Card {
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    Card { id: text("approval_id"), hash: text("hash"), ..Card::default() }
}
