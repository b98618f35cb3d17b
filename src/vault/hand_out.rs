//! Hands out grants: from memory while they last, by an exchange when not.
//!
//! What is remembered is remembered per teacher and connection, never on disk,
//! and never beyond a sign-out. Many calls at once make one exchange.

mod signs;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use moka::{Expiry, future::Cache, ops::compute::Op};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};

use super::{ConnectReason, Connection, ConnectionBook, Grant, Need, TokenVault, VaultError};
use crate::{
    audit::{Entry, Journal, Kind},
    clock::Clock,
    identity::{Caller, RefreshTokens, SignInId},
    school::TeacherId,
    setup::{Fault, Flaw, Met},
};

/// A remembered grant is given up this long before it ends, so that it does
/// not end on its way to Google.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// More teachers than this at once, and the least used grants are exchanged anew.
const CAPACITY: u64 = 10_000;

/// Under which a grant is remembered. The number changes at every sign-out, so
/// an exchange that was under way then ends under a name nobody asks for.
type Key = (TeacherId, Connection, u64);

/// The vault as the rest of the house sees it.
pub struct Vault {
    port: Arc<dyn TokenVault>,
    tokens: Arc<dyn RefreshTokens>,
    book: Arc<dyn ConnectionBook>,
    journal: Arc<dyn Journal>,
    met: Arc<Met>,
    clock: Arc<dyn Clock>,
    grants: Cache<Key, Grant>,
    seasons: Seasons,
    /// Whose the tokens are that were handed out and still work, by their hashes.
    owners: Mutex<HashMap<[u8; 32], (TeacherId, Timestamp)>>,
}

impl Vault {
    /// A vault that remembers nothing yet.
    pub fn new(
        port: Arc<dyn TokenVault>,
        tokens: Arc<dyn RefreshTokens>,
        book: Arc<dyn ConnectionBook>,
        journal: Arc<dyn Journal>,
        met: Arc<Met>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let grants = Cache::builder().max_capacity(CAPACITY).expire_after(BeforeTheEnd(Arc::clone(&clock))).build();
        Self { port, tokens, book, journal, met, clock, grants, seasons: Seasons::default(), owners: Mutex::default() }
    }

    /// A grant that covers `need`, for one run.
    pub async fn grant(&self, caller: &Caller, need: &Need) -> Result<Grant, VaultError> {
        loop {
            let teacher = &caller.teacher.id;
            let key = (teacher.clone(), need.connection, self.seasons.of(teacher));
            let handed = self.hand_out(&key, caller, need).await;
            if self.seasons.of(teacher) != key.2 {
                // The teacher signed out meanwhile: what came is dropped, and
                // the store is asked whether this sign-in still stands.
                self.grants.invalidate(&key).await;
                continue;
            }
            match handed {
                // Another sign-in of the same teacher has ended; only an
                // exchange with this caller's own token tells of this one.
                Err(Failed { error: VaultError::SignInAgain(_), sign_in }) if sign_in != caller.sign_in => {}
                handed => return handed.map_err(|failed| failed.error),
            }
        }
    }

    /// Drops what is remembered for a connection: Google refused the token.
    pub async fn forget(&self, teacher: &TeacherId, connection: Connection) {
        let key = (teacher.clone(), connection, self.seasons.of(teacher));
        self.grants.invalidate(&key).await;
    }

    /// Drops all that is remembered for a teacher: a sign-in has ended.
    pub async fn forget_teacher(&self, teacher: &TeacherId) {
        let season = self.seasons.end(teacher);
        for connection in Connection::ALL {
            self.grants.invalidate(&(teacher.clone(), connection, season)).await;
        }
    }

    /// Notes that a tool used an account, for the teacher to see. A note that
    /// cannot be made stops nothing: what was done is told elsewhere.
    pub async fn used(&self, teacher: &TeacherId, connection: Connection, tool: &str) {
        if let Err(fault) = self.book.used(teacher, connection, tool).await {
            tracing::warn!(error = format!("{fault:#}"), "the use of an account could not be noted");
        }
    }

    async fn hand_out(&self, key: &Key, caller: &Caller, need: &Need) -> Result<Grant, Failed> {
        if let Some(grant) = self.grants.get(key).await {
            if self.is_lasting(&grant) && grant.covers(need) {
                return Ok(grant);
            }
            self.drop_unfit(key, need).await;
        }
        let failed = |error| Failed { sign_in: caller.sign_in.clone(), error };
        let exchange = async { self.exchange(caller, need.connection).await.map_err(failed) };
        let entry = self.grants.entry_by_ref(key).or_try_insert_with(exchange).await;
        let grant = entry.map_err(|shared| shared.about(need))?.into_value();
        if grant.expires_at <= self.clock.now() {
            return Err(failed(VaultError::Wait { retry_after: None, reason: "the token came too late".into() }));
        }
        if !grant.covers(need) {
            return Err(failed(VaultError::Connect { need: need.clone(), why: ConnectReason::MissingScope }));
        }
        Ok(grant)
    }

