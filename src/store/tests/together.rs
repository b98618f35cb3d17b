//! Changes that are written together: each as if it were alone.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{FutureExt, future::join_all};
use jiff::civil::date;

use super::*;
use crate::{
    assistant::limits::{Budgets, Counted, Spending},
    audit::{Entry, Filter, Kind},
};

#[tokio::test]
async fn a_change_that_fails_takes_no_other_with_it() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let turn = shelf.begin(&ada).await;
    let note = |outcome: &str| Entry::by(&ada.teacher.id, Kind::Data, outcome.to_owned());
    // All are handed in before the first is written.
    let saves = (0..9).map(|number| {
        let mut stored = StoredTurn { noted: vec![note(&format!("save {number}"))], ..turn.clone() };
        let store = &shelf.store;
        async move { store.save(&mut stored, &[]).await.is_ok() }
    });
    let broken = async {
        let mut twice = turn.clone();
        twice.noted.push(note("broken"));
        let draft = approval(&turn);
        shelf.store.save(&mut twice, &[draft.clone(), draft]).await.is_ok()
    };
    let journal = join_all((0..9).map(|_| crate::audit::Journal::note(&shelf.store, note("noted"))));
    let (saved, broken, noted) = tokio::join!(join_all(saves), broken, journal);
    assert_eq!(saved.iter().filter(|saved| **saved).count(), 1, "one has the version that it read: {saved:?}");
    assert!(!broken, "a draft is there once");
    assert!(noted.iter().all(Result::is_ok));
    let records = crate::audit::Activity::activity(&shelf.store, &ada.teacher.id, &Filter::default(), 99).await;
    let outcomes: Vec<String> = records.expect("answers").into_iter().map(|record| record.entry.outcome).collect();
    let count = |what: &str| outcomes.iter().filter(|outcome| outcome.starts_with(what)).count();
    assert_eq!((count("save"), count("noted"), count("broken")), (1, 9, 0), "{outcomes:?}");
    let whole = shelf.store.verify_audit(None).await.expect("answers").expect("the chain is whole");
    assert_eq!(whole.seq, i64::try_from(outcomes.len()).expect("few"));
}

#[tokio::test]
async fn a_change_whose_note_in_the_audit_cannot_be_made_takes_no_other_with_it() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let mut turn = shelf.begin(&ada).await;
    let run = async |sql: &'static str| sqlx::query(sql).execute(&shelf.store.pen).await.expect("runs");
    run("UPDATE audit_head SET seq = 'never'").await;
    turn.turn.close(Ending::Done);
    let note = || crate::audit::Journal::note(&shelf.store, Entry::by(&ada.teacher.id, Kind::Data, "noted".to_owned()));
    let (before, saved, after) = tokio::join!(note(), shelf.store.save(&mut turn, &[]), note());
    assert!(before.is_err() && after.is_err(), "where the audit ends cannot be told");
    saved.expect("the turn has nothing to do with it");
    let kept = shelf.store.turn(&ada.teacher.id, &turn.turn.id).await.expect("answers").expect("is there");
    assert!(kept.turn.is_over());
    run("UPDATE audit_head SET seq = (SELECT MAX(seq) FROM audit)").await;
    note().await.expect("it can be told again");
    shelf.store.verify_audit(None).await.expect("answers").expect("the chain is whole");
}

/// A sync that succeeds behind one that failed means nothing.
#[tokio::test]
async fn what_waits_in_the_line_while_the_disk_breaks_its_word_is_not_written() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let waiting = shelf.store.start(shelf.new_turn(&ada, None, "first-message"));
    tokio::pin!(waiting);
    assert!(waiting.as_mut().now_or_never().is_none(), "it was handed in, and nobody wrote yet");
    shelf.store.trust.lose();
    let fault = waiting.await.expect_err("it would be believed");
    assert_eq!(Outage::of(&fault), Some(Outage::Disk));
    let turns: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM turns").fetch_one(&shelf.store.reader).await.expect("runs");
    assert_eq!(turns, 0);
}

