//! A door that a test holds shut, so that nothing depends on who is faster.

use std::{fmt, sync::Arc};

use tokio_util::sync::CancellationToken;

/// Whatever comes to it waits until somebody opens it; then it stays open.
#[derive(Clone, Default)]
pub struct Gate(Arc<CancellationToken>);

impl Gate {
    /// Lets all pass, those who wait and those who come later.
    pub fn open(&self) {
        self.0.cancel();
    }

    /// Waits until it is open.
    pub(crate) async fn passed(&self) {
        self.0.cancelled().await;
    }
}

impl PartialEq for Gate {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Gate {}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_cancelled() { "open" } else { "shut" })
    }
}
