//! The audit in the store: written with the change it tells of, in one
//! transaction. Rows are added; nothing here changes or deletes one.

use anyhow::Context;
use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use sqlx::{QueryBuilder, Row as _, Sqlite, Transaction, sqlite::SqliteRow};

use super::{Store, batch::Batch, millis, seal::Sealer, writer::Change};
use crate::{
    audit::{Activity, Broken, Chain, Entry, Filter, Head, Journal, Record, Row},
    school::TeacherId,
};

/// What the mark of the last row is sealed as.
const MARK: (&str, &str) = ("audit", "head");
/// How many rows are read at once on a walk.
const STRETCH: i64 = 1_000;

const COLUMNS: &str = "seq, at, teacher_id, kind, tool, students, connection, scopes, conversation_id, turn_id, \
                       call_id, approval_id, outcome, detail, hash";

impl Store {
    /// Writes entries behind the others, in the transaction of what they tell of.
    pub(super) async fn write_down(&self, tx: &mut Transaction<'_, Sqlite>, entries: &[Entry]) -> anyhow::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::default();
        let known = end(tx).await?;
        put(&mut batch, known, entries, self.clock.now(), &self.sealer)?;
        batch.run(tx).await.map(drop).context("the audit could not be written")
    }

    /// Walks the whole chain; an inner error is the first bad row. A head that
    /// was noted down elsewhere must stand in it.
    pub async fn verify_audit(&self, noted: Option<Head>) -> anyhow::Result<Result<Head, Broken>> {
        // One transaction sees one state, whatever is written meanwhile.
        let mut tx = self.reader.begin().await?;
        let mut chain = Chain::through(noted);
        let mut after = i64::MIN;
        loop {
            let rows = stretch(&mut tx, after).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                // A value of another type than was written is a change as well.
                let Ok(row) = read_row(row) else { return Ok(Err(Broken::Changed(chain.at().seq + 1))) };
                if let Err(broken) = chain.follow(&row) {
                    return Ok(Err(broken));
                }
            }
            after = chain.at().seq;
        }
        let head = match read_head(&mut tx).await? {
            None if is_in_use(&mut tx).await? => return Ok(Err(Broken::Missing(1))),
            None => Head::default(),
            Some((head, seal)) if self.is_our_mark(&head, &seal) => head,
            Some(_) => return Ok(Err(Broken::Head)),
        };
        Ok(chain.end(&head).map(|()| head))
    }

    /// The end of the audit.
    pub async fn audit_head(&self) -> anyhow::Result<Head> {
        let mut tx = self.reader.begin().await?;
        end(&mut tx).await
    }

    fn is_our_mark(&self, head: &Head, seal: &str) -> bool {
        let open = self.sealer.open(seal, MARK.0, MARK.1);
        open.is_ok_and(|mark| mark.expose_secret() == head.to_string())
    }
}

#[async_trait]
impl Journal for Store {
    async fn note(&self, entry: Entry) -> anyhow::Result<()> {
        self.writer.write(Change { entries: vec![entry], ..Change::new() }).await.map(drop)
    }
}

#[async_trait]
impl Activity for Store {
    async fn activity(&self, teacher: &TeacherId, filter: &Filter, limit: u32) -> anyhow::Result<Vec<Record>> {
        let mut query = QueryBuilder::<Sqlite>::new(format!("SELECT {COLUMNS} FROM audit WHERE teacher_id = "));
        query.push_bind(teacher.as_str());
        narrow(&mut query, teacher, filter);
        query.push(" ORDER BY seq DESC LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(&self.reader).await?;
        rows.iter().map(|row| read_row(row)?.read()).collect()
    }
}

/// Adds entries to a batch, behind the row at which the audit ends; gives the row
/// at which it ends then.
pub(super) fn put(
    batch: &mut Batch,
    mut head: Head,
    entries: &[Entry],
    now: Timestamp,
    sealer: &Sealer,
) -> anyhow::Result<Head> {
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let row = head.link(entry, millis(now));
        head = Head { seq: row.seq, hash: row.hash.clone() };
        rows.push(row);
    }
    insert(batch, &rows);
    let seal = sealer.seal(&head.to_string().into(), MARK.0, MARK.1)?;
    let put = batch.next("INSERT INTO audit_head (id, seq, hash, seal) VALUES (1, ");
    put.push_bind(head.seq).push(", ").push_bind(head.hash.clone()).push(", ").push_bind(seal);
    put.push(") ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal");
    Ok(head)
}

/// The row at which the audit ends.
pub(super) async fn end(tx: &mut Transaction<'_, Sqlite>) -> anyhow::Result<Head> {
    Ok(read_head(tx).await?.map(|(head, _)| head).unwrap_or_default())
}

