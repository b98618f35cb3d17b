//! Auth0 as the app meets it: OIDC, the token vault, connected accounts.
//!
//! Shapes, words and oddities follow Auth0's documents; where those leave a
//! status open, the sandbox takes the one that was seen most. Levers for tests
//! are methods and never URLs. Google tokens are kept here and in `google`, and
//! leave through the exchange alone.

mod authorize;
mod claims;
mod connect;
mod connected;
mod discovery;
mod error;
mod exchange;
mod flaw;
mod form;
mod keys;
mod levers;
mod logout;
mod permission;
mod setup;
mod state;
mod token;
mod userinfo;

use std::{
    io,
    sync::{Arc, Mutex},
};

use actix_web::web;
use url::{Host, Url};

use self::{keys::KeyRing, state::State};
use super::{Person, google::Google, hold, token as secret_text};
use crate::clock::{Clock, Ids};

pub use self::{flaw::Flaw, setup::Setup};

/// The client id that the app has in the sandbox.
const CLIENT_ID: &str = "sandbox-teachers-aide";
/// The one connection.
const CONNECTION: &str = "google-oauth2";
/// The client's name, as the pages show it.
const APP: &str = "Teacher’s Aide";

/// The identity provider and its vault.
pub struct Auth0 {
    issuer: String,
    client_secret: String,
    callbacks: Vec<String>,
    people: Vec<Person>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    google: Arc<Google>,
    keys: Mutex<KeyRing>,
    state: Mutex<State>,
}

impl Auth0 {
    pub(super) fn new(
        port: u16,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        google: Arc<Google>,
        people: Vec<Person>,
        callbacks: Vec<String>,
        setup: Setup,
    ) -> Self {
        Self {
            issuer: format!("http://127.0.0.1:{port}/auth0/"),
            client_secret: secret_text(&*ids, "sandbox-secret-"),
            callbacks,
            people,
            clock,
            ids,
            google,
            keys: Mutex::default(),
            state: Mutex::new(State::new(setup)),
        }
    }

    /// The issuer, with its slash at the end.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The client's id.
    pub fn client_id(&self) -> &str {
        CLIENT_ID
    }

    /// The client's secret.
    pub fn client_secret(&self) -> &str {
        &self.client_secret
    }

    /// Everyone who can sign in.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    fn person(&self, subject: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.subject == subject)
    }

    fn person_by_email(&self, email: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.email == email)
    }

    fn secret(&self, prefix: &str) -> String {
        secret_text(&*self.ids, prefix)
    }

    fn has(&self, flaw: Flaw) -> bool {
        hold(&self.state).flaws.contains(&flaw)
    }

    /// Auth0 takes listed URLs only; a sandbox also takes any on this computer.
    fn may_return_to(&self, address: &str) -> Option<Url> {
        let url = Url::parse(address).ok().filter(|url| url.fragment().is_none())?;
        let local = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        let listed = self.callbacks.iter().any(|listed| listed == address);
        (listed || (local && url.scheme() == "http")).then_some(url)
    }
}

/// Begins to make the signing key, once for the process.
pub(super) fn warm_up() -> io::Result<()> {
    keys::warm_up()
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/.well-known/openid-configuration", web::get().to(discovery::document))
        .route("/.well-known/jwks.json", web::get().to(discovery::keys))
        .route("/authorize", web::get().to(authorize::page))
        .route("/authorize/answer", web::post().to(authorize::answer))
        .route("/oauth/token", web::post().to(token::token))
        .route("/oauth/revoke", web::post().to(token::revoke))
        .route("/userinfo", web::get().to(userinfo::userinfo))
        .route("/userinfo", web::post().to(userinfo::userinfo))
        .route("/oidc/logout", web::get().to(logout::oidc_by_link))
        .route("/oidc/logout", web::post().to(logout::oidc_by_form))
        .route("/v2/logout", web::get().to(logout::old))
        .route("/connect", web::get().to(connect::page))
        .route("/connect/answer", web::post().to(connect::answer))
        .service(web::scope("/me/v1/connected-accounts").configure(connected::routes));
}
