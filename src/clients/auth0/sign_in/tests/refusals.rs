//! One thing at a time is wrong with the provider, and nobody is signed in.

use serde_json::json;

use super::{Kind, assert_discreet, kind, signed_in};
use crate::clients::auth0::rehearsal::{Answer, CLIENT_ID, CLIENT_SECRET, NOW, Scene, Signature, Stage, at_hash, jwk};

type Case = (&'static str, Kind, fn(&mut Scene));

async fn assert_all_refused(cases: &[Case]) {
    let stage = Stage::open();
    for (name, wanted, bend) in cases {
        let error = signed_in(&stage, *bend).await.expect_err(name);
        assert_eq!(kind(&error), Some(*wanted), "{name}: {error}");
        assert_discreet(&error.to_string());
        assert_discreet(&format!("{error:?}"));
        assert!(stage.scene().times_asked("/oauth/token") <= 1, "{name}: a code is traded once");
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
    fn says(status: u16, error: &str) -> Answer {
        let why = format!("because\r\nof {CLIENT_SECRET}");
        Answer::json(status, &json!({"error": error, "error_description": why}))
    }
    let cases: [Case; 20] = [
        ("no ID token", Refused, |s| s.token["id_token"] = json!(null)),
        ("an ID token that is none", Refused, |s| s.token["id_token"] = "canary.canary".into()),
        ("an ID token that is a number", Refused, |s| s.token["id_token"] = 7.into()),
        ("no access token", Refused, |s| drop(s.token.as_object_mut().unwrap().remove("access_token"))),
        ("no token type", Refused, |s| drop(s.token.as_object_mut().unwrap().remove("token_type"))),
        ("a MAC token", Refused, |s| s.token["token_type"] = "mac".into()),
        ("a DPoP token", Refused, |s| s.token["token_type"] = "DPoP".into()),
        ("the code is spent", Stale, |s| s.token_answer = Some(says(400, "invalid_grant"))),
        ("the code is spent, Auth0's way", Stale, |s| s.token_answer = Some(says(403, "invalid_grant"))),
        ("wrong client secret", Refused, |s| s.token_answer = Some(says(401, "invalid_client"))),
        ("wrong client secret, Auth0's way", Refused, |s| s.token_answer = Some(says(401, "access_denied"))),
        ("grant type not ticked", Refused, |s| s.token_answer = Some(says(403, "unauthorized_client"))),
        ("too many requests", Unavailable, |s| s.token_answer = Some(says(429, "too_many_requests"))),
        ("an outage in JSON", Unavailable, |s| s.token_answer = Some(says(500, "server_error"))),
        ("an outage in HTML", Unavailable, |s| s.token_answer = Some(Answer::html(502))),
        ("a page instead of tokens", Unavailable, |s| s.token_answer = Some(Answer::html(200))),
        ("no word at all", Unavailable, |s| s.token_answer = Some(Answer::new(200, "application/json", ""))),
        ("never an answer", Unavailable, |s| s.token_answer = Some(Answer::never())),
        ("ten megabytes", Unavailable, |s| s.token_answer = Some(Answer::huge())),
        ("sent elsewhere", Refused, |s| {
            s.token_answer = Some(Answer::json(302, &json!({})).with("location", "https://evil.example/"));
        }),
    ];
    assert_all_refused(&cases).await;
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