fn narrow(query: &mut QueryBuilder<Sqlite>, teacher: &TeacherId, filter: &Filter) {
    if !filter.kinds.is_empty() {
        query.push(" AND kind IN (");
        let mut kinds = query.separated(", ");
        for kind in &filter.kinds {
            kinds.push_bind(kind.as_str());
        }
        query.push(")");
    }
    if !filter.outcomes.is_empty() {
        query.push(" AND (kind, outcome) IN (");
        query.push_values(&filter.outcomes, |mut pair, (kind, outcome)| {
            pair.push_bind(kind.as_str()).push_bind(outcome.clone());
        });
        query.push(")");
    }
    if !filter.approvals.is_empty() {
        query.push(" AND approval_id IN (");
        let mut approvals = query.separated(", ");
        for approval in &filter.approvals {
            approvals.push_bind(approval.clone());
        }
        query.push(")");
    }
    if let Some(tool) = &filter.tool {
        query.push(" AND tool = ").push_bind(tool.clone());
    }
    if let Some(student) = &filter.student {
        // An id is a letter, a hyphen and digits: nothing in it is a wildcard.
        query.push(" AND students LIKE ").push_bind(format!("%\"{student}\"%"));
    }
    if let Some(from) = filter.from {
        query.push(" AND at >= ").push_bind(millis(from));
    }
    if let Some(until) = filter.until {
        query.push(" AND at < ").push_bind(millis(until));
    }
    if let Some(before) = &filter.before {
        query.push(" AND seq < (SELECT seq FROM audit WHERE teacher_id = ").push_bind(teacher.to_string());
        query.push(" AND hash = ").push_bind(before.clone()).push(")");
    }
}

async fn read_head(tx: &mut Transaction<'_, Sqlite>) -> anyhow::Result<Option<(Head, String)>> {
    let row = sqlx::query("SELECT seq, hash, seal FROM audit_head WHERE id = 1").fetch_optional(&mut **tx).await?;
    // A value of another type than was written is a fault of this one request.
    let read = |row: SqliteRow| {
        anyhow::Ok((Head { seq: row.try_get("seq")?, hash: row.try_get("hash")? }, row.try_get("seal")?))
    };
    row.map(read).transpose()
}

/// Whether somebody signed in for the first time since there is an audit: the row
/// that tells of it was written in the same transaction. Who came before, to an
/// earlier version of this program, left no row.
async fn is_in_use(tx: &mut Transaction<'_, Sqlite>) -> sqlx::Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM teachers WHERE created_at >= \
               (SELECT CAST(strftime('%s', installed_on) AS INTEGER) * 1000 FROM _sqlx_migrations WHERE version = 2))";
    sqlx::query_scalar(sql).fetch_one(&mut **tx).await
}

async fn stretch(tx: &mut Transaction<'_, Sqlite>, after: i64) -> anyhow::Result<Vec<SqliteRow>> {
    let mut query = QueryBuilder::<Sqlite>::new(format!("SELECT {COLUMNS} FROM audit WHERE seq > "));
    query.push_bind(after).push(" ORDER BY seq LIMIT ").push_bind(STRETCH);
    Ok(query.build().fetch_all(&mut **tx).await?)
}

fn read_row(row: &SqliteRow) -> sqlx::Result<Row> {
    Ok(Row {
        seq: row.try_get("seq")?,
        at: row.try_get("at")?,
        teacher: row.try_get("teacher_id")?,
        kind: row.try_get("kind")?,
        tool: row.try_get("tool")?,
        students: row.try_get("students")?,
        connection: row.try_get("connection")?,
        scopes: row.try_get("scopes")?,
        conversation: row.try_get("conversation_id")?,
        turn: row.try_get("turn_id")?,
        call: row.try_get("call_id")?,
        approval: row.try_get("approval_id")?,
        outcome: row.try_get("outcome")?,
        detail: row.try_get("detail")?,
        hash: row.try_get("hash")?,
    })
}

/// Rows, in the order of [`COLUMNS`].
fn insert(batch: &mut Batch, rows: &[Row]) {
    let insert = batch.next(format_args!("INSERT INTO audit ({COLUMNS}) "));
    insert.push_values(rows, |mut values, row| {
        values
            .push_bind(row.seq)
            .push_bind(row.at)
            .push_bind(row.teacher.clone())
            .push_bind(row.kind.clone())
            .push_bind(row.tool.clone())
            .push_bind(row.students.clone())
            .push_bind(row.connection.clone())
            .push_bind(row.scopes.clone())
            .push_bind(row.conversation.clone())
            .push_bind(row.turn.clone())
            .push_bind(row.call.clone())
            .push_bind(row.approval.clone())
            .push_bind(row.outcome.clone())
            .push_bind(row.detail.clone())
            .push_bind(row.hash.clone());
    });
}
