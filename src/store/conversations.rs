//! Conversations, their turns and notes.

use anyhow::{Context, bail};
use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{Column, FromRow, Row, sqlite::SqliteRow};

use super::{
    Store, approvals,
    batch::Batch,
    budgets,
    memory::Stale,
    millis, shelf, timestamp,
    writer::{Change, Written},
};
use crate::{
    assistant::{
        ClientId, ConversationId, TurnId,
        approval::Approval,
        branches::{Place, Tree},
        conversation::{Conversation, Conversations, NewTurn, Note, Started, StoredTurn},
        limits::Counted,
        seen::Kept,
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
        self.put_turn(Change::new(), stored, proposed).await
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
        let ticket = match self.memory.trees.find(id) {
            Ok((whose, tree)) => return Ok(if whose == *teacher { tree } else { Tree::default() }),
            Err(ticket) => ticket,
        };
        let tree = self.read_tree(teacher, id).await?;
        // Who finds none is perhaps somebody else than whose it is.
        if tree != Tree::default() {
            self.memory.trees.keep(&ticket, id.clone(), (teacher.clone(), tree.clone()));
        }
        Ok(tree)
    }

    async fn choose(&self, teacher: &TeacherId, id: &ConversationId, head: i64) -> anyhow::Result<bool> {
        let mut change = Change { stale: vec![Stale::Tree(id.clone())], ..Change::new() };
        let update = change.batch.next("UPDATE conversations SET head = ").push_bind(head);
        update.push(" WHERE id = ").push_bind(id.to_string()).push(" AND teacher_id = ").push_bind(teacher.to_string());
        update.push(" AND deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.conversation_id = ");
        update.push_bind(id.to_string()).push(" AND t.status <> 'ended') RETURNING 1");
        change.batch.owes_a_row();
        Ok(matches!(self.writer.write(change).await?, Written::Kept(_)))
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
    /// Stores a turn that was changed, and all that is told with it, besides what
    /// else the change holds. A turn that was changed since it was read is refused.
    pub(super) async fn put_turn(
        &self,
        mut change: Change,
        stored: &mut StoredTurn,
        proposed: &[Approval],
    ) -> anyhow::Result<()> {
        let batch = &mut change.batch;
        update_turn(batch, stored)?;
        for approval in proposed {
            approvals::insert(batch, approval)?;
        }
        if stored.turn.status != Status::Running {
            shelf::index(batch, &stored.turn);
        }
        change.counted.extend(budgets::spend(batch, &stored.teacher, &stored.spent));
        change.entries = stored.noted.iter().cloned().chain(proposed.iter().map(|a| a.entry(None))).collect();
        match self.writer.write(change).await? {
            Written::Kept(_) => {
                stored.saved();
                Ok(())
            }
            Written::Undone(_) => bail!("turn {} was changed by somebody else", stored.turn.id),
        }
    }

    async fn read_tree(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Tree> {
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

    /// The turn of a message, also where its conversation was put away.
    async fn by_client_id(&self, teacher: &TeacherId, id: &ClientId) -> anyhow::Result<Option<StoredTurn>> {
        let sql = select_turns!("WHERE teacher_id = $1 AND client_id = $2");
        let row = sqlx::query_as::<_, TurnRow>(sql).bind(teacher.as_str()).bind(id.as_str());
        row.fetch_optional(&self.reader).await?.map(TurnRow::read).transpose()
    }

    /// On the disk before it returns: the teacher is told that it is kept.
    async fn start_turn(&self, new: NewTurn) -> anyhow::Result<Started> {
        let stale = vec![Stale::Tree(new.conversation.clone())];
        let mut change = Change { durable: true, stale, ..Change::new() };
        budgets::take(&mut change, &new.teacher, new.budget.day, Counted::Turns, new.budget.most);
        begin_turn(&mut change.batch, &new)?;
        shelf::index(&mut change.batch, &new.turn);
        let mut kept = Kept::default();
        if let Some(question) = &new.question {
            kept = self.put_question(&mut change, &new.conversation, &new.turn.id, &kept, question)?;
            change.counted.extend(budgets::spend(&mut change.batch, &new.teacher, &[question.read]));
        }
        match self.writer.write(change).await {
            Ok(Written::Kept(rows)) => {
                let row = find(&rows, "seq").context("a turn began nowhere")?;
                if new.title.is_some() {
                    let known = (new.teacher.clone(), Tree::of_one(&new.turn.id));
                    self.memory.trees.learn(new.conversation.clone(), known);
                }
                Ok(Started::New(new.at(row.get("seq"), row.get("parent")), kept))
            }
            Ok(Written::Undone(rows)) if find(&rows, "counted").is_none() => Ok(Started::NoneLeft),
            Ok(Written::Undone(_)) => Ok(Started::NoSuchConversation),
            Err(fault) if is_double(&fault) => {
                let already = self.by_client_id(&new.teacher, &new.client_id).await?;
                Ok(already.map_or(Started::Busy, Started::Already))
            }
            Err(fault) => Err(fault),
        }
    }
}

/// Something that can be there once was there before.
fn is_double(fault: &anyhow::Error) -> bool {
    let database = fault.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
    database.is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// The row in which there is something of this name.
fn find<'a>(rows: &'a [SqliteRow], name: &str) -> Option<&'a SqliteRow> {
    rows.iter().find(|row| row.columns().iter().any(|column| column.name() == name))
}

/// Adds a turn behind the one that it follows, in a conversation that is made or
/// moved to the top of the list; a row is owed when that is not there.
fn begin_turn(batch: &mut Batch, new: &NewTurn) -> serde_json::Result<()> {
    let now = millis(new.at);
    if let Some(title) = &new.title {
        let put =
            batch.next("INSERT INTO conversations (id, teacher_id, title, head, created_at, updated_at) VALUES (");
        put.push_bind(new.conversation.to_string()).push(", ").push_bind(new.teacher.to_string());
        put.push(", ").push_bind(title.clone()).push(", 0, ").push_bind(now).push(", ").push_bind(now).push(")");
    }
    let insert = batch.next(
        "INSERT INTO turns (id, teacher_id, conversation_id, seq, parent, client_id, status, body, version, asked_at) \
         SELECT ",
    );
    insert.push_bind(new.turn.id.to_string());
    insert.push(
        ", c.teacher_id, c.id, (SELECT COALESCE(MAX(t.seq), 0) + 1 FROM turns t WHERE t.conversation_id = c.id), ",
    );
    insert.push("COALESCE(").push_bind(new.follows).push(", c.head), ");
    insert.push_bind(new.client_id.as_str().to_owned());
    insert.push(", ").push_bind(status_word(&new.turn.status));
    insert.push(", ").push_bind(serde_json::to_string(&new.turn)?);
    insert.push(", 1, ").push_bind(now);
    insert.push(" FROM conversations c WHERE c.id = ").push_bind(new.conversation.to_string());
    insert.push(" AND c.teacher_id = ").push_bind(new.teacher.to_string());
    insert.push(" AND c.deleted_at IS NULL RETURNING seq, parent");
    batch.owes_a_row();
    let moved = batch.next("UPDATE conversations SET updated_at = ");
    moved.push_bind(now);
    moved.push(", head = (SELECT MAX(t.seq) FROM turns t WHERE t.conversation_id = conversations.id) WHERE id = ");
    moved.push_bind(new.conversation.to_string());
    Ok(())
}

/// Changes a turn, and owes a row where that was changed since it was read.
fn update_turn(batch: &mut Batch, stored: &StoredTurn) -> serde_json::Result<()> {
    let put = batch.next("UPDATE turns SET status = ");
    put.push_bind(status_word(&stored.turn.status));
    put.push(", body = ").push_bind(serde_json::to_string(&stored.turn)?);
    put.push(", version = version + 1 WHERE id = ").push_bind(stored.turn.id.to_string());
    put.push(" AND version = ").push_bind(stored.version).push(" RETURNING 1");
    batch.owes_a_row();
    Ok(())
}
