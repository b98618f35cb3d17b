//! What the model was sent.

use std::collections::HashMap;

use anyhow::Context;
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};

use super::{Store, batch::Batch, conversations::is_there, millis, timestamp};
use crate::{
    assistant::{
        ConversationId, TurnId,
        conversation::StoredTurn,
        model::{Message, ModelRequest, ToolSchema},
        seen::{Seen, SeenInAll, SeenRequest},
    },
    school::TeacherId,
};

#[async_trait]
impl Seen for Store {
    async fn keep(&self, stored: &mut StoredTurn, model: &str, request: &ModelRequest) -> anyhow::Result<()> {
        let mut tx = self.write().await?;
        let mut batch = Batch::default();
        let places = keep_messages(&mut batch, &mut tx, &stored.conversation, &request.messages).await?;
        keep_request(&mut batch, stored, model, &request.tools, &places, millis(self.clock.now()))?;
        self.put_turn(&mut batch, &mut tx, stored, &[]).await?;
        batch.run(&mut tx).await?;
        tx.commit().await?;
        stored.saved();
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

/// Keeps those that are new in the conversation, and tells the place of each.
async fn keep_messages(
    batch: &mut Batch,
    tx: &mut Transaction<'_, Sqlite>,
    conversation: &ConversationId,
    messages: &[Message],
) -> anyhow::Result<Vec<i64>> {
    let sql = "SELECT hash, place FROM seen_messages WHERE conversation_id = $1";
    let kept: Vec<(String, i64)> = sqlx::query_as(sql).bind(conversation.as_str()).fetch_all(&mut **tx).await?;
    let mut known: HashMap<String, i64> = kept.into_iter().collect();
    let mut last = known.values().copied().max().unwrap_or(0);
    let mut places = Vec::with_capacity(messages.len());
    let mut new = Vec::new();
    for message in messages {
        let body = serde_json::to_string(message)?;
        let place = *known.entry(hex::encode(Sha256::digest(&body))).or_insert_with_key(|hash| {
            last += 1;
            new.push((last, hash.clone(), body));
            last
        });
        places.push(place);
    }
    if !new.is_empty() {
        let insert = batch.next("INSERT INTO seen_messages (conversation_id, place, hash, body) ");
        insert.push_values(new, |mut values, (place, hash, body)| {
            values.push_bind(conversation.to_string()).push_bind(place).push_bind(hash).push_bind(body);
        });
    }
    Ok(places)
}

/// Keeps one more request of a turn: the names of its tools, and the places of
/// its messages.
fn keep_request(
    batch: &mut Batch,
    stored: &StoredTurn,
    model: &str,
    tools: &[ToolSchema],
    places: &[i64],
    now: i64,
) -> serde_json::Result<()> {
    let tools: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    let turn = stored.turn.id.as_str();
    let insert = batch.next("INSERT INTO seen_requests (turn_id, number, model, tools, messages, sent_at) SELECT ");
    insert.push_bind(turn.to_owned()).push(", COALESCE(MAX(number), 0) + 1, ").push_bind(model.to_owned());
    insert.push(", ").push_bind(serde_json::to_string(&tools)?);
    insert.push(", ").push_bind(serde_json::to_string(places)?).push(", ").push_bind(now);
    insert.push(" FROM seen_requests WHERE turn_id = ").push_bind(turn.to_owned());
    Ok(())
}
