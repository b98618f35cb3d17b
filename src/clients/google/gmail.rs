//! Gmail: one POST for one approved message, and an honest word about it.
//!
//! Gmail knows no idempotency key and this scope cannot look into the mailbox,
//! so a message that may have arrived must never be sent again by a machine.
//! This client never repeats a call, and it says "not sent" only when that is
//! sure.

mod answer;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE};
use reqwest::{Client, Response};
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

use super::answer::Answer;
use crate::{
    clients::http::{API_TIMEOUT, HttpClients, below, read_answer, send},
    clock::Clock,
    mail::{Accepted, MailError, Mailer, NotSent},
    setup::{Flaw, Met},
    vault::GmailSend,
};

const GOOGLES_OWN: &str = "https://gmail.googleapis.com";

/// Sends through the Gmail API, as the teacher whose token it is handed.
#[derive(Clone)]
pub struct GmailMailer {
    client: Client,
    endpoint: Url,
    clock: Arc<dyn Clock>,
    met: Arc<Met>,
    patience: Duration,
}

#[derive(Serialize)]
struct Sending {
    raw: String,
}

impl GmailMailer {
    /// A mailer that calls Google's own host, or the one below `base`; in `met` it
    /// counts what only the operator can mend.
    pub fn new(
        clients: &HttpClients,
        base: Option<&Url>,
        clock: Arc<dyn Clock>,
        met: Arc<Met>,
    ) -> Result<Self, url::ParseError> {
        let base = base.map_or_else(|| Url::parse(GOOGLES_OWN), |base| Ok(base.clone()))?;
        let endpoint = below(&base, "gmail/v1/users/me/messages/send");
        Ok(Self { client: clients.once.clone(), endpoint, clock, met, patience: API_TIMEOUT })
    }

    /// The same mailer, which waits that long for an answer.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    async fn judge(&self, response: Response) -> Result<Accepted, MailError> {
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        // What the status line says stands, even when the rest is cut off.
        let body = read_answer(response).await.unwrap_or_default();
        let (answer, now) = (Answer { status, retry_after: retry_after.as_deref(), body: &body }, self.clock.now());
        if answer.is_of_an_api_that_is_off(&answer.json()) {
            self.met.note(Flaw::GoogleApi, now);
        }
        answer::judge(&answer, now)
    }
}

#[async_trait]
impl Mailer for GmailMailer {
    async fn send(&self, key: &GmailSend, message: &[u8]) -> Result<Accepted, MailError> {
        let request = self
            .client
            .post(self.endpoint.clone())
            .timeout(self.patience)
            .bearer_auth(key.token().expose_secret())
            .json(&Sending { raw: URL_SAFE.encode(message) });
        match send(request).await {
            Ok(response) => self.judge(response).await,
            Err(error) => Err(without_answer(&error)),
        }
    }
}

/// What is known when no answer came.
fn without_answer(error: &reqwest::Error) -> MailError {
    if error.is_connect() {
        return MailError::NotSent(NotSent::Unreachable);
    }
    // The request was never begun: its one foreign part is the token.
    if error.is_builder() {
        return MailError::NotSent(NotSent::TokenRefused);
    }
    let why = if error.is_timeout() { "no answer came in time" } else { "the connection ended before an answer came" };
    MailError::Unknown(why.to_owned())
}
