//! A mind that says what a test told it to, and remembers what it was asked.
//!
//! It never makes an answer of its own: with nothing left to play it refuses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::StatusCode;
use serde_json::Value;

use super::Mind;
use super::error::ApiError;
use super::reply::{Answer, Reply, ToolCall};
use super::wire::Conversation;

/// A queue of replies, played in order.
#[derive(Debug, Default)]
pub struct ScriptedMind {
    queue: Mutex<VecDeque<Reply>>,
    heard: Mutex<Vec<Arc<Value>>>,
}

impl ScriptedMind {
    /// A mind with an empty script.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Adds a reply to the script.
    pub fn push(&self, reply: impl Into<Reply>) -> &Self {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(reply.into());
        self
    }

    /// Adds a message of words.
    pub fn says(&self, text: &str) -> &Self {
        self.push(Answer::text(text))
    }

    /// Adds a message of calls, each a tool's name and its arguments.
    pub fn calls<const N: usize>(&self, calls: [(&str, Value); N]) -> &Self {
        self.push(Answer::calls(calls.map(|(name, arguments)| ToolCall::new(name, &arguments))))
    }

    /// The bodies of all requests so far, oldest first.
    pub fn requests(&self) -> Vec<Value> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).iter().map(|body| body.as_ref().clone()).collect()
    }

    /// How many replies are left.
    pub fn left(&self) -> usize {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Mind for ScriptedMind {
    fn reply(&self, request: &Conversation) -> Reply {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&request.body));
        let next = self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        // 400, because clients try again on a 5xx and a test would wait for them to give up.
        next.unwrap_or_else(|| {
            ApiError::new(StatusCode::BAD_REQUEST, "The test's script is empty.").code("script_is_empty").into()
        })
    }
}
