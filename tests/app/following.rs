//! Following an answer while it is written: from the beginning, after a broken
//! line, in a second tab, until it is stopped.

use std::time::{Duration, Instant};

use serde_json::json;
use teachers_aide::sandbox::model::{Answer, Ending, Fate, Pace, Raw};

use crate::{
    cast::{MATEO, mail_to, school_day},
    harness::{Asked, Browser, Screen, TestApp, eventually, in_time},
};

/// A chunk of text as the model's wire has it.
fn chunk(text: &str) -> serde_json::Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "scripted",
        "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }],
    })
}

/// An answer that begins and then says nothing more.
fn stalls_after(text: &str) -> Raw {
    Raw::events([chunk(text)]).ending(Ending::Stall)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_model_says_is_on_the_page_before_it_says_the_next_word() {
    let (app, ada, _grace) = school_day().await;
    app.mind.push(stalls_after("The first words"));
    let asked = ada.ask("Tell me").await;
    let screen = ada.follow_until(&asked.turn, |screen| screen.text().contains("The first words")).await;
    // It does not say a next one: whoever waited for it would find the turn at its end.
    assert_eq!((screen.state.as_str(), app.asked()[0].fate()), ("", Fate::Open));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_on_the_page_as_soon_as_it_waits() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let begun = Instant::now();
    let (_, screen) = ada.hear("Write to Mateo").await;
    assert_eq!(screen.cards().len(), 1);
    // A stream says every few seconds that it is still there; a draft does not wait for that.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_closes_the_models_stream_within_a_second_and_keeps_the_part() {
    let (app, ada, _grace) = school_day().await;
    // A busy machine may be slow once; whoever waits for something is slow each time.
    let (mut asked, mut fastest) = (None, Duration::MAX);
    for attempt in 0..4 {
        let (this, took) = stopped(&app, &ada, attempt).await;
        (asked, fastest) = (Some(this), fastest.min(took));
        if fastest < Duration::from_secs(1) {
            break;
        }
    }
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
    let asked = asked.unwrap();
    let page = ada.page(&asked.conversation).await;
    assert!(page.text(".answer").contains("Half an answer") && page.text(".notice").contains("Stopped"));
    app.mind.says("Yes?");
    ada.ask_in(&asked.conversation, "Something else").await;
}

/// A turn that is stopped in the middle, and how long the model's stream lived on.
async fn stopped(app: &TestApp, ada: &Browser, attempt: usize) -> (Asked, Duration) {
    app.mind.push(stalls_after("Half an answer"));
    let asked = ada.ask("Tell me").await;
    ada.follow_until(&asked.turn, |screen| screen.text().contains("Half an answer")).await;
    assert_eq!(app.asked()[attempt].fate(), Fate::Open);
    let begun = Instant::now();
    ada.post(&format!("/turns/{}/stop", asked.turn), &[]).await.with(200);
    eventually("the model's stream is closed", || app.asked()[attempt].fate() == Fate::Abandoned).await;
    (asked, begun.elapsed())
}

fn slow() -> Pace {
    Pace { first: Duration::ZERO, piece: Duration::from_millis(15) }
}

/// Long enough to be read in several ways while it is written.
fn long_answer() -> String {
    let paragraph = |n: usize| format!("Paragraph {n} says that *all* students of 10B did well in part {n}.\n\n");
    let table = "| Student | Average |\n|---|---|\n| Mateo | 5.80 |\n| James | 6.10 |\n\n";
    (1..=4).map(paragraph).chain([table.to_owned()]).chain((5..=8).map(paragraph)).collect()
}

/// Only the words count: an open block is its source, a closed one is rendered.
fn words(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_line_is_taken_up_where_it_broke_with_no_gap_and_no_doubling() {
    let (app, ada, _grace) = school_day().await;
    app.mind.push(Answer::text(long_answer()).at(slow()));
    let asked = ada.ask("Tell me").await;
    let mut screen = Screen::default();
    let mut breaks = 0;
    while screen.state != "done" {
        let mut stream = ada.listen(&asked.turn, screen.last_id.as_deref()).await;
        let before = screen.frames;
        while let Some(frame) = stream.next().await {
            screen.apply(&frame);
            if screen.frames == before + 7 {
                breaks += 1;
                break;
            }
        }
    }
    assert!(breaks > 3, "the line broke {breaks} times only");
    // The turn may end while the line is broken; then the whole turn comes at once.
    assert!(words(&long_answer()).starts_with(&words(&screen.streamed)), "{}", screen.streamed);
    assert_eq!(words(&screen.text()), words(&long_answer()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_in_the_middle_shows_the_same_answer_in_the_end() {
    let (app, ada, _grace) = school_day().await;
    app.mind.push(Answer::text(long_answer()).at(slow()));
    let asked = ada.ask("Tell me").await;
    ada.follow_until(&asked.turn, |screen| screen.text().contains("Paragraph 3")).await;
    let reloaded = ada.page(&asked.conversation).await;
    // The page shows what is stored, half a second behind at most; the stream brings the rest.
    let shown = reloaded.texts(".answer .blocks > :not(.files), .answer .tail").concat();
    assert!(words(&long_answer()).starts_with(&words(&shown)), "{}", reloaded.body);
    assert_eq!(reloaded.attrs("section.turn", "data-state"), ["running"]);
    let screen = ada.follow_to_the_end(&asked.turn).await;
    assert_eq!(words(&screen.streamed), words(&long_answer()));
    let page = ada.page(&asked.conversation).await;
    let shown = page.texts(".answer .blocks > :not(.files)").concat();
    assert_eq!(words(&shown), words(&screen.text()), "what was followed is what a reload shows");
}

/// A page that is read in the very moment in which an answer ends shows it as running or as done, never as cut off.
#[tokio::test(flavor = "multi_thread")]
async fn no_page_says_of_an_answer_that_ends_that_it_broke_off() {
    let (app, ada, _grace) = school_day().await;
    for round in 0..25 {
        app.mind.says("Well.");
        let asked = ada.ask(&format!("Question {round}")).await;
        let looks = (0..4).map(|_| {
            let (browser, conversation) = (ada.copied(), asked.conversation.clone());
            tokio::spawn(async move {
                for _ in 0..200 {
                    let page = browser.page(&conversation).await;
                    assert!(!page.text(".log").contains("Interrupted"), "{}", page.text(".log"));
                    if page.text(".answer").contains("Well.") && !page.has("[data-state=running]") {
                        return;
                    }
                }
                panic!("the answer never came to its end");
            })
        });
        for look in looks.collect::<Vec<_>>() {
            look.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_whose_end_cannot_be_stored_is_shown_as_it_is_kept() {
    let (app, ada, _grace) = school_day().await;
    let words: Vec<String> = (0..2_000).map(|number| format!("word{number}")).collect();
    app.mind.push(Answer::text(words.join(" ")).at(Pace { first: Duration::ZERO, piece: Duration::from_millis(15) }));
    let asked = ada.ask("Tell me").await;
    let stored = async || app.turn_row(&asked.turn).await.text();
    in_time("a part is stored", async || !stored().await.is_empty()).await;
    let full = "CREATE TRIGGER full BEFORE UPDATE ON turns BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    let database = app.database().await;
    sqlx::query(full).execute(&database).await.unwrap();
    let screen = ada.follow_to_the_end(&asked.turn).await;
    assert_eq!(screen.state, "interrupted");
    assert!(screen.streamed.len() > screen.text().len(), "more was told: {:?}", screen.streamed);
    assert_eq!(screen.text(), stored().await.trim(), "what is not kept does not stand there as if it were");
    sqlx::query("DROP TRIGGER full").execute(&database).await.unwrap();
}
