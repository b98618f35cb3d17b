//! The teacher's accounts elsewhere: asked for, connected, seen, let go.

mod errors;
mod scripts;

use jiff::SignedDuration;
use teachers_aide::sandbox::{
    Setup,
    faults::{Effect, Fault, Route},
};

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::{Answer, Asked, Browser, Screen, TestApp, Wanted},
};

const SEND: &str = "https://www.googleapis.com/auth/gmail.send";

/// A tenant of today: signing in connects nothing.
pub async fn nothing_connected() -> (TestApp, Browser) {
    let setup = Setup { vault_at_login: false, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    (app, ada)
}

/// Ada wants to write to Mateo, and the turn waits for her account.
pub async fn waits_for_google(app: &TestApp, ada: &Browser) -> (Asked, String) {
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (asked, screen) = ada.hear("Write to Mateo").await;
    assert!(screen.cards().is_empty());
    let door = format!("/connections/google/connect?turn={}", asked.turn);
    assert_eq!(ada.page(&asked.conversation).await.attrs(".card a.primary", "href"), std::slice::from_ref(&door));
    (asked, door)
}

/// What the application asked the register for, by the body of its latest question.
fn asked_scopes(app: &TestApp) -> Vec<String> {
    let asked = app.sandbox.log().of(Route::Connect);
    let body: serde_json::Value = serde_json::from_str(&asked.last().unwrap().body).unwrap();
    body["scopes"].as_array().unwrap().iter().map(|scope| scope.as_str().unwrap().to_owned()).collect()
}

async fn overview(browser: &Browser) -> Answer {
    browser.get("/connections").await.with(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_connects_once_and_the_second_mail_asks_for_nothing() {
    let (app, ada) = nothing_connected().await;
    let (asked, door) = waits_for_google(&app, &ada).await;
    app.mind.says("Sent.");
    ada.connect(&door).await.leads_to(&format!("/chat/{}#turn-{}", asked.conversation, asked.turn));
    assert_eq!(asked_scopes(&app), ["openid", "profile", "email", SEND], "the least that will do");
    let card = ada.follow_to_a_draft(&asked.turn).await;
    ada.decide(&card, "send", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;

    app.mind.calls([mail_to(MATEO, "Again", "Dear Mateo")]).says("Sent.");
    let second = ada.ask_in(&asked.conversation, "And once more").await;
    let card = ada.follow_to_a_draft(&second.turn).await;
    ada.decide(&card, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 2);
    assert_eq!(app.sandbox.log().count(Route::Connect), 1, "nobody was asked a second time");
    let shown = overview(&ada).await;
    assert_eq!(shown.texts(".account .chip")[0], "Connected");
    assert!(shown.text(".account dl").contains("to write to a student"), "{}", shown.body);
    assert!(shown.text(".account .allows").contains("Send mail from your address"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unticks_the_permission_is_told_which_one_is_missing() {
    let (app, ada) = nothing_connected().await;
    let (asked, door) = waits_for_google(&app, &ada).await;
    let away = ada.get(&door).await.with(303);
    ada.connect_at(away.location(), "connect", |_| false).await.with(303);
    // The turn's first pause comes by again; it is its second that counts.
    let asks_again = |screen: &Screen| screen.waits() && screen.html().contains("One more permission");
    ada.follow_until(&asked.turn, asks_again).await;
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.text(".card h3"), "One more permission at Google");
    assert!(page.text(".card .allows").contains("Send mail from your address"));
    // She allows it ahead of use, on the page of connections, and takes the turn up there.
    let shown = overview(&ada).await;
    let allow = shown.attrs(".uses a", "href").into_iter().find(|href| href.contains("send_email")).unwrap();
    ada.connect(&allow).await.leads_to("/connections?done=connected");
    assert!(overview(&ada).await.texts(".uses li").iter().any(|line| line.contains("Allowed")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ada_disconnects_stays_so_until_she_connects_it_again() {
    let (app, ada, _grace) = school_day().await;
    let subject = cast::ada().subject;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (_, screen) = ada.hear("Write to Mateo").await;
    ada.decide(&screen.cards()[0], "send", &[]).await.with(200);

    let form = overview(&ada).await.form("form.disconnect");
    ada.submit(&form).await.leads_to("/connections?done=disconnected");
    assert_eq!(app.sandbox.auth0().vaulted_scopes(&subject), None, "Auth0's vault is empty");
    assert_eq!(app.sandbox.auth0().refresh_tokens(&subject), 0, "the refresh token was taken back");
    assert_eq!(overview(&ada).await.texts(".account .chip")[0], "Not connected");

    // This tenant fills the vault at every sign-in; what she put away is not used.
    let again = app.signed_in(&cast::ada()).await;
    assert!(app.sandbox.auth0().vaulted_scopes(&subject).is_some());
    app.mind.calls([mail_to(MATEO, "Later", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = again.hear("Write to Mateo").await;
    assert!(screen.cards().is_empty(), "it asks");
    again.connect(&format!("/connections/google/connect?turn={}", asked.turn)).await.with(303);
    let card = again.follow_to_a_draft(&asked.turn).await;
    again.decide(&card, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_disconnected_goes_through_the_sign_in_and_on_to_google_in_one_trip() {
    let (app, ada) = nothing_connected().await;
    let (asked, door) = waits_for_google(&app, &ada).await;
    ada.connect(&door).await.with(303);
    ada.follow_to_a_draft(&asked.turn).await;
    ada.submit(&overview(&ada).await.form("form.disconnect")).await.with(303);
    let allow = overview(&ada).await.attrs(".uses a", "href").into_iter().find(|href| href.contains("send_email"));
    let on = ada.sign_in(&allow.unwrap(), &cast::ada()).await.with(303);
    assert!(on.location().starts_with(app.sandbox.issuer()), "on to the connecting: {}", on.location());
    ada.connect_at(on.location(), "connect", |_| true).await.leads_to("/connections?done=connected");
    assert_eq!(overview(&ada).await.texts(".account .chip")[0], "Connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_does_not_answer_is_told_and_the_account_is_not_used_any_more() {
    let (app, ada, _grace) = school_day().await;
    overview(&ada).await;
    app.sandbox.faults().add(Fault::on_path(Some("DELETE"), "/auth0/me/").then(Effect::HangUp));
    ada.submit(&overview(&ada).await.form("form.disconnect")).await.leads_to("/connections?done=left");
    assert!(ada.get("/connections?done=left").await.text(".notice").contains("may still hold the key"));
    assert_eq!(overview(&ada).await.texts(".account .chip")[0], "Not connected");
    app.sandbox.faults().clear();
    ada.submit(&overview(&ada).await.form("form.disconnect")).await.leads_to("/connections?done=disconnected");
    assert_eq!(app.sandbox.auth0().vaulted_scopes(&cast::ada().subject), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_taken_back_at_google_is_connected_again_with_all_it_had() {
    let (app, ada) = nothing_connected().await;
    let more = "https://www.googleapis.com/auth/drive.file";
    app.sandbox.auth0().connect_google(&cast::ada().subject, &[SEND, more]);
    app.sandbox.auth0().google_revoked(&cast::ada().subject);
    let shown = overview(&ada).await;
    assert_eq!(shown.texts(".account .chip")[0], "No longer accepted by Google");
    let again = shown.attrs(".again a", "href").remove(0);
    ada.connect(&again).await.leads_to("/connections?done=connected");
    let scopes = asked_scopes(&app);
    assert!(scopes.contains(&SEND.to_owned()) && scopes.contains(&more.to_owned()), "{scopes:?}");
    assert_eq!(scopes.iter().filter(|scope| scope.contains("email")).count(), 1, "each once: {scopes:?}");
    assert_eq!(overview(&ada).await.texts(".account .chip")[0], "Connected");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_google_serves_once_in_its_own_browser_and_in_time() {
    let setup = Setup { vault_at_login: false, ..Setup::default() };
    let clock = std::sync::Arc::new(teachers_aide::clock::HeldClock::at(teachers_aide::clock::Clock::now(
        &teachers_aide::clock::SystemClock,
    )));
    let wanted = Wanted { setup, clock: Some(std::sync::Arc::clone(&clock)), ..Wanted::default() };
    let app = TestApp::start_with(wanted).await;
    let (ada, grace) = (app.signed_in(&cast::ada()).await, app.signed_in(&cast::grace()).await);
    let (_, door) = waits_for_google(&app, &ada).await;
    let away = ada.get(&door).await.with(303);
    let back = ada.answer_connect(away.location(), "connect", |_| true).await;
    // Somebody else's browser, and one in which nobody signed in.
    for other in [&grace, &app.browser()] {
        let told = other.come_back(back.location()).await.with(400);
        assert_eq!(told.text("h1"), "This connection was not begun here");
    }
    assert_eq!(app.sandbox.log().count(Route::Complete), 0, "nothing was traded");
    assert!(app.sandbox.auth0().vaulted_scopes(&cast::grace().subject).is_none());
    ada.come_back(back.location()).await.with(303);
    ada.come_back(back.location()).await.with(400);
    assert_eq!(app.sandbox.log().count(Route::Complete), 1);

    // Too late: it is refused here, and Auth0 is not even asked.
    let late = ada.get(&door).await.with(303);
    let back = ada.answer_connect(late.location(), "connect", |_| true).await;
    clock.advance(SignedDuration::from_secs(301));
    let told = ada.come_back(back.location()).await.with(400);
    assert_eq!(told.text("h1"), "This connection is too old");
    assert_eq!(app.sandbox.log().count(Route::Complete), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_code_connects_nothing_to_the_thief() {
    let (app, ada) = nothing_connected().await;
    let grace = app.signed_in(&cast::grace()).await;
    let ada_away = ada.get("/connections/google/connect?tool=send_email_to_student").await.with(303);
    let grace_away = grace.get("/connections/google/connect?tool=send_email_to_student").await.with(303);
    let hers = ada.answer_connect(ada_away.location(), "connect", |_| true).await;
    let thiefs = grace.answer_connect(grace_away.location(), "connect", |_| true).await;
    // Grace brings Ada's code under her own state.
    let code = |url: &str| url.split("connect_code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let forged = thiefs.location().replace(&code(thiefs.location()), &code(hers.location()));
    grace.come_back(&forged).await.with(400);
    assert!(app.sandbox.auth0().vaulted_scopes(&cast::grace().subject).is_none());
    ada.come_back(hers.location()).await.with(303);
    assert!(app.sandbox.auth0().vaulted_scopes(&cast::ada().subject).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_another_trip_is_none_to_this_one_and_no_two_trips_share_a_secret() {
    let (app, ada) = nothing_connected().await;
    let door = "/connections/google/connect?tool=send_email_to_student";
    let mut asked = Vec::new();
    for _ in 0..2 {
        ada.get(door).await.with(303);
        let body = app.sandbox.log().of(Route::Connect).last().unwrap().body.clone();
        asked.push(serde_json::from_str::<serde_json::Value>(&body).unwrap());
    }
    assert_eq!(asked[0]["code_challenge_method"], "S256");
    for secret in ["state", "code_challenge"] {
        let of = |trip: usize| asked[trip][secret].as_str().unwrap();
        assert!(of(0).len() >= 32 && of(0) != of(1), "{secret}");
    }
    // Somebody else's state, beside a trip that is under way.
    let away = ada.get(door).await.with(303);
    let back = ada.answer_connect(away.location(), "connect", |_| true).await;
    let state = back.location().split("state=").nth(1).unwrap().split('&').next().unwrap();
    let forged = back.location().replace(state, &"A".repeat(state.len()));
    let told = ada.come_back(&forged).await.with(400);
    assert_eq!(told.text("h1"), "This connection was not begun here");
    assert_eq!(app.sandbox.log().count(Route::Complete), 0, "nothing was traded");
    ada.come_back(back.location()).await.with(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_connects_for_a_turn_or_a_tool_that_is_not_theirs_to_use() {
    let (app, ada) = nothing_connected().await;
    let grace = app.signed_in(&cast::grace()).await;
    let (_, door) = waits_for_google(&app, &ada).await;
    grace.get(&door).await.with(404);
    for path in ["google/connect?tool=list_students", "google/connect?tool=nothing", "myspace/connect"] {
        ada.get(&format!("/connections/{path}")).await.with(404);
    }
    app.browser().get("/connections").await.leads_to("/?return_to=%2Fconnections");
    ada.bare(reqwest::Method::POST, "/connections/google/disconnect").send().await.unwrap();
    assert_eq!(app.sandbox.log().count(Route::Connect), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_tenant_of_the_older_kind_signing_in_with_consent_connects() {
    let setup = Setup { vault_at_login: false, my_account_policy: false, ..Setup::default() };
    let variables = vec![("AUTH0_CONNECT_BY", "sign-in".to_owned())];
    let app = TestApp::start_with(Wanted { setup, variables, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    let (asked, door) = waits_for_google(&app, &ada).await;
    app.mind.says("Sent.");
    let back = ada.sign_in(&door, &cast::ada()).await;
    back.leads_to(&format!("/chat/{}#turn-{}", asked.conversation, asked.turn));
    let asks = app.sandbox.log().of(Route::Authorize);
    assert!(asks.iter().any(|ask| ask.path.contains("prompt=consent")), "Google's consent was asked for");
    let card = ada.follow_to_a_draft(&asked.turn).await;
    ada.decide(&card, "send", &[]).await.with(200);
    // Letting go ends the key here; Auth0 has no register to remove it from.
    ada.submit(&overview(&ada).await.form("form.disconnect")).await.leads_to("/connections?done=disconnected");
    assert_eq!(app.sandbox.auth0().refresh_tokens(&cast::ada().subject), 0);
    assert_eq!(overview(&ada).await.texts(".account .chip")[0], "Not connected");
    let allow = overview(&ada).await.attrs(".uses a", "href").into_iter().find(|href| href.contains("send_email"));
    ada.sign_in(&allow.unwrap(), &cast::ada()).await.leads_to("/connections?done=connected");
    assert_eq!(overview(&ada).await.texts(".account .chip")[0], "Connected");
}
