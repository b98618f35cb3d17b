//! Teachers and their sign-ins.

use async_trait::async_trait;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, millis};
use crate::{
    audit::{Entry, Kind},
    identity::{
        Caller, Parting, RefreshToken, RefreshTokens, SESSION_LIFETIME, SignInId, SignIns, SignedIn, SignedOut,
    },
    school::{Teacher, TeacherId},
};

/// What a sign-in's secrets are sealed for.
const REFRESH: &str = "refresh token";
const ID_TOKEN: &str = "id token";

#[async_trait]
impl SignIns for Store {
    async fn begin(&self, signed_in: &SignedIn) -> anyhow::Result<Caller> {
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
        let over = millis(self.clock.now() - SESSION_LIFETIME);
        let sql = "DELETE FROM sign_ins WHERE created_at < $1 RETURNING teacher_id";
        let over = sqlx::query(sql).bind(over).fetch_all(&mut *tx).await?;
        let mut entries: Vec<Entry> = over.iter().map(|row| ended(row, Parting::RanOut)).collect();
        let id = hex::encode(self.ids.secret());
        let refresh = signed_in.refresh_token.as_ref().map(|t| self.sealer.seal(&t.0, &id, REFRESH)).transpose()?;
        let id_token = self.sealer.seal(&signed_in.id_token, &id, ID_TOKEN)?;
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

    async fn caller(&self, sign_in: &SignInId) -> anyhow::Result<Option<Caller>> {
        let sql = "SELECT t.id, t.name, t.email FROM sign_ins s JOIN teachers t ON t.id = s.teacher_id WHERE s.id = $1";
        let row = sqlx::query(sql).bind(sign_in.as_str()).fetch_optional(&self.reader).await?;
        Ok(row.map(|row| Caller { teacher: read_teacher(&row), sign_in: sign_in.clone() }))
    }

    async fn end(&self, sign_in: &SignInId, why: Parting) -> anyhow::Result<SignedOut> {
        let mut tx = self.write().await?;
        let sql = "DELETE FROM sign_ins WHERE id = $1 RETURNING teacher_id, refresh_token, id_token";
        let row = sqlx::query(sql).bind(sign_in.as_str()).fetch_optional(&mut *tx).await?;
        let Some(row) = row else { return Ok(SignedOut::default()) };
        self.write_down(&mut tx, &[ended(&row, why)]).await?;
        tx.commit().await?;
        let open = |sealed: Option<String>, purpose| {
            sealed.map(|sealed| self.sealer.open(&sealed, sign_in.as_str(), purpose)).transpose()
        };
        Ok(SignedOut {
            refresh_token: open(row.get("refresh_token"), REFRESH)?.map(RefreshToken),
            id_token: open(row.get("id_token"), ID_TOKEN)?,
        })
    }
}

#[async_trait]
impl RefreshTokens for Store {
    async fn of(&self, sign_in: &SignInId) -> anyhow::Result<Option<RefreshToken>> {
        let sql = "SELECT refresh_token FROM sign_ins WHERE id = $1";
        let row = sqlx::query(sql).bind(sign_in.as_str()).fetch_optional(&self.reader).await?;
        let sealed: Option<String> = row.and_then(|row| row.get("refresh_token"));
        let open = |sealed: String| self.sealer.open(&sealed, sign_in.as_str(), REFRESH);
        Ok(sealed.map(open).transpose()?.map(RefreshToken))
    }

    async fn take(&self, sign_in: &SignInId) -> anyhow::Result<Option<RefreshToken>> {
        let token = self.of(sign_in).await?;
        let sql = "UPDATE sign_ins SET refresh_token = NULL WHERE id = $1";
        sqlx::query(sql).bind(sign_in.as_str()).execute(&self.writer).await?;
        Ok(token)
    }

    async fn replace(&self, sign_in: &SignInId, token: &RefreshToken) -> anyhow::Result<()> {
        let sealed = self.sealer.seal(&token.0, sign_in.as_str(), REFRESH)?;
        // Only where one stands: a sign-in that ended meanwhile stays over.
        let sql = "UPDATE sign_ins SET refresh_token = $1 WHERE id = $2 AND refresh_token IS NOT NULL";
        sqlx::query(sql).bind(sealed).bind(sign_in.as_str()).execute(&self.writer).await?;
        Ok(())
    }
}

fn ended(row: &SqliteRow, why: Parting) -> Entry {
    Entry::by(&TeacherId::new(row.get::<String, _>("teacher_id")), Kind::SignedOut, why.as_str())
}

fn read_teacher(row: &SqliteRow) -> Teacher {
    Teacher { id: TeacherId::new(row.get::<String, _>("id")), name: row.get("name"), email: row.get("email") }
}
