//! Row 37: another process holds the database's lock.

use std::{path::Path, time::Duration};

use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{
    cast::{MATEO, mail_to, school_day},
    harness::Doubt,
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
