//! `/authorize`: who signs in, and what Google may be asked for.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Query},
};
use askama::Template;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::Url;

use super::{
    APP, Auth0, CLIENT_ID, CONNECTION,
    permission::{Permission, asked, granted},
    state::{Code, Visitor},
};
use crate::sandbox::{
    Person, hold,
    pages::{self, Filled},
};

const PAGE_LIFE: SignedDuration = SignedDuration::from_mins(30);
const CODE_LIFE: SignedDuration = SignedDuration::from_secs(60);

/// The query of `/authorize`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Ask {
    client_id: Option<String>,
    redirect_uri: Option<String>,
    response_type: Option<String>,
    #[serde(default)]
    scope: String,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    connection: Option<String>,
    #[serde(default)]
    connection_scope: String,
    access_type: Option<String>,
    prompt: Option<String>,
    login_hint: Option<String>,
}

/// A sign-in page that waits for its answer.
#[derive(Debug, Clone)]
pub(super) struct SignInTicket {
    ask: Ask,
    return_to: Url,
    challenge: String,
    pub(super) expires_at: Timestamp,
}

#[derive(Template)]
#[template(path = "sandbox/sign_in.html")]
struct SignInPage<'a> {
    app: &'a str,
    ticket: &'a str,
    people: Vec<&'a Person>,
    permissions: Vec<Permission>,
}

/// Shows the page, or goes straight on where no page is wanted.
pub(super) async fn page(auth0: Data<Auth0>, query: Result<Query<Ask>, actix_web::Error>) -> HttpResponse {
    let Ok(Query(ask)) = query else {
        return pages::problem(
            StatusCode::BAD_REQUEST,
            "This sign-in link is malformed",
            "A parameter is given twice or is not text.",
        );
    };
    let return_to = match auth0.return_address(&ask) {
        Ok(url) => url,
        Err(words) => return pages::problem(StatusCode::FORBIDDEN, "The sign-in cannot begin", words),
    };
    let challenge = match challenge(&ask) {
        Ok(challenge) => challenge,
        Err((code, words)) => return back(&return_to, &ask, &[("error", code), ("error_description", words)]),
    };
    let ticket = SignInTicket { return_to, challenge, expires_at: auth0.clock.now() + PAGE_LIFE, ask };
    auth0.receive(ticket)
}

/// Takes the page's form.
pub(super) async fn answer(auth0: Data<Auth0>, body: Bytes) -> HttpResponse {
    let answer = Filled::read(&body);
    let now = auth0.clock.now();
    let ticket = hold(&auth0.state).sign_ins.remove(answer.one("ticket")).filter(|ticket| ticket.expires_at > now);
    let Some(ticket) = ticket else {
        return pages::problem(
            StatusCode::GONE,
            "This sign-in is over",
            "It was answered already, or it waited for too long. Please go back to the app and sign in from there.",
        );
    };
    match auth0.person(answer.one("person")) {
        Some(person) => auth0.sign_in(&ticket, person, &answer.all("scope")),
        None => decline(&ticket),
    }
}

