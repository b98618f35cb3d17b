//! Two teachers, many calls at once, and tokens that end at any moment.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;

use super::*;
use crate::{
    clock::HeldClock,
    identity::{RefreshToken, SignInId},
    school::Teacher,
    setup::Met,
    vault::{AccountNotes, Authorization, AuthorizationId, Progress, Scope},
};

/// Answers as it is told, names the owner in each token, and counts.
struct Port {
    clock: Arc<HeldClock>,
    life: Box<dyn Fn(usize) -> i64 + Send + Sync>,
    scopes: Mutex<Vec<Scope>>,
    failure: Mutex<Option<VaultError>>,
    exchanges: AtomicUsize,
    /// Closed while a test wants exchanges to be under way.
    gate: Semaphore,
}

#[async_trait]
impl TokenVault for Port {
    async fn exchange(&self, subject: &RefreshToken, need: &Need) -> Result<Grant, VaultError> {
        let count = self.exchanges.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        drop(self.gate.acquire().await.unwrap());
        if let Some(failure) = self.failure.lock().unwrap().clone() {
            return Err(failure);
        }
        assert_eq!(need.connection, Connection::Google);
        let expires_at = self.clock.now() + SignedDuration::from_secs((self.life)(count));
        let token = format!("{} {count}", subject.0.expose_secret());
        Ok(Grant { token: token.into(), scopes: self.scopes.lock().unwrap().clone(), expires_at })
    }
}

#[derive(Default)]
struct Tokens(Mutex<HashMap<SignInId, String>>);

#[async_trait]
impl RefreshTokens for Tokens {
    async fn of(&self, sign_in: &SignInId) -> anyhow::Result<Option<RefreshToken>> {
        tokio::task::yield_now().await;
        Ok(self.0.lock().unwrap().get(sign_in).map(|token| RefreshToken(token.clone().into())))
    }

    async fn forget(&self, sign_in: &SignInId) -> anyhow::Result<()> {
        self.0.lock().unwrap().remove(sign_in);
        Ok(())
    }

    async fn take(&self, sign_in: &SignInId) -> anyhow::Result<Option<RefreshToken>> {
        Ok(self.0.lock().unwrap().remove(sign_in).map(|token| RefreshToken(token.into())))
    }

    async fn replace(&self, sign_in: &SignInId, token: &RefreshToken) -> anyhow::Result<()> {
        self.0.lock().unwrap().insert(sign_in.clone(), token.0.expose_secret().to_owned());
        Ok(())
    }
}

/// Knows only what was put away.
#[derive(Default)]
struct Book(Mutex<HashMap<TeacherId, Timestamp>>);

#[async_trait]
impl ConnectionBook for Book {
    async fn ask(&self, _: &Authorization) -> anyhow::Result<()> {
        Ok(())
    }
    async fn authorization(&self, _: &TeacherId, _: &AuthorizationId) -> anyhow::Result<Option<Authorization>> {
        Ok(None)
    }
    async fn settle(&self, _: &TeacherId, _: &AuthorizationId, _: Progress) -> anyhow::Result<bool> {
        Ok(false)
    }
    async fn hand_over(&self, _: &TeacherId, _: &AuthorizationId, _: &SignInId) -> anyhow::Result<bool> {
        Ok(false)
    }
    async fn notes(&self, teacher: &TeacherId, _: Connection) -> anyhow::Result<AccountNotes> {
        Ok(AccountNotes { put_away_at: self.0.lock().unwrap().get(teacher).copied(), ..AccountNotes::default() })
    }
    async fn connected(&self, teacher: &TeacherId, _: Connection, _: &[Scope]) -> anyhow::Result<()> {
        self.0.lock().unwrap().remove(teacher);
        Ok(())
    }
    async fn put_away(&self, teacher: &TeacherId, _: Connection) -> anyhow::Result<()> {
        self.0.lock().unwrap().insert(teacher.clone(), Timestamp::UNIX_EPOCH);
        Ok(())
    }
    async fn used(&self, _: &TeacherId, _: Connection, _: &str) -> anyhow::Result<()> {
        Ok(())
    }
}

/// A journal of which the test can read, and which it can close.
#[derive(Default)]
struct Pages {
    written: Mutex<Vec<String>>,
    closed: std::sync::atomic::AtomicBool,
}

#[async_trait]
impl Journal for Pages {
    async fn note(&self, entry: Entry) -> anyhow::Result<()> {
        anyhow::ensure!(!self.closed.load(Ordering::SeqCst), "the journal is full");
        self.written.lock().unwrap().push(entry.outcome);
        Ok(())
    }
}

struct Day {
    vault: Arc<Vault>,
    port: Arc<Port>,
    tokens: Arc<Tokens>,
    book: Arc<Book>,
    journal: Arc<Pages>,
    clock: Arc<HeldClock>,
}

