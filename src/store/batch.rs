//! Statements that go to the database together, one after the other: for most of
//! them the way there and back takes longer than they do.

use std::fmt::Display;

use sqlx::{QueryBuilder, Sqlite, SqliteConnection, sqlite::SqliteRow};

/// Statements that are sent in one piece. The first that fails is the last.
#[derive(Default)]
pub(super) struct Batch {
    sql: QueryBuilder<Sqlite>,
    owed: usize,
}

impl Batch {
    /// One that begins with statements which give nothing back.
    pub(super) fn behind(sql: &str) -> Self {
        Self { sql: QueryBuilder::new(sql), owed: 0 }
    }

    /// Begins the next statement.
    pub(super) fn next(&mut self, sql: impl Display) -> &mut QueryBuilder<Sqlite> {
        if !self.is_empty() {
            self.sql.push("; ");
        }
        self.sql.push(sql)
    }

    /// Goes on with the statement that was begun last.
    pub(super) fn push(&mut self, sql: impl Display) -> &mut QueryBuilder<Sqlite> {
        self.sql.push(sql)
    }

    /// The statement that was begun last has to give one row back, by `RETURNING`.
    pub(super) fn owes_a_row(&mut self) {
        self.owed += 1;
    }

    /// How many rows are to come back.
    pub(super) fn owed(&self) -> usize {
        self.owed
    }

    fn is_empty(&self) -> bool {
        self.sql.sql().as_str().is_empty()
    }

    /// Runs them all, if there are any; gives the rows that came back.
    pub(super) async fn run(mut self, connection: &mut SqliteConnection) -> sqlx::Result<Vec<SqliteRow>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        self.sql.build().fetch_all(connection).await
    }
}
