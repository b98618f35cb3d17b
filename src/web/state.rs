//! What every handler can reach.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::parts::Demo;
use crate::{
    assistant::{
        Assistant,
        conversation::{Approvals, Conversations},
    },
    audit::{Activity, Journal},
    clock::{Clock, Ids},
    identity::{SignIn, SignIns},
    school::{AddressChanges, School},
    vault::{Connections, Vault},
};

/// Whether what the server stands on is there.
#[async_trait]
pub trait Health: Send + Sync + 'static {
    /// Whether it can do its work.
    async fn is_well(&self) -> bool;
}

/// What every handler can reach; cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The assistant of all teachers.
    pub assistant: Arc<Assistant>,
    /// Where conversations are kept.
    pub conversations: Arc<dyn Conversations>,
    /// Where drafts and what became of them are kept.
    pub approvals: Arc<dyn Approvals>,
    /// Where sign-ins are kept.
    pub sign_ins: Arc<dyn SignIns>,
    /// Where changed addresses are kept.
    pub address_changes: Arc<dyn AddressChanges>,
    /// Where it is written down what belongs to no other change.
    pub journal: Arc<dyn Journal>,
    /// Where teachers read what was written down about them.
    pub activity: Arc<dyn Activity>,
    /// Whether what this server stands on is there.
    pub health: Arc<dyn Health>,
    /// The school.
    pub school: Arc<School>,
    /// The identity provider.
    pub provider: Arc<dyn SignIn>,
    /// The teachers' accounts elsewhere.
    pub connections: Arc<Connections>,
    /// The grants in memory, to be forgotten at sign-out.
    pub vault: Arc<Vault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn Ids>,
    /// Where browsers reach this application.
    pub public_url: Url,
    /// Where forms may lead besides this application: the identity provider.
    pub provider_origin: String,
    /// What the banner says when something is a stand-in.
    pub demo: Option<Demo>,
    /// Fires when the server goes down: streams end, so that connections can.
    pub going_down: CancellationToken,
}

impl State {
    /// Whether browsers come by https.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}
