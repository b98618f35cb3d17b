//! The questions that the blank page offers: from the teacher's own data, and
//! each leads to an answer with something in it.

use std::sync::Arc;

use teachers_aide::sandbox::{Person, model::DemoMind};

use crate::{
    cast,
    harness::{Browser, Demo, TestApp, Wanted},
};

/// Asks every question that the page offers, and finds an answer that rests on rows.
async fn all_lead_somewhere(browser: &Browser) -> Vec<String> {
    let page = browser.get("/chat").await.with(200);
    let asks = page.texts("[data-asks] button");
    assert!((1..=4).contains(&asks.len()), "{asks:?}");
    for ask in &asks {
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
