//! The store on a real file: what is unique, what wins, what never comes back.

mod others;
mod together;

use std::{collections::HashMap, sync::Arc};

use actix_session::storage::{SessionKey, SessionStore};
use actix_web::cookie::time::Duration;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::{
    assistant::{
        ApprovalId, ClientId, ConversationId, TurnId,
        approval::{Approval, ApprovalState},
        caution::Caution,
        conversation::{Approvals, Conversations, NewTurn, Started, StoredTurn},
        limits::TurnBudget,
        search::Wanted,
        shelf::Shelf as _,
        toolbox::{Outcomes, Preview},
        turn::{Ending, Turn},
    },
    clock::{HeldClock, SystemIds},
    identity::{Caller, Parting, RefreshToken, RefreshTokens, SignIns, SignedIn},
};

struct Shelf {
    folder: TempDir,
    clock: Arc<HeldClock>,
    store: Store,
}

impl Shelf {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(HeldClock::at(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000)));
        let store = open(&folder, &clock).await.expect("a new store opens");
        Self { folder, clock, store }
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("aide.db")
    }

    async fn teacher(&self, subject: &str) -> Caller {
        self.store.begin(&signed_in(subject)).await.expect("a teacher signs in")
    }

    async fn begin(&self, caller: &Caller) -> StoredTurn {
        match self.store.start(self.new_turn(caller, None, "first-message")).await.expect("the store answers") {
            Started::New(stored, _) => stored,
            other => panic!("not begun: {other:?}"),
        }
    }

    fn new_turn(&self, caller: &Caller, conversation: Option<ConversationId>, client_id: &str) -> NewTurn {
        let title = conversation.is_none().then(|| "Title".to_owned());
        NewTurn {
            teacher: caller.teacher.id.clone(),
            conversation: conversation.unwrap_or_else(|| ConversationId::fresh(&SystemIds)),
            title,
            follows: None,
            client_id: ClientId::parse(client_id).expect("a client id"),
            turn: Turn::new(TurnId::fresh(&SystemIds), "words"),
            at: crate::clock::Clock::now(&*self.clock),
            budget: TurnBudget { day: jiff::civil::date(2027, 1, 15), most: 1_000 },
            question: None,
        }
    }
}

async fn open(folder: &TempDir, clock: &Arc<HeldClock>) -> anyhow::Result<Store> {
    let sealer = Sealer::new([[7; 32]], Arc::new(SystemIds));
    let clock: Arc<HeldClock> = Arc::clone(clock);
    Store::open(&folder.path().join("aide.db"), sealer, Arc::new(SystemIds), clock).await
}

fn signed_in(subject: &str) -> SignedIn {
    SignedIn {
        issuer: "https://issuer.example/".into(),
        subject: subject.into(),
        name: "Ada".into(),
        email: format!("{subject}@school.example"),
        email_verified: true,
        sid: None,
        id_token: "id-token-canary".to_owned().into(),
        refresh_token: Some(RefreshToken(format!("refresh-token-canary-{subject}").into())),
    }
}

fn approval(turn: &StoredTurn) -> Approval {
    Approval {
        id: ApprovalId::fresh(&SystemIds),
        teacher: turn.teacher.clone(),
        conversation: turn.conversation.clone(),
        turn: turn.turn.id.clone(),
        call: "0-0".into(),
        tool: "send".into(),
        student: None,
        plan: json!({ "b": [1, 2], "a": "ü" }),
        preview: Preview {
            heading: "Draft".into(),
            rows: vec![],
            fields: vec![],
            action: "Send".into(),
            note: String::new(),
            outcomes: Outcomes::default(),
        },
        caution: Caution::default(),
        state: ApprovalState::Proposed,
        revision: 1,
        outcome: None,
        created_at: turn.asked_at,
        changed_at: turn.asked_at,
    }
}

#[tokio::test]
async fn the_same_message_posted_twice_is_one_turn() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let first = shelf.begin(&ada).await;
    let again = shelf.store.start(shelf.new_turn(&ada, None, "first-message")).await.expect("the store answers");
    assert_eq!(again, Started::Already(first.clone()));
    let grace = shelf.teacher("grace").await;
    let hers = shelf.store.start(shelf.new_turn(&grace, None, "first-message")).await.expect("the store answers");
    assert!(matches!(hers, Started::New(turn, _) if turn.turn.id != first.turn.id), "another teacher's id is her own");
}

