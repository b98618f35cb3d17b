//! The fault matrix: what goes wrong elsewhere, what the teacher sees then, and
//! what lies in the database afterwards. Each row is a test of its own, named
//! by its number; `docs/faults.md` has the table.

mod gmail;
mod model;
mod process;
mod signals;
mod store;
mod tabs;
mod vault;
mod world;

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::{Value, json};
use teachers_aide::{
    clock::{Clock, HeldClock, Patience, SystemClock},
    sandbox::model::{Ending, Raw},
};

use crate::{
    cast::{self, MATEO, mail_to},
    harness::{Answer, Asked, Browser, Card, TestApp, Wanted},
};

/// An application that waits so long for others, and Ada in it.
async fn with_patience(patience: Patience) -> (TestApp, Browser) {
    start(Wanted { patience: Some(patience), ..Wanted::default() }).await
}

/// An application behind lines that can be broken, and Ada in it.
async fn behind_lines(patience: Patience) -> (TestApp, Browser) {
    start(Wanted { patience: Some(patience), lines: true, ..Wanted::default() }).await
}

async fn start(wanted: Wanted) -> (TestApp, Browser) {
    let app = TestApp::start_with(wanted).await;
    let ada = app.signed_in(&cast::ada()).await;
    (app, ada)
}

/// An application whose clock stands still, and Ada in it.
async fn held(patience: Patience) -> (TestApp, Browser, Arc<HeldClock>) {
    let clock = Arc::new(HeldClock::at(SystemClock.now()));
    let wanted = Wanted { clock: Some(Arc::clone(&clock)), patience: Some(patience), ..Wanted::default() };
    let (app, ada) = start(wanted).await;
    (app, ada, clock)
}

/// Longer than any Google token lasts; the teacher is at work meanwhile.
async fn an_hour_at_work(clock: &HeldClock, teacher: &Browser) {
    for _ in 0..2 {
        clock.advance(SignedDuration::from_mins(35));
        teacher.get("/classes").await.with(200);
    }
}

/// Ada has a letter to Mateo before her.
async fn a_draft(app: &TestApp, ada: &Browser) -> (Asked, Card) {
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Done.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    (asked, screen.cards().remove(0))
}

/// The draft that a decision's answer is about, for the next decision.
fn card_of(told: &Value) -> Card {
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    Card { id: text("approval_id"), hash: text("hash"), ..Card::default() }
}

/// The sentence for the teacher in a refusal.
#[track_caller]
fn words(told: &Answer) -> String {
    told.json()["error"]["words"].as_str().unwrap_or_else(|| panic!("{}", told.body)).to_owned()
}

/// A chunk of text as the model's wire has it.
fn chunk(text: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "scripted",
        "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }],
    })
}

/// An answer that begins and then says nothing more.
fn stalls_after(text: &str) -> Raw {
    Raw::events([chunk(text)]).ending(Ending::Stall)
}
