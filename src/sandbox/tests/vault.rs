//! The exchange and Gmail's send.

use jiff::SignedDuration;
use serde_json::Value;

use super::kit::{EVENTS, MESSAGE, SEND, stage};
use crate::sandbox::{auth0::Flaw, faults::Route};

fn refused(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"].as_str().unwrap_or("none"))
}

#[actix_web::test]
async fn a_mail_goes_from_sign_in_to_the_accept_log() {
    let stage = stage();
    let tokens = stage.sign_in(&[], &[SEND]).await;
    let (_, exchanged) = stage.exchange(&tokens.refresh).await;
    assert_eq!(exchanged["token_type"], "Bearer");
    assert_eq!(exchanged["expires_in"], 3599);
    assert!(exchanged["scope"].as_str().unwrap().split(' ').any(|scope| scope == SEND));
    let answer = stage.send(exchanged["access_token"].as_str().unwrap(), MESSAGE).await;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["labelIds"][0], "SENT");
    let accepted = stage.sandbox.google().accepted();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0].id, answer["id"].as_str().unwrap());
    assert_eq!(accepted[0].owner, "mary@school.example");
    assert_eq!(accepted[0].recipients, ["mateo@example.com"]);
    assert_eq!(&*accepted[0].raw, MESSAGE.as_bytes());
    let record = &stage.sandbox.log().of(Route::GmailSend)[0];
    assert_eq!((record.status, record.method.as_str()), (Some(200), "POST"));
    assert!(record.decision.starts_with("accepted"), "{}", record.decision);
}

#[actix_web::test]
async fn the_same_google_token_is_handed_out_until_it_ends() {
    let stage = stage();
    let refresh = stage.sign_in(&[], &[SEND]).await.refresh;
    let (_, first) = stage.exchange(&refresh).await;
    stage.clock.advance(SignedDuration::from_secs(1_000));
    let (_, second) = stage.exchange(&refresh).await;
    assert_eq!((&first["access_token"], second["expires_in"].as_i64()), (&second["access_token"], Some(2_599)));
    stage.clock.advance(SignedDuration::from_secs(2_600));
    assert_eq!(stage.send(first["access_token"].as_str().unwrap(), MESSAGE).await.status(), 401);
    let (_, third) = stage.exchange(&refresh).await;
    assert_ne!(first["access_token"], third["access_token"]);
}

#[actix_web::test]
async fn what_a_person_unticked_is_not_granted_and_gmail_says_so() {
    let stage = stage();
    let refresh = stage.sign_in(&[], &[]).await.refresh;
    let (status, answer) = stage.exchange(&refresh).await;
    assert_eq!(status, 200);
    assert!(!answer["scope"].as_str().unwrap().contains("gmail.send"));
    let answer = stage.send(answer["access_token"].as_str().unwrap(), MESSAGE).await;
    assert_eq!(answer.status(), 403);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["error"]["errors"][0]["reason"], "insufficientPermissions");
    assert_eq!(answer["error"]["details"][0]["reason"], "ACCESS_TOKEN_SCOPE_INSUFFICIENT");
    assert!(stage.sandbox.google().accepted().is_empty());
}

#[actix_web::test]
async fn a_later_sign_in_keeps_what_it_did_not_ask_about() {
    let stage = stage();
    stage.sandbox.auth0().connect_google(&stage.mary.subject, &[SEND, EVENTS]);
    stage.sign_in(&[], &[]).await;
    let scopes = stage.sandbox.auth0().vaulted_scopes(&stage.mary.subject).unwrap();
    assert!(scopes.iter().any(|scope| scope == EVENTS) && !scopes.iter().any(|scope| scope == SEND));
}

#[actix_web::test]
async fn on_a_newer_tenant_only_consent_or_connecting_fills_the_vault() {
    let stage = stage();
    stage.sandbox.auth0().set_up(|setup| setup.vault_at_login = false);
    let refresh = stage.sign_in(&[], &[SEND]).await.refresh;
    let answer = stage.exchange(&refresh).await;
    assert_eq!(refused(&answer), (401, "federated_connection_refresh_token_not_found"));
    let refresh = stage.sign_in(&[("prompt", "consent")], &[SEND]).await.refresh;
    assert_eq!(stage.exchange(&refresh).await.0, 200);
}

