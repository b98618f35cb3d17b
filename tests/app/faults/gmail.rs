//! Rows 19 to 29: the mail service refuses, breaks, lies or is not there. What
//! is called sent was accepted once; what is called not sent was not; and what
//! nobody can know is called unknown and never sent again by the machine.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Value, json};
use teachers_aide::{
    clock::{Clock, Patience},
    sandbox::faults::{Answer, Effect, Fault, Route},
};

use super::{a_draft, behind_lines, card_of, held, with_patience};
use crate::{
    cast::{self, JAMES, MATEO, mail_to},
    harness::{Browser, Card, Move, Plan, TestApp, eventually, in_time},
};

fn refusal(status: u16, reason: &str, message: &str) -> Effect {
    let body = json!({ "error": {
        "code": status, "message": message, "errors": [{ "domain": "global", "reason": reason, "message": message }],
    } });
    Effect::Answer(Answer::status(status).json(&body))
}

/// The yes to a draft that meets the next fault: what the page is told and
/// shows, held against the database.
async fn sent_into(app: &TestApp, ada: &Browser, state: &str) -> (Value, String) {
    let (asked, card) = a_draft(app, ada).await;
    outcome(app, ada, &asked.conversation, &card, state).await
}

async fn outcome(app: &TestApp, ada: &Browser, conversation: &str, card: &Card, state: &str) -> (Value, String) {
    let told = ada.decide(card, "send", &[]).await.with(200).json();
    assert_eq!(told["state"], state, "{told}");
    let row = app.draft_rows().await.into_iter().find(|draft| draft.id == card.id).unwrap();
    assert_eq!(row.state, state);
    let page = ada.page(conversation).await;
    assert_eq!(page.has(".receipt .stamp"), state == "sent", "only what was accepted is stamped: {}", page.body);
    (told, page.text(".receipt"))
}

