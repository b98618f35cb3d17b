//! Approvals: each step a compare-and-set, a claim durable before it returns.

use std::collections::BTreeMap;

use anyhow::Context;
use async_trait::async_trait;
use sqlx::{FromRow, Row, Sqlite, Transaction, sqlite::SqliteRow};

use super::{Store, conversations::is_there, millis, timestamp};
use crate::{
    assistant::{
        ApprovalId, ConversationId, TurnId,
        approval::{Approval, ApprovalState},
        conversation::{Approvals, Standing},
    },
    school::{StudentId, TeacherId},
};

/// A query for whole approvals, with what comes behind `FROM approvals`.
macro_rules! select_approvals {
    ($tail:literal) => {
        concat!(
            "SELECT id, teacher_id, conversation_id, turn_id, call_id, tool, plan, preview, caution, state, revision, \
             outcome, created_at, changed_at, student_id FROM approvals ",
            $tail
        )
    };
}

#[derive(FromRow)]
struct ApprovalRow {
    id: String,
    teacher_id: String,
    conversation_id: String,
    turn_id: String,
    call_id: String,
    tool: String,
    plan: String,
    preview: String,
    caution: String,
    state: String,
    revision: i64,
    outcome: Option<String>,
    created_at: i64,
    changed_at: i64,
    student_id: Option<String>,
}

impl ApprovalRow {
    fn read(self) -> anyhow::Result<Approval> {
        self.parse().context("a stored approval is unreadable")
    }

    fn parse(self) -> anyhow::Result<Approval> {
        Ok(Approval {
            id: ApprovalId::parse(&self.id).context("id")?,
            teacher: TeacherId::new(self.teacher_id),
            conversation: ConversationId::parse(&self.conversation_id).context("conversation")?,
            turn: TurnId::parse(&self.turn_id).context("turn")?,
            call: self.call_id,
            tool: self.tool,
            plan: serde_json::from_str(&self.plan).context("plan")?,
            preview: serde_json::from_str(&self.preview).context("preview")?,
            caution: serde_json::from_str(&self.caution).context("caution")?,
            state: ApprovalState::parse(&self.state).context("state")?,
            revision: self.revision,
            outcome: self.outcome.as_deref().map(serde_json::from_str).transpose().context("outcome")?,
            created_at: timestamp(self.created_at)?,
            changed_at: timestamp(self.changed_at)?,
            student: self.student_id.as_deref().map(StudentId::parse).transpose().context("student")?,
        })
    }
}

#[async_trait]
impl Approvals for Store {
    async fn approval(&self, teacher: &TeacherId, id: &ApprovalId) -> anyhow::Result<Option<Approval>> {
        let sql = concat!(select_approvals!("WHERE teacher_id = $1 AND id = $2"), is_there!());
        let row = sqlx::query_as::<_, ApprovalRow>(sql).bind(teacher.as_str()).bind(id.as_str());
        row.fetch_optional(&self.reader).await?.map(ApprovalRow::read).transpose()
    }

