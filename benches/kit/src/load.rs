//! Many visitors at once, each with one turn after the other.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, mpsc},
    time::{Instant, sleep, timeout},
};

use crate::{ask::Ask, visitor::Visitor};

/// What came of it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    /// Whole answers within the window, a second.
    pub(crate) per_second: f64,
    /// Whole answers in all.
    pub(crate) turns: u32,
    /// Times to the first word, sorted.
    pub(crate) firsts: Vec<Duration>,
    /// What went wrong.
    pub(crate) errors: Vec<String>,
}

impl Tally {
    /// The time to the first word that `percent` of the turns kept.
    pub(crate) fn first(&self, percent: usize) -> Duration {
        let at = (self.firsts.len() * percent).div_ceil(100).saturating_sub(1);
        self.firsts.get(at).copied().unwrap_or_default()
    }
}

/// Turns for a while: a closed loop, each visitor waiting for one answer before
/// the next question. The warm-up is not counted, and nothing is cut off.
pub(crate) async fn storm(visitors: &[Visitor], ask: Ask, warm: Duration, window: Duration) -> Tally {
    let opens = Instant::now() + warm;
    let closes = opens + window;
    let (tell, mut told) = mpsc::unbounded_channel();
    for visitor in visitors {
        let (visitor, tell) = (visitor.clone(), tell.clone());
        tokio::spawn(async move {
            while Instant::now() < closes {
                let answer = visitor.turn(&ask, None).await;
                let failed = answer.is_err();
                let _heard = tell.send((Instant::now(), answer));
                if failed {
                    sleep(Duration::from_millis(100)).await;
                }
            }
        });
    }
    drop(tell);
    let mut tally = Tally::default();
    let mut within = 0u32;
    while let Some((at, answer)) = told.recv().await {
        match answer {
            Ok(answer) => {
                tally.turns += 1;
                if (opens..closes).contains(&at) {
                    within += 1;
                    tally.firsts.push(answer.first);
                }
            }
            Err(fault) => tally.errors.push(format!("{fault:#}")),
        }
    }
    tally.firsts.sort_unstable();
    tally.per_second = f64::from(within) / window.as_secs_f64();
    tally
}

/// A number of turns for each visitor.
pub(crate) async fn turns(visitors: &[Visitor], ask: Ask, each: u32) -> Tally {
    let (tell, mut told) = mpsc::unbounded_channel();
    for visitor in visitors {
        let (visitor, tell) = (visitor.clone(), tell.clone());
        tokio::spawn(async move {
            for _ in 0..each {
                let _heard = tell.send(visitor.turn(&ask, None).await);
            }
        });
    }
    drop(tell);
    let mut tally = Tally::default();
    while let Some(answer) = told.recv().await {
        match answer {
            Ok(_) => tally.turns += 1,
            Err(fault) => tally.errors.push(format!("{fault:#}")),
        }
    }
    tally
}

/// Between two streams that are to be held: people do not ask in one instant.
const APART: Duration = Duration::from_millis(8);

/// Opens `count` streams and holds them; `look` is called while all are open.
/// Returns what it saw when every answer came to its end.
pub(crate) async fn hold<T>(
    visitors: &[Visitor],
    ask: Ask,
    count: u32,
    look: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let begun = Arc::new(Semaphore::new(0));
    let mut at = Duration::ZERO;
    let turns: Vec<_> = visitors
        .iter()
        .cycle()
        .take(usize::try_from(count)?)
        .map(|visitor| {
            let (visitor, begun) = (visitor.clone(), Arc::clone(&begun));
            at += APART;
            tokio::spawn(async move {
                sleep(at).await;
                visitor.turn(&ask, Some(begun)).await
            })
        })
        .collect();
    let all = timeout(ask.stall.mul_f64(0.8), begun.acquire_many(count)).await;
    anyhow::ensure!(all.is_ok(), "only {} of {count} streams opened in time", begun.available_permits());
    sleep(Duration::from_secs(1)).await;
    let seen = look();
    for turn in turns {
        turn.await??;
    }
    seen
}
