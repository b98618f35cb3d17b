//! Connecting accounts, from the asking to the letting go.
//!
//! Whoever asks, a card in a conversation, the page of connections or a
//! script, goes the same way: an [`Authorization`] is kept, the teacher's
//! browser makes the trip, the authorization is settled, and whoever waits for
//! it learns so. What a teacher put away stays away until they connect again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use secrecy::SecretString;
use tokio::{sync::Notify, time::Instant};
use tracing::warn;
use url::Url;

use super::{
    Account, AccountNotes, Authorization, AuthorizationId, ConnectAttempt, ConnectError, ConnectReason,
    ConnectedAccounts, Connection, ConnectionBook, Grant, Need, Progress, Scope, Vault, VaultError,
    book::AUTHORIZATION_LIFE,
};
use crate::{
    clock::{Clock, Ids},
    identity::{Caller, RefreshToken, RefreshTokens},
    setup::{Fault, Met},
};

/// How an account comes into the vault of this tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectBy {
    /// By a trip of its own, beside signing in (Connected Accounts).
    Accounts,
    /// By signing in with consent, as tenants of the older kind do.
    SignIn,
}

/// How it stands with one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The vault hands out its tokens.
    Connected {
        /// What was agreed to.
        scopes: Vec<Scope>,
        /// Since when, where that is known.
        since: Option<Timestamp>,
    },
    /// Nothing is connected.
    NotConnected,
    /// It was connected, and the service no longer takes the permission.
    Revoked,
    /// Nothing can be told before the teacher signs in again.
    SignInAgain,
    /// Nothing can be told just now.
    Unreachable,
    /// Nothing can be told before the operator has mended something.
    Operator(Fault),
}

/// What letting go came to.
#[derive(Debug, Default)]
pub struct LetGo {
    /// Why the tokens may still be in the vault, if they may.
    pub left_over: Option<ConnectError>,
    /// To be taken back at the identity provider.
    pub refresh_token: Option<RefreshToken>,
}

/// The accounts of all teachers.
pub struct Connections {
    port: Arc<dyn ConnectedAccounts>,
    by: ConnectBy,
    tokens: Arc<dyn RefreshTokens>,
    book: Arc<dyn ConnectionBook>,
    vault: Arc<Vault>,
    met: Arc<Met>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    settled: Notify,
    waiting: AtomicUsize,
}

/// One who waits, for as long as it is held.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn on(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the accounts of all teachers stand on.
pub struct ConnectionParts {
    /// The register over there.
    pub port: Arc<dyn ConnectedAccounts>,
    /// How accounts come into the vault.
    pub by: ConnectBy,
    /// The refresh tokens.
    pub tokens: Arc<dyn RefreshTokens>,
    /// The book here.
    pub book: Arc<dyn ConnectionBook>,
    /// The grants in memory.
    pub vault: Arc<Vault>,
    /// What is counted for the operator.
    pub met: Arc<Met>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub ids: Arc<dyn Ids>,
}

impl Connections {
    /// Accounts that stand on these.
    pub fn new(parts: ConnectionParts) -> Self {
        let ConnectionParts { port, by, tokens, book, vault, met, clock, ids } = parts;
        Self { port, by, tokens, book, vault, met, clock, ids, settled: Notify::new(), waiting: AtomicUsize::new(0) }
    }

    /// How accounts come into the vault.
    pub fn by(&self) -> ConnectBy {
        self.by
    }

    /// Asks ahead of use: completed when it is granted already, else pending
    /// until the teacher's browser went to its path.
    pub async fn authorize(
        &self,
        caller: &Caller,
        need: &Need,
        tool: Option<&str>,
    ) -> Result<Authorization, ConnectError> {
        let mut asked = self.new_authorization(caller, need, tool, None);
        match self.vault.grant(caller, need).await {
            Ok(_) => asked.progress = Progress::Completed,
            Err(VaultError::Connect { .. } | VaultError::SignInAgain(_)) => {}
            Err(fault) => return Err(fault.into()),
        }
        self.book.ask(&asked).await?;
        Ok(asked)
    }