    async fn of_conversation(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Vec<Approval>> {
        let sql = concat!(
            select_approvals!("WHERE teacher_id = $1 AND conversation_id = $2"),
            is_there!(),
            "ORDER BY created_at, turn_id, call_id"
        );
        let rows = sqlx::query_as::<_, ApprovalRow>(sql).bind(teacher.as_str()).bind(id.as_str());
        rows.fetch_all(&self.reader).await?.into_iter().map(ApprovalRow::read).collect()
    }

    async fn about(&self, teacher: &TeacherId, student: &StudentId) -> anyhow::Result<Vec<Approval>> {
        let sql = select_approvals!(
            "WHERE teacher_id = $1 AND student_id = $2 AND state IN ('sent', 'unknown', 'superseded') \
             ORDER BY changed_at DESC, id"
        );
        let rows = sqlx::query_as::<_, ApprovalRow>(sql).bind(teacher.as_str()).bind(student.as_str());
        rows.fetch_all(&self.reader).await?.into_iter().map(ApprovalRow::read).collect()
    }

    async fn waiting(&self, teacher: &TeacherId) -> anyhow::Result<BTreeMap<ConversationId, i64>> {
        let sql = concat!(
            "SELECT conversation_id, COUNT(*) AS n FROM approvals WHERE teacher_id = $1 AND state = 'proposed'",
            is_there!(),
            "GROUP BY conversation_id"
        );
        let rows = sqlx::query(sql).bind(teacher.as_str()).fetch_all(&self.reader).await?;
        let read = |row: &SqliteRow| {
            Ok((ConversationId::parse(row.get("conversation_id")).context("conversation")?, row.get("n")))
        };
        rows.iter().map(read).collect()
    }

    async fn replace(&self, from: Standing, old: &Approval, next: &Approval) -> anyhow::Result<bool> {
        let mut tx = self.write().await?;
        let stood = update(&mut *tx, from, old).await?;
        if stood {
            insert(&mut tx, next).await?;
            self.write_down(&mut tx, &[old.entry(Some(from)), next.entry(None)]).await?;
            tx.commit().await?;
        }
        Ok(stood)
    }

    async fn advance(&self, from: Standing, next: &Approval) -> anyhow::Result<bool> {
        self.trust.check()?;
        self.trust.heed(self.advance_durably(from, next).await)
    }

    async fn in_state(&self, state: ApprovalState) -> anyhow::Result<Vec<Approval>> {
        let sql = select_approvals!("WHERE state = $1 ORDER BY id");
        let rows = sqlx::query_as::<_, ApprovalRow>(sql).bind(state.as_str()).fetch_all(&self.reader).await?;
        rows.into_iter().map(ApprovalRow::read).collect()
    }
}

impl Store {
    /// On the disk before it returns, and with it all that was written before.
    async fn advance_durably(&self, from: Standing, next: &Approval) -> anyhow::Result<bool> {
        let mut tx = self.write_durably().await?;
        let stood = update(&mut *tx, from, next).await?;
        if stood {
            self.write_down(&mut tx, &[next.entry(Some(from))]).await?;
            tx.commit().await?;
        }
        Ok(stood)
    }
}

/// Writes `next` if the approval still stands at `from`; says whether it did.
async fn update<'e>(
    to: impl sqlx::Executor<'e, Database = Sqlite>,
    from: Standing,
    next: &Approval,
) -> anyhow::Result<bool> {
    let sql = "UPDATE approvals SET state = $1, plan = $2, preview = $3, revision = $4, outcome = $5, \
               changed_at = $6, caution = $7 WHERE id = $8 AND teacher_id = $9 AND state = $10 AND revision = $11";
    let updated = sqlx::query(sql)
        .bind(next.state.as_str())
        .bind(next.plan.to_string())
        .bind(serde_json::to_string(&next.preview)?)
        .bind(next.revision)
        .bind(next.outcome.as_ref().map(serde_json::to_string).transpose()?)
        .bind(millis(next.changed_at))
        .bind(serde_json::to_string(&next.caution)?)
        .bind(next.id.as_str())
        .bind(next.teacher.as_str())
        .bind(from.state.as_str())
        .bind(from.revision)
        .execute(to)
        .await?;
    Ok(updated.rows_affected() == 1)
}

pub(super) async fn insert(tx: &mut Transaction<'_, Sqlite>, approval: &Approval) -> anyhow::Result<()> {
    let sql = "INSERT INTO approvals (id, teacher_id, conversation_id, turn_id, call_id, tool, plan, preview, state, \
               revision, outcome, created_at, changed_at, caution, student_id) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    sqlx::query(sql)
        .bind(approval.id.as_str())
        .bind(approval.teacher.as_str())
        .bind(approval.conversation.as_str())
        .bind(approval.turn.as_str())
        .bind(&approval.call)
        .bind(&approval.tool)
        .bind(approval.plan.to_string())
        .bind(serde_json::to_string(&approval.preview)?)
        .bind(approval.state.as_str())
        .bind(approval.revision)
        .bind(approval.outcome.as_ref().map(serde_json::to_string).transpose()?)
        .bind(millis(approval.created_at))
        .bind(millis(approval.changed_at))
        .bind(serde_json::to_string(&approval.caution)?)
        .bind(approval.student.as_ref().map(StudentId::as_str))
        .execute(&mut **tx)
        .await?;
    Ok(())
}
