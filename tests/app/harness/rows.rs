//! The rows of the database, read by a connection of their own: what would be
//! there if the application died now.

use std::path::Path;

use serde_json::Value;
use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{Site, TestApp};

/// A turn as it lies in the database.
#[derive(Debug, Clone)]
pub struct TurnRow {
    /// "running", "waiting" or "ended".
    pub status: String,
    /// Such as "done"; empty while it is not over.
    pub ending: String,
    /// What the teacher said.
    pub words: String,
    /// Its place in the conversation.
    pub seq: i64,
    /// The whole value.
    pub body: Value,
}

impl TurnRow {
    /// All that the model said, one step a line.
    pub fn text(&self) -> String {
        let steps = self.body["steps"].as_array().unwrap().iter();
        steps.map(|step| step["text"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
    }

    /// How many calls of tools it holds.
    pub fn calls(&self) -> usize {
        self.body["steps"].as_array().unwrap().iter().map(|step| step["calls"].as_array().unwrap().len()).sum()
    }
}

/// A draft as it lies in the database.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftRow {
    pub id: String,
    pub state: String,
    pub revision: i64,
    pub outcome: Value,
}

impl Site {
    /// One turn.
    pub async fn turn_row(&self, id: &str) -> TurnRow {
        one_turn(&self.database(), id).await
    }
}

impl TestApp {
    async fn connection(&self) -> SqliteConnection {
        connection(&self.database_file()).await
    }

    /// All turns, in the order in which they were asked.
    pub async fn turn_rows(&self) -> Vec<TurnRow> {
        let sql = "SELECT status, seq, body FROM turns ORDER BY conversation_id, seq";
        let rows = sqlx::query(sql).fetch_all(&mut self.connection().await).await.unwrap();
        rows.iter().map(|row| turn_row(row.get("status"), row.get("seq"), row.get("body"))).collect()
    }

    /// One turn.
    pub async fn turn_row(&self, id: &str) -> TurnRow {
        one_turn(&self.database_file(), id).await
    }

    /// All drafts, oldest first.
    pub async fn draft_rows(&self) -> Vec<DraftRow> {
        let sql = "SELECT id, state, revision, outcome FROM approvals ORDER BY created_at, turn_id, call_id";
        let rows = sqlx::query(sql).fetch_all(&mut self.connection().await).await.unwrap();
        let outcome = |text: Option<&str>| text.map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
        let read = |row: &sqlx::sqlite::SqliteRow| DraftRow {
            id: row.get("id"),
            state: row.get("state"),
            revision: row.get("revision"),
            outcome: outcome(row.get("outcome")),
        };
        rows.iter().map(read).collect()
    }

    /// The states of all drafts, oldest first.
    pub async fn draft_states(&self) -> Vec<String> {
        self.draft_rows().await.into_iter().map(|draft| draft.state).collect()
    }

    /// How many sessions there are, and how many sign-ins: each is enough to lock somebody out.
    pub async fn sessions_and_sign_ins(&self) -> (i64, i64) {
        let sql = "SELECT (SELECT COUNT(*) FROM sessions), (SELECT COUNT(*) FROM sign_ins)";
        sqlx::query_as(sql).fetch_one(&mut self.connection().await).await.unwrap()
    }

    /// How many sign-ins hold a refresh token.
    pub async fn kept_refresh_tokens(&self) -> i64 {
        let sql = "SELECT COUNT(refresh_token) FROM sign_ins";
        sqlx::query_scalar(sql).fetch_one(&mut self.connection().await).await.unwrap()
    }
}

/// A look at a database that somebody may be using.
pub async fn connection(database: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn one_turn(database: &Path, id: &str) -> TurnRow {
    let query = sqlx::query("SELECT status, seq, body FROM turns WHERE id = $1").bind(id);
    let row = query.fetch_one(&mut connection(database).await).await.unwrap();
    turn_row(row.get("status"), row.get("seq"), row.get("body"))
}

fn turn_row(status: String, seq: i64, body: &str) -> TurnRow {
    let body: Value = serde_json::from_str(body).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    TurnRow { status, ending: text(&body["status"]["ending"]["ending"]), words: text(&body["words"]), seq, body }
}