    /// Asks, whatever is granted already.
    pub async fn ask(
        &self,
        caller: &Caller,
        need: &Need,
        tool: Option<&str>,
        turn: Option<&str>,
    ) -> anyhow::Result<Authorization> {
        let asked = self.new_authorization(caller, need, tool, turn);
        self.book.ask(&asked).await?;
        Ok(asked)
    }

    fn new_authorization(&self, caller: &Caller, need: &Need, tool: Option<&str>, turn: Option<&str>) -> Authorization {
        Authorization {
            id: AuthorizationId::fresh(&*self.ids),
            teacher: caller.teacher.id.clone(),
            sign_in: caller.sign_in.clone(),
            need: need.clone(),
            tool: tool.map(str::to_owned),
            turn: turn.map(str::to_owned),
            progress: Progress::Pending,
            begun_at: self.clock.now(),
        }
    }

    /// How far an authorization is; none in any other sign-in than the one that asked.
    pub async fn status(&self, caller: &Caller, id: &AuthorizationId) -> anyhow::Result<Option<Authorization>> {
        let found = self.book.authorization(&caller.teacher.id, id).await?;
        let Some(mut found) = found.filter(|found| found.is_of(caller)) else { return Ok(None) };
        let over = self.clock.now().duration_since(found.begun_at) > AUTHORIZATION_LIFE;
        if found.progress == Progress::Pending && over {
            self.settle(caller, id, Progress::Expired).await?;
            found.progress = Progress::Expired;
        }
        Ok(Some(found))
    }

    /// The same, once it is no longer pending or `most` has passed. It looks
    /// again only when something was settled, and at the end.
    pub async fn wait(
        &self,
        caller: &Caller,
        id: &AuthorizationId,
        most: Duration,
    ) -> anyhow::Result<Option<Authorization>> {
        let end = Instant::now() + most;
        let _waiting = Waiting::on(&self.waiting);
        loop {
            let settled = self.settled.notified();
            tokio::pin!(settled);
            // Listening begins before the look: nothing settled in between is missed.
            settled.as_mut().enable();
            let found = self.status(caller, id).await?;
            let waits = found.as_ref().is_some_and(|found| found.progress == Progress::Pending);
            if !waits || tokio::time::timeout_at(end, settled).await.is_err() {
                return if waits { self.status(caller, id).await } else { Ok(found) };
            }
        }
    }

    /// How many wait for an answer just now.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Where the browser goes for a pending authorization, and what its session remembers.
    pub async fn begin(&self, caller: &Caller, asked: &Authorization) -> Result<(Url, ConnectAttempt), ConnectError> {
        self.noticed(self.port.begin(caller, &asked.need).await)
    }

    /// The same; what only the operator can mend is counted.
    fn noticed<T>(&self, answer: Result<T, ConnectError>) -> Result<T, ConnectError> {
        if let Err(ConnectError::Operator(fault)) = &answer {
            self.met.note(fault.flaw, self.clock.now());
        }
        answer
    }

    /// The browser came back with a code. Whatever comes of it, no grant from
    /// before is handed out afterwards.
    pub async fn complete(
        &self,
        caller: &Caller,
        asked: &Authorization,
        attempt: &ConnectAttempt,
        code: &SecretString,
    ) -> Result<Account, ConnectError> {
        if let Err(stale) = attempt.check(self.clock.now()) {
            self.settle(caller, &asked.id, Progress::Expired).await?;
            return Err(stale);
        }
        let completed = self.noticed(self.port.complete(caller, asked.need.connection, attempt, code).await);
        self.vault.forget_teacher(&caller.teacher.id).await;
        match completed {
            Ok(account) => {
                self.book.connected(&caller.teacher.id, account.connection, &account.scopes).await?;
                let granted = asked.need.is_within(&account.scopes);
                let progress = if granted { Progress::Completed } else { Progress::NotGranted };
                self.settle(caller, &asked.id, progress).await?;
                Ok(account)
            }
            Err(fault) => {
                self.settle(caller, &asked.id, Progress::Failed).await?;
                Err(fault)
            }
        }
    }

