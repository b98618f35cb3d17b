//! Conversations as whole things: named, pinned, put away, searched.
//!
//! The search is a walk over folded text with LIKE, which every database has.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use super::{
    Store,
    batch::Batch,
    conversations::{conversation_columns, read_conversation},
    memory::Stale,
    millis,
    preferences::at_work,
    writer::{Change, Written},
};
use crate::{
    assistant::{
        ConversationId, TurnId,
        conversation::{Conversation, Conversations},
        search::{Wanted, folded},
        shelf::{Hit, PutAway, Shelf, Title},
        turn::Turn,
    },
    audit::{Entry, Kind},
    school::TeacherId,
};

/// A change of a conversation, without its statement yet.
fn changed(teacher: &TeacherId, id: &ConversationId, what: &str) -> Change {
    let entry = Entry { conversation: Some(id.to_string()), ..Entry::by(teacher, Kind::Data, what) };
    Change { entries: vec![entry], stale: vec![Stale::Tree(id.clone())], ..Change::new() }
}

#[async_trait]
impl Shelf for Store {
    async fn rename(&self, teacher: &TeacherId, id: &ConversationId, title: &Title) -> anyhow::Result<bool> {
        let mut change = changed(teacher, id, "conversation_renamed");
        change.batch.next("UPDATE conversations SET title = ").push_bind(title.as_str().to_owned());
        self.change(change, teacher, id, "deleted_at IS NULL").await
    }

    async fn pin(&self, teacher: &TeacherId, id: &ConversationId, pinned: bool) -> anyhow::Result<bool> {
        let what = if pinned { "conversation_pinned" } else { "conversation_unpinned" };
        let mut change = changed(teacher, id, what);
        let at = pinned.then(|| millis(self.clock.now()));
        change.batch.next("UPDATE conversations SET pinned_at = ").push_bind(at);
        self.change(change, teacher, id, "deleted_at IS NULL").await
    }

    async fn put_away(&self, teacher: &TeacherId, id: &ConversationId, now: Timestamp) -> anyhow::Result<PutAway> {
        let mut change = changed(teacher, id, "conversation_put_away");
        change.batch.next("UPDATE conversations SET deleted_at = ").push_bind(millis(now));
        if self.change(change, teacher, id, concat!("deleted_at IS NULL AND NOT ", at_work!())).await? {
            return Ok(PutAway::Done);
        }
        let is_there = self.conversation(teacher, id).await?.is_some();
        Ok(if is_there { PutAway::Busy } else { PutAway::NotThere })
    }

    async fn bring_back(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<bool> {
        let mut change = changed(teacher, id, "conversation_brought_back");
        change.batch.next("UPDATE conversations SET deleted_at = NULL");
        self.change(change, teacher, id, "deleted_at IS NOT NULL").await
    }

    async fn away(&self, teacher: &TeacherId) -> anyhow::Result<Vec<Conversation>> {
        let sql = concat!(
            "SELECT ",
            conversation_columns!(),
            " FROM conversations WHERE teacher_id = $1 AND deleted_at IS NOT NULL ORDER BY deleted_at DESC, id"
        );
        let rows = sqlx::query(sql).bind(teacher.as_str()).fetch_all(&self.reader).await?;
        rows.iter().map(read_conversation).collect()
    }

    async fn search(&self, teacher: &TeacherId, wanted: &Wanted, limit: i64) -> anyhow::Result<Vec<Hit>> {
        let turns = self.turns_with(teacher, wanted).await?;
        let mut hits = Vec::new();
        for conversation in self.list(teacher, i64::MAX).await? {
            let turn = turns.iter().find(|(of, _)| *of == conversation.id.as_str());
            if turn.is_none() && !wanted.is_in(&conversation.title) {
                continue;
            }
            let turn = match turn.and_then(|(_, turn)| TurnId::parse(turn)) {
                Some(id) => self.turn(teacher, &id).await?,
                None => None,
            };
            hits.push(Hit { conversation, turn });
            if i64::try_from(hits.len())? == limit {
                break;
            }
        }
        Ok(hits)
    }
}

impl Store {
    /// Changes a conversation where it stands as it must; says whether it did.
    async fn change(
        &self,
        mut change: Change,
        teacher: &TeacherId,
        id: &ConversationId,
        stands: &'static str,
    ) -> anyhow::Result<bool> {
        let update = change.batch.push(" WHERE id = ").push_bind(id.to_string());
        update.push(" AND teacher_id = ").push_bind(teacher.to_string());
        update.push(" AND ").push(stands).push(" RETURNING 1");
        change.batch.owes_a_row();
        Ok(matches!(self.writer.write(change).await?, Written::Kept(_)))
    }

    /// The conversations in a turn of which every word stands, each with the
    /// latest such turn.
    async fn turns_with(&self, teacher: &TeacherId, wanted: &Wanted) -> anyhow::Result<Vec<(String, String)>> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT t.conversation_id, MAX(t.id) AS turn_id FROM turn_words w JOIN turns t ON t.id = w.turn_id \
             WHERE w.teacher_id = ",
        );
        query.push_bind(teacher.as_str());
        for word in wanted.words() {
            query.push(" AND w.words LIKE ").push_bind(format!("%{}%", escaped(word))).push(" ESCAPE '\\'");
        }
        query.push(" GROUP BY t.conversation_id");
        let rows = query.build().fetch_all(&self.reader).await?;
        Ok(rows.iter().map(|row: &SqliteRow| (row.get("conversation_id"), row.get("turn_id"))).collect())
    }

    /// Makes what was said before there was a search findable.
    pub(super) async fn index_what_is_missing(&self) -> anyhow::Result<()> {
        let sql = "SELECT body FROM turns WHERE id NOT IN (SELECT turn_id FROM turn_words)";
        let mut tx = self.write().await?;
        for row in sqlx::query(sql).fetch_all(&mut *tx).await? {
            // What cannot be read is told of when somebody opens it.
            let Ok(turn) = serde_json::from_str::<Turn>(row.get("body")) else { continue };
            let mut batch = Batch::default();
            index(&mut batch, &turn);
            batch.run(&mut tx).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// What a percent sign or an underscore would mean to LIKE is taken from it.
fn escaped(word: &str) -> String {
    word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Keeps the words of a turn as they are searched: the teacher's and the answers.
pub(super) fn index(batch: &mut Batch, turn: &Turn) {
    let answers = turn.steps.iter().map(|step| step.text.as_str());
    let said = std::iter::once(turn.words.as_str()).chain(answers).collect::<Vec<_>>().join("\n");
    // Of a turn that could not begin there is nothing to find.
    let put = batch.next("INSERT INTO turn_words (turn_id, teacher_id, words) SELECT id, teacher_id, ");
    put.push_bind(folded(&said)).push(" FROM turns WHERE id = ").push_bind(turn.id.to_string());
    put.push(" ON CONFLICT (turn_id) DO UPDATE SET words = excluded.words");
}
