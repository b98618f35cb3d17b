//! What the model was sent.

use std::collections::HashMap;

use anyhow::Context;
use async_trait::async_trait;
use sha2::{Digest, Sha256};
use sqlx::{Row, Sqlite, Transaction, sqlite::SqliteRow};

use super::{Store, conversations::is_there, millis, timestamp};
use crate::{
    assistant::{
        ConversationId, TurnId,
        model::{Message, ModelRequest},
        seen::{Seen, SeenInAll, SeenRequest},
    },
    school::TeacherId,
};

#[async_trait]
impl Seen for Store {
    async fn keep(
        &self,
        conversation: &ConversationId,
        turn: &TurnId,
        model: &str,
        request: &ModelRequest,
    ) -> anyhow::Result<()> {
        let tools: Vec<&str> = request.tools.iter().map(|tool| tool.name.as_str()).collect();
        let mut tx = self.write().await?;
        let places = keep_messages(&mut tx, conversation, &request.messages).await?;
        let sql = "INSERT INTO seen_requests (turn_id, number, model, tools, messages, sent_at) \
                   SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5 FROM seen_requests WHERE turn_id = $1";
        sqlx::query(sql)
            .bind(turn.as_str())
            .bind(model)
            .bind(serde_json::to_string(&tools)?)
            .bind(serde_json::to_string(&places)?)
            .bind(millis(self.clock.now()))
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
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
    tx: &mut Transaction<'_, Sqlite>,
    conversation: &ConversationId,
    messages: &[Message],
) -> anyhow::Result<Vec<i64>> {
    let sql = "SELECT hash, place FROM seen_messages WHERE conversation_id = $1";
    let kept: Vec<(String, i64)> = sqlx::query_as(sql).bind(conversation.as_str()).fetch_all(&mut **tx).await?;
    let mut known: HashMap<String, i64> = kept.into_iter().collect();
    let mut last = known.values().copied().max().unwrap_or(0);
    let mut places = Vec::with_capacity(messages.len());
    for message in messages {
        let body = serde_json::to_string(message)?;
        let hash = hex::encode(Sha256::digest(&body));
        if let Some(place) = known.get(&hash) {
            places.push(*place);
            continue;
        }
        last += 1;
        let sql = "INSERT INTO seen_messages (conversation_id, place, hash, body) VALUES ($1, $2, $3, $4)";
        let row = sqlx::query(sql).bind(conversation.as_str()).bind(last).bind(&hash).bind(&body);
        row.execute(&mut **tx).await?;
        known.insert(hash, last);
        places.push(last);
    }
    Ok(places)
}
