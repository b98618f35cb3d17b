//! Waiting until a turn is over or waits for a person: for pages without a
//! script, and for scripts without a page.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::super::{error::PageError, state::State};
use crate::{
    assistant::{SayError, TurnId, conversation::StoredTurn, event::Event, live::LiveTurn, turn::Status},
    identity::Caller,
};

/// As long as a person waits for a page; then it shows what is there.
pub const FOR_A_PAGE: Duration = Duration::from_secs(25);

/// The turn once it is over or waits for a person, or as it stands when the
/// time is up.
pub async fn until_quiet(
    state: &State,
    caller: &Caller,
    turn: &TurnId,
    patience: Duration,
) -> Result<StoredTurn, PageError> {
    let until = Instant::now() + patience;
    loop {
        let watch = state.assistant.watch(caller, turn).await.map_err(|fault| match fault {
            SayError::NotFound | SayError::Busy | SayError::Limited(_) => PageError::NotFound,
            SayError::Broken(fault) => PageError::Broken(fault),
        })?;
        match (watch.stored.turn.status == Status::Running, watch.live) {
            (true, Some(live)) if timeout_at(until, quiet(&live)).await.is_ok() => {}
            _ => return Ok(watch.stored),
        }
    }
}

/// Returns when the latest event is one after which nothing happens by itself.
async fn quiet(live: &LiveTurn) {
    let mut count = live.follow();
    let rests = |count: &usize| {
        let last = live.since(count.saturating_sub(1));
        last.last().is_some_and(|event| event.is_last() || matches!(**event, Event::TurnWaiting))
    };
    // An error means that the log is closed: nothing happens any more.
    let _closed = count.wait_for(rests).await;
}
