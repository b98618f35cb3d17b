//! The five main jobs - who needs help, what do they need, tell them, show me,
//! take it with me - by keyboard alone, and once more without a script.

use thirtyfour::Key;

use super::{Desk, NARROW, at_a_desk, keyboard::reach, story::subjects};

#[tokio::test(flavor = "multi_thread")]
async fn the_five_main_jobs_go_by_keyboard_alone() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        tab.until("document.activeElement.id === 'words'").await;
        tab.run::<()>("document.activeElement.blur()", Vec::new()).await;
        // Who needs help: from the side to a class.
        follow(desk, ".side a[href='/classes']", Key::Tab).await;
        follow(desk, ".cards a[href='/classes/c-01']", Key::Tab).await;
        assert!(tab.text(".attention").await.contains("needs"), "the reasons have numbers");
        // What do they need: one of them.
        let first = tab.ask::<String>("document.querySelector('.attention li a').getAttribute('href')").await;
        follow(desk, &format!(".attention a[href='{first}']"), Key::Tab).await;
        assert!(tab.text(".headline").await.contains("needs"));
        // Show me: the numbers of the picture.
        reach(desk, ".chart summary", Key::Tab).await;
        tab.keys(Key::Enter).await;
        tab.find(".chart details table").await;
        // Take it with me: sorted, and as a file.
        tab.go("/classes/c-01").await;
        reach(desk, "[aria-labelledby=roster] th:nth-child(5) button", Key::Tab).await;
        tab.keys(Key::Enter).await;
        assert_eq!(tab.count("[aria-sort=ascending]").await, 1);
        reach(desk, "[aria-labelledby=roster] .files button", Key::Tab).await;
        reach(desk, "[aria-labelledby=roster] .files a[href$=xlsx]", Key::Tab).await;
        // Tell them: the prepared question leads to drafts.
        tab.go("/classes/c-01").await;
        follow(desk, ".attention a.button", Key::Tab).await;
        reach(desk, "#words", Key::Tab).await;
        tab.keys(Key::Enter).await;
        tab.find(".send-all, .letter").await;
        // Where the draft asks for a second look, that is given first.
        for _ in 0..tab.ask::<usize>(TICKS).await {
            reach(desk, ".letter .ticks input:not(:checked)", Key::Tab).await;
            tab.keys(" ").await;
        }
        reach(desk, ".letter button[value=send]", Key::Tab).await;
        tab.keys(Key::Enter).await;
        tab.until("document.activeElement.matches('.receipt')").await;
        assert_eq!(subjects(&desk.demo).len(), 1);
    })
    .await;
}

/// How many second looks the first draft asks for.
const TICKS: &str = "document.querySelector('.letter').querySelectorAll('.ticks input').length";

/// Goes to a link and follows it. The driver presses again when the page went away in the middle of it: a
/// prepared question may be asked by then.
async fn follow(desk: &Desk, css: &str, key: Key) {
    reach(desk, css, key).await;
    let href: String = desk.tab.ask("document.activeElement.pathname").await;
    desk.tab.keys(Key::Enter).await;
    desk.tab.until(&format!("location.pathname.startsWith('{href}') && document.readyState === 'complete'")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_five_main_jobs_go_without_a_script() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        tab.size(NARROW).await;
        tab.without_script().await;
        tab.go("/auth/login").await;
        tab.click("button.person").await;
        tab.find("#words").await;
        tab.go("/classes").await;
        tab.click(".cards a[href='/classes/c-01']").await;
        assert!(tab.text(".attention").await.contains("needs"));
        assert_eq!(tab.count(".chart svg").await, 2, "charts need no script");
        assert_eq!(
            tab.count("th button, .files button, [data-print]:not([hidden])").await,
            0,
            "nothing dead is offered"
        );
        assert_eq!(tab.count("[aria-labelledby=roster] .files a[download]").await, 2);
        tab.shots("plain-3-class").await;
        tab.click(".attention li a").await;
        assert!(tab.text(".headline").await.contains("needs"));
        tab.go("/classes/c-01").await;
        tab.click(".attention a.button").await;
        tab.find("#words").await;
        tab.click("[data-send]").await;
        tab.find(".letter").await;
        for _ in 0..tab.ask::<usize>(TICKS).await {
            tab.click(".letter .ticks input:not(:checked)").await;
        }
        tab.click(".letter button[value=send]").await;
        tab.find(".receipt .stamp").await;
        assert_eq!(subjects(&desk.demo).len(), 1);
        tab.go("/settings").await;
        tab.click("input[value=dark]").await;
        tab.click("form[action='/settings/appearance'] button").await;
        tab.find(".saved").await;
        assert_eq!(tab.count("html[data-look=dark]").await, 1);
        assert_eq!(tab.count("[data-shortcuts]:not([hidden])").await, 0);
        tab.shots("plain-4-settings").await;
    })
    .await;
}