    /// One exchange serves all who wait for it, so it asks for the account
    /// only: each of them holds the answer against their own need.
    async fn exchange(&self, caller: &Caller, connection: Connection) -> Result<Grant, VaultError> {
        let unread = |error: anyhow::Error| VaultError::Wait { retry_after: None, reason: format!("{error:#}") };
        let any = Need { connection, scopes: Vec::new() };
        // What the teacher put away is not touched, though the vault may hold
        // it: a later sign-in can have filled it again.
        let notes = self.book.notes(&caller.teacher.id, connection).await.map_err(unread)?;
        if notes.put_away_at.is_some() {
            return Err(VaultError::Connect { need: any, why: ConnectReason::NotConnected });
        }
        let token = self.tokens.of(&caller.sign_in).await.map_err(unread)?;
        let token = token.ok_or(VaultError::SignInAgain("this sign-in has no refresh token"))?;
        let exchanged = self.port.exchange(&token, &any).await;
        if let Err(VaultError::SignInAgain(_)) = &exchanged
            && let Err(fault) = self.tokens.forget(&caller.sign_in).await
        {
            tracing::warn!(error = format!("{fault:#}"), "a dead refresh token could not be dropped");
        }
        let answer = exchanged.and_then(|grant| self.check_owner(&caller.teacher.id, grant));
        let now = self.clock.now();
        if let Some(flaw) = answer.as_ref().err().and_then(|fault| signs::of(fault, &notes, now)) {
            self.met.note(flaw, now);
        }
        // A token that the audit does not know of opens nothing.
        self.journal.note(entry(caller, connection, &answer)).await.map_err(unread)?;
        answer
    }

    /// Google takes a token for its owner's, whoever brings it: one that was
    /// handed out for somebody else must never leave here.
    fn check_owner(&self, teacher: &TeacherId, grant: Grant) -> Result<Grant, VaultError> {
        let token = Sha256::digest(grant.token.expose_secret()).into();
        let now = self.clock.now();
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.retain(|_, (_, until)| *until > now);
        let (owner, _) = owners.entry(token).or_insert_with(|| (teacher.clone(), grant.expires_at));
        if owner == teacher {
            return Ok(grant);
        }
        tracing::error!(%teacher, %owner, "ALARM: the token vault handed out another teacher's token; it was not used");
        Err(VaultError::Operator(Fault::of(Flaw::MixUp, "the token is one that was handed out for another teacher")))
    }

    /// Atomic per key: a grant that someone exchanged a moment ago stays.
    async fn drop_unfit(&self, key: &Key, need: &Need) {
        let unfit = |grant: &Grant| !(self.is_lasting(grant) && grant.covers(need));
        let drop = self.grants.entry_by_ref(key).and_compute_with(|held| {
            let drop = held.is_some_and(|held| unfit(held.value()));
            std::future::ready(if drop { Op::Remove } else { Op::Nop })
        });
        drop.await;
    }

    fn is_lasting(&self, grant: &Grant) -> bool {
        !remaining(grant, self.clock.now()).is_zero()
    }
}

fn entry(caller: &Caller, connection: Connection, answer: &Result<Grant, VaultError>) -> Entry {
    let outcome = match answer {
        Ok(_) => "granted",
        Err(VaultError::Connect { .. }) => "not_connected",
        Err(VaultError::SignInAgain(_)) => "signed_out",
        Err(VaultError::Wait { .. }) => "unavailable",
        Err(VaultError::Operator(_)) => "set_up_wrongly",
    };
    let scopes = answer.iter().flat_map(|grant| &grant.scopes).map(ToString::to_string).collect();
    let connection = Some(connection.as_str().to_owned());
    Entry { connection, scopes, ..Entry::by(&caller.teacher.id, Kind::Exchanged, outcome) }
}

/// A failed exchange, and whose token it was tried with.
#[derive(Clone)]
struct Failed {
    sign_in: SignInId,
    error: VaultError,
}

impl Failed {
    /// The same for one who waited for it, with their own need in it.
    fn about(&self, need: &Need) -> Self {
        let mut failed = self.clone();
        if let VaultError::Connect { need: shared, .. } = &mut failed.error {
            shared.clone_from(need);
        }
        failed
    }
}

/// How long a grant may still be handed out from memory.
fn remaining(grant: &Grant, now: Timestamp) -> Duration {
    let left = grant.expires_at.duration_since(now).checked_sub(EARLY);
    left.and_then(|left| Duration::try_from(left).ok()).unwrap_or_default()
}

/// Frees memory by moka's own clock; what is handed out is held against ours.
struct BeforeTheEnd(Arc<dyn Clock>);

impl Expiry<Key, Grant> for BeforeTheEnd {
    fn expire_after_create(&self, _: &Key, grant: &Grant, _: Instant) -> Option<Duration> {
        Some(remaining(grant, self.0.now()))
    }
}

/// A number for each teacher, which no sign-out leaves as it was.
#[derive(Default)]
struct Seasons {
    current: Mutex<HashMap<TeacherId, u64>>,
    next: AtomicU64,
}

impl Seasons {
    fn of(&self, teacher: &TeacherId) -> u64 {
        let mut current = self.lock();
        if let Some(season) = current.get(teacher) {
            return *season;
        }
        let season = self.next();
        current.insert(teacher.clone(), season);
        season
    }

    /// Ends the season and tells which it was.
    fn end(&self, teacher: &TeacherId) -> u64 {
        self.lock().remove(teacher).unwrap_or_else(|| self.next())
    }

    fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TeacherId, u64>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
