//! A teacher signs in and out with a provider that mostly behaves.

mod discovery;
mod refusals;

use std::{collections::HashMap, sync::Arc};

use jiff::SignedDuration;
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::ExposeSecret;
use serde_json::json;
use url::Url;

use super::Auth0SignIn;
use crate::{
    clients::auth0::rehearsal::{
        ACCESS_TOKEN, Answer, CLIENT_ID, CLIENT_SECRET, NOW, Scene, Stage, application_at, at_hash, clock, http, jwk,
    },
    clock::{HeldClock, SystemIds},
    identity::{Attempt, Callback, RefreshToken, SignIn, SignInError, SignedIn},
    vault::Scope,
};

const CALLBACK: &str = "http://localhost:8000/auth/callback";

fn sign_in_at(issuer: &str, clock: &Arc<HeldClock>) -> Auth0SignIn {
    let scopes = [Scope::GMAIL_SEND, Scope::new("https://www.googleapis.com/auth/calendar.events")];
    let callback = Url::parse(CALLBACK).unwrap();
    Auth0SignIn::new(application_at(issuer), callback, &scopes, http(), clock.clone(), Arc::new(SystemIds)).unwrap()
}

fn sign_in(stage: &Stage, clock: &Arc<HeldClock>) -> Auth0SignIn {
    sign_in_at(&format!("{}/", stage.base), clock)
}

fn answer_to(attempt: &Attempt) -> Callback {
    Callback { state: attempt.state.clone(), code: "canary-code".to_owned().into(), iss: None }
}

/// The ID token answers the attempt, unless a test has put another nonce there.
fn set_nonce(stage: &Stage, attempt: &Attempt) {
    let mut scene = stage.scene();
    if scene.claims.get("nonce").is_none() {
        scene.claims["nonce"] = attempt.nonce.clone().into();
    }
    if scene.claims["nonce"].is_null() {
        scene.claims.as_object_mut().unwrap().remove("nonce");
    }
}

type Bend = fn(&mut Scene);

/// A whole sign-in with a provider that is bent before it begins.
async fn signed_in(stage: &Stage, bend: fn(&mut Scene)) -> Result<SignedIn, SignInError> {
    stage.reset();
    bend(&mut stage.scene());
    let house = sign_in(stage, &clock());
    let (_, attempt) = house.begin(None).await?;
    set_nonce(stage, &attempt);
    house.complete(&answer_to(&attempt), &attempt).await
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Refused,
    Unavailable,
    Stale,
}

fn kind(error: &SignInError) -> Option<Kind> {
    match error {
        SignInError::Refused(_) | SignInError::Operator(_) => Some(Kind::Refused),
        SignInError::Unavailable(_) => Some(Kind::Unavailable),
        SignInError::Stale(_) => Some(Kind::Stale),
        SignInError::Declined => None,
    }
}

/// No secret of the wire may stand in what is logged.
fn assert_discreet(told: &str) {
    for canary in ["canary", "eyJ", "<script", "<!DOCTYPE"] {
        assert!(!told.contains(canary), "{canary} in {told}");
    }
    assert!(told.len() < 600 && !told.contains('\n'), "{told}");
}

