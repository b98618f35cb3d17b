//! The two ways to end the provider's session.

use std::collections::HashMap;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Form, Query},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{Auth0, CLIENT_ID, keys::Signature};
use crate::sandbox::{hold, pages};

type Parameters = HashMap<String, String>;

pub(super) async fn oidc_by_link(auth0: Data<Auth0>, query: Query<Parameters>) -> HttpResponse {
    oidc(&auth0, &query)
}

pub(super) async fn oidc_by_form(auth0: Data<Auth0>, form: Form<Parameters>) -> HttpResponse {
    oidc(&auth0, &form)
}

/// OpenID Connect RP-Initiated Logout 1.0.
fn oidc(auth0: &Auth0, parameters: &Parameters) -> HttpResponse {
    let hint = parameters.get("id_token_hint").map(|token| auth0.session_of(token));
    let sid = match hint {
        Some(None) => return bad("The id_token_hint is not one that was issued here."),
        Some(Some(sid)) => sid,
        None => match (parameters.get("logout_hint"), parameters.get("client_id")) {
            (Some(sid), Some(client)) if client == CLIENT_ID => sid.clone(),
            _ => return confirm(),
        },
    };
    hold(&auth0.state).ended_sessions.push(sid);
    go(auth0, parameters.get("post_logout_redirect_uri"), parameters.get("state"))
}

/// Auth0's own endpoint, from before there was a standard.
pub(super) async fn old(auth0: Data<Auth0>, query: Query<Parameters>) -> HttpResponse {
    if query.get("client_id").is_some_and(|client| client != CLIENT_ID) {
        return bad("Unknown client: no application has this client id.");
    }
    go(&auth0, query.get("returnTo"), None)
}

impl Auth0 {
    /// An expired hint is taken too: the standard asks for that.
    fn session_of(&self, token: &str) -> Option<String> {
        let part = |text: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
        let mut parts = token.split('.');
        let (header, claims) = (part(parts.next()?)?, part(parts.next()?)?);
        // RS256 is deterministic: signing the same parts again gives the same token.
        let ours = hold(&self.keys).sign(&header, &claims, Signature::Current) == token;
        let sid = claims["sid"].as_str()?.to_owned();
        ours.then_some(sid)
    }
}

fn go(auth0: &Auth0, address: Option<&String>, state: Option<&String>) -> HttpResponse {
    let Some(address) = address else {
        return pages::problem(StatusCode::OK, "You are signed out", "You can close this page.");
    };
    match auth0.may_return_to(address) {
        Some(url) => pages::redirect(&url, state.map(|state| ("state", state.as_str()))),
        None => bad("The address to return to is not in the list of allowed logout URLs."),
    }
}

fn confirm() -> HttpResponse {
    let words = "The app did not say whose session should end. Go back to it and sign out from there.";
    pages::problem(StatusCode::OK, "Do you want to sign out?", words)
}

fn bad(words: &str) -> HttpResponse {
    pages::problem(StatusCode::BAD_REQUEST, "This sign-out link does not work", words)
}
