//! The keys that do something by themselves, and the list of them; all of them
//! can be turned off, and none is taken from who writes.

use serde_json::json;
use teachers_aide::sandbox::model::{Ending, Fate, Raw};
use thirtyfour::Key;

use super::{Desk, at_a_desk, keyboard::reach};
use crate::harness::eventually;

const FOCUSED: &str = "document.activeElement.id";
const OPEN: &str = "document.querySelector('#shortcuts').open";

#[tokio::test(flavor = "multi_thread")]
async fn keys_do_what_the_list_says_and_can_be_turned_off() {
    at_a_desk(async |desk| {
        desk.sign_in().await;
        a_slash_leads_to_the_box_and_is_a_slash_in_it(desk).await;
        a_question_mark_shows_the_list_and_escape_puts_it_away(desk).await;
        the_list_can_be_had_by_a_button(desk).await;
        up_brings_back_the_last_question(desk).await;
        escape_stops_an_answer_and_closes_what_is_open_first(desk).await;
        who_turns_them_off_has_them_off_everywhere(desk).await;
        assert_eq!(desk.tab.console().await, Vec::<String>::new());
    })
    .await;
}

async fn written(desk: &Desk) -> String {
    desk.tab.ask("document.getElementById('words').value").await
}

async fn let_go(desk: &Desk) {
    desk.tab.run::<()>("document.activeElement.blur()", Vec::new()).await;
}

async fn a_slash_leads_to_the_box_and_is_a_slash_in_it(desk: &Desk) {
    let tab = &desk.tab;
    let_go(desk).await;
    tab.keys("/").await;
    assert_eq!((tab.ask::<String>(FOCUSED).await.as_str(), written(desk).await.as_str()), ("words", ""));
    tab.keys("7/10?").await;
    assert_eq!(written(desk).await, "7/10?");
    assert!(!tab.ask::<bool>(OPEN).await);
    tab.fill("#words", " ").await;
    tab.press("#words", Key::Backspace).await;
    // From a page without a box it leads to one.
    tab.go("/classes").await;
    tab.keys("/").await;
    tab.until("location.pathname === '/chat' && document.activeElement.id === 'words'").await;
}

async fn a_question_mark_shows_the_list_and_escape_puts_it_away(desk: &Desk) {
    let tab = &desk.tab;
    tab.go("/classes").await;
    reach(desk, "main a", Key::Tab).await;
    let before: String = tab.ask("document.activeElement.outerHTML").await;
    tab.keys("?").await;
    assert!(tab.ask::<bool>(OPEN).await);
    assert!(tab.ask::<bool>("document.activeElement.matches('#shortcuts button')").await, "the focus is inside");
    assert!(tab.text("#shortcuts").await.contains("Stop the answer"));
    tab.shots("keys-list").await;
    // It is a dialog: nothing behind it is reached, and no other key does anything there.
    for _ in 0..6 {
        tab.keys(Key::Tab).await;
        let outside = "document.activeElement !== document.body && !document.activeElement.closest('#shortcuts')";
        assert!(!tab.ask::<bool>(outside).await);
    }
    tab.keys("/").await;
    assert_eq!(tab.path().await, "/classes");
    tab.keys(Key::Escape).await;
    tab.until(&format!("!{OPEN}")).await;
    assert_eq!(tab.ask::<String>("document.activeElement.outerHTML").await, before, "the focus is where it was");
}

async fn the_list_can_be_had_by_a_button(desk: &Desk) {
    let tab = &desk.tab;
    tab.click(".who [data-shows=shortcuts]").await;
    assert!(tab.ask::<bool>(OPEN).await);
    tab.click("#shortcuts [aria-label=Close]").await;
    tab.until(&format!("!{OPEN}")).await;
    assert!(tab.ask::<bool>("document.activeElement.matches('.who [data-shows=shortcuts]')").await);
}

