//! Places at work: how many turns of a teacher run at once, and the doors through
//! which messages come in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::sync::{Notify, OwnedMutexGuard};

use super::ids::ClientId;
use crate::school::TeacherId;

/// Held by the one that is being taken in.
type Door = Weak<tokio::sync::Mutex<()>>;

/// Who has how many turns at work, and which messages are being taken in.
#[derive(Debug, Default)]
pub(super) struct Places {
    shared: Arc<Shared>,
    doors: Mutex<HashMap<(TeacherId, ClientId), Door>>,
}

#[derive(Debug, Default)]
struct Shared {
    taken: Mutex<HashMap<TeacherId, Taken>>,
    /// A place was given back, or what was about to begin has begun.
    changed: Notify,
}

/// The places of one teacher.
#[derive(Debug, Clone, Copy, Default)]
struct Taken {
    /// By turns at work.
    working: usize,
    /// By what may become a turn at work, or nothing.
    beginning: usize,
}

/// A place for a turn; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    teacher: TeacherId,
    works: bool,
    shared: Arc<Shared>,
}

impl Places {
    /// One after the other: the same message posted twice at once begins one turn,
    /// and the second sees it.
    pub(super) async fn door(&self, teacher: &TeacherId, message: &ClientId) -> OwnedMutexGuard<()> {
        let door = {
            let mut doors = lock(&self.doors);
            doors.retain(|_, door| door.strong_count() > 0);
            let door = doors.entry((teacher.clone(), message.clone())).or_default();
            door.upgrade().unwrap_or_else(|| {
                let new = Arc::default();
                *door = Arc::downgrade(&new);
                new
            })
        };
        door.lock_owned().await
    }

    /// A place for what is about to begin, unless the teacher has `most` turns at
    /// work. Where the last places are taken by what is about to begin as well, it
    /// waits to see what becomes of that.
    pub(super) async fn take(&self, teacher: &TeacherId, most: usize) -> Option<Place> {
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            {
                let mut all = lock(&self.shared.taken);
                let taken = all.get(teacher).copied().unwrap_or_default();
                if taken.working + taken.beginning < most {
                    all.insert(teacher.clone(), Taken { beginning: taken.beginning + 1, ..taken });
                    return Some(Place { teacher: teacher.clone(), works: false, shared: Arc::clone(&self.shared) });
                }
                if taken.working >= most {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// A place for a turn that goes on, however many are at work.
    pub(super) fn enter(&self, teacher: &TeacherId) -> Place {
        lock(&self.shared.taken).entry(teacher.clone()).or_default().working += 1;
        Place { teacher: teacher.clone(), works: true, shared: Arc::clone(&self.shared) }
    }
}

impl Place {
    /// What was about to begin is at work.
    pub(super) fn begin_to_work(&mut self) {
        if !self.works {
            self.works = true;
            let mut all = lock(&self.shared.taken);
            let taken = all.entry(self.teacher.clone()).or_default();
            taken.beginning = taken.beginning.saturating_sub(1);
            taken.working += 1;
            drop(all);
            self.shared.changed.notify_waiters();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = lock(&self.shared.taken);
        if let Some(taken) = all.get_mut(&self.teacher) {
            let count = if self.works { &mut taken.working } else { &mut taken.beginning };
            *count = count.saturating_sub(1);
            if taken.working + taken.beginning == 0 {
                all.remove(&self.teacher);
            }
        }
        drop(all);
        self.shared.changed.notify_waiters();
    }
}

/// A panic while the lock was held cannot leave a map half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_comes_while_others_begin_waits_for_what_becomes_of_them() {
        let (places, ada) = (Places::default(), TeacherId::new("ada"));
        let mut first = places.take(&ada, 2).await.unwrap();
        let second = places.take(&ada, 2).await.unwrap();
        assert!(places.take(&TeacherId::new("grace"), 2).now_or_never().unwrap().is_some(), "others have their own");
        let third = places.take(&ada, 2);
        tokio::pin!(third);
        assert!(third.as_mut().now_or_never().is_none(), "two are about to begin");
        first.begin_to_work();
        assert!(third.as_mut().now_or_never().is_none(), "one of them may come to nothing");
        drop(second);
        let mut third = third.now_or_never().unwrap().expect("it came to nothing");
        third.begin_to_work();
        assert!(places.take(&ada, 2).now_or_never().unwrap().is_none(), "two are at work");
        drop(first);
        assert!(places.take(&ada, 2).now_or_never().unwrap().is_some());
        drop(third);
        assert!(lock(&places.shared.taken).is_empty());
    }
}
