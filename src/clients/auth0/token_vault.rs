//! The token vault: a refresh token of the tenant for a token of Google.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde::Deserialize;
use url::Url;

use super::{
    application::Application,
    refusals::{self, Failure},
    wire::{WireError, is_token, read_capped},
};
use crate::{
    clock::{Clock, Ids, Patience},
    identity::RefreshToken,
    setup::{Fault, Flaw},
    vault::{ConnectReason, Connection, Grant, Need, Scope, TokenVault, VaultError},
};

/// The grant type of the exchange.
pub const EXCHANGE_GRANT: &str = "urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token";
/// The type of what is traded in.
pub const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";
/// The type of what is asked for.
pub const CONNECTION_TOKEN: &str = "http://auth0.com/oauth/token-type/federated-connection-access-token";

/// Tries beyond the first. An exchange changes nothing, so it may be repeated.
const RETRIES: u32 = 2;
/// The pause before the first of them; it doubles, and chance adds up to as much again.
const PAUSE: Duration = Duration::from_millis(100);
/// The life of a token that does not tell: long enough for one run.
const UNTOLD_LIFE: i64 = 90;
/// The longest life that is believed, in seconds.
const LONGEST_LIFE: i64 = 24 * 60 * 60;

/// The token vault, spoken to over the wire.
pub struct Auth0Vault {
    application: Application,
    endpoint: Url,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    patience: Duration,
}

/// An answer that holds a token. A refresh token in it would not be ours to
/// keep: there is no field for one.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    issued_token_type: Option<String>,
}

impl Auth0Vault {
    /// `http` must not follow redirects.
    pub fn new(application: Application, http: reqwest::Client, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        let endpoint = application.at("oauth/token");
        Self { application, endpoint, http, clock, ids, patience: Patience::default().vault }
    }

    /// The same vault, which takes that long at most, with every retry.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn connection(&self, connection: Connection) -> &str {
        match connection {
            Connection::Google => &self.application.connection,
        }
    }

    async fn try_until_settled(&self, subject: &RefreshToken, need: &Need) -> Result<Grant, VaultError> {
        let mut tried = 0;
        loop {
            match self.try_once(subject, need).await {
                Err(Failure::Passing { reason, .. }) if tried < RETRIES => {
                    tracing::debug!(%reason, tried, "the token vault did not answer; trying again");
                    tokio::time::sleep(self.pause(tried)).await;
                    tried += 1;
                }
                settled => return settled.map_err(VaultError::from),
            }
        }
    }

    fn pause(&self, tried: u32) -> Duration {
        let base = PAUSE * 2_u32.pow(tried);
        base + base * u32::from(self.ids.secret()[0]) / 256
    }

    async fn try_once(&self, subject: &RefreshToken, need: &Need) -> Result<Grant, Failure> {
        // No scope is sent: the vault knows what was granted, and refuses the parameter.
        let form = [
            ("grant_type", EXCHANGE_GRANT),
            ("client_id", self.application.client_id.as_str()),
            ("client_secret", self.application.client_secret.expose_secret()),
            ("subject_token", subject.0.expose_secret()),
            ("subject_token_type", REFRESH_TOKEN),
            ("requested_token_type", CONNECTION_TOKEN),
            ("connection", self.connection(need.connection)),
        ];
        let lost = |error: WireError| Failure::passing(error.to_string());
        let sent = self.http.post(self.endpoint.clone()).form(&form).send().await;
        let response = sent.map_err(|error| lost(error.into()))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_capped(response).await.map_err(lost)?;
        let now = self.clock.now();
        if status == StatusCode::OK {
            granted(&body, need, now)
        } else {
            Err(refusals::read(status, &headers, &body, need, now))
        }
    }
}

#[async_trait]
impl TokenVault for Auth0Vault {
    async fn exchange(&self, subject: &RefreshToken, need: &Need) -> Result<Grant, VaultError> {
        let late = |_| VaultError::Wait { retry_after: None, reason: "no answer in time".into() };
        tokio::time::timeout(self.patience, self.try_until_settled(subject, need)).await.map_err(late)?
    }
}

fn granted(body: &[u8], need: &Need, now: Timestamp) -> Result<Grant, Failure> {
    // The parser's own words could quote the token: they are not repeated.
    let unreadable = || Failure::passing("200 with an answer that cannot be read".to_owned());
    let answer: Answer = serde_json::from_slice(body).map_err(|_| unreadable())?;
    if !is_token(&answer.access_token) {
        return Err(unreadable());
    }
    check_kind(&answer)?;
    let grant = Grant {
        token: answer.access_token.into(),
        scopes: scopes(answer.scope.as_deref().unwrap_or_default()),
        expires_at: now.checked_add(life(answer.expires_in.as_ref())).map_err(|_| unreadable())?,
    };
    if grant.expires_at <= now {
        return Err(Failure::passing("the token had already expired when it came".to_owned()));
    }
    if !grant.covers(need) {
        let why = ConnectReason::MissingScope;
        return Err(Failure::Settled(VaultError::Connect { need: need.clone(), why }));
    }
    Ok(grant)
}

/// A tenant that does not know the exchange may answer with a token of its
/// own, which must never travel to Google.
fn check_kind(answer: &Answer) -> Result<(), Failure> {
    let bearer = answer.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    let asked_for = answer.issued_token_type.as_deref().is_none_or(|kind| kind == CONNECTION_TOKEN);
    if bearer && asked_for {
        return Ok(());
    }
    let seen = "Auth0 answered the token exchange with another kind of token than was asked for";
    Err(Failure::Settled(VaultError::Operator(Fault::of(Flaw::VaultGrant, seen))))
}

/// By spaces (RFC 6749, 3.3) or by commas, as some answers have it.
fn scopes(told: &str) -> Vec<Scope> {
    told.split([' ', ',']).filter(|scope| !scope.is_empty()).map(Scope::new).collect()
}

fn life(told: Option<&serde_json::Value>) -> SignedDuration {
    use serde_json::Value::{Number, String};
    let seconds = match told {
        #[expect(clippy::cast_possible_truncation, reason = "a cast from f64 saturates, and the limit is next")]
        Some(Number(number)) => number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64)),
        Some(String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    SignedDuration::from_secs(seconds.unwrap_or(UNTOLD_LIFE).clamp(0, LONGEST_LIFE))
}

#[cfg(test)]
mod tests;
