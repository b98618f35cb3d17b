//! Statements that go to the database together, one after the other: for most of
//! them the way there and back takes longer than they do.

use std::fmt::Display;

use sqlx::{QueryBuilder, Sqlite, Transaction};

/// Statements whose answers nobody waits for. The first that fails is the last.
#[derive(Default)]
pub(super) struct Batch(QueryBuilder<Sqlite>);

impl Batch {
    /// Begins the next statement.
    pub(super) fn next(&mut self, sql: impl Display) -> &mut QueryBuilder<Sqlite> {
        if !self.0.sql().as_str().is_empty() {
            self.0.push("; ");
        }
        self.0.push(sql)
    }

    /// Runs them all, if there are any.
    pub(super) async fn run(mut self, tx: &mut Transaction<'_, Sqlite>) -> sqlx::Result<()> {
        if self.0.sql().as_str().is_empty() {
            return Ok(());
        }
        self.0.build().execute(&mut **tx).await.map(drop)
    }
}
