//! The road to the provider: one origin, a limit on what is read, and words
//! for the log that hold no secret.

use std::{error::Error, pin::Pin};

use http::StatusCode;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::{Origin, Url};

/// The most that is read of any answer.
const BODY_CAP: usize = 1024 * 1024;

/// The longest piece of a foreign text in the log.
const QUOTE_CAP: usize = 200;

/// Letters and digits in a row, at least so many and with a digit among them,
/// may be a token.
const SECRET_LENGTH: usize = 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("no answer: {}", chain(.0))]
    Request(reqwest::Error),
    #[error("it answered {0}")]
    Busy(StatusCode),
    #[error("its answer is larger than {BODY_CAP} bytes")]
    TooLarge,
    #[error("{0} is not at the issuer's address")]
    Elsewhere(String),
    #[error("the answer could not be built: {0}")]
    Http(#[from] http::Error),
    #[error("an address could not be read: {0}")]
    Url(#[from] url::ParseError),
}

impl From<reqwest::Error> for WireError {
    fn from(error: reqwest::Error) -> Self {
        Self::Request(error.without_url())
    }
}

/// The shared client, held to the issuer's origin.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    http: reqwest::Client,
    origin: Origin,
}

impl Wire {
    pub(super) fn new(http: reqwest::Client, issuer: &Url) -> Self {
        Self { http, origin: issuer.origin() }
    }

    async fn carry(&self, request: HttpRequest) -> Result<HttpResponse, WireError> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())?;
        // A discovery document that names another host must not make this
        // server call it, least of all with the client secret.
        if url.origin() != self.origin {
            return Err(WireError::Elsewhere(quote(&url.origin().ascii_serialization())));
        }
        let response = self.http.request(parts.method, url).headers(parts.headers).body(body).send().await?;
        let status = response.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(WireError::Busy(status));
        }
        let mut answer = http::Response::builder().status(status);
        if let Some(headers) = answer.headers_mut() {
            *headers = response.headers().clone();
        }
        Ok(answer.body(read_capped(response).await?)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = WireError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, WireError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.carry(request))
    }
}

/// Reads a body to its end, or gives up at the cap.
pub(super) async fn read_capped(mut response: reqwest::Response) -> Result<Vec<u8>, WireError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > BODY_CAP {
            return Err(WireError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        told = format!("{told}: {deeper}");
        cause = deeper.source();
    }
    told
}

/// A foreign text for the log: short, on one line, and without anything that
/// looks like a token, for a provider may repeat what it was sent.
pub(super) fn quote(text: &str) -> String {
    let visible = |character: char| if character.is_control() { ' ' } else { character };
    let joins = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    let secret = |run: &str| run.len() >= SECRET_LENGTH && run.bytes().any(|byte| byte.is_ascii_digit());
    let text: String = text.chars().map(visible).collect();
    let runs = text.split_inclusive(|character| !joins(character));
    let masked = runs.map(|run| if secret(run.trim_end_matches(|c| !joins(c))) { "[withheld] " } else { run });
    masked.collect::<String>().chars().take(QUOTE_CAP).collect()
}

/// Whether a token can stand in an `Authorization` header (RFC 6750, 2.1).
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_stays_short_and_on_one_line() {
        assert_eq!(quote("a\r\nb\u{1b}[31m"), "a  b [31m");
        assert_eq!(quote(&"é".repeat(500)).chars().count(), QUOTE_CAP);
    }

    #[test]
    fn what_looks_like_a_token_is_withheld_and_an_error_code_is_not() {
        assert_eq!(quote("bad token v1.MaBcDeFgHiJkLmNoPqRsTuVwXyZ0123, sorry"), "bad token v1.[withheld]  sorry");
        assert_eq!(quote("eyJhbGciOiJSUzI1NiIsInR5cCI6.eyJzdWIiOiIxMjM0NTY3ODkwIn0.x"), "[withheld] [withheld] x");
        for plain in ["federated_connection_refresh_token_not_found", "https://school-2.eu.auth0.com/", "403 Forbidden"]
        {
            assert_eq!(quote(plain), plain);
        }
    }

    #[test]
    fn a_token_that_would_break_a_header_is_none() {
        assert!(is_token("ya29.a0-_~+/="));
        for bad in ["", "a b", "a\nb", "a\0", "é"] {
            assert!(!is_token(bad), "{bad:?}");
        }
    }
}
