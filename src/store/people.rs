//! Teachers and their sign-ins.

use anyhow::Context;
use async_trait::async_trait;
use jiff::SignedDuration;
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    Store,
    memory::Stale,
    millis,
    writer::{Change, Written},
};
use crate::{
    audit::{Entry, Kind},
    identity::{
        Caller, LONGEST_SESSION, LogoutNotice, Parting, RefreshToken, RefreshTokens, SignInId, SignIns, SignedIn,
        SignedOut,
    },
    school::{Teacher, TeacherId},
};

/// What a sign-in's secrets are sealed for.
const REFRESH: &str = "refresh token";
const ID_TOKEN: &str = "id token";

/// What stands sealed in a sign-in: the column, what for, and how it is put back.
pub(super) fn sealed_columns() -> [(&'static str, &'static str, &'static str); 2] {
    [
        ("refresh_token", REFRESH, "UPDATE sign_ins SET refresh_token = $1 WHERE id = $2"),
        ("id_token", ID_TOKEN, "UPDATE sign_ins SET id_token = $1 WHERE id = $2"),
    ]
}

/// What is sealed opens for this teacher and this sign-in alone.
pub(super) fn place(teacher: &str, sign_in: &str) -> String {
    serde_json::json!([teacher, sign_in]).to_string()
}

#[async_trait]
impl SignIns for Store {
    async fn begin(&self, signed_in: &SignedIn) -> anyhow::Result<Caller> {
        // In a task of its own: a browser that goes away in the middle must not
        // leave in memory what is out of date.
        let (store, signed_in) = (self.clone(), signed_in.clone());
        tokio::spawn(async move {
            let begun = store.begin_sign_in(&signed_in).await;
            store.memory.forget(&Stale::Callers);
            begun
        })
        .await?
    }

    async fn caller(&self, sign_in: &SignInId) -> anyhow::Result<Option<Caller>> {
        let ticket = match self.memory.callers.find(sign_in) {
            Ok(caller) => return Ok(Some(caller)),
            Err(ticket) => ticket,
        };
        let sql = "SELECT t.id, t.name, t.email FROM sign_ins s JOIN teachers t ON t.id = s.teacher_id WHERE s.id = $1";
        let row = sqlx::query(sql).bind(sign_in.as_str()).fetch_optional(&self.reader).await?;
        let caller = row.map(|row| Caller { teacher: read_teacher(&row), sign_in: sign_in.clone() });
        if let Some(caller) = &caller {
            self.memory.callers.keep(&ticket, sign_in.clone(), caller.clone());
        }
        Ok(caller)
    }

    async fn all_of(&self, teacher: &TeacherId) -> anyhow::Result<Vec<SignInId>> {
        let sql = "SELECT id FROM sign_ins WHERE teacher_id = $1 ORDER BY created_at";
        let ids = sqlx::query_scalar(sql).bind(teacher.as_str()).fetch_all(&self.reader).await?;
        Ok(ids.into_iter().map(|id: String| SignInId::new(id)).collect())
    }

    async fn named_in(&self, notice: &LogoutNotice) -> anyhow::Result<Option<Vec<SignInId>>> {
        let mut tx = self.write().await?;
        // What is older than any token that is believed needs no remembering.
        let old = millis(self.clock.now() - SignedDuration::from_hours(1));
        sqlx::query("DELETE FROM logout_tokens WHERE seen_at < $1").bind(old).execute(&mut *tx).await?;
        let sql = "INSERT INTO logout_tokens (issuer, token, seen_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let row = sqlx::query(sql).bind(&notice.issuer).bind(&notice.token).bind(millis(self.clock.now()));
        if row.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(None);
        }
        let sql = "SELECT s.id FROM sign_ins s JOIN teachers t ON t.id = s.teacher_id WHERE t.issuer = $1 \
                   AND ($2 IS NULL OR s.sid = $2) AND ($3 IS NULL OR t.subject = $3)";
        let ids = sqlx::query_scalar(sql).bind(&notice.issuer).bind(&notice.sid).bind(&notice.subject);
        let ids: Vec<String> = ids.fetch_all(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(ids.into_iter().map(SignInId::new).collect()))
    }

    async fn end(&self, sign_in: &SignInId, why: Parting) -> anyhow::Result<SignedOut> {
        let sql = "SELECT teacher_id FROM sign_ins WHERE id = $1";
        let whose = sqlx::query_scalar(sql).bind(sign_in.as_str()).fetch_optional(&self.reader).await?;
        let Some(teacher): Option<String> = whose else { return Ok(SignedOut::default()) };
        let mut change = Change {
            entries: vec![ended(&teacher, why)],
            stale: vec![Stale::Caller(sign_in.clone())],
            ..Change::new()
        };
        let delete = change.batch.next("DELETE FROM sign_ins WHERE id = ").push_bind(sign_in.as_str().to_owned());
        delete.push(" RETURNING refresh_token, id_token");
        change.batch.owes_a_row();
        let Written::Kept(rows) = self.writer.write(change).await? else { return Ok(SignedOut::default()) };
        let row = rows.first().context("a sign-in that ended is gone")?;
        let place = place(&teacher, sign_in.as_str());
        let open = |sealed: Option<String>, purpose| {
            sealed.map(|sealed| self.sealer.open(&sealed, &place, purpose)).transpose()
        };
        Ok(SignedOut {
            refresh_token: open(row.get("refresh_token"), REFRESH)?.map(RefreshToken),
            id_token: open(row.get("id_token"), ID_TOKEN)?,
        })
    }
}

