//! The model when it is not well: refused, busy, broken, cut in the middle.

use actix_web::http::StatusCode;
use serde_json::json;
use teachers_aide::sandbox::model::ApiError;

use crate::cast::{MATEO, school_day};

fn refusal(status: u16) -> ApiError {
    ApiError::new(StatusCode::from_u16(status).unwrap(), "no")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_model_refuses_is_told_plainly_and_the_question_can_be_tried_again() {
    let (app, ada, _grace) = school_day().await;
    app.mind.push(refusal(401));
    let (asked, screen) = ada.hear("How is Mateo?").await;
    assert_eq!(screen.state, "failed");
    let page = ada.page(&asked.conversation).await;
    assert!(page.text(".notice").contains("does not accept this site's key"), "{}", page.text(".notice"));
    assert_eq!(page.text(".notice code").len(), 8, "a reference for the operator");
    app.mind.says("He is doing better.");
    let again = page.form(".notice form");
    ada.submit(&again).await.with(303);
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.text(".answer"), "He is doing better.");
    assert_eq!(page.texts("section.turn").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_goes_in_circles_is_stopped_by_a_budget() {
    let (app, ada, _grace) = school_day().await;
    for _ in 0..20 {
        app.mind.calls([("get_student", json!({ "student_id": MATEO }))]);
    }
    let (asked, screen) = ada.hear("How is Mateo?").await;
    assert_eq!(screen.state, "done");
    assert!(ada.page(&asked.conversation).await.text(".notice").contains("more steps than one answer may"));
    assert_eq!(app.asked().len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_is_not_there_and_arguments_that_are_none_are_told_to_the_model() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([("delete_student", json!({})), ("get_student", json!({ "id": 7 }))]).says("I see.");
    let (_, screen) = ada.hear("How is Mateo?").await;
    assert_eq!(screen.text(), "I see.");
    let told = app.last_question();
    assert!(told.contains("There is no tool") && told.contains("not as its schema says"), "{told}");
}
