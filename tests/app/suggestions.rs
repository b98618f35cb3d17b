//! The questions that the blank page offers and that stand behind an answer: from
//! the teacher's own data, and each leads to an answer with something in it.

use std::{collections::BTreeSet, sync::Arc};

use teachers_aide::sandbox::{Person, model::DemoMind};

use crate::{
    cast,
    harness::{Browser, Demo, TestApp, Wanted},
};

/// Asks a question, and finds an answer that rests on rows. Says in which conversation.
async fn leads_somewhere(browser: &Browser, ask: &str) -> String {
    let (asked, screen) = browser.hear(ask).await;
    let page = browser.page(&asked.conversation).await;
    let found = page.texts(".did[data-state=done]").len();
    let failed = page.texts(".did[data-state=failed]");
    assert!(found > 0 && failed.is_empty(), "{ask}: {failed:?}\n{}", screen.text());
    let rows = page.texts(".evidence tbody tr").len() + page.texts(".evidence .facts div").len();
    assert!(rows > 3, "{ask} rests on nothing:\n{}", screen.text());
    let answered = !screen.text().trim().is_empty() || !screen.cards().is_empty() || page.has(".card");
    assert!(answered, "{ask} has no answer");
    for nothing in ["could not find", "no student", "no class", "Nobody", "which class", "Which class"] {
        assert!(!screen.text().contains(nothing), "{ask}: {}", screen.text());
    }
    asked.conversation
}

/// Asks every question that the page offers, and then every one that stands behind its answer.
async fn all_lead_somewhere(browser: &Browser) -> Vec<String> {
    let page = browser.get("/chat").await.with(200);
    let asks = page.texts("[data-asks] button");
    assert!((1..=4).contains(&asks.len()), "{asks:?}");
    let mut behind = BTreeSet::new();
    for ask in &asks {
        let conversation = leads_somewhere(browser, ask).await;
        let page = browser.page(&conversation).await;
        let next = page.texts(".onward button");
        // A draft that waits is what comes next.
        assert_eq!((1..=3).contains(&next.len()), page.cards().is_empty() && !page.has(".card"), "{ask}: {next:?}");
        assert!(!next.contains(ask), "{ask} is not asked twice");
        behind.extend(next);
    }
    for ask in &behind {
        leads_somewhere(browser, ask).await;
    }
    asks
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_that_the_demos_school_suggests_has_an_answer() {
    let demo = Demo::start().await;
    for person in Person::cast() {
        let browser = Browser::at(&demo.base);
        browser.sign_in("/auth/login", &person).await.with(303);
        let asks = all_lead_somewhere(&browser).await;
        assert!(asks.len() >= 3, "{}: {asks:?}", person.email);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_that_another_school_suggests_has_an_answer() {
    let wanted = Wanted { mind: Some(Arc::new(DemoMind::default())), ..Wanted::default() };
    let app = TestApp::start_with(wanted).await;
    let ada = app.signed_in(&cast::ada()).await;
    let asks = all_lead_somewhere(&ada).await;
    assert!(asks.iter().any(|ask| ask == "2 in Algebra I · 10B are at risk. Who, and what do they need?"), "{asks:?}");
    let grace = app.signed_in(&cast::grace()).await;
    let hers = all_lead_somewhere(&grace).await;
    assert!(!hers.iter().any(|ask| ask.contains("Algebra") || ask.contains("Mateo")), "{hers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_come_next_follows_from_what_was_looked_at() {
    let wanted = Wanted { mind: Some(Arc::new(DemoMind::default())), ..Wanted::default() };
    let app = TestApp::start_with(wanted).await;
    let ada = app.signed_in(&cast::ada()).await;
    let next = async |conversation: &str| ada.page(conversation).await.texts(".onward button");
    let (asked, screen) = ada.hear("How is Mateo doing?").await;
    let about_mateo = ["What does Mateo Nguyen need to pass?", "Write an encouraging mail to Mateo Nguyen"];
    assert_eq!(next(&asked.conversation).await[..2], about_mateo);
    assert!(screen.html().contains(about_mateo[0]), "who follows the answer sees it too");
    // They go on in the same conversation, also without a script, and only the last answer has them.
    let form = ada.page(&asked.conversation).await.form(".onward").fill("words", about_mateo[0]);
    let on = ada.submit(&form).await.with(303);
    assert!(on.location().starts_with(&format!("/chat/{}#", asked.conversation)), "{}", on.location());
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.texts(".said p"), ["How is Mateo doing?", about_mateo[0]]);
    assert!(!page.texts(".onward button").contains(&about_mateo[0].to_owned()), "that was asked just now");
    assert_eq!(page.texts(".onward").len(), 1);
    // A class leads to its own.
    let (asked, _) = ada.hear("Who is at risk in Algebra I · 10B?").await;
    assert_eq!(next(&asked.conversation).await[0], "Show me a chart of Algebra I · 10B");
    // What rests on nothing leads to nothing.
    let (asked, _) = ada.hear("Thank you").await;
    assert!(next(&asked.conversation).await.is_empty());
}
