//! The states that a page comes into: what lies over it, what went wrong on it,
//! what waits on it. axe-core finds nothing in any of them either.

use std::time::Duration;

use serde_json::json;
use teachers_aide::{
    clock::Patience,
    sandbox::{
        faults::{Answer as Reply, Effect, Fault, Route},
        model::{Answer, Ending, FinishReason, Raw},
    },
};
use thirtyfour::Key;

use super::{
    NARROW, WIDE, at_a_desk, at_a_desk_with,
    mishaps::{letter, refusal, soon},
    pages::Looks,
    remedies::ended_elsewhere,
    story::{ORDER, QUESTION},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_over_a_page_or_is_opened_in_it_shuts_nobody_out() {
    at_a_desk(async |desk| {
        let (tab, mut looks) = (&desk.tab, Looks::begin(desk));
        desk.sign_in().await;
        desk.ask(QUESTION).await;
        desk.done(1).await;
        tab.click(".who [data-shows=shortcuts]").await;
        looks.here("state-shortcuts").await;
        tab.keys(Key::Escape).await;
        tab.click(".shelved > summary").await;
        looks.here("state-rename").await;
        tab.click(".did > summary").await;
        tab.click(".edit > summary").await;
        looks.here("state-evidence-and-edit").await;
        // The menu is there in a narrow window only.
        tab.size(NARROW).await;
        tab.click("[popovertarget=side]").await;
        looks.seen("state-menu", &[NARROW]).await;
        tab.keys(Key::Escape).await;
        tab.size(WIDE).await;
        tab.go("/settings").await;
        tab.click(".careful summary").await;
        tab.run::<()>("document.querySelector('#days').form.noValidate = true", Vec::new()).await;
        looks.here("state-delete-all").await;
        tab.fill("#days", "99999").await;
        tab.run::<()>("document.querySelector('#days').form.noValidate = true", Vec::new()).await;
        tab.press("#days", Key::Enter).await;
        tab.find("#days-fault").await;
        looks.here("state-refused-form").await;
        tab.go("/students/s-1001").await;
        tab.run::<()>("document.querySelector('.address form').noValidate = true", Vec::new()).await;
        tab.fill(".address input:not([type=hidden])", "no address").await;
        tab.press(".address input:not([type=hidden])", Key::Enter).await;
        tab.find(".address .fault").await;
        looks.here("state-refused-address").await;
        looks.end();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_wrong_shuts_nobody_out() {
    at_a_desk_with(Patience { next_word: Duration::from_mins(2), ..soon() }, async |desk| {
        let (tab, mut looks) = (&desk.tab, Looks::begin(desk));
        desk.sign_in().await;
        let mind = desk.script();
        let half = || Raw::events([json!({ "choices": [{ "index": 0, "delta": { "content": "Half" } }] })]);
        mind.push(refusal(401)).push(half().ending(Ending::Cut));
        mind.push(Answer::text("Half").ending(FinishReason::Length));
        mind.push(Answer::text("Half").ending(FinishReason::ContentFilter));
        for turn in 1..=4 {
            desk.ask("How is Mateo?").await;
            tab.until(&format!("document.querySelectorAll('.notice').length === {turn}")).await;
        }
        tab.click(".notice a[href^='#edit']").await;
        desk.demo.line.close().await;
        desk.ask("And James?").await;
        tab.find("#words-fault").await;
        desk.demo.line.open().await;
        looks.here("state-notices").await;
        // An answer on its way, and one that waits for a busy model.
        let mind = desk.script();
        (0..3).for_each(|_| _ = mind.push(refusal(429).retry_after(20)));
        tab.go("/chat").await;
        desk.ask("How is Mateo?").await;
        tab.find(".notice .count").await;
        looks.here("state-busy").await;
        tab.click("[data-stop]").await;
        tab.find("[data-state=stopped]").await;
        desk.script().push(half().ending(Ending::Stall));
        desk.ask("And now?").await;
        tab.find("[data-busy] .time").await;
        looks.here("state-writing").await;
        ended_elsewhere(desk).await;
        tab.find("[data-key=lost]").await;
        desk.ask("Once more").await;
        tab.find("#words-fault a").await;
        looks.here("state-signed-out").await;
        // The same without a script: a page that gives back what was written.
        tab.run::<()>("document.querySelector('[data-write]').submit()", Vec::new()).await;
        tab.find(".typed pre").await;
        looks.here("state-given-back").await;
        looks.end();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_in_every_state_shuts_nobody_out() {
    at_a_desk_with(soon(), async |desk| {
        let (tab, mut looks) = (&desk.tab, Looks::begin(desk));
        desk.sign_in().await;
        desk.ask(ORDER).await;
        tab.find(".send-all").await;
        tab.fill(".letter [name=subject]", "").await;
        tab.keys(Key::Backspace).await;
        tab.run::<()>("document.querySelector('.letter').noValidate = true", Vec::new()).await;
        tab.click(".letter button[value=send]").await;
        tab.find(".letter .fault").await;
        looks.here("state-refused-letter").await;
        let mind = desk.script();
        tab.go("/chat").await;
        mind.push(letter()).says("Well.").push(letter()).says("Well.").push(letter()).says("Well.");
        let faults = desk.demo.sandbox.faults();
        let unclear = Fault::on(Route::GmailSend).times(1).then(Effect::Accept);
        faults.add(unclear.then(Effect::Answer(Reply::status(503))));
        let limit = Effect::Answer(Reply::status(429).header("retry-after", "600"));
        faults.add(Fault::on(Route::GmailSend).times(1).then(limit));
        for words in ["Write to Mateo", "Write to Mateo again"] {
            desk.ask(words).await;
            tab.click(".turn:last-child .letter button[value=send]").await;
            tab.find(".turn:last-child .receipt").await;
        }
        // Whom nobody named is asked for twice.
        desk.ask("Write to somebody").await;
        tab.find(".letter .ticks").await;
        looks.here("state-receipts-and-ticks").await;
        looks.end();
    })
    .await;
}
