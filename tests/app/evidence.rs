//! What an answer rests on, and the line that says what was not sent: both from
//! what is stored, whatever the model claims.

use serde_json::json;

use crate::{
    cast::{JAMES, MATEO, NOBODY, mail_to, school_day},
    harness::Browser,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_opens_to_what_was_asked_the_rows_and_the_time() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([("list_students", json!({ "class_id": "c-01" }))]).says("Three students.");
    let (asked, screen) = ada.hear("Who is in Algebra?").await;
    for html in [screen.html(), ada.page(&asked.conversation).await.body] {
        let facts = crate::harness::texts(&html, ".did .facts div");
        assert!(facts.contains(&"Tool list_students".to_owned()), "{facts:?}");
        assert!(facts.contains(&"Class id c-01".to_owned()), "{facts:?}");
        assert!(facts.iter().any(|fact| fact.starts_with("Time taken")), "{facts:?}");
        let rows = crate::harness::texts(&html, ".did .sheet tbody tr");
        assert_eq!(rows.len(), 3, "{rows:?}");
        assert!(rows.iter().any(|row| row.contains("Mateo Nguyen")), "{rows:?}");
        assert!(!html.contains("Olena"), "nothing of another teacher's");
    }
}

/// The line at the end of the last turn, if there is one.
async fn line(browser: &Browser, conversation: &str) -> String {
    browser.page(conversation).await.text("[data-key=unsent]")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_something_was_sent_stands_above_the_line_that_nothing_was() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo"), mail_to(JAMES, "Hello", "Dear James")]);
    let (asked, screen) = ada.hear("Write to Mateo and James").await;
    assert_eq!(line(&ada, &asked.conversation).await, "", "while the turn waits the cards say it");
    app.mind.says("I have sent both mails.");
    let more = ada.ask_in(&asked.conversation, "Thanks, are they out?").await;
    ada.follow(&more.turn).await;
    let told = line(&ada, &asked.conversation).await;
    assert_eq!(told, "Nothing was sent2 drafts wait for your decision.");
    assert!(!ada.page(&asked.conversation).await.has(".stamp"), "no receipt comes of words");

    // The line keeps step with the decisions, on the page as it is and after a reload.
    let cards = screen.cards();
    let sent = ada.decide(&cards[0], "send", &[]).await.with(200).json();
    let now = sent["parts"].to_string();
    assert!(now.contains("1 of 2 was sent") && now.contains("1 draft waits for your decision."), "{now}");
    assert_eq!(line(&ada, &asked.conversation).await, "1 of 2 was sent1 draft waits for your decision.");
    let gone = ada.decide(&cards[1], "discard", &[]).await.with(200).json();
    assert_eq!(gone["parts"][0], json!({ "key": "unsent", "html": "" }), "{gone}");
    assert_eq!(line(&ada, &asked.conversation).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_could_not_even_be_drafted_is_not_called_sent() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(NOBODY, "Hello", "Dear nobody")]).says("Done, I have sent it.");
    let (asked, _) = ada.hear("Write to my new student").await;
    assert_eq!(line(&ada, &asked.conversation).await, "Nothing was sentNo draft was made.");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tells_the_truth_is_not_warned_about() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("It has left.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    assert_eq!(line(&ada, &asked.conversation).await, "");
    app.mind.says("I sent nothing, and I have sent everything.");
    let (words, _) = ada.hear("What did you do?").await;
    assert_eq!(line(&ada, &words.conversation).await, "", "words alone are never judged");
    // One that was refused and then put right is one mail.
    app.mind
        .calls([mail_to(NOBODY, "Hello", "Dear Mateo")])
        .calls([mail_to(MATEO, "Hello", "Dear Mateo")])
        .says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    assert_eq!(line(&ada, &asked.conversation).await, "");
}
