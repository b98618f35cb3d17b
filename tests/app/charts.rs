//! Charts in the chat: the page gets a picture, the model its numbers.

use serde_json::json;

use crate::{
    cast::{MATEO, school_day},
    harness::{Answer, Browser},
};

fn chart(kind: &str, class: Option<&str>, student: Option<&str>) -> (&'static str, serde_json::Value) {
    ("show_chart", json!({ "kind": kind, "class_id": class, "student_id": student }))
}

async fn drawn(page: &Answer, browser: &Browser) -> String {
    let figure = page.text(".chart figcaption");
    assert!(page.has(".chart svg[role=img] > title") && page.has(".chart svg > desc"), "{}", page.body);
    assert!(page.has(".chart details table"), "the same as a table");
    assert!(!page.body.contains(" style="), "the page's policy would refuse it");
    browser.get("/healthz").await.with(200);
    figure
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_sees_a_chart_and_the_model_reads_its_numbers() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([chart("averages", Some("c-01"), None)]).says("Two are below the line.");
    let (asked, screen) = ada.hear("Show me a chart of 10B").await;
    assert!(screen.seen.contains(&"chart-0-0".to_owned()), "it came while the answer was written: {:?}", screen.seen);
    assert!(screen.has("figure.chart[data-key='chart-0-0']"));
    let page = ada.page(&asked.conversation).await;
    let caption = drawn(&page, &ada).await;
    assert_eq!(caption, "Averages so far in Algebra I · 10B 1 of 3 reach 7.00");
    assert!(page.text(".chart desc").contains("Mateo Nguyen: 5.80"), "{}", page.text(".chart desc"));
    assert_eq!(page.texts(".chart rect.below").len(), 2);
    let told = app.last_question();
    assert!(told.contains("5.80") && told.contains("below it") && !told.contains("<svg"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_that_was_shown_stays_as_it_was() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([chart("trend", None, Some(MATEO))]).says("Rising.");
    let (asked, _) = ada.hear("How did Mateo do?").await;
    let before = ada.page(&asked.conversation).await;
    assert!(before.text(".chart").contains("needs 9.40"), "{}", before.text(".chart"));
    // After a restart of the server it is read from the store.
    let mut app = app;
    app.stop().await;
    let _app = app.start_again().await;
    let after = ada.page(&asked.conversation).await;
    assert_eq!(before.texts(".chart"), after.texts(".chart"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chart_that_cannot_be_drawn_leaves_no_picture() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([chart("distribution", None, Some(MATEO))]).says("That is not possible.");
    let (asked, screen) = ada.hear("Show me Mateo's distribution").await;
    assert!(!screen.has(".chart"));
    assert!(!ada.page(&asked.conversation).await.has(".chart"));
    assert!(app.last_question().contains("One student has no distribution."));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_classes_and_students_are_drawn_from_the_same_numbers() {
    let (_app, ada, _grace) = school_day().await;
    let class = ada.get("/classes/c-01").await.with(200);
    assert_eq!(class.texts(".chart figcaption strong").len(), 2);
    assert_eq!(class.texts(".attention li").len(), 2, "{:?}", class.texts(".attention li"));
    assert!(class.text(".attention li").contains("Mateo Nguyen At risk needs 9.40"), "{}", class.text(".attention li"));
    let href = class.attrs(".attention a.button", "href").remove(0);
    let chat = ada.get(&href).await.with(200);
    assert_eq!(chat.text("textarea#words"), "Write to all at risk in Algebra I · 10B");
    assert!(!chat.has(".turn"), "nothing is asked by a link");
    let student = ada.get(&format!("/students/{MATEO}")).await.with(200);
    assert!(
        student.text(".chart desc").contains("1st 5.50, 2nd 6.10, 3rd –, needs 9.40"),
        "{}",
        student.text(".chart desc")
    );
    assert!(ada.get("/classes").await.has(".chart"));
}
