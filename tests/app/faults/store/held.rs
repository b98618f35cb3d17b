//! Row 37: another process holds the database's lock.

use std::{path::Path, time::Duration};

use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use teachers_aide::sandbox::model::{Ending, Raw};

use crate::{
    cast::{MATEO, mail_to, school_day},
    faults::chunk,
    harness::{Doubt, in_time},
};

/// Another process that holds the database's write lock.
async fn somebody_else(database: &Path) -> SqliteConnection {
    let mut other = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn row_37_a_database_that_another_process_holds_for_a_moment_makes_a_message_slow_and_no_more() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("All well.");
    let other = somebody_else(&app.database_file()).await;
    let tab = ada.clone();
    let asking = tokio::spawn(async move { tab.ask("How is the class?").await });
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!asking.is_finished(), "nothing is acknowledged that is not stored");
    other.close().await.unwrap();
    let asked = asking.await.unwrap();
    assert_eq!(ada.follow(&asked.turn).await.text(), "All well.");
    app.findings(Doubt::None).await.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_37_a_database_that_another_process_keeps_is_told_with_a_time_to_come_back() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let other = somebody_else(&app.database_file()).await;
    let (card, words) = (screen.cards().remove(0), [("words", "Are you there?")]);
    let (message, click) = tokio::join!(ada.post("/chat", &words), ada.decide(&card, "send", &[]));
    for answer in [message, click] {
        let told = answer.with(503);
        assert_eq!(told.header("retry-after"), "5");
        let words = told.json()["error"]["words"].as_str().unwrap().to_owned();
        assert!(words.contains("nothing was sent") && words.contains("busy"), "{words}");
    }
    // What is there can be read meanwhile.
    ada.page(&asked.conversation).await;
    other.close().await.unwrap();
    assert!(app.accepted().is_empty());
    assert_eq!(app.findings(Doubt::None).await.count("proposed"), 1, "nothing is half written");
    assert!(!ada.get("/conversations").await.with(200).body.contains("Are you there?"));
    ada.decide(&card, "send", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    app.findings(Doubt::None).await.none();
}

/// What was said yes to happens, whoever waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_goes_away_while_its_turn_is_being_stored_leaves_no_turn_that_nobody_drives() {
    let (app, ada, _grace) = school_day().await;
    app.mind.push(Raw::events([chunk("Half an answer")]).ending(Ending::Cut));
    let (asked, _) = ada.hear("Tell me").await;
    let again = ada.page(&asked.conversation).await.form(".notice form").action;
    app.mind.says("and the rest.").says("Hello.");
    for (path, words, done) in [(again.as_str(), None, 1), ("/chat", Some("Are you there?"), 2)] {
        let other = somebody_else(&app.database_file()).await;
        let fields: Vec<_> = words.map(|words| ("words", words)).into_iter().collect();
        let gone = tokio::time::timeout(Duration::from_secs(1), ada.post(path, &fields)).await;
        assert!(gone.is_err(), "nothing is acknowledged that is not stored");
        // The server hears of it.
        tokio::time::sleep(Duration::from_millis(200)).await;
        other.close().await.unwrap();
        let ended = async || app.turn_rows().await.iter().filter(|row| row.ending == "done").count();
        in_time("it is answered all the same", async || ended().await == done).await;
    }
    app.findings(Doubt::None).await.none();
}

/// Each was on its way before either was stored, and the first is answered before
/// anybody looks again.
#[tokio::test(flavor = "multi_thread")]
async fn words_from_two_tabs_at_once_on_another_way_follow_one_another() {
    for _ in 0..10 {
        let (app, ada, _grace) = school_day().await;
        app.mind.says("A poor answer.").says("A better answer.").says("Yes.").says("Well.");
        let (first, _) = ada.hear("A question").await;
        let page = ada.page(&first.conversation).await;
        ada.submit(&page.form(&format!("form[action='/turns/{}/again']", first.turn))).await.with(303);
        in_time("it is answered", async || app.turn_rows().await.iter().all(|row| row.ending == "done")).await;

        let other = somebody_else(&app.database_file()).await;
        let say = async |words| {
            let fields = [("words", words), ("through", first.turn.as_str())];
            ada.post(&format!("/chat/{}", first.conversation), &fields).await.status
        };
        let let_go = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            other.close().await.unwrap();
        };
        let (one, two, ()) = tokio::join!(say("One"), say("Two"), let_go);
        in_time("all is answered", async || app.turn_rows().await.iter().all(|row| row.ending == "done")).await;
        if (one, two) == (200, 200) {
            let said = ada.page(&first.conversation).await.texts(".said p");
            assert_eq!(said.len(), 3, "nothing that was taken is out of sight: {said:?}");
            return;
        }
    }
    panic!("one was in the other's way each time");
}
