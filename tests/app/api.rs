//! The tools for scripts, over HTTP: listed, authorised, waited for, run. A
//! script brings the cookie of a teacher's browser and nothing else.

mod consent;
mod document;
mod examples;
mod execution;

use reqwest::Method;
use serde_json::{Value, json};
use teachers_aide::sandbox::Setup;

use crate::{
    cast::{self, school_day},
    harness::{Answer, Browser, TestApp, Wanted},
};

const MAIL: &str = "send_email_to_student";
const SEND: &str = "https://www.googleapis.com/auth/gmail.send";

/// A tenant in which signing in connects nothing.
async fn nothing_connected() -> (TestApp, Browser) {
    let setup = Setup { vault_at_login: false, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    (app, ada)
}

/// A script's question, in the session of this browser.
async fn look(browser: &Browser, path: &str) -> Answer {
    browser.send(browser.bare(Method::GET, path)).await
}

async fn tools(browser: &Browser) -> Vec<Value> {
    look(browser, "/api/tools").await.with(200).json()["tools"].as_array().unwrap().clone()
}

async fn tool(browser: &Browser, name: &str) -> Value {
    tools(browser).await.into_iter().find(|tool| tool["name"] == name).unwrap()
}

async fn authorize(browser: &Browser, tool: &str) -> Value {
    browser.post_json(&format!("/api/tools/{tool}/authorize"), &json!({})).await.with(200).json()
}

async fn execute(browser: &Browser, tool: &str, input: Value) -> Answer {
    browser.post_json(&format!("/api/tools/{tool}/execute"), &json!({ "input": input })).await
}

/// The path of an address of this application.
fn path<'a>(app: &TestApp, address: &'a Value) -> &'a str {
    let address = address.as_str().unwrap();
    address.strip_prefix(&app.origin).unwrap_or_else(|| panic!("{address} is not ours"))
}

#[track_caller]
fn code(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.body);
    answer.json()["error"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tool_says_what_it_does_what_it_takes_and_whether_it_may() {
    let (app, ada) = nothing_connected().await;
    let listed = tools(&ada).await;
    app.mind.says("Hello.");
    ada.hear("Hello").await;
    let known = &app.asked()[0].body["tools"];
    assert_eq!(listed.len(), known.as_array().unwrap().len());
    for (tool, function) in listed.iter().zip(known.as_array().unwrap()) {
        for field in ["name", "description", "parameters"] {
            assert_eq!(tool[field], function["function"][field], "a script and the model read the same");
        }
    }
    let (mail, classes) = (tool(&ada, MAIL).await, tool(&ada, "list_teaching_classes").await);
    assert_eq!((&mail["risk"], &classes["risk"]), (&json!("sends"), &json!("reads")));
    assert_eq!(mail["need"], json!({ "connection": "google", "scopes": [SEND] }));
    assert_eq!((&mail["authorized"], &classes["authorized"]), (&json!(false), &json!(true)));
    assert_eq!(classes["need"], Value::Null);

    app.sandbox.auth0().connect_google(&cast::ada().subject, &[SEND]);
    assert_eq!(tool(&ada, MAIL).await["authorized"], json!(true));
    assert_eq!(tool(&ada, "list_events").await["authorized"], json!(false), "the calendar is another permission");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_told_just_now_is_not_told_as_a_no() {
    use teachers_aide::sandbox::faults::{Effect, Fault, Route};
    let (app, ada) = nothing_connected().await;
    app.sandbox.faults().add(Fault::on(Route::Exchange).then(Effect::HangUp));
    let mail = tool(&ada, MAIL).await;
    assert_eq!((&mail["authorized"], &mail["need"]["connection"]), (&Value::Null, &json!("google")));
    let told = ada.post_json(&format!("/api/tools/{MAIL}/authorize"), &json!({})).await.with(503);
    assert_eq!(code(&told), "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_is_told_in_one_shape() {
    let (app, ada, _grace) = school_day().await;
    let execute_at = |tool: &str| format!("/api/tools/{tool}/execute");
    let stranger = app.browser();
    let (nowhere, mail) = (execute_at("do_nothing"), execute_at(MAIL));
    let none = format!("/api/authorizations/{}", "0".repeat(32));
    let get = |path: &str| ada.bare(Method::GET, path);
    let post = |path: &str, body: Value| ada.bare(Method::POST, path).json(&body);
    let rows = [
        (404, "no_such_tool", post(&nowhere, json!({}))),
        (404, "no_such_tool", post("/api/tools/do_nothing/authorize", json!({}))),
        (404, "not_found", get(&none)),
        (404, "not_found", get("/api/authorizations/x")),
        (404, "not_found", get("/api/nothing")),
        (405, "wrong_method", get(&mail)),
        (400, "bad_request", get(&format!("{none}?wait=60"))),
        (400, "bad_request", get(&format!("{none}?wait=soon"))),
        (400, "bad_request", post(&mail, json!({ "input": [] }))),
        (400, "bad_request", post(&mail, json!({ "inputs": {} }))),
        (400, "bad_request", ada.bare(Method::POST, &mail).header("content-type", "application/json").body("{")),
        (413, "too_large", post(&mail, json!({ "input": { "body": "x".repeat(300_000) } }))),
        (422, "bad_arguments", post(&mail, json!({ "input": {} }))),
        (403, "foreign_origin", post(&mail, json!({})).header("origin", "https://evil.example")),
        (403, "foreign_origin", ada.bare(Method::POST, &mail).body("{}")),
        (401, "signed_out", stranger.bare(Method::GET, "/api/tools")),
        (401, "signed_out", stranger.bare(Method::POST, &mail).json(&json!({}))),
    ];
    for (status, expected, request) in rows {
        let answer = ada.send(request.header("accept", "*/*")).await.with(status);
        assert_eq!(code(&answer), expected);
        let error = &answer.json()["error"];
        let keys: Vec<&String> = error.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["code", "title", "words", "reference"]);
        assert!(error["words"].as_str().unwrap().len() > 20, "{error}");
    }
    let told = ada.send(post(&nowhere, json!({}))).await.json()["error"]["words"].as_str().unwrap().to_owned();
    assert!(told.contains("do_nothing") && told.contains("list_students"), "{told}");
}
