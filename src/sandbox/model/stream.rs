//! A reply on its way out: chunk objects for a stream, one object otherwise.
//!
//! A stream knows whether it was read to its end, so that a test can see that
//! a stopped answer really was given up by its reader.

use std::io;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};

use super::log::Watch;
use super::reply::{Answer, Ending, Raw, ToolCall};
use super::wire::{Conversation, Message};

/// The length of the pieces in which a call's arguments travel.
const ARGUMENT_PIECE: usize = 48;

/// What is the same in every chunk of one completion.
#[derive(Debug, Clone)]
pub struct Header {
    /// The completion's id.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// The model's name, as it was asked for.
    pub model: String,
}

impl Header {
    fn chunk(&self, choices: &Value) -> Value {
        json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "service_tier": "default", "system_fingerprint": null, "choices": choices,
        })
    }

    fn delta(&self, delta: &Value, finish_reason: Option<&str>) -> Value {
        self.chunk(&json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason }]))
    }

    /// The whole answer as one `chat.completion` object.
    pub fn completion(&self, request: &Conversation, answer: &Answer) -> Value {
        let text = answer.text.concat();
        let mut message = json!({ "role": "assistant", "content": text, "refusal": null, "annotations": [] });
        if !answer.calls.is_empty() {
            message["tool_calls"] = answer.calls.iter().map(whole_call).collect();
            if text.is_empty() {
                message["content"] = Value::Null;
            }
        }
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model,
            "choices": [{
                "index": 0, "message": message, "logprobs": null, "finish_reason": answer.reason().word(),
            }],
            "usage": usage(request, answer), "service_tier": "default", "system_fingerprint": null,
        })
    }

    /// The answer as a stream's pieces.
    pub fn script(&self, request: &Conversation, answer: &Answer) -> Raw {
        let mut chunks = vec![self.delta(&opening(answer), None)];
        chunks.extend(answer.text.iter().map(|piece| self.delta(&json!({ "content": piece }), None)));
        chunks.extend(call_deltas(&answer.calls).into_iter().map(|delta| self.delta(&delta, None)));
        chunks.push(self.delta(&json!({}), Some(answer.reason().word())));
        if request.include_usage {
            for chunk in &mut chunks {
                chunk["usage"] = Value::Null;
            }
            let mut last = self.chunk(&json!([]));
            last["usage"] = usage(request, answer);
            chunks.push(last);
        }
        let mut raw = Raw::events(chunks).done();
        for (n, (wait, _)) in raw.frames.iter_mut().enumerate() {
            *wait = if n == 0 { answer.pace.first } else { answer.pace.piece };
        }
        raw
    }
}

fn opening(answer: &Answer) -> Value {
    let content = if answer.text.is_empty() && !answer.calls.is_empty() { Value::Null } else { json!("") };
    json!({ "role": "assistant", "content": content, "refusal": null })
}

fn whole_call(call: &ToolCall) -> Value {
    json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.arguments } })
}

/// Each call's id and name once, then one piece of each call's arguments in turn.
fn call_deltas(calls: &[ToolCall]) -> Vec<Value> {
    let delta = |index: usize, call: Value| {
        let mut call = call;
        call["index"] = index.into();
        json!({ "tool_calls": [call] })
    };
    let mut deltas = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let function = json!({ "name": call.name, "arguments": "" });
        deltas.push(delta(index, json!({ "id": call.id, "type": "function", "function": function })));
    }
    let mut pieces: Vec<_> = calls.iter().map(|call| argument_pieces(&call.arguments).into_iter()).collect();
    loop {
        let before = deltas.len();
        for (index, call) in pieces.iter_mut().enumerate() {
            if let Some(piece) = call.next() {
                deltas.push(delta(index, json!({ "function": { "arguments": piece } })));
            }
        }
        if deltas.len() == before {
            return deltas;
        }
    }
}

fn argument_pieces(arguments: &str) -> Vec<String> {
    let letters: Vec<char> = arguments.chars().collect();
    letters.chunks(ARGUMENT_PIECE).map(|piece| piece.iter().collect()).collect()
}

/// A token is taken as four bytes, which is near enough for a page that shows usage.
fn usage(request: &Conversation, answer: &Answer) -> Value {
    let prompt: usize = request.messages.iter().map(message_bytes).sum::<usize>() / 4 + 1;
    let calls: usize = answer.calls.iter().map(|call| call.name.len() + call.arguments.len()).sum();
    let completion = (answer.text.iter().map(String::len).sum::<usize>() + calls) / 4 + 1;
    json!({
        "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
        "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
        "completion_tokens_details": { "reasoning_tokens": 0, "audio_tokens": 0 },
    })
}

fn message_bytes(message: &Message) -> usize {
    match message {
        Message::System(text) | Message::User(text) | Message::Tool { content: text, .. } => text.len(),
        Message::Assistant { text, calls } => {
            text.len() + calls.iter().map(|call| call.name.len() + call.arguments.to_string().len()).sum::<usize>()
        }
    }
}

/// Plays the pieces in time, then ends as told.
pub fn play(raw: Raw, watch: Watch) -> impl Stream<Item = io::Result<Bytes>> + 'static {
    let state = (raw.frames.into_iter(), Some((raw.ending, watch)));
    stream::unfold(state, |(mut frames, end)| async move {
        let (ending, mut watch) = end?;
        if let Some((wait, bytes)) = frames.next() {
            rest(wait).await;
            // Clients hang up at `[DONE]`, so the last piece counts as the end.
            if frames.len() == 0 && ending == Ending::Close {
                watch.finished();
            }
            return Some((Ok(bytes), (frames, Some((ending, watch)))));
        }
        match ending {
            Ending::Close => {
                watch.finished();
                None
            }
            Ending::Cut => {
                watch.finished();
                // The server drops what it has not flushed when a body fails; a turn of the loop lets it flush.
                tokio::task::yield_now().await;
                Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), (frames, None)))
            }
            Ending::Stall => std::future::pending().await,
        }
    })
}

async fn rest(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}
