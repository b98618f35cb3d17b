//! What the model saw: the requests that left for one answer, as they left.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};

use super::{
    chat,
    error::PageError,
    frame::{self, html},
    pages::{self, Seen, SeenMessage, SeenRequest},
    parts::Place,
    present::clock_time,
    session::SignedInTeacher,
    state::State,
};
use crate::assistant::{
    TurnId,
    model::ModelCall,
    seen::{self, SeenInAll},
};

/// `GET /turns/{turn}/seen`
pub async fn of_turn(
    state: Data<State>,
    teacher: SignedInTeacher,
    turn: Path<String>,
) -> Result<HttpResponse, PageError> {
    let turn = TurnId::parse(&turn).ok_or(PageError::NotFound)?;
    let caller = &teacher.0;
    let stored = state.conversations.turn(&caller.teacher.id, &turn).await?.ok_or(PageError::NotFound)?;
    let all = state.seen.seen(&caller.teacher.id, &stored.conversation).await?;
    let current = stored.conversation.to_string();
    let page = Seen {
        frame: frame::of(&state, caller, "What the model saw", Place::Elsewhere, Some(&current)).await?,
        words: stored.turn.words,
        back: chat::address(&current, &turn),
        requests: requests(&state, &all, &turn),
    };
    html(&page, &state.token(caller))
}

/// Each with what is new in it: what stood at the beginning of the one before
/// is counted, and not shown again.
fn requests(state: &State, all: &SeenInAll, turn: &TurnId) -> Vec<SeenRequest> {
    let mut before: &[i64] = &[];
    let mut shown = Vec::new();
    for request in all.requests.iter().filter(|request| request.turn == *turn) {
        let again = request.messages.iter().zip(before).take_while(|(now, then)| now == then).count();
        let new = request.messages[again..].iter().filter_map(|place| all.messages.get(place));
        shown.push(SeenRequest {
            model: request.model.clone(),
            at: request.sent_at.to_string(),
            when: clock_time(&*state.clock, request.sent_at),
            tools: request.tools.clone(),
            again,
            messages: new.map(message).collect(),
        });
        before = &request.messages;
    }
    shown
}

fn message(seen: &seen::SeenMessage) -> SeenMessage {
    let call = |call: &ModelCall| pages::SeenCall {
        id: call.id.clone(),
        tool: call.tool.clone(),
        arguments: laid_out(&call.arguments),
    };
    SeenMessage {
        role: seen.role.clone(),
        who: who(&seen.role),
        content: laid_out(&seen.content),
        calls: seen.calls.iter().map(call).collect(),
        answers: seen.call_id.clone(),
    }
}

fn who(role: &str) -> &'static str {
    match role {
        "system" => "The application’s rules and notes",
        "user" => "You",
        "assistant" => "The model",
        _ => "What a tool found",
    }
}

/// JSON in lines of its own, with every sign of it as it stands; anything else
/// untouched.
fn laid_out(text: &str) -> String {
    let is_json = text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if !is_json {
        return text.to_owned();
    }
    let (mut out, mut depth, mut quoted, mut escaped) = (String::with_capacity(text.len() * 2), 0_usize, false, false);
    for (at, sign) in text.char_indices() {
        if quoted {
            out.push(sign);
            quoted = escaped || sign != '"';
            escaped = !escaped && sign == '\\';
            continue;
        }
        let (was, next) = (text[..at].chars().next_back(), text[at + sign.len_utf8()..].chars().next());
        let empty =
            |opening, closing| (sign == opening && next == Some(closing)) || (sign == closing && was == Some(opening));
        match sign {
            '{' | '[' | '}' | ']' if empty('{', '}') || empty('[', ']') => out.push(sign),
            '{' | '[' => {
                depth += 1;
                out.push(sign);
                new_line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(sign);
            }
            ',' => {
                out.push(sign);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            ' ' | '\n' | '\r' | '\t' => {}
            other => {
                quoted = other == '"';
                out.push(other);
            }
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_set_in_lines_and_no_sign_of_it_is_lost() {
        let json = r#"{"a":[1.50,{}],"a":"x: {\"y\", \\","b":[]}"#;
        let lines = "{\n  \"a\": [\n    1.50,\n    {}\n  ],\n  \"a\": \"x: {\\\"y\\\", \\\\\",\n  \"b\": []\n}";
        assert_eq!(laid_out(json), lines);
        for other in ["plain, {words}", "{not json", "[1, 2", ""] {
            assert_eq!(laid_out(other), other);
        }
    }
}
