//! The vault refuses in each of its ways; the teacher or the operator is told
//! the one thing that helps.

use std::{sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::Auth0Vault;
use crate::{
    clients::auth0::rehearsal::{Answer, CLIENT_ID, CLIENT_SECRET, NOW, Stage, application_at, clock, http},
    clock::SystemIds,
    identity::RefreshToken,
    vault::{Authority, ConnectReason, Connection, GmailSend, Grant, Need, Scope, TokenVault, VaultError},
};

const GMAIL: &str = "https://www.googleapis.com/auth/gmail.send";
const KIND: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";

fn gmail() -> Need {
    GmailSend::need().unwrap()
}

async fn exchange_for(stage: &Stage, need: &Need) -> Result<Grant, VaultError> {
    let vault = Auth0Vault::new(stage.application(), http(), clock(), Arc::new(SystemIds));
    vault.exchange(&RefreshToken("canary-refresh-token".into()), need).await
}

/// An exchange that is answered so, and how often the vault was asked.
async fn answered(stage: &Stage, answers: &[Answer]) -> (Result<Grant, VaultError>, usize) {
    stage.reset();
    stage.scene().exchanges = answers.to_vec().into();
    let outcome = exchange_for(stage, &gmail()).await;
    (outcome, stage.scene().times_asked("/oauth/token"))
}

fn token() -> Value {
    json!({
        "access_token": "canary-google-token", "expires_in": 1377, "token_type": "Bearer",
        "scope": format!("openid {GMAIL}"), "issued_token_type": KIND
    })
}

fn refusal(status: u16, error: &str) -> Answer {
    Answer::json(status, &json!({"error": error, "error_description": format!("because\r\nof {CLIENT_SECRET}")}))
}

#[actix_web::test]
async fn a_refresh_token_is_traded_for_a_google_token_and_no_scope_is_sent() {
    let stage = Stage::open();
    let (grant, asked) = answered(&stage, &[Answer::json(200, &token())]).await;
    let grant = grant.unwrap();
    assert_eq!(asked, 1);
    assert_eq!(grant.token.expose_secret(), "canary-google-token");
    assert_eq!(grant.scopes, [Scope::new("openid"), Scope::GMAIL_SEND]);
    assert_eq!(grant.expires_at.as_second(), NOW + 1377, "what is left of its life, not an hour");
    assert!(GmailSend::from_grant(Some(grant)).is_some());
    let mut form = stage.scene().asked.last().cloned().unwrap().form;
    form.sort();
    let wanted = [
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("connection", "google-oauth2"),
        ("grant_type", "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token"),
        ("requested_token_type", KIND),
        ("subject_token", "canary-refresh-token"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:refresh_token"),
    ];
    assert_eq!(form, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

type Manner = (&'static str, fn(&mut Value), i64);

#[actix_web::test]
async fn an_answer_is_read_in_each_of_its_manners() {
    let stage = Stage::open();
    let manners: [Manner; 10] = [
        ("scopes by commas", |a| a["scope"] = format!("email,{GMAIL}").into(), 1377),
        ("scopes by commas and spaces", |a| a["scope"] = format!(" email, {GMAIL} ,profile").into(), 1377),
        ("expires_in as text", |a| a["expires_in"] = "1377".into(), 1377),
        ("expires_in with a fraction", |a| a["expires_in"] = json!(1377.9), 1377),
        ("expires_in missing", |a| a["expires_in"] = json!(null), 90),
        ("expires_in unreadable", |a| a["expires_in"] = "soon".into(), 90),
        ("expires_in beyond belief", |a| a["expires_in"] = json!(1.0e300), 86_400),
        ("no kinds told", |a| (a["token_type"], a["issued_token_type"]) = (json!(null), json!(null)), 1377),
        ("bearer in small letters", |a| a["token_type"] = "bearer".into(), 1377),
        ("a refresh token, which is not ours", |a| a["refresh_token"] = "canary-other".into(), 1377),
    ];
    for (name, bend, life) in manners {
        let mut answer = token();
        bend(&mut answer);
        let (grant, _) = answered(&stage, &[Answer::json(200, &answer)]).await;
        let grant = grant.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(grant.expires_at.as_second(), NOW + life, "{name}");
        assert!(!format!("{grant:?}").contains("canary"), "{name}");
    }
}

#[actix_web::test]
async fn a_token_without_what_is_needed_is_not_handed_on() {
    let stage = Stage::open();
    for scope in [json!(null), "".into(), "openid email".into(), format!("{GMAIL}.readonly").into()] {
        let mut answer = token();
        answer["scope"] = scope.clone();
        let (outcome, asked) = answered(&stage, &[Answer::json(200, &answer)]).await;
        let missing = VaultError::Connect { need: gmail(), why: ConnectReason::MissingScope };
        assert_eq!((outcome.unwrap_err(), asked), (missing, 1), "{scope}");
    }
}

#[actix_web::test]
async fn googles_two_names_for_one_scope_are_the_same() {
    let stage = Stage::open();
    let long = "https://www.googleapis.com/auth/userinfo";
    for (needed, granted) in [
        ("email", format!("{long}.email")),
        ("profile", format!("{long}.profile")),
        (&format!("{long}.email"), "email".to_owned()),
        ("email", "email".to_owned()),
    ] {
        let mut answer = token();
        answer["scope"] = granted.clone().into();
        stage.reset();
        stage.scene().exchanges = vec![Answer::json(200, &answer)].into();
        let need = Need { connection: Connection::Google, scopes: vec![Scope::new(needed)] };
        assert!(exchange_for(&stage, &need).await.is_ok(), "{needed} {granted}");
        let other = Need { connection: Connection::Google, scopes: vec![Scope::new("openid")] };
        assert!(exchange_for(&stage, &other).await.is_err(), "{granted} is not openid");
    }
}

#[actix_web::test]
async fn another_kind_of_token_never_goes_to_google() {
    let stage = Stage::open();
    for (field, value) in
        [("token_type", "DPoP"), ("issued_token_type", "urn:ietf:params:oauth:token-type:access_token")]
    {
        let mut answer = token();
        answer[field] = value.into();
        let (outcome, asked) = answered(&stage, &[Answer::json(200, &answer)]).await;
        assert!(matches!(outcome, Err(VaultError::Operator(_))), "{field}");
        assert_eq!(asked, 1);
    }
}

/// What a refusal must lead to.
enum Leads {
    Connect(ConnectReason),
    SignInAgain,
    Wait(Option<u64>),
    /// With words that name the place in the tenant.
    Operator(&'static str),
}

#[actix_web::test]
async fn each_refusal_says_what_can_be_done_about_it() {
    use ConnectReason::{NotConnected, Revoked};
    use Leads::{Connect, Operator, SignInAgain, Wait};
    let limit =
        json!({"statusCode": 429, "error": "Too Many Requests", "message": "m", "errorCode": "too_many_requests"});
    let reset = (NOW + 12).to_string();
    let rows = [
        (refusal(401, "federated_connection_refresh_token_not_found"), Connect(NotConnected)),
        (refusal(403, "federated_connection_refresh_token_not_found"), Connect(NotConnected)),
        (refusal(404, "tokenset_not_found"), Connect(NotConnected)),
        (refusal(401, "user_not_found"), Connect(NotConnected)),
        (refusal(401, "federated_connection_refresh_token_flow_failed"), Connect(Revoked)),
        (refusal(403, "unauthorized_client"), Operator("Grant Types")),
        (refusal(400, "unsupported_grant_type"), Operator("Grant Types")),
        (refusal(403, "access_denied"), Operator("AUTH0_CLIENT_SECRET")),
        (refusal(401, "access_denied"), Operator("AUTH0_CLIENT_SECRET")),
        (refusal(401, "invalid_client"), Operator("AUTH0_CLIENT_SECRET")),
        (refusal(400, "invalid_request"), Operator("Purpose")),
        (refusal(403, "some_new_code"), Operator("some_new_code")),
        (refusal(401, "some_new_code"), Operator("some_new_code")),
        (refusal(403, "invalid_grant"), SignInAgain),
        (refusal(400, "invalid_grant"), SignInAgain),
        (refusal(401, "expired_token"), SignInAgain),
        (refusal(403, "unmet_authentication_requirements"), SignInAgain),
        (
            Answer::json(
                403,
                &json!({"error": "mfa_required", "mfa_token": "canary", "mfa_requirements": {"challenge": []}}),
            ),
            Operator("Multi-factor"),
        ),
        (refusal(429, "too_many_requests").with("retry-after", "7"), Wait(Some(7))),
        (refusal(429, "too_many_attempts"), Wait(None)),
        (Answer::json(429, &limit).with("x-ratelimit-reset", &reset), Wait(Some(12))),
        (Answer::html(429).with("retry-after", "3"), Wait(Some(3))),
        (Answer::html(302).with("location", "https://evil.example/"), Operator("AUTH0_DOMAIN")),
        (Answer::html(404), Operator("AUTH0_DOMAIN")),
    ];
    let stage = Stage::open();
    for (answer, leads) in rows {
        let row = format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
        let (outcome, asked) = answered(&stage, &[answer]).await;
        let error = outcome.expect_err(&row);
        assert_eq!(asked, 1, "{row}: nothing is gained by asking again");
        match (leads, &error) {
            (Connect(wanted), VaultError::Connect { need, why }) => {
                assert_eq!((wanted, &gmail()), (*why, need), "{row}");
            }
            (SignInAgain, VaultError::SignInAgain(_)) => {}
            (Wait(seconds), VaultError::Wait { retry_after, .. }) => {
                assert_eq!(*retry_after, seconds.map(Duration::from_secs), "{row}");
            }
            (Operator(place), VaultError::Operator(words)) => {
                assert!(words.to_string().contains(place), "{row}: {words}");
            }
            (_, other) => panic!("{row}: {other:?}"),
        }
        let told = format!("{error} {error:?}");
        assert!(!told.contains("canary") && !told.contains('\r') && told.len() < 1500, "{told}");
    }
}

#[actix_web::test]
async fn an_outage_is_tried_twice_more_and_then_waited_out() {
    let stage = Stage::open();
    let outages = [
        Answer::html(500),
        Answer::html(502),
        refusal(503, "temporarily_unavailable").with("retry-after", "5"),
        refusal(500, "server_error"),
        Answer::html(200),
        Answer::html(403),
        Answer::html(408),
        Answer::huge(),
        Answer::json(200, &json!({"scope": GMAIL})),
        Answer::json(200, &json!({"access_token": "", "scope": GMAIL})),
        Answer::json(200, &json!({"access_token": "canary\r\nx: y", "scope": GMAIL})),
        Answer::json(200, &json!({"access_token": "canary", "scope": GMAIL, "expires_in": 0})),
        Answer::json(200, &json!({"access_token": "canary", "scope": GMAIL, "expires_in": -5})),
    ];
    for (row, outage) in outages.into_iter().enumerate() {
        let (outcome, asked) = answered(&stage, &[outage]).await;
        let error = outcome.unwrap_err();
        assert!(matches!(error, VaultError::Wait { .. }), "{row}: {error:?}");
        assert_eq!(asked, 3, "{row}");
        assert!(!format!("{error:?}").contains("canary"), "{row}");
    }
    let good = Answer::json(200, &token());
    let (outcome, asked) = answered(&stage, &[Answer::html(502), Answer::html(500), good]).await;
    assert!(outcome.is_ok() && asked == 3);
}

#[actix_web::test]
async fn silence_ends_and_a_closed_door_is_told_from_a_refusal() {
    let stage = Stage::open();
    let (outcome, asked) = answered(&stage, &[Answer::never(), Answer::json(200, &token())]).await;
    assert!(outcome.is_ok() && asked == 2);
    let nobody = application_at("http://127.0.0.1:1/");
    let vault = Auth0Vault::new(nobody, http(), clock(), Arc::new(SystemIds));
    let error = vault.exchange(&RefreshToken("canary-refresh-token".into()), &gmail()).await.unwrap_err();
    assert!(matches!(&error, VaultError::Wait { .. }) && !error.to_string().contains("canary"), "{error}");
}