    /// The teacher signed in with consent, which in a tenant of the older kind
    /// connects the account.
    pub async fn signed_in_for(&self, caller: &Caller, asked: &Authorization) -> anyhow::Result<()> {
        // What is granted is told by the vault; it is asked once the mark of
        // having been put away is gone.
        self.book.connected(&caller.teacher.id, asked.need.connection, &asked.need.scopes).await?;
        self.vault.forget_teacher(&caller.teacher.id).await;
        let granted = self.vault.grant(caller, &asked.need).await.is_ok();
        let progress = if granted { Progress::Completed } else { Progress::NotGranted };
        self.settle(caller, &asked.id, progress).await
    }

    /// Ends a pending authorization.
    pub async fn settle(&self, caller: &Caller, id: &AuthorizationId, to: Progress) -> anyhow::Result<()> {
        self.book.settle(&caller.teacher.id, id, to).await?;
        self.settled.notify_waiters();
        Ok(())
    }

    /// The authorization goes on in a new sign-in of the same teacher.
    pub async fn hand_over(&self, to: &Caller, id: &AuthorizationId) -> anyhow::Result<Option<Authorization>> {
        self.book.hand_over(&to.teacher.id, id, &to.sign_in).await?;
        self.status(to, id).await
    }

    /// How it stands with an account, and what the book says of it.
    pub async fn state(&self, caller: &Caller, connection: Connection) -> anyhow::Result<(State, AccountNotes)> {
        let notes = self.book.notes(&caller.teacher.id, connection).await?;
        let any = Need { connection, scopes: Vec::new() };
        let state = match self.vault.grant(caller, &any).await {
            Ok(grant) => self.connected(caller, connection, grant, &notes).await,
            Err(VaultError::Connect { why: ConnectReason::NotConnected, .. }) => State::NotConnected,
            Err(VaultError::Connect { .. }) => State::Revoked,
            Err(VaultError::SignInAgain(_)) => State::SignInAgain,
            Err(VaultError::Wait { reason, .. }) => {
                warn!(reason, "the vault cannot tell about an account");
                State::Unreachable
            }
            Err(VaultError::Operator(fault)) => State::Operator(fault),
        };
        Ok((state, notes))
    }

    /// Since when is told by the register; where it cannot be asked, by the book.
    async fn connected(&self, caller: &Caller, connection: Connection, grant: Grant, notes: &AccountNotes) -> State {
        let listed = match self.by {
            ConnectBy::Accounts => self.noticed(self.port.accounts(caller, connection).await),
            ConnectBy::SignIn => Ok(Vec::new()),
        };
        let accounts = listed.unwrap_or_else(|fault| {
            warn!(error = %fault, "the register of accounts cannot be read");
            Vec::new()
        });
        let since = accounts.into_iter().filter_map(|account| account.since).min().or(notes.connected_at);
        State::Connected { scopes: grant.scopes, since }
    }

    /// What was granted so far, for whoever asks for more.
    pub async fn granted(&self, caller: &Caller, connection: Connection) -> Vec<Scope> {
        let any = Need { connection, scopes: Vec::new() };
        self.vault.grant(caller, &any).await.map(|grant| grant.scopes).unwrap_or_default()
    }

    /// Lets an account go. It is put away here first, durably, so that nothing
    /// uses it from now on, whatever the services say. The refresh token of
    /// this sign-in is kept only as long as something is left to remove.
    pub async fn let_go(&self, caller: &Caller, connection: Connection) -> anyhow::Result<LetGo> {
        self.book.put_away(&caller.teacher.id, connection).await?;
        self.vault.forget_teacher(&caller.teacher.id).await;
        let removed = match self.by {
            ConnectBy::Accounts => self.noticed(self.port.remove_all(caller, connection).await),
            ConnectBy::SignIn => Ok(()),
        };
        match removed {
            Ok(()) | Err(ConnectError::SignInAgain(_)) => {
                let refresh_token = self.tokens.take(&caller.sign_in).await?;
                Ok(LetGo { left_over: None, refresh_token })
            }
            Err(fault) => Ok(LetGo { left_over: Some(fault), refresh_token: None }),
        }
    }
}