impl Auth0 {
    /// Auth0 shows its own page, and never redirects, while it cannot trust the address.
    fn return_address(&self, ask: &Ask) -> Result<Url, &'static str> {
        if ask.client_id.as_deref() != Some(CLIENT_ID) {
            return Err("Unknown client: no application has this client id.");
        }
        let address = ask.redirect_uri.as_deref().unwrap_or_default();
        self.may_return_to(address)
            .ok_or("Callback URL mismatch. The address to return to is not in the list of allowed callback URLs.")
    }

    fn receive(&self, ticket: SignInTicket) -> HttpResponse {
        let hinted = ticket.ask.login_hint.as_deref().and_then(|hint| self.person_by_email(hint));
        let all: Vec<String> = ticket.permissions().into_iter().map(|permission| permission.scope).collect();
        let visitor = hold(&self.state).next_visitor.clone();
        match visitor {
            Some(Visitor::Declines) => return decline(&ticket),
            Some(Visitor::SignsIn { subject }) => {
                if let Some(person) = self.person(&subject) {
                    return self.sign_in(&ticket, person, &all);
                }
            }
            None => {}
        }
        match (ticket.ask.prompt.as_deref(), hinted) {
            (Some("none"), Some(person)) => self.sign_in(&ticket, person, &all),
            (Some("none"), None) => {
                ticket.back(&[("error", "login_required"), ("error_description", "Login required")])
            }
            (_, hinted) => self.ask_person(ticket, hinted),
        }
    }

    fn ask_person(&self, ticket: SignInTicket, hinted: Option<&Person>) -> HttpResponse {
        let id = self.secret("");
        let rest = self.people.iter().filter(|person| Some(*person) != hinted);
        let page = SignInPage {
            app: APP,
            ticket: &id,
            people: hinted.into_iter().chain(rest).collect(),
            permissions: ticket.permissions(),
        };
        let shown = pages::page(StatusCode::OK, &page, Some(&ticket.return_to));
        let mut state = hold(&self.state);
        state.sweep(self.clock.now());
        state.sign_ins.insert(id, ticket);
        shown
    }

    fn sign_in(&self, ticket: &SignInTicket, person: &Person, allowed: &[String]) -> HttpResponse {
        let code = self.secret("");
        self.vault_at_login(ticket, person, allowed);
        let mut state = hold(&self.state);
        let scopes = ticket.ask.scope.split_whitespace();
        let known = |scope: &&str| match *scope {
            "openid" | "profile" | "email" => true,
            "offline_access" => state.setup.offline_allowed,
            _ => false,
        };
        let issued = Code {
            subject: person.subject.clone(),
            redirect_uri: ticket.ask.redirect_uri.clone().unwrap_or_default(),
            challenge: ticket.challenge.clone(),
            nonce: ticket.ask.nonce.clone(),
            scopes: scopes.filter(known).map(str::to_owned).collect(),
            expires_at: self.clock.now() + CODE_LIFE,
        };
        state.codes.insert(code.clone(), issued);
        drop(state);
        ticket.back(&[("code", &code)])
    }

    /// Google gives a refresh token for `access_type=offline` only. What this
    /// page did not ask for stays as it was.
    fn vault_at_login(&self, ticket: &SignInTicket, person: &Person, allowed: &[String]) {
        let now = self.clock.now();
        let mut state = hold(&self.state);
        let consent = ticket.ask.prompt.as_deref() == Some("consent");
        let permissions = ticket.permissions();
        let offline = ticket.ask.access_type.as_deref() == Some("offline");
        if permissions.is_empty() || !offline || !(state.setup.vault_at_login || consent) {
            return;
        }
        let mut scopes = granted(&permissions, allowed);
        if let Some(old) = state.vault.get(&person.subject).filter(|old| !old.refused) {
            let unasked = |scope: &&String| !permissions.iter().any(|permission| permission.scope == **scope);
            scopes.extend(old.scopes.iter().filter(unasked).cloned());
        }
        state.keep(&person.subject, scopes, self.secret("cac_"), now);
    }
}

impl SignInTicket {
    fn permissions(&self) -> Vec<Permission> {
        asked(self.ask.connection_scope.split([',', ' ']))
    }

    fn back(&self, parameters: &[(&str, &str)]) -> HttpResponse {
        back(&self.return_to, &self.ask, parameters)
    }
}

fn challenge(ask: &Ask) -> Result<String, (&'static str, &'static str)> {
    if ask.response_type.as_deref() != Some("code") {
        return Err(("unsupported_response_type", "Only response_type=code is supported"));
    }
    if !ask.scope.split_whitespace().any(|scope| scope == "openid") {
        return Err(("invalid_scope", "The scope openid is missing"));
    }
    if ask.connection.as_deref().is_some_and(|connection| connection != CONNECTION) {
        return Err(("invalid_request", "the connection was not found"));
    }
    let challenge = ask.code_challenge.clone().filter(|challenge| (43..=128).contains(&challenge.len()));
    match (challenge, ask.code_challenge_method.as_deref()) {
        (Some(challenge), Some("S256")) => Ok(challenge),
        _ => Err(("invalid_request", "Parameter code_challenge with method S256 is required")),
    }
}

fn decline(ticket: &SignInTicket) -> HttpResponse {
    ticket.back(&[("error", "access_denied"), ("error_description", "User did not authorize the request")])
}

fn back(url: &Url, ask: &Ask, parameters: &[(&str, &str)]) -> HttpResponse {
    let state = ask.state.as_deref().map(|state| ("state", state));
    pages::redirect(url, parameters.iter().copied().chain(state))
}
