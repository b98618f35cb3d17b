//! What the model server was asked, kept for tests to assert on.
//!
//! Only the latest requests are kept, so that a demo left running does not grow.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// How many requests are remembered.
const KEPT: usize = 256;

/// One request to the model server.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The `Authorization` header as it came.
    pub authorization: Option<String>,
    /// The body, `null` when it was not JSON.
    pub body: Arc<Value>,
    fate: Arc<AtomicU8>,
}

/// What became of the answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is still being sent.
    Open,
    /// It was sent to its end.
    Finished,
    /// The reader went away before the end.
    Abandoned,
}

impl Recorded {
    /// What became of the answer so far.
    pub fn fate(&self) -> Fate {
        match self.fate.load(Ordering::Acquire) {
            0 => Fate::Open,
            1 => Fate::Finished,
            _ => Fate::Abandoned,
        }
    }
}

/// Tells the log how a stream ended; dropped before the end, it says "abandoned".
#[derive(Debug)]
pub struct Watch(Arc<AtomicU8>);

impl Watch {
    /// The answer is out.
    pub fn finished(&mut self) {
        self.0.store(1, Ordering::Release);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.compare_exchange(0, 2, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// The latest requests, oldest first.
#[derive(Debug, Default)]
pub struct RequestLog(Mutex<VecDeque<Recorded>>);

impl RequestLog {
    /// Notes a request and gives the watch over its answer.
    pub fn note(&self, authorization: Option<String>, body: Arc<Value>) -> Watch {
        let fate = Arc::new(AtomicU8::new(0));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Recorded { authorization, body, fate: Arc::clone(&fate) });
        Watch(fate)
    }

    /// The requests so far.
    pub fn all(&self) -> Vec<Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
