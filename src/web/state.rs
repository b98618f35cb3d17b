//! What every handler can reach.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    parts::Demo,
    rates::Rates,
    session::Lifetimes,
    token::{Token, Tokens},
};
use crate::{
    assistant::{
        Assistant,
        conversation::{Approvals, Conversations, Forgetting},
        seen::Seen,
        shelf::Shelf,
    },
    audit::{Activity, Journal},
    clock::{Clock, Ids},
    identity::{Allowed, Caller, Operators, PreferencesStore, SignIn, SignIns},
    school::{AddressChanges, School},
    setup::{Doctor, Met},
    vault::{Connections, Vault},
};

/// Whether what the server stands on is there.
#[async_trait]
pub trait Health: Send + Sync + 'static {
    /// Whether it can do its work.
    async fn is_well(&self) -> bool;

    /// What keeps it from its work, where a fault comes from that.
    fn outage(&self, fault: &anyhow::Error) -> Option<Outage>;
}

/// What keeps the server from saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It passes by itself.
    Busy,
    /// The operator must make room.
    Full,
    /// The operator must look after the disk, and start the server again.
    Disk,
}

/// What every handler can reach; cheap to clone.
#[derive(Clone)]
pub struct State {
    /// The assistant of all teachers.
    pub assistant: Arc<Assistant>,
    /// Where conversations are kept.
    pub conversations: Arc<dyn Conversations>,
    /// Where it is kept what the model was sent.
    pub seen: Arc<dyn Seen>,
    /// Where conversations are named, put away and searched.
    pub shelf: Arc<dyn Shelf>,
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
    /// What teachers have chosen.
    pub preferences: Arc<dyn PreferencesStore>,
    /// Deleting conversations.
    pub forgetting: Arc<dyn Forgetting>,
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
    /// How long a session lasts.
    pub lifetimes: Lifetimes,
    /// What the forms of a session carry.
    pub tokens: Tokens,
    /// Who may come in.
    pub allowed: Allowed,
    /// Who may see how the site is set up.
    pub operators: Operators,
    /// Looks at the set-up.
    pub doctor: Arc<dyn Doctor>,
    /// What teachers ran into that only the operator can mend.
    pub met: Arc<Met>,
    /// Counts the sign-ins that ended, so that streams notice.
    pub departures: Arc<watch::Sender<u64>>,
    /// Who asks how often.
    pub rates: Arc<Rates>,
    /// How long the body of a request may take.
    pub body_patience: Duration,
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
    /// What the forms carry that this teacher is shown.
    pub fn token(&self, caller: &Caller) -> Token {
        self.tokens.of(&caller.sign_in)
    }

    /// Whether browsers come by https.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// The cookie that holds a browser's session.
    pub fn cookie_name(&self) -> &'static str {
        if self.is_https() { "__Host-aide" } else { "aide" }
    }
}
