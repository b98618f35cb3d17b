//! Decisions that come late, twice, or from another tab.

use std::sync::Arc;

use teachers_aide::sandbox::faults::{Effect, Fault, Gate, Route};

use crate::{
    cast::{JAMES, MATEO, mail_to, school_day},
    harness::eventually,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_new_message_sets_waiting_drafts_aside_and_a_late_yes_still_sends() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "One", "Dear Mateo"), mail_to(JAMES, "Two", "Dear James")]);
    let (asked, screen) = ada.hear("Write to both").await;
    app.mind.says("Algebra I goes well.");
    let second = ada.ask_in(&asked.conversation, "And how is the class?").await;
    assert_eq!(ada.follow(&second.turn).await.text(), "Algebra I goes well.");
    assert!(
        app.last_question().contains("The teacher has not decided yet. Nothing was sent."),
        "{}",
        app.last_question()
    );

    // The cards are still there, and do what they say.
    let cards = ada.cards(&asked.conversation).await;
    assert_eq!(cards, screen.cards());
    ada.decide(&cards[0], "send", &[]).await.with(200);
    ada.decide(&cards[0], "send", &[]).await.with(200);
    ada.decide(&cards[1], "discard", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1);
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.texts(".receipt").len(), 2, "{}", page.body);
    assert_eq!(app.asked().len(), 2, "the old turn does not go on");

    // The model learns of it with the next question.
    app.mind.says("Good.");
    let noted = || async {
        let third = ada.ask_in(&asked.conversation, "Fine").await;
        ada.follow(&third.turn).await;
        app.last_question()
    };
    let told = noted().await;
    assert!(told.contains("approved it, and it was sent") && told.contains("discarded it"), "{told}");
    assert_eq!(told.matches("and it was sent").count(), 1, "a second click is no second mail: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_goes_away_in_the_middle_of_a_send_does_not_cut_it() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let gate = Gate::default();
    app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Until(gate.clone())));
    let card = screen.cards().remove(0);
    let (tab, going) = (ada.clone(), card.clone());
    let click = tokio::spawn(async move { tab.decide(&going, "send", &[]).await });
    let google = Arc::clone(&app.sandbox);
    eventually("the mail is on its way", move || google.log().count(Route::GmailSend) == 1).await;
    click.abort();
    // It is gone before Google says anything.
    assert!(click.await.unwrap_err().is_cancelled());
    gate.open();
    eventually("the mail has left", || app.accepted().len() == 1).await;
    assert_eq!(ada.follow_to_the_end(&asked.turn).await.state, "done");
    assert!(ada.page(&asked.conversation).await.has(".receipt .stamp"), "the receipt is there all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_is_never_told_that_a_mail_on_its_way_was_not_sent() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "One", "Dear Mateo"), mail_to(JAMES, "Two", "Dear James")]);
    let (asked, screen) = ada.hear("Write to both").await;
    // Google takes its time over the first mail, and the teacher goes on meanwhile.
    let gate = Gate::default();
    app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Until(gate.clone())));
    let (tab, card) = (ada.clone(), screen.cards().remove(0));
    let sending = tokio::spawn(async move { tab.decide(&card, "send", &[]).await.with(200) });
    eventually("the mail is on its way", || app.sandbox.log().count(Route::GmailSend) == 1).await;
    app.mind.says("All well.");
    let next = ada.ask_in(&asked.conversation, "And the class?").await;
    ada.follow(&next.turn).await;
    let told = app.last_question();
    assert!(told.contains("on_its_way"), "{told}");
    gate.open();
    assert_eq!(told.matches("Nothing was sent. The draft still waits").count(), 1, "of the other one: {told}");
    sending.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn other_words_under_the_same_client_id_are_another_message() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("One.").says("Two.");
    let post = |words: &'static str| [("words", words), ("client_id", "the-same-client-id")];
    let first = ada.post("/chat", &post("First")).await.with(200).json();
    let second = ada.post("/chat", &post("Second, written anew")).await.with(200).json();
    assert_ne!(first["turn"], second["turn"]);
    let again = ada.post("/chat", &post("First")).await.with(200).json();
    assert_eq!(first["turn"], again["turn"]);
}
