//! The provider misbehaves, one way at a time; the sign-in must not.

use std::{collections::HashMap, sync::Arc};

use jiff::SignedDuration;
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::ExposeSecret;
use serde_json::json;
use url::Url;

use super::{
    Auth0SignIn,
    rehearsal::{
        ACCESS_TOKEN, Answer, CLIENT_ID, CLIENT_SECRET, NOW, Scene, Signature, Stage, at_hash, clock, http, jwk,
    },
};
use crate::{
    clock::{HeldClock, SystemIds},
    identity::{Attempt, Callback, RefreshToken, SignIn, SignInError, SignedIn},
    vault::Scope,
};

const CALLBACK: &str = "http://localhost:8000/auth/callback";

fn sign_in_at(stage: &Stage, issuer: &str, clock: &Arc<HeldClock>) -> Auth0SignIn {
    let scopes = [Scope::GMAIL_SEND, Scope::new("https://www.googleapis.com/auth/calendar.events")];
    let callback = Url::parse(CALLBACK).unwrap();
    Auth0SignIn::new(stage.application_at(issuer), callback, &scopes, http(), clock.clone(), Arc::new(SystemIds))
        .unwrap()
}

fn sign_in(stage: &Stage, clock: &Arc<HeldClock>) -> Auth0SignIn {
    sign_in_at(stage, &format!("{}/", stage.base), clock)
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

/// A whole sign-in with a provider that is bent before it begins.
async fn signed_in(stage: &Stage, bend: fn(&mut Scene)) -> Result<SignedIn, SignInError> {
    stage.reset();
    bend(&mut stage.scene());
    let house = sign_in(stage, &clock());
    let (_, attempt) = house.begin(false).await?;
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
        SignInError::Refused(_) => Some(Kind::Refused),
        SignInError::Unavailable(_) => Some(Kind::Unavailable),
        SignInError::Stale(_) => Some(Kind::Stale),
        SignInError::Declined => None,
    }
}