impl Day {
    fn with_lives(life: impl Fn(usize) -> i64 + Send + Sync + 'static) -> Self {
        let clock = Arc::new(HeldClock::at(Timestamp::from_second(1_800_000_000).unwrap()));
        let port = Arc::new(Port {
            clock: clock.clone(),
            life: Box::new(life),
            scopes: Mutex::new(vec![Scope::GMAIL_SEND]),
            failure: Mutex::default(),
            exchanges: AtomicUsize::new(0),
            gate: Semaphore::new(1),
        });
        let tokens = Arc::new(Tokens::default());
        let (book, journal) = (Arc::new(Book::default()), Arc::new(Pages::default()));
        let met = Arc::new(Met::since(clock.now()));
        let vault = Vault::new(port.clone(), tokens.clone(), book.clone(), journal.clone(), met, clock.clone());
        Self { vault: Arc::new(vault), port, tokens, book, journal, clock }
    }

    fn new() -> Self {
        Self::with_lives(|_| 3600)
    }

    /// A teacher in one of their browsers.
    fn caller(&self, teacher: &str, browser: &str) -> Caller {
        let sign_in = SignInId::new(format!("{teacher}-{browser}"));
        self.tokens.0.lock().unwrap().insert(sign_in.clone(), teacher.to_owned());
        let id = TeacherId::new(teacher);
        Caller { teacher: Teacher { id, name: teacher.into(), email: String::new() }, sign_in }
    }

    fn sign_out(&self, caller: &Caller) {
        self.tokens.0.lock().unwrap().remove(&caller.sign_in);
    }

    fn exchanges(&self) -> usize {
        self.port.exchanges.load(Ordering::SeqCst)
    }

    async fn grant(&self, caller: &Caller) -> Result<Grant, VaultError> {
        self.vault.grant(caller, &gmail()).await
    }

    fn close_gate(&self) {
        self.port.gate.try_acquire().unwrap().forget();
    }

    async fn until_under_way(&self) {
        while self.exchanges() == 0 {
            tokio::task::yield_now().await;
        }
    }
}

fn gmail() -> Need {
    Need { connection: Connection::Google, scopes: vec![Scope::GMAIL_SEND] }
}

