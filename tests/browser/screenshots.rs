//! Pictures of every page, to be looked at as a designer would:
//! `cargo test --test app screenshots -- --ignored` writes them to
//! `target/screenshots/all`, wide and narrow, light and dark, and as printed, and
//! the README's own to `target/screenshots/readme.png`.

use super::{
    Desk, NARROW, WIDE, at_a_desk,
    story::{ORDER, QUESTION},
    tab::Scheme,
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures for people; nothing is checked"]
async fn screenshots_of_every_page() {
    at_a_desk(async |desk| {
        page(desk, "01-door", "/").await;
        desk.sign_in().await;
        page(desk, "02-blank", "/chat").await;
        desk.ask(QUESTION).await;
        desk.done(1).await;
        here(desk, "03-answer").await;
        desk.tab.click(".did > summary").await;
        here(desk, "03-evidence").await;
        desk.tab.click(".did > summary").await;
        desk.ask("Show me a chart of 10B").await;
        desk.done(2).await;
        here(desk, "04-charts").await;
        desk.ask(ORDER).await;
        desk.tab.find(".send-all").await;
        here(desk, "05-drafts").await;
        desk.tab.click(".letter button[value=send]").await;
        desk.tab.find(".receipt .stamp").await;
        here(desk, "06-sent").await;
        let pages = [
            ("07-classes", "/classes"),
            ("08-class", "/classes/c-01"),
            ("09-student", "/students/s-1001"),
            ("10-conversations", "/conversations"),
            ("11-settings", "/settings"),
            ("12-message", "/nowhere"),
            ("13-connections", "/connections"),
            ("14-activity", "/activity"),
            ("15-set-up", "/setup"),
            ("16-guide", "/setup/guide"),
        ];
        for (name, address) in pages {
            page(desk, name, address).await;
        }
    })
    .await;
}

async fn page(desk: &Desk, name: &str, address: &str) {
    desk.tab.go(address).await;
    here(desk, name).await;
}

async fn here(desk: &Desk, name: &str) {
    let tab = &desk.tab;
    for (size, word) in [(NARROW, "narrow"), (WIDE, "wide")] {
        tab.size(size).await;
        for scheme in Scheme::BOTH {
            tab.scheme(scheme).await;
            tab.whole(&format!("all/{name}-{word}-{}", scheme.word())).await;
        }
    }
    tab.scheme(Scheme::Light).await;
    tab.as_printed(&format!("all/{name}-print")).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes a picture for people; nothing is checked"]
async fn screenshots_of_the_readme() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        for (words, shown) in [
            ("What does Mateo Nguyen need to pass?", ".answer .sheet"),
            ("Write an encouraging mail to Mateo Nguyen", ".letter"),
        ] {
            desk.ask(words).await;
            tab.find(shown).await;
            tab.until("!document.querySelector('[data-state=running]')").await;
        }
        // The demo's banner is no part of it.
        tab.run::<()>("document.querySelector('.banner').remove(); document.activeElement.blur()", Vec::new()).await;
        tab.click(".heading h1").await;
        tab.whole("readme").await;
    })
    .await;
}
