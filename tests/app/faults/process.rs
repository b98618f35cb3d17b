//! Rows 34 to 36: the process dies, is told to go, or breaks inside.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::{Timestamp, Zoned, tz::TimeZone};
use teachers_aide::{
    clock::{Clock, Ids, Patience, SystemClock, SystemIds},
    sandbox::{
        faults::{Effect, Fault, Gate, Route},
        model::{Answer, Conversation, Fate, Reply, ToolCall},
    },
};
use uuid::Uuid;

use super::{a_draft, stalls_after, start, with_patience};
use crate::{
    cast::{MATEO, mail_to},
    harness::{Browser, Card, TestApp, Wanted, eventually, in_time},
};

#[tokio::test(flavor = "multi_thread")]
async fn row_34_a_turn_that_ran_when_the_power_failed_is_interrupted_and_can_go_on() {
    let (app, ada) = with_patience(Patience::default()).await;
    app.mind.push(stalls_after("Half an answer"));
    let asked = ada.ask("Tell me").await;
    // The part is stored twice a second, and lost is what came after.
    in_time("the part is stored", async || app.turn_row(&asked.turn).await.text() == "Half an answer").await;
    assert_eq!(app.turn_row(&asked.turn).await.status, "running");

    let reborn = app.after_a_power_cut().await;
    let ada = ada.moved_to(&reborn.base);
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.attrs("section.turn", "data-state"), ["interrupted"]);
    assert_eq!(page.text(".answer"), "Half an answer");
    assert!(page.text(".notice").contains("The server was restarted"));
    let rows = reborn.turn_rows().await;
    assert!(rows.iter().all(|row| row.status == "ended" && row.ending == "interrupted"), "{rows:?}");
    reborn.mind.says("and the rest.");
    ada.submit(&page.form(".notice form")).await.with(303);
    assert_eq!(ada.page(&asked.conversation).await.texts(".answer"), ["Half an answer", "and the rest."]);
    assert_eq!(reborn.turn_row(&asked.turn).await.ending, "done");
}

/// Its first question is kept with it, and is asked again.
#[tokio::test(flavor = "multi_thread")]
async fn row_34_a_turn_that_had_no_word_yet_when_the_power_failed_can_go_on_as_well() {
    let (app, ada) = with_patience(Patience::default()).await;
    app.sandbox.faults().add(Fault::on(Route::ModelChat).times(1).then(Effect::Stall));
    let asked = ada.ask("Tell me").await;
    in_time("the model is asked", async || app.sandbox.log().count(Route::ModelChat) == 1).await;
    assert_eq!(app.turn_row(&asked.turn).await.text(), "");

    let reborn = app.after_a_power_cut().await;
    let ada = ada.moved_to(&reborn.base);
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.attrs("section.turn", "data-state"), ["interrupted"]);
    reborn.mind.says("All of it.");
    ada.submit(&page.form(".notice form")).await.with(303);
    assert_eq!(ada.page(&asked.conversation).await.texts(".answer"), ["All of it."]);
    assert_eq!(reborn.turn_row(&asked.turn).await.ending, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_35_a_server_that_is_told_to_go_lets_a_send_come_to_its_outcome_and_keeps_the_part_of_an_answer() {
    let (mut app, ada) = with_patience(Patience::default()).await;
    let (written, card) = a_draft(&app, &ada).await;
    let gate = Gate::default();
    app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Accept).then(Effect::Until(gate.clone())));
    app.mind.push(stalls_after("Half an answer"));
    // "Done." is what the model would say of the letter; it is not asked any more.
    app.mind.push(stalls_after("Half an answer"));
    let asked = ada.ask("Tell me").await;
    ada.follow_until(&asked.turn, |screen| !screen.text().is_empty()).await;
    let tab = ada.clone();
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    eventually("the mail is on its way", || app.accepted().len() == 1).await;

    let sandbox = Arc::clone(&app.sandbox);
    let silent = || sandbox.model().requests().iter().all(|asked| asked.fate() != Fate::Open);
    tokio::join!(app.stop(), async {
        eventually("it has been told to go, and breaks off the answer", silent).await;
        gate.open();
    });
    assert_eq!(click.await.unwrap().with(200).json()["state"], "sent", "the one who clicked is told");
    assert_eq!(app.draft_states().await, ["sent"]);
    let row = app.turn_row(&asked.turn).await;
    assert!(["interrupted", "done"].contains(&row.ending.as_str()), "{:?}", row.body);
    assert!(app.turn_rows().await.iter().all(|row| row.status != "running"));
    assert!(app.asked().iter().all(|asked| asked.fate() != Fate::Open), "no model goes on talking");
    let app = app.start_again().await;
    assert!(ada.page(&written.conversation).await.has(".receipt .stamp"));
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_35_a_send_that_is_still_on_its_way_when_patience_ends_is_unknown_after_the_start() {
    let (mut app, ada) = with_patience(Patience { farewell: Duration::from_millis(300), ..Patience::default() }).await;
    let (asked, card) = a_draft(&app, &ada).await;
    app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Accept).then(Effect::Stall));
    let tab = ada.clone();
    let click = tokio::spawn(async move {
        tab.request(&reqwest::Method::POST, &format!("/approvals/{}", card.id))
            .form(&[("decision", "send"), ("hash", &card.hash)])
            .send()
            .await
    });
    eventually("the mail is on its way", || app.accepted().len() == 1).await;
    app.stop().await;
    assert_eq!(app.draft_states().await, ["claimed"]);
    click.abort();
    let app = app.start_again().await;
    assert_eq!(app.draft_states().await, ["unknown"]);
    assert!(ada.page(&asked.conversation).await.text(".receipt").contains("May have been sent"));
    assert_eq!((app.accepted().len(), app.sandbox.log().count(Route::GmailSend)), (1, 1));
}

