//! Sign-in, as `openidconnect` itself sees it.

use jiff::SignedDuration;
use openidconnect::{
    ClientId, ClientSecret, IssuerUrl, Nonce,
    core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreProviderMetadata},
};
use serde_json::{Value, json};

use super::kit::{CALLBACK, SEND, Stage, VERIFIER, landing, stage, ticket};
use crate::sandbox::auth0::Flaw;

/// Whether `openidconnect` takes the token that the sandbox makes under these flaws.
async fn verdict(stage: &Stage, token: &str) -> Result<String, String> {
    let fetch = async |path: &str| stage.client.get(stage.auth0(path)).send().await.unwrap().text().await.unwrap();
    let metadata = fetch(".well-known/openid-configuration").await;
    let metadata: CoreProviderMetadata = serde_json::from_str(&metadata).unwrap();
    let issuer = IssuerUrl::new(stage.sandbox.issuer().to_owned()).unwrap();
    if metadata.issuer().as_str() != issuer.as_str() {
        return Err("the discovery document is another's".to_owned());
    }
    let keys: CoreJsonWebKeySet = serde_json::from_str(&fetch(".well-known/jwks.json").await).unwrap();
    let verifier = CoreIdTokenVerifier::new_confidential_client(
        ClientId::new(stage.sandbox.client_id().to_owned()),
        ClientSecret::new(stage.sandbox.client_secret().to_owned()),
        issuer,
        keys,
    );
    let token: CoreIdToken = token.parse().map_err(|error| format!("{error}"))?;
    let claims = token.claims(&verifier, &Nonce::new("nonce-1".to_owned())).map_err(|error| format!("{error}"))?;
    Ok(claims.subject().to_string())
}

async fn id_token_under(stage: &Stage, flaws: &[Flaw]) -> Result<String, String> {
    stage.sandbox.auth0().behave();
    for flaw in flaws {
        stage.sandbox.auth0().misbehave(*flaw);
    }
    let token = stage.sign_in(&[], &[SEND]).await.id;
    verdict(stage, &token).await
}

#[actix_web::test]
async fn a_person_signs_in_and_openidconnect_takes_the_id_token() {
    let stage = stage();
    let tokens = stage.sign_in(&[], &[SEND]).await;
    assert_eq!(verdict(&stage, &tokens.id).await, Ok(stage.mary.subject.clone()));
    let userinfo = stage.client.get(stage.auth0("userinfo")).bearer_auth(&tokens.access).send().await.unwrap();
    let userinfo: Value = userinfo.json().await.unwrap();
    assert_eq!(userinfo["email"], "mary@school.example");
    assert_eq!(userinfo["sub"], json!(stage.mary.subject));
}

#[actix_web::test]
async fn state_comes_back_and_a_person_may_decline() {
    let stage = stage();
    let page = stage.authorize(&[]).await.text().await.unwrap();
    let form = [("ticket", ticket(&page)), ("decision", "decline".to_owned())];
    let answer = stage.client.post(stage.auth0("authorize/answer")).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let back = landing(&answer);
    assert_eq!((back["error"].as_str(), back["state"].as_str()), ("access_denied", "state-1"));
    let again = stage.client.post(stage.auth0("authorize/answer")).form(&form).send().await.unwrap();
    assert_eq!(again.status(), 410, "a page is answered once");
}

#[actix_web::test]
async fn a_code_is_good_once_for_a_minute_with_its_verifier_and_address() {
    let stage = stage();
    let refused = |answer: (u16, Value)| (answer.0, answer.1["error_description"].as_str().unwrap().to_owned());
    let code = stage.code(&[], &[]).await;
    assert_eq!(stage.trade(&code).await.0, 200);
    assert_eq!(refused(stage.trade(&code).await), (403, "Invalid authorization code".to_owned()));

    let code = stage.code(&[], &[]).await;
    stage.clock.advance(SignedDuration::from_secs(61));
    assert_eq!(refused(stage.trade(&code).await), (403, "Invalid authorization code".to_owned()));

    let grant = ("grant_type", "authorization_code");
    let code = stage.code(&[], &[]).await;
    let fields = [grant, ("code", &code), ("redirect_uri", CALLBACK), ("code_verifier", "another")];
    assert_eq!(refused(stage.token(&fields).await), (403, "Failed to verify code verifier".to_owned()));

    let code = stage.code(&[], &[]).await;
    let fields = [grant, ("code", &code), ("redirect_uri", "http://localhost:1/x"), ("code_verifier", VERIFIER)];
    assert_eq!(stage.token(&fields).await.0, 403);
}

#[actix_web::test]
async fn the_client_proves_itself_by_body_or_by_header_and_a_wrong_secret_is_refused() {
    let stage = stage();
    let refresh = stage.sign_in(&[], &[]).await.refresh;
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let post = |secret: &str| {
        let request = stage.client.post(stage.auth0("oauth/token"));
        request.basic_auth(stage.sandbox.client_id(), Some(secret)).form(&form).send()
    };
    assert_eq!(post(stage.sandbox.client_secret()).await.unwrap().status(), 200);
    let refused = post("wrong").await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "access_denied");
}

#[actix_web::test]
async fn a_sign_in_that_nobody_may_trust_stays_on_the_providers_page() {
    let stage = stage();
    for wrong in [("client_id", "another"), ("redirect_uri", "https://evil.example/cb"), ("redirect_uri", "")] {
        let answer = stage.authorize(&[wrong]).await;
        assert_eq!((answer.status().as_u16(), answer.headers().get("location")), (403, None), "{wrong:?}");
    }
    for wrong in [("response_type", "token"), ("code_challenge", ""), ("code_challenge_method", "plain")] {
        let answer = stage.authorize(&[wrong]).await;
        assert!(landing(&answer).contains_key("error"), "{wrong:?}");
    }
    assert_eq!(landing(&stage.authorize(&[("prompt", "none")]).await)["error"], "login_required");
    let hinted = stage.authorize(&[("prompt", "none"), ("login_hint", "daniel@school.example")]).await;
    assert!(landing(&hinted).contains_key("code"));
}

