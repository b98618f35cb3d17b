//! The book of connections: authorizations, what was put away, what was used.

use anyhow::Context;
use async_trait::async_trait;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, millis, timestamp};
use crate::{
    audit::{Entry, Kind},
    identity::SignInId,
    school::TeacherId,
    vault::{AccountNotes, Authorization, AuthorizationId, Connection, ConnectionBook, Progress, Scope},
};

/// How long an authorization that is over can still be asked about, in milliseconds.
const KEPT: i64 = 24 * 60 * 60 * 1000;

#[async_trait]
impl ConnectionBook for Store {
    async fn ask(&self, asked: &Authorization) -> anyhow::Result<()> {
        let mut tx = self.write().await?;
        let old = millis(asked.begun_at) - KEPT;
        sqlx::query("DELETE FROM authorizations WHERE begun_at < $1").bind(old).execute(&mut *tx).await?;
        let sql = "INSERT INTO authorizations (id, teacher_id, sign_in_id, need, tool, turn_id, progress, begun_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        sqlx::query(sql)
            .bind(asked.id.as_str())
            .bind(asked.teacher.as_str())
            .bind(asked.sign_in.as_str())
            .bind(serde_json::to_string(&asked.need)?)
            .bind(&asked.tool)
            .bind(&asked.turn)
            .bind(asked.progress.as_str())
            .bind(millis(asked.begun_at))
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    async fn authorization(&self, teacher: &TeacherId, id: &AuthorizationId) -> anyhow::Result<Option<Authorization>> {
        let sql = "SELECT id, teacher_id, sign_in_id, need, tool, turn_id, progress, begun_at FROM authorizations \
                   WHERE teacher_id = $1 AND id = $2";
        let row = sqlx::query(sql).bind(teacher.as_str()).bind(id.as_str()).fetch_optional(&self.reader).await?;
        row.as_ref().map(read).transpose().context("a stored authorization is unreadable")
    }

    async fn settle(&self, teacher: &TeacherId, id: &AuthorizationId, to: Progress) -> anyhow::Result<bool> {
        let sql = "UPDATE authorizations SET progress = $1 WHERE teacher_id = $2 AND id = $3 AND progress = 'pending'";
        let settled = sqlx::query(sql).bind(to.as_str()).bind(teacher.as_str()).bind(id.as_str());
        Ok(self.alone(settled).await? == 1)
    }

    async fn hand_over(&self, teacher: &TeacherId, id: &AuthorizationId, to: &SignInId) -> anyhow::Result<bool> {
        let sql =
            "UPDATE authorizations SET sign_in_id = $1 WHERE teacher_id = $2 AND id = $3 AND progress = 'pending'";
        let handed = sqlx::query(sql).bind(to.as_str()).bind(teacher.as_str()).bind(id.as_str());
        Ok(self.alone(handed).await? == 1)
    }

    async fn notes(&self, teacher: &TeacherId, connection: Connection) -> anyhow::Result<AccountNotes> {
        let sql = "SELECT connected_at, put_away_at, used_at, used_by FROM connections \
                   WHERE teacher_id = $1 AND connection = $2";
        let row =
            sqlx::query(sql).bind(teacher.as_str()).bind(connection.as_str()).fetch_optional(&self.reader).await?;
        let Some(row) = row else { return Ok(AccountNotes::default()) };
        let time = |column: &str| row.get::<Option<i64>, _>(column).map(timestamp).transpose();
        let by: Option<String> = row.get("used_by");
        Ok(AccountNotes {
            connected_at: time("connected_at")?,
            put_away_at: time("put_away_at")?,
            last_use: time("used_at")?.zip(by),
        })
    }

    async fn connected(&self, teacher: &TeacherId, connection: Connection, granted: &[Scope]) -> anyhow::Result<()> {
        let sql = "INSERT INTO connections (teacher_id, connection, connected_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (teacher_id, connection) DO UPDATE SET put_away_at = NULL, \
                   connected_at = excluded.connected_at";
        let mut tx = self.write().await?;
        let row = sqlx::query(sql).bind(teacher.as_str()).bind(connection.as_str()).bind(millis(self.clock.now()));
        row.execute(&mut *tx).await?;
        let entry = entry(teacher, Kind::Connected, connection);
        let scopes = granted.iter().map(Scope::to_string).collect();
        self.write_down(&mut tx, &[Entry { scopes, ..entry }]).await?;
        Ok(tx.commit().await?)
    }

    async fn put_away(&self, teacher: &TeacherId, connection: Connection) -> anyhow::Result<()> {
        let sql = "INSERT INTO connections (teacher_id, connection, put_away_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (teacher_id, connection) DO UPDATE SET put_away_at = excluded.put_away_at, \
                   connected_at = NULL";
        let row = sqlx::query(sql).bind(teacher.as_str()).bind(connection.as_str()).bind(millis(self.clock.now()));
        // What must survive a power cut goes through the connection that syncs.
        let mut tx = self.write_durably().await?;
        row.execute(&mut *tx).await?;
        self.write_down(&mut tx, &[entry(teacher, Kind::Disconnected, connection)]).await?;
        Ok(tx.commit().await?)
    }

    async fn used(&self, teacher: &TeacherId, connection: Connection, tool: &str) -> anyhow::Result<()> {
        let sql = "INSERT INTO connections (teacher_id, connection, used_at, used_by) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (teacher_id, connection) DO UPDATE SET used_at = excluded.used_at, \
                   used_by = excluded.used_by";
        let row = sqlx::query(sql).bind(teacher.as_str()).bind(connection.as_str()).bind(millis(self.clock.now()));
        self.alone(row.bind(tool)).await?;
        Ok(())
    }
}

fn entry(teacher: &TeacherId, kind: Kind, connection: Connection) -> Entry {
    Entry { connection: Some(connection.as_str().to_owned()), ..Entry::by(teacher, kind, "done") }
}

fn read(row: &SqliteRow) -> anyhow::Result<Authorization> {
    Ok(Authorization {
        id: AuthorizationId::parse(row.get("id")).context("id")?,
        teacher: TeacherId::new(row.get::<String, _>("teacher_id")),
        sign_in: SignInId::new(row.get::<String, _>("sign_in_id")),
        need: serde_json::from_str(row.get("need")).context("need")?,
        tool: row.get("tool"),
        turn: row.get("turn_id"),
        progress: Progress::parse(row.get("progress")).context("progress")?,
        begun_at: timestamp(row.get("begun_at"))?,
    })
}
