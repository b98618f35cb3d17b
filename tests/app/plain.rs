//! Without JavaScript: links, plain forms, whole pages.

use crate::{
    cast::{self, JAMES, MATEO, mail_to, school_day},
    harness::{Answer, Browser},
};

/// Where a form leads, as the browser goes on by itself.
async fn land(browser: &Browser, answer: Answer) -> Answer {
    let path = answer.with(303).location().split('#').next().unwrap().to_owned();
    browser.get(&path).await.with(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_is_done_with_forms_alone() {
    let (app, ..) = school_day().await;
    let ada = app.browser();
    let door = ada.get("/").await.with(200);
    let arrived = ada.sign_in(&door.attrs("a.google", "href")[0], &cast::ada()).await;
    let blank = land(&ada, arrived).await;

    // A suggested question is a button; the page comes back with the whole answer.
    app.mind.says("| Student | Average |\n|---|---|\n| Mateo | 5.80 |");
    let first = blank.texts("[data-asks] button").remove(0);
    let answer = ada.submit(&blank.form("form[data-asks]").fill("words", &first)).await;
    let page = land(&ada, answer).await;
    assert_eq!((page.text(".said p"), page.has(".answer table")), (first, true));
    assert_eq!(page.attrs("section.turn", "data-state"), ["done"]);

    app.mind.calls([mail_to(MATEO, "One", "Dear Mateo"), mail_to(JAMES, "Two", "Dear James")]).says("Both decided.");
    let answer = ada.submit(&page.form("form.write").fill("words", "Write to both")).await;
    let page = land(&ada, answer).await;
    assert_eq!(page.cards().len(), 2, "{}", page.body);

    let send = page.form("form.letter").fill("decision", "send").fill("subject", "Corrected");
    let answer = ada.submit(&send).await;
    let page = land(&ada, answer).await;
    assert_eq!((page.cards().len(), page.texts(".receipt .stamp").len()), (1, 1));
    let discard = page.form("form.letter").fill("decision", "discard");
    let answer = ada.submit(&discard).await;
    let page = land(&ada, answer).await;
    assert_eq!(page.texts(".receipt").len(), 2);
    assert_eq!(page.texts(".answer").last().unwrap(), "Both decided.", "the answer went on before the page came");
    assert_eq!(app.accepted().len(), 1);

    let out = ada.submit(&page.form(".who form")).await.with(303);
    assert!(out.location().starts_with(app.sandbox.issuer()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_takes_long_can_be_stopped_with_a_form() {
    use teachers_aide::sandbox::model::{Ending, Raw};
    let (app, ada, _grace) = school_day().await;
    app.mind.push(Raw::events([]).ending(Ending::Stall));
    let asked = ada.ask("Tell me").await;
    let page = ada.page(&asked.conversation).await;
    assert!(!page.has("[data-stop][hidden]"), "{}", page.body);
    let action = page.attrs("[data-stop]", "formaction").remove(0);
    let mut form = page.form("form.write");
    form.action = action;
    let answer = ada.submit(&form).await;
    let page = land(&ada, answer).await;
    assert!(page.text(".notice").contains("Stopped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_numbers_stand_on_the_pages_and_in_the_tools() {
    let (app, ada, _grace) = school_day().await;
    let class = ada.get("/classes/c-01").await.with(200);
    let student = ada.get(&format!("/students/{MATEO}")).await.with(200);
    app.mind.calls([("forecast_passing", serde_json::json!({ "class_id": null, "student_id": MATEO }))]).says("So.");
    ada.hear("What does Mateo need?").await;
    let told = app.last_question();
    assert!(told.contains("9.4"), "5.5 and 6.1 leave 9.4 to pass: {told}");
    assert!(class.body.contains("9.40") && student.body.contains("9.40"));
    assert!(ada.get("/classes").await.with(200).body.contains("Algebra I"));
}
