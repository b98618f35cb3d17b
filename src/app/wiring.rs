//! The wiring: the assistant and the web's state, made of the ports.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::{World, banner, doctor::Watch, limits, services::Services, toolbox};
use crate::{
    assistant::{Assistant, Parts, Pseudonyms},
    identity::Allowed,
    school::School,
    settings::Settings,
    setup::Met,
    store::{self, Store},
    vault::{ConnectionParts, Connections, Vault},
    web::{
        rates::Rates,
        state::{Health, Outage, State},
        token::Tokens,
    },
};

/// What is at hand when the parts are put together.
pub(super) struct Wiring<'a> {
    pub settings: &'a Settings,
    pub services: &'a Services,
    pub world: World,
    pub store: &'a Store,
    pub school: Arc<School>,
    pub met: Arc<Met>,
}

impl Wiring<'_> {
    /// What every handler can reach.
    pub fn state(&self, pseudonyms: Pseudonyms, tokens: Tokens) -> anyhow::Result<State> {
        let Self { settings, services, world, .. } = self;
        let vault = self.vault();
        Ok(State {
            assistant: self.assistant(pseudonyms, Arc::clone(&vault))?,
            conversations: self.stored(),
            seen: self.stored(),
            approvals: self.stored(),
            sign_ins: self.stored(),
            address_changes: self.stored(),
            journal: self.stored(),
            activity: self.stored(),
            preferences: self.stored(),
            forgetting: self.stored(),
            shelf: self.stored(),
            health: Arc::new(StoreHealth(self.store.clone())),
            school: Arc::clone(&self.school),
            provider: Arc::clone(&services.sign_in),
            connections: Arc::new(self.connections(Arc::clone(&vault))),
            vault,
            lifetimes: limits::of_a_session(&settings.sessions),
            tokens,
            allowed: Allowed::new(settings.sessions.allowed_accounts.clone()),
            operators: limits::operators(settings),
            doctor: Arc::new(Watch::new((*settings).clone(), Arc::clone(&world.clock))),
            met: Arc::clone(&self.met),
            departures: Arc::default(),
            rates: Arc::new(Rates::new(limits::of_the_web(&settings.limits))),
            body_patience: Duration::from_secs(settings.limits.body_seconds.into()),
            clock: Arc::clone(&world.clock),
            ids: Arc::clone(&world.ids),
            public_url: settings.web.public_url.clone(),
            provider_origin: services.issuer.origin().ascii_serialization(),
            demo: banner::demo(settings, services),
            going_down: CancellationToken::new(),
        })
    }

    /// The store, behind whichever of its ports is asked for.
    fn stored(&self) -> Arc<Store> {
        Arc::new(self.store.clone())
    }

    fn vault(&self) -> Arc<Vault> {
        let (port, met, clock) =
            (self.services.token_vault.clone(), Arc::clone(&self.met), Arc::clone(&self.world.clock));
        Arc::new(Vault::new(port, self.stored(), self.stored(), self.stored(), met, clock))
    }

    fn connections(&self, vault: Arc<Vault>) -> Connections {
        Connections::new(ConnectionParts {
            port: self.services.accounts(self.stored(), Arc::clone(&self.met), &self.world),
            by: self.services.connect_by,
            tokens: self.stored(),
            book: self.stored(),
            vault,
            met: Arc::clone(&self.met),
            clock: Arc::clone(&self.world.clock),
            ids: Arc::clone(&self.world.ids),
        })
    }

    fn assistant(&self, pseudonyms: Pseudonyms, vault: Arc<Vault>) -> anyhow::Result<Arc<Assistant>> {
        let World { clock, ids, patience } = self.world.clone();
        Ok(Assistant::new(Parts {
            model: Arc::clone(&self.services.model),
            toolbox: toolbox::with(self.services, &self.world, &self.met)?,
            conversations: self.stored(),
            seen: self.stored(),
            approvals: self.stored(),
            budgets: self.stored(),
            limits: limits::of_the_assistant(&self.settings.limits),
            journal: self.stored(),
            vault,
            school: Arc::clone(&self.school),
            clock,
            ids,
            pseudonyms,
            patience,
            runtime: Handle::current(),
        }))
    }
}

/// The server is well while its database answers.
struct StoreHealth(Store);

#[async_trait]
impl Health for StoreHealth {
    async fn is_well(&self) -> bool {
        self.0.is_well().await
    }

    fn outage(&self, fault: &anyhow::Error) -> Option<Outage> {
        store::Outage::of(fault).map(|outage| match outage {
            store::Outage::Busy => Outage::Busy,
            store::Outage::Full => Outage::Full,
            store::Outage::Disk => Outage::Disk,
        })
    }
}