#[tokio::test]
async fn a_message_whose_conversation_was_put_away_is_still_there_once() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let mut first = shelf.begin(&ada).await;
    first.turn.close(Ending::Done);
    shelf.store.save(&mut first, &[]).await.expect("saved");
    shelf.store.put_away(&ada.teacher.id, &first.conversation, first.asked_at).await.expect("put away");
    let again = shelf.store.start(shelf.new_turn(&ada, None, "first-message")).await.expect("the store answers");
    assert_eq!(again, Started::Already(first), "not an answer that is still being written");
}

#[tokio::test]
async fn one_answer_at_a_time_is_written_in_a_conversation() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let mut first = shelf.begin(&ada).await;
    let next = || shelf.new_turn(&ada, Some(first.conversation.clone()), "second-message");
    assert_eq!(shelf.store.start(next()).await.expect("the store answers"), Started::Busy);
    let second = next();
    first.turn.close(Ending::Done);
    shelf.store.save(&mut first, &[]).await.expect("saved");
    let second = shelf.store.start(second).await.expect("the store answers");
    assert!(matches!(second, Started::New(turn, _) if turn.seq == 2));
}

#[tokio::test]
async fn another_teachers_conversation_is_not_there() {
    let shelf = Shelf::new().await;
    let (ada, grace) = (shelf.teacher("ada").await, shelf.teacher("grace").await);
    let mut hers = shelf.begin(&ada).await;
    hers.turn.close(Ending::Done);
    let draft = approval(&hers);
    shelf.store.save(&mut hers, std::slice::from_ref(&draft)).await.expect("saved");
    let grace_id = &grace.teacher.id;
    let reply = shelf.new_turn(&grace, Some(hers.conversation.clone()), "from-grace");
    assert_eq!(shelf.store.start(reply).await.expect("answers"), Started::NoSuchConversation);
    assert_eq!(shelf.store.conversation(grace_id, &hers.conversation).await.expect("answers"), None);
    assert_eq!(shelf.store.turns(grace_id, &hers.conversation).await.expect("answers"), vec![]);
    assert_eq!(shelf.store.turn(grace_id, &hers.turn.id).await.expect("answers"), None);
    assert_eq!(shelf.store.latest(grace_id, &hers.conversation).await.expect("answers"), None);
    assert_eq!(shelf.store.approval(grace_id, &draft.id).await.expect("answers"), None);
    assert_eq!(shelf.store.of_conversation(grace_id, &hers.conversation).await.expect("answers"), vec![]);
    let stolen = Approval { teacher: grace_id.clone(), state: ApprovalState::Approved, ..draft.clone() };
    assert!(!shelf.store.advance(draft.standing(), &stolen).await.expect("answers"));
}

#[tokio::test]
async fn of_two_writers_of_a_turn_the_second_is_refused() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let mut one = shelf.begin(&ada).await;
    let mut two = one.clone();
    one.turn.begin_step();
    shelf.store.save(&mut one, &[]).await.expect("the first is stored");
    let draft = approval(&two);
    assert!(shelf.store.save(&mut two, std::slice::from_ref(&draft)).await.is_err());
    let kept = shelf.store.approval(&ada.teacher.id, &draft.id).await.expect("answers");
    assert_eq!(kept, None, "what came with the refused write is refused with it");
}

#[tokio::test]
async fn of_a_hundred_claims_one_wins() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let mut turn = shelf.begin(&ada).await;
    let proposed = approval(&turn);
    shelf.store.save(&mut turn, std::slice::from_ref(&proposed)).await.expect("saved");
    assert_eq!(shelf.store.approval(&ada.teacher.id, &proposed.id).await.expect("answers"), Some(proposed.clone()));
    let claimed = Approval { state: ApprovalState::Claimed, ..proposed.clone() };
    let claims = (0..100).map(|_| {
        let (store, from, claimed) = (shelf.store.clone(), proposed.standing(), claimed.clone());
        tokio::spawn(async move { store.advance(from, &claimed).await.expect("the store answers") })
    });
    let mut won = 0;
    for claim in claims.collect::<Vec<_>>() {
        won += usize::from(claim.await.expect("no panic"));
    }
    assert_eq!(won, 1);
    assert_eq!(shelf.store.in_state(ApprovalState::Claimed).await.expect("answers"), vec![claimed]);
}

