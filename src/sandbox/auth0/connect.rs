//! The page on which a person connects their Google account.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Query},
};
use askama::Template;
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeSet;
use url::Url;

use super::{
    APP, Auth0,
    permission::{Permission, asked, granted},
    state::Visitor,
};
use crate::sandbox::{
    Person, hold,
    pages::{self, Filled},
};

/// A connecting that was begun: its page, its answer, its completion.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) subject: String,
    pub(super) redirect_uri: String,
    pub(super) return_to: Url,
    pub(super) state: Option<String>,
    pub(super) challenge: String,
    pub(super) asked: Vec<String>,
    pub(super) ticket: String,
    pub(super) expires_at: Timestamp,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// The browser has not answered yet.
    Asked,
    /// Approved: `complete` may trade this code for the account.
    Approved { connect_code: String, scopes: BTreeSet<String> },
    /// Declined, or completed.
    Over,
}

#[derive(Deserialize)]
pub(super) struct Ticket {
    #[serde(default)]
    ticket: String,
}

#[derive(Template)]
#[template(path = "sandbox/connect.html")]
struct ConnectPage<'a> {
    app: &'a str,
    ticket: &'a str,
    person: &'a Person,
    permissions: Vec<Permission>,
}

pub(super) async fn page(auth0: Data<Auth0>, query: Query<Ticket>) -> HttpResponse {
    let Some(link) = auth0.open_link(&query.ticket) else { return over() };
    let Some(person) = auth0.person(&link.subject) else { return over() };
    let visitor = hold(&auth0.state).next_visitor.clone();
    match visitor {
        Some(Visitor::Declines) => auth0.decline(&link),
        Some(Visitor::SignsIn { .. }) => auth0.approve(&link, &link.asked),
        None => {
            let permissions = link.permissions();
            let page = ConnectPage { app: APP, ticket: &link.ticket, person, permissions };
            pages::page(StatusCode::OK, &page, Some(&link.return_to))
        }
    }
}

pub(super) async fn answer(auth0: Data<Auth0>, body: Bytes) -> HttpResponse {
    let answer = Filled::read(&body);
    let Some(link) = auth0.open_link(answer.one("ticket")) else { return over() };
    match answer.one("decision") {
        "connect" => auth0.approve(&link, &answer.all("scope")),
        _ => auth0.decline(&link),
    }
}

impl Link {
    fn permissions(&self) -> Vec<Permission> {
        asked(self.asked.iter().map(String::as_str))
    }

    fn back(&self, parameters: &[(&str, &str)]) -> HttpResponse {
        let state = self.state.as_deref().map(|state| ("state", state));
        pages::redirect(&self.return_to, parameters.iter().copied().chain(state))
    }
}

impl Auth0 {
    fn open_link(&self, ticket: &str) -> Option<Link> {
        let now = self.clock.now();
        let state = hold(&self.state);
        let mut links = state.links.values();
        links.find(|link| link.ticket == ticket && link.expires_at > now && link.stage == Stage::Asked).cloned()
    }

    fn set_stage(&self, link: &Link, stage: Stage) {
        let mut tenant = hold(&self.state);
        if let Some(link) = tenant.links.values_mut().find(|other| other.ticket == link.ticket) {
            link.stage = stage;
        }
    }

    fn approve(&self, link: &Link, ticked: &[String]) -> HttpResponse {
        let connect_code = self.secret("");
        let back = link.back(&[("connect_code", &connect_code)]);
        self.set_stage(link, Stage::Approved { connect_code, scopes: granted(&link.permissions(), ticked) });
        back
    }

    fn decline(&self, link: &Link) -> HttpResponse {
        self.set_stage(link, Stage::Over);
        link.back(&[("error", "access_denied"), ("error_description", "User did not authorize the request")])
    }
}

fn over() -> HttpResponse {
    let words = "It was answered already, or it waited for too long. Please go back to the app and connect from there.";
    pages::problem(StatusCode::GONE, "This connection request is over", words)
}
