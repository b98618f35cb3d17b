//! Reading while the answer is written: nothing pulls, nothing chatters, and
//! stop stops.

use std::time::Duration;

use serde_json::json;
use teachers_aide::sandbox::model::{Answer, Ending, Fate, Pace, Raw};
use thirtyfour::Key;

use super::{Desk, at_a_desk};
use crate::harness::eventually;

/// As fast as a person reads along, and then a little more.
pub fn at_pace(text: &str, piece: u64) -> Answer {
    Answer::text(text).at(Pace { first: Duration::from_millis(40), piece: Duration::from_millis(piece) })
}

/// Many short paragraphs, longer than a window.
fn long_answer(paragraphs: usize) -> String {
    let paragraph = |n| format!("Paragraph {n} tells how the class did in week {n} of the term.\n\n");
    (1..=paragraphs).map(paragraph).collect::<Vec<_>>().concat()
}

const HEIGHT: &str = "document.documentElement.scrollHeight";
const AT_THE_END: &str = "innerHeight + scrollY >= document.documentElement.scrollHeight - 60";

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_not_pulled_not_talked_over_and_can_stop_it() {
    at_a_desk(async |desk| {
        desk.sign_in().await;
        an_answer_is_announced_in_a_few_words(desk).await;
        the_page_stays_where_the_reader_is(desk).await;
        stop_stops(desk).await;
        assert_eq!(desk.tab.console().await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_answer_stays_in_sight_when_the_name_of_its_conversation_comes_late() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.script().says(&long_answer(20));
        let slow = "const quick = window.fetch; window.fetch = (...asked) =>
            quick(...asked).then((answer) => new Promise((come) => setTimeout(come, 1500, answer)));";
        tab.run::<()>(slow, Vec::new()).await;
        desk.ask("Tell me about the class").await;
        desk.done(1).await;
        tab.find("[data-heading] .shelved").await;
        tab.until(&format!("{HEIGHT} - innerHeight - scrollY < 2")).await;
    })
    .await;
}

/// The answer itself is there to be read, not to be read out word by word.
async fn an_answer_is_announced_in_a_few_words(desk: &Desk) {
    let tab = &desk.tab;
    // 20 paragraphs of 12 words are well above 200 tokens.
    desk.script().push(at_pace(&long_answer(20), 5));
    let listen =
        "window.heard = []; new MutationObserver(() => heard.push(document.querySelector('[data-status]').textContent))
        .observe(document.querySelector('[data-status]'), { childList: true, characterData: true, subtree: true });";
    tab.run::<()>(listen, Vec::new()).await;
    desk.ask("Tell me about the class").await;
    desk.done(1).await;
    tab.until("heard.includes('Answer ready')").await;
    let heard: Vec<String> = tab.ask("heard").await;
    assert!(heard.len() <= 4, "{heard:?}");
    assert_eq!(heard.first().map(String::as_str), Some("Answer is being written"));
    let live: usize =
        tab.ask("document.querySelectorAll('.log[aria-live=off] [aria-live], .log [role=alert]').length").await;
    assert_eq!(live, 0, "nothing in the log speaks by itself");
}

async fn the_page_stays_where_the_reader_is(desk: &Desk) {
    let tab = &desk.tab;
    desk.script().push(at_pace(&long_answer(70), 12));
    desk.ask("And week by week?").await;
    tab.until("document.querySelector('[data-state=running]')?.innerText.includes('Paragraph 12 tells')").await;
    tab.shots("reader-1-writing").await;
    assert!(tab.ask::<bool>(AT_THE_END).await, "who stays at the end is taken along");
    // The reader goes back to an earlier place.
    tab.run::<()>("scrollBy(0, -500)", Vec::new()).await;
    tab.until("!document.querySelector('[data-jump]').hidden").await;
    let (place, height): (f64, f64) = tab.ask(&format!("[scrollY, {HEIGHT}]")).await;
    tab.until(&format!("{HEIGHT} > {}", height + 200.0)).await;
    assert!((tab.ask::<f64>("scrollY").await - place).abs() < 1.0, "the reader was pulled away");
    tab.shots("reader-2-jump").await;
    tab.click("[data-jump]").await;
    assert!(tab.ask::<bool>(AT_THE_END).await);
    assert!(tab.ask::<bool>("document.querySelector('[data-jump]').hidden").await);
    desk.done(2).await;
    assert!(tab.ask::<bool>(AT_THE_END).await, "and is taken along again");
}

async fn stop_stops(desk: &Desk) {
    let tab = &desk.tab;
    let begins = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "scripted",
        "choices": [{ "index": 0, "delta": { "content": "Half an answer" }, "finish_reason": null }],
    });
    desk.script().push(Raw::events([begins]).ending(Ending::Stall)).says("As you wish.");
    desk.ask("Tell me everything").await;
    tab.until("document.body.innerText.includes('Half an answer')").await;
    let asked = desk.demo.sandbox.model().requests().pop().unwrap();
    assert_eq!(asked.fate(), Fate::Open);
    // What is typed meanwhile waits for its turn.
    tab.fill("#words", "Enough").await;
    tab.press("#words", Key::Enter).await;
    tab.click("[data-stop]").await;
    eventually("the model's stream is closed", || asked.fate() == Fate::Abandoned).await;
    tab.until("document.querySelector('[data-turn][data-state=stopped]')").await;
    let left: String = tab.ask("document.querySelector('[data-turn]:last-child').innerText").await;
    assert!(left.contains("Half an answer"), "{left}");
    tab.shots("reader-3-stopped").await;
    assert_eq!(tab.ask::<String>("document.getElementById('words').value").await, "Enough");
    tab.press("#words", Key::Enter).await;
    desk.done(3).await;
}