impl Store {
    async fn begin_sign_in(&self, signed_in: &SignedIn) -> anyhow::Result<Caller> {
        let now = millis(self.clock.now());
        let mut tx = self.write().await?;
        let sql = "INSERT INTO teachers (id, issuer, subject, name, email, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (issuer, subject) DO UPDATE SET name = excluded.name, email = excluded.email \
                   RETURNING id, name, email";
        let row = sqlx::query(sql)
            .bind(self.ids.ordered().simple().to_string())
            .bind(&signed_in.issuer)
            .bind(&signed_in.subject)
            .bind(&signed_in.name)
            .bind(&signed_in.email)
            .bind(now)
            .fetch_one(&mut *tx)
            .await?;
        let teacher = read_teacher(&row);
        // A browser that never came back leaves no token behind.
        let over = millis(self.clock.now() - LONGEST_SESSION);
        let sql = "DELETE FROM sign_ins WHERE created_at < $1 RETURNING teacher_id";
        let over = sqlx::query(sql).bind(over).fetch_all(&mut *tx).await?;
        let mut entries: Vec<Entry> = over.iter().map(|row| ended(row.get("teacher_id"), Parting::RanOut)).collect();
        let id = hex::encode(self.ids.secret());
        let place = place(teacher.id.as_str(), &id);
        let refresh = signed_in.refresh_token.as_ref().map(|t| self.sealer.seal(&t.0, &place, REFRESH)).transpose()?;
        let id_token = self.sealer.seal(&signed_in.id_token, &place, ID_TOKEN)?;
        let sql = "INSERT INTO sign_ins (id, teacher_id, sid, refresh_token, id_token, created_at) \
                   VALUES ($1, $2, $3, $4, $5, $6)";
        sqlx::query(sql)
            .bind(&id)
            .bind(teacher.id.as_str())
            .bind(&signed_in.sid)
            .bind(refresh)
            .bind(id_token)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        entries.push(Entry::by(&teacher.id, Kind::SignedIn, "signed_in"));
        self.write_down(&mut tx, &entries).await?;
        tx.commit().await?;
        Ok(Caller { teacher, sign_in: SignInId::new(id) })
    }
}

#[async_trait]
impl RefreshTokens for Store {
    async fn of(&self, sign_in: &SignInId) -> anyhow::Result<Option<RefreshToken>> {
        let sql = "SELECT teacher_id, refresh_token FROM sign_ins WHERE id = $1";
        let row = sqlx::query(sql).bind(sign_in.as_str()).fetch_optional(&self.reader).await?;
        let Some(row) = row else { return Ok(None) };
        let place = place(row.get("teacher_id"), sign_in.as_str());
        let open = |sealed: String| self.sealer.open(&sealed, &place, REFRESH);
        Ok(row.get::<Option<String>, _>("refresh_token").map(open).transpose()?.map(RefreshToken))
    }

    async fn forget(&self, sign_in: &SignInId) -> anyhow::Result<()> {
        let sql = "UPDATE sign_ins SET refresh_token = NULL WHERE id = $1";
        self.alone(sqlx::query(sql).bind(sign_in.as_str())).await?;
        Ok(())
    }

    async fn take(&self, sign_in: &SignInId) -> anyhow::Result<Option<RefreshToken>> {
        let token = self.of(sign_in).await?;
        let sql = "UPDATE sign_ins SET refresh_token = NULL WHERE id = $1";
        self.alone(sqlx::query(sql).bind(sign_in.as_str())).await?;
        Ok(token)
    }

    async fn replace(&self, sign_in: &SignInId, token: &RefreshToken) -> anyhow::Result<()> {
        let sql = "SELECT teacher_id FROM sign_ins WHERE id = $1";
        let teacher = sqlx::query_scalar(sql).bind(sign_in.as_str()).fetch_optional(&self.reader).await?;
        let Some(teacher): Option<String> = teacher else { return Ok(()) };
        let sealed = self.sealer.seal(&token.0, &place(&teacher, sign_in.as_str()), REFRESH)?;
        // Only where one stands: a sign-in that ended meanwhile stays over.
        let sql = "UPDATE sign_ins SET refresh_token = $1 WHERE id = $2 AND refresh_token IS NOT NULL";
        self.alone(sqlx::query(sql).bind(sealed).bind(sign_in.as_str())).await?;
        Ok(())
    }
}

fn ended(teacher: &str, why: Parting) -> Entry {
    Entry::by(&TeacherId::new(teacher), Kind::SignedOut, why.as_str())
}

fn read_teacher(row: &SqliteRow) -> Teacher {
    Teacher { id: TeacherId::new(row.get::<String, _>("id")), name: row.get("name"), email: row.get("email") }
}
