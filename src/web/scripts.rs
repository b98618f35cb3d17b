//! For scripts: one question as JSON, answered when the turn is over or waits.

use actix_web::{
    HttpResponse,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    chat::{script_word, until_quiet},
    error::PageError,
    session::SignedInTeacher,
    state::State,
};
use crate::assistant::{
    ClientId, ConversationId, SayError, Words, WordsError,
    approval::{Approval, ApprovalState},
    caution::Tick,
    conversation::StoredTurn,
    turn::{Ending, Status},
};

/// Longer than any turn works.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(150);

/// What a script asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    prompt: String,
    chat_id: Option<String>,
}

/// What it gets.
#[derive(Debug, Serialize)]
struct Reply {
    response: String,
    chat_id: String,
    turn: &'static str,
    drafts: Vec<Draft>,
}

#[derive(Debug, Serialize)]
struct Draft {
    approval_id: String,
    hash: String,
    to: String,
    subject: String,
    body: String,
    /// What the decision must carry besides, each with any value.
    ticks: Vec<Tick>,
}

impl Draft {
    fn of(approval: &Approval) -> Self {
        let to = approval.preview.rows.first().map_or("", |row| row.value.as_str());
        Self {
            approval_id: approval.id.to_string(),
            hash: approval.hash(),
            to: to.to_owned(),
            subject: approval.preview.field("subject").to_owned(),
            body: approval.preview.field("body").to_owned(),
            ticks: approval.caution.ticks.clone(),
        }
    }
}

/// `POST /prompt`
pub async fn prompt(
    state: Data<State>,
    teacher: SignedInTeacher,
    question: Json<Question>,
) -> Result<HttpResponse, PageError> {
    let words = Words::parse(&question.prompt).map_err(|fault| match fault {
        WordsError::Empty => PageError::BadRequest("The prompt is empty.".to_owned()),
        fault @ WordsError::TooLong { .. } => PageError::BadRequest(fault.to_string()),
    })?;
    let conversation = match question.chat_id.as_deref() {
        Some(id) => Some(ConversationId::parse(id).ok_or(PageError::NotFound)?),
        None => None,
    };
    let stored = state.assistant.say(&teacher.0, conversation, &words, ClientId::fresh(&*state.ids)).await;
    let stored = stored.map_err(|fault| match fault {
        SayError::Busy => PageError::Conflict("An answer is still being written in this conversation.".to_owned()),
        SayError::Limited(reached) => PageError::limited(reached, &*state.clock),
        SayError::NotFound => PageError::NotFound,
        SayError::Broken(fault) => PageError::Broken(fault),
    })?;
    let stored = until_quiet(&state, &teacher.0, &stored.turn.id, PATIENCE).await?;
    let drafts = match stored.turn.status {
        Status::Waiting => state.approvals.of_conversation(&teacher.0.teacher.id, &stored.conversation).await?,
        Status::Running | Status::Ended { .. } => Vec::new(),
    };
    let waits = |a: &&Approval| a.turn == stored.turn.id && a.state == ApprovalState::Proposed;
    Ok(HttpResponse::Ok().json(Reply {
        response: response(&stored),
        chat_id: stored.conversation.to_string(),
        turn: script_word(&stored),
        drafts: drafts.iter().filter(waits).map(Draft::of).collect(),
    }))
}

/// All that the assistant said, and why it stopped where it did not simply end.
fn response(stored: &StoredTurn) -> String {
    let mut said: Vec<&str> =
        stored.turn.steps.iter().map(|step| step.text.trim()).filter(|text| !text.is_empty()).collect();
    if let Status::Ended { ending: Ending::Failed { words, .. } | Ending::Interrupted { words } } = &stored.turn.status
    {
        said.push(words);
    }
    said.join("\n\n")
}

/// `GET /healthz`
pub async fn healthz(state: Data<State>) -> HttpResponse {
    let version = env!("CARGO_PKG_VERSION");
    if state.health.is_well().await {
        HttpResponse::Ok().json(json!({ "status": "ok", "version": version }))
    } else {
        HttpResponse::ServiceUnavailable().json(json!({ "status": "database", "version": version }))
    }
}
