//! A conversation in each of its states.

use super::{
    super::{
        cast::{composer, frame, text},
        turns,
    },
    conversations::shelved,
    keep,
};
use crate::web::{
    pages::Chat,
    parts::{Back, Place, Turn},
};

const QUESTIONS: [&str; 3] =
    ["How are my students going this semester?", "Who needs 9 or more in Algebra I?", "Compare my two Physics classes"];

fn chat(title: &str, turns: Vec<Turn>) -> Chat {
    let blank = turns.is_empty();
    let place = if blank { Place::New } else { Place::Elsewhere };
    Chat {
        frame: frame(title, place, if blank { "" } else { "k1" }),
        greeting: text("Good morning, Mary"),
        title: text(title),
        shelved: (!blank).then(|| shelved("k1", title, Back::Chat)),
        turns,
        composer: composer((!blank).then_some("k1"), if blank { &QUESTIONS } else { &QUESTIONS[1..] }),
    }
}

pub(super) fn all() -> Vec<(String, String)> {
    let story = "How are my students going this semester?";
    let mut refused = chat("New conversation", Vec::new());
    refused.composer.words = text("How are");
    refused.composer.error = Some(text("That is more than 20,000 characters. Shorten it and send again."));
    let mut running = chat(story, vec![turns::overview(), turns::running()]);
    running.composer.running = Some(text("t7"));
    running.composer.asks.clear();
    let mut table = chat(story, vec![turns::running_table()]);
    table.composer.running = Some(text("t8"));
    vec![
        keep("chat-new", &chat("New conversation", Vec::new())),
        keep("chat-refused", &refused),
        keep("chat", &chat(story, vec![turns::overview(), turns::one_draft()])),
        keep("chat-versions", &chat(story, vec![turns::overview(), turns::again()])),
        keep("chat-running", &running),
        keep("chat-running-table", &table),
        keep("chat-drafts", &chat(story, vec![turns::two_drafts()])),
        keep("chat-letters", &chat(story, vec![turns::letters()])),
        keep("chat-receipts", &chat(story, vec![turns::receipts()])),
        keep("chat-cards", &chat(story, vec![turns::cards()])),
        keep("chat-ends", &chat(story, turns::ends())),
    ]
}
