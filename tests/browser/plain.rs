//! The main job in a browser that runs no script: forms, redirects, whole pages.

use super::{
    Desk, NARROW, at_a_desk,
    story::{ORDER, QUESTION, subjects},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_goes_without_a_script() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        tab.size(NARROW).await;
        tab.without_script().await;
        tab.go("/").await;
        tab.click("a.google").await;
        tab.click("button.person").await;
        tab.find("#words").await;
        asks(desk, QUESTION).await;
        assert!(tab.count(".answer .sheet tbody tr").await > 3, "the answer has a table");
        asks(desk, ORDER).await;
        assert_eq!(tab.count(".letter").await, 2);
        tab.shots("plain-1-drafts").await;
        tab.fill(".letter input[name=subject]", "Plainly, well done").await;
        tab.click(".letter button[value=send]").await;
        tab.find(".receipt .stamp").await;
        assert_eq!(tab.count(".letter").await, 1);
        tab.click(".letter button[value=discard]").await;
        tab.find("[data-turn]:last-child[data-state=done]").await;
        assert_eq!((tab.count(".letter").await, tab.count(".receipt .stamp").await), (0, 1));
        tab.shots("plain-2-after").await;
        assert_eq!(subjects(&desk.demo), ["Plainly, well done"]);
    })
    .await;
}

/// Types a question and presses the button; the page comes back with the answer.
async fn asks(desk: &Desk, words: &str) {
    let turns = desk.tab.count(".turn").await;
    desk.tab.fill("#words", words).await;
    desk.tab.click("[data-send]").await;
    desk.tab.find(&format!(".turn:nth-of-type({})", turns + 1)).await;
}
