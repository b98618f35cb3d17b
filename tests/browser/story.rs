//! The main job from beginning to end, with mouse and keyboard in a wide window.

use mail_parser::MessageParser;
use thirtyfour::Key;

use super::{Desk, at_a_desk};
use crate::harness::Demo;

pub const QUESTION: &str = "How are my students going this semester?";
pub const ORDER: &str = "Mateo and James need some motivation, write to them";

#[tokio::test(flavor = "multi_thread")]
async fn a_teacher_asks_corrects_a_letter_sends_it_and_discards_the_other() {
    at_a_desk(async |desk| {
        comes_in(desk).await;
        asks(desk).await;
        corrects_and_sends(desk).await;
        discards_the_other(desk).await;
        assert_eq!(subjects(&desk.demo), ["A step forward, Mateo"]);
        finds_it_again(desk).await;
        stays_at_home(desk).await;
    })
    .await;
}

async fn comes_in(desk: &Desk) {
    let tab = &desk.tab;
    tab.go("/").await;
    assert!(tab.text(".banner").await.contains("Nothing leaves this computer"));
    tab.shots("story-1-door").await;
    tab.click("a.google").await;
    tab.find("button.person").await;
    tab.shots("story-2-provider").await;
    tab.click("button.person").await;
    tab.until("location.pathname === '/chat'").await;
    assert!(tab.text("h1").await.ends_with(", Mary"));
    tab.shots("story-3-blank").await;
}

async fn asks(desk: &Desk) {
    let tab = &desk.tab;
    desk.ask(QUESTION).await;
    desk.done(1).await;
    assert_eq!(tab.text(".said p").await, QUESTION);
    assert!(tab.count(".answer .sheet tbody tr").await > 3, "the answer has a table");
    assert!(tab.path().await.starts_with("/chat/"), "the conversation has an address without a reload");
    tab.shots("story-4-answer").await;
}

async fn corrects_and_sends(desk: &Desk) {
    let tab = &desk.tab;
    desk.ask(ORDER).await;
    tab.find(".send-all").await;
    assert_eq!(tab.count(".letter").await, 2);
    tab.shots("story-5-drafts").await;
    tab.fill(".letter input[name=subject]", "A step forward, Mateo").await;
    tab.find(".letter .edited").await;
    tab.shots("story-6-corrected").await;
    // Enter in the subject is not a yes.
    tab.press(".letter input[name=subject]", Key::Enter).await;
    assert!(subjects(&desk.demo).is_empty());
    tab.click(".letter button[value=send]").await;
    tab.find(".receipt .stamp").await;
    assert_eq!(tab.count(".send-all").await, 0, "one draft needs no bar");
    tab.shots("story-7-sent").await;
}

async fn discards_the_other(desk: &Desk) {
    let tab = &desk.tab;
    tab.click(".letter button[value=discard]").await;
    desk.done(2).await;
    assert_eq!((tab.count(".letter").await, tab.count(".receipt").await), (0, 2));
    assert_eq!(tab.count(".receipt .stamp").await, 1, "what was discarded gets no stamp");
    let words: String = tab.ask("[...document.querySelectorAll('.answer')].at(-1).innerText").await;
    assert!(words.contains("Mateo"), "{words}");
    tab.shots("story-8-after").await;
}

async fn finds_it_again(desk: &Desk) {
    let log = "document.querySelector('.log').innerText";
    let before: String = desk.tab.ask(log).await;
    desk.tab.reload().await;
    let after: String = desk.tab.ask(log).await;
    assert_eq!(after, before, "a reload shows the same");
}

/// No error in the console, and no page asks anyone but its own origin.
async fn stays_at_home(desk: &Desk) {
    assert_eq!(desk.tab.console().await, Vec::<String>::new());
    let requests = desk.tab.requests().await;
    assert!(requests.iter().any(|(url, _)| url.path().ends_with("/events")), "{requests:?}");
    for (url, page) in requests {
        assert_eq!(url.origin(), page.origin(), "{page} asked for {url}");
    }
}

/// The subjects of the mails that Google accepted.
pub fn subjects(demo: &Demo) -> Vec<String> {
    let accepted = demo.sandbox.google().accepted();
    let subject = |raw: &[u8]| MessageParser::default().parse(raw).unwrap().subject().unwrap().to_owned();
    accepted.iter().map(|mail| subject(&mail.raw)).collect()
}
