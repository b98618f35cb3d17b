//! Words that are not sent yet: each conversation keeps its own, for one
//! account, until they are said or somebody else sits at the computer.

use thirtyfour::Key;

use super::{Desk, WIDE, at_a_desk, mishaps::letter, remedies::elsewhere};

const KEPT: &str = "Object.keys(localStorage).filter((name) => name.startsWith('words:')).length";

#[tokio::test(flavor = "multi_thread")]
async fn unsent_words_wait_in_their_conversation_for_their_writer_alone() {
    at_a_desk(async |desk| {
        desk.sign_in_as("Mary").await;
        each_conversation_keeps_its_own(desk).await;
        what_was_said_is_not_kept(desk).await;
        what_is_typed_behind_a_question_is_kept(desk).await;
        what_could_not_be_said_is_kept(desk).await;
        a_deleted_conversation_takes_its_own_along(desk).await;
        deleting_everything_forgets_them(desk).await;
        signing_out_forgets_them(desk).await;
        another_account_never_sees_them(desk).await;
    })
    .await;
}

async fn written(desk: &Desk) -> String {
    desk.tab.ask("document.getElementById('words').value").await
}

async fn each_conversation_keeps_its_own(desk: &Desk) {
    let tab = &desk.tab;
    desk.script().says("Hello.").says("Hello again.");
    desk.ask("First").await;
    desk.done(1).await;
    let first = tab.path().await;
    tab.fill("#words", "For the first").await;
    tab.go("/chat").await;
    assert_eq!(written(desk).await, "");
    tab.fill("#words", "For a new one").await;
    tab.go(&first).await;
    assert_eq!(written(desk).await, "For the first");
    tab.go("/chat").await;
    assert_eq!(written(desk).await, "For a new one");
    // In another tab, and after this one is closed, they are the same.
    tab.another().await;
    tab.turn_to(0).await;
    tab.shut().await;
    tab.size(WIDE).await;
    tab.go(&first).await;
    assert_eq!(written(desk).await, "For the first");
}

async fn what_was_said_is_not_kept(desk: &Desk) {
    let tab = &desk.tab;
    tab.press("#words", Key::Enter).await;
    desk.done(2).await;
    assert_eq!(written(desk).await, "");
    tab.reload().await;
    assert_eq!(written(desk).await, "");
    tab.go("/chat").await;
    assert_eq!(written(desk).await, "For a new one", "that was not said");
}

/// Who types on while the words are on their way loses none of it.
async fn what_is_typed_behind_a_question_is_kept(desk: &Desk) {
    let tab = &desk.tab;
    desk.script().says("Yes?");
    tab.fill("#words", "One thing").await;
    let types_on =
        "const box = document.getElementById('words'); box.form.requestSubmit(); box.value += ' and another';
        box.dispatchEvent(new Event('input', { bubbles: true }));";
    tab.run::<()>(types_on, Vec::new()).await;
    desk.done(1).await;
    assert_eq!(written(desk).await, " and another");
    tab.reload().await;
    assert_eq!(written(desk).await, " and another", "and it is the conversation's own");
    tab.go("/chat").await;
    assert_eq!(written(desk).await, "");
}

async fn what_could_not_be_said_is_kept(desk: &Desk) {
    let tab = &desk.tab;
    tab.fill("#words", "On a train").await;
    desk.demo.line.close().await;
    tab.press("#words", Key::Enter).await;
    tab.until("document.querySelector('#words-fault').innerText.includes('connection')").await;
    desk.demo.line.open().await;
    tab.go("/chat").await;
    assert_eq!(written(desk).await, "On a train");
}

/// Here, or in another browser: then it is known where all are listed.
async fn a_deleted_conversation_takes_its_own_along(desk: &Desk) {
    let tab = &desk.tab;
    desk.script().push(letter()).says("One.").says("Two.").says("Three.");
    let mut pages = Vec::new();
    for words in ["One", "Two", "Three"] {
        tab.go("/chat").await;
        desk.ask(words).await;
        tab.until("document.querySelector('.turn:not([data-state=running])') && location.pathname !== '/chat'").await;
        if words == "One" {
            tab.fill(".letter [name=subject]", "A correction").await;
        }
        tab.fill("#words", &format!("Behind {words}")).await;
        pages.push(tab.path().await);
    }
    let everything = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])";
    let kept: String = tab.ask(everything).await;
    assert!(["Behind One", "Behind Two", "Behind Three", "A correction"].iter().all(|words| kept.contains(words)));
    tab.go(&pages[0]).await;
    tab.click(".shelved > summary").await;
    tab.click(".shelved .danger").await;
    tab.find(".undo").await;
    let kept: String = tab.ask(everything).await;
    assert!(!kept.contains("Behind One") && !kept.contains("A correction"), "{kept}");
    assert!(kept.contains("Behind Two") && kept.contains(" and another"), "{kept}");
    let elsewhere = elsewhere(desk).await;
    elsewhere.post(&format!("{}/delete", pages[1]), &[]).await.with(303);
    // What is looked for shows some conversations only, and tells nothing about the others.
    tab.go("/conversations?q=three").await;
    assert!(tab.ask::<String>(everything).await.contains("Behind Two"));
    tab.go("/conversations").await;
    let kept: String = tab.ask(everything).await;
    assert!(!kept.contains("Behind Two") && kept.contains("Behind Three"), "{kept}");
}

async fn deleting_everything_forgets_them(desk: &Desk) {
    let tab = &desk.tab;
    assert!(tab.ask::<usize>(KEPT).await >= 1);
    tab.go("/settings").await;
    tab.click(".careful summary").await;
    tab.click(".danger").await;
    tab.find(".saved").await;
    assert_eq!(tab.ask::<usize>(KEPT).await, 0);
    tab.go("/chat").await;
}

/// The page does, and the browser itself, which is told to (`Clear-Site-Data`).
async fn signing_out_forgets_them(desk: &Desk) {
    let tab = &desk.tab;
    tab.fill("#words", "Nobody's business").await;
    assert!(tab.ask::<usize>(KEPT).await >= 1);
    tab.click("form[action='/auth/logout'] button").await;
    tab.find("a.google").await;
    assert_eq!(tab.ask::<usize>(KEPT).await, 0);
    desk.sign_in_as("Mary").await;
    assert_eq!(written(desk).await, "");
}

async fn another_account_never_sees_them(desk: &Desk) {
    let tab = &desk.tab;
    tab.fill("#words", "About Mateo's family").await;
    // Her session is over without her having signed out; she comes back to her words.
    desk.sign_in_as("Mary").await;
    assert_eq!(written(desk).await, "About Mateo's family");
    desk.sign_in_as("Daniel").await;
    assert_eq!(written(desk).await, "");
    let all: String = tab.ask("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])").await;
    assert!(!all.contains("Mateo"), "{all}");
}