#[actix_web::test]
async fn openidconnect_refuses_the_flaws_that_it_looks_for() {
    let stage = stage();
    let refused = [
        Flaw::WrongIssuer,
        Flaw::IssuerWithoutSlash,
        Flaw::ForeignAudience,
        Flaw::MissingAudience,
        Flaw::ExtraAudience,
        Flaw::MissingSubject,
        Flaw::MissingIssuedAt,
        Flaw::ExpiredBy(30),
        Flaw::WrongNonce,
        Flaw::MissingNonce,
        Flaw::AlgNone,
        Flaw::HmacWithClientSecret,
        Flaw::HmacWithPublicKey,
        Flaw::OtherKeySameId,
        Flaw::UnknownKeyId,
        Flaw::BringsItsKey,
        Flaw::TruncatedSignature,
        Flaw::EmptySignature,
        Flaw::NoIdToken,
        Flaw::DiscoveryOfAnotherIssuer,
    ];
    for flaw in refused {
        let verdict = id_token_under(&stage, &[flaw]).await;
        assert!(verdict.is_err(), "{flaw:?} was taken");
    }
    assert!(id_token_under(&stage, &[Flaw::NoKeyId, Flaw::SeveralKeys]).await.is_err());
}

#[actix_web::test]
async fn openidconnect_alone_takes_the_flaws_that_the_app_must_look_for() {
    let stage = stage();
    let taken = [
        Flaw::ForeignParty,
        Flaw::IssuedInTheFuture,
        Flaw::NotYetValid,
        Flaw::LastsForYears,
        Flaw::WrongAccessTokenHash,
        Flaw::RightAccessTokenHash,
        Flaw::WrongCodeHash,
        Flaw::NoKeyId,
        Flaw::EmptySubject,
        Flaw::LongSubject,
        Flaw::OtherSubject,
    ];
    for flaw in taken {
        let verdict = id_token_under(&stage, &[flaw]).await;
        assert!(verdict.is_ok(), "{flaw:?}: {verdict:?}");
    }
}

#[actix_web::test]
async fn a_new_key_signs_after_rotation_and_the_old_one_stays_until_it_is_withdrawn() {
    let stage = stage();
    let old = stage.sign_in(&[], &[]).await.id;
    stage.sandbox.auth0().rotate_key();
    let new = stage.sign_in(&[], &[]).await.id;
    assert!(verdict(&stage, &old).await.is_ok() && verdict(&stage, &new).await.is_ok());
    stage.sandbox.auth0().withdraw_old_keys();
    assert!(verdict(&stage, &old).await.is_err() && verdict(&stage, &new).await.is_ok());
}

#[actix_web::test]
async fn a_refresh_token_lives_until_it_is_taken_back() {
    let stage = stage();
    let refresh = stage.sign_in(&[], &[]).await.refresh;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(stage.token(&fields).await.0, 200);
    let revoke = [
        ("client_id", stage.sandbox.client_id()),
        ("client_secret", stage.sandbox.client_secret()),
        ("token", refresh.as_str()),
    ];
    let revoked = stage.client.post(stage.auth0("oauth/revoke")).form(&revoke).send().await.unwrap();
    assert_eq!((revoked.status().as_u16(), revoked.text().await.unwrap().as_str()), (200, ""));
    let (status, answer) = stage.token(&fields).await;
    assert_eq!((status, answer["error"].as_str()), (403, Some("invalid_grant")));
}

#[actix_web::test]
async fn a_rotated_refresh_token_that_comes_back_ends_its_family() {
    let stage = stage();
    stage.sandbox.auth0().set_up(|setup| setup.rotation = true);
    let first = stage.sign_in(&[], &[]).await.refresh;
    let refresh = async |token: &str| stage.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
    let (_, answer) = refresh(&first).await;
    let second = answer["refresh_token"].as_str().unwrap();
    assert_eq!(refresh(&first).await.0, 403);
    assert_eq!(refresh(second).await.0, 403, "the family is gone");
}

#[actix_web::test]
async fn signing_out_ends_the_session_and_returns_to_listed_addresses_only() {
    let stage = stage();
    let tokens = stage.sign_in(&[], &[]).await;
    let logout = async |hint: &str, to: &str| {
        let query = [("id_token_hint", hint), ("post_logout_redirect_uri", to), ("state", "s")];
        stage.client.get(stage.auth0("oidc/logout")).query(&query).send().await.unwrap()
    };
    let out = logout(&tokens.id, "http://localhost:8000/").await;
    assert_eq!((out.status().as_u16(), landing(&out)["state"].as_str()), (303, "s"));
    assert_eq!(stage.sandbox.auth0().ended_sessions().len(), 1);
    assert_eq!(logout(&tokens.id, "https://evil.example/").await.status(), 400);
    assert_eq!(logout("a.b.c", "http://localhost:8000/").await.status(), 400);
    let query = [("client_id", stage.sandbox.client_id()), ("returnTo", "http://localhost:8000/")];
    let old = stage.client.get(stage.auth0("v2/logout")).query(&query).send().await.unwrap();
    assert_eq!(old.headers()["location"], "http://localhost:8000/");
}
