//! What teachers have chosen, and the forgetting that follows from it.

use std::collections::BTreeMap;

use anyhow::Context;
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, memory::Stale, millis};
use crate::{
    assistant::{
        conversation::{Forgetting, Forgotten},
        shelf::WAY_BACK_HOURS,
    },
    audit::{Entry, Kind},
    identity::{Appearance, Preferences, PreferencesStore, Retention},
    school::TeacherId,
};

fn read(row: &SqliteRow) -> anyhow::Result<Preferences> {
    let days: i64 = row.get("retention_days");
    Ok(Preferences {
        appearance: Appearance::parse(row.get("appearance")).context("a stored appearance is unreadable")?,
        retention: Retention::parse(&days.to_string()).context("a stored number of days is unreadable")?,
        shortcuts: row.get("shortcuts"),
    })
}

#[async_trait]
impl PreferencesStore for Store {
    async fn preferences(&self, teacher: &TeacherId) -> anyhow::Result<Preferences> {
        let sql = "SELECT appearance, retention_days, shortcuts FROM preferences WHERE teacher_id = $1";
        let row = sqlx::query(sql).bind(teacher.as_str()).fetch_optional(&self.reader).await?;
        row.as_ref().map_or_else(|| Ok(Preferences::default()), read)
    }

    async fn prefer(&self, teacher: &TeacherId, chosen: Preferences) -> anyhow::Result<()> {
        let sql = "INSERT INTO preferences (teacher_id, appearance, retention_days, shortcuts, changed_at) \
                   VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (teacher_id) DO UPDATE SET appearance = excluded.appearance, \
                   retention_days = excluded.retention_days, shortcuts = excluded.shortcuts, \
                   changed_at = excluded.changed_at";
        let mut tx = self.write().await?;
        sqlx::query(sql)
            .bind(teacher.as_str())
            .bind(chosen.appearance.as_str())
            .bind(i64::from(chosen.retention.days()))
            .bind(chosen.shortcuts)
            .bind(millis(self.clock.now()))
            .execute(&mut *tx)
            .await?;
        let entry = Entry::by(teacher, Kind::Setting, "changed");
        self.write_down(&mut tx, &[Entry { detail: serde_json::to_value(chosen)?, ..entry }]).await?;
        Ok(tx.commit().await?)
    }
}

/// An answer that is being written, or a mail that is on its way.
macro_rules! at_work {
    () => {
        "(EXISTS (SELECT 1 FROM turns t WHERE t.conversation_id = conversations.id AND t.status = 'running') \
         OR EXISTS (SELECT 1 FROM approvals a WHERE a.conversation_id = conversations.id \
         AND a.state IN ('approved', 'claimed')))"
    };
}
pub(super) use at_work;

fn deleted(teacher: &TeacherId, gone: u64, why: &str) -> Entry {
    let detail = json!({ "conversations": gone, "why": why });
    Entry { detail, ..Entry::by(teacher, Kind::Data, "conversations_deleted") }
}

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

#[async_trait]
impl Forgetting for Store {
    async fn forget_all(&self, teacher: &TeacherId) -> anyhow::Result<Forgotten> {
        let (store, teacher) = (self.clone(), teacher.clone());
        self.and_from_memory(async move { store.delete_all(&teacher).await }).await
    }

    async fn forget_old(&self, now: Timestamp) -> anyhow::Result<u64> {
        let store = self.clone();
        self.and_from_memory(async move { store.delete_old(now).await }).await
    }
}

impl Store {
    /// In a task of its own: a browser that goes away in the middle must not
    /// leave in memory what is gone.
    async fn and_from_memory<T: Send + 'static>(
        &self,
        deleting: impl Future<Output = anyhow::Result<T>> + Send + 'static,
    ) -> anyhow::Result<T> {
        let memory = self.memory.clone();
        let deleted = tokio::spawn(async move {
            let deleted = deleting.await;
            memory.forget(&Stale::Trees);
            deleted
        });
        deleted.await?
    }

    async fn delete_all(&self, teacher: &TeacherId) -> anyhow::Result<Forgotten> {
        let mut tx = self.write().await?;
        let sql = concat!("SELECT COUNT(*) FROM conversations WHERE teacher_id = $1 AND ", at_work!());
        let busy: i64 = sqlx::query_scalar(sql).bind(teacher.as_str()).fetch_one(&mut *tx).await?;
        if busy > 0 {
            return Ok(Forgotten::Busy);
        }
        let sql = "DELETE FROM conversations WHERE teacher_id = $1";
        let gone = sqlx::query(sql).bind(teacher.as_str()).execute(&mut *tx).await?.rows_affected();
        self.write_down(&mut tx, &[deleted(teacher, gone, "all")]).await?;
        tx.commit().await?;
        self.scrub().await;
        Ok(Forgotten::Gone(gone))
    }

    async fn delete_old(&self, now: Timestamp) -> anyhow::Result<u64> {
        let old = concat!(
            "DELETE FROM conversations WHERE updated_at < (SELECT $1 - p.retention_days * $2 FROM preferences p \
             WHERE p.teacher_id = conversations.teacher_id AND p.retention_days > 0) AND NOT ",
            at_work!(),
            " RETURNING teacher_id"
        );
        let away = concat!(
            "DELETE FROM conversations WHERE deleted_at <= $1 - $2 AND NOT ",
            at_work!(),
            " RETURNING teacher_id"
        );
        let mut tx = self.write().await?;
        let mut gone = 0;
        for (sql, span, why) in [(old, DAY, "retention"), (away, WAY_BACK_HOURS * HOUR, "put_away")] {
            let whose: Vec<String> = sqlx::query_scalar(sql).bind(millis(now)).bind(span).fetch_all(&mut *tx).await?;
            let mut counts = BTreeMap::<&str, u64>::new();
            for teacher in &whose {
                *counts.entry(teacher).or_default() += 1;
            }
            let entries = counts.into_iter().map(|(teacher, gone)| deleted(&TeacherId::new(teacher), gone, why));
            self.write_down(&mut tx, &entries.collect::<Vec<_>>()).await?;
            gone += u64::try_from(whose.len())?;
        }
        tx.commit().await?;
        if gone > 0 {
            self.scrub().await;
        }
        Ok(gone)
    }

    /// Lets no deleted text stand in the journal beside the file; the file
    /// itself is overwritten as rows go (`secure_delete`). While somebody still
    /// reads, it waits for the next time.
    async fn scrub(&self) {
        if let Err(fault) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.pen).await {
            tracing::warn!(error = %fault, "the journal of the database could not be emptied");
        }
    }
}
