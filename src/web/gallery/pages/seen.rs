//! What the model saw, and the same page where nothing is kept.

use super::keep;
use crate::web::{
    gallery::cast::{frame, text},
    pages::{Seen, SeenCall, SeenMessage, SeenRequest},
    parts::Place,
};

pub(super) fn all() -> Vec<(String, String)> {
    let page = |requests| Seen {
        frame: frame("What the model saw", Place::Elsewhere, "k1"),
        words: text("How is Mateo doing?"),
        back: text("/chat/k1#turn-t1"),
        requests,
    };
    let first = vec![
        message("system", "The application’s rules and notes", "You are a teacher’s aide."),
        message("user", "You", "How is Mateo doing?"),
    ];
    let call = SeenCall {
        id: text("call-1-0-0"),
        tool: text("get_student"),
        arguments: text("{\n  \"student_id\": \"s-012\"\n}"),
    };
    let second = vec![
        SeenMessage { calls: vec![call], ..message("assistant", "The model", "I look it up.") },
        SeenMessage {
            answers: Some(text("call-1-0-0")),
            ..message("tool", "What a tool found", "{\n  \"name\": \"Mateo Nguyen\",\n  \"note\": \"<b>hello</b>\"\n}")
        },
    ];
    vec![keep("seen", &page(vec![request(0, first), request(2, second)])), keep("seen-empty", &page(Vec::new()))]
}

fn request(again: usize, messages: Vec<SeenMessage>) -> SeenRequest {
    SeenRequest {
        model: text("gpt-5"),
        at: text("2026-11-20T10:00:00Z"),
        when: text("10:00"),
        tools: vec![text("list_students"), text("get_student")],
        again,
        messages,
    }
}

fn message(role: &str, who: &'static str, content: &str) -> SeenMessage {
    SeenMessage { role: text(role), who, content: text(content), calls: Vec::new(), answers: None }
}
