//! Each question that names a teacher, asked by another one of something that is
//! there: the answer is as if there were nothing, and nothing changes.

use jiff::civil::date;

use super::*;
use crate::{
    assistant::{
        conversation::{Forgetting, Forgotten},
        limits::{Budgets, Counted, Spending},
        model::{Message, ModelRequest, Question},
        seen::{Kept, Seen},
        shelf::{PutAway, Shelf as Shelved, Title},
    },
    audit::{Activity, Filter},
    identity::{Appearance, Preferences, PreferencesStore},
    school::{AddressChange, AddressChanges, EmailAddress, StudentId, TeacherId},
    vault::{Authorization, AuthorizationId, Connection, ConnectionBook, Need, Progress},
};

/// Ada has one of everything, and Grace has signed in.
struct Two {
    shelf: Shelf,
    ada: Caller,
    grace: TeacherId,
    turn: StoredTurn,
    draft: Approval,
    sent: Approval,
}

impl Two {
    async fn new() -> Self {
        let shelf = Shelf::new().await;
        let (ada, grace) = (shelf.teacher("ada").await, shelf.teacher("grace").await.teacher.id);
        let mut turn = shelf.begin(&ada).await;
        turn.turn.close(Ending::Done);
        let student = Some(StudentId::parse("s-01").expect("an id"));
        let draft = Approval { student: student.clone(), ..approval(&turn) };
        let sent = Approval { call: "0-1".into(), state: ApprovalState::Sent, student, ..approval(&turn) };
        shelf.store.save(&mut turn, &[draft.clone(), sent.clone()]).await.expect("saved");
        Self { shelf, ada, grace, turn, draft, sent }
    }

    fn store(&self) -> &Store {
        &self.shelf.store
    }
}

#[tokio::test]
async fn conversations_turns_and_drafts_are_read_by_their_own_teacher_alone() {
    let two = Two::new().await;
    let (store, ada, grace, turn) = (two.store(), &two.ada.teacher.id, &two.grace, &two.turn);
    let student = StudentId::parse("s-01").expect("an id");
    let wanted = Wanted::parse("words").expect("a word");
    for (who, own) in [(ada, true), (grace, false)] {
        let count = usize::from(own);
        assert_eq!(store.conversation(who, &turn.conversation).await.expect("answers").is_some(), own);
        assert_eq!(store.list(who, 9).await.expect("answers").len(), count);
        assert_eq!(store.turns(who, &turn.conversation).await.expect("answers").len(), count);
        assert_eq!(store.tree(who, &turn.conversation).await.expect("answers").chosen().len(), count);
        assert_eq!(store.turn(who, &turn.turn.id).await.expect("answers").is_some(), own);
        assert_eq!(store.posted(who, &turn.client_id).await.expect("answers").is_some(), own);
        assert_eq!(store.latest(who, &turn.conversation).await.expect("answers").is_some(), own);
        assert_eq!(store.search(who, &wanted, 9).await.expect("answers").len(), count);
        assert_eq!(store.approval(who, &two.draft.id).await.expect("answers").is_some(), own);
        assert_eq!(store.of_conversation(who, &turn.conversation).await.expect("answers").len(), 2 * count);
        assert_eq!(store.about(who, &student).await.expect("answers").as_slice(), &[two.sent.clone()][..count]);
        assert_eq!(store.waiting(who).await.expect("answers").len(), count);
    }
}

#[tokio::test]
async fn nobody_changes_what_is_another_teachers() {
    let two = Two::new().await;
    let (store, grace, turn) = (two.store(), &two.grace, &two.turn);
    let (id, now) = (&turn.conversation, crate::clock::Clock::now(&*two.shelf.clock));
    let title = Title::parse("Hers").expect("a title");
    let whole = store.conversation(&two.ada.teacher.id, id).await.expect("answers");
    assert!(!store.rename(grace, id, &title).await.expect("answers"));
    assert!(!store.pin(grace, id, true).await.expect("answers"));
    assert!(!store.choose(grace, id, 7).await.expect("answers"));
    assert_eq!(Shelved::put_away(store, grace, id, now).await.expect("answers"), PutAway::NotThere);
    let another = two.shelf.new_turn(&two.ada, None, "still-running");
    assert!(matches!(store.start(another).await.expect("answers"), Started::New(..)));
    let gone = store.forget_all(grace).await.expect("answers");
    assert_eq!(gone, Forgotten::Gone(0), "nothing of Ada's, and her work is not in Grace's way");
    let stolen = Approval { teacher: grace.clone(), state: ApprovalState::Approved, ..two.draft.clone() };
    assert!(!store.advance(two.draft.standing(), &stolen).await.expect("answers"));
    let next = Approval { id: ApprovalId::fresh(&SystemIds), ..two.draft.clone() };
    assert!(!Approvals::replace(store, two.draft.standing(), &stolen, &next).await.expect("answers"));
    assert_eq!(store.approval(&two.ada.teacher.id, &next.id).await.expect("answers"), None);
    assert_eq!(store.conversation(&two.ada.teacher.id, id).await.expect("answers"), whole);

    assert_eq!(Shelved::put_away(store, &two.ada.teacher.id, id, now).await.expect("answers"), PutAway::Done);
    assert!(store.away(grace).await.expect("answers").is_empty());
    assert!(!store.bring_back(grace, id).await.expect("answers"));
    assert_eq!(store.away(&two.ada.teacher.id).await.expect("answers").len(), 1);
}