#[actix_web::test]
async fn an_honest_provider_is_believed_in_each_of_its_manners() {
    type Manner = (&'static str, fn(&mut Scene));
    let manners: [Manner; 17] = [
        ("as it is", |_| ()),
        ("exp 30 seconds ago", |s| s.claims["exp"] = (NOW - 30).into()),
        ("exp in 24 hours", |s| s.claims["exp"] = (NOW + 24 * 3600).into()),
        ("iat 60 seconds ahead", |s| s.claims["iat"] = (NOW + 60).into()),
        ("nbf 60 seconds ahead", |s| s.claims["nbf"] = (NOW + 60).into()),
        ("times with fractions", |s| {
            s.claims["iat"] = json!(1_799_999_999.5);
            s.claims["nbf"] = json!(1_799_999_999.5);
        }),
        ("aud as a list of one", |s| s.claims["aud"] = json!([CLIENT_ID])),
        ("azp is us", |s| s.claims["azp"] = CLIENT_ID.into()),
        ("kid absent, one key", |s| drop(s.header.as_object_mut().unwrap().remove("kid"))),
        ("typ absent", |s| drop(s.header.as_object_mut().unwrap().remove("typ"))),
        ("the right one of two keys", |s| s.keys = vec![jwk(1), jwk(0)]),
        ("a key of a kind nobody knows beside ours", |s| s.keys.push(json!({"kty": "XYZ", "kid": "key-0"}))),
        ("at_hash is right", |s| s.claims["at_hash"] = at_hash(ACCESS_TOKEN).into()),
        ("c_hash is not looked at in this flow", |s| s.claims["c_hash"] = "whatever".into()),
        ("token type in small letters", |s| s.token["token_type"] = "bearer".into()),
        ("more than was asked", |s| s.token["something_new"] = json!([1])),
        ("sub of 255 characters", |s| s.claims["sub"] = "x".repeat(255).into()),
    ];
    let stage = Stage::open();
    for (name, bend) in manners {
        let person = signed_in(&stage, bend).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((person.name.as_str(), person.email.as_str()), ("Ada Lovelace", "ada@example.com"), "{name}");
        assert_eq!(person.refresh_token.unwrap().0.expose_secret(), "canary-refresh-token", "{name}");
        assert_eq!(stage.scene().times_asked("/userinfo"), 0, "{name}");
    }
}

#[actix_web::test]
async fn a_finished_sign_in_tells_who_it_is_by_issuer_and_subject() {
    let stage = Stage::open();
    let person = signed_in(&stage, |s| s.claims["email_verified"] = false.into()).await.unwrap();
    assert_eq!(person.issuer, format!("{}/", stage.base));
    assert_eq!(person.subject, "google-oauth2|1001");
    assert_eq!(person.sid.as_deref(), Some("sid-1"));
    assert!(!person.email_verified);
    assert_eq!(person.id_token.expose_secret(), &stage.scene().id_token());
    assert!(!format!("{person:?}").contains("canary"), "{person:?}");
    let without = signed_in(&stage, |s| drop(s.token.as_object_mut().unwrap().remove("refresh_token"))).await;
    assert!(without.unwrap().refresh_token.is_none());
    let nameless = signed_in(&stage, |s| drop(s.claims.as_object_mut().unwrap().remove("name"))).await.unwrap();
    assert_eq!(nameless.name, "ada@example.com");
}

#[actix_web::test]
async fn the_browser_is_sent_away_with_exactly_what_the_provider_needs() {
    let stage = Stage::open();
    let house = sign_in(&stage, &clock());
    let (url, attempt) = house.begin(None).await.unwrap();
    let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!(url.query_pairs().count(), query.len(), "no parameter comes twice");
    assert!(url.as_str().starts_with(&format!("{}/authorize?", stage.base)));
    let verifier = PkceCodeVerifier::new(attempt.verifier.clone());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    for (name, wanted) in [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile email offline_access"),
        ("state", &attempt.state),
        ("nonce", &attempt.nonce),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("connection", "google-oauth2"),
        ("access_type", "offline"),
        (
            "connection_scope",
            "https://www.googleapis.com/auth/gmail.send,https://www.googleapis.com/auth/calendar.events",
        ),
    ] {
        assert_eq!(query.get(name).map(String::as_str), Some(wanted), "{name}");
    }
    assert_eq!(query.len(), 11, "{query:?}");
    assert_eq!(attempt.begun_at, NOW);
    let (again, second) = house.begin(Some(&[])).await.unwrap();
    assert!(again.query_pairs().any(|(name, value)| name == "prompt" && value == "consent"));
    assert!(second.state != attempt.state && second.nonce != attempt.nonce && second.verifier != attempt.verifier);
    assert_eq!(stage.scene().times_asked("/.well-known/openid-configuration"), 1, "asked once, then remembered");
}

#[actix_web::test]
async fn the_code_is_traded_with_the_verifier_and_the_secret_in_the_form() {
    let stage = Stage::open();
    let house = sign_in(&stage, &clock());
    let (_, attempt) = house.begin(None).await.unwrap();
    set_nonce(&stage, &attempt);
    house.complete(&answer_to(&attempt), &attempt).await.unwrap();
    let asked = stage.scene().asked.last().cloned().unwrap();
    assert_eq!(asked.field("grant_type"), Some("authorization_code"));
    assert_eq!(asked.field("code"), Some("canary-code"));
    assert_eq!(asked.field("code_verifier"), Some(attempt.verifier.as_str()));
    assert_eq!(asked.field("client_secret"), Some(CLIENT_SECRET));
    assert_eq!(asked.field("redirect_uri"), Some(CALLBACK));
    assert_eq!(asked.authorization, None);
    // A provider that lists nothing means Basic.
    signed_in(&stage, |s| drop(s.discovery.as_object_mut().unwrap().remove("token_endpoint_auth_methods_supported")))
        .await
        .unwrap();
    let asked = stage.scene().asked.last().cloned().unwrap();
    assert!(
        asked.authorization.as_ref().is_some_and(|value| value.starts_with("Basic "))
            && asked.field("client_secret").is_none()
    );
}

#[actix_web::test]
async fn an_answer_to_another_attempt_or_too_late_trades_no_code() {
    let stage = Stage::open();
    let clock = clock();
    let house = sign_in(&stage, &clock);
    let (_, attempt) = house.begin(None).await.unwrap();
    set_nonce(&stage, &attempt);
    let foreign = Callback { state: "another".into(), ..answer_to(&attempt) };
    assert!(matches!(house.complete(&foreign, &attempt).await, Err(SignInError::Stale(_))));
    clock.advance(SignedDuration::from_secs(601));
    assert!(matches!(house.complete(&answer_to(&attempt), &attempt).await, Err(SignInError::Stale(_))));
    assert_eq!(stage.scene().times_asked("/oauth/token"), 0);
}

#[actix_web::test]
async fn another_providers_code_is_not_traded() {
    let stage = Stage::open();
    for (advertised, iss, good) in [
        (false, None, true),
        (false, Some("own"), true),
        (false, Some("https://evil.example/"), false),
        (true, Some("own"), true),
        (true, None, false),
        (true, Some("https://evil.example/"), false),
    ] {
        stage.reset();
        stage.scene().discovery["authorization_response_iss_parameter_supported"] = advertised.into();
        let house = sign_in(&stage, &clock());
        let (_, attempt) = house.begin(None).await.unwrap();
        set_nonce(&stage, &attempt);
        let own = format!("{}/", stage.base);
        let iss = iss.map(|iss| if iss == "own" { own } else { iss.to_owned() });
        let outcome = house.complete(&Callback { iss: iss.clone(), ..answer_to(&attempt) }, &attempt).await;
        assert_eq!(outcome.is_ok(), good, "{advertised} {iss:?}");
        assert_eq!(stage.scene().times_asked("/oauth/token"), usize::from(good), "{advertised} {iss:?}");
    }
}

#[actix_web::test]
async fn userinfo_is_asked_only_for_an_address_that_is_missing() {
    fn without_email(scene: &mut Scene, answer: Answer) {
        drop(scene.claims.as_object_mut().unwrap().remove("email"));
        scene.userinfo_answer = answer;
    }
    let stage = Stage::open();
    let told = signed_in(&stage, |s| {
        let person = json!({"sub": "google-oauth2|1001", "email": "ada@school.example", "email_verified": true});
        without_email(s, Answer::json(200, &person));
    });
    let person = told.await.unwrap();
    assert_eq!((person.email.as_str(), person.email_verified), ("ada@school.example", true));
    assert_eq!(person.name, "Ada Lovelace");
    let asked = stage.scene().asked.last().cloned().unwrap();
    assert_eq!(asked.authorization, Some(format!("Bearer {ACCESS_TOKEN}")));

    let other = signed_in(&stage, |s| {
        without_email(s, Answer::json(200, &json!({"sub": "google-oauth2|1002", "email": "eve@example.com"})));
    });
    assert!(matches!(other.await, Err(SignInError::Refused(_))), "userinfo of another person");

    let silent: [Bend; 5] = [
        |s| without_email(s, Answer::json(401, &json!({"error": "invalid_token"}))),
        |s| without_email(s, Answer::html(200)),
        |s| without_email(s, Answer::html(500)),
        |s| without_email(s, Answer::huge()),
        |s| without_email(s, Answer::never()),
    ];
    for bend in silent {
        let person = signed_in(&stage, bend).await.unwrap();
        assert_eq!((person.email.as_str(), person.email_verified), ("", false));
        assert_eq!(stage.scene().times_asked("/userinfo"), 1);
    }
}

#[actix_web::test]
async fn an_access_token_that_would_break_a_header_is_not_used() {
    let stage = Stage::open();
    let person = signed_in(&stage, |s| {
        drop(s.claims.as_object_mut().unwrap().remove("email"));
        s.token["access_token"] = "a\r\nx-evil: 1".into();
    });
    assert_eq!(person.await.unwrap().email, "");
    assert_eq!(stage.scene().times_asked("/userinfo"), 0);
}

#[actix_web::test]
async fn signing_out_goes_to_the_provider_by_its_own_road_or_by_auth0s() {
    let stage = Stage::open();
    let hint = signed_in(&stage, |_| ()).await.unwrap().id_token;
    let home = Url::parse("http://localhost:8000/signed-out").unwrap();
    let house = sign_in(&stage, &clock());
    let url = house.sign_out_url(Some(&hint), &home).await.unwrap();
    let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
    assert!(url.as_str().starts_with(&format!("{}/oidc/logout?", stage.base)));
    assert_eq!(query.get("id_token_hint").map(String::as_str), Some(hint.expose_secret()));
    assert_eq!(query.get("client_id").map(String::as_str), Some(CLIENT_ID));
    assert_eq!(query.get("post_logout_redirect_uri").map(String::as_str), Some(home.as_str()));
    let unhinted = house.sign_out_url(Some(&"nonsense".into()), &home).await.unwrap();
    assert!(unhinted.query_pairs().all(|(name, _)| name != "id_token_hint"));

    let roads: [Bend; 3] = [
        |s| drop(s.discovery.as_object_mut().unwrap().remove("end_session_endpoint")),
        |s| s.discovery["end_session_endpoint"] = "javascript:alert(1)".into(),
        |s| s.discovery_answer = Some(Answer::html(503)),
    ];
    for bend in roads {
        stage.reset();
        bend(&mut stage.scene());
        let url = sign_in(&stage, &clock()).sign_out_url(Some(&hint), &home).await.unwrap();
        let wanted =
            format!("{}/v2/logout?client_id=client-1&returnTo=http%3A%2F%2Flocalhost%3A8000%2Fsigned-out", stage.base);
        assert_eq!(url.as_str(), wanted);
    }
}

#[actix_web::test]
async fn a_refresh_token_is_taken_back_at_the_provider() {
    let stage = Stage::open();
    let house = sign_in(&stage, &clock());
    let token = RefreshToken("canary-refresh-token".into());
    house.revoke(&token).await.unwrap();
    let asked = stage.scene().asked.last().cloned().unwrap();
    assert_eq!(asked.path, "/oauth/revoke");
    assert_eq!(asked.field("token"), Some("canary-refresh-token"));
    assert_eq!(asked.field("client_id"), Some(CLIENT_ID));
    assert_eq!(asked.field("client_secret"), Some(CLIENT_SECRET));
    for (answer, wanted) in [
        (Answer::html(500), Kind::Unavailable),
        (Answer::html(429), Kind::Unavailable),
        (Answer::never(), Kind::Unavailable),
        (Answer::json(401, &json!({"error": "invalid_client"})), Kind::Refused),
        (Answer::html(302).with("location", "https://evil.example/"), Kind::Refused),
    ] {
        stage.scene().revoke_answer = answer;
        let error = house.revoke(&token).await.unwrap_err();
        assert_eq!(kind(&error), Some(wanted));
        assert_discreet(&error.to_string());
    }
}
