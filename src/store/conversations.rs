//! Conversations, their turns and notes.

use anyhow::Context;
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{FromRow, Row, Sqlite, Transaction, sqlite::SqliteRow};

use super::{Store, approvals, batch::Batch, budgets, millis, shelf, timestamp};
use crate::{
    assistant::{
        ClientId, ConversationId, TurnId,
        approval::Approval,
        branches::{Place, Tree},
        conversation::{Conversation, Conversations, NewTurn, Note, Started, StoredTurn},
        limits::Counted,
        trusted::Trusted,
        turn::{Status, Turn},
    },
    school::TeacherId,
};

/// A query for whole turns, with what comes behind `FROM turns`.
macro_rules! select_turns {
    ($tail:literal) => {
        concat!(
            "SELECT teacher_id, conversation_id, seq, parent, client_id, body, version, asked_at FROM turns ",
            $tail
        )
    };
}

/// What belongs to a conversation that was put away is not there. Asked of the
/// one conversation, by its id: a list of all that were put away would be made
/// anew, by a walk over every conversation of the site, for each question.
macro_rules! is_there {
    () => {
        " AND NOT EXISTS (SELECT 1 FROM conversations c WHERE c.id = conversation_id AND c.deleted_at IS NOT NULL) "
    };
}
pub(super) use is_there;

/// What [`read_conversation`] reads.
macro_rules! conversation_columns {
    () => {
        "id, title, pinned_at, created_at, updated_at, head"
    };
}
pub(super) use conversation_columns;

#[derive(FromRow)]
struct TurnRow {
    teacher_id: String,
    conversation_id: String,
    seq: i64,
    parent: i64,
    client_id: String,
    body: String,
    version: i64,
    asked_at: i64,
}

impl TurnRow {
    fn read(self) -> anyhow::Result<StoredTurn> {
        let turn: Turn = serde_json::from_str(&self.body).context("a stored turn is unreadable")?;
        Ok(StoredTurn {
            turn,
            teacher: TeacherId::new(self.teacher_id),
            conversation: ConversationId::parse(&self.conversation_id).context("a stored id is unreadable")?,
            seq: self.seq,
            parent: self.parent,
            client_id: ClientId::parse(&self.client_id).context("a stored id is unreadable")?,
            version: self.version,
            asked_at: timestamp(self.asked_at)?,
            noted: Vec::new(),
            spent: Vec::new(),
        })
    }
}

pub(super) fn read_conversation(row: &SqliteRow) -> anyhow::Result<Conversation> {
    Ok(Conversation {
        id: ConversationId::parse(row.get("id")).context("a stored id is unreadable")?,
        title: row.get("title"),
        pinned: row.get::<Option<i64>, _>("pinned_at").is_some(),
        created_at: timestamp(row.get("created_at"))?,
        updated_at: timestamp(row.get("updated_at"))?,
        head: row.get("head"),
    })
}

fn status_word(status: &Status) -> &'static str {
    match status {
        Status::Running => "running",
        Status::Waiting => "waiting",
        Status::Ended { .. } => "ended",
    }
}

#[async_trait]
impl Conversations for Store {
    async fn start(&self, new: NewTurn) -> anyhow::Result<Started> {
        self.trust.check()?;
        self.trust.heed(self.start_turn(new).await)
    }

    async fn save(&self, stored: &mut StoredTurn, proposed: &[Approval]) -> anyhow::Result<()> {
        let mut tx = self.write().await?;
        let mut batch = Batch::default();
        self.put_turn(&mut batch, &mut tx, stored, proposed).await?;
        batch.run(&mut tx).await?;
        tx.commit().await?;
        stored.saved();
        Ok(())
    }