/// A clock that fails whoever reads it, once it is broken.
#[derive(Debug)]
struct Fragile(Arc<HeldClock>, AtomicBool);

impl crate::clock::Clock for Fragile {
    fn now(&self) -> Timestamp {
        assert!(!self.1.load(Ordering::SeqCst), "the clock is broken");
        crate::clock::Clock::now(&*self.0)
    }

    fn zone(&self) -> jiff::tz::TimeZone {
        crate::clock::Clock::zone(&*self.0)
    }
}

#[tokio::test]
async fn a_store_in_which_nobody_writes_any_more_says_so() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let clock = Arc::new(Fragile(Arc::clone(&shelf.clock), AtomicBool::new(false)));
    let sealer = Sealer::new([[7; 32]], Arc::new(SystemIds));
    let store = Store::open_beside(&shelf.path(), sealer, Arc::new(SystemIds), Arc::clone(&clock) as _).await;
    let store = store.expect("a second look");
    let note = || crate::audit::Journal::note(&store, Entry::by(&ada.teacher.id, Kind::Data, "noted".to_owned()));
    note().await.expect("written");
    assert!(store.is_well().await);
    clock.1.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        note().await.expect_err("nobody is left hanging");
        assert!(!store.is_well().await, "whoever looks after the server is told");
    }
}

#[tokio::test]
async fn a_draft_that_is_asked_for_anew_while_its_conversation_goes_away_goes_with_it() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let mut turn = shelf.begin(&ada).await;
    let (old, next) = (approval(&turn), approval(&turn));
    turn.turn.close(Ending::Done);
    shelf.store.save(&mut turn, std::slice::from_ref(&old)).await.expect("saved");
    crate::assistant::conversation::Forgetting::forget_all(&shelf.store, &ada.teacher.id).await.expect("forgotten");
    let superseded = Approval { state: ApprovalState::Superseded, revision: old.revision + 1, ..old.clone() };
    let replaced = Approvals::replace(&shelf.store, old.standing(), &superseded, &next).await;
    assert!(!replaced.expect("no fault of ours"));
}

#[tokio::test]
async fn what_a_day_has_used_is_the_same_in_memory_and_in_the_file() {
    let shelf = Shelf::new().await;
    let (ada, grace) = (shelf.teacher("ada").await.teacher.id, shelf.teacher("grace").await.teacher.id);
    let (day, other) = (date(2026, 11, 21), date(2026, 11, 22));
    let store = &shelf.store;
    assert_eq!(store.spent(&ada, day).await.expect("answers").turns, 0, "it is known from here on");
    let takes = (0..12).map(|number| {
        let who = if number % 3 == 0 { &grace } else { &ada };
        let what = if number % 2 == 0 { Counted::Turns } else { Counted::Sends };
        Budgets::take(store, who, if number == 7 { other } else { day }, what, 3)
    });
    let taken = join_all(takes).await.into_iter().map(|taken| taken.expect("answers")).filter(|taken| *taken).count();
    assert!(taken < 12, "some were one too many");
    store.give_back(&ada, day, Counted::Sends).await.expect("answers");
    store.give_back(&grace, other, Counted::Sends).await.expect("nothing to give back");
    let mut turn = shelf.begin(&shelf.teacher("ada").await).await;
    turn.spent =
        vec![Spending { day, tokens: 500 }, Spending { day, tokens: -120 }, Spending { day: other, tokens: 7 }];
    store.save(&mut turn, &[]).await.expect("saved");
    let fresh = open_beside(&shelf).await;
    for who in [&ada, &grace] {
        for day in [day, other, day] {
            let (here, there) = (store.spent(who, day).await, fresh.spent(who, day).await);
            assert_eq!(here.expect("answers"), there.expect("answers"), "{who} on {day}");
        }
    }
    assert_eq!(store.spent(&ada, day).await.expect("answers").tokens, 380);
}

