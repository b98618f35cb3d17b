//! Sessions on the server: the cookie carries a handle, and this its meaning.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use anyhow::Context;
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::{Store, batch::Batch, memory::Stale, millis, writer::Change};

type State = HashMap<String, String>;

/// Sessions in the store, for actix-session.
#[derive(Clone)]
pub struct SqlSessionStore(pub Store);

fn hashed(key: &str) -> String {
    hex::encode(Sha256::digest(key))
}

impl SqlSessionStore {
    fn now(&self) -> i64 {
        millis(self.0.clock.now())
    }

    fn until(&self, ttl: &Duration) -> i64 {
        self.now().saturating_add(i64::try_from(ttl.whole_milliseconds()).unwrap_or(i64::MAX))
    }

    async fn read(&self, key: &str) -> anyhow::Result<Option<State>> {
        let (now, hash) = (self.now(), hashed(key));
        let stands = |kept: Kept| (kept.expires_at > now).then_some(kept.state);
        let ticket = match self.0.memory.sessions.find(&hash) {
            Ok(kept) => return Ok(stands(kept)),
            Err(ticket) => ticket,
        };
        let sql = "SELECT state, expires_at FROM sessions WHERE key_hash = $1";
        let row = sqlx::query(sql).bind(&hash).fetch_optional(&self.0.reader).await?;
        let Some(row) = row else { return Ok(None) };
        let state = serde_json::from_str(row.get("state")).context("a stored session is unreadable")?;
        let kept = Kept { state, expires_at: row.get("expires_at") };
        self.0.memory.sessions.keep(&ticket, hash, kept.clone());
        Ok(stands(kept))
    }

    async fn insert(&self, state: &State, ttl: &Duration) -> anyhow::Result<String> {
        let key = hex::encode(self.0.ids.secret());
        let mut change = Change::new();
        change.batch.next("DELETE FROM sessions WHERE expires_at <= ").push_bind(self.now());
        let insert = change.batch.next("INSERT INTO sessions (key_hash, state, expires_at) VALUES (");
        insert.push_bind(hashed(&key)).push(", ").push_bind(serde_json::to_string(state)?);
        insert.push(", ").push_bind(self.until(ttl)).push(")");
        self.0.writer.write(change).await?;
        Ok(key)
    }

    /// A change of one session, which is read anew after it.
    async fn change(&self, key: &str, set: impl FnOnce(&mut Batch)) -> anyhow::Result<()> {
        let hash = hashed(key);
        let mut change = Change { stale: vec![Stale::Session(hash.clone())], ..Change::new() };
        set(&mut change.batch);
        change.batch.push(" WHERE key_hash = ").push_bind(hash);
        self.0.writer.write(change).await.map(drop)
    }
}

/// A session as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    state: State,
    expires_at: i64,
}

impl SessionStore for SqlSessionStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        self.read(key.as_ref()).await.map_err(LoadError::Other)
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        let key = self.insert(&state, ttl).await.map_err(SaveError::Other)?;
        key.try_into().map_err(|fault| SaveError::Other(anyhow::Error::new(fault)))
    }

    /// Never an upsert: a slow request that overlaps a sign-out must not bring
    /// the session back to life.
    async fn update(&self, key: SessionKey, state: State, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        let state = serde_json::to_string(&state).map_err(|fault| UpdateError::Other(fault.into()))?;
        let until = self.until(ttl);
        let set = |batch: &mut Batch| {
            let update = batch.next("UPDATE sessions SET state = ").push_bind(state);
            update.push(", expires_at = ").push_bind(until);
        };
        self.change(key.as_ref(), set).await.map_err(UpdateError::Other)?;
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> Result<(), anyhow::Error> {
        let until = self.until(ttl);
        let set = |batch: &mut Batch| {
            batch.next("UPDATE sessions SET expires_at = ").push_bind(until);
        };
        self.change(key.as_ref(), set).await
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let set = |batch: &mut Batch| {
            batch.next("DELETE FROM sessions");
        };
        self.change(key.as_ref(), set).await
    }
}
