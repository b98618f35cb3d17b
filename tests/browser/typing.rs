//! Typing: nothing is lost, and nothing is said or sent before its time.

use thirtyfour::Key;

use super::{Desk, at_a_desk, story::subjects};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_kept_and_goes_only_when_it_is_meant_to() {
    at_a_desk(async |desk| {
        desk.sign_in().await;
        unsent_words_survive_a_reload(desk).await;
        enter_while_composing_sends_nothing(desk).await;
        shift_and_enter_begin_a_line(desk).await;
        a_changed_draft_survives_a_reload(desk).await;
        enter_in_the_subject_sends_nothing(desk).await;
    })
    .await;
}

async fn unsent_words_survive_a_reload(desk: &Desk) {
    desk.tab.fill("#words", "Write to Mateo").await;
    desk.tab.reload().await;
    assert_eq!(written(desk).await, "Write to Mateo");
}

/// In many languages Enter chooses among the words that an input method offers.
async fn enter_while_composing_sends_nothing(desk: &Desk) {
    for composing in ["isComposing: true", "keyCode: 229"] {
        let script = format!(
            "document.getElementById('words').dispatchEvent(new KeyboardEvent('keydown',
                {{ key: 'Enter', bubbles: true, cancelable: true, {composing} }}))"
        );
        desk.tab.ask::<bool>(&script).await;
    }
    nothing_was_asked(desk).await;
}

async fn shift_and_enter_begin_a_line(desk: &Desk) {
    desk.tab.press("#words", Key::End).await;
    desk.tab.find("#words").await.send_keys(Key::Shift + Key::Enter).await.unwrap();
    desk.tab.press("#words", Key::Backspace).await;
    nothing_was_asked(desk).await;
    assert_eq!(written(desk).await, "Write to Mateo");
}

async fn a_changed_draft_survives_a_reload(desk: &Desk) {
    let tab = &desk.tab;
    tab.press("#words", Key::Enter).await;
    tab.find(".letter").await;
    assert_eq!(written(desk).await, "");
    tab.fill(".letter textarea", "In my own words").await;
    tab.reload().await;
    let kept: String = tab.ask("document.querySelector('.letter textarea').value").await;
    assert_eq!(kept, "In my own words");
    tab.find(".letter .edited").await;
}

async fn enter_in_the_subject_sends_nothing(desk: &Desk) {
    let tab = &desk.tab;
    tab.press(".letter [name=subject]", Key::Enter).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(subjects(&desk.demo).is_empty());
    assert_eq!(tab.count(".letter[data-state=waiting]:not([aria-busy])").await, 1);
}

async fn written(desk: &Desk) -> String {
    desk.tab.ask("document.getElementById('words').value").await
}

async fn nothing_was_asked(desk: &Desk) {
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    assert_eq!(desk.tab.count(".turn").await, 0);
    assert!(desk.demo.sandbox.model().requests().is_empty());
}