#[tokio::test]
async fn what_the_model_saw_what_was_done_and_what_was_spent_is_each_teachers_own() {
    let two = Two::new().await;
    let (store, ada, grace, turn) = (two.store(), &two.ada.teacher.id, &two.grace, &two.turn);
    let messages = vec![Message::User { content: "words".into() }];
    let request = ModelRequest { messages, tools: Arc::new([]), user: "a pseudonym".into() };
    let day = date(2026, 11, 21);
    let question = Question { request, model: "model".to_owned(), read: Spending { day, tokens: 7 } };
    Seen::keep(store, &mut turn.clone(), &mut Kept::default(), &question).await.expect("kept");
    assert!(Budgets::take(store, ada, day, Counted::Turns, 1).await.expect("answers"));
    assert!(Budgets::take(store, ada, day, Counted::Sends, 1).await.expect("answers"));
    for (who, own) in [(ada, true), (grace, false)] {
        let seen = store.seen(who, &turn.conversation).await.expect("answers");
        assert_eq!((seen.requests.len(), seen.messages.len()), (usize::from(own), usize::from(own)));
        let records = store.activity(who, &Filter::default(), 99).await.expect("answers");
        assert!(records.iter().all(|record| record.entry.teacher.as_ref() == Some(who)), "{records:?}");
        assert!(!records.is_empty());
        let spent = store.spent(who, day).await.expect("answers");
        assert_eq!((spent.turns, spent.sends), if own { (1, 1) } else { (0, 0) });
    }
    assert!(Budgets::take(store, grace, day, Counted::Turns, 1).await.expect("answers"), "what Ada used up is hers");
    store.give_back(grace, day, Counted::Turns).await.expect("answers");
    assert_eq!(store.spent(ada, day).await.expect("answers").turns, 1);
}

#[tokio::test]
async fn settings_addresses_accounts_and_sign_ins_are_each_teachers_own() {
    let two = Two::new().await;
    let (store, ada, grace) = (two.store(), &two.ada.teacher.id, &two.grace);
    store.prefer(ada, Preferences { appearance: Appearance::Dark, ..Preferences::default() }).await.expect("kept");
    assert_eq!(store.preferences(grace).await.expect("answers"), Preferences::default());
    let (student, email) = (StudentId::parse("s-01").expect("an id"), EmailAddress::parse("new@example.com"));
    let change = AddressChange { teacher: ada.clone(), student, email: email.expect("an address") };
    AddressChanges::keep(store, &change).await.expect("kept");
    assert_eq!(store.kept_by(ada).await.expect("answers").len(), 1);
    assert_eq!(store.kept_by(grace).await.expect("answers"), []);
    store.put_away_account(ada).await;
    assert!(store.account(ada).await && !store.account(grace).await);
    assert_eq!(store.all_of(grace).await.expect("answers").len(), 1);
    assert_eq!(store.all_of(ada).await.expect("answers"), std::slice::from_ref(&two.ada.sign_in));

    let asked = Authorization {
        id: AuthorizationId::parse(&"a".repeat(32)).expect("an id"),
        teacher: ada.clone(),
        sign_in: two.ada.sign_in.clone(),
        need: Need { connection: Connection::Google, scopes: Vec::new() },
        tool: None,
        turn: None,
        progress: Progress::Pending,
        begun_at: crate::clock::Clock::now(&*two.shelf.clock),
    };
    store.ask(&asked).await.expect("kept");
    assert_eq!(store.authorization(grace, &asked.id).await.expect("answers"), None);
    assert!(!store.settle(grace, &asked.id, Progress::Completed).await.expect("answers"));
    assert!(!store.hand_over(grace, &asked.id, &two.ada.sign_in).await.expect("answers"));
    assert_eq!(store.authorization(ada, &asked.id).await.expect("answers"), Some(asked));
}

impl Store {
    async fn put_away_account(&self, teacher: &TeacherId) {
        ConnectionBook::put_away(self, teacher, Connection::Google).await.expect("put away");
    }

    async fn account(&self, teacher: &TeacherId) -> bool {
        let notes = ConnectionBook::notes(self, teacher, Connection::Google).await.expect("answers");
        notes.put_away_at.is_some()
    }
}
