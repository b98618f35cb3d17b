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
mod upkeep;

use std::{net::TcpListener, sync::Arc, time::Duration};

use anyhow::Context;
use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use self::services::Services;
pub use self::{
    banner::welcome,
    upkeep::{rotate_keys, verify_audit},
};
use crate::{
    assistant::{
        Assistant, Parts, Pseudonyms,
        toolbox::{AnyTool, Toolbox},
    },
    calendar::Calendar,
    clients::google::{GmailMailer, GoogleCalendar},
    clock::{Clock, Ids, Patience, SystemClock, SystemIds},
    identity::{Allowed, RefreshTokens},
    mail::Mailer,
    school::{School, SchoolFile},
    settings::{AppKeys, Settings, secret_key},
    setup::Met,
    store::{self, Sealer, Store},
    tools,
    vault::{ConnectionBook, ConnectionParts, Connections, Vault},
    web::{
        self,
        rates::Rates,
        state::{Health, State},
        token::Tokens,
    },
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
        let state = wire(&settings, &services, world, &store, Arc::new(school), pseudonyms, tokens)?;
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
/// What the key is derived for under which the model's provider knows a teacher.
const MODEL_USER: &str = "model-user/v1";
/// What the key is derived for under which forms carry their token.
const FORM_TOKEN: &str = "form-token/v1";

fn read_school(settings: &Settings) -> anyhow::Result<SchoolFile> {
    let path = settings.data.school.display();
    let json = settings.data.read_school().with_context(|| format!("cannot read the school file {path}"))?;
    SchoolFile::parse(&json).with_context(|| format!("the school file {path} has faults"))
}

/// The one list of tools.
fn toolbox(mailer: &Arc<dyn Mailer>, calendar: &Arc<dyn Calendar>) -> Toolbox {
    let tools: [Arc<dyn AnyTool>; 9] = [
        Arc::new(tools::ListTeachingClasses),
        Arc::new(tools::GetTeachingClass),
        Arc::new(tools::ListStudents),
        Arc::new(tools::GetStudent),
        Arc::new(tools::ForecastPassing),
        Arc::new(tools::ShowChart),
        Arc::new(tools::ListEvents::new(Arc::clone(calendar))),
        Arc::new(tools::ScheduleMeeting::new(Arc::clone(calendar))),
        Arc::new(tools::SendEmailToStudent::new(Arc::clone(mailer))),
    ];
    Toolbox::new(tools)
}

/// The server is well while its database answers.
struct StoreHealth(Store);

#[async_trait]
impl Health for StoreHealth {
    async fn is_well(&self) -> bool {
        self.0.is_well().await
    }

    fn outage(&self, fault: &anyhow::Error) -> Option<web::state::Outage> {
        store::Outage::of(fault).map(|outage| match outage {
            store::Outage::Busy => web::state::Outage::Busy,
            store::Outage::Full => web::state::Outage::Full,
            store::Outage::Disk => web::state::Outage::Disk,
        })
    }
}

fn wire(
    settings: &Settings,
    services: &Services,
    world: World,
    store: &Store,
    school: Arc<School>,
    pseudonyms: Pseudonyms,
    form_tokens: Tokens,
) -> anyhow::Result<State> {
    let met = Arc::new(Met::since(world.clock.now()));
    let accounts = services.accounts(Arc::new(store.clone()), Arc::clone(&met), &world);
    let World { clock, ids, patience } = world;
    let base = services.google_base.as_ref();
    let gmail = GmailMailer::new(&services.http, base, Arc::clone(&clock))?.with_patience(patience.mail);
    let mailer: Arc<dyn Mailer> = Arc::new(gmail);
    let calendar: Arc<dyn Calendar> = Arc::new(GoogleCalendar::new(&services.http, base, Arc::clone(&clock))?);
    let book: Arc<dyn ConnectionBook> = Arc::new(store.clone());
    let tokens: Arc<dyn RefreshTokens> = Arc::new(store.clone());
    let (port, journal) = (services.token_vault.clone(), Arc::new(store.clone()));
    let vault = Vault::new(port, Arc::clone(&tokens), Arc::clone(&book), journal, Arc::clone(&met), Arc::clone(&clock));
    let vault = Arc::new(vault);
    let connections = Connections::new(ConnectionParts {
        port: accounts,
        by: services.connect_by,
        tokens,
        book,
        vault: Arc::clone(&vault),
        met: Arc::clone(&met),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
    });
    let assistant = Assistant::new(Parts {
        model: Arc::clone(&services.model),
        toolbox: toolbox(&mailer, &calendar),
        conversations: Arc::new(store.clone()),
        seen: Arc::new(store.clone()),
        approvals: Arc::new(store.clone()),
        budgets: Arc::new(store.clone()),
        limits: limits::of_the_assistant(&settings.limits),
        journal: Arc::new(store.clone()),
        vault: Arc::clone(&vault),
        school: Arc::clone(&school),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        pseudonyms,
        patience,
        runtime: Handle::current(),
    });
    Ok(State {
        assistant,
        conversations: Arc::new(store.clone()),
        seen: Arc::new(store.clone()),
        approvals: Arc::new(store.clone()),
        sign_ins: Arc::new(store.clone()),
        address_changes: Arc::new(store.clone()),
        journal: Arc::new(store.clone()),
        activity: Arc::new(store.clone()),
        preferences: Arc::new(store.clone()),
        forgetting: Arc::new(store.clone()),
        shelf: Arc::new(store.clone()),
        health: Arc::new(StoreHealth(store.clone())),
        school,
        provider: Arc::clone(&services.sign_in),
        connections: Arc::new(connections),
        vault,
        lifetimes: limits::of_a_session(&settings.sessions),
        tokens: form_tokens,
        allowed: Allowed::new(settings.sessions.allowed_accounts.clone()),
        operators: limits::operators(settings),
        doctor: Arc::new(doctor::Watch::new(settings.clone(), Arc::clone(&clock))),
        met,
        departures: Arc::default(),
        rates: Arc::new(Rates::new(limits::of_the_web(&settings.limits))),
        body_patience: Duration::from_secs(settings.limits.body_seconds.into()),
        clock,
        ids,
        public_url: settings.web.public_url.clone(),
        provider_origin: services.issuer.origin().ascii_serialization(),
        demo: banner::demo(settings, services),
        going_down: CancellationToken::new(),
    })
}
