//! What a yes is bound to: these bytes, this card, this quarter of an hour.

use jiff::SignedDuration;
use mail_parser::MessageParser;
use serde_json::{Value, json};
use sqlx::SqlitePool;
use teachers_aide::sandbox::faults::{Effect, Fault, Gate, Route};

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::{Browser, Card, TestApp, eventually},
};

/// A draft that waits, and the database behind it.
async fn waiting() -> (TestApp, Browser, Card, SqlitePool) {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Your work", "Dear Mateo,\ngo on.")]);
    let (_, screen) = ada.hear("Write to Mateo").await;
    let card = screen.cards().remove(0);
    let database = app.database().await;
    (app, ada, card, database)
}

async fn stored_plan(database: &SqlitePool, card: &Card) -> Value {
    let plan: String = sqlx::query_scalar("SELECT plan FROM approvals WHERE id = $1")
        .bind(&card.id)
        .fetch_one(database)
        .await
        .unwrap();
    serde_json::from_str(&plan).unwrap()
}

async fn store_plan(database: &SqlitePool, card: &Card, plan: &Value) {
    let sql = "UPDATE approvals SET plan = $1 WHERE id = $2";
    sqlx::query(sql).bind(plan.to_string()).bind(&card.id).execute(database).await.unwrap();
}

fn lines() -> String {
    (0..300).map(|n| format!("line {n}")).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_a_stored_mail_can_change_behind_the_card() {
    let (app, ada, card, database) = waiting().await;
    let plan = stored_plan(&database, &card).await;
    let raw = plan["mail"]["raw"].as_str().unwrap().to_owned();
    for at in (0..raw.len()).step_by(11) {
        let mut bytes = raw.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let mut flipped = plan.clone();
        flipped["mail"]["raw"] = json!(String::from_utf8(bytes).unwrap());
        store_plan(&database, &card, &flipped).await;
        let told = ada.decide(&card, "send", &[]).await;
        assert!([409, 500].contains(&told.status), "byte {at}: {told:?}");
    }
    assert_eq!(app.sandbox.log().count(Route::GmailSend), 0);
    store_plan(&database, &card, &plan).await;
    ada.decide(&card, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1, "the bytes that were shown still leave");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_moves_between_the_fields_of_a_stored_mail() {
    let (app, ada, card, database) = waiting().await;
    let plan = stored_plan(&database, &card).await;
    for (subject, body) in [("Your work\nDear Mateo,", "go on."), ("Your", "work\nDear Mateo,\ngo on.")] {
        let mut moved = plan.clone();
        moved["draft"]["subject"] = json!(subject);
        moved["draft"]["body"] = json!(body);
        store_plan(&database, &card, &moved).await;
        let told = ada.decide(&card, "send", &[]).await;
        assert!([409, 500].contains(&told.status), "{told:?}");
    }
    let mut other = plan.clone();
    other["student"] = json!("s-1002");
    store_plan(&database, &card, &other).await;
    ada.decide(&card, "send", &[]).await.with(409);
    assert_eq!(app.sandbox.log().count(Route::GmailSend), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tick_cannot_be_taken_off_behind_the_card() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "James does better.")]);
    let (_, screen) = ada.hear("Write to Mateo").await;
    let (card, database) = (screen.cards().remove(0), app.database().await);
    let sql = "UPDATE approvals SET caution = '{\"ticks\":[],\"alone\":false}' WHERE id = $1";
    sqlx::query(sql).bind(&card.id).execute(&database).await.unwrap();
    ada.decide_unticked(&card, "send", &[]).await.with(409);
    let now = ada.cards(&ada_conversation(&ada).await).await.remove(0);
    ada.decide_unticked(&now, "send", &[]).await.with(409);
    assert!(app.accepted().is_empty(), "it is looked at afresh at the click");
}

