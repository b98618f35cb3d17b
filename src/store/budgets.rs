//! What each day has used. Each count is one statement, so that of two who
//! want the last one only one gets it.

use async_trait::async_trait;
use jiff::civil::Date;
use sqlx::{Row, Sqlite, Transaction};

use super::{Store, batch::Batch};
use crate::{
    assistant::{
        conversation::StoredTurn,
        limits::{Budgets, Counted, Spending, Spent},
    },
    school::TeacherId,
};

/// Counts one more, unless that would be more than `most`; says whether it did.
pub(super) async fn take(
    tx: &mut Transaction<'_, Sqlite>,
    teacher: &TeacherId,
    day: Date,
    what: Counted,
    most: u64,
) -> sqlx::Result<bool> {
    if most == 0 {
        return Ok(false);
    }
    let sql = match what {
        Counted::Turns => {
            "INSERT INTO budgets (day, teacher_id, turns, tokens, sends) VALUES ($1, $2, 1, 0, 0) \
             ON CONFLICT (day, teacher_id) DO UPDATE SET turns = budgets.turns + 1 WHERE budgets.turns < $3"
        }
        Counted::Sends => {
            "INSERT INTO budgets (day, teacher_id, turns, tokens, sends) VALUES ($1, $2, 0, 0, 1) \
             ON CONFLICT (day, teacher_id) DO UPDATE SET sends = budgets.sends + 1 WHERE budgets.sends < $3"
        }
    };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let row = sqlx::query(sql).bind(day.to_string()).bind(teacher.as_str()).bind(most);
    Ok(row.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Adds the tokens that a turn has used.
pub(super) fn spend(batch: &mut Batch, stored: &StoredTurn) {
    for Spending { day, tokens } in &stored.spent {
        let put = batch.next("INSERT INTO budgets (day, teacher_id, turns, tokens, sends) VALUES (");
        put.push_bind(day.to_string()).push(", ").push_bind(stored.teacher.to_string());
        put.push(", 0, ").push_bind(*tokens);
        put.push(", 0) ON CONFLICT (day, teacher_id) DO UPDATE SET tokens = budgets.tokens + excluded.tokens");
    }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

#[async_trait]
impl Budgets for Store {
    async fn take(&self, teacher: &TeacherId, day: Date, what: Counted, most: u64) -> anyhow::Result<bool> {
        let mut tx = self.write().await?;
        let taken = take(&mut tx, teacher, day, what, most).await?;
        tx.commit().await?;
        Ok(taken)
    }

    async fn give_back(&self, teacher: &TeacherId, day: Date, what: Counted) -> anyhow::Result<()> {
        let sql = match what {
            Counted::Turns => "UPDATE budgets SET turns = turns - 1 WHERE day = $1 AND teacher_id = $2 AND turns > 0",
            Counted::Sends => "UPDATE budgets SET sends = sends - 1 WHERE day = $1 AND teacher_id = $2 AND sends > 0",
        };
        self.alone(sqlx::query(sql).bind(day.to_string()).bind(teacher.as_str())).await?;
        Ok(())
    }

    async fn spent(&self, teacher: &TeacherId, day: Date) -> anyhow::Result<Spent> {
        let sql = "SELECT COALESCE(SUM(tokens), 0) AS site, \
                   COALESCE(SUM(CASE WHEN teacher_id = $2 THEN turns ELSE 0 END), 0) AS turns, \
                   COALESCE(SUM(CASE WHEN teacher_id = $2 THEN tokens ELSE 0 END), 0) AS tokens, \
                   COALESCE(SUM(CASE WHEN teacher_id = $2 THEN sends ELSE 0 END), 0) AS sends \
                   FROM budgets WHERE day = $1";
        let row = sqlx::query(sql).bind(day.to_string()).bind(teacher.as_str()).fetch_one(&self.reader).await?;
        Ok(Spent {
            turns: count(row.get("turns")),
            tokens: count(row.get("tokens")),
            sends: count(row.get("sends")),
            site_tokens: count(row.get("site")),
        })
    }
}
