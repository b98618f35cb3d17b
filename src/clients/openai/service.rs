//! One HTTP attempt, with what a failed one said: status, `Retry-After`, body.
//!
//! async-openai's own retry obeys any `Retry-After` without a cap and hides the
//! header, so the client is given this service instead.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use async_openai::{error::OpenAIError, middleware::HttpRequestFactory};
use futures_util::StreamExt;
use reqwest::Response;
use serde_json::Value;

/// Sends a request once.
#[derive(Clone)]
pub(super) struct OneAttempt(reqwest::Client);

/// What the endpoint answered when it did not answer well.
#[derive(Debug, thiserror::Error)]
#[error("status {status}, code {code:?}: {message}")]
pub(super) struct HttpFault {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) code: Option<String>,
    pub(super) message: String,
}

/// The longest line of a stream, in bytes: a reader of events keeps a line until
/// it ends, and one that never ends would fill the memory.
const LONGEST_LINE: usize = 1024 * 1024;
/// The longest stream, in bytes: far above any answer with all that is said
/// around its words.
const LONGEST_STREAM: usize = 32 * 1024 * 1024;

/// The largest error body that is read, in bytes.
const LARGEST_ERROR: usize = 16 * 1024;

impl OneAttempt {
    pub(super) fn new(http: reqwest::Client) -> Self {
        Self(http)
    }
}

impl tower_service::Service<HttpRequestFactory> for OneAttempt {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let http = self.0.clone();
        Box::pin(async move {
            let answer = http.execute(request.build().await?).await.map_err(reqwest::Error::without_url)?;
            if answer.status().is_success() {
                return Ok(within_measure(answer));
            }
            Err(OpenAIError::Boxed(Box::new(HttpFault::read(answer).await)))
        })
    }
}

/// The same answer, which breaks off where it passes all measure.
fn within_measure(answer: Response) -> Response {
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut measure = Measure::default();
    let pieces = answer.bytes_stream().map(move |piece| {
        let piece = piece.map_err(|error| io::Error::other(error.without_url()))?;
        if measure.holds(&piece) { Ok(piece) } else { Err(io::Error::other("the answer is beyond all measure")) }
    });
    let mut measured = http::Response::new(reqwest::Body::wrap_stream(pieces));
    (*measured.status_mut(), *measured.headers_mut()) = (status, headers);
    measured.into()
}

/// How much of a stream was read.
#[derive(Debug, Default)]
struct Measure {
    line: usize,
    all: usize,
}

impl Measure {
    /// Counts a piece; false once a line or the whole is too long.
    fn holds(&mut self, piece: &[u8]) -> bool {
        self.all += piece.len();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.line += part.len();
            if self.line > LONGEST_LINE {
                return false;
            }
            if part.ends_with(b"\n") {
                self.line = 0;
            }
        }
        self.all <= LONGEST_STREAM
    }
}

impl HttpFault {
    async fn read(answer: Response) -> Self {
        let status = answer.status().as_u16();
        let retry_after = answer
            .headers()
            .get(reqwest::header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse::<f64>().ok())
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let body = read_capped(answer).await;
        let (code, message) = told(&serde_json::from_slice(&body).unwrap_or_default());
        Self { status, retry_after, code, message: short(&message) }
    }
}

/// The code and the message of an error's body. Some services give the error
/// without a frame around it, and some nothing but its words.
fn told(body: &Value) -> (Option<String>, String) {
    let error = body.get("error").unwrap_or(body);
    let text = |key: &str| error.get(key)?.as_str().map(str::to_owned);
    let message = text("message").or_else(|| error.as_str().map(str::to_owned));
    (text("code").or_else(|| text("type")), message.unwrap_or_else(|| "no message".to_owned()))
}

async fn read_capped(answer: Response) -> Vec<u8> {
    let mut body = Vec::new();
    let mut pieces = answer.bytes_stream();
    while let Some(Ok(piece)) = pieces.next().await {
        body.extend_from_slice(&piece);
        if body.len() > LARGEST_ERROR {
            body.truncate(LARGEST_ERROR);
            break;
        }
    }
    body
}

/// A provider's message for the log: bounded, on one line.
pub(super) fn short(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_a_stream_have_a_measure_wherever_they_are_cut() {
        let whole = "x".repeat(LONGEST_LINE - 1) + "\n";
        for size in [1, 4096, whole.len()] {
            let mut measure = Measure::default();
            assert!(whole.as_bytes().chunks(size).all(|piece| measure.holds(piece)), "{size}");
            assert!(measure.holds(whole.as_bytes()), "the next line begins anew");
            assert!(!measure.holds("x".repeat(LONGEST_LINE + 1).as_bytes()));
        }
        let mut measure = Measure::default();
        assert!((0..LONGEST_STREAM / 1024).all(|_| measure.holds(&[b'\n'; 1024])));
        assert!(!measure.holds(b"\n"));
    }
}