#[tokio::test(flavor = "multi_thread")]
async fn row_19_a_mail_that_gmail_refuses_is_told_in_plain_words_and_as_not_sent() {
    let (app, ada) = with_patience(Patience::default()).await;
    let refusals = [
        (400, "invalidArgument", "could not read the message"),
        (403, "domainPolicy", "administrator"),
        (403, "forbidden", "does not allow this account"),
        (404, "notFound", "does not know this account's mailbox"),
        (413, "uploadTooLarge", "too large for Gmail"),
    ];
    for (status, reason, plain) in refusals {
        app.sandbox.faults().add(Fault::on(Route::GmailSend).then(refusal(status, reason, "Foreign <b>words</b>")));
        let (_, receipt) = sent_into(&app, &ada, "failed").await;
        assert!(receipt.contains("Not sent") && receipt.contains(plain), "{status}: {receipt}");
        assert!(!receipt.contains("Foreign"), "{receipt}");
        app.sandbox.faults().clear();
    }
    assert_eq!((app.accepted().len(), app.sandbox.log().count(Route::GmailSend)), (0, refusals.len()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_google_refused_can_be_tried_again_with_a_new_yes() {
    let (app, ada) = with_patience(Patience::default()).await;
    app.sandbox.faults().add(Fault::on(Route::GmailSend).times(1).then(refusal(400, "invalidArgument", "Invalid To")));
    let (asked, card) = a_draft(&app, &ada).await;
    let (told, _) = outcome(&app, &ada, &asked.conversation, &card, "failed").await;
    ada.follow_to_the_end(&asked.turn).await;
    ada.decide(&card_of(&told), "again", &[]).await.with(200);
    let again = ada.cards(&asked.conversation).await.remove(0);
    assert_ne!(again.id, card.id);
    ada.decide(&again, "send", &[]).await.with(200);
    assert_eq!((app.accepted().len(), app.draft_states().await), (1, vec!["superseded".into(), "sent".into()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_20_a_token_that_gmail_does_not_take_is_exchanged_anew_once() {
    let (app, ada) = with_patience(Patience::default()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    let before = app.sandbox.log().count(Route::Exchange);
    app.sandbox.auth0().google_tokens_end(&cast::ada().subject, false);
    outcome(&app, &ada, &asked.conversation, &card, "sent").await;
    let log = app.sandbox.log();
    assert_eq!(log.of(Route::GmailSend).iter().map(|send| send.status).collect::<Vec<_>>(), [Some(401), Some(200)]);
    assert_eq!((log.count(Route::Exchange) - before, app.accepted().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_21_a_token_that_gmail_never_takes_ends_in_the_way_to_connect_again() {
    let (app, ada) = with_patience(Patience::default()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    app.sandbox.auth0().google_tokens_end(&cast::ada().subject, true);
    let (told, receipt) = outcome(&app, &ada, &asked.conversation, &card, "failed").await;
    assert!(receipt.contains("no longer accepts the permission. Nothing was sent"), "{receipt}");
    assert_eq!((app.sandbox.log().count(Route::GmailSend), app.accepted().len()), (2, 0));
    ada.follow_to_the_end(&asked.turn).await;

    let page = ada.page(&asked.conversation).await;
    let door = page.attrs(".receipt a.button", "href").remove(0);
    assert_eq!(page.text(".receipt a.button"), "Connect Google again");
    ada.connect(&door).await.leads_to(&format!("/chat/{}#turn-{}", asked.conversation, asked.turn));
    ada.decide(&card_of(&told), "again", &[]).await.with(200);
    let again = ada.cards(&asked.conversation).await.remove(0);
    outcome(&app, &ada, &asked.conversation, &again, "sent").await;
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_22_gmails_limit_is_told_with_the_time_at_which_it_ends() {
    let (app, ada, clock) = held(Patience::default()).await;
    let until = clock.now() + SignedDuration::from_mins(42);
    let at = until.to_zoned(clock.zone()).strftime("%H:%M").to_string();
    let in_words = format!("User-rate limit exceeded.  Retry after {until}");
    let limits = [
        Effect::Answer(Answer::status(429).header("retry-after", "2520")),
        refusal(429, "rateLimitExceeded", &in_words),
        refusal(403, "userRateLimitExceeded", &in_words),
    ];
    for limit in limits {
        app.sandbox.faults().add(Fault::on(Route::GmailSend).then(limit));
        let (_, receipt) = sent_into(&app, &ada, "failed").await;
        assert!(receipt.contains("Gmail's limit") && receipt.contains(&format!("try again after {at}")), "{receipt}");
        app.sandbox.faults().clear();
    }
    assert_eq!((app.accepted().len(), app.sandbox.log().count(Route::GmailSend)), (0, 3), "no storm");
}

/// Unknown on the card, in the database and to the model; and left alone.
async fn nobody_knows(app: &TestApp, ada: &Browser, accepts: usize) {
    let before = app.sandbox.log().count(Route::GmailSend);
    let (asked, card) = a_draft(app, ada).await;
    let (told, receipt) = outcome(app, ada, &asked.conversation, &card, "unknown").await;
    assert!(receipt.contains("May have been sent at"), "{receipt}");
    assert_eq!(ada.follow_to_the_end(&asked.turn).await.state, "done");
    assert!(app.last_question().contains("Do not send it again"));
    // Neither a second click nor anything else sends it once more.
    ada.decide(&card, "send", &[]).await.with(200);
    let asked_google = app.sandbox.log().count(Route::GmailSend) - before;
    assert!(asked_google <= 1, "{asked_google} requests");
    assert_eq!(app.accepted().len(), accepts);
    // She looked.
    let found = ada.decide(&card_of(&told), "was_sent", &[]).await.with(200).json();
    assert_eq!((found["state"].as_str(), app.accepted().len()), (Some("sent"), accepts));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_23_a_mail_that_was_accepted_and_answered_with_an_error_is_unknown() {
    let (app, ada) = with_patience(Patience::default()).await;
    for (accepts, status) in [500, 502, 503, 408].into_iter().enumerate() {
        let error = Effect::Answer(Answer::status(status));
        app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Accept).then(error));
        nobody_knows(&app, &ada, accepts + 1).await;
        app.sandbox.faults().clear();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_24_a_mail_whose_connection_was_cut_before_the_answer_is_unknown() {
    let (app, ada) = behind_lines(Patience::default()).await;
    app.google_line().next(Plan::default().down(Move::CutAfter(0)));
    nobody_knows(&app, &ada, 1).await;
    app.google_line().next(Plan::default().down(Move::ResetAfter(0)));
    nobody_knows(&app, &ada, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_25_a_mail_whose_answer_comes_too_late_is_unknown_and_stays_so() {
    let (app, ada) = with_patience(Patience { mail: Duration::from_millis(700), ..Patience::default() }).await;
    let late = Effect::Delay(Duration::from_secs(2));
    app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Accept).then(late));
    nobody_knows(&app, &ada, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_26_a_mail_that_was_cut_on_its_way_is_unknown_and_was_not_accepted() {
    let (app, ada) = behind_lines(Patience::default()).await;
    app.google_line().next(Plan::default().up(Move::ResetAfter(500)));
    nobody_knows(&app, &ada, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_27_a_mail_that_was_accepted_without_a_readable_id_is_sent() {
    let (app, ada) = with_patience(Patience::default()).await;
    let endings = [
        Effect::Answer(Answer::status(200)),
        Effect::Answer(Answer::status(200).json(&json!({}))),
        Effect::Answer(Answer::status(200).body("text/html", "<p>Thank you</p>")),
        Effect::CutAfter(5),
        Effect::ResetAfter(5),
    ];
    for (accepts, ending) in endings.into_iter().enumerate() {
        app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Accept).then(ending.clone()));
        let (told, _) = sent_into(&app, &ada, "sent").await;
        assert!(told["outcome"]["message_id"].is_null(), "{ending:?}: {told}");
        assert_eq!(app.accepted().len(), accepts + 1, "{ending:?}");
        app.sandbox.faults().clear();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_28_a_mail_service_that_nobody_reached_is_tried_again_by_itself_and_then_told_as_not_sent() {
    let (app, ada) = behind_lines(Patience { mail_again: Duration::from_secs(1), ..Patience::default() }).await;
    let line = app.google_line();
    line.close().await;
    let (_, receipt) = sent_into(&app, &ada, "failed").await;
    assert!(receipt.contains("could not be reached. Nothing was sent"), "{receipt}");
    assert_eq!(app.accepted().len(), 0);

    // One yes is enough when it comes back meanwhile.
    let (asked, card) = a_draft(&app, &ada).await;
    let (tab, yes) = (ada.clone(), card.clone());
    let click = tokio::spawn(async move { tab.decide(&yes, "send", &[]).await.with(200).json() });
    let claimed = async || app.draft_rows().await.iter().any(|draft| draft.id == card.id && draft.state == "claimed");
    in_time("it is on its way, and finds nobody", claimed).await;
    line.open().await;
    assert_eq!(click.await.unwrap()["state"], "sent");
    assert_eq!(app.accepted().len(), 1);
    assert!(ada.page(&asked.conversation).await.has(".receipt .stamp"));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_29_one_of_ten_mails_that_is_refused_is_told_as_the_only_one() {
    let (app, ada) = with_patience(Patience::default()).await;
    let students = [MATEO, JAMES, "s-1003"];
    let letter = |n: usize| mail_to(students[n % 3], &format!("Letter {n}"), "Dear you");
    app.mind.calls(std::array::from_fn::<_, 10, _>(letter)).says("Nine of ten.");
    let (asked, screen) = ada.hear("Write to Mateo, James and Amara").await;
    assert_eq!(screen.cards().len(), 10);
    app.sandbox.faults().add(Fault::on(Route::GmailSend).after(3).times(1).then(refusal(400, "invalidArgument", "no")));
    let bar = ada.page(&asked.conversation).await.form("form.send-all");
    let fields: Vec<(&str, &str)> = bar.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    ada.post(&bar.action, &fields).await.with(200);

    let states = app.draft_states().await;
    let count = |state: &str| states.iter().filter(|other| *other == state).count();
    assert_eq!((count("sent"), count("failed")), (9, 1), "{states:?}");
    eventually("the turn has ended", || app.asked().len() == 2).await;
    let page = ada.page(&asked.conversation).await;
    let receipts = page.texts(".receipt");
    assert_eq!((receipts.len(), page.texts(".receipt .stamp").len()), (10, 9));
    let failed = receipts.iter().filter(|receipt| receipt.starts_with("Not sent")).collect::<Vec<_>>();
    assert!(failed.len() == 1 && failed[0].contains("Letter 3"), "{failed:?}");
    let subjects: Vec<String> =
        app.accepted().iter().map(|mail| String::from_utf8_lossy(&mail.raw).into_owned()).collect();
    assert_eq!(subjects.len(), 9);
    assert!(!subjects.iter().any(|mail| mail.contains("Letter 3")));
}
