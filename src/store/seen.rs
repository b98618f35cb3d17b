//! What the model was sent.

use anyhow::Context;
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, batch::Batch, budgets, conversations::is_there, millis, timestamp, writer::Change};
use crate::{
    assistant::{
        ConversationId, TurnId,
        conversation::StoredTurn,
        model::{Message, Question},
        seen::{Kept, Seen, SeenInAll, SeenRequest},
    },
    school::TeacherId,
};

#[async_trait]
impl Seen for Store {
    async fn kept(&self, conversation: &ConversationId) -> anyhow::Result<Kept> {
        let sql = "SELECT hash, place FROM seen_messages WHERE conversation_id = $1";
        let kept: Vec<(String, i64)> = sqlx::query_as(sql).bind(conversation.as_str()).fetch_all(&self.reader).await?;
        Ok(Kept(kept.into_iter().collect()))
    }

    async fn keep(&self, stored: &mut StoredTurn, kept: &mut Kept, question: &Question) -> anyhow::Result<()> {
        let mut change = Change::new();
        let new = self.put_question(&mut change, &stored.conversation, &stored.turn.id, kept, question)?;
        change.counted = budgets::spend(&mut change.batch, &stored.teacher, &[question.read]);
        self.put_turn(change, stored, &[]).await?;
        kept.0.extend(new.0);
        Ok(())
    }

    async fn seen(&self, teacher: &TeacherId, conversation: &ConversationId) -> anyhow::Result<SeenInAll> {
        // The requests first: what they name was kept with them.
        let sql = concat!(
            "SELECT turn_id, model, tools, messages, sent_at FROM seen_requests JOIN turns ON turns.id = turn_id \
             WHERE teacher_id = $1 AND conversation_id = $2",
            is_there!(),
            "ORDER BY seq, number"
        );
        let rows = sqlx::query(sql).bind(teacher.as_str()).bind(conversation.as_str());
        let requests = rows.fetch_all(&self.reader).await?;
        let requests = requests.iter().map(read_request).collect::<anyhow::Result<_>>()?;
        let sql = "SELECT place, body FROM seen_messages WHERE conversation_id = $2 AND conversation_id IN \
                   (SELECT id FROM conversations WHERE teacher_id = $1 AND deleted_at IS NULL)";
        let rows = sqlx::query(sql).bind(teacher.as_str()).bind(conversation.as_str());
        let read = |row: &SqliteRow| Ok((row.get("place"), serde_json::from_str(row.get("body"))?));
        let messages = rows.fetch_all(&self.reader).await?.iter().map(read).collect::<serde_json::Result<_>>();
        Ok(SeenInAll { messages: messages.context("a kept message is unreadable")?, requests })
    }
}

fn read_request(row: &SqliteRow) -> anyhow::Result<SeenRequest> {
    Ok(SeenRequest {
        turn: TurnId::parse(row.get("turn_id")).context("a stored id is unreadable")?,
        model: row.get("model"),
        tools: serde_json::from_str(row.get("tools")).context("a kept request is unreadable")?,
        messages: serde_json::from_str(row.get("messages")).context("a kept request is unreadable")?,
        sent_at: timestamp(row.get("sent_at"))?,
    })
}

impl Store {
    /// Adds a question to a change: those of its messages that are new in the
    /// conversation, and the request itself. Gives what is new.
    pub(super) fn put_question(
        &self,
        change: &mut Change,
        conversation: &ConversationId,
        turn: &TurnId,
        kept: &Kept,
        question: &Question,
    ) -> serde_json::Result<Kept> {
        let Question { request, model, .. } = question;
        let (places, new) = put_messages(&mut change.batch, conversation, kept, &request.messages)?;
        let tools: Vec<&str> = request.tools.iter().map(|tool| tool.name.as_str()).collect();
        let insert =
            change.batch.next("INSERT INTO seen_requests (turn_id, number, model, tools, messages, sent_at) SELECT ");
        insert.push_bind(turn.to_string()).push(", COALESCE(MAX(number), 0) + 1, ").push_bind(model.clone());
        insert.push(", ").push_bind(serde_json::to_string(&tools)?);
        insert.push(", ").push_bind(serde_json::to_string(&places)?);
        insert.push(", ").push_bind(millis(self.clock.now()));
        insert.push(" FROM seen_requests WHERE turn_id = ").push_bind(turn.to_string());
        Ok(new)
    }
}

/// Adds the messages that are new in the conversation; tells the place of each,
/// and which are new.
fn put_messages(
    batch: &mut Batch,
    conversation: &ConversationId,
    kept: &Kept,
    messages: &[Message],
) -> serde_json::Result<(Vec<i64>, Kept)> {
    let mut last = kept.0.values().copied().max().unwrap_or(0);
    let mut places = Vec::with_capacity(messages.len());
    let mut new = Kept::default();
    let mut rows = Vec::new();
    for message in messages {
        let body = serde_json::to_string(message)?;
        let hash = hex::encode(Sha256::digest(&body));
        let known = kept.0.get(&hash).or_else(|| new.0.get(&hash)).copied();
        places.push(known.unwrap_or_else(|| {
            last += 1;
            new.0.insert(hash.clone(), last);
            rows.push((last, hash, body));
            last
        }));
    }
    if !rows.is_empty() {
        let insert = batch.next("INSERT INTO seen_messages (conversation_id, place, hash, body) ");
        insert.push_values(rows, |mut values, (place, hash, body)| {
            values.push_bind(conversation.to_string()).push_bind(place).push_bind(hash).push_bind(body);
        });
    }
    Ok((places, new))
}