type Case = (&'static str, Kind, fn(&mut Scene));

/// No secret of the wire may stand in what is logged.
fn assert_discreet(told: &str) {
    for canary in ["canary", "eyJ", "<script", "<!DOCTYPE"] {
        assert!(!told.contains(canary), "{canary} in {told}");
    }
    assert!(told.len() < 600 && !told.contains('\n'), "{told}");
}

async fn assert_all_refused(cases: &[Case]) {
    let stage = Stage::open();
    for (name, wanted, bend) in cases {
        let error = signed_in(&stage, *bend).await.expect_err(name);
        assert_eq!(kind(&error), Some(*wanted), "{name}: {error}");
        assert_discreet(&error.to_string());
        assert_discreet(&format!("{error:?}"));
    }
}

#[actix_web::test]
async fn an_id_token_with_one_wrong_claim_is_refused() {
    use Kind::Refused;
    let cases: [Case; 27] = [
        ("iss of another", Refused, |s| s.claims["iss"] = "https://evil.example/".into()),
        ("iss without its slash", Refused, |s| s.claims["iss"] = s.base.clone().into()),
        ("iss with two slashes", Refused, |s| s.claims["iss"] = format!("{}//", s.base).into()),
        ("iss missing", Refused, |s| drop(s.claims.as_object_mut().unwrap().remove("iss"))),
        ("aud of another", Refused, |s| s.claims["aud"] = "client-2".into()),
        ("aud missing", Refused, |s| drop(s.claims.as_object_mut().unwrap().remove("aud"))),
        ("aud empty", Refused, |s| s.claims["aud"] = json!([])),
        ("aud ours and a foreign one", Refused, |s| s.claims["aud"] = json!([CLIENT_ID, "client-2"])),
        ("azp of another", Refused, |s| s.claims["azp"] = "client-2".into()),
        ("sub missing", Refused, |s| drop(s.claims.as_object_mut().unwrap().remove("sub"))),
        ("sub empty", Refused, |s| s.claims["sub"] = "".into()),
        ("sub of 300 characters", Refused, |s| s.claims["sub"] = "x".repeat(300).into()),
        ("sub with a line break", Refused, |s| s.claims["sub"] = "a\nb".into()),
        ("iat missing", Refused, |s| drop(s.claims.as_object_mut().unwrap().remove("iat"))),
        ("iat an hour ahead", Refused, |s| s.claims["iat"] = (NOW + 3600).into()),
        ("iat 61 seconds ahead", Refused, |s| s.claims["iat"] = (NOW + 61).into()),
        ("nbf an hour ahead", Refused, |s| s.claims["nbf"] = (NOW + 3600).into()),
        ("nbf not a number", Refused, |s| s.claims["nbf"] = "soon".into()),
        ("exp missing", Refused, |s| drop(s.claims.as_object_mut().unwrap().remove("exp"))),
        ("exp five minutes ago", Refused, |s| s.claims["exp"] = (NOW - 300).into()),
        ("exp a minute ago", Refused, |s| s.claims["exp"] = (NOW - 60).into()),
        ("exp in 25 hours", Refused, |s| s.claims["exp"] = (NOW + 25 * 3600).into()),
        ("exp in a million years", Refused, |s| s.claims["exp"] = 31_557_600_000_000_i64.into()),
        ("nonce of another attempt", Refused, |s| s.claims["nonce"] = "another".into()),
        ("nonce missing", Refused, |s| s.claims["nonce"] = json!(null)),
        ("at_hash of another token", Refused, |s| s.claims["at_hash"] = at_hash("another").into()),
        ("at_hash empty", Refused, |s| s.claims["at_hash"] = "".into()),
    ];
    assert_all_refused(&cases).await;
}

#[actix_web::test]
async fn an_id_token_with_a_wrong_signature_or_header_is_refused() {
    use Kind::Refused;
    let cases: [Case; 18] = [
        ("alg none", Refused, |s| {
            s.header["alg"] = "none".into();
            s.signature = Signature::Nothing;
        }),
        ("alg None", Refused, |s| {
            s.header["alg"] = "None".into();
            s.signature = Signature::Nothing;
        }),
        ("HS256 with the client secret", Refused, |s| {
            s.header["alg"] = "HS256".into();
            s.signature = Signature::Hs256(CLIENT_SECRET.as_bytes());
        }),
        ("HS256 with the public key", Refused, |s| {
            s.header["alg"] = "HS256".into();
            s.signature = Signature::Hs256WithThePublicKey;
        }),
        ("HS256 with nothing", Refused, |s| {
            s.header["alg"] = "HS256".into();
            s.signature = Signature::Hs256(b"");
        }),
        ("RS512, which the provider lists", Refused, |s| {
            s.header["alg"] = "RS512".into();
            s.signature = Signature::Rs512(0);
        }),
        ("an unknown alg", Refused, |s| s.header["alg"] = "XX256".into()),
        ("the right kid, another key", Refused, |s| s.signature = Signature::Rs256(1)),
        ("signature truncated", Refused, |s| s.signature = Signature::Truncated),
        ("signature empty", Refused, |s| s.signature = Signature::Nothing),
        ("kid absent, two keys", Refused, |s| {
            drop(s.header.as_object_mut().unwrap().remove("kid"));
            s.keys = vec![jwk(0), jwk(1)];
        }),
        ("a kid that nobody knows", Refused, |s| s.header["kid"] = "key-9".into()),
        ("a key in the token itself", Refused, |s| {
            s.header["jwk"] = jwk(1);
            s.header["kid"] = "key-1".into();
            s.signature = Signature::Rs256(1);
        }),
        ("a key elsewhere (jku)", Refused, |s| {
            s.header["jku"] = "https://evil.example/jwks.json".into();
            s.header["kid"] = "key-1".into();
            s.signature = Signature::Rs256(1);
        }),
        ("a header that must be understood", Refused, |s| s.header["crit"] = json!(["exp"])),
        ("another kind of token", Refused, |s| s.header["typ"] = "at+jwt".into()),
        ("a token within a token", Refused, |s| s.header["cty"] = "JWT".into()),
        ("the only key is not for signing", Refused, |s| {
            s.keys[0]["use"] = "enc".into();
        }),
    ];
    assert_all_refused(&cases).await;
}

#[actix_web::test]
async fn a_token_endpoint_that_misbehaves_leaves_nobody_signed_in() {
    use Kind::{Refused, Stale, Unavailable};
    fn says(status: u16, error: &str) -> Option<Answer> {
        let why = "canary\r\n<script>";
        Some(Answer::json(status, &json!({"error": error, "error_description": why.replace("canary", "because")})))
    }
    let cases: [Case; 20] = [
        ("no ID token", Refused, |s| s.token["id_token"] = json!(null)),
        ("an ID token that is none", Refused, |s| s.token["id_token"] = "canary.canary".into()),
        ("an ID token that is a number", Refused, |s| s.token["id_token"] = 7.into()),
        ("no access token", Refused, |s| drop(s.token.as_object_mut().unwrap().remove("access_token"))),
        ("no token type", Refused, |s| drop(s.token.as_object_mut().unwrap().remove("token_type"))),
        ("a MAC token", Refused, |s| s.token["token_type"] = "mac".into()),
        ("a DPoP token", Refused, |s| s.token["token_type"] = "DPoP".into()),
        ("the code is spent", Stale, |s| s.token_answer = says(400, "invalid_grant")),
        ("the code is spent, Auth0's way", Stale, |s| s.token_answer = says(403, "invalid_grant")),
        ("wrong client secret", Refused, |s| s.token_answer = says(401, "invalid_client")),
        ("wrong client secret, Auth0's way", Refused, |s| s.token_answer = says(401, "access_denied")),
        ("grant type not ticked", Refused, |s| s.token_answer = says(403, "unauthorized_client")),
        ("too many requests", Unavailable, |s| s.token_answer = says(429, "too_many_requests")),
        ("an outage in JSON", Unavailable, |s| s.token_answer = says(500, "server_error")),
        ("an outage in HTML", Unavailable, |s| s.token_answer = Some(Answer::html(502))),
        ("a page instead of tokens", Unavailable, |s| s.token_answer = Some(Answer::html(200))),
        ("no word at all", Unavailable, |s| s.token_answer = Some(Answer::new(200, "application/json", ""))),
        ("never an answer", Unavailable, |s| s.token_answer = Some(Answer::never())),
        ("ten megabytes", Unavailable, |s| s.token_answer = Some(Answer::huge())),
        ("sent elsewhere", Refused, |s| {
            s.token_answer = Some(Answer::json(302, &json!({})).with("location", "https://evil.example/"));
        }),
    ];
    let cases = cases.map(|(name, wanted, bend)| (name, wanted, bend));
    let stage = Stage::open();
    for (name, wanted, bend) in cases {
        let error = signed_in(&stage, bend).await.expect_err(name);
        assert_eq!(kind(&error), Some(wanted), "{name}: {error}");
        let told = error.to_string();
        assert!(!told.contains("canary") && !told.contains('\n') && told.len() < 600, "{name}: {told}");
        assert!(stage.scene().times_asked("/oauth/token") == 1, "{name}: a code is traded once");
    }
}

#[actix_web::test]
async fn a_provider_that_does_not_describe_itself_rightly_is_not_used() {
    use Kind::{Refused, Unavailable};
    let cases: [Case; 17] = [
        ("the issuer is another", Refused, |s| s.discovery["issuer"] = "https://evil.example/".into()),
        ("the issuer lacks its slash", Refused, |s| s.discovery["issuer"] = s.base.clone().into()),
        ("keys at another host", Refused, |s| s.discovery["jwks_uri"] = "http://127.0.0.2:9/jwks.json".into()),
        ("tokens at another host", Refused, |s| s.discovery["token_endpoint"] = "http://127.0.0.2:9/token".into()),
        ("no token endpoint", Refused, |s| drop(s.discovery.as_object_mut().unwrap().remove("token_endpoint"))),
        ("a script for a sign-in page", Refused, |s| {
            s.discovery["authorization_endpoint"] = "javascript:alert(1)".into();
        }),
        ("no keys' address", Unavailable, |s| drop(s.discovery.as_object_mut().unwrap().remove("jwks_uri"))),
        ("discovery not found", Unavailable, |s| s.discovery_answer = Some(Answer::html(404))),
        ("discovery is down", Unavailable, |s| s.discovery_answer = Some(Answer::html(500))),
        ("discovery is a page", Unavailable, |s| s.discovery_answer = Some(Answer::html(200))),
        ("discovery is too large", Unavailable, |s| s.discovery_answer = Some(Answer::huge())),
        ("discovery never answers", Unavailable, |s| s.discovery_answer = Some(Answer::never())),
        ("keys are down", Unavailable, |s| s.keys_answer = Some(Answer::html(500))),
        ("keys are too large", Unavailable, |s| s.keys_answer = Some(Answer::huge())),
        ("keys never come", Unavailable, |s| s.keys_answer = Some(Answer::never())),
        ("keys are a page", Unavailable, |s| s.keys_answer = Some(Answer::html(200))),
        ("no keys at all", Refused, |s| s.keys = Vec::new()),
    ];
    assert_all_refused(&cases).await;
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
    let (url, attempt) = house.begin(false).await.unwrap();
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
    let (again, second) = house.begin(true).await.unwrap();
    assert!(again.query_pairs().any(|(name, value)| name == "prompt" && value == "consent"));
    assert!(second.state != attempt.state && second.nonce != attempt.nonce && second.verifier != attempt.verifier);
    assert_eq!(stage.scene().times_asked("/.well-known/openid-configuration"), 1, "asked once, then remembered");
}

#[actix_web::test]
async fn the_code_is_traded_with_the_verifier_and_the_secret_in_the_form() {
    let stage = Stage::open();
    let house = sign_in(&stage, &clock());
    let (_, attempt) = house.begin(false).await.unwrap();
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
    let (_, attempt) = house.begin(false).await.unwrap();
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
        let (_, attempt) = house.begin(false).await.unwrap();
        set_nonce(&stage, &attempt);
        let own = format!("{}/", stage.base);
        let iss = iss.map(|iss| if iss == "own" { own } else { iss.to_owned() });
        let outcome = house.complete(&Callback { iss: iss.clone(), ..answer_to(&attempt) }, &attempt).await;
        assert_eq!(outcome.is_ok(), good, "{advertised} {iss:?}");
        assert_eq!(stage.scene().times_asked("/oauth/token"), usize::from(good), "{advertised} {iss:?}");
    }
}

