//! What only a teacher's own token tells: counted when it stands in somebody's way.

use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;
use teachers_aide::{
    clock::{Clock, HeldClock, SystemClock},
    sandbox::{
        Setup,
        faults::{Answer as Said, Effect, Fault, Route},
    },
};

use super::{Line, line, lines, set_up};
use crate::{
    cast::{self, MATEO, mail_to, school_day},
    connections::{nothing_connected, waits_for_google},
    harness::{TestApp, Wanted},
};

const POLICY: &str = "Refresh tokens are not good for the My Account API";
const SEND: &str = "https://www.googleapis.com/auth/gmail.send";
const EVENTS: &str = "https://www.googleapis.com/auth/calendar.events";
const DOOR: &str = "/connections/google/connect?tool=send_email_to_student";

async fn met(app: &TestApp) -> Vec<Line> {
    lines(&set_up(&app.browser()).await, "met")
}

fn oauth(status: u16, code: &str) -> Said {
    Said::status(status).json(&json!({ "error": code, "error_description": "canary-description" }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trip_that_the_tenant_spoils_is_counted_with_its_click_and_without_the_teacher() {
    let (app, ada) = nothing_connected().await;
    let (_, door) = waits_for_google(&app, &ada).await;
    assert!(met(&app).await.is_empty(), "to be asked to connect is nobody's fault");
    app.sandbox.auth0().set_up(|setup| setup.my_account_policy = false);
    ada.get(&door).await.with(502);
    let stranger = app.browser();
    let page = set_up(&stranger).await;
    let policy = line(&page, "met", POLICY).unwrap();
    assert_eq!(policy.state, "Met");
    assert!(policy.words.starts_with("Once, at "), "{policy:?}");
    assert!(policy.words.contains("Multi-Resource Refresh Token: switch the My Account API on"), "{policy:?}");
    let (path, anchor) = policy.guide.split_once('#').unwrap();
    assert!(stranger.get(path).await.has(&format!("[id='{anchor}']")), "{policy:?}");
    let Person { name, email, subject } = person();
    for hers in [name, email, subject] {
        assert!(!page.body.contains(&hers), "{hers}");
    }
    ada.get(&door).await.with(502);
    assert!(line(&set_up(&stranger).await, "met", POLICY).unwrap().words.starts_with("Twice, last at "));
    app.sandbox.auth0().set_up(|setup| setup.my_account_policy = true);
    ada.connect(&door).await.with(303);
    assert_eq!(met(&app).await.len(), 1, "what works is not counted");
}

/// What tells who Ada is.
struct Person {
    name: String,
    email: String,
    subject: String,
}

fn person() -> Person {
    let teachers_aide::sandbox::Person { name, email, subject, .. } = cast::ada();
    Person { name, email, subject }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_that_is_the_operators_is_counted_under_its_name_and_no_other_is() {
    let problem = |status: u16| Said::status(status).json(&json!({ "status": status, "title": "x" }));
    let elsewhere = Said::status(201).json(&json!({
        "auth_session": "as_1", "connect_uri": "https://evil.example/connect", "connect_params": { "ticket": "t" },
    }));
    let (vault, purpose) = ("The Token Vault is not allowed", "The Token Vault does not take");
    let (secret, factor) = ("The client id or the client secret", "A second factor is asked for");
    let rows = [
        ("/connections", Route::Exchange, oauth(403, "unauthorized_client"), vault),
        ("/connections", Route::Exchange, oauth(401, "access_denied"), secret),
        ("/connections", Route::Exchange, oauth(401, "invalid_client"), secret),
        ("/connections", Route::Exchange, oauth(400, "invalid_request"), purpose),
        ("/connections", Route::Exchange, oauth(403, "mfa_required"), factor),
        ("/connections", Route::Exchange, Said::status(404).body("text/html", "x"), "Another address answers"),
        (DOOR, Route::RefreshGrant, oauth(403, "unauthorized_client"), "Signing in or refresh tokens"),
        (DOOR, Route::RefreshGrant, oauth(403, "mfa_required"), factor),
        (DOOR, Route::RefreshGrant, oauth(401, "access_denied"), secret),
        (DOOR, Route::RefreshGrant, oauth(403, "access_denied"), POLICY),
        (DOOR, Route::Connect, problem(400), "This site's address to come back to"),
        (DOOR, Route::Connect, problem(403), POLICY),
        (DOOR, Route::Connect, problem(404), purpose),
        (DOOR, Route::Connect, problem(415), "Auth0 answered what this program"),
        (DOOR, Route::Connect, elsewhere, "Another address answers"),
        ("/auth/login", Route::CodeGrant, oauth(401, "invalid_client"), secret),
        ("/auth/login", Route::CodeGrant, oauth(403, "unauthorized_client"), "Signing in or refresh tokens"),
        // Nobody's to mend: it passes, or a teacher does something about it.
        ("/connections", Route::Exchange, oauth(429, "too_many_requests"), ""),
        ("/connections", Route::Exchange, oauth(503, "server_error"), ""),
        ("/connections", Route::Exchange, oauth(401, "federated_connection_refresh_token_not_found"), ""),
        ("/connections", Route::Exchange, oauth(401, "federated_connection_refresh_token_flow_failed"), ""),
        ("/connections", Route::Exchange, oauth(403, "invalid_grant"), ""),
        (DOOR, Route::Connect, problem(409), ""),
        (DOOR, Route::Connect, problem(503), ""),
        ("/auth/login", Route::CodeGrant, oauth(403, "invalid_grant"), ""),
        ("/auth/login", Route::CodeGrant, oauth(503, "server_error"), ""),
    ];
    let (app, _) = nothing_connected().await;
    for (path, route, answer, title) in rows {
        let before = met(&app).await;
        let ada = if path == "/auth/login" { app.browser() } else { app.signed_in(&cast::ada()).await };
        let what = format!("{route:?} {answer:?}");
        app.sandbox.faults().add(Fault::on(route).then(Effect::Answer(answer)));
        if path == "/auth/login" {
            ada.sign_in("/auth/login", &cast::ada()).await;
        } else {
            ada.get(path).await;
        }
        app.sandbox.faults().clear();
        let mut fresh = met(&app).await;
        fresh.retain(|line| !before.contains(line));
        assert_eq!(fresh.len(), usize::from(!title.is_empty()), "{what}: {fresh:?}");
        assert!(fresh.iter().all(|line| line.about.starts_with(title)), "{what}: {fresh:?}");
        assert!(!format!("{fresh:?}").contains("canary"), "{what}: {fresh:?}");
    }
}

/// As Google says it, of the newer kind and of the older.
fn google(status: u16, reason: &str) -> Said {
    let (errors, details) = (json!([{ "reason": reason, "message": "canary" }]), json!([{ "reason": reason }]));
    Said::status(status).json(&json!({ "error": { "code": status, "errors": errors, "details": details } }))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_that_is_off_at_google_is_counted_and_what_is_the_accounts_own_is_not() {
    let (app, ada, _grace) = school_day().await;
    app.sandbox.auth0().connect_google(&cast::ada().subject, &[SEND, EVENTS]);
    let api = "The Gmail API or the Google Calendar API is not switched on";
    let rows = [
        (400, "failedPrecondition", ""),
        (403, "domainPolicy", ""),
        (403, "accessNotConfigured", "Once, at "),
        (403, "rateLimitExceeded", "Once, at "),
        (403, "SERVICE_DISABLED", "Twice, last at "),
    ];
    for (status, reason, told) in rows {
        let refused = Effect::Answer(google(status, reason));
        app.sandbox.faults().add(Fault::on(Route::GmailSend).times(1).then(refused));
        app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Well.");
        let (_, screen) = ada.hear("Write to Mateo").await;
        ada.decide(&screen.cards()[0], "send", &[]).await;
        let met = met(&app).await;
        assert!(met.iter().all(|line| line.about == api && line.words.starts_with(told)), "{reason}: {met:?}");
        assert_eq!(met.len(), usize::from(!told.is_empty()), "{reason}: {met:?}");
    }
    app.sandbox.faults().add(Fault::on(Route::Calendar).then(Effect::Answer(google(403, "accessNotConfigured"))));
    app.mind.calls([("list_events", json!({ "from": null, "days": null }))]).says("I cannot.");
    ada.hear("What is on this week?").await;
    let told = met(&app).await.remove(0);
    assert!(told.words.starts_with("3 times, last at ") && told.words.contains("enable the Gmail API"), "{told:?}");
    assert!(told.state == "Met" && told.guide.ends_with("#1-google-cloud"), "{told:?}");
    assert!(!format!("{told:?}").contains("canary"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_changes_or_does_not_come_is_counted() {
    let setup = Setup { vault_at_login: false, rotation: true, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    ada.get(DOOR).await;
    assert!(met(&app).await.iter().any(|line| line.about == "A refresh token was changed at its use"));

    let setup = Setup { offline_allowed: false, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, ..Wanted::default() }).await;
    app.signed_in(&cast::ada()).await;
    assert_eq!(met(&app).await[0].about, "A sign-in brought no refresh token");
}

/// How the page of connections finds a permission that Google ended so many
/// days after it was given.
async fn ended_after(days: f64) -> Vec<Line> {
    let clock = Arc::new(HeldClock::at(SystemClock.now()));
    let setup = Setup { vault_at_login: false, ..Setup::default() };
    let app = TestApp::start_with(Wanted { setup, clock: Some(Arc::clone(&clock)), ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    ada.connect(DOOR).await.with(303);
    #[expect(clippy::cast_possible_truncation, reason = "a few days")]
    clock.advance(SignedDuration::from_secs((days * 86_400.0) as i64));
    app.sandbox.auth0().google_revoked(&cast::ada().subject);
    let again = app.signed_in(&cast::ada()).await;
    assert_eq!(again.get("/connections").await.texts(".account .chip")[0], "No longer accepted by Google");
    met(&app).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permission_that_ends_with_its_week_hints_at_googles_testing_mode() {
    let told = ended_after(7.0).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].about, "Google ended a permission a week after it was given");
    assert_eq!(told[0].state, "Likely", "it is a guess, and is said to be one");
    assert!(told[0].words.contains("in Testing each consent ends after 7 days"), "{told:?}");
    assert!(told[0].guide.ends_with("#1-google-cloud"), "{told:?}");
    assert!(ended_after(6.9).await.is_empty(), "no consent in Testing ends so soon");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_connected_and_of_which_the_vault_has_nothing_hints_at_offline_access() {
    let (app, ada) = nothing_connected().await;
    ada.get("/connections").await;
    assert!(met(&app).await.is_empty(), "nothing was connected yet");
    ada.connect(DOOR).await.with(303);
    app.sandbox.auth0().forget_google(&cast::ada().subject);
    assert_eq!(ada.get("/connections").await.texts(".account .chip")[0], "Not connected");
    let told = met(&app).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].about, "An account was connected, and the vault has nothing of it");
    assert!(told[0].state == "Likely" && told[0].words.contains("tick Offline Access"), "{told:?}");
}

/// The flaw is there whoever asks; so strangers are in the number, as the guide says.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_turned_away_at_the_door_of_a_wrong_tenant_is_counted_though_nobody_is_signed_in() {
    let mut app = TestApp::start().await;
    app.stop().await;
    let other = json!({
        "issuer": "https://other.example/", "authorization_endpoint": "https://other.example/authorize",
        "jwks_uri": "https://other.example/keys", "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
    });
    app.sandbox.faults().add(Fault::on(Route::Discovery).then(Effect::Answer(Said::status(200).json(&other))));
    let app = app.start_again().await;
    app.browser().get("/auth/login").await.with(502);
    let told = met(&app).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].about, "Another address answers than the tenant's own");
    assert!(told[0].words.starts_with("Once, at "), "{told:?}");
    let guide = include_str!("../../../docs/setup-auth0-google.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(guide.contains("so a stranger who tries the door is in the number, too"));
}

/// Anybody can send a browser here with an error that they made up.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_begun_here_is_not_counted() {
    let (app, ada, _) = school_day().await;
    for who in [&app.browser(), &ada] {
        for query in ["error=server_error&state=x", "code=x&state=y", "connect_code=x&state=y", "error=unauthorized"] {
            let answer = who.send(who.request(&Method::GET, &format!("/auth/callback?{query}"))).await;
            assert!(answer.status >= 400, "{query}");
        }
    }
    assert!(met(&app).await.is_empty());
}
