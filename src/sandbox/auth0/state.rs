//! What the tenant remembers: open pages, codes, tokens, the vault.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::{Flaw, Setup, authorize::SignInTicket, connect::Link};

pub(super) struct State {
    pub(super) setup: Setup,
    pub(super) flaws: Vec<Flaw>,
    pub(super) next_visitor: Option<Visitor>,
    pub(super) sign_ins: HashMap<String, SignInTicket>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) refresh: HashMap<String, Refresh>,
    pub(super) access: HashMap<String, Access>,
    pub(super) vault: BTreeMap<String, Vaulted>,
    pub(super) links: HashMap<String, Link>,
    pub(super) ended_sessions: Vec<String>,
}

/// What a test has the next visitors of a page do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Visitor {
    SignsIn { subject: String },
    Declines,
}

/// An authorization code: single use, bound to everything it was asked with.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) subject: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) nonce: Option<String>,
    pub(super) scopes: BTreeSet<String>,
    pub(super) expires_at: Timestamp,
}

/// A refresh token of one sign-in.
#[derive(Debug, Clone)]
pub(super) struct Refresh {
    pub(super) subject: String,
    pub(super) sid: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) issued_at: Timestamp,
    pub(super) used_at: Timestamp,
    /// Under rotation: it was traded for another one.
    pub(super) spent: bool,
}

/// An access token of the tenant's own.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) subject: String,
    pub(super) audience: Audience,
    pub(super) scopes: BTreeSet<String>,
    pub(super) expires_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    Userinfo,
    MyAccount,
}

/// A person's Google account in the vault.
#[derive(Debug, Clone)]
pub(super) struct Vaulted {
    pub(super) id: String,
    pub(super) scopes: BTreeSet<String>,
    pub(super) created_at: Timestamp,
    /// The access token of the moment, and when it ends.
    pub(super) token: Option<(String, Timestamp)>,
    /// Google no longer takes the refresh token.
    pub(super) refused: bool,
}

impl State {
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            setup,
            flaws: Vec::new(),
            next_visitor: None,
            sign_ins: HashMap::new(),
            codes: HashMap::new(),
            refresh: HashMap::new(),
            access: HashMap::new(),
            vault: BTreeMap::new(),
            links: HashMap::new(),
            ended_sessions: Vec::new(),
        }
    }

    /// Forgets what ran out, so that a long demo stays small.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        self.sign_ins.retain(|_, ticket| ticket.expires_at > now);
        self.codes.retain(|_, code| code.expires_at > now);
        self.access.retain(|_, access| access.expires_at > now);
        self.links.retain(|_, link| link.expires_at > now);
    }

    /// Puts an account into the vault in place of what was there.
    pub(super) fn keep(&mut self, subject: &str, scopes: BTreeSet<String>, new_id: String, now: Timestamp) -> &Vaulted {
        let old = self.vault.remove(subject);
        let (id, created_at) = old.map_or((new_id, now), |old| (old.id, old.created_at));
        let fresh = Vaulted { id, scopes, created_at, token: None, refused: false };
        self.vault.entry(subject.to_owned()).or_insert(fresh)
    }
}
