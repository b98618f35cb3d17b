//! The same without a page: asked ahead of use, waited for, ended either way.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::Method;
use teachers_aide::{
    clock::{Clock, HeldClock, SystemClock},
    identity::{Callback, CallbackOutcome, Caller},
    sandbox::{Person, Setup},
    vault::{Authority, GmailSend, Progress},
};

use super::nothing_connected;
use crate::{
    cast,
    harness::{Browser, TestApp, Wanted},
};

/// A sign-in of this person, as a handler would see it.
async fn caller(app: &TestApp, person: &Person) -> Caller {
    app.sandbox.auth0().visitor_signs_in(&person.subject);
    let (url, attempt) = app.state.provider.begin(None).await.unwrap();
    let back = Browser::at(&app.base).open_elsewhere(url.as_str()).await.with(303);
    app.sandbox.auth0().visitor_is_asked();
    let query = back.location().split_once('?').unwrap().1.to_owned();
    let Ok(CallbackOutcome::Code(callback)) = Callback::parse(&query) else { panic!("{query}") };
    let signed_in = app.state.provider.complete(&callback, &attempt).await.unwrap();
    app.state.sign_ins.begin(&signed_in).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_asks_ahead_and_waits_until_the_teacher_has_answered() {
    let (app, _) = nothing_connected().await;
    let ada = caller(&app, &cast::ada()).await;
    let connections = &app.state.connections;
    let need = GmailSend::need().unwrap();
    let asked = connections.authorize(&ada, &need, Some("send_email_to_student")).await.unwrap();
    assert_eq!(asked.progress, Progress::Pending);
    assert!(asked.path().starts_with("/connections/authorizations/"));

    // Another sign-in of the same teacher, and another teacher, do not see it.
    for other in [caller(&app, &cast::ada()).await, caller(&app, &cast::grace()).await] {
        assert!(connections.status(&other, &asked.id).await.unwrap().is_none());
    }
    let waiter = {
        let (connections, ada, id) = (connections.clone(), ada.clone(), asked.id.clone());
        tokio::spawn(async move { connections.wait(&ada, &id, Duration::from_secs(30)).await })
    };
    let (url, attempt) = connections.begin(&ada, &asked).await.unwrap();
    let browser = Browser::at(&app.base);
    let back = browser.answer_connect(url.as_str(), "connect", |_| true).await;
    let query = back.location().split_once('?').unwrap().1.to_owned();
    let Ok(CallbackOutcome::Connected { code, .. }) = Callback::parse(&query) else { panic!("{query}") };
    connections.complete(&ada, &asked, &attempt, &code).await.unwrap();
    let told = waiter.await.unwrap().unwrap().unwrap();
    assert_eq!(told.progress, Progress::Completed);
    // What is granted already needs nobody.
    let again = connections.authorize(&ada, &need, None).await.unwrap();
    assert_eq!(again.progress, Progress::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_on_a_no_and_on_time_as_well_as_on_a_yes() {
    let clock = std::sync::Arc::new(HeldClock::at(SystemClock.now()));
    let setup = Setup { vault_at_login: false, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, clock: Some(clock.clone()), ..Wanted::default() }).await;
    let ada = caller(&app, &cast::ada()).await;
    let connections = app.state.connections.clone();
    let need = GmailSend::need().unwrap();
    let asked = connections.authorize(&ada, &need, None).await.unwrap();
    let still = connections.wait(&ada, &asked.id, Duration::from_millis(30)).await.unwrap().unwrap();
    assert_eq!(still.progress, Progress::Pending, "nobody answered");
    let waiter = {
        let (connections, ada, id) = (connections.clone(), ada.clone(), asked.id.clone());
        tokio::spawn(async move { connections.wait(&ada, &id, Duration::from_secs(30)).await })
    };
    connections.settle(&ada, &asked.id, Progress::Declined).await.unwrap();
    assert_eq!(waiter.await.unwrap().unwrap().unwrap().progress, Progress::Declined);
    // What is settled stays so.
    connections.settle(&ada, &asked.id, Progress::Completed).await.unwrap();
    assert_eq!(connections.status(&ada, &asked.id).await.unwrap().unwrap().progress, Progress::Declined);

    let late = connections.authorize(&ada, &need, None).await.unwrap();
    clock.advance(SignedDuration::from_mins(11));
    let told = connections.wait(&ada, &late.id, Duration::from_secs(30)).await.unwrap().unwrap();
    assert_eq!(told.progress, Progress::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opened_in_another_session_changes_nothing_there_and_nothing_here() {
    let (app, ada_browser) = nothing_connected().await;
    let grace = app.signed_in(&cast::grace()).await;
    let ada = caller(&app, &cast::ada()).await;
    let asked = app.state.connections.authorize(&ada, &GmailSend::need().unwrap(), None).await.unwrap();
    // Grace's browser, another browser of Ada's, and one without anybody.
    grace.get(&asked.path()).await.with(404);
    ada_browser.get(&asked.path()).await.with(404);
    app.browser().send(app.browser().request(&Method::GET, &asked.path())).await.with(303);
    let still = app.state.connections.status(&ada, &asked.id).await.unwrap().unwrap();
    assert_eq!(still.progress, Progress::Pending);
    assert!(app.sandbox.auth0().vaulted_scopes(&cast::grace().subject).is_none());
}
