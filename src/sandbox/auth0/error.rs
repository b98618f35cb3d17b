//! Auth0's error shapes: OAuth's for the token endpoint, RFC 7807's for My Account.

use std::borrow::Cow;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde_json::{Value, json};

use crate::sandbox::wire::Decision;

/// `{error, error_description}`.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {description}")]
pub(super) struct OAuthError {
    status: StatusCode,
    code: &'static str,
    description: Cow<'static, str>,
    extra: Option<Value>,
}

impl OAuthError {
    pub(super) fn new(status: u16, code: &'static str, description: impl Into<Cow<'static, str>>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, code, description: description.into(), extra: None }
    }

    pub(super) fn invalid_request(description: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "invalid_request", description)
    }

    pub(super) fn invalid_grant(description: &'static str) -> Self {
        Self::new(403, "invalid_grant", description)
    }

    /// The same with further fields.
    pub(super) fn with(mut self, extra: Value) -> Self {
        self.extra = Some(extra);
        self
    }
}

impl ResponseError for OAuthError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut body = json!({ "error": self.code, "error_description": self.description });
        if let (Some(body), Some(Value::Object(extra))) = (body.as_object_mut(), &self.extra) {
            body.extend(extra.clone());
        }
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.extensions_mut().insert(Decision(format!("refused: {self}")));
        response.json(body)
    }
}

/// `{type, status, title, detail, validation_errors?}`.
#[derive(Debug, thiserror::Error)]
#[error("{title}: {detail}")]
pub(super) struct Problem {
    status: u16,
    code: &'static str,
    title: &'static str,
    detail: Cow<'static, str>,
    field: Option<&'static str>,
}

impl Problem {
    fn new(status: u16, code: &'static str, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, title, detail: detail.into(), field: None }
    }

    pub(super) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "A0E-400-0001", "Bad Request", detail)
    }

    pub(super) fn field(field: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field), ..Self::new(400, "A0E-400-0003", "Validation Error", detail) }
    }

    pub(super) fn token() -> Self {
        Self::new(401, "A0E-401-0003", "Invalid Token", "Invalid or expired access token")
    }

    pub(super) fn scope(scope: &str) -> Self {
        Self::new(403, "A0E-403-0002", "Insufficient Scope", format!("Insufficient scope, expected: {scope}"))
    }

    pub(super) fn not_found(detail: &'static str) -> Self {
        Self::new(404, "A0E-404-0001", "Not Found", detail)
    }

    pub(super) fn media_type() -> Self {
        Self::new(415, "A0E-415-0001", "Unsupported Media Type", "Content-Type must be application/json")
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST)
    }

    fn error_response(&self) -> HttpResponse {
        let mut body = json!({
            "type": format!("https://auth0.com/api-errors/{}", self.code),
            "status": self.status,
            "title": self.title,
            "detail": self.detail,
        });
        if let Some(field) = self.field {
            body["validation_errors"] =
                json!([{ "detail": self.detail, "field": field, "pointer": format!("/{field}") }]);
        }
        let mut response = HttpResponse::build(self.status_code());
        response.extensions_mut().insert(Decision(format!("refused: {self}")));
        response.content_type("application/problem+json").body(body.to_string())
    }
}
