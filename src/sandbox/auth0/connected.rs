//! The My Account API's connected accounts.

use std::collections::BTreeSet;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    web::{self, Bytes, Data, Path, Query, ServiceConfig},
};
use jiff::SignedDuration;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{
    Auth0, CONNECTION,
    connect::{Link, Stage},
    error::Problem,
    state::{Audience, Vaulted},
    token::verifies,
};
use crate::sandbox::{hold, wire::Decision};

const LINK_LIFE: SignedDuration = SignedDuration::from_secs(300);
const CREATE: &str = "create:me:connected_accounts";
const READ: &str = "read:me:connected_accounts";
const DELETE: &str = "delete:me:connected_accounts";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/connect", web::post().to(connect))
        .route("/complete", web::post().to(complete))
        .route("/accounts", web::get().to(list))
        .route("/accounts/{id}", web::delete().to(remove))
        .route("/connections", web::get().to(connections));
}

#[derive(Deserialize)]
struct Begin {
    connection: String,
    redirect_uri: String,
    state: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    scopes: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Finish {
    auth_session: String,
    connect_code: String,
    redirect_uri: String,
    code_verifier: Option<String>,
}

#[derive(Deserialize)]
struct Filter {
    connection: Option<String>,
}

async fn connect(auth0: Data<Auth0>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Problem> {
    let subject = auth0.holder(&request, CREATE)?;
    let link = auth0.link(subject, json_body(&request, &body)?)?;
    let (auth_session, ticket) = (auth0.secret("as_"), link.ticket.clone());
    hold(&auth0.state).links.insert(auth_session.clone(), link);
    let mut response = HttpResponse::Created();
    response.extensions_mut().insert(Decision("connecting begun".to_owned()));
    Ok(response.json(json!({
        "auth_session": auth_session,
        "connect_uri": format!("{}connect", auth0.issuer),
        "connect_params": { "ticket": ticket },
        "expires_in": LINK_LIFE.as_secs(),
    })))
}

async fn complete(auth0: Data<Auth0>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, Problem> {
    let subject = auth0.holder(&request, CREATE)?;
    let finish: Finish = json_body(&request, &body)?;
    let scopes = auth0.take_link(&subject, &finish)?;
    let (now, id) = (auth0.clock.now(), auth0.secret("cac_"));
    let mut state = hold(&auth0.state);
    let account = account(state.keep(&subject, scopes, id, now));
    let mut response = HttpResponse::Created();
    response.extensions_mut().insert(Decision("account connected".to_owned()));
    Ok(response.json(account))
}

async fn list(auth0: Data<Auth0>, request: HttpRequest, filter: Query<Filter>) -> Result<HttpResponse, Problem> {
    let subject = auth0.holder(&request, READ)?;
    let wanted = filter.connection.as_deref().is_none_or(|connection| connection == CONNECTION);
    let state = hold(&auth0.state);
    let accounts: Vec<Value> = state.vault.get(&subject).filter(|_| wanted).map(account).into_iter().collect();
    Ok(HttpResponse::Ok().json(json!({ "accounts": accounts })))
}

/// Removes the tokens from the vault; Google is not told.
async fn remove(auth0: Data<Auth0>, request: HttpRequest, id: Path<String>) -> Result<HttpResponse, Problem> {
    let subject = auth0.holder(&request, DELETE)?;
    let mut state = hold(&auth0.state);
    if state.vault.get(&subject).is_none_or(|vaulted| vaulted.id != *id) {
        return Err(Problem::not_found("The connected account was not found"));
    }
    state.vault.remove(&subject);
    Ok(HttpResponse::NoContent().finish())
}

async fn connections(auth0: Data<Auth0>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    auth0.holder(&request, READ)?;
    let offered = hold(&auth0.state).setup.connection_for_vault;
    let google = json!({ "name": CONNECTION, "strategy": CONNECTION, "scopes": ["email", "profile"] });
    let connections: Vec<Value> = offered.then_some(google).into_iter().collect();
    Ok(HttpResponse::Ok().json(json!({ "connections": connections })))
}

impl Auth0 {
    /// Whose My Account token the request carries; refused without the scope.
    fn holder(&self, request: &HttpRequest, scope: &str) -> Result<String, Problem> {
        let access = self.bearer(request, Audience::MyAccount).ok_or_else(Problem::token)?;
        access.scopes.contains(scope).then_some(access.subject).ok_or_else(|| Problem::scope(scope))
    }

    fn link(&self, subject: String, begin: Begin) -> Result<Link, Problem> {
        if begin.connection != CONNECTION || !hold(&self.state).setup.connection_for_vault {
            return Err(Problem::not_found("The connection was not found or is not enabled for connected accounts"));
        }
        let return_to = self.may_return_to(&begin.redirect_uri);
        let return_to =
            return_to.ok_or(Problem::field("redirect_uri", "redirect_uri is not an allowed callback URL"))?;
        if begin.code_challenge_method.as_deref() != Some("S256") {
            return Err(Problem::field("code_challenge_method", "must be S256"));
        }
        let challenge = begin.code_challenge.filter(|challenge| (43..=128).contains(&challenge.len()));
        let challenge = challenge.ok_or(Problem::field("code_challenge", "must have 43 to 128 characters"))?;
        let asked = begin.scopes.map_or(Ok(Vec::new()), scopes)?;
        let (ticket, expires_at) = (self.secret(""), self.clock.now() + LINK_LIFE);
        let (redirect_uri, state) = (begin.redirect_uri, begin.state);
        Ok(Link { subject, redirect_uri, return_to, state, challenge, asked, ticket, expires_at, stage: Stage::Asked })
    }

    /// Checks everything that binds the code to who began, and uses it up.
    fn take_link(&self, subject: &str, finish: &Finish) -> Result<BTreeSet<String>, Problem> {
        let now = self.clock.now();
        let mut state = hold(&self.state);
        let link = state.links.get_mut(&finish.auth_session).filter(|link| link.expires_at > now);
        let link = link.filter(|link| link.subject == subject);
        let link = link.ok_or(Problem::bad_request("auth_session is invalid or expired"))?;
        let Stage::Approved { connect_code, scopes } = std::mem::replace(&mut link.stage, Stage::Over) else {
            return Err(Problem::bad_request("auth_session is not approved or was completed"));
        };
        if !bool::from(connect_code.as_bytes().ct_eq(finish.connect_code.as_bytes())) {
            return Err(Problem::field("connect_code", "connect_code is invalid"));
        }
        if link.redirect_uri != finish.redirect_uri {
            return Err(Problem::field("redirect_uri", "redirect_uri does not match"));
        }
        if !finish.code_verifier.as_deref().is_some_and(|verifier| verifies(verifier, &link.challenge)) {
            return Err(Problem::field("code_verifier", "Failed to verify code verifier"));
        }
        Ok(scopes)
    }
}

fn scopes(scopes: Vec<String>) -> Result<Vec<String>, Problem> {
    let unique: BTreeSet<&String> = scopes.iter().collect();
    let fits = (1..=100).contains(&scopes.len()) && scopes.iter().all(|scope| (1..=255).contains(&scope.len()));
    if !fits || unique.len() != scopes.len() {
        return Err(Problem::field("scopes", "must have 1 to 100 different items of 1 to 255 characters"));
    }
    Ok(scopes)
}

fn json_body<T: DeserializeOwned>(request: &HttpRequest, body: &[u8]) -> Result<T, Problem> {
    if request.content_type() != "application/json" {
        return Err(Problem::media_type());
    }
    serde_json::from_slice(body).map_err(|error| Problem::bad_request(error.to_string()))
}

fn account(vaulted: &Vaulted) -> Value {
    json!({
        "id": vaulted.id,
        "connection": CONNECTION,
        "access_type": "offline",
        "scopes": vaulted.scopes,
        "created_at": vaulted.created_at.to_string(),
    })
}