    async fn conversation(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Option<Conversation>> {
        let sql = concat!(
            "SELECT ",
            conversation_columns!(),
            " FROM conversations WHERE teacher_id = $1 AND id = $2 AND deleted_at IS NULL"
        );
        let row = sqlx::query(sql).bind(teacher.as_str()).bind(id.as_str()).fetch_optional(&self.reader).await?;
        row.as_ref().map(read_conversation).transpose()
    }

    async fn list(&self, teacher: &TeacherId, limit: i64) -> anyhow::Result<Vec<Conversation>> {
        let sql = concat!(
            "SELECT ",
            conversation_columns!(),
            " FROM conversations WHERE teacher_id = $1 AND deleted_at IS NULL \
             ORDER BY CASE WHEN pinned_at IS NULL THEN 1 ELSE 0 END, updated_at DESC, id DESC LIMIT $2"
        );
        let rows = sqlx::query(sql).bind(teacher.as_str()).bind(limit).fetch_all(&self.reader).await?;
        rows.iter().map(read_conversation).collect()
    }

    async fn turns(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Vec<StoredTurn>> {
        let sql = concat!(select_turns!("WHERE teacher_id = $1 AND conversation_id = $2"), is_there!(), "ORDER BY seq");
        let rows = sqlx::query_as::<_, TurnRow>(sql).bind(teacher.as_str()).bind(id.as_str());
        rows.fetch_all(&self.reader).await?.into_iter().map(TurnRow::read).collect()
    }

    async fn tree(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Tree> {
        let sql = "SELECT t.id, t.seq, t.parent, c.head FROM conversations c JOIN turns t ON t.conversation_id = c.id \
                   WHERE c.id = $1 AND c.teacher_id = $2 AND c.deleted_at IS NULL ORDER BY t.seq";
        let rows = sqlx::query(sql).bind(id.as_str()).bind(teacher.as_str()).fetch_all(&self.reader).await?;
        let Some(head) = rows.first().map(|row| row.get("head")) else { return Ok(Tree::default()) };
        let place = |row: &SqliteRow| {
            let id = TurnId::parse(row.get("id")).context("a stored id is unreadable")?;
            Ok(Place { id, seq: row.get("seq"), parent: row.get("parent") })
        };
        Ok(Tree::new(rows.iter().map(place).collect::<anyhow::Result<_>>()?, head))
    }

    async fn choose(&self, teacher: &TeacherId, id: &ConversationId, head: i64) -> anyhow::Result<bool> {
        let sql = "UPDATE conversations SET head = $1 WHERE id = $2 AND teacher_id = $3 AND deleted_at IS NULL \
                   AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.conversation_id = $2 AND t.status <> 'ended')";
        let query = sqlx::query(sql).bind(head).bind(id.as_str()).bind(teacher.as_str());
        Ok(self.alone(query).await? == 1)
    }

    async fn turn(&self, teacher: &TeacherId, id: &TurnId) -> anyhow::Result<Option<StoredTurn>> {
        let sql = concat!(select_turns!("WHERE teacher_id = $1 AND id = $2"), is_there!());
        let row = sqlx::query_as::<_, TurnRow>(sql).bind(teacher.as_str()).bind(id.as_str());
        row.fetch_optional(&self.reader).await?.map(TurnRow::read).transpose()
    }

    async fn posted(&self, teacher: &TeacherId, id: &ClientId) -> anyhow::Result<Option<StoredTurn>> {
        let sql = concat!(select_turns!("WHERE teacher_id = $1 AND client_id = $2"), is_there!());
        let row = sqlx::query_as::<_, TurnRow>(sql).bind(teacher.as_str()).bind(id.as_str());
        row.fetch_optional(&self.reader).await?.map(TurnRow::read).transpose()
    }

    async fn latest(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Option<StoredTurn>> {
        let sql = select_turns!(
            "WHERE teacher_id = $1 AND conversation_id = $2 AND seq = (SELECT head FROM conversations \
             WHERE id = $2 AND deleted_at IS NULL)"
        );
        let row = sqlx::query_as::<_, TurnRow>(sql).bind(teacher.as_str()).bind(id.as_str());
        row.fetch_optional(&self.reader).await?.map(TurnRow::read).transpose()
    }

    async fn notes(&self, id: &ConversationId) -> anyhow::Result<Vec<Note>> {
        let sql = "SELECT after_seq, about_seq, text FROM notes WHERE conversation_id = $1 ORDER BY id";
        let rows = sqlx::query(sql).bind(id.as_str()).fetch_all(&self.reader).await?;
        let note = |row: &SqliteRow| Note {
            after_seq: row.get("after_seq"),
            about: row.get("about_seq"),
            text: Trusted::kept(row.get("text")),
        };
        Ok(rows.iter().map(note).collect())
    }

    async fn add_note(&self, id: &ConversationId, about: i64, text: &Trusted, at: Timestamp) -> anyhow::Result<()> {
        let sql = "INSERT INTO notes (id, conversation_id, after_seq, about_seq, text, created_at) \
                   SELECT $1, $2, COALESCE(MAX(seq), 0), $3, $4, $5 FROM turns WHERE conversation_id = $2";
        let note = self.ids.ordered().simple().to_string();
        self.alone(sqlx::query(sql).bind(note).bind(id.as_str()).bind(about).bind(text.as_str()).bind(millis(at)))
            .await?;
        Ok(())
    }

    async fn unfinished(&self) -> anyhow::Result<Vec<StoredTurn>> {
        let sql = select_turns!("WHERE status <> 'ended' ORDER BY id");
        let rows = sqlx::query_as::<_, TurnRow>(sql).fetch_all(&self.reader).await?;
        rows.into_iter().map(TurnRow::read).collect()
    }
}

impl Store {
    /// Stores a turn that has changed, and all that is told with it.
    pub(super) async fn put_turn(
        &self,
        batch: &mut Batch,
        tx: &mut Transaction<'_, Sqlite>,
        stored: &StoredTurn,
        proposed: &[Approval],
    ) -> anyhow::Result<()> {
        update_turn(tx, stored).await?;
        for approval in proposed {
            approvals::insert(tx, approval).await?;
        }
        if stored.turn.status != Status::Running {
            shelf::index(batch, stored.teacher.as_str(), &stored.turn);
        }
        budgets::spend(batch, stored);
        let entries: Vec<_> = stored.noted.iter().cloned().chain(proposed.iter().map(|a| a.entry(None))).collect();
        self.write_down_with(batch, tx, &entries).await
    }

    /// On the disk before it returns: the teacher is told that it is kept.
    async fn start_turn(&self, new: NewTurn) -> anyhow::Result<Started> {
        let mut tx = self.write_durably().await?;
        if let Some(already) = by_client_id(&mut tx, &new).await? {
            return Ok(Started::Already(already));
        }
        if !budgets::take(&mut tx, &new.teacher, new.budget.day, Counted::Turns, new.budget.most).await? {
            return Ok(Started::NoneLeft);
        }
        let mut batch = Batch::default();
        let Some((seq, parent)) = next_place(&mut batch, &mut tx, &new).await? else {
            return Ok(Started::NoSuchConversation);
        };
        let stored = StoredTurn {
            turn: new.turn,
            teacher: new.teacher,
            conversation: new.conversation,
            seq,
            parent,
            client_id: new.client_id,
            version: 1,
            asked_at: new.at,
            noted: Vec::new(),
            spent: Vec::new(),
        };
        insert_turn(&mut batch, &stored)?;
        shelf::index(&mut batch, stored.teacher.as_str(), &stored.turn);
        match batch.run(&mut tx).await {
            Ok(()) => {}
            Err(sqlx::Error::Database(fault)) if fault.is_unique_violation() => return Ok(Started::Busy),
            Err(fault) => return Err(fault.into()),
        }
        tx.commit().await?;
        Ok(Started::New(stored))
    }
}

async fn by_client_id(tx: &mut Transaction<'_, Sqlite>, new: &NewTurn) -> anyhow::Result<Option<StoredTurn>> {
    let sql = select_turns!("WHERE teacher_id = $1 AND client_id = $2");
    let row = sqlx::query_as::<_, TurnRow>(sql).bind(new.teacher.as_str()).bind(new.client_id.as_str());
    row.fetch_optional(&mut **tx).await?.map(TurnRow::read).transpose()
}

/// The place of the next turn and of the one that it follows, in a conversation
/// that is made or moved to the top of the list; none when it is not there.
async fn next_place(
    batch: &mut Batch,
    tx: &mut Transaction<'_, Sqlite>,
    new: &NewTurn,
) -> anyhow::Result<Option<(i64, i64)>> {
    let now = millis(new.at);
    if let Some(title) = &new.title {
        let put =
            batch.next("INSERT INTO conversations (id, teacher_id, title, head, created_at, updated_at) VALUES (");
        put.push_bind(new.conversation.to_string()).push(", ").push_bind(new.teacher.to_string());
        put.push(", ").push_bind(title.clone()).push(", 1, ").push_bind(now).push(", ").push_bind(now).push(")");
        return Ok(Some((1, 0)));
    }
    let sql = "SELECT head FROM conversations WHERE id = $1 AND teacher_id = $2 AND deleted_at IS NULL";
    let head = sqlx::query_scalar(sql).bind(new.conversation.as_str()).bind(new.teacher.as_str());
    let Some(head): Option<i64> = head.fetch_optional(&mut **tx).await? else { return Ok(None) };
    let sql = "SELECT COALESCE(MAX(seq), 0) + 1 FROM turns WHERE conversation_id = $1";
    let seq: i64 = sqlx::query_scalar(sql).bind(new.conversation.as_str()).fetch_one(&mut **tx).await?;
    let moved = batch.next("UPDATE conversations SET updated_at = ");
    moved.push_bind(now).push(", head = ").push_bind(seq).push(" WHERE id = ").push_bind(new.conversation.to_string());
    Ok(Some((seq, new.follows.unwrap_or(head))))
}

/// Refuses a turn that was changed since it was read.
async fn update_turn(tx: &mut Transaction<'_, Sqlite>, stored: &StoredTurn) -> anyhow::Result<()> {
    let sql = "UPDATE turns SET status = $1, body = $2, version = version + 1 WHERE id = $3 AND version = $4";
    let updated = sqlx::query(sql)
        .bind(status_word(&stored.turn.status))
        .bind(serde_json::to_string(&stored.turn)?)
        .bind(stored.turn.id.as_str())
        .bind(stored.version)
        .execute(&mut **tx)
        .await?;
    anyhow::ensure!(updated.rows_affected() == 1, "turn {} was changed by somebody else", stored.turn.id);
    Ok(())
}

fn insert_turn(batch: &mut Batch, stored: &StoredTurn) -> serde_json::Result<()> {
    let body = serde_json::to_string(&stored.turn)?;
    let insert = batch.next(
        "INSERT INTO turns (id, teacher_id, conversation_id, seq, parent, client_id, status, body, version, asked_at) ",
    );
    insert.push_values([stored], |mut values, stored| {
        values
            .push_bind(stored.turn.id.to_string())
            .push_bind(stored.teacher.to_string())
            .push_bind(stored.conversation.to_string())
            .push_bind(stored.seq)
            .push_bind(stored.parent)
            .push_bind(stored.client_id.as_str().to_owned())
            .push_bind(status_word(&stored.turn.status))
            .push_bind(body.clone())
            .push_bind(stored.version)
            .push_bind(millis(stored.asked_at));
    });
    Ok(())
}