#[actix_web::test]
async fn a_key_that_is_new_since_the_last_look_is_fetched_once_a_minute_at_most() {
    let stage = Stage::open();
    let clock = clock();
    let house = sign_in(&stage, &clock);
    let (_, attempt) = house.begin(false).await.unwrap();
    set_nonce(&stage, &attempt);
    let change_keys = |kid: &str, keys: Vec<serde_json::Value>, signer| {
        let mut scene = stage.scene();
        (scene.keys, scene.header["kid"], scene.signature) = (keys, kid.into(), Signature::Rs256(signer));
    };
    // Rotated just before signing: one more look at the keys, and in.
    change_keys("key-1", vec![jwk(1)], 1);
    house.complete(&answer_to(&attempt), &attempt).await.unwrap();
    assert_eq!(stage.scene().times_asked("/jwks.json"), 2);
    // The key that was withdrawn is refused from now on.
    change_keys("key-0", vec![jwk(1)], 0);
    for _ in 0..50 {
        assert!(matches!(house.complete(&answer_to(&attempt), &attempt).await, Err(SignInError::Refused(_))));
    }
    assert_eq!(stage.scene().times_asked("/jwks.json"), 2, "no second look within the minute");
    clock.advance(SignedDuration::from_secs(61));
    for _ in 0..50 {
        assert!(matches!(house.complete(&answer_to(&attempt), &attempt).await, Err(SignInError::Refused(_))));
    }
    assert_eq!(stage.scene().times_asked("/jwks.json"), 3);
    assert_eq!(stage.scene().times_asked("/.well-known/openid-configuration"), 1);
}

