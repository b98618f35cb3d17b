//! Google's error shape, with the reasons that clients tell apart.

use std::borrow::Cow;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde_json::{Value, json};

use crate::sandbox::wire::Decision;

/// Why Google refuses.
#[derive(Debug, thiserror::Error)]
pub(super) enum GoogleError {
    #[error("the access token is missing, unknown or expired")]
    Credentials,
    #[error("the access token lacks the scope")]
    Scope,
    #[error("{0}")]
    Argument(Cow<'static, str>),
    #[error("the message is larger than 36,700,160 bytes")]
    TooLarge,
    #[error("an event of this name is there")]
    Duplicate,
    #[error("there is no such calendar")]
    NotFound,
}

impl GoogleError {
    fn told(&self) -> (&'static str, &'static str, Cow<'_, str>) {
        match self {
            Self::Credentials => (
                "UNAUTHENTICATED",
                "authError",
                "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other \
                 valid authentication credential."
                    .into(),
            ),
            Self::Scope => (
                "PERMISSION_DENIED",
                "insufficientPermissions",
                "Request had insufficient authentication scopes.".into(),
            ),
            Self::Argument(message) => ("INVALID_ARGUMENT", "invalidArgument", message.as_ref().into()),
            Self::Duplicate => ("ALREADY_EXISTS", "duplicate", "The requested identifier already exists.".into()),
            Self::NotFound => ("NOT_FOUND", "notFound", "Not Found".into()),
            Self::TooLarge => {
                ("INVALID_ARGUMENT", "uploadTooLarge", "Request is larger than the allowed 36700160 bytes.".into())
            }
        }
    }

    fn body(&self) -> Value {
        let (status, reason, message) = self.told();
        let mut error = json!({ "code": self.status_code().as_u16(), "message": message, "status": status });
        let mut item = json!({ "message": message, "domain": "global", "reason": reason });
        match self {
            Self::Credentials => {
                item["message"] = json!("Invalid Credentials");
                item["location"] = json!("Authorization");
                item["locationType"] = json!("header");
            }
            Self::Scope => {
                item["message"] = json!("Insufficient Permission");
                error["details"] = json!([{
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                    "domain": "googleapis.com",
                    "metadata": { "service": "gmail.googleapis.com", "method": "caribou.api.proto.MailboxService.SendMessage" },
                }]);
            }
            Self::Argument(_) | Self::TooLarge | Self::Duplicate | Self::NotFound => {}
        }
        error["errors"] = json!([item]);
        json!({ "error": error })
    }
}

impl ResponseError for GoogleError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Credentials => StatusCode::UNAUTHORIZED,
            Self::Scope => StatusCode::FORBIDDEN,
            Self::Argument(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Duplicate => StatusCode::CONFLICT,
            Self::NotFound => StatusCode::NOT_FOUND,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if matches!(self, Self::Credentials) {
            response.insert_header((
                header::WWW_AUTHENTICATE,
                r#"Bearer realm="https://accounts.google.com/", error="invalid_token""#,
            ));
        }
        response.extensions_mut().insert(Decision(format!("refused: {self}")));
        response.json(self.body())
    }
}