async fn up_brings_back_the_last_question(desk: &Desk) {
    let tab = &desk.tab;
    tab.go("/chat").await;
    tab.press("#words", Key::Up).await;
    assert_eq!(written(desk).await, "", "nothing was said yet");
    desk.script().says("Hello.").says("Well.");
    desk.ask("Hello").await;
    desk.done(1).await;
    desk.ask("How is Mateo?").await;
    desk.done(2).await;
    compose(desk, "ArrowUp").await;
    assert_eq!(written(desk).await, "", "an input method has the key to itself");
    tab.press("#words", Key::Up).await;
    assert_eq!(written(desk).await, "How is Mateo?");
    assert_eq!(tab.ask::<usize>("document.getElementById('words').selectionStart").await, 13);
    tab.fill("#words", "Something").await;
    tab.press("#words", Key::Up).await;
    assert_eq!(written(desk).await, "Something", "what stands there is not lost");
    tab.fill("#words", " ").await;
    tab.press("#words", Key::Backspace).await;
}

/// A key that an input method answers with.
async fn compose(desk: &Desk, key: &str) {
    for composing in ["isComposing: true", "keyCode: 229"] {
        let script = format!(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',
                {{ key: '{key}', bubbles: true, cancelable: true, {composing} }}))"
        );
        desk.tab.ask::<bool>(&script).await;
    }
}

async fn escape_stops_an_answer_and_closes_what_is_open_first(desk: &Desk) {
    let tab = &desk.tab;
    let asked = stalled(desk, "Half an answer").await;
    let_go(desk).await;
    tab.keys("?").await;
    assert!(tab.ask::<bool>(OPEN).await);
    tab.keys(Key::Escape).await;
    tab.until(&format!("!{OPEN}")).await;
    tab.press("#words", Key::End).await;
    compose(desk, "Escape").await;
    assert_eq!(tab.count("[data-turn][data-state=running]").await, 1, "neither of them was for the answer");
    tab.keys(Key::Escape).await;
    tab.find("[data-turn][data-state=stopped]").await;
    eventually("the model's stream is closed", || asked.fate() == Fate::Abandoned).await;
}

/// An answer that begins and does not go on.
async fn stalled(desk: &Desk, text: &str) -> teachers_aide::sandbox::model::Recorded {
    let begun = json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
    desk.script().push(Raw::events([begun]).ending(Ending::Stall));
    desk.ask("Go on").await;
    desk.tab.until(&format!("document.body.innerText.includes('{text}')")).await;
    desk.demo.sandbox.model().requests().pop().unwrap()
}

async fn who_turns_them_off_has_them_off_everywhere(desk: &Desk) {
    let tab = &desk.tab;
    let chat = tab.path().await;
    tab.go("/settings").await;
    tab.click("input[name=shortcuts]").await;
    tab.click("form[action='/settings/shortcuts'] button:not([type])").await;
    tab.find(".saved").await;
    tab.keys("?").await;
    tab.keys("/").await;
    assert_eq!((tab.path().await.as_str(), tab.ask::<bool>(OPEN).await), ("/settings", false));
    // The list is still there for who asks for it, and says so.
    tab.click(".who [data-shows=shortcuts]").await;
    assert!(tab.text("#shortcuts").await.contains("turned off"));
    tab.keys(Key::Escape).await;
    tab.go(&chat).await;
    let asked = stalled(desk, "Another half").await;
    tab.keys(Key::Escape).await;
    tab.press("#words", Key::Up).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!((asked.fate(), written(desk).await.as_str()), (Fate::Open, ""));
    tab.click("[data-stop]").await;
    tab.until("document.querySelectorAll('[data-state=stopped]').length === 2").await;
    // They are off for this teacher alone.
    desk.sign_in_as("Daniel").await;
    let_go(desk).await;
    tab.keys("?").await;
    assert!(tab.ask::<bool>(OPEN).await);
    tab.keys(Key::Escape).await;
    desk.sign_in_as("Mary").await;
    let_go(desk).await;
    tab.keys("?").await;
    assert!(!tab.ask::<bool>(OPEN).await);
}
