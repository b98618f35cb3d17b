//! For scripts: one question as JSON, answered when the turn is over or waits.

use actix_web::{
    HttpResponse,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    api::Refusals,
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
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The teacher's words.
    #[schema(min_length = 1, max_length = 16000, pattern = r"\S")]
    prompt: String,
    /// The conversation to go on with; without one a new one begins.
    chat_id: Option<String>,
}

/// What it gets.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reply {
    /// What the assistant said.
    response: String,
    /// The conversation, to go on with.
    chat_id: String,
    /// How the turn stands: `done`, `waiting` for the teacher, or why it ended.
    turn: &'static str,
    /// The drafts that wait for the teacher.
    drafts: Vec<Draft>,
}

/// A draft that waits for the teacher.
#[derive(Debug, Serialize, ToSchema)]
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

/// Asks one question, and answers when the turn is over or waits for the teacher.
#[utoipa::path(
    post,
    path = "/prompt",
    tag = "the assistant",
    operation_id = "ask",
    request_body = Question,
    responses((status = 200, description = "The answer.", body = Reply), Refusals),
)]
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

/// Whether the server can do its work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Wellbeing {
    /// `ok`, or what is missing.
    status: &'static str,
    version: &'static str,
}

/// Whether the server can do its work; for whoever runs it.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "the server",
    operation_id = "health",
    security(()),
    responses(
        (status = 200, description = "It can.", body = Wellbeing),
        (status = 503, description = "It cannot.", body = Wellbeing),
    ),
)]
pub async fn healthz(state: Data<State>) -> HttpResponse {
    let version = env!("CARGO_PKG_VERSION");
    if state.health.is_well().await {
        HttpResponse::Ok().json(Wellbeing { status: "ok", version })
    } else {
        HttpResponse::ServiceUnavailable().json(Wellbeing { status: "database", version })
    }
}
