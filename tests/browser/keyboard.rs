//! The main job on a small phone's width, by keyboard alone.

use thirtyfour::Key;

use super::{
    Desk, NARROW, at_a_desk,
    story::{ORDER, QUESTION, subjects},
};

/// More stops than any page has before what one looks for.
const MOST_STOPS: usize = 120;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_goes_by_keyboard_alone_on_a_narrow_screen() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        tab.size(NARROW).await;
        tab.go("/").await;
        tab.shots("keys-1-door").await;
        reach(desk, "a.google", Key::Tab).await;
        tab.keys(Key::Enter).await;
        tab.find("button.person").await;
        tab.shots("keys-2-provider").await;
        reach(desk, "button.person", Key::Tab).await;
        tab.keys(Key::Enter).await;
        tab.until("location.pathname === '/chat'").await;
        asks(desk).await;
        corrects_and_sends(desk).await;
        discards_the_other(desk).await;
        assert_eq!(subjects(&desk.demo), ["Well done, Mateo"]);
    })
    .await;
}

async fn asks(desk: &Desk) {
    let tab = &desk.tab;
    tab.until("document.activeElement.id === 'words'").await;
    tab.shots("keys-3-blank").await;
    tab.keys(QUESTION).await;
    tab.keys(Key::Enter).await;
    desk.done(1).await;
    tab.shots("keys-4-answer").await;
    // A table that is wider than the phone can be scrolled by keys.
    reach(desk, ".answer .sheet", Key::Shift).await;
    reach(desk, "#words", Key::Tab).await;
    tab.keys(ORDER).await;
    tab.keys(Key::Enter).await;
    tab.find(".send-all").await;
    tab.shots("keys-5-drafts").await;
}

async fn corrects_and_sends(desk: &Desk) {
    let tab = &desk.tab;
    let first = ".letter:has([name=subject])";
    reach(desk, ".send-all button", Key::Shift).await;
    reach(desk, &format!("{first} [name=subject]"), Key::Shift).await;
    // Coming in by Tab selects what stands there.
    tab.keys("Well done, Mateo").await;
    tab.shots("keys-6-corrected").await;
    reach(desk, &format!("{first} button[value=send]"), Key::Tab).await;
    tab.keys(Key::Enter).await;
    tab.until("document.activeElement.matches('.receipt')").await;
    tab.shots("keys-7-sent").await;
}

async fn discards_the_other(desk: &Desk) {
    let tab = &desk.tab;
    reach(desk, ".letter button[value=discard]", Key::Tab).await;
    tab.keys(Key::Enter).await;
    desk.done(2).await;
    tab.until("document.activeElement.matches('.receipt')").await;
    reach(desk, "#words", Key::Tab).await;
    tab.shots("keys-8-after").await;
}

/// Goes on by Tab, or back by Shift and Tab, to the first element in document
/// order that matches; and every stop on the way can be seen.
pub async fn reach(desk: &Desk, css: &str, key: Key) {
    let stop = async || desk.tab.ask::<Stop>(&format!("({STOP})({css:?})")).await;
    // A page may put the focus there itself, sooner or later.
    if stop().await.found {
        return;
    }
    for _ in 0..MOST_STOPS {
        match key {
            Key::Shift => desk.tab.tab_back().await,
            _ => desk.tab.keys(Key::Tab).await,
        }
        let stop = stop().await;
        assert!(stop.marked, "nothing shows that the focus is on {}", stop.name);
        assert!(stop.seen, "the focus is on {}, where nobody sees it", stop.name);
        if stop.found {
            return;
        }
    }
    panic!("{css} cannot be reached by keyboard");
}

#[derive(serde::Deserialize)]
struct Stop {
    name: String,
    found: bool,
    /// It is drawn otherwise than without the focus.
    marked: bool,
    /// Some of it is in the window, with nothing before it (WCAG 2.4.11).
    seen: bool,
}

const STOP: &str = "(css) => {
    const at = document.activeElement, box = at.getBoundingClientRect();
    if (at === document.body) return { name: 'the page itself', found: false, marked: true, seen: true };
    const frame = getComputedStyle(at), after = getComputedStyle(at, '::after'), around = getComputedStyle(at.parentElement);
    const marked = [frame, after].some((style) => style.outlineStyle !== 'none') || around.boxShadow.includes('0px 0px 0px 1px');
    const shown = ([x, y]) => { const top = document.elementFromPoint(x, y); return top && (at.contains(top) || top.contains(at)); };
    const part = (n) => [box.left + Math.min(12, box.width / 2), box.top + 2 + (box.height - 4) * n / 8];
    const points = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(part);
    return {
        name: `${at.outerHTML.slice(0, 120)} at ${Math.round(box.left)}, ${Math.round(box.top)}`,
        found: at === document.querySelector(css), marked, seen: points.some(shown),
    };
}";
