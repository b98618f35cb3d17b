//! Sessions that end from elsewhere, and keys that change under them.

use serde_json::{Value, json};
use teachers_aide::sandbox::faults::Route;

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::{Answer, Browser, TestApp, Wanted},
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The provider's own session of Ada's sign-in in the first of her browsers.
async fn sid(app: &TestApp) -> String {
    let sql = "SELECT s.sid FROM sign_ins s JOIN teachers t ON t.id = s.teacher_id WHERE t.name = 'Ada Byron' \
               ORDER BY s.created_at, s.id";
    sqlx::query_scalar(sql).fetch_one(&app.database().await).await.unwrap()
}

fn now() -> i64 {
    use teachers_aide::clock::Clock;
    teachers_aide::clock::SystemClock.now().as_second()
}

fn claims(app: &TestApp, more: &Value) -> Value {
    let mut claims = json!({
        "iss": app.sandbox.issuer(), "aud": app.sandbox.client_id(), "iat": now(), "exp": now() + 120,
        "jti": format!("{more}"), "events": { EVENT: {} },
    });
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() && name != "nonce" {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    claims
}

fn header(app: &TestApp) -> Value {
    json!({ "alg": "RS256", "typ": "logout+jwt", "kid": app.sandbox.auth0().key_id() })
}

/// The provider's server posts: without cookies, and without a word about itself.
async fn told(app: &TestApp, token: &str) -> Answer {
    let stranger = app.browser();
    let request = stranger.bare(reqwest::Method::POST, "/auth/backchannel-logout");
    stranger.send(request.form(&[("logout_token", token)])).await
}

async fn is_in(browser: &Browser) -> bool {
    browser.get("/classes").await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_ends_one_session_by_its_name_and_all_by_the_persons() {
    let (app, ada, grace) = school_day().await;
    let other = app.signed_in(&cast::ada()).await;
    let sid = sid(&app).await;
    let by_sid = app.sandbox.auth0().sign(&header(&app), &claims(&app, &json!({ "sid": sid })));
    let answer = told(&app, &by_sid).await.with(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(is_in(&ada).await != is_in(&other).await, "one of her two sessions has ended");
    told(&app, &by_sid).await.with(400);
    let subject = cast::ada().subject;
    let by_sub = app.sandbox.auth0().sign(&header(&app), &claims(&app, &json!({ "sub": subject })));
    told(&app, &by_sub).await.with(200);
    assert!(!is_in(&ada).await && !is_in(&other).await);
    assert!(is_in(&grace).await, "another teacher goes on");
    assert_eq!(app.sandbox.auth0().refresh_tokens(&subject), 0, "her refresh tokens are taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_token_with_one_thing_wrong_ends_nothing() {
    let (app, ada, _grace) = school_day().await;
    let sid = sid(&app).await;
    let good = json!({ "sid": sid });
    let with = |more: Value| {
        let mut all = good.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        claims(&app, &all)
    };
    let auth0 = app.sandbox.auth0();
    let signed = |claims: &Value| auth0.sign(&header(&app), claims);
    let headed = |more: Value| {
        let mut head = header(&app);
        head.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        auth0.sign(&head, &with(json!({ "jti": more.to_string() })))
    };
    let unsigned = {
        let token = headed(json!({ "alg": "none" }));
        format!("{}.", token.rsplit_once('.').unwrap().0)
    };
    let other_signature = {
        let (one, two) = (signed(&with(json!({ "jti": "one" }))), signed(&with(json!({ "jti": "two" }))));
        format!("{}.{}", one.rsplit_once('.').unwrap().0, two.rsplit_once('.').unwrap().1)
    };
    let cases = [
        ("no algorithm", unsigned),
        ("another algorithm", headed(json!({ "alg": "HS256" }))),
        ("a kind of its own", headed(json!({ "typ": "at+jwt" }))),
        ("a critical extension", headed(json!({ "crit": ["b64"], "b64": false }))),
        ("an unknown key", headed(json!({ "kid": "nobody" }))),
        ("the signature of another", other_signature),
        ("another issuer", signed(&with(json!({ "iss": "https://evil.example/" })))),
        ("another audience", signed(&with(json!({ "aud": "somebody" })))),
        ("one audience more", signed(&with(json!({ "aud": [app.sandbox.client_id(), "somebody"] })))),
        ("no event", signed(&with(json!({ "events": null })))),
        ("another event", signed(&with(json!({ "events": { "https://x.example": {} } })))),
        ("an event that is no object", signed(&with(json!({ "events": { EVENT: true } })))),
        ("a nonce", signed(&with(json!({ "nonce": "n" })))),
        ("a nonce that is null", signed(&with(json!({ "nonce": null })))),
        ("an old date", signed(&with(json!({ "iat": now() - 3600, "exp": null })))),
        ("a date to come", signed(&with(json!({ "iat": now() + 3600 })))),
        ("no date", signed(&with(json!({ "iat": null })))),
        ("an end that is past", signed(&with(json!({ "exp": now() - 120 })))),
        ("no name", signed(&with(json!({ "jti": null })))),
        ("neither person nor session", signed(&with(json!({ "sid": null })))),
        ("an empty session", signed(&with(json!({ "sid": "" })))),
        ("a session that is a number", signed(&with(json!({ "sid": 1 })))),
        ("no token at all", "rubbish".to_owned()),
    ];
    for (what, token) in cases {
        let answer = told(&app, &token).await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.body);
        assert!(is_in(&ada).await, "{what}");
    }
    told(&app, &signed(&with(json!({})))).await.with(200);
    assert!(!is_in(&ada).await, "with nothing wrong it does");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_all_of_ones_own_sessions_and_nobody_elses() {
    let (app, ada, grace) = school_day().await;
    let other = app.signed_in(&cast::ada()).await;
    let out = ada.post("/auth/logout-everywhere", &[]).await.with(303);
    assert!(out.location().starts_with(app.sandbox.issuer()), "{}", out.location());
    assert!(out.header("clear-site-data").contains("storage"));
    assert!(!is_in(&ada).await && !is_in(&other).await && is_in(&grace).await);
    assert_eq!(app.sandbox.auth0().refresh_tokens(&cast::ada().subject), 0);
    assert_eq!(app.sandbox.log().of(Route::Revoke).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_session_that_opened_it() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (asked, _) = ada.hear("Write to Mateo").await;
    let other = app.signed_in(&cast::ada()).await;
    let mut stream = other.listen(&asked.turn, None).await;
    let ended = tokio::spawn(async move { while stream.next().await.is_some() {} });
    ada.post("/auth/logout-everywhere", &[]).await.with(303);
    tokio::time::timeout(std::time::Duration::from_secs(30), ended).await.expect("it ends").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_on_the_list_gets_a_calm_page_and_no_session() {
    let settings = [("ALLOWED_ACCOUNTS", "ada@school.example, @staff.example".to_owned())].into();
    let app = TestApp::start_with(Wanted { settings, ..Wanted::default() }).await;
    let browser = app.browser();
    let refused = browser.sign_in("/auth/login", &cast::grace()).await.with(403);
    assert_eq!(refused.text("h1"), "This account is not on the list");
    browser.get("/chat").await.leads_to("/");
    browser.sign_in("/auth/login", &cast::ada()).await.leads_to("/chat");
    assert!(is_in(&browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lasts_as_long_as_the_operator_says() {
    let clock = std::sync::Arc::new(teachers_aide::clock::HeldClock::at({
        use teachers_aide::clock::Clock;
        teachers_aide::clock::SystemClock.now()
    }));
    let settings = [("SESSION_IDLE_MINUTES", "30".to_owned()), ("SESSION_HOURS", "2".to_owned())].into();
    let clocked = Wanted { settings, clock: Some(std::sync::Arc::clone(&clock)), ..Wanted::default() };
    let app = TestApp::start_with(clocked).await;
    let (busy, idle) = (app.signed_in(&cast::ada()).await, app.signed_in(&cast::grace()).await);
    for _ in 0..5 {
        clock.advance(jiff::SignedDuration::from_mins(20));
        assert!(is_in(&busy).await);
    }
    assert!(!is_in(&idle).await, "half an hour without a request");
    clock.advance(jiff::SignedDuration::from_mins(21));
    assert!(!is_in(&busy).await, "two hours in all");
}

const NEW_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddee77";
const OLD_KEY: &str = "5f0c2a9be4d7163808fd9a1c7b62e35d11a47f9c03e8b6d25a90c4f7e1b83d66";

#[tokio::test(flavor = "multi_thread")]
async fn the_key_changes_while_mails_leave_and_nobody_notices() {
    let (mut app, ada, grace) = school_day().await;
    app.stop().await;
    let both = [("APP_SECRET_KEY", NEW_KEY.to_owned()), ("APP_SECRET_KEY_PREVIOUS", OLD_KEY.to_owned())];
    let mut app = app.start_again_with(both.into()).await;
    assert!(is_in(&ada).await, "her cookie is of the old key");
    let sending = async {
        for n in 0..6 {
            app.mind.calls([mail_to(MATEO, &format!("Mail {n}"), "Dear Mateo")]).says("Sent.");
            let (asked, screen) = ada.hear("Write to Mateo").await;
            // Each mail needs the refresh token: no grant is in memory.
            app.sandbox.auth0().google_tokens_end(&cast::ada().subject, false);
            ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
            // It asks once more, and the next turn must not get its answer.
            ada.follow_to_the_end(&asked.turn).await;
        }
    };
    let rotating = async {
        for _ in 0..4 {
            let done = tokio::task::block_in_place(|| app.command(&["rotate-keys"]));
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::join!(sending, rotating);
    assert_eq!(app.accepted().len(), 6);
    assert!(app.command(&["verify-audit"]).status.success());
    app.stop().await;
    // The old key is forgotten: what it had sealed was sealed anew.
    let app = app.start_again_with([("APP_SECRET_KEY", NEW_KEY.to_owned())].into()).await;
    app.mind.calls([mail_to(MATEO, "One more", "Dear Mateo")]).says("Sent.");
    let (_, screen) = ada.hear("Write to Mateo").await;
    ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 7);
    assert!(!is_in(&grace).await, "who was away all the time has a cookie that no key opens");
}

/// A key that is in memory serves all of a teacher's sign-ins, and none of them after one has ended.
#[tokio::test(flavor = "multi_thread")]
async fn the_keys_in_memory_go_with_any_session_that_ends() {
    let (app, ada, _grace) = school_day().await;
    let other = app.signed_in(&cast::ada()).await;
    let mut exchanges = Vec::new();
    for leaves in [false, true, false] {
        if leaves {
            other.post("/auth/logout", &[]).await.with(303);
        }
        app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
        let (asked, screen) = ada.hear("Write to Mateo").await;
        ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
        ada.follow_to_the_end(&asked.turn).await;
        exchanges.push(app.sandbox.log().count(Route::Exchange));
    }
    assert_eq!((exchanges, app.accepted().len()), (vec![1, 2, 2], 3));
}

/// Nobody needs to seal anew first: the older key opens what it sealed.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_key_before_made_is_good_after_a_restart_with_both() {
    let (mut app, ada, _grace) = school_day().await;
    let token = ada.form_token().unwrap();
    app.stop().await;
    let both = [("APP_SECRET_KEY", NEW_KEY.to_owned()), ("APP_SECRET_KEY_PREVIOUS", OLD_KEY.to_owned())];
    let app = app.start_again_with(both.into()).await;
    // A form on a page that was open all the time, by the cookie of then.
    let form = [("appearance", "dark"), ("token", token.as_str())];
    let posted = ada.without_token(&reqwest::Method::POST, "/settings/appearance").form(&form);
    ada.send(posted).await.with(303);
    // The refresh token of then: nothing is in memory.
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (_, screen) = ada.hear("Write to Mateo").await;
    ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
    assert_eq!((app.accepted().len(), app.sandbox.log().count(Route::Exchange)), (1, 1));
    ada.post("/auth/logout", &[]).await.with(303);
    assert_eq!(app.sandbox.auth0().refresh_tokens(&cast::ada().subject), 0, "and it can be taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_at_hand_is_told_and_loses_nothing() {
    let (mut app, ada, _grace) = school_day().await;
    app.stop().await;
    let app = app.start_again_with([("APP_SECRET_KEY", NEW_KEY.to_owned())].into()).await;
    let done = app.command(&["rotate-keys"]);
    let told = String::from_utf8(done.stderr).unwrap();
    assert!(!done.status.success() && told.contains("APP_SECRET_KEY_PREVIOUS"), "{told}");
    assert!(!is_in(&ada).await);
}
