//! The flaws that teachers ran into since the start.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::Flaw;

/// Counts them: how often, and when last. Whose they were is not kept.
#[derive(Debug)]
pub struct Met {
    since: Timestamp,
    seen: Mutex<BTreeMap<Flaw, (u64, Timestamp)>>,
}

/// How often a flaw was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// What is wrong.
    pub flaw: Flaw,
    /// How often.
    pub count: u64,
    /// When last.
    pub last: Timestamp,
}

impl Met {
    /// None yet.
    pub fn since(since: Timestamp) -> Self {
        Self { since, seen: Mutex::default() }
    }

    /// Since when they are counted.
    pub fn begun_at(&self) -> Timestamp {
        self.since
    }

    /// One was met just now.
    pub fn note(&self, flaw: Flaw, now: Timestamp) {
        let mut seen = self.seen();
        let (count, last) = seen.entry(flaw).or_insert((0, now));
        (*count, *last) = (count.saturating_add(1), now);
    }

    /// All that were met, the latest first.
    pub fn all(&self) -> Vec<Times> {
        let mut all: Vec<Times> =
            self.seen().iter().map(|(&flaw, &(count, last))| Times { flaw, count, last }).collect();
        all.sort_by_key(|times| std::cmp::Reverse(times.last));
        all
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<Flaw, (u64, Timestamp)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flaw_is_counted_by_itself_and_the_latest_stands_first() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let met = Met::since(at(0));
        assert!(met.all().is_empty());
        for (flaw, second) in [(Flaw::Policy, 1), (Flaw::Testing, 2), (Flaw::Policy, 3)] {
            met.note(flaw, at(second));
        }
        let policy = Times { flaw: Flaw::Policy, count: 2, last: at(3) };
        assert_eq!(met.all(), [policy, Times { flaw: Flaw::Testing, count: 1, last: at(2) }]);
    }
}
