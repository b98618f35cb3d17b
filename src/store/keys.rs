//! Changing the key: what older keys sealed is opened and sealed anew.

use anyhow::Context;
use serde_json::json;
use sqlx::{Row, Sqlite, Transaction};

use super::{Store, people::sealed_columns};
use crate::audit::{Entry, Kind};

/// What came of sealing everything anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resealed {
    /// Sealed with the current key now.
    pub renewed: usize,
    /// Sealed with a key that is not at hand; left as they are.
    pub lost: usize,
}

impl Store {
    /// Seals with the current key what an older one has sealed. Row by row, so
    /// that a server at work waits for one row at most.
    pub async fn reseal(&self) -> anyhow::Result<Resealed> {
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM sign_ins").fetch_all(&self.reader).await?;
        let mut done = Resealed::default();
        for id in ids {
            let mut tx = self.write().await?;
            let row = self.reseal_sign_in(&mut tx, &id).await.context("a sign-in could not be sealed anew")?;
            tx.commit().await?;
            done.renewed += row.renewed;
            done.lost += row.lost;
        }
        // This seals the mark of the audit's end anew as well.
        let mut tx = self.write().await?;
        let detail = json!({ "renewed": done.renewed, "lost": done.lost });
        self.write_down(&mut tx, &[Entry { detail, ..Entry::about(Kind::Operator, "keys_rotated") }]).await?;
        tx.commit().await?;
        Ok(done)
    }

    async fn reseal_sign_in(&self, tx: &mut Transaction<'_, Sqlite>, id: &str) -> anyhow::Result<Resealed> {
        let sql = "SELECT teacher_id, refresh_token, id_token FROM sign_ins WHERE id = $1";
        let mut done = Resealed::default();
        // It may have ended since.
        let Some(row) = sqlx::query(sql).bind(id).fetch_optional(&mut **tx).await? else { return Ok(done) };
        let place = super::people::place(row.get("teacher_id"), id);
        for (column, purpose, update) in sealed_columns() {
            let Some(sealed) = row.get::<Option<String>, _>(column) else { continue };
            if self.sealer.is_current(&sealed) {
                continue;
            }
            let Ok(open) = self.sealer.open(&sealed, &place, purpose) else {
                done.lost += 1;
                continue;
            };
            let anew = self.sealer.seal(&open, &place, purpose)?;
            sqlx::query(update).bind(anew).bind(id).execute(&mut **tx).await?;
            done.renewed += 1;
        }
        Ok(done)
    }
}
