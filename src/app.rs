//! The composition root: builds the ports from the settings, the one list of
//! tools, the assistant and the web's state, and serves until it is stopped.
//!
//! This is the only room that knows all the others. Whether a service is real
//! or a stand-in is decided here, by an address; nothing behind it can tell.

mod banner;
mod doctor;
mod housekeeping;
mod limits;
mod server;
mod services;
mod toolbox;
mod upkeep;
mod wiring;

use std::{net::TcpListener, sync::Arc, time::Duration};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

pub use self::{
    banner::welcome,
    upkeep::{rotate_keys, verify_audit},
};
use self::{services::Services, wiring::Wiring};
use crate::{
    assistant::Pseudonyms,
    clock::{Clock, Ids, Patience, SystemClock, SystemIds},
    school::{School, SchoolFile},
    settings::{AppKeys, Settings, secret_key},
    setup::Met,
    store::{Sealer, Store},
    web::{state::State, token::Tokens},
};

/// What a test may hold still.
#[derive(Clone)]
pub struct World {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn Ids>,
    /// How long the house waits for others.
    pub patience: Patience,
}

impl Default for World {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), ids: Arc::new(SystemIds), patience: Patience::default() }
    }
}

/// The application, built and ready to serve.
pub struct App {
    settings: Settings,
    keys: AppKeys,
    state: State,
    store: Store,
    services: Services,
    farewell: Duration,
}

impl App {
    /// Builds everything from the settings.
    pub async fn build(settings: Settings, world: World) -> anyhow::Result<Self> {
        let keys = secret_key(&settings, &*world.ids)?;
        let services = Services::find(&settings, &world)?;
        let farewell = world.patience.farewell;
        let store = open_store(&settings, &keys, &world).await?;
        let school = School::new(read_school(&settings)?, store.address_changes().await?);
        let pseudonyms = Pseudonyms::new(&keys.derive(MODEL_USER));
        let tokens = Tokens::new(&keys.derive(FORM_TOKEN), &keys.derive_previous(FORM_TOKEN));
        let (school, met) = (Arc::new(school), Arc::new(Met::since(world.clock.now())));
        let parts = Wiring { settings: &settings, services: &services, world, store: &store, school, met };
        let state = parts.state(pseudonyms, tokens)?;
        state.assistant.recover().await.context("what the last run left behind could not be mended")?;
        Ok(Self { settings, keys, state, store, services, farewell })
    }

    /// Serves until `stop` fires, then lets running answers keep what they have
    /// and every mail on its way come to its outcome.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
        note_head(&self.store).await;
        let tidying = tokio::spawn(housekeeping::run(self.state.clone(), stop.clone()));
        let (state, store, limits) = (self.state.clone(), self.store.clone(), &self.settings.limits);
        server::run(listener, state, store, &self.keys, limits, self.farewell, stop).await?;
        tidying.abort();
        note_head(&self.store).await;
        self.store.close().await;
        drop(self.services);
        Ok(())
    }

    /// The settings it was built from.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The database; for tests that look behind the page.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What every handler can reach; for tests that look behind the page.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The stand-ins, where there are any.
    #[cfg(feature = "sandbox")]
    pub fn sandbox(&self) -> Option<Arc<crate::sandbox::Sandbox>> {
        self.services.sandbox.clone()
    }
}

/// What the key that seals refresh tokens is derived for.
const SEAL: &str = "seal/v1";
/// What the key is derived for under which the model's provider knows a teacher.
const MODEL_USER: &str = "model-user/v1";
/// What the key is derived for under which forms carry their token.
const FORM_TOKEN: &str = "form-token/v1";

async fn open_store(settings: &Settings, keys: &AppKeys, world: &World) -> anyhow::Result<Store> {
    let (ids, clock) = (Arc::clone(&world.ids), Arc::clone(&world.clock));
    Store::open(&settings.data.database, sealer(keys, world), ids, clock).await
}

fn sealer(keys: &AppKeys, world: &World) -> Sealer {
    let ring = std::iter::once(keys.derive(SEAL)).chain(keys.derive_previous(SEAL));
    Sealer::new(ring, Arc::clone(&world.ids))
}

/// The end of the audit goes into the log, which is kept elsewhere: who cuts
/// off or rewrites the audit later cannot change it there.
async fn note_head(store: &Store) {
    match store.audit_head().await {
        Ok(head) => tracing::info!(%head, "the audit ends here"),
        Err(fault) => tracing::error!(error = format!("{fault:#}"), "the audit's end cannot be read"),
    }
}

fn read_school(settings: &Settings) -> anyhow::Result<SchoolFile> {
    let path = settings.data.school.display();
    let json = settings.data.read_school().with_context(|| format!("cannot read the school file {path}"))?;
    SchoolFile::parse(&json).with_context(|| format!("the school file {path} has faults"))
}
