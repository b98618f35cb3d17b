//! The turns that are alive: their events so far, and the way to stop them.
//!
//! A turn belongs to the server, not to a socket: a page that comes late, comes
//! back or comes twice reads the same log. The log lives as long as the turn
//! runs or waits; of a turn that is over the stored value tells everything.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
};

use tokio::sync::{OwnedMutexGuard, watch};
use tokio_util::sync::CancellationToken;

use super::{
    conversation::StoredTurn,
    event::Event,
    ids::{ConversationId, TurnId},
    turn::Status,
};

/// The log of one living turn.
#[derive(Debug)]
pub struct LiveTurn {
    /// Tells this log from one that the turn had before a restart.
    pub epoch: String,
    /// The turn as it stood before the first event.
    pub base: StoredTurn,
    events: Mutex<Vec<Arc<Event>>>,
    end: OnceLock<StoredTurn>,
    count: watch::Sender<usize>,
    stop: Mutex<CancellationToken>,
}

impl LiveTurn {
    fn new(epoch: String, base: StoredTurn) -> Self {
        let (events, stop) = (Mutex::default(), Mutex::default());
        Self { epoch, base, events, end: OnceLock::new(), count: watch::Sender::new(0), stop }
    }

    /// Whether a drive is at work on the turn, and will tell of its end here.
    pub fn is_at_work(&self) -> bool {
        let events = lock(&self.events);
        let work = events.iter().rev().find_map(|event| match **event {
            Event::TurnWaiting | Event::TurnFinished { .. } | Event::TurnFailed { .. } => Some(false),
            Event::TurnResumed => Some(true),
            _ => None,
        });
        work.unwrap_or(self.base.turn.status == Status::Running)
    }

    /// The turn as it was stored when it was over, to be told before the last event.
    pub fn stored_at_the_end(&self, stored: StoredTurn) {
        // It ends once.
        let _told = self.end.set(stored);
    }

    /// How it was stored when it was over, once that is told and where it could be.
    pub fn end(&self) -> Option<&StoredTurn> {
        self.end.get()
    }

    /// Stops what is driving the turn now; what drives it later is not stopped.
    pub fn stop(&self) {
        lock(&self.stop).cancel();
    }

    /// Whether what drives the turn now was told to stop.
    pub fn is_stopping(&self) -> bool {
        lock(&self.stop).is_cancelled()
    }

    /// A new drive begins: what fires when it is to stop.
    pub fn begin_drive(&self) -> CancellationToken {
        let fresh = CancellationToken::new();
        lock(&self.stop).clone_from(&fresh);
        fresh
    }

    /// Writes an event behind the others and wakes the readers.
    pub fn publish(&self, event: Event) {
        let count = {
            let mut events = lock(&self.events);
            events.push(Arc::new(event));
            events.len()
        };
        self.count.send_replace(count);
    }

    /// The events after the first `after` ones.
    pub fn since(&self, after: usize) -> Vec<Arc<Event>> {
        lock(&self.events).get(after..).unwrap_or_default().to_vec()
    }

    /// How many events there are, and how to wait for more.
    pub fn follow(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }
}

/// All living turns, and the lock of each conversation.
#[derive(Debug, Default)]
pub struct Live {
    turns: Mutex<HashMap<TurnId, Arc<LiveTurn>>>,
    locks: Mutex<HashMap<ConversationId, Weak<tokio::sync::Mutex<()>>>>,
}

/// The right to change a conversation's turns, held while one runs.
#[derive(Debug)]
pub struct ConversationLock(#[expect(dead_code, reason = "held, and let go when dropped")] OwnedMutexGuard<()>);

impl Live {
    /// The log of a turn, made if there is none. `epoch` names a new one.
    pub fn open(&self, stored: &StoredTurn, epoch: impl FnOnce() -> String) -> Arc<LiveTurn> {
        let mut turns = lock(&self.turns);
        let fresh = || Arc::new(LiveTurn::new(epoch(), stored.clone()));
        let entry = turns.entry(stored.turn.id.clone()).or_insert_with(fresh);
        Arc::clone(entry)
    }

    /// The log of a turn that is alive.
    pub fn find(&self, turn: &TurnId) -> Option<Arc<LiveTurn>> {
        lock(&self.turns).get(turn).map(Arc::clone)
    }

    /// Forgets a turn that is over; who reads its log reads it to the end.
    pub fn close(&self, turn: &TurnId) {
        lock(&self.turns).remove(turn);
    }

    /// How many turns are alive.
    pub fn count(&self) -> usize {
        lock(&self.turns).len()
    }

    /// Stops every turn: the server is going down.
    pub fn stop_all(&self) {
        for live in lock(&self.turns).values() {
            live.stop();
        }
    }

    /// Takes the lock of a conversation, in turn.
    pub async fn lock(&self, conversation: &ConversationId) -> ConversationLock {
        ConversationLock(self.mutex(conversation).lock_owned().await)
    }

    fn mutex(&self, conversation: &ConversationId) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = lock(&self.locks);
        if let Some(mutex) = locks.get(conversation).and_then(Weak::upgrade) {
            return mutex;
        }
        locks.retain(|_, mutex| mutex.strong_count() > 0);
        let mutex = Arc::default();
        locks.insert(conversation.clone(), Arc::downgrade(&mutex));
        mutex
    }
}

/// A panic while the lock was held cannot leave a vector or a map half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
