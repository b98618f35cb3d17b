//! The sandbox: local stand-ins that speak the real wire protocols.
//!
//! One loopback listener serves an identity provider with a token vault in the
//! manner of Auth0 (`/auth0/`), a mail service in the manner of Gmail
//! (`/google/`), a scripted model (`/v1/`) and the outbox, the page that shows
//! what arrived (`/outbox`). The demo and the tests reach all of it over HTTP,
//! with the same clients as the real services.
//!
//! The sandbox never sends anything anywhere, never listens on anything but
//! loopback, and takes its faults in-process only: there is no URL by which it
//! can be told to misbehave. It imports nothing of the app but the clock.

mod agenda;
pub mod auth0;
pub mod faults;
pub mod google;
mod line;
pub mod log;
pub mod model;
mod outbox;
mod pages;
mod people;
mod server;
#[cfg(test)]
mod tests;
mod wire;

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::clock::{Clock, Ids, SystemClock, SystemIds};

use self::{
    auth0::Auth0,
    faults::Faults,
    google::{Google, StoredEvent},
    log::RequestLog,
    model::{DemoMind, Mind, ModelServer},
    server::Server,
};
pub use self::{auth0::Setup, people::Person};

/// What a sandbox is made of; the default is what the demo shows.
pub struct SandboxOptions {
    /// Tells when tokens and codes run out.
    pub clock: Arc<dyn Clock>,
    /// Makes the tokens and codes.
    pub ids: Arc<dyn Ids>,
    /// The port on 127.0.0.1; 0 takes any free one. The issuer carries the
    /// port, so a demo that wants to know its people again keeps one port.
    pub port: u16,
    /// Who can sign in.
    pub people: Vec<Person>,
    /// Redirect URIs that are taken besides those on this computer.
    pub callbacks: Vec<String>,
    /// How the tenant is set up.
    pub setup: Setup,
    /// What the model says.
    pub mind: Arc<dyn Mind>,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            port: 0,
            people: Person::cast(),
            callbacks: Vec::new(),
            setup: Setup::default(),
            mind: Arc::new(DemoMind::default()),
        }
    }
}

/// A running sandbox; dropping it stops it.
pub struct Sandbox {
    port: u16,
    world: World,
    server: Server,
}

/// What every worker of the server shares.
#[derive(Clone)]
pub(crate) struct World {
    clock: Arc<dyn Clock>,
    auth0: Arc<Auth0>,
    google: Arc<Google>,
    model: Arc<ModelServer>,
    faults: Arc<Faults>,
    log: Arc<RequestLog>,
}

impl Sandbox {
    /// Binds the port and serves from threads of its own, so that it works
    /// under any runtime and none.
    pub fn start(options: SandboxOptions) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        let port = listener.local_addr()?.port();
        let world = World::new(port, options);
        auth0::warm_up()?;
        let server = Server::start(listener, world.clone())?;
        Ok(Self { port, world, server })
    }

    /// The issuer; it ends in a slash, as Auth0's do.
    pub fn issuer(&self) -> &str {
        self.world.auth0.issuer()
    }

    /// The client that the app is at the identity provider.
    pub fn client_id(&self) -> &str {
        self.world.auth0.client_id()
    }

    /// The client's secret, made anew at each start.
    pub fn client_secret(&self) -> &str {
        self.world.auth0.client_secret()
    }

    /// The base URL of the OpenAI-compatible model.
    pub fn model_base_url(&self) -> String {
        self.at("/v1")
    }

    /// The URL below which all Google APIs are called.
    pub fn google_base_url(&self) -> String {
        self.at("/google")
    }

    /// The page that shows what arrived.
    pub fn outbox_url(&self) -> String {
        self.at("/outbox")
    }

    /// The page that shows what stands in the calendars.
    pub fn calendar_url(&self) -> String {
        self.at("/calendar")
    }

    /// The identity provider, its vault and their levers.
    pub fn auth0(&self) -> &Auth0 {
        &self.world.auth0
    }

    /// The mail service: what it accepted.
    pub fn google(&self) -> &Google {
        &self.world.google
    }

    /// The model: its mind can be exchanged, and what it was asked is kept.
    pub fn model(&self) -> &ModelServer {
        &self.world.model
    }

    /// The fault plan; empty until a test adds to it.
    pub fn faults(&self) -> &Faults {
        &self.world.faults
    }

    /// Every request that came in.
    pub fn log(&self) -> &RequestLog {
        &self.world.log
    }

    /// Closes the port and every connection, and waits until that is done.
    pub fn stop(&mut self) {
        self.server.stop();
    }

    fn at(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl World {
    fn new(port: u16, options: SandboxOptions) -> Self {
        let SandboxOptions { clock, ids, people, callbacks, setup, mind, .. } = options;
        let google = Arc::new(Google::new(clock.clone(), ids.clone()));
        // The demo's people have a week behind and before them.
        for person in people.iter().filter(|person| Person::cast().contains(person)) {
            for event in StoredEvent::sample(&*clock) {
                google.put(&person.email, event);
            }
        }
        let model = Arc::new(ModelServer::new(mind, clock.clone(), ids.clone()));
        let auth0 = Auth0::new(port, clock.clone(), ids, google.clone(), people, callbacks, setup);
        Self {
            clock,
            auth0: Arc::new(auth0),
            google,
            model,
            faults: Arc::new(Faults::default()),
            log: Arc::new(RequestLog::default()),
        }
    }
}

/// Locks; a thread that panicked while holding the lock does not end the show.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A text that nobody can guess, with a prefix that tells people what it is.
fn token(ids: &dyn Ids, prefix: &str) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(ids.secret()))
}
