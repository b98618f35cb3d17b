//! Mishaps that trying again does not mend: the one thing to do leads elsewhere,
//! and what was typed is there when the teacher comes.

use serde_json::json;
use teachers_aide::sandbox::{
    faults::{Answer as Reply, Effect, Fault, Route},
    model::{Answer, Ending, FinishReason, Raw},
};
use thirtyfour::Key;

use super::{
    Desk, at_a_desk_with,
    mishaps::{FOCUS, GOOD, letter, refusal, soon},
};
use crate::harness::Browser;

const LONG: &str = "How is \"Mateo\" & James? <b>100 %";
const WRITTEN: &str = "document.getElementById('words').value";

async fn focus(desk: &Desk) -> String {
    desk.tab.ask(FOCUS).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_is_too_long_goes_on_in_a_new_one_with_the_same_words() {
    at_a_desk_with(soon(), async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        let mind = desk.script();
        mind.says("Hello.").push(refusal(400).code("context_length_exceeded")).says(GOOD);
        desk.ask("Hello").await;
        desk.done(1).await;
        let before = tab.path().await;
        desk.ask(LONG).await;
        let told = tab.text(".notice").await;
        assert!(told.contains("This conversation is too long for the model. Ask it in a new one"), "{told}");
        assert_eq!((tab.count(".notice button, .notice a").await, focus(desk).await.as_str()), (1, "words"));
        tab.click(".notice a").await;
        tab.until("location.pathname === '/chat' && document.activeElement.id === 'words'").await;
        assert_eq!(tab.ask::<String>(WRITTEN).await, LONG);
        tab.press("#words", Key::Enter).await;
        desk.done(1).await;
        assert!(tab.text(".answer").await.contains(GOOD));
        assert!(tab.path().await != before);
        // The way there is no way to another teacher's words.
        tab.go(&before).await;
        let href: String = tab.ask("document.querySelector('.notice a').getAttribute('href')").await;
        desk.sign_in_as("Daniel").await;
        tab.go(&href).await;
        assert_eq!(tab.ask::<String>(WRITTEN).await, "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_filter_stopped_is_asked_in_other_words() {
    at_a_desk_with(soon(), async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.script().push(Answer::text("A").ending(FinishReason::ContentFilter)).says(GOOD);
        desk.ask("How is that one?").await;
        let told = tab.text(".notice").await;
        assert!(told.contains("filter stopped this answer. Other words may pass."), "{told}");
        assert_eq!((tab.count(".notice button, .notice a").await, focus(desk).await.as_str()), (1, "words"));
        tab.click(".notice a").await;
        tab.until("document.activeElement.matches('.edit[open] textarea')").await;
        tab.fill(".edit textarea", "How is Mateo?").await;
        tab.click(".edit button.primary").await;
        tab.until(&format!("document.querySelector('.answer')?.innerText.includes({GOOD:?})")).await;
        assert_eq!((tab.text(".said p").await.as_str(), tab.count(".notice").await), ("How is Mateo?", 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_short_goes_on_at_the_end_of_a_conversation_alone() {
    at_a_desk_with(soon(), async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.script().push(Answer::text("Once upon").ending(FinishReason::Length)).says(GOOD);
        desk.ask("Tell me").await;
        tab.find(".notice button").await;
        desk.ask("How is Mateo?").await;
        desk.done(2).await;
        assert!(!tab.ask::<bool>("document.querySelector('.notice button').checkVisibility()").await);
        tab.reload().await;
        assert_eq!((tab.count(".notice").await, tab.count(".notice button").await), (1, 0));
    })
    .await;
}

/// Another browser, in which Mary is signed in as well.
pub async fn elsewhere(desk: &Desk) -> Browser {
    let elsewhere = Browser::at(&desk.demo.base);
    let people = desk.demo.sandbox.auth0().people();
    let mary = people.iter().find(|person| person.email == "mary@school.example").unwrap();
    elsewhere.sign_in("/auth/login", mary).await.with(303);
    elsewhere
}

/// Mary signs out of every browser, from another one.
pub async fn ended_elsewhere(desk: &Desk) {
    elsewhere(desk).await.post("/auth/logout-everywhere", &[]).await.with(303);
}

/// Follows the way to the door, and comes back.
async fn signs_in_again(desk: &Desk, way: &str, page: &str) {
    desk.tab.click(way).await;
    desk.tab.click("button.person").await;
    desk.tab.until(&format!("location.pathname === '{page}' && document.readyState === 'complete'")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_speaks_when_the_sign_in_has_ended_signs_in_and_finds_the_words_where_they_were() {
    at_a_desk_with(soon(), async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        let mind = desk.script();
        mind.says("Hello.").push(letter()).says("Well.").says(GOOD);
        desk.ask("Hello").await;
        desk.done(1).await;
        let page = tab.path().await;
        ended_elsewhere(desk).await;
        desk.ask("How is Mateo?").await;
        let told = tab.text("#words-fault").await;
        assert!(told.contains("Nothing was changed, and nothing was sent. Sign in again"), "{told}");
        assert_eq!((tab.count("#words-fault a").await, focus(desk).await.as_str()), (1, "words"));
        tab.shots("remedies-1-signed-out").await;
        signs_in_again(desk, "#words-fault a", &page).await;
        assert_eq!(tab.ask::<String>(WRITTEN).await, "How is Mateo?");
        // The same at a draft: its corrections are there as well.
        tab.fill("#words", "Write to Mateo").await;
        tab.press("#words", Key::Enter).await;
        tab.fill(".letter input[name=subject]", "By my own hand").await;
        ended_elsewhere(desk).await;
        tab.click(".letter button[value=send]").await;
        let told = tab.text(".letter .fault").await;
        assert!(told.contains("nothing was sent. Sign in again"), "{told}");
        assert!(tab.text(".letter .status").await.contains("nothing has been sent"));
        signs_in_again(desk, ".letter .fault a", &page).await;
        assert_eq!(tab.ask::<String>("document.querySelector('[name=subject]').value").await, "By my own hand");
        assert_eq!(desk.demo.sandbox.google().accepted().len(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_when_the_sign_in_ends_signs_in_and_finds_the_answer() {
    at_a_desk_with(soon(), async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        let begun = json!({ "choices": [{ "index": 0, "delta": { "content": "So far" } }] });
        desk.script().push(Raw::events([begun]).ending(Ending::Stall));
        desk.ask("How is Mateo?").await;
        tab.until("document.querySelector('.answer')?.innerText.includes('So far')").await;
        let page = tab.path().await;
        tab.fill("#words", "And James?").await;
        ended_elsewhere(desk).await;
        let told = tab.text(".notice").await;
        assert!(told.starts_with("Your sign-in has ended.") && told.contains("goes on without this page"), "{told}");
        assert_eq!((tab.count(".notice a").await, focus(desk).await.as_str()), (1, "words"));
        assert_eq!(tab.count("[data-busy], [data-stop]:not([hidden])").await, 0, "nothing goes on here");
        let pen = "getComputedStyle(document.querySelector('.tail'), '::after').content";
        assert_eq!(tab.ask::<String>(pen).await, "none", "nor is anything written");
        signs_in_again(desk, ".notice a", &page).await;
        assert!(tab.text(".answer").await.contains("So far"));
        assert_eq!(tab.ask::<String>(WRITTEN).await, "And James?");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_busy_keeps_the_draft_for_another_click() {
    at_a_desk_with(soon(), async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.script().push(letter()).says("Sent.");
        let busy = Effect::Answer(Reply::status(429).header("retry-after", "7"));
        desk.demo.sandbox.faults().add(Fault::on(Route::Exchange).then(busy));
        desk.ask("Write to Mateo").await;
        tab.click(".letter button[value=send]").await;
        let told = tab.text(".letter .fault").await;
        assert!(told.contains("could not be reached. Nothing was sent"), "{told}");
        assert!(tab.ask::<bool>("document.activeElement.matches('.letter')").await, "the focus is on it");
        desk.demo.sandbox.faults().clear();
        tab.click(".letter button[value=send]").await;
        tab.find(".receipt .stamp").await;
        assert_eq!((desk.demo.sandbox.google().accepted().len(), tab.count(".fault:not([hidden])").await), (1, 0));
    })
    .await;
}