#[actix_web::test]
async fn a_provider_that_was_down_at_start_is_used_when_it_is_back() {
    let stage = Stage::open();
    let house = sign_in(&stage, &clock());
    stage.scene().discovery_answer = Some(Answer::html(503));
    assert!(matches!(house.begin(false).await, Err(SignInError::Unavailable(_))));
    assert!(matches!(house.probe().await, Err(SignInError::Unavailable(_))));
    stage.scene().discovery_answer = None;
    house.probe().await.unwrap();
    assert!(house.begin(false).await.is_ok());
}

#[actix_web::test]
async fn the_providers_last_word_is_taken_for_a_day_while_it_is_down() {
    let stage = Stage::open();
    let clock = clock();
    let house = sign_in(&stage, &clock);
    house.probe().await.unwrap();
    let described = || stage.scene().times_asked("/.well-known/openid-configuration");
    clock.advance(SignedDuration::from_mins(16));
    house.probe().await.unwrap();
    assert_eq!(described(), 2, "old enough to ask again");
    stage.scene().discovery_answer = Some(Answer::html(503));
    clock.advance(SignedDuration::from_mins(16));
    for _ in 0..5 {
        house.probe().await.unwrap();
    }
    assert_eq!(described(), 3, "left alone for a while");
    clock.advance(SignedDuration::from_secs(31));
    house.probe().await.unwrap();
    assert_eq!(described(), 4);
    clock.advance(SignedDuration::from_hours(24));
    assert!(matches!(house.probe().await, Err(SignInError::Unavailable(_))));
}

#[actix_web::test]
async fn the_issuer_is_compared_letter_by_letter() {
    let stage = Stage::open();
    let port = stage.base.rsplit(':').next().unwrap().to_owned();
    for issuer in [stage.base.clone(), format!("http://localhost:{port}/")] {
        let outcome = sign_in_at(&stage, &issuer, &clock()).begin(false).await;
        assert!(matches!(outcome, Err(SignInError::Refused(_) | SignInError::Unavailable(_))), "{issuer}");
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

    type Bend = fn(&mut Scene);
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

    type Bend = fn(&mut Scene);
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
