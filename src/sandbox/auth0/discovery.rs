//! The discovery document and the published keys.

use actix_web::{HttpResponse, web::Data};
use serde_json::json;

use super::{Auth0, Flaw, keys::foreign};
use crate::sandbox::hold;

pub(super) async fn document(auth0: Data<Auth0>) -> HttpResponse {
    let issuer = &auth0.issuer;
    let at = |path: &str| format!("{issuer}{path}");
    let told = if auth0.has(Flaw::DiscoveryOfAnotherIssuer) { "https://somebody-else.example/" } else { issuer };
    let mut document = json!({
        "issuer": told,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("oauth/token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at(".well-known/jwks.json"),
        "revocation_endpoint": at("oauth/revoke"),
        "scopes_supported": ["openid", "profile", "offline_access", "name", "nickname", "email", "email_verified"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token",
        ],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "claims_supported": ["aud", "email", "email_verified", "exp", "iat", "iss", "name", "nickname", "sid", "sub"],
        "request_uri_parameter_supported": false,
        "request_parameter_supported": false,
    });
    if hold(&auth0.state).setup.logout_in_discovery {
        document["end_session_endpoint"] = json!(at("oidc/logout"));
    }
    HttpResponse::Ok().json(document)
}

pub(super) async fn keys(auth0: Data<Auth0>) -> HttpResponse {
    let mut keys = hold(&auth0.keys).published();
    if auth0.has(Flaw::SeveralKeys) {
        keys.insert(0, foreign("another-key"));
    }
    if auth0.has(Flaw::HugeKeys) {
        let filler = "x".repeat(10_000);
        keys.extend(
            (0..1_000).map(|number| json!({ "kty": "RSA", "kid": format!("{number}"), "n": filler, "e": "AQAB" })),
        );
    }
    if auth0.has(Flaw::KeysForEncryption) {
        for key in &mut keys {
            key["use"] = json!("enc");
        }
    }
    if auth0.has(Flaw::NoKeys) {
        keys.clear();
    }
    HttpResponse::Ok().json(json!({ "keys": keys }))
}
