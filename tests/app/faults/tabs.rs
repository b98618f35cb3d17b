//! Rows 44 to 51: the same teacher twice. Two clicks, two tabs, a line that
//! breaks, a session that ends in between.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use jiff::SignedDuration;
use reqwest::{Method, Response};
use serde_json::json;
use teachers_aide::{
    clock::Patience,
    sandbox::{
        faults::{Effect, Fault, Gate, Route},
        model::{Answer, Pace, ToolCall},
    },
};

use super::{a_draft, an_hour_at_work, card_of, held, stalls_after, with_patience, words};
use crate::{
    cast::{self, MATEO, mail_to},
    harness::{Browser, Frame, Screen, eventually, in_time, read_frame},
};

fn slow() -> Pace {
    Pace { first: Duration::ZERO, piece: Duration::from_millis(15) }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_44_two_three_and_a_hundred_clicks_at_once_make_one_mail() {
    let (app, ada) = with_patience(Patience::default()).await;
    for (mails, clicks) in [2, 3, 100].into_iter().enumerate() {
        let (_, card) = a_draft(&app, &ada).await;
        let answers = join_all((0..clicks).map(|_| ada.decide(&card, "send", &[]))).await;
        let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        assert!(statuses.iter().all(|status| [200, 409].contains(status)) && statuses.contains(&200), "{statuses:?}");
        assert_eq!(
            ada.decide(&card, "send", &[]).await.with(200).json()["state"],
            "sent",
            "a late one is told the same"
        );
        assert_eq!((app.accepted().len(), app.sandbox.log().count(Route::GmailSend)), (mails + 1, mails + 1));
    }
    assert_eq!(app.draft_states().await, ["sent", "sent", "sent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_45_of_a_yes_and_a_no_at_once_one_wins_and_the_other_is_told() {
    let (app, ada) = with_patience(Patience::default()).await;
    let mut sent = 0;
    for _ in 0..10 {
        let (_, card) = a_draft(&app, &ada).await;
        let (yes, no) = tokio::join!(ada.decide(&card, "send", &[]), ada.decide(&card, "discard", &[]));
        let states = app.draft_states().await;
        match states.last().map(String::as_str) {
            Some("sent") => {
                sent += 1;
                assert_eq!((yes.status, no.status), (200, 409));
                assert!(words(&no).contains("sent"), "{}", no.body);
            }
            Some("rejected") => {
                assert_eq!((yes.status, no.status), (409, 200));
                assert!(words(&yes).contains("discarded meanwhile. Nothing was sent"), "{}", yes.body);
            }
            other => panic!("{other:?}: {} {}", yes.body, no.body),
        }
        assert_eq!(app.accepted().len(), sent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_45_a_yes_to_other_words_than_those_that_left_is_told_that_they_did_not() {
    let (app, ada) = with_patience(Patience::default()).await;
    let (_, card) = a_draft(&app, &ada).await;
    ada.decide(&card, "send", &[("subject", "The first tab's")]).await.with(200);
    let told = ada.decide(&card, "send", &[("subject", "The second tab's")]).await.with(409);
    assert!(words(&told).contains("sent meanwhile, as it stands there now"), "{}", told.body);
    assert!(told.json()["parts"].to_string().contains("The first tab&#39;s"), "{}", told.body);
    // The very same click again is none of these.
    ada.decide(&card, "send", &[("subject", "The first tab's")]).await.with(200);
    let late = ada.decide(&card, "discard", &[]).await.with(409);
    assert!(words(&late).contains("sent meanwhile"), "{}", late.body);
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["sent".to_owned()], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_45_a_yes_to_what_another_tab_has_changed_says_so_and_sends_nothing() {
    let (app, ada, clock) = held(Patience::default()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    let other_tab = ada.clone();

    // A correction is kept without a send: the vault cannot be reached just now.
    an_hour_at_work(&clock, &ada).await;
    app.sandbox.faults().add(Fault::on(Route::Exchange).then(Effect::HangUp));
    ada.decide(&card, "send", &[("subject", "Corrected")]).await.with(503);
    app.sandbox.faults().clear();

    let told = other_tab.decide(&card, "send", &[]).await.with(409);
    assert!(words(&told).contains("changed since it was shown"), "{}", told.body);
    assert!(told.json()["parts"].to_string().contains("Corrected"), "the tab sees the card as it is: {}", told.body);
    let rows = app.draft_rows().await;
    assert_eq!((rows[0].state.as_str(), rows[0].revision, app.accepted().len()), ("proposed", 2, 0));

    let now = other_tab.cards(&asked.conversation).await.remove(0);
    assert_eq!(now.subject, "Corrected");
    other_tab.decide(&now, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1);
    assert!(ada.page(&asked.conversation).await.has(".receipt .stamp"), "seen in the first tab too");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_46_a_message_while_an_answer_is_written_is_refused_visibly_and_the_order_is_kept() {
    let (app, ada) = with_patience(Patience::default()).await;
    app.mind.push(stalls_after("Still at it"));
    let asked = ada.ask("First").await;
    ada.follow_until(&asked.turn, |screen| !screen.text().is_empty()).await;
    let path = format!("/chat/{}", asked.conversation);
    let told = ada.post(&path, &[("words", "Second")]).await.with(409);
    assert!(words(&told).contains("still being written"), "{}", told.body);
    let form = ada.page(&asked.conversation).await.form("form.write").fill("words", "Second");
    let page = ada.submit(&form).await.with(409);
    assert_eq!(page.form("form.write").field("words"), "Second", "nothing typed is lost");
    // Ten tabs at once, and one of them gets in when the way is free.
    ada.post(&format!("/turns/{}/stop", asked.turn), &[]).await.with(200);
    app.mind.push(stalls_after("At the next"));
    let posts = join_all((0..10).map(|_| ada.post(&path, &[("words", "Second")]))).await;
    assert_eq!(posts.iter().filter(|answer| answer.status == 200).count(), 1, "{posts:?}");
    assert!(posts.iter().all(|answer| [200, 409].contains(&answer.status)));
    let rows = app.turn_rows().await;
    let order: Vec<_> = rows.iter().map(|row| (row.seq, row.words.as_str())).collect();
    assert_eq!(order, [(1, "First"), (2, "Second")]);
    assert_eq!(ada.page(&asked.conversation).await.texts(".said p"), ["First", "Second"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_47_a_browser_that_goes_away_changes_nothing() {
    let (app, ada) = with_patience(Patience::default()).await;
    app.mind.push(Answer::text("One two three four five six seven.").at(slow()));
    let asked = ada.ask("Tell me").await;
    drop(ada.listen(&asked.turn, None).await);
    let screen = ada.follow_to_the_end(&asked.turn).await;
    assert_eq!((screen.state.as_str(), screen.text().as_str()), ("done", "One two three four five six seven."));
    let row = app.turn_row(&asked.turn).await;
    assert_eq!((row.ending.as_str(), row.text().as_str()), ("done", "One two three four five six seven."));
}

/// How often the line is cut, each time at a place of its own.
const CUTS: usize = 50;

/// With everything that an answer may hold.
const ANSWER: &str = "The class did *well* this term.\n\n- Mateo went up\n- James went up too\n\n\
    | Student | Average |\n|---|---|\n| Mateo | 5.80 |\n| James | 6.10 |\n\n\
    As a formula:\n\n```\naverage = sum / count\n```\n\n**Next:** a letter, with an *ä*, a 日本 and a 🦆 in it.\n";

/// The bytes of a stream from where `last` left off, until `enough`.
async fn bytes(ada: &Browser, turn: &str, last: Option<&str>, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut request = ada.request(&Method::GET, &format!("/turns/{turn}/events"));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let mut answer: Response = request.send().await.unwrap();
    let mut bytes = Vec::new();
    while !enough(&bytes) {
        let Some(chunk) = answer.chunk().await.unwrap() else { break };
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

/// The whole frames in some bytes; a frame that was cut is none.
fn frames(bytes: &[u8]) -> Vec<Frame> {
    let text = String::from_utf8_lossy(bytes);
    let (whole, _cut) = text.rsplit_once("\n\n").unwrap_or_default();
    whole.split("\n\n").filter_map(read_frame).collect()
}

fn shows_all(bytes: &[u8]) -> bool {
    let mut screen = Screen::default();
    for frame in frames(bytes) {
        screen.apply(&frame);
    }
    screen.waits()
}

/// `SplitMix64`.
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A seed of its own for each run; `SEED=` plays one again.
fn seed() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "no setting of the application")]
    let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).unwrap();
        u64::from_le_bytes(bytes)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn row_48_a_stream_that_is_cut_at_any_of_fifty_bytes_ends_as_the_uncut_one() {
    let (app, ada) = with_patience(Patience::default()).await;
    let (name, arguments) = mail_to(MATEO, "Hello", "Dear Mateo");
    let answer = Answer { calls: vec![ToolCall::new(name, &arguments)], ..Answer::text(ANSWER) };
    app.mind.calls([("get_student", json!({ "student_id": MATEO }))]);
    app.mind.push(answer.at(Pace { first: Duration::ZERO, piece: Duration::from_millis(5) }));
    let asked = ada.ask("Look, tell, and write").await;
    ada.follow(&asked.turn).await;
    // The turn waits for the teacher, so that its stream can be had again and again.
    let uncut = bytes(&ada, &asked.turn, None, shows_all).await;
    let whole = frames(&uncut);
    let ids: Vec<_> = whole.iter().filter_map(|frame| frame.id.clone()).collect();
    assert_eq!(ids.len(), whole.len() - 1, "each but the first has a name");
    assert!(ids.windows(2).all(|pair| follows(&pair[0], &pair[1])), "{ids:?}");

    let mut dice = seed();
    println!("SEED={dice}");
    for _ in 0..CUTS {
        let cut = usize::try_from(draw(&mut dice)).unwrap() % uncut.len();
        let before = bytes(&ada, &asked.turn, None, |bytes| bytes.len() >= cut).await;
        let mut had = frames(&before[..cut]);
        let last = had.last().and_then(|frame| frame.id.clone());
        if last.is_none() {
            had.clear();
        }
        let left = whole.len() - had.len();
        let after = bytes(&ada, &asked.turn, last.as_deref(), |bytes| frames(bytes).len() >= left).await;
        had.extend(frames(&after));
        assert_eq!(had, whole, "cut after {cut} of {} bytes", uncut.len());
    }
}

/// Whether a frame's name is the next one: the same event's next frame, or the
/// first frame of a later event.
fn follows(before: &str, after: &str) -> bool {
    let parts = |id: &str| {
        let mut parts = id.split('-').map(str::to_owned);
        let (epoch, event, frame) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        (epoch, event.parse::<u64>().unwrap(), frame.parse::<u64>().unwrap())
    };
    let ((epoch, event, frame), (next_epoch, next_event, next_frame)) = (parts(before), parts(after));
    epoch == next_epoch && ((next_event == event && next_frame == frame + 1) || (next_event > event && next_frame == 1))
}

#[tokio::test(flavor = "multi_thread")]
async fn row_49_the_same_message_posted_twice_is_one_turn() {
    let (app, ada) = with_patience(Patience::default()).await;
    app.mind.push(Answer::text("Only once.").at(slow()));
    let fields = [("words", "Tell me"), ("client_id", "0123456789abcdef")];
    let answers = join_all((0..20).map(|_| ada.post("/chat", &fields))).await;
    let turns: Vec<_> = answers.iter().map(|answer| answer.json()["turn"].clone()).collect();
    assert!(turns.iter().all(|turn| *turn == turns[0] && turn.is_string()), "{turns:?}");
    ada.follow_to_the_end(turns[0].as_str().unwrap()).await;
    let again = ada.post("/chat", &fields).await.with(200).json();
    assert_eq!(again["turn"], turns[0]);
    assert_eq!(ada.page(again["conversation"].as_str().unwrap()).await.texts("section.turn").len(), 1);
    assert_eq!((app.asked().len(), app.turn_rows().await.len()), (1, 1));
    assert_eq!(ada.get("/conversations").await.texts(".lines li").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_50_a_session_that_ends_while_a_draft_waits_leads_back_to_the_same_draft() {
    let (app, ada, clock) = held(Patience::default()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    clock.advance(SignedDuration::from_mins(61));
    let refused = ada.decide(&card, "send", &[]).await.with(401);
    assert!(refused.body.contains("nothing was sent. Sign in again"), "{}", refused.body);
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["proposed".to_owned()], 0));
    // The old session does not come alive again, whatever the clock says.
    clock.advance(SignedDuration::from_mins(-61));
    ada.decide(&card, "send", &[]).await.with(401);
    clock.advance(SignedDuration::from_mins(61));

    let page = format!("/chat/{}", asked.conversation);
    let door = ada.get(&page).await.with(303).location().to_owned();
    let door = ada.get(&door).await.with(200).attrs("a.google", "href").remove(0);
    ada.sign_in(&door, &cast::ada()).await.leads_to(&page);
    let waiting = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!(waiting, card);
    ada.decide(&waiting, "send", &[]).await.with(200);
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["sent".to_owned()], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_50_a_session_that_ends_while_an_answer_is_written_loses_nothing_of_it() {
    let (app, ada, clock) = held(Patience::default()).await;
    app.mind.push(Answer::text(ANSWER).at(slow()));
    let asked = ada.ask("Tell me").await;
    clock.advance(SignedDuration::from_hours(13));
    ada.get(&format!("/turns/{}/events", asked.turn)).await.with(303);
    in_time("it is over", async || app.turn_row(&asked.turn).await.status != "running").await;
    let row = app.turn_row(&asked.turn).await;
    assert_eq!((row.ending.as_str(), row.text().as_str()), ("done", ANSWER));
    let ada = app.signed_in(&cast::ada()).await;
    assert!(ada.page(&asked.conversation).await.text(".answer").ends_with("🦆 in it."));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_51_who_signs_out_during_a_send_finds_its_outcome_at_the_next_sign_in() {
    let (app, ada) = with_patience(Patience::default()).await;
    let (asked, card) = a_draft(&app, &ada).await;
    let gate = Gate::default();
    app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Until(gate.clone())));
    let (tab, thief) = (ada.copied(), ada.copied());
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    let google = Arc::clone(&app.sandbox);
    eventually("the mail is on its way", move || google.log().count(Route::GmailSend) == 1).await;
    ada.post("/auth/logout", &[]).await.with(303);
    assert_eq!(app.sessions_and_sign_ins().await, (0, 0), "each of the two is gone");
    gate.open();
    click.await.unwrap();
    thief.get("/chat").await.leads_to("/");
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["sent".to_owned()], 1));
    let ada = app.signed_in(&cast::ada()).await;
    assert!(ada.page(&asked.conversation).await.has(".receipt .stamp"), "she finds that it was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_was_sent_as_unknown_is_not_sent_by_another_click() {
    let (app, ada) = with_patience(Patience::default()).await;
    let (_, card) = a_draft(&app, &ada).await;
    app.sandbox.faults().add(Fault::on(Route::GmailSend).then(Effect::Accept).then(Effect::Reset));
    let told = ada.decide(&card, "send", &[]).await.with(200).json();
    app.sandbox.faults().clear();
    for decision in ["send", "discard"] {
        ada.decide(&card, decision, &[]).await;
        ada.decide(&card_of(&told), decision, &[]).await;
    }
    assert_eq!((app.draft_states().await, app.accepted().len()), (vec!["unknown".to_owned()], 1));
}
