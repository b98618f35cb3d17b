//! What was read lately and is asked for with every request, in memory until it
//! changes: no other process changes it while this server has the file.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{sessions::Kept, today::Today};
use crate::{
    assistant::{ConversationId, branches::Tree},
    identity::{Caller, SignInId},
    school::TeacherId,
};

/// How many of a kind are remembered; then it begins anew.
const MOST: usize = 1_000;

/// All that is remembered.
#[derive(Clone, Default)]
pub(super) struct Memory {
    pub(super) today: Today,
    pub(super) sessions: Known<String, Kept>,
    pub(super) callers: Known<SignInId, Caller>,
    /// The turns of a conversation, with the teacher whose it is.
    pub(super) trees: Known<ConversationId, (TeacherId, Tree)>,
}

/// What a change makes out of date.
#[derive(Debug)]
pub(super) enum Stale {
    /// The session under this hash.
    Session(String),
    /// Who stands behind this sign-in.
    Caller(SignInId),
    /// Who stands behind any.
    Callers,
    /// The turns of this conversation.
    Tree(ConversationId),
    /// The turns of any.
    Trees,
}

impl Memory {
    /// To be called when the change is committed, before anybody is told.
    pub(super) fn forget(&self, stale: &Stale) {
        match stale {
            Stale::Session(key) => self.sessions.forget(key),
            Stale::Caller(sign_in) => self.callers.forget(sign_in),
            Stale::Callers => self.callers.forget_all(),
            Stale::Tree(conversation) => self.trees.forget(conversation),
            Stale::Trees => self.trees.forget_all(),
        }
    }
}

/// What is known of one kind.
#[derive(Debug)]
pub(super) struct Known<K, V>(Arc<Mutex<State<K, V>>>);

#[derive(Debug)]
struct State<K, V> {
    values: HashMap<K, V>,
    /// How often something was forgotten.
    forgotten: u64,
}

impl<K: Hash + Eq, V> State<K, V> {
    fn insert(&mut self, key: K, value: V) {
        if self.values.len() >= MOST {
            self.values.clear();
        }
        self.values.insert(key, value);
    }
}

/// When something was read: what was forgotten since may be what was read.
#[derive(Debug)]
pub(super) struct Ticket(u64);

impl<K, V> Clone for Known<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State { values: HashMap::new(), forgotten: 0 })))
    }
}

impl<K: Hash + Eq, V: Clone> Known<K, V> {
    /// What is remembered under a key, and otherwise the ticket to be drawn
    /// before it is read.
    pub(super) fn find(&self, key: &K) -> Result<V, Ticket> {
        let state = self.lock();
        state.values.get(key).cloned().ok_or(Ticket(state.forgotten))
    }

    /// Remembers what was read, unless something was forgotten meanwhile.
    pub(super) fn keep(&self, ticket: &Ticket, key: K, value: V) {
        let mut state = self.lock();
        if state.forgotten == ticket.0 {
            state.insert(key, value);
        }
    }

    /// Remembers what was just written under a key that nobody else has heard of.
    pub(super) fn learn(&self, key: K, value: V) {
        self.lock().insert(key, value);
    }

    fn forget(&self, key: &K) {
        let mut state = self.lock();
        state.forgotten += 1;
        state.values.remove(key);
    }

    fn forget_all(&self) {
        let mut state = self.lock();
        state.forgotten += 1;
        state.values.clear();
    }

    /// A panic while the lock was held cannot leave a map half-changed.
    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_it_changed_is_not_remembered() {
        let known = Known::<&str, i32>::default();
        let before = known.find(&"a").unwrap_err();
        known.forget(&"a");
        known.keep(&before, "a", 1);
        assert!(known.find(&"a").is_err(), "it was read before the change");
        let after = known.find(&"a").unwrap_err();
        known.keep(&after, "a", 2);
        assert_eq!(known.find(&"a").ok(), Some(2));
        known.forget_all();
        assert!(known.find(&"a").is_err());
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let known = Known::<usize, usize>::default();
        for key in 0..=MOST {
            let ticket = known.find(&key).unwrap_err();
            known.keep(&ticket, key, key);
        }
        assert_eq!(known.lock().values.len(), 1, "it began anew");
    }
}