async fn ada_conversation(ada: &Browser) -> String {
    let link = ada.get("/conversations").await.attrs("a[href^='/chat/']", "href").remove(0);
    link.trim_start_matches("/chat/").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_yes_opens_no_newer_draft() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Your work", "Dear Mateo,\ngo on.")]);
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let (card, turn) = (screen.cards().remove(0), asked.turn);
    app.mind.says("As you wish.");
    ada.decide(&card, "discard", &[]).await.with(200);
    ada.follow_to_the_end(&turn).await;
    app.mind.calls([mail_to(MATEO, "Your work", "Dear Mateo,\ngo on.")]);
    let (_, screen) = ada.hear("Write to Mateo").await;
    let newer = screen.cards().remove(0);
    assert_eq!((&newer.subject, &newer.body), (&card.subject, &card.body));
    assert_ne!((&newer.id, &newer.hash), (&card.id, &card.hash));
    ada.decide(&card, "send", &[]).await;
    ada.decide(&Card { hash: card.hash.clone(), ..newer.clone() }, "send", &[]).await.with(409);
    ada.decide(&Card { id: card.id.clone(), ..newer }, "send", &[]).await;
    assert!(app.accepted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_that_waited_a_quarter_of_an_hour_for_its_key_is_asked_for_again() {
    let (app, clock) = TestApp::start_held().await;
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    // The key that was there when the draft was made runs out.
    clock.advance(SignedDuration::from_mins(40));
    ada.get("/classes").await;
    clock.advance(SignedDuration::from_mins(30));
    let gate = Gate::default();
    app.sandbox.faults().add(Fault::on(Route::Exchange).then(Effect::Until(gate.clone())));
    let before = app.sandbox.log().count(Route::Exchange);
    let (tab, card) = (ada.clone(), screen.cards().remove(0));
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    eventually("the key is on its way", || app.sandbox.log().count(Route::Exchange) > before).await;
    clock.advance(SignedDuration::from_mins(16));
    gate.open();
    let told = click.await.unwrap().with(503).json();
    assert!(told["error"]["words"].as_str().unwrap().contains("took too long"), "{told}");
    assert_eq!(app.sandbox.log().count(Route::GmailSend), 0);
    app.sandbox.faults().clear();
    let now = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!(now.state, "waiting");
    ada.decide(&now, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_card_shows_is_what_leaves_letter_by_letter() {
    let (app, ada, _grace) = school_day().await;
    let many = lines();
    for body in [
        "</textarea><script>alert(1)</script>",
        "&amp; &lt;b&gt; &#x202e; %0d%0aBcc: eve@evil.example",
        "first\n\n\n\nlast",
        "=20=3D= soft=\nbreak =?utf-8?q?x?=",
        ".\n..\n.\nQUIT",
        "From the start\nFrom: eve@evil.example\n\nTo: eve",
        "trailing blanks   \nand a tab\t\nend",
        "Zоë Lіma — “quotes” ½ 👩🏽‍🏫 ❤️ 漢字 عربي",
        "a very long line without an end ".repeat(60).trim_end(),
        &many,
    ] {
        app.mind.calls([mail_to(MATEO, "Hello", body)]).says("Sent.");
        let (asked, _) = ada.hear("Write to Mateo").await;
        let card = ada.cards(&asked.conversation).await.remove(0);
        assert_eq!(card.body, body);
        ada.decide(&card, "send", &[]).await.with(200);
        ada.follow_to_the_end(&asked.turn).await;
        let raw = app.accepted().pop().unwrap().raw;
        let sent = MessageParser::default().parse(&*raw).unwrap().body_text(0).unwrap().replace("\r\n", "\n");
        assert_eq!(sent.trim_end_matches('\n'), body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_button_stands_below_the_whole_of_a_long_mail() {
    let (app, ada, _grace) = school_day().await;
    let many = lines();
    app.mind.calls([mail_to(MATEO, "Hello", &many)]);
    let (asked, _) = ada.hear("Write to Mateo").await;
    let page = ada.page(&asked.conversation).await;
    let rows: usize = page.attrs(".letter textarea", "rows").remove(0).parse().unwrap();
    assert!(rows >= 300, "{rows} rows: nothing is hidden below the edge of its field");
    let (text, button) =
        (page.body.find("<textarea id=\"approval").unwrap(), page.body.find("value=\"send\"").unwrap());
    assert!(text < button);
}
