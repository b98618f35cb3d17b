//! What each day has used. Each count is one statement, so that of two who
//! want the last one only one gets it.

use async_trait::async_trait;
use jiff::civil::Date;
use sqlx::Row;

use super::{
    Store,
    batch::Batch,
    today::{Counting, Used},
    writer::{Change, Written},
};
use crate::{
    assistant::limits::{Budgets, Counted, Spending, Spent},
    school::TeacherId,
};

/// One more or one less.
fn step(what: Counted, by: i64) -> Used {
    match what {
        Counted::Turns => Used { turns: by, ..Used::default() },
        Counted::Sends => Used { sends: by, ..Used::default() },
    }
}

/// Counts one more, unless that would be more than `most`: then a row is owed.
pub(super) fn take(change: &mut Change, teacher: &TeacherId, day: Date, what: Counted, most: u64) {
    let put = change.batch.next("INSERT INTO budgets (day, teacher_id, turns, tokens, sends) SELECT ");
    put.push_bind(day.to_string()).push(", ").push_bind(teacher.to_string());
    put.push(match what {
        Counted::Turns => ", 1, 0, 0 WHERE ",
        Counted::Sends => ", 0, 0, 1 WHERE ",
    });
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    put.push_bind(most);
    put.push(match what {
        Counted::Turns => {
            " > 0 ON CONFLICT (day, teacher_id) DO UPDATE SET turns = budgets.turns + 1 WHERE budgets.turns < "
        }
        Counted::Sends => {
            " > 0 ON CONFLICT (day, teacher_id) DO UPDATE SET sends = budgets.sends + 1 WHERE budgets.sends < "
        }
    });
    put.push_bind(most).push(" RETURNING 1 AS counted");
    change.batch.owes_a_row();
    change.counted.push(Counting { day, teacher: teacher.clone(), add: step(what, 1) });
}

/// Adds tokens that a teacher has used.
pub(super) fn spend(batch: &mut Batch, teacher: &TeacherId, spent: &[Spending]) -> Vec<Counting> {
    let counted = spent.iter().map(|Spending { day, tokens }| {
        let put = batch.next("INSERT INTO budgets (day, teacher_id, turns, tokens, sends) VALUES (");
        put.push_bind(day.to_string()).push(", ").push_bind(teacher.to_string());
        put.push(", 0, ").push_bind(*tokens);
        put.push(", 0) ON CONFLICT (day, teacher_id) DO UPDATE SET tokens = budgets.tokens + excluded.tokens");
        Counting { day: *day, teacher: teacher.clone(), add: Used { tokens: *tokens, ..Used::default() } }
    });
    counted.collect()
}

#[async_trait]
impl Budgets for Store {
    async fn take(&self, teacher: &TeacherId, day: Date, what: Counted, most: u64) -> anyhow::Result<bool> {
        let mut change = Change::new();
        take(&mut change, teacher, day, what, most);
        Ok(matches!(self.writer.write(change).await?, Written::Kept(_)))
    }

    async fn give_back(&self, teacher: &TeacherId, day: Date, what: Counted) -> anyhow::Result<()> {
        let mut change = Change::new();
        let put = change.batch.next(match what {
            Counted::Turns => "UPDATE budgets SET turns = turns - 1 WHERE turns > 0 AND day = ",
            Counted::Sends => "UPDATE budgets SET sends = sends - 1 WHERE sends > 0 AND day = ",
        });
        put.push_bind(day.to_string()).push(" AND teacher_id = ").push_bind(teacher.to_string());
        put.push(" RETURNING 1");
        change.batch.owes_a_row();
        change.counted.push(Counting { day, teacher: teacher.clone(), add: step(what, -1) });
        self.writer.write(change).await.map(drop)
    }

    async fn spent(&self, teacher: &TeacherId, day: Date) -> anyhow::Result<Spent> {
        if let Some(spent) = self.memory.today.spent(teacher, day) {
            return Ok(spent);
        }
        let ticket = self.memory.today.ticket();
        let sql = "SELECT teacher_id, turns, tokens, sends FROM budgets WHERE day = $1";
        let rows = sqlx::query(sql).bind(day.to_string()).fetch_all(&self.reader).await?;
        let used = rows.iter().map(|row| {
            let used = Used { turns: row.get("turns"), tokens: row.get("tokens"), sends: row.get("sends") };
            (TeacherId::new(row.get::<String, _>("teacher_id")), used)
        });
        Ok(self.memory.today.keep(&ticket, teacher, day, used.collect()))
    }
}
