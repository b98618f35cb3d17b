//! Approvals: each step a compare-and-set, a claim durable before it returns.

use std::collections::BTreeMap;

use anyhow::Context;
use async_trait::async_trait;
use sqlx::{FromRow, Row, sqlite::SqliteRow};

use super::{
    Store,
    batch::Batch,
    conversations::is_there,
    millis, timestamp,
    writer::{Change, Written},
};
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
        let mut change = Change { entries: vec![old.entry(Some(from)), next.entry(None)], ..Change::new() };
        update(&mut change.batch, from, old)?;
        insert(&mut change.batch, next)?;
        match self.writer.write(change).await {
            Ok(written) => Ok(matches!(written, Written::Kept(_))),
            // Its turn went away meanwhile, and the draft with it.
            Err(fault) if is_orphan(&fault) => Ok(false),
            Err(fault) => Err(fault),
        }
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
        let mut change = Change { entries: vec![next.entry(Some(from))], durable: true, ..Change::new() };
        update(&mut change.batch, from, next)?;
        Ok(matches!(self.writer.write(change).await?, Written::Kept(_)))
    }
}

/// Something belongs to what is not there.
fn is_orphan(fault: &anyhow::Error) -> bool {
    let database = fault.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
    database.is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
}

/// Writes `next`, and owes a row unless the approval still stands at `from`.
fn update(batch: &mut Batch, from: Standing, next: &Approval) -> serde_json::Result<()> {
    let put = batch.next("UPDATE approvals SET state = ");
    put.push_bind(next.state.as_str());
    put.push(", plan = ").push_bind(next.plan.to_string());
    put.push(", preview = ").push_bind(serde_json::to_string(&next.preview)?);
    put.push(", revision = ").push_bind(next.revision);
    put.push(", outcome = ").push_bind(next.outcome.as_ref().map(serde_json::to_string).transpose()?);
    put.push(", changed_at = ").push_bind(millis(next.changed_at));
    put.push(", caution = ").push_bind(serde_json::to_string(&next.caution)?);
    put.push(" WHERE id = ").push_bind(next.id.to_string());
    put.push(" AND teacher_id = ").push_bind(next.teacher.to_string());
    put.push(" AND state = ").push_bind(from.state.as_str());
    put.push(" AND revision = ").push_bind(from.revision).push(" RETURNING 1");
    batch.owes_a_row();
    Ok(())
}

/// Adds a new approval.
pub(super) fn insert(batch: &mut Batch, approval: &Approval) -> serde_json::Result<()> {
    let preview = serde_json::to_string(&approval.preview)?;
    let outcome = approval.outcome.as_ref().map(serde_json::to_string).transpose()?;
    let caution = serde_json::to_string(&approval.caution)?;
    let insert = batch.next(
        "INSERT INTO approvals (id, teacher_id, conversation_id, turn_id, call_id, tool, plan, preview, state, \
         revision, outcome, created_at, changed_at, caution, student_id) ",
    );
    insert.push_values([approval], |mut values, approval| {
        values
            .push_bind(approval.id.to_string())
            .push_bind(approval.teacher.to_string())
            .push_bind(approval.conversation.to_string())
            .push_bind(approval.turn.to_string())
            .push_bind(approval.call.clone())
            .push_bind(approval.tool.clone())
            .push_bind(approval.plan.to_string())
            .push_bind(preview.clone())
            .push_bind(approval.state.as_str())
            .push_bind(approval.revision)
            .push_bind(outcome.clone())
            .push_bind(millis(approval.created_at))
            .push_bind(millis(approval.changed_at))
            .push_bind(caution.clone())
            .push_bind(approval.student.as_ref().map(ToString::to_string));
    });
    Ok(())
}
