//! Rows 52 to 55: the school changes, the clock jumps, the identity provider
//! changes its keys or is gone.

use jiff::SignedDuration;
use serde_json::Value;
use teachers_aide::{
    clock::Patience,
    sandbox::faults::{Effect, Fault, Gate, Route},
};

use super::{a_draft, an_hour_at_work, card_of, held, with_patience, words};
use crate::{
    cast::{self, MATEO},
    harness::{Answer, Browser, TestApp, eventually},
};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

async fn change_address(teacher: &Browser, email: &str) {
    let page = teacher.get(&format!("/students/{MATEO}")).await.with(200);
    teacher.submit(&page.form(".address form").fill("email", email)).await.with(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_52_a_draft_from_before_a_changed_address_is_not_sent_but_shown_again() {
    let (app, ada) = with_patience(Patience::default()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    change_address(&ada, "mateo@home.example").await;
    let told = ada.decide(&card, "send", &[]).await.with(409);
    assert!(words(&told).contains("changed since it was shown"), "{}", told.body);
    let rows = app.draft_rows().await;
    assert_eq!((rows[0].state.as_str(), rows[0].revision, app.accepted().len()), ("proposed", 2, 0));
    let now = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!(now.to, "Mateo Nguyen · mateo@home.example");
    ada.decide(&now, "send", &[]).await.with(200);
    assert_eq!(app.accepted()[0].recipients, ["mateo@home.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_52_an_address_that_changes_between_the_yes_and_the_send_stops_the_send() {
    let (app, ada, clock) = held(Patience::default()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    an_hour_at_work(&clock, &ada).await;
    let gate = Gate::default();
    app.sandbox.faults().add(Fault::on(Route::Exchange).then(Effect::Until(gate.clone())));
    let before = app.sandbox.log().count(Route::Exchange);
    let tab = ada.clone();
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    eventually("the yes is given, and the vault is asked", || app.sandbox.log().count(Route::Exchange) > before).await;
    assert_eq!(app.draft_states().await, ["approved"]);
    change_address(&ada, "mateo@home.example").await;
    gate.open();
    let told = click.await.unwrap().with(409);
    assert!(words(&told).contains("changed since it was shown"), "{}", told.body);
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["proposed".to_owned()], 0));
    let now = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!(now.to, "Mateo Nguyen · mateo@home.example");
    ada.decide(&now, "send", &[]).await.with(200);
    assert_eq!(app.accepted()[0].recipients, ["mateo@home.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_52_a_draft_to_a_student_who_has_left_is_not_sent() {
    let (mut app, ada) = with_patience(Patience::default()).await;
    let (_, card) = a_draft(&app, &ada).await;
    app.stop().await;
    let mut school = cast::school();
    let keep = |list: &mut Value, key: &str| list.as_array_mut().unwrap().retain(|entry| entry[key] != MATEO);
    keep(&mut school["students"], "id");
    keep(&mut school["classes"][0]["roster"], "student");
    let app = app.start_again_with_school(&school).await;
    let told = ada.decide(&card, "send", &[]).await.with(422);
    assert!(words(&told).contains("no longer in any of your classes. Nothing was sent"), "{}", told.body);
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["proposed".to_owned()], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_53_a_clock_that_is_set_a_little_or_an_hour_back_signs_nobody_out() {
    let (app, ada, clock) = held(Patience::default()).await;
    let grace = app.signed_in(&cast::grace()).await;
    for jump in [50, -100, 50, -3_600, 3_600 + 50] {
        clock.advance(SignedDuration::from_secs(jump));
        ada.get("/chat").await.with(200);
        grace.get("/chat").await.with(200);
    }
    // Left alone for an hour they end, as they should; neither sooner nor later.
    clock.advance(MINUTE * 54);
    ada.get("/chat").await.with(200);
    clock.advance(MINUTE * 61);
    ada.get("/chat").await.leads_to("/");
    grace.get("/chat").await.leads_to("/");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_53_turns_and_drafts_stand_in_the_order_in_which_they_came_whatever_the_clock_said() {
    let (app, ada, clock) = held(Patience::default()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    let refusal = teachers_aide::sandbox::faults::Answer::status(400);
    app.sandbox.faults().add(Fault::on(Route::GmailSend).times(1).then(Effect::Answer(refusal)));
    let told = ada.decide(&card, "send", &[]).await.with(200).json();
    ada.follow_to_the_end(&asked.turn).await;
    clock.advance(MINUTE * -60);
    ada.decide(&card_of(&told), "again", &[]).await.with(200);
    app.mind.says("Later, and earlier.");
    let second = ada.ask_in(&asked.conversation, "And the class?").await;
    ada.follow_to_the_end(&second.turn).await;

    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.texts(".said p"), ["Write to Mateo", "And the class?"]);
    let places: Vec<_> = page.attrs(".receipt, .letter", "class");
    assert!(places.len() == 2 && places[0].contains("receipt") && places[1].contains("letter"), "{places:?}");
    assert_eq!(app.turn_rows().await.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2]);
    // What ended by the clock before the jump still does what it says.
    let again = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!(ada.decide(&again, "send", &[]).await.with(200).json()["state"], "sent");
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_53_a_token_that_a_jump_of_the_clock_ended_is_exchanged_anew() {
    let (app, ada, clock) = held(Patience::default()).await;
    let (_, card) = a_draft(&app, &ada).await;
    let before = app.sandbox.log().count(Route::Exchange);
    // One jump over the token's end, and no longer than a session may be left alone.
    clock.advance(MINUTE * 59 + SignedDuration::from_secs(30));
    assert_eq!(ada.decide(&card, "send", &[]).await.with(200).json()["state"], "sent");
    assert_eq!(app.sandbox.log().count(Route::Exchange) - before, 1, "the remembered one had a minute left at most");
    assert_eq!(app.accepted().len(), 1);
}

/// Signing in fails with words, and whoever is in goes on.
async fn the_door_is_shut_and_the_house_is_warm(app: &TestApp, ada: &Browser, page: Answer) {
    let page = page.with(503);
    assert_eq!(page.text("h1"), "The sign-in service does not answer");
    assert!(page.text(".message").contains("nothing is lost"), "{}", page.body);
    app.mind.says("All is well.");
    assert_eq!(ada.hear("How is the class?").await.1.state, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_54_who_signs_in_after_the_provider_changed_its_keys_gets_in() {
    let (app, ada, clock) = held(Patience::default()).await;
    app.sandbox.auth0().rotate_key();
    app.signed_in(&cast::grace()).await.get("/chat").await.with(200);
    clock.advance(MINUTE * 2);
    app.sandbox.auth0().rotate_key();
    app.sandbox.auth0().withdraw_old_keys();
    app.signed_in(&cast::grace()).await.get("/chat").await.with(200);
    ada.get("/chat").await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_54_while_the_keys_cannot_be_read_nobody_new_gets_in_and_the_others_go_on() {
    let (app, ada, clock) = held(Patience::default()).await;
    app.sandbox.auth0().rotate_key();
    for effect in [Effect::HangUp, Effect::Answer(teachers_aide::sandbox::faults::Answer::status(500))] {
        clock.advance(MINUTE * 2);
        app.sandbox.faults().add(Fault::on(Route::Jwks).then(effect));
        let page = app.browser().sign_in("/auth/login", &cast::grace()).await;
        the_door_is_shut_and_the_house_is_warm(&app, &ada, page).await;
        app.sandbox.faults().clear();
    }
    clock.advance(MINUTE * 2);
    app.signed_in(&cast::grace()).await.get("/chat").await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_55_while_auth0_is_gone_the_remembered_token_sends_until_it_ends() {
    let (mut app, ada, clock) = held(Patience::default()).await;
    let (_, first) = a_draft(&app, &ada).await;
    app.sandbox.faults().add(Fault::on_path(None, "/auth0/").then(Effect::HangUp));
    clock.advance(MINUTE * 10);
    assert_eq!(ada.decide(&first, "send", &[]).await.with(200).json()["state"], "sent");
    let (asked, second) = a_draft(&app, &ada).await;
    clock.advance(MINUTE * 20);
    app.mind.says("All is well.");
    assert_eq!(ada.hear("How is the class?").await.1.state, "done");
    clock.advance(MINUTE * 40);
    let told = ada.decide(&second, "send", &[]).await.with(503);
    assert!(words(&told).contains("could not be reached. Nothing was sent"), "{}", told.body);
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["sent".to_owned(), "proposed".to_owned()], 1));

    // Even a server that starts meanwhile serves who was signed in.
    app.stop().await;
    let app = app.start_again().await;
    let page = app.browser().get("/auth/login").await;
    the_door_is_shut_and_the_house_is_warm(&app, &ada, page).await;

    app.sandbox.faults().clear();
    app.signed_in(&cast::grace()).await.get("/chat").await.with(200);
    let waiting = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!(ada.decide(&waiting, "send", &[]).await.with(200).json()["state"], "sent");
    assert_eq!(app.accepted().len(), 2);
}