fn owner(grant: &Grant) -> String {
    grant.token.expose_secret().split(' ').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_thousand_calls_none_is_served_with_the_other_teachers_token() {
    // Lives from nothing to three minutes, in no order a person would see.
    let day = Day::with_lives(|count| i64::try_from(count.wrapping_mul(7919) % 180).unwrap());
    let callers = [day.caller("ada", "a"), day.caller("grace", "a")];
    let mut served = 0;
    for round in 0..100_i64 {
        let calls = (0..20).map(|call| {
            let (vault, caller) = (Arc::clone(&day.vault), callers[call % 2].clone());
            tokio::spawn(async move { (caller.teacher.id.clone(), vault.grant(&caller, &gmail()).await) })
        });
        for call in join_all(calls).await {
            let (teacher, outcome) = call.unwrap();
            match outcome {
                Ok(grant) => {
                    assert_eq!(owner(&grant), teacher.as_str());
                    assert!(grant.expires_at > day.clock.now());
                    served += 1;
                }
                Err(error) => assert!(matches!(error, VaultError::Wait { .. }), "{error:?}"),
            }
        }
        day.clock.advance(SignedDuration::from_secs(round * 31 % 47));
    }
    assert!(served > 1_500, "{served} of 2000 were served");
    assert!(day.exchanges() > 40, "{} exchanges", day.exchanges());
}

#[tokio::test]
async fn a_hundred_calls_at_once_make_one_exchange() {
    let day = Day::new();
    let ada = day.caller("ada", "a");
    for round in 1..=3 {
        let grants = join_all((0..100).map(|_| day.grant(&ada))).await;
        assert!(grants.into_iter().all(|grant| owner(&grant.unwrap()) == "ada"));
        assert_eq!(day.exchanges(), round);
        // A minute before its end a grant is too old for all of them, at once.
        day.clock.advance(SignedDuration::from_secs(3540));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_who_find_the_same_old_grant_at_once_make_one_exchange_too() {
    let day = Day::new();
    let ada = day.caller("ada", "a");
    for round in 1..=500 {
        let calls = (0..8).map(|_| {
            let (vault, caller) = (Arc::clone(&day.vault), ada.clone());
            tokio::spawn(async move { vault.grant(&caller, &gmail()).await })
        });
        assert!(join_all(calls).await.into_iter().all(|call| call.unwrap().is_ok()));
        assert_eq!(day.exchanges(), round);
        day.clock.advance(SignedDuration::from_secs(3540));
    }
}

#[tokio::test]
async fn one_who_saw_the_old_grant_does_not_drop_the_new_one() {
    let day = Day::new();
    let ada = day.caller("ada", "a");
    day.grant(&ada).await.unwrap();
    let key = (ada.teacher.id.clone(), Connection::Google, day.vault.seasons.of(&ada.teacher.id));
    day.vault.drop_unfit(&key, &gmail()).await;
    day.grant(&ada).await.unwrap();
    assert_eq!(day.exchanges(), 1);
    day.clock.advance(SignedDuration::from_secs(3540));
    day.vault.drop_unfit(&key, &gmail()).await;
    assert!(day.vault.grants.get(&key).await.is_none());
}

#[tokio::test]
async fn a_grant_is_given_up_a_minute_before_it_ends() {
    let day = Day::with_lives(|_| 100);
    let ada = day.caller("ada", "a");
    day.grant(&ada).await.unwrap();
    day.clock.advance(SignedDuration::from_secs(39));
    day.grant(&ada).await.unwrap();
    assert_eq!(day.exchanges(), 1);
    day.clock.advance(SignedDuration::from_secs(1));
    day.grant(&ada).await.unwrap();
    assert_eq!(day.exchanges(), 2);
}

#[tokio::test]
async fn a_short_token_serves_the_call_that_fetched_it_and_an_ended_one_serves_nobody() {
    let day = Day::with_lives(|count| [30, 30, 0][count]);
    let ada = day.caller("ada", "a");
    assert!(day.grant(&ada).await.is_ok());
    assert!(day.grant(&ada).await.is_ok());
    assert_eq!(day.exchanges(), 2, "too short to be remembered");
    assert!(matches!(day.grant(&ada).await, Err(VaultError::Wait { .. })));
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_wait_and_then_forgotten() {
    let day = Day::new();
    let ada = day.caller("ada", "a");
    let wait = VaultError::Wait { retry_after: None, reason: "down".into() };
    *day.port.failure.lock().unwrap() = Some(wait.clone());
    let outcomes = join_all((0..100).map(|_| day.grant(&ada))).await;
    assert!(outcomes.into_iter().all(|outcome| outcome.unwrap_err() == wait));
    assert_eq!(day.exchanges(), 1);
    *day.port.failure.lock().unwrap() = None;
    assert!(day.grant(&ada).await.is_ok());
    assert_eq!(day.exchanges(), 2);
}

#[tokio::test]
async fn a_revoked_sign_in_is_asked_about_once_by_all_who_share_it() {
    let day = Day::new();
    let ada = day.caller("ada", "a");
    *day.port.failure.lock().unwrap() = Some(VaultError::SignInAgain("revoked"));
    let outcomes = join_all((0..100).map(|_| day.grant(&ada))).await;
    assert!(outcomes.into_iter().all(|outcome| matches!(outcome, Err(VaultError::SignInAgain(_)))));
    assert_eq!(day.exchanges(), 1);
}

#[tokio::test]
async fn a_refused_connection_is_told_with_what_was_asked_for() {
    let day = Day::new();
    let nothing = Need { connection: Connection::Google, scopes: Vec::new() };
    *day.port.failure.lock().unwrap() = Some(VaultError::Connect { need: nothing, why: ConnectReason::Revoked });
    let error = day.grant(&day.caller("ada", "a")).await.unwrap_err();
    assert_eq!(error, VaultError::Connect { need: gmail(), why: ConnectReason::Revoked });
}

#[tokio::test]
async fn a_grant_without_a_needed_scope_is_exchanged_once_more_and_then_refused() {
    let day = Day::new();
    let ada = day.caller("ada", "a");
    day.grant(&ada).await.unwrap();
    let calendar = Scope::new("https://www.googleapis.com/auth/calendar.events");
    let both = Need { connection: Connection::Google, scopes: vec![Scope::GMAIL_SEND, calendar.clone()] };
    let missing = VaultError::Connect { need: both.clone(), why: ConnectReason::MissingScope };
    assert_eq!(day.vault.grant(&ada, &both).await.unwrap_err(), missing);
    assert_eq!(day.exchanges(), 2);
    assert!(day.grant(&ada).await.is_ok(), "the narrower need is still served from memory");
    assert_eq!(day.exchanges(), 2);
    day.port.scopes.lock().unwrap().push(calendar);
    assert!(day.vault.grant(&ada, &both).await.is_ok(), "as soon as it is granted");
}

#[tokio::test]
async fn a_token_that_google_refused_is_exchanged_anew_for_that_teacher_only() {
    let day = Day::new();
    let (ada, grace) = (day.caller("ada", "a"), day.caller("grace", "a"));
    let first = day.grant(&ada).await.unwrap();
    day.grant(&grace).await.unwrap();
    day.vault.forget(&ada.teacher.id, Connection::Google).await;
    let second = day.grant(&ada).await.unwrap();
    day.grant(&grace).await.unwrap();
    assert_ne!(first.token.expose_secret(), second.token.expose_secret());
    assert_eq!(day.exchanges(), 3);
}

#[tokio::test]
async fn a_sign_in_without_a_refresh_token_must_sign_in_again() {
    let day = Day::new();
    let ada = day.caller("ada", "a");
    day.sign_out(&ada);
    assert!(matches!(day.grant(&ada).await, Err(VaultError::SignInAgain(_))));
    assert_eq!(day.exchanges(), 0);
}

#[tokio::test]
async fn no_grant_outlives_the_sign_out() {
    let day = Day::new();
    let ada = day.caller("ada", "a");
    day.grant(&ada).await.unwrap();
    day.sign_out(&ada);
    day.vault.forget_teacher(&ada.teacher.id).await;
    day.vault.grants.run_pending_tasks().await;
    assert_eq!(day.vault.grants.entry_count(), 0);
    assert!(matches!(day.grant(&ada).await, Err(VaultError::SignInAgain(_))));
}

#[tokio::test]
async fn an_exchange_that_is_under_way_at_the_sign_out_serves_nobody() {
    let day = Day::new();
    let (ada, elsewhere) = (day.caller("ada", "a"), day.caller("ada", "b"));
    day.close_gate();
    let (vault, caller) = (Arc::clone(&day.vault), ada.clone());
    let call = tokio::spawn(async move { vault.grant(&caller, &gmail()).await });
    day.until_under_way().await;
    day.sign_out(&ada);
    day.vault.forget_teacher(&ada.teacher.id).await;
    day.port.gate.add_permits(1);
    assert!(matches!(call.await.unwrap(), Err(VaultError::SignInAgain(_))));
    day.vault.grants.run_pending_tasks().await;
    assert_eq!(day.vault.grants.entry_count(), 0, "nothing of it is kept");
    assert!(day.grant(&elsewhere).await.is_ok(), "the other browser goes on, with an exchange of its own");
    assert_eq!(day.exchanges(), 2);
}

#[tokio::test]
async fn the_end_of_one_sign_in_is_not_told_to_another() {
    let day = Day::new();
    let (over, alive) = (day.caller("ada", "a"), day.caller("ada", "b"));
    day.sign_out(&over);
    let (first, second) = tokio::join!(day.grant(&over), day.grant(&alive));
    assert!(matches!(first, Err(VaultError::SignInAgain(_))));
    assert!(second.is_ok(), "{second:?}");
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_the_others_waiting_for_an_answer_of_their_own() {
    let day = Day::new();
    let ada = day.caller("ada", "a");
    day.close_gate();
    let (vault, caller) = (Arc::clone(&day.vault), ada.clone());
    let given_up = tokio::spawn(async move { vault.grant(&caller, &gmail()).await });
    day.until_under_way().await;
    let (vault, caller) = (Arc::clone(&day.vault), ada.clone());
    let waiting = tokio::spawn(async move { vault.grant(&caller, &gmail()).await });
    tokio::task::yield_now().await;
    given_up.abort();
    day.port.gate.add_permits(1);
    assert!(waiting.await.unwrap().is_ok());
}

#[tokio::test]
async fn an_exchange_that_cannot_be_written_down_serves_nobody() {
    let day = Day::new();
    let ada = day.caller("ada", "a");
    day.journal.closed.store(true, Ordering::SeqCst);
    assert!(matches!(day.grant(&ada).await, Err(VaultError::Wait { .. })));
    day.journal.closed.store(false, Ordering::SeqCst);
    day.grant(&ada).await.unwrap();
    day.grant(&ada).await.unwrap();
    assert_eq!(*day.journal.written.lock().unwrap(), ["granted"], "from memory nothing is exchanged");
}

#[tokio::test]
async fn what_a_teacher_put_away_is_not_fetched_though_the_vault_holds_it() {
    let day = Day::new();
    let (ada, grace) = (day.caller("ada", "1"), day.caller("grace", "1"));
    day.grant(&ada).await.unwrap();
    day.book.put_away(&ada.teacher.id, Connection::Google).await.unwrap();
    day.vault.forget_teacher(&ada.teacher.id).await;
    let refused = day.grant(&ada).await;
    assert!(matches!(refused, Err(VaultError::Connect { why: ConnectReason::NotConnected, .. })), "{refused:?}");
    assert_eq!(day.exchanges(), 1, "the vault was not even asked");
    assert!(day.grant(&grace).await.is_ok());
    day.book.connected(&ada.teacher.id, Connection::Google, &[]).await.unwrap();
    assert!(day.grant(&ada).await.is_ok());
}
