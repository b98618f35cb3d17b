//! Asked ahead of use, waited for, answered in the browser.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use teachers_aide::sandbox::faults::Route;
use tokio::task::JoinHandle;

use super::{MAIL, SEND, authorize, code, execute, look, nothing_connected, path, tool};
use crate::{
    cast::{self, MATEO},
    harness::{Browser, TestApp},
};

/// A script that waits in another task, and how long it did.
fn waits(browser: &Browser, id: &Value, seconds: u64) -> JoinHandle<(Value, Duration)> {
    let (browser, path) = (browser.clone(), format!("/api/authorizations/{}?wait={seconds}", id.as_str().unwrap()));
    let begun = Instant::now();
    tokio::spawn(async move { (look(&browser, &path).await.with(200).json(), begun.elapsed()) })
}

/// Until so many scripts wait.
async fn waiting(app: &TestApp, count: usize) {
    for _ in 0..500 {
        if app.state.connections.waiting() == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} wait, not {count}", app.state.connections.waiting());
}

/// A script asked, and waits; the browser has not answered.
async fn asked_and_waiting(app: &TestApp, ada: &Browser) -> (Value, JoinHandle<(Value, Duration)>) {
    let asked = authorize(ada, MAIL).await;
    assert_eq!((&asked["status"], &asked["tool"]), (&json!("pending"), &json!(MAIL)));
    let waiter = waits(ada, &asked["id"], 45);
    waiting(app, 1).await;
    (asked, waiter)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_asks_waits_and_goes_on_when_the_teacher_has_agreed() {
    let (app, ada) = nothing_connected().await;
    let (asked, waiter) = asked_and_waiting(&app, &ada).await;
    assert_eq!(asked["need"], json!({ "connection": "google", "scopes": [SEND] }));
    ada.connect(path(&app, &asked["url"])).await.leads_to("/connections?done=connected");
    let (told, after) = waiter.await.unwrap();
    assert_eq!((&told["status"], &told["id"]), (&json!("completed"), &asked["id"]));
    assert_eq!((&told["url"], &told["reason"]), (&Value::Null, &Value::Null), "there is nothing left to answer");
    assert!(after < Duration::from_secs(30), "it was told when it was so: {after:?}");

    let again = authorize(&ada, MAIL).await;
    assert_eq!((&again["status"], &again["url"]), (&json!("completed"), &Value::Null), "nobody is asked twice");
    assert_eq!(tool(&ada, MAIL).await["authorized"], json!(true));
    let mail = json!({ "student_id": MATEO, "subject": "Hello", "body": "Dear Mateo" });
    assert_eq!(execute(&ada, MAIL, mail).await.with(202).json()["status"], "approval_required");
    assert_eq!(app.sandbox.log().count(Route::Connect), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_no_account_is_authorised_at_once() {
    let (app, ada) = nothing_connected().await;
    let free = authorize(&ada, "list_students").await;
    assert_eq!(free["status"], "completed");
    assert!(["id", "url", "need", "reason"].iter().all(|field| free[field].is_null()), "{free}");
    assert!(app.sandbox.log().of(Route::Connect).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_ends_the_wait_as_a_yes_does() {
    let (app, ada) = nothing_connected().await;
    for (decision, ticked, reason) in [("decline", true, "declined"), ("connect", false, "not_granted")] {
        let (asked, waiter) = asked_and_waiting(&app, &ada).await;
        let away = ada.get(path(&app, &asked["url"])).await.with(303);
        ada.connect_at(away.location(), decision, |_| ticked).await;
        let (told, after) = waiter.await.unwrap();
        assert_eq!((&told["status"], &told["reason"]), (&json!("failed"), &json!(reason)));
        assert!(after < Duration::from_secs(30), "{after:?}");
        // It is over: its link asks for nothing any more, and it stays what it is.
        let told = ada.get(&format!("/connections/authorizations/{}", asked["id"].as_str().unwrap())).await.with(400);
        assert_eq!(told.text("h1"), "This connection is too old");
        let standing = look(&ada, &format!("/api/authorizations/{}", asked["id"].as_str().unwrap())).await.with(200);
        assert_eq!(standing.json()["reason"], reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_with_its_time_with_its_script_with_the_session_and_with_the_server() {
    let (mut app, ada) = nothing_connected().await;
    let asked = authorize(&ada, MAIL).await;
    let (told, after) = waits(&ada, &asked["id"], 1).await.unwrap();
    assert_eq!(told["status"], "pending", "nobody answered");
    assert!(after >= Duration::from_secs(1) && after < Duration::from_secs(10), "{after:?}");
    let now = look(&ada, &format!("/api/authorizations/{}", asked["id"].as_str().unwrap())).await.with(200);
    assert_eq!(now.json()["status"], "pending");

    // Scripts that go away hold nothing.
    let gone: Vec<_> = (0..20).map(|_| waits(&ada, &asked["id"], 45)).collect();
    waiting(&app, 20).await;
    gone.iter().for_each(JoinHandle::abort);
    waiting(&app, 0).await;

    // Who signs out is told so.
    let copy = ada.copied();
    let path = format!("/api/authorizations/{}?wait=45", asked["id"].as_str().unwrap());
    let left = tokio::spawn(async move { look(&copy, &path).await });
    waiting(&app, 1).await;
    ada.post("/auth/logout", &[]).await;
    assert_eq!(code(&left.await.unwrap().with(401)), "signed_out");

    let ada = app.signed_in(&cast::ada()).await;
    let (_, waiter) = asked_and_waiting(&app, &ada).await;
    let begun = Instant::now();
    app.stop().await;
    assert_eq!(waiter.await.unwrap().0["status"], "pending");
    assert!(begun.elapsed() < Duration::from_secs(4), "it went down in {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_link_opened_in_another_session_changes_nothing_there_and_nothing_here() {
    let (app, ada) = nothing_connected().await;
    let (grace, elsewhere) = (app.signed_in(&cast::grace()).await, app.signed_in(&cast::ada()).await);
    let (asked, waiter) = asked_and_waiting(&app, &ada).await;
    let link = path(&app, &asked["url"]);
    let status = format!("/api/authorizations/{}?wait=45", asked["id"].as_str().unwrap());
    // Another teacher, and the same one at another computer.
    for other in [&grace, &elsewhere] {
        let page = other.get(link).await.with(404);
        assert_eq!(page.text("h1"), "This page is not here");
        assert_eq!(code(&look(other, &status).await.with(404)), "not_found", "and it waits for nothing");
        assert_eq!(tool(other, MAIL).await["authorized"], json!(false));
    }
    // Nobody at all is led to sign in, and not back to the link.
    let led = app.browser().send(app.browser().request(&Method::GET, link)).await.with(303);
    assert_eq!(led.location(), "/");
    assert_eq!(app.sandbox.log().count(Route::Connect), 0, "nothing was begun");
    for person in [cast::ada(), cast::grace()] {
        assert!(app.sandbox.auth0().vaulted_scopes(&person.subject).is_none());
    }
    assert!(!waiter.is_finished(), "and here it waits as before");
    ada.connect(link).await.leads_to("/connections?done=connected");
    assert_eq!(waiter.await.unwrap().0["status"], "completed");
    assert!(app.sandbox.auth0().vaulted_scopes(&cast::grace().subject).is_none());
}
