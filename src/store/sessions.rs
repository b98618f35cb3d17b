//! Sessions on the server: the cookie carries a handle, and this its meaning.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use anyhow::Context;
use sha2::{Digest, Sha256};

use super::{Store, millis};

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
        let sql = "SELECT state FROM sessions WHERE key_hash = $1 AND expires_at > $2";
        let state = sqlx::query_scalar::<_, String>(sql).bind(hashed(key)).bind(self.now());
        let state = state.fetch_optional(&self.0.reader).await?;
        state.map(|state| serde_json::from_str(&state).context("a stored session is unreadable")).transpose()
    }

    async fn insert(&self, state: &State, ttl: &Duration) -> anyhow::Result<String> {
        let key = hex::encode(self.0.ids.secret());
        let mut tx = self.0.write().await?;
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(self.now()).execute(&mut *tx).await?;
        let sql = "INSERT INTO sessions (key_hash, state, expires_at) VALUES ($1, $2, $3)";
        let row = sqlx::query(sql).bind(hashed(&key)).bind(serde_json::to_string(state)?).bind(self.until(ttl));
        row.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(key)
    }

    /// Never an upsert: a slow request that overlaps a sign-out must not bring
    /// the session back to life.
    async fn change(&self, key: &str, state: &State, ttl: &Duration) -> anyhow::Result<()> {
        let sql = "UPDATE sessions SET state = $1, expires_at = $2 WHERE key_hash = $3";
        let row = sqlx::query(sql).bind(serde_json::to_string(state)?).bind(self.until(ttl)).bind(hashed(key));
        row.execute(&self.0.writer).await?;
        Ok(())
    }
}

impl SessionStore for SqlSessionStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        self.read(key.as_ref()).await.map_err(LoadError::Other)
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        let key = self.insert(&state, ttl).await.map_err(SaveError::Other)?;
        key.try_into().map_err(|fault| SaveError::Other(anyhow::Error::new(fault)))
    }

    async fn update(&self, key: SessionKey, state: State, ttl: &Duration) -> Result<SessionKey, UpdateError> {
        self.change(key.as_ref(), &state, ttl).await.map_err(UpdateError::Other)?;
        Ok(key)
    }

    async fn update_ttl(&self, key: &SessionKey, ttl: &Duration) -> Result<(), anyhow::Error> {
        let sql = "UPDATE sessions SET expires_at = $1 WHERE key_hash = $2";
        sqlx::query(sql).bind(self.until(ttl)).bind(hashed(key.as_ref())).execute(&self.0.writer).await?;
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let sql = "DELETE FROM sessions WHERE key_hash = $1";
        sqlx::query(sql).bind(hashed(key.as_ref())).execute(&self.0.writer).await?;
        Ok(())
    }
}
