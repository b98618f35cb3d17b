//! What the present day has used so far, in memory: it is asked before each
//! question to the model, and this is the only server that counts.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::civil::Date;

use crate::{assistant::limits::Spent, school::TeacherId};

/// What is added to what a teacher has used on a day.
#[derive(Debug, Clone)]
pub(super) struct Counting {
    pub(super) day: Date,
    pub(super) teacher: TeacherId,
    pub(super) add: Used,
}

/// What one teacher has used on one day, or has used more.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Used {
    pub(super) turns: i64,
    pub(super) tokens: i64,
    pub(super) sends: i64,
}

/// What a day has used, once it was read; after that it is counted along.
#[derive(Clone, Default)]
pub(super) struct Today(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    known: Option<Known>,
    /// How often something was counted.
    counts: u64,
    /// How many are about to count what may stand in the file already.
    counting: usize,
}

/// Something is being counted, until this is dropped.
pub(super) struct Underway(Today);

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.lock().counting -= 1;
    }
}

struct Known {
    day: Date,
    of: HashMap<TeacherId, Used>,
    site_tokens: i64,
}

impl Known {
    fn spent(&self, teacher: &TeacherId) -> Spent {
        let Used { turns, tokens, sends } = self.of.get(teacher).copied().unwrap_or_default();
        // An estimate can be corrected by more than was counted.
        let number = |count| u64::try_from(count).unwrap_or_default();
        Spent {
            turns: number(turns),
            tokens: number(tokens),
            sends: number(sends),
            site_tokens: number(self.site_tokens),
        }
    }
}

/// When a day was read: what was counted since is perhaps not in it.
pub(super) struct Ticket(u64);

impl Today {
    /// What a teacher has used, if that day is known.
    pub(super) fn spent(&self, teacher: &TeacherId, day: Date) -> Option<Spent> {
        let state = self.lock();
        Some(state.known.as_ref().filter(|known| known.day == day)?.spent(teacher))
    }

    /// To be drawn before a day is read.
    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.lock().counts)
    }

    /// To be held from before something is written until it is counted.
    pub(super) fn counting(&self) -> Underway {
        self.lock().counting += 1;
        Underway(self.clone())
    }

    /// Keeps a day that was read, unless something was counted meanwhile; tells
    /// what was read that a teacher has used.
    pub(super) fn keep(&self, ticket: &Ticket, teacher: &TeacherId, day: Date, of: HashMap<TeacherId, Used>) -> Spent {
        let site_tokens = of.values().map(|used| used.tokens).sum();
        let read = Known { day, of, site_tokens };
        let spent = read.spent(teacher);
        let mut state = self.lock();
        if state.counts == ticket.0 && state.counting == 0 {
            state.known = Some(read);
        }
        spent
    }

    /// Counts what was written into the store.
    pub(super) fn count(&self, counted: &[Counting]) {
        let mut state = self.lock();
        for Counting { day, teacher, add } in counted {
            state.counts += 1;
            let Some(known) = state.known.as_mut().filter(|known| known.day == *day) else { continue };
            let used = known.of.entry(teacher.clone()).or_default();
            used.turns += add.turns;
            used.tokens += add.tokens;
            used.sends += add.sends;
            known.site_tokens += add.tokens;
        }
    }

    /// A panic while the lock was held cannot leave a number half-changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_that_was_read_while_something_was_counted_is_not_kept() {
        let (today, ada, day) = (Today::default(), TeacherId::new("ada"), date(2026, 11, 21));
        let read = || HashMap::from([(ada.clone(), Used { turns: 1, ..Used::default() })]);
        let before = today.ticket();
        let counting = Counting { day, teacher: ada.clone(), add: Used { turns: 1, ..Used::default() } };
        today.count(std::slice::from_ref(&counting));
        assert_eq!(today.keep(&before, &ada, day, read()).turns, 1, "it is told as it was read");
        assert_eq!(today.spent(&ada, day), None, "and read again");
        let after = today.ticket();
        let underway = today.counting();
        today.keep(&after, &ada, day, read());
        assert_eq!(today.spent(&ada, day), None, "what is being counted may stand in it");
        drop(underway);
        today.keep(&after, &ada, day, read());
        today.count(&[counting]);
        assert_eq!(today.spent(&ada, day).unwrap().turns, 2);
        assert_eq!(today.spent(&ada, date(2026, 11, 22)), None, "of another day nothing is known");
    }
}