#[tokio::test]
async fn a_refresh_token_is_sealed_at_rest_and_gone_after_signing_out() {
    let shelf = Shelf::new().await;
    let (ada, grace) = (shelf.teacher("ada").await, shelf.teacher("grace").await);
    let token = shelf.store.of(&ada.sign_in).await.expect("answers").expect("there is one");
    assert_eq!(token.0.expose_secret(), "refresh-token-canary-ada");
    for entry in std::fs::read_dir(shelf.folder.path()).expect("a folder") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        let found = |canary: &[u8]| bytes.windows(canary.len()).any(|window| window == canary);
        assert!(!found(b"token-canary"), "a token stands in the file");
    }
    let swap = "UPDATE sign_ins SET refresh_token = (SELECT refresh_token FROM sign_ins WHERE id = $1) WHERE id = $2";
    let swap = sqlx::query(swap).bind(ada.sign_in.as_str()).bind(grace.sign_in.as_str());
    swap.execute(&shelf.store.pen).await.expect("a thief can write");
    assert!(shelf.store.of(&grace.sign_in).await.is_err(), "a token copied to another row does not open");
    let moved = "UPDATE sign_ins SET teacher_id = $1 WHERE id = $2";
    let other = shelf.teacher("eve").await;
    let moved = sqlx::query(moved).bind(grace.teacher.id.as_str()).bind(other.sign_in.as_str());
    moved.execute(&shelf.store.pen).await.expect("a thief can write");
    assert!(shelf.store.of(&other.sign_in).await.is_err(), "a sign-in given to another teacher does not open");
    let over = shelf.store.end(&ada.sign_in, Parting::SignedOut).await.expect("answers");
    assert!(over.refresh_token.is_some() && over.id_token.is_some());
    assert!(shelf.store.of(&ada.sign_in).await.expect("answers").is_none());
    assert_eq!(shelf.store.caller(&ada.sign_in).await.expect("answers"), None);
}

#[tokio::test]
async fn a_newer_refresh_token_takes_the_place_of_the_old_one_and_of_none_that_is_gone() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let newer = RefreshToken("refresh-token-canary-newer".into());
    RefreshTokens::replace(&shelf.store, &ada.sign_in, &newer).await.expect("answers");
    let token = shelf.store.of(&ada.sign_in).await.expect("it opens").expect("there is one");
    assert_eq!(token.0.expose_secret(), "refresh-token-canary-newer");
    let taken = shelf.store.take(&ada.sign_in).await.expect("answers").expect("there is one");
    assert_eq!(taken.0.expose_secret(), "refresh-token-canary-newer");
    RefreshTokens::replace(&shelf.store, &ada.sign_in, &newer).await.expect("answers");
    assert!(shelf.store.of(&ada.sign_in).await.expect("answers").is_none(), "what was taken back stays so");
    shelf.store.end(&ada.sign_in, Parting::SignedOut).await.expect("answers");
    RefreshTokens::replace(&shelf.store, &ada.sign_in, &newer).await.expect("answers");
    assert!(shelf.store.of(&ada.sign_in).await.expect("answers").is_none());
}

#[tokio::test]
async fn a_teacher_is_known_by_issuer_and_subject_alone() {
    let shelf = Shelf::new().await;
    let first = shelf.teacher("ada").await;
    let renamed = SignedIn { name: "Ada L.".into(), email: "new@school.example".into(), ..signed_in("ada") };
    let second = shelf.store.begin(&renamed).await.expect("signs in");
    assert_eq!(first.teacher.id, second.teacher.id);
    assert_eq!(second.teacher.email, "new@school.example");
    assert_ne!(first.sign_in, second.sign_in);
    let elsewhere = SignedIn { issuer: "https://other.example/".into(), ..signed_in("ada") };
    assert_ne!(shelf.store.begin(&elsewhere).await.expect("signs in").teacher.id, first.teacher.id);
}

