//! What the server does by itself once a day: conversations that a teacher no
//! longer wants to keep are deleted.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::web::state::State;

const DAY: Duration = Duration::from_hours(24);

/// Tidies up now and then once a day, until `stop` fires.
pub(super) async fn run(state: State, stop: CancellationToken) {
    loop {
        tidy(&state).await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(DAY) => {}
        }
    }
}

async fn tidy(state: &State) {
    match state.forgetting.forget_old(state.clock.now()).await {
        Ok(0) => {}
        Ok(gone) => info!(conversations = gone, "deleted what was kept long enough"),
        Err(fault) => error!(error = format!("{fault:#}"), "old conversations could not be deleted"),
    }
}
