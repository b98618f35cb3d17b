//! The addresses that teachers have changed, in their own copies of the school.

use anyhow::Context;
use async_trait::async_trait;
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, millis};
use crate::{
    audit::{Entry, Kind},
    school::{AddressChange, AddressChanges, EmailAddress, StudentId, TeacherId},
};

impl Store {
    /// All changes, oldest first.
    pub async fn address_changes(&self) -> anyhow::Result<Vec<AddressChange>> {
        let sql = "SELECT teacher_id, student_id, email FROM address_changes ORDER BY changed_at";
        let rows = sqlx::query(sql).fetch_all(&self.reader).await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &SqliteRow) -> anyhow::Result<AddressChange> {
    Ok(AddressChange {
        teacher: TeacherId::new(row.get::<String, _>("teacher_id")),
        student: StudentId::parse(row.get("student_id")).context("a stored student id is unreadable")?,
        email: EmailAddress::parse(row.get("email")).context("a stored address is unreadable")?,
    })
}

#[async_trait]
impl AddressChanges for Store {
    async fn keep(&self, change: &AddressChange) -> anyhow::Result<()> {
        let sql = "INSERT INTO address_changes (teacher_id, student_id, email, changed_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (teacher_id, student_id) DO UPDATE SET email = excluded.email, \
                   changed_at = excluded.changed_at";
        let mut tx = self.write_durably().await?;
        sqlx::query(sql)
            .bind(change.teacher.as_str())
            .bind(change.student.as_str())
            .bind(change.email.as_str())
            .bind(millis(self.clock.now()))
            .execute(&mut *tx)
            .await?;
        let entry = Entry::by(&change.teacher, Kind::Data, "address_changed");
        self.write_down(&mut tx, &[Entry { students: vec![change.student.to_string()], ..entry }]).await?;
        Ok(tx.commit().await?)
    }

    async fn kept_by(&self, teacher: &TeacherId) -> anyhow::Result<Vec<AddressChange>> {
        let sql = "SELECT teacher_id, student_id, email FROM address_changes WHERE teacher_id = $1 ORDER BY changed_at";
        let rows = sqlx::query(sql).bind(teacher.as_str()).fetch_all(&self.reader).await?;
        rows.iter().map(read).collect()
    }
}