/// Chance and time that break once, when they are told to.
#[derive(Default)]
struct Fuse {
    names: AtomicBool,
    wall: AtomicBool,
}

impl Fuse {
    fn burns(lit: &AtomicBool, what: &str) {
        assert!(!lit.swap(false, Ordering::SeqCst), "the test's own: {what}");
    }
}

impl Ids for Fuse {
    fn ordered(&self) -> Uuid {
        Self::burns(&self.names, "no more names");
        SystemIds.ordered()
    }

    fn secret(&self) -> [u8; 32] {
        SystemIds.secret()
    }
}

impl Clock for Fuse {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn zone(&self) -> TimeZone {
        TimeZone::UTC
    }

    fn wall(&self) -> Zoned {
        Self::burns(&self.wall, "no wall to hang a clock on");
        SystemClock.wall()
    }
}

/// Says yes, and lights a fuse when the mail has been accepted.
async fn yes_with(app: &TestApp, ada: &Browser, card: Card, fuse: &AtomicBool) -> serde_json::Value {
    let gate = Gate::default();
    app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Accept).then(Effect::Until(gate.clone())));
    let tab = ada.clone();
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await.with(200).json() });
    eventually("Gmail has it", || app.accepted().len() == 1).await;
    fuse.store(true, Ordering::SeqCst);
    gate.open();
    click.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn row_36_a_panic_in_a_handler_is_told_with_a_reference_and_the_server_lives() {
    let fuse = Arc::new(Fuse::default());
    let (_app, ada) = start(Wanted { ids: Some(Arc::clone(&fuse) as Arc<dyn Ids>), ..Wanted::default() }).await;
    fuse.names.store(true, Ordering::SeqCst);
    let page = ada.get("/chat").await.with(500);
    assert!(!fuse.names.load(Ordering::SeqCst), "it was the fuse");
    assert_eq!(page.text("h1"), "Something went wrong on our side");
    assert_eq!(page.text("code").len(), 8, "{}", page.body);
    assert!(!page.body.contains("no more names"), "the panic's own words stay inside");
    ada.get("/chat").await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_36_a_panic_in_a_tool_fails_its_turn_with_a_reference_and_the_server_lives() {
    let fuse = Arc::new(Fuse::default());
    let (lit, asked_before) = (Arc::clone(&fuse), AtomicUsize::new(0));
    // The next name that is made after the model has spoken is that of a mail.
    let mind = move |_: &Conversation| -> Reply {
        if asked_before.fetch_add(1, Ordering::SeqCst) > 0 {
            return "All is well.".into();
        }
        lit.names.store(true, Ordering::SeqCst);
        let (name, arguments) = mail_to(MATEO, "Hello", "Dear Mateo");
        Answer::calls([ToolCall::new(name, &arguments)]).into()
    };
    let wanted =
        Wanted { ids: Some(Arc::clone(&fuse) as Arc<dyn Ids>), mind: Some(Arc::new(mind)), ..Wanted::default() };
    let (app, ada) = start(wanted).await;
    let (asked, screen) = ada.hear("Write to Mateo").await;
    assert_eq!((screen.state.as_str(), screen.cards().len()), ("failed", 0));
    let page = ada.page(&asked.conversation).await;
    let told = page.texts(".notice");
    for words in ["Something went wrong on our side", "Nothing was sent"] {
        assert!(told.iter().any(|notice| notice.contains(words)), "{words}: {told:?}");
    }
    assert_eq!(page.text(".notice code").len(), 8);
    let row = app.turn_row(&asked.turn).await;
    assert_eq!((row.status.as_str(), row.ending.as_str()), ("ended", "failed"));
    assert!(app.draft_rows().await.is_empty());
    assert_eq!(ada.hear("And now?").await.1.text(), "All is well.");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_36_a_panic_between_the_claim_and_its_outcome_makes_it_unknown() {
    let fuse = Arc::new(Fuse::default());
    let (app, ada) = start(Wanted { time: Some(Arc::clone(&fuse) as Arc<dyn Clock>), ..Wanted::default() }).await;
    let (asked, card) = a_draft(&app, &ada).await;
    // The time of the receipt is asked for when Gmail has answered.
    let told = yes_with(&app, &ada, card, &fuse.wall).await;
    assert!(!fuse.wall.load(Ordering::SeqCst), "it was the fuse");
    assert_eq!(told["state"], "unknown", "{told}");
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["unknown".to_owned()], 1));
    assert!(ada.page(&asked.conversation).await.text(".receipt").contains("May have been sent"));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_36_a_panic_in_the_background_leaves_the_decision_as_it_was_made() {
    let fuse = Arc::new(Fuse::default());
    let (app, ada) = start(Wanted { ids: Some(Arc::clone(&fuse) as Arc<dyn Ids>), ..Wanted::default() }).await;
    let (asked, card) = a_draft(&app, &ada).await;
    // The conversation goes on without the letter, so that a yes is noted behind it.
    let next = ada.ask_in(&asked.conversation, "And the class?").await;
    ada.follow_to_the_end(&next.turn).await;
    assert_eq!(yes_with(&app, &ada, card, &fuse.names).await["state"], "sent");
    eventually("the fuse has burnt", || !fuse.names.load(Ordering::SeqCst)).await;
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["sent".to_owned()], 1));
    assert!(ada.page(&asked.conversation).await.has(".receipt .stamp"));
    app.mind.says("Good.");
    assert_eq!(ada.hear("Still there?").await.1.text(), "Good.");
}