#[tokio::test]
async fn a_session_that_was_ended_never_comes_back_and_one_that_ran_out_is_gone() {
    let shelf = Shelf::new().await;
    let sessions = SqlSessionStore(shelf.store.clone());
    let state = || HashMap::from([("a".to_owned(), "b".to_owned())]);
    let hour = Duration::hours(1);
    let key = String::from(sessions.save(state(), &hour).await.expect("saved"));
    let key = || SessionKey::try_from(key.clone()).expect("a key");
    assert_eq!(sessions.load(&key()).await.expect("answers"), Some(state()));
    shelf.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(sessions.load(&key()).await.expect("answers"), None, "it ran out");
    shelf.clock.advance(SignedDuration::from_mins(-61));
    sessions.delete(&key()).await.expect("deleted");
    sessions.update(key(), state(), &hour).await.expect("a slow request ends later than the session");
    assert_eq!(sessions.load(&key()).await.expect("answers"), None);
}

#[tokio::test]
async fn the_handle_of_a_session_is_not_in_the_store() {
    let shelf = Shelf::new().await;
    let sessions = SqlSessionStore(shelf.store.clone());
    let key = String::from(sessions.save(HashMap::new(), &Duration::hours(1)).await.expect("saved"));
    let stored: String =
        sqlx::query_scalar("SELECT key_hash FROM sessions").fetch_one(&shelf.store.reader).await.expect("a row");
    assert_ne!(stored, key);
}

#[tokio::test]
async fn a_damaged_or_a_newer_file_is_refused_with_a_reason_and_left_alone() {
    let shelf = Shelf::new().await;
    sqlx::query("INSERT INTO _sqlx_migrations VALUES (9999, 'later', CURRENT_TIMESTAMP, TRUE, x'00', 1)")
        .execute(&shelf.store.pen)
        .await
        .expect("a later version was here");
    shelf.store.close().await;
    let newer = open(&shelf.folder, &shelf.clock).await.err().map(|fault| format!("{fault:#}"));
    assert!(newer.is_some_and(|words| words.contains("another version of this program")));
    let garbage = b"this is not a database, but somebody's precious notes ".repeat(100);
    for entry in ["aide.db-wal", "aide.db-shm"] {
        let _perhaps_not_there = std::fs::remove_file(shelf.folder.path().join(entry));
    }
    std::fs::write(shelf.path(), &garbage).expect("written");
    assert!(open(&shelf.folder, &shelf.clock).await.is_err());
    assert_eq!(std::fs::read(shelf.path()).expect("read"), garbage);
}

#[tokio::test]
async fn one_conversation_is_found_among_five_hundred() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let filler = "Most are on track; two need attention before the third evaluation, as the table shows. ".repeat(20);
    for at in 0..500 {
        let mut new = shelf.new_turn(&ada, None, &format!("message-{at}"));
        new.turn.words = format!("Question {at}");
        let Started::New(mut stored, _) = shelf.store.start(new).await.expect("answers") else { panic!("not begun") };
        stored.turn.begin_step();
        stored.turn.add_text(&filler);
        stored.turn.add_text(if at == 77 { "Dvořák" } else { "Nobody" });
        stored.turn.close(Ending::Done);
        shelf.store.save(&mut stored, &[]).await.expect("saved");
    }
    let wanted = Wanted::parse("dvorak EVALUATION").expect("two words");
    let hits = shelf.store.search(&ada.teacher.id, &wanted, 50).await.expect("answers");
    let words: Vec<&str> = hits.iter().filter_map(|hit| Some(hit.turn.as_ref()?.turn.words.as_str())).collect();
    assert_eq!(words, ["Question 77"]);
}

#[tokio::test]
async fn what_was_said_before_there_was_a_search_is_found_after_the_next_start() {
    let shelf = Shelf::new().await;
    let ada = shelf.teacher("ada").await;
    let stored = shelf.begin(&ada).await;
    sqlx::query("DELETE FROM turn_words").execute(&shelf.store.pen).await.expect("as it was");
    let wanted = Wanted::parse("words").expect("a word");
    assert_eq!(shelf.store.search(&ada.teacher.id, &wanted, 50).await.expect("answers"), vec![]);
    shelf.store.close().await;
    let store = open(&shelf.folder, &shelf.clock).await.expect("it opens again");
    let hits = store.search(&ada.teacher.id, &wanted, 50).await.expect("answers");
    assert_eq!(hits.iter().filter_map(|hit| hit.turn.clone()).collect::<Vec<_>>(), [stored]);
}
