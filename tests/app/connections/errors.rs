//! Each refusal of the vault and of the register: what the page says, how it
//! stands afterwards, and who is told. What only the operator can mend is never
//! told to a teacher as something to connect.

use serde_json::json;
use teachers_aide::sandbox::faults::{Answer, Effect, Fault, Route};

use super::{nothing_connected, waits_for_google};
use crate::{
    cast::{self, MATEO, mail_to},
    harness::TestApp,
};

/// Who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The teacher connects.
    Connect,
    /// The teacher signs in again.
    SignIn,
    /// Time.
    Wait,
    /// The operator, who finds it under a reference.
    Operator,
}

fn oauth(status: u16, code: &str) -> Answer {
    Answer::status(status).json(&json!({ "error": code, "error_description": "because" }))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_of_the_vault_is_told_to_the_one_who_can_mend_it() {
    let rows: Vec<(&str, Answer, Whose)> = vec![
        ("not found", oauth(401, "federated_connection_refresh_token_not_found"), Whose::Connect),
        ("not found, older", oauth(404, "tokenset_not_found"), Whose::Connect),
        ("google refused", oauth(401, "federated_connection_refresh_token_flow_failed"), Whose::Connect),
        ("wrong hint", oauth(401, "user_not_found"), Whose::Connect),
        ("grant type off", oauth(403, "unauthorized_client"), Whose::Operator),
        ("bad secret", oauth(401, "access_denied"), Whose::Operator),
        ("bad client", oauth(401, "invalid_client"), Whose::Operator),
        ("purpose off", oauth(400, "invalid_request"), Whose::Operator),
        ("purpose off, forbidden", oauth(403, "invalid_request"), Whose::Operator),
        ("second factor always", oauth(403, "mfa_required"), Whose::Operator),
        ("revoked", oauth(403, "invalid_grant"), Whose::SignIn),
        ("expired", oauth(400, "expired_token"), Whose::SignIn),
        ("second factor too old", oauth(401, "unmet_authentication_requirements"), Whose::SignIn),
        ("limit", oauth(429, "too_many_requests"), Whose::Wait),
        ("attempts", oauth(429, "too_many_attempts"), Whose::Wait),
        ("outage", Answer::status(503).body("text/html", "<h1>Sorry</h1>"), Whose::Wait),
        ("outage in JSON", oauth(500, "server_error"), Whose::Wait),
    ];
    let app = TestApp::start().await;
    for (name, answer, whose) in rows {
        app.sandbox.faults().clear();
        // A refresh token that was refused is gone: each row begins with a fresh one.
        let ada = app.signed_in(&cast::ada()).await;
        app.sandbox.faults().add(Fault::on(Route::Exchange).then(Effect::Answer(answer)));
        // The page of connections.
        let shown = ada.get("/connections").await.with(200);
        let (chip, said) = (shown.texts(".account .chip").remove(0), shown.text(".account"));
        let expected: &[&str] = match whose {
            Whose::Connect => &["Not connected", "No longer accepted by Google"],
            Whose::SignIn => &["Your sign-in has ended over there"],
            Whose::Wait => &["Cannot be told just now"],
            Whose::Operator => &["Not set up on this site"],
        };
        assert!(expected.contains(&chip.as_str()), "{name}: {chip}");
        let offers = shown.has(".uses a") || shown.has(".again a");
        assert_eq!(offers, matches!(whose, Whose::Connect | Whose::SignIn), "{name}: who can connect is asked to");
        assert_eq!(shown.has(".account .reference"), whose == Whose::Operator, "{name}");
        assert_eq!(said.contains("not your fault"), whose == Whose::Operator, "{name}: {said}");
        // The conversation.
        app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
        let (asked, screen) = ada.hear("Write to Mateo").await;
        let page = ada.page(&asked.conversation).await;
        match whose {
            Whose::Connect => assert!(page.text(".card h3").starts_with("Connect Google"), "{name}: {}", page.body),
            Whose::SignIn => assert_eq!(page.text(".card h3"), "Sign in again", "{name}"),
            Whose::Wait | Whose::Operator => {
                assert!(!page.has(".card"), "{name}: nobody is sent to connect");
                let told = ada.decide(&screen.cards()[0], "send", &[]).await.with(503).json();
                let words = told["error"]["words"].as_str().unwrap();
                assert!(words.contains("Nothing was sent"), "{name}: {words}");
                assert!(!words.to_lowercase().contains("connect"), "{name}: {words}");
                let reference = words.contains("reference") && words.contains("not your fault");
                assert_eq!(reference, whose == Whose::Operator, "{name}: {words}");
            }
        }
    }
    assert!(app.accepted().is_empty());
}

fn problem(status: u16, title: &str) -> Answer {
    let body = json!({ "type": "https://auth0.com/api-errors/A0E", "status": status, "title": title, "detail": "x" });
    Answer::status(status).body("application/problem+json", body.to_string())
}

/// What the page says: its heading, its status, and whether the operator is told.
type Told = (&'static str, u16, bool);

const NOT_SET_UP: Told = ("This site cannot connect accounts yet", 502, true);
const NO_ANSWER: Told = ("The sign-in service does not answer", 503, true);
const CONFLICT: Told = ("Another connection is in the way", 409, false);
const STALE: Told = ("This connection is too old", 400, false);

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_of_the_register_is_a_calm_page_and_no_change() {
    let begin: Vec<(&str, Route, Answer, Told)> = vec![
        ("validation", Route::Connect, problem(400, "Validation Error"), NOT_SET_UP),
        ("token", Route::Connect, problem(401, "Invalid Token"), NOT_SET_UP),
        ("scope", Route::Connect, problem(403, "Insufficient Scope"), NOT_SET_UP),
        ("not enabled", Route::Connect, problem(404, "Not Found"), NOT_SET_UP),
        ("conflict", Route::Connect, problem(409, "Conflict"), CONFLICT),
        ("media type", Route::Connect, problem(415, "Unsupported Media Type"), NOT_SET_UP),
        ("limit", Route::Connect, problem(429, "Too Many Requests"), NO_ANSWER),
        ("outage", Route::Connect, problem(500, "Internal"), NO_ANSWER),
        ("list refused", Route::Accounts, problem(403, "Insufficient Scope"), NOT_SET_UP),
        ("list outage", Route::Accounts, problem(503, "Unavailable"), NO_ANSWER),
        ("pass refused", Route::RefreshGrant, oauth(403, "unauthorized_client"), NOT_SET_UP),
        ("pass: unknown audience", Route::RefreshGrant, oauth(403, "access_denied"), NOT_SET_UP),
        ("pass: second factor", Route::RefreshGrant, oauth(403, "mfa_required"), NOT_SET_UP),
        ("pass: limit", Route::RefreshGrant, oauth(429, "too_many_requests"), NO_ANSWER),
        ("pass: outage", Route::RefreshGrant, Answer::status(502), NO_ANSWER),
        ("elsewhere", Route::Connect, elsewhere(), NOT_SET_UP),
        ("unreadable", Route::Connect, Answer::status(201).json(&json!({})), NO_ANSWER),
    ];
    let (app, ada) = nothing_connected().await;
    let (asked, door) = waits_for_google(&app, &ada).await;
    for (name, route, answer, told) in begin {
        app.sandbox.faults().clear();
        app.sandbox.faults().add(Fault::on(route).then(Effect::Answer(answer)));
        let page = ada.get(&door).await;
        check(&app, name, &page, told, &asked.conversation);
    }
    let complete: Vec<(&str, Answer, Told)> = vec![
        ("stale", problem(400, "Bad Request"), STALE),
        ("token", problem(401, "Invalid Token"), NOT_SET_UP),
        ("scope", problem(403, "Insufficient Scope"), NOT_SET_UP),
        ("conflict", problem(409, "Conflict"), CONFLICT),
        ("limit", problem(429, "Too Many Requests"), NO_ANSWER),
        ("outage", problem(503, "Unavailable"), NO_ANSWER),
    ];
    for (name, answer, told) in complete {
        app.sandbox.faults().clear();
        app.sandbox.faults().add(Fault::on(Route::Complete).then(Effect::Answer(answer)));
        let away = ada.get(&door).await.with(303);
        let page = ada.connect_at(away.location(), "connect", |_| true).await;
        check(&app, name, &page, told, &asked.conversation);
    }
    // And when all is well again, the same card leads on.
    app.sandbox.faults().clear();
    ada.connect(&door).await.leads_to(&format!("/chat/{}#turn-{}", asked.conversation, asked.turn));
}

/// The register answers, and names another host for the browser to go to.
fn elsewhere() -> Answer {
    let begun = json!({
        "auth_session": "as_1", "connect_uri": "https://evil.example/connect", "connect_params": { "ticket": "t" },
    });
    Answer::status(201).json(&begun)
}

fn check(app: &TestApp, name: &str, page: &crate::harness::Answer, told: Told, conversation: &str) {
    let (title, status, operator) = told;
    assert_eq!((page.status, page.text("h1").as_str()), (status, title), "{name}: {} {}", page.location(), page.body);
    let words = page.text(".message");
    assert_eq!(page.has(".message .reference"), operator, "{name}: {words}");
    assert_eq!(words.contains("not your fault"), title == NOT_SET_UP.0, "{name}: {words}");
    assert!(page.attrs(".message a", "href")[0].starts_with(&format!("/chat/{conversation}#")), "{name}");
    assert!(app.sandbox.auth0().vaulted_scopes(&cast::ada().subject).is_none(), "{name}: nothing was connected");
    for foreign in ["because", "A0E", "evil.example", "Validation", "Insufficient"] {
        assert!(!page.body.contains(foreign), "{name}: {foreign}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_the_policy_is_the_operators_to_mend_and_nobody_is_sent_round_in_circles() {
    let (app, ada) = nothing_connected().await;
    let (asked, door) = waits_for_google(&app, &ada).await;
    app.sandbox.auth0().set_up(|setup| setup.my_account_policy = false);
    let page = ada.get(&door).await;
    check(&app, "no policy", &page, NOT_SET_UP, &asked.conversation);
    assert_eq!(app.sandbox.log().count(Route::Accounts), 0, "the wrong token was shown to nobody");
    assert_eq!(app.sandbox.log().count(Route::Connect), 0, "the wrong token was shown to nobody");
    app.sandbox.auth0().set_up(|setup| setup.my_account_policy = true);
    // No refresh token comes at all: one sign-in is tried, and then it is told.
    app.sandbox.auth0().set_up(|setup| setup.offline_allowed = false);
    app.sandbox.auth0().revoke_all(&cast::ada().subject);
    let page = ada.sign_in(&door, &cast::ada()).await;
    check(&app, "no offline access", &page, NOT_SET_UP, &asked.conversation);
}

/// A tenant with the switch on that the vault forbids: a refresh token serves once.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_changes_refresh_tokens_at_their_use_loses_none_and_takes_the_last_one_back() {
    let (app, ada) = nothing_connected().await;
    app.sandbox.auth0().set_up(|setup| setup.rotation = true);
    let subject = cast::ada().subject;
    for asked in 1..=3 {
        let away = ada.get("/connections/google/connect?tool=send_email_to_student").await.with(303);
        assert!(away.location().starts_with(app.sandbox.issuer()), "{}", away.location());
        assert_eq!(app.sandbox.log().count(Route::Connect), asked, "each time with a token that lives");
    }
    assert_eq!(app.sandbox.auth0().refresh_tokens(&subject), 1);
    ada.post("/auth/logout", &[]).await.with(303);
    assert_eq!(app.sandbox.auth0().refresh_tokens(&subject), 0);
}