async fn open_beside(shelf: &Shelf) -> Store {
    let (sealer, clock) = (Sealer::new([[7; 32]], Arc::new(SystemIds)), Arc::clone(&shelf.clock));
    Store::open_beside(&shelf.path(), sealer, Arc::new(SystemIds), clock).await.expect("a second look")
}

#[tokio::test]
async fn a_session_and_a_sign_in_that_ended_are_forgotten_at_once() {
    let shelf = Shelf::new().await;
    let sessions = SqlSessionStore(shelf.store.clone());
    let ada = shelf.teacher("ada").await;
    let state = |word: &str| HashMap::from([("word".to_owned(), word.to_owned())]);
    let key = sessions.save(state("first"), &Duration::hours(1)).await.expect("saved");
    assert_eq!(sessions.load(&key).await.expect("answers"), Some(state("first")));
    let key = sessions.update(key, state("second"), &Duration::hours(1)).await.expect("updated");
    assert_eq!(sessions.load(&key).await.expect("answers"), Some(state("second")));
    shelf.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(sessions.load(&key).await.expect("answers"), None, "it ran out, though it is remembered");
    sessions.update_ttl(&key, &Duration::hours(2)).await.expect("updated");
    assert_eq!(sessions.load(&key).await.expect("answers"), Some(state("second")));
    sessions.delete(&key).await.expect("deleted");
    assert_eq!(sessions.load(&key).await.expect("answers"), None);

    assert_eq!(shelf.store.caller(&ada.sign_in).await.expect("answers"), Some(ada.clone()));
    let renamed = SignedIn { name: "Ada King".into(), ..signed_in("ada") };
    shelf.store.begin(&renamed).await.expect("signs in elsewhere");
    let known = shelf.store.caller(&ada.sign_in).await.expect("answers").expect("signed in");
    assert_eq!(known.teacher.name, "Ada King");
    shelf.store.end(&ada.sign_in, Parting::SignedOut).await.expect("signs out");
    assert_eq!(shelf.store.caller(&ada.sign_in).await.expect("answers"), None);
}

#[tokio::test]
async fn the_turns_around_one_are_as_they_are_and_for_whose_they_are() {
    use crate::assistant::{branches::Tree, shelf::Shelf as Shelved};

    let shelf = Shelf::new().await;
    let (ada, grace) = (shelf.teacher("ada").await, shelf.teacher("grace").await.teacher.id);
    let mut first = shelf.begin(&ada).await;
    let (mine, id) = (&ada.teacher.id, first.conversation.clone());
    first.turn.close(Ending::Done);
    shelf.store.save(&mut first, &[]).await.expect("saved");
    // Another one is asked first by somebody whose it is not.
    let fresh = open_beside(&shelf).await;
    for store in [&fresh, &shelf.store] {
        for who in [&grace, mine, &grace, mine] {
            let tree = store.tree(who, &id).await.expect("answers");
            assert_eq!(tree.chosen().len(), usize::from(who == mine), "{who}");
        }
    }
    let store = &shelf.store;
    let chosen = async || store.tree(mine, &id).await.expect("answers").chosen().len();
    let reply = shelf.new_turn(&ada, Some(id.clone()), "second-message");
    let Started::New(mut second, _) = store.start(reply).await.expect("answers") else { panic!("not begun") };
    assert_eq!(chosen().await, 2, "a reply stands behind");
    second.turn.close(Ending::Done);
    store.save(&mut second, &[]).await.expect("saved");
    assert!(store.choose(mine, &id, 1).await.expect("answers"));
    assert_eq!(chosen().await, 1, "the way ends where it was chosen to");
    Shelved::put_away(store, mine, &id, second.asked_at).await.expect("put away");
    assert_eq!(store.tree(mine, &id).await.expect("answers"), Tree::default());
    assert!(store.bring_back(mine, &id).await.expect("brought back"));
    assert_eq!(chosen().await, 1);
    crate::assistant::conversation::Forgetting::forget_all(store, mine).await.expect("forgotten");
    assert_eq!(store.tree(mine, &id).await.expect("answers"), Tree::default());
}
