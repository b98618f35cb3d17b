//! The front door: coming in, saying no, going out.

use teachers_aide::sandbox::faults::Route;
use teachers_aide::sandbox::log::Ending;

use crate::{
    cast::{self, school_day},
    harness::TestApp,
};

#[tokio::test(flavor = "multi_thread")]
async fn who_says_no_at_the_door_gets_a_calm_page_and_can_come_back() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let refused = browser.decline("/auth/login").await.with(403);
    assert_eq!(refused.text("h1"), "You did not sign in");
    assert!(refused.text(".message").contains("nothing was changed"));
    browser.get("/chat").await.leads_to("/");
    browser.sign_in("/auth/login", &cast::ada()).await.leads_to("/chat");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_is_led_to_the_door_and_back_to_the_page_they_wanted() {
    let app = TestApp::start().await;
    let browser = app.browser();
    browser.get("/classes").await.leads_to("/?return_to=%2Fclasses");
    let door = browser.get("/?return_to=%2Fclasses").await.with(200);
    browser.sign_in(&door.attrs("a.google", "href")[0], &cast::ada()).await.leads_to("/classes");
    assert!(browser.get("/classes").await.with(200).body.contains("Algebra I"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_the_provider_serves_once_and_in_one_browser() {
    let app = TestApp::start().await;
    app.sandbox.auth0().visitor_signs_in(&cast::ada().subject);
    let (browser, other) = (app.browser(), app.browser());
    let away = browser.get("/auth/login").await.with(303);
    let back = browser.open_elsewhere(away.location()).await.with(303);
    other.come_back(back.location()).await.with(400);
    browser.come_back(back.location()).await.leads_to("/chat");
    browser.copied().come_back(back.location()).await.with(400);
    assert_eq!(app.sandbox.log().count(Route::CodeGrant), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_a_handle_that_no_script_reads_and_no_other_site_posts() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let answer = browser.sign_in("/auth/login", &cast::ada()).await.with(303);
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"), "{cookie}");
    assert!(cookie.len() < 300, "it holds a handle only: {cookie}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_the_session_here_and_the_refresh_token_at_the_provider() {
    let (app, ada, grace) = school_day().await;
    let thief = ada.copied();
    assert_eq!(app.sandbox.auth0().refresh_tokens(&cast::ada().subject), 1);

    let out = ada.post("/auth/logout", &[]).await.with(303);
    assert!(out.location().starts_with(app.sandbox.issuer()), "the provider's session ends too: {}", out.location());
    let home = ada.open_elsewhere(out.location()).await.with(303);
    assert_eq!(home.location().trim_end_matches('/'), app.base);
    assert_eq!(app.sandbox.auth0().ended_sessions().len(), 1);

    ada.get("/chat").await.leads_to("/");
    thief.get("/chat").await.leads_to("/");
    thief.post("/chat", &[("words", "hello")]).await.with(401);
    let revoked = app.sandbox.log().of(Route::Revoke);
    assert_eq!(revoked.len(), 1);
    assert_eq!((revoked[0].status, revoked[0].ending), (Some(200), Ending::Complete));
    assert_eq!(app.sandbox.auth0().refresh_tokens(&cast::ada().subject), 0);
    grace.get("/chat").await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_works_while_the_provider_is_down() {
    use teachers_aide::sandbox::faults::{Effect, Fault};
    let (app, ada, _grace) = school_day().await;
    app.sandbox.faults().add(Fault::on(Route::Revoke).then(Effect::HangUp));
    ada.post("/auth/logout", &[]).await.with(303);
    ada.get("/chat").await.leads_to("/");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_left_alone_ends() {
    let (app, clock) = TestApp::start_held().await;
    let ada = app.signed_in(&cast::ada()).await;
    clock.advance(jiff::SignedDuration::from_mins(50));
    ada.get("/chat").await.with(200);
    clock.advance(jiff::SignedDuration::from_mins(50));
    ada.get("/chat").await.with(200);
    clock.advance(jiff::SignedDuration::from_mins(61));
    ada.get("/chat").await.leads_to("/");
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&app.database().await).await.unwrap()
}

/// A handle that somebody planted in the browser, or saw there, before the sign-in.
#[tokio::test(flavor = "multi_thread")]
async fn a_handle_from_before_the_sign_in_is_worth_nothing_after_it() {
    let app = TestApp::start().await;
    let ada = app.browser();
    ada.get("/auth/login").await.with(303);
    let (thief, before) = (ada.copied(), ada.cookie_values());
    assert_eq!(before.len(), 1);
    ada.sign_in("/auth/login", &cast::ada()).await.leads_to("/chat");
    ada.get("/chat").await.with(200);
    assert_ne!(ada.cookie_values(), before);
    thief.get("/chat").await.leads_to("/");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM sessions").await, 1, "the old one is not kept");
    ada.post("/auth/logout", &[]).await.with(303);
    assert_eq!(count(&app, "SELECT COUNT(*) FROM sessions").await, 0, "nor is one that was left");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_again_in_the_same_browser_ends_the_sign_in_before() {
    let app = TestApp::start().await;
    let ada = app.signed_in(&cast::ada()).await;
    ada.sign_in("/auth/login", &cast::ada()).await.leads_to("/chat");
    assert_eq!(count(&app, "SELECT COUNT(*) FROM sign_ins").await, 1);
    assert_eq!(app.sandbox.log().of(Route::Revoke).len(), 1, "and its refresh token at the provider");
    ada.get("/chat").await.with(200);
}