#[actix_web::test]
async fn each_thing_that_can_be_taken_back_has_its_own_error() {
    let stage = stage();
    let refresh = stage.sign_in(&[], &[SEND]).await.refresh;
    let (_, answer) = stage.exchange(&refresh).await;
    let token = answer["access_token"].as_str().unwrap().to_owned();

    stage.sandbox.auth0().google_revoked(&stage.mary.subject);
    let answer = stage.exchange(&refresh).await;
    assert_eq!(refused(&answer), (401, "federated_connection_refresh_token_flow_failed"));
    let dead = stage.send(&token, MESSAGE).await;
    assert_eq!(dead.status(), 401);
    assert_eq!(dead.json::<Value>().await.unwrap()["error"]["errors"][0]["reason"], "authError");

    stage.sandbox.auth0().forget_google(&stage.mary.subject);
    assert_eq!(refused(&stage.exchange(&refresh).await), (401, "federated_connection_refresh_token_not_found"));

    stage.sandbox.auth0().revoke_all(&stage.mary.subject);
    assert_eq!(refused(&stage.exchange(&refresh).await), (403, "invalid_grant"));
}

#[actix_web::test]
async fn a_narrowed_grant_shows_in_the_next_exchange() {
    let stage = stage();
    let refresh = stage.sign_in(&[], &[SEND]).await.refresh;
    stage.sandbox.auth0().narrow_google(&stage.mary.subject, &[EVENTS]);
    let (_, answer) = stage.exchange(&refresh).await;
    let scope = answer["scope"].as_str().unwrap();
    assert!(scope.contains(EVENTS) && !scope.contains(SEND), "{scope}");
}

#[actix_web::test]
async fn a_tenant_that_is_set_up_wrongly_says_so_in_auth0s_words() {
    let stage = stage();
    let refresh = stage.sign_in(&[], &[SEND]).await.refresh;
    let auth0 = stage.sandbox.auth0();
    auth0.set_up(|setup| setup.exchange_allowed = false);
    assert_eq!(refused(&stage.exchange(&refresh).await), (403, "unauthorized_client"));
    auth0.set_up(|setup| (setup.exchange_allowed, setup.connection_for_vault) = (true, false));
    let answer = stage.exchange(&refresh).await;
    assert_eq!(answer.1["error_description"], "Token Vault is not enabled for the provided connection");
    auth0.set_up(|setup| (setup.connection_for_vault, setup.mfa_always) = (true, true));
    let answer = stage.exchange(&refresh).await;
    assert_eq!(refused(&answer), (403, "mfa_required"));
    assert!(answer.1["mfa_token"].is_string());
}

#[actix_web::test]
async fn the_exchange_takes_no_scope_and_no_foreign_hint() {
    let stage = stage();
    let refresh = stage.sign_in(&[], &[SEND]).await.refresh;
    assert_eq!(refused(&stage.exchange_with(&refresh, &[("scope", SEND)]).await), (400, "invalid_request"));
    assert_eq!(refused(&stage.exchange_with(&refresh, &[("login_hint", "42")]).await), (401, "user_not_found"));
}

#[actix_web::test]
async fn a_vault_that_mixes_people_up_sends_from_the_wrong_account() {
    let stage = stage();
    stage.sandbox.auth0().misbehave(Flaw::VaultGivesAnothersToken);
    let token = stage.google_token().await;
    assert_eq!(stage.send(&token, MESSAGE).await.status(), 200);
    assert_eq!(stage.sandbox.google().accepted()[0].owner, stage.daniel.email);
    stage.sandbox.auth0().behave();
    stage.sandbox.auth0().misbehave(Flaw::VaultGivesExpiredToken);
    let token = stage.google_token().await;
    assert_eq!(stage.send(&token, MESSAGE).await.status(), 401);
}

#[actix_web::test]
async fn gmail_refuses_what_is_not_a_message_to_somebody() {
    let stage = stage();
    let token = stage.google_token().await;
    for message in ["Subject: to nobody\r\n\r\nText", "To: not an address\r\n\r\nText", ""] {
        let answer = stage.send(&token, message).await;
        assert_eq!(answer.status(), 400, "{message:?}");
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["error"]["errors"][0]["reason"], "invalidArgument");
    }
    let url = format!("{}/gmail/v1/users/me/messages/send", stage.sandbox.google_base_url());
    for body in ["not json", r#"{"raw":"***"}"#, "{}"] {
        let answer = stage.client.post(&url).bearer_auth(&token).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{body}");
    }
    assert!(stage.sandbox.google().accepted().is_empty());
}
