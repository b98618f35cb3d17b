//! Connected Accounts for Token Vault: begin, complete, list, remove.
//!
//! A later connecting with fewer scopes would overwrite the earlier one, so
//! what is there is read first and asked for again. Nothing is tried twice by
//! itself: whoever clicked can click again.

use std::sync::Arc;

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use jiff::Timestamp;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    application::Application,
    my_account::{May, MyAccount, Pass},
    wire::quote,
};
use crate::{
    clock::{Clock, Ids},
    identity::{Caller, RefreshTokens},
    setup::{Fault, Flaw, Met},
    vault::{Account, ConnectAttempt, ConnectError, ConnectedAccounts, Connection, Need, Scope},
};

/// What comes with knowing who somebody is. The scopes of a connecting replace
/// those of the connection's own settings, so these are among them.
const BASE: [&str; 3] = ["openid", "profile", "email"];
/// The longest trip that is waited for, in seconds.
const LONGEST_TRIP: i64 = 10 * 60;
/// How long a trip may take where the answer does not tell.
const UNTOLD_TRIP: i64 = 5 * 60;

/// The register of accounts, spoken to over the wire.
pub struct Auth0Accounts {
    api: MyAccount,
    redirect: Url,
    tokens: Arc<dyn RefreshTokens>,
    ids: Arc<dyn Ids>,
    met: Arc<Met>,
}

#[derive(Serialize)]
struct Begin<'a> {
    connection: &'a str,
    redirect_uri: &'a str,
    state: &'a str,
    code_challenge: String,
    code_challenge_method: &'static str,
    scopes: Vec<Scope>,
    authorization_params: Params<'a>,
}

/// Passed on to Google, which otherwise gives no refresh token and takes
/// whichever account the browser thinks of first.
#[derive(Serialize)]
struct Params<'a> {
    prompt: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    login_hint: &'a str,
}

#[derive(Deserialize)]
struct Begun {
    auth_session: String,
    connect_uri: String,
    connect_params: Ticket,
    #[serde(default)]
    expires_in: Option<i64>,
}

#[derive(Deserialize)]
struct Ticket {
    ticket: String,
}

#[derive(Serialize)]
struct Complete<'a> {
    auth_session: &'a str,
    connect_code: &'a str,
    redirect_uri: &'a str,
    code_verifier: &'a str,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    accounts: Vec<Told>,
}

#[derive(Deserialize)]
struct Told {
    id: String,
    connection: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    created_at: Option<String>,
}

impl Auth0Accounts {
    /// `redirect` is this house's callback; `http` must not follow redirects.
    pub fn new(
        application: Application,
        redirect: Url,
        http: reqwest::Client,
        tokens: Arc<dyn RefreshTokens>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        met: Arc<Met>,
    ) -> Self {
        Self { api: MyAccount::new(application, http, clock), redirect, tokens, ids, met }
    }

    fn name(&self, connection: Connection) -> &str {
        match connection {
            Connection::Google => &self.api.application().connection,
        }
    }

    fn secret(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.ids.secret())
    }

    /// A token of the API. Where the provider changed the refresh token at this
    /// use, the newer one takes its place at once: the older one is dead.
    async fn pass(&self, caller: &Caller, may: &[May]) -> Result<Pass, ConnectError> {
        let token = self.tokens.of(&caller.sign_in).await?;
        let token = token.ok_or(ConnectError::SignInAgain("this sign-in has no refresh token"))?;
        let pass = self.api.pass(&token, may).await?;
        if let Some(newer) = &pass.newer {
            tracing::warn!("Auth0 changed a refresh token at its use: switch Refresh Token Rotation off");
            self.met.note(Flaw::Rotation, self.api.now());
            self.tokens.replace(&caller.sign_in, newer).await?;
        }
        Ok(pass)
    }

    async fn list(&self, pass: &Pass, connection: Connection) -> Result<Vec<Account>, ConnectError> {
        let mut url = self.api.at("accounts");
        url.query_pairs_mut().append_pair("connection", self.name(connection)).append_pair("take", "20");
        let reply = self.api.ask(pass, Method::GET, url, None::<&()>).await?;
        if reply.status != StatusCode::OK {
            return Err(self.api.refused(&reply, None));
        }
        let listed: Listed = reply.read()?;
        let own = listed.accounts.into_iter().filter(|told| told.connection == self.name(connection));
        Ok(own.map(|told| told.account(connection)).collect())
    }

    /// Where the browser goes. The answer names the address; it must lie where
    /// the tenant is, or the browser is not sent.
    fn door(&self, begun: &Begun) -> Result<Url, ConnectError> {
        let mut door = Url::parse(&begun.connect_uri).map_err(|_| elsewhere(&begun.connect_uri))?;
        if door.origin() != self.api.at("").origin() {
            return Err(elsewhere(&door.origin().ascii_serialization()));
        }
        door.query_pairs_mut().append_pair("ticket", &begun.connect_params.ticket);
        Ok(door)
    }
}

