//! The body of a request to the token endpoint, and who sends it.

use std::collections::HashMap;

use actix_web::{HttpMessage, HttpRequest, http::header};
use base64::{Engine, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use super::{Auth0, CLIENT_ID, error::OAuthError};

/// Parameters by name, each at most once.
pub(super) struct Form(HashMap<String, String>);

impl Form {
    /// Auth0 takes a form and JSON alike.
    pub(super) fn read(request: &HttpRequest, body: &[u8]) -> Result<Self, OAuthError> {
        if request.content_type() == "application/json" {
            let fields = serde_json::from_slice(body);
            return fields.map(Self).map_err(|_| OAuthError::invalid_request("The body is not an object of texts"));
        }
        let mut fields = HashMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if fields.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                return Err(OAuthError::invalid_request(format!("Parameter {name} is given twice")));
            }
        }
        Ok(Self(fields))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn want(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| OAuthError::invalid_request(format!("Missing required parameter: {name}")))
    }
}

impl Auth0 {
    /// `client_secret_basic` or `client_secret_post`, not both.
    pub(super) fn check_client(&self, request: &HttpRequest, form: &Form) -> Result<(), OAuthError> {
        let unauthorized = || OAuthError::new(401, "access_denied", "Unauthorized");
        let (id, secret) = match (basic(request), form.get("client_secret")) {
            (Some(_), Some(_)) => return Err(OAuthError::invalid_request("The client authenticates in two ways")),
            (Some(pair), None) => pair,
            (None, secret) => (form.want("client_id")?.to_owned(), secret.ok_or_else(unauthorized)?.to_owned()),
        };
        let known = id == CLIENT_ID && bool::from(secret.as_bytes().ct_eq(self.client_secret.as_bytes()));
        known.then_some(()).ok_or_else(unauthorized)
    }
}

/// RFC 6749, 2.3.1: both halves are form-encoded before they are joined.
fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let pair = String::from_utf8(STANDARD.decode(header.strip_prefix("Basic ")?).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let plain = |text: &str| form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned());
    Some((plain(id)?, plain(secret)?))
}
