//! The way into Auth0's My Account API: a token for it, and its refusals.
//!
//! The refresh token of the sign-in is traded for a token of that API
//! (multi-resource refresh tokens). Where the tenant has no policy for it,
//! Auth0 says nothing and answers with a token for something else: the scopes
//! of the answer are compared, and a lack of them is the operator's to mend.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    application::Application,
    refusals,
    wire::{WireError, is_token, quote, read_capped},
};
use crate::{
    clock::Clock,
    identity::RefreshToken,
    setup::{Fault, Flaw},
    vault::ConnectError,
};

/// The API's own scopes for connected accounts.
#[derive(Debug, Clone, Copy)]
pub(super) enum May {
    Create,
    Read,
    Delete,
}

impl May {
    fn scope(self) -> &'static str {
        match self {
            Self::Create => "create:me:connected_accounts",
            Self::Read => "read:me:connected_accounts",
            Self::Delete => "delete:me:connected_accounts",
        }
    }
}

/// The API, spoken to over the wire.
pub(super) struct MyAccount {
    application: Application,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
}

/// An answer of the token endpoint.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    #[serde(default)]
    scope: Option<String>,
    #[serde(default)]
    refresh_token: Option<String>,
}

/// A token of the API, and the newer refresh token where the provider changed it.
pub(super) struct Pass {
    pub(super) token: SecretString,
    pub(super) newer: Option<RefreshToken>,
}

/// What came back: a success with its body, or a refusal that its caller reads.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// `{type, status, title, detail, validation_errors?}` (RFC 7807).
#[derive(Debug, Default, Deserialize)]
struct Problem {
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    validation_errors: Vec<WrongField>,
}

#[derive(Debug, Default, Deserialize)]
struct WrongField {
    #[serde(default)]
    field: Option<String>,
}

impl MyAccount {
    /// `http` must not follow redirects.
    pub(super) fn new(application: Application, http: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        Self { application, http, clock }
    }

    pub(super) fn application(&self) -> &Application {
        &self.application
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The audience is compared letter by letter: its slash belongs to it.
    fn audience(&self) -> Url {
        self.application.at("me/")
    }

    /// A token of the API that may do all this.
    pub(super) async fn pass(&self, subject: &RefreshToken, may: &[May]) -> Result<Pass, ConnectError> {
        let scope = may.iter().map(|may| may.scope()).collect::<Vec<_>>().join(" ");
        let audience = self.audience();
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", self.application.client_id.as_str()),
            ("client_secret", self.application.client_secret.expose_secret()),
            ("refresh_token", subject.0.expose_secret()),
            ("audience", audience.as_str()),
            ("scope", &scope),
        ];
        let reply = fetch(self.http.post(self.application.at("oauth/token")).form(&form)).await?;
        if reply.status != StatusCode::OK {
            return Err(refusals::of_my_account(reply.status, &reply.headers, &reply.body, self.now()));
        }
        // The parser's own words could quote the token: they are not repeated.
        let unreadable = || wait("200 with an answer that cannot be read");
        let answer: TokenAnswer = serde_json::from_slice(&reply.body).map_err(|_| unreadable())?;
        if !is_token(&answer.access_token) {
            return Err(unreadable());
        }
        let granted = answer.scope.unwrap_or_default();
        let has = |may: &May| granted.split([' ', ',']).any(|scope| scope == may.scope());
        if !may.iter().all(has) {
            // What is missing when the tenant has no policy for it: it says nothing of that.
            let seen = format!("Auth0 gave a token without the scopes {scope}");
            return Err(ConnectError::Operator(Fault::of(Flaw::Policy, seen)));
        }
        let newer = answer.refresh_token.filter(|newer| newer != subject.0.expose_secret());
        Ok(Pass { token: answer.access_token.into(), newer: newer.map(|newer| RefreshToken(newer.into())) })
    }

    /// An address of the API, below `/me/v1/connected-accounts/`.
    pub(super) fn at(&self, path: &str) -> Url {
        self.application.at(&format!("me/v1/connected-accounts/{path}"))
    }

    /// Asks the API.
    pub(super) async fn ask(
        &self,
        pass: &Pass,
        method: Method,
        url: Url,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<Reply, ConnectError> {
        let request = self.http.request(method, url).bearer_auth(pass.token.expose_secret());
        fetch(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// What a refusal of the API means, whoever asked; `stale` is what a 400 means here.
    pub(super) fn refused(&self, reply: &Reply, stale: Option<&'static str>) -> ConnectError {
        let reason = reply.reason();
        let seen = format!("Auth0's My Account API refused ({reason})");
        let operator = |flaw| ConnectError::Operator(Fault::of(flaw, seen));
        match reply.status {
            StatusCode::BAD_REQUEST => match stale {
                Some(why) => ConnectError::Stale(why),
                None => operator(Flaw::Callback),
            },
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => operator(Flaw::Policy),
            StatusCode::NOT_FOUND => operator(Flaw::Purpose),
            StatusCode::CONFLICT => ConnectError::Conflict(reason),
            StatusCode::TOO_MANY_REQUESTS => {
                ConnectError::Wait { retry_after: refusals::wait(&reply.headers, self.now()), reason }
            }
            status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                ConnectError::Wait { retry_after: refusals::wait(&reply.headers, self.now()), reason }
            }
            _ => operator(Flaw::Other),
        }
    }
}

impl Reply {
    /// The body as what it should be.
    pub(super) fn read<'b, T: Deserialize<'b>>(&'b self) -> Result<T, ConnectError> {
        serde_json::from_slice(&self.body).map_err(|_| wait("a success with an answer that cannot be read"))
    }

    /// For the log: the status, the title, and the fields that were wrong.
    fn reason(&self) -> String {
        let problem: Problem = serde_json::from_slice(&self.body).unwrap_or_default();
        let fields = problem.validation_errors.into_iter().filter_map(|wrong| wrong.field);
        let said = problem.title.into_iter().chain(problem.detail).chain(fields);
        let said = said.map(|text| quote(&text)).collect::<Vec<_>>().join(", ");
        format!("{} {said}", self.status).trim_end().to_owned()
    }
}

/// How long one call may take, with its answer.
const PATIENCE: Duration = Duration::from_secs(15);

async fn fetch(request: RequestBuilder) -> Result<Reply, ConnectError> {
    let lost = |error: WireError| wait(&error.to_string());
    let response = request.timeout(PATIENCE).send().await.map_err(|error| lost(error.into()))?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = read_capped(response).await.map_err(lost)?;
    Ok(Reply { status, headers, body })
}

fn wait(reason: &str) -> ConnectError {
    ConnectError::Wait { retry_after: None, reason: reason.to_owned() }
}