fn elsewhere(address: &str) -> ConnectError {
    let seen = format!("Auth0 wants to send the browser to {}, which is not the issuer's address", quote(address));
    ConnectError::Operator(Fault::of(Flaw::Address, seen))
}

impl Told {
    fn account(self, connection: Connection) -> Account {
        let since = self.created_at.and_then(|at| at.parse::<Timestamp>().ok());
        Account { id: self.id, connection, scopes: self.scopes.into_iter().map(Scope::new).collect(), since }
    }
}

#[async_trait]
impl ConnectedAccounts for Auth0Accounts {
    async fn begin(&self, caller: &Caller, need: &Need) -> Result<(Url, ConnectAttempt), ConnectError> {
        let pass = self.pass(caller, &[May::Create, May::Read]).await?;
        let there = self.list(&pass, need.connection).await?;
        let old: Vec<Scope> = there.into_iter().flat_map(|account| account.scopes).collect();
        let base = Need { connection: need.connection, scopes: BASE.map(Scope::named).to_vec() };
        let (state, verifier) = (self.secret(), self.secret());
        let asked = Begin {
            connection: self.name(need.connection),
            redirect_uri: self.redirect.as_str(),
            state: &state,
            code_challenge: BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)),
            code_challenge_method: "S256",
            scopes: base.and(&need.scopes).and(&old).scopes,
            authorization_params: Params { prompt: "consent", login_hint: &caller.teacher.email },
        };
        let reply = self.api.ask(&pass, Method::POST, self.api.at("connect"), Some(&asked)).await?;
        if !reply.status.is_success() {
            return Err(self.api.refused(&reply, None));
        }
        let begun: Begun = reply.read()?;
        let door = self.door(&begun)?;
        let begun_at = self.api.now().as_second();
        let trip = begun.expires_in.unwrap_or(UNTOLD_TRIP).clamp(0, LONGEST_TRIP);
        Ok((
            door,
            ConnectAttempt { state, verifier, auth_session: begun.auth_session, begun_at, ends_at: begun_at + trip },
        ))
    }

    async fn complete(
        &self,
        caller: &Caller,
        connection: Connection,
        attempt: &ConnectAttempt,
        code: &SecretString,
    ) -> Result<Account, ConnectError> {
        let pass = self.pass(caller, &[May::Create]).await?;
        let finish = Complete {
            auth_session: &attempt.auth_session,
            connect_code: code.expose_secret(),
            redirect_uri: self.redirect.as_str(),
            code_verifier: &attempt.verifier,
        };
        let reply = self.api.ask(&pass, Method::POST, self.api.at("complete"), Some(&finish)).await?;
        if !reply.status.is_success() {
            return Err(self.api.refused(&reply, Some("its code is spent, too old or not ours")));
        }
        let told: Told = reply.read()?;
        if told.connection != self.name(connection) {
            let seen = "Auth0 connected another account than was asked for";
            return Err(ConnectError::Operator(Fault::of(Flaw::Other, seen)));
        }
        Ok(told.account(connection))
    }

    async fn accounts(&self, caller: &Caller, connection: Connection) -> Result<Vec<Account>, ConnectError> {
        let pass = self.pass(caller, &[May::Read]).await?;
        self.list(&pass, connection).await
    }

    async fn remove_all(&self, caller: &Caller, connection: Connection) -> Result<(), ConnectError> {
        let pass = self.pass(caller, &[May::Read, May::Delete]).await?;
        for account in self.list(&pass, connection).await? {
            let mut url = self.api.at("accounts");
            if let Ok(mut path) = url.path_segments_mut() {
                path.push(&account.id);
            }
            let reply = self.api.ask(&pass, Method::DELETE, url, None::<&()>).await?;
            // Gone already is gone.
            if !reply.status.is_success() && reply.status != StatusCode::NOT_FOUND {
                return Err(self.api.refused(&reply, None));
            }
        }
        Ok(())
    }
}
