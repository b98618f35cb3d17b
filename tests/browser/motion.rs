//! Nothing moves for who has asked the device for less motion, and all is seen
//! by who has the device choose the colours.

use serde_json::json;
use teachers_aide::sandbox::model::{Ending, Raw};

use super::{Desk, at_a_desk, story::ORDER};

/// Whatever moves or glides, or would: pseudo-elements among them.
const MOVES: &str = "(() => {
    const found = document.getAnimations().map((one) => `${one.animationName ?? one.transitionProperty} runs`);
    for (const element of document.querySelectorAll('*')) for (const pseudo of [null, '::before', '::after', '::backdrop']) {
        const style = getComputedStyle(element, pseudo), name = `${element.localName}.${element.className}${pseudo ?? ''}`;
        if (style.animationName !== 'none') found.push(`${name}: ${style.animationName}`);
        if (style.transitionDuration.split(', ').some((time) => parseFloat(time) > 0)) found.push(`${name} glides`);
        if (style.scrollBehavior === 'smooth') found.push(`${name} scrolls smoothly`);
    }
    return found;
})()";

async fn moving(desk: &Desk) -> Vec<String> {
    desk.tab.ask(MOVES).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_moves_for_who_wants_less_motion() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        let begun = json!({ "choices": [{ "index": 0, "delta": { "content": "So far" } }] });
        desk.script().push(Raw::events([begun]).ending(Ending::Stall));
        desk.ask("How is Mateo?").await;
        tab.until("document.querySelector('[data-busy]') && document.querySelector('.answer')").await;
        assert_eq!(moving(desk).await, [""; 0], "while an answer is written");
        // Who has asked for nothing sees the dots move: the look above sees what it looks for.
        tab.prefers(&[("prefers-reduced-motion", "no-preference")]).await;
        assert!(moving(desk).await.iter().any(|found| found == "breathe runs"));
        tab.prefers(&[("prefers-reduced-motion", "reduce")]).await;
        tab.click("[data-stop]").await;
        tab.find("[data-state=stopped]").await;
        desk.demo.sandbox.model().set_mind(std::sync::Arc::new(teachers_aide::sandbox::model::DemoMind::default()));
        desk.ask(ORDER).await;
        tab.find(".send-all").await;
        tab.click(".letter button[value=send]").await;
        tab.find(".receipt.was-draft").await;
        assert_eq!(moving(desk).await, [""; 0], "while a draft becomes a receipt");
        tab.click(".who [data-shows=shortcuts]").await;
        assert_eq!(moving(desk).await, [""; 0], "over the page");
        tab.keys(thirtyfour::Key::Escape).await;
        for page in ["/classes/c-01", "/settings", "/activity", "/connections"] {
            tab.go(page).await;
            assert_eq!(moving(desk).await, [""; 0], "{page}");
        }
    })
    .await;
}

/// What tells one thing from another by its ground alone has a border where the device paints the grounds.
#[tokio::test(flavor = "multi_thread")]
async fn what_stands_on_a_ground_of_its_own_keeps_an_edge_in_colours_of_the_device() {
    const EDGED: &str = "(css) => parseFloat(getComputedStyle(document.querySelector(css)).borderTopWidth) > 0";
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.ask(ORDER).await;
        tab.find(".send-all").await;
        tab.click(".letter button[value=send]").await;
        tab.find(".receipt .stamp").await;
        tab.prefers(&[("forced-colors", "active")]).await;
        assert!(tab.ask::<bool>("matchMedia('(forced-colors: active)').matches").await);
        for css in [".said p", ".stamp", ".letter", ".letter .primary", ".write", ".send-all, .letter"] {
            assert!(tab.ask::<bool>(&format!("({EDGED})({css:?})")).await, "{css}");
        }
        tab.whole("motion-1-forced-colours").await;
        tab.go("/classes/c-01").await;
        tab.whole("motion-2-forced-colours-class").await;
    })
    .await;
}
