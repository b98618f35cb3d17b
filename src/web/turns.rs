//! A turn from outside: stop it, take it up.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use serde_json::json;

use super::{
    chat::{self, until_quiet},
    error::{PageError, wants_json},
    login::see,
    present::Presenter,
    session::SignedInTeacher,
    state::State,
};
use crate::assistant::{SayError, TurnId, conversation::StoredTurn, turn::Status};

/// Why a turn cannot be had as asked.
pub fn page_error(state: &State, fault: SayError) -> PageError {
    match fault {
        SayError::Limited(reached) => PageError::limited(reached, &*state.clock),
        SayError::NotFound => PageError::NotFound,
        SayError::Busy => PageError::Conflict("An answer is still being written. Wait for it, or stop it.".to_owned()),
        SayError::Broken(fault) => PageError::Broken(fault),
    }
}

/// `POST /turns/{turn}/stop`
pub async fn stop(
    request: HttpRequest,
    state: Data<State>,
    teacher: SignedInTeacher,
    turn: Path<String>,
) -> Result<HttpResponse, PageError> {
    let turn = TurnId::parse(&turn).ok_or(PageError::NotFound)?;
    state.assistant.stop(&teacher.0, &turn).await.map_err(|fault| page_error(&state, fault))?;
    let stored = until_quiet(&state, &teacher.0, &turn, chat::FOR_A_PAGE).await?;
    back(&request, &state, &teacher, &stored).await
}

/// `POST /turns/{turn}/resume`
pub async fn resume(
    request: HttpRequest,
    state: Data<State>,
    teacher: SignedInTeacher,
    turn: Path<String>,
) -> Result<HttpResponse, PageError> {
    let turn = TurnId::parse(&turn).ok_or(PageError::NotFound)?;
    let mut stored = state.assistant.resume(&teacher.0, &turn).await.map_err(|fault| page_error(&state, fault))?;
    if !wants_json(&request) {
        stored = until_quiet(&state, &teacher.0, &turn, chat::FOR_A_PAGE).await?;
    }
    back(&request, &state, &teacher, &stored).await
}

async fn back(
    request: &HttpRequest,
    state: &State,
    teacher: &SignedInTeacher,
    stored: &StoredTurn,
) -> Result<HttpResponse, PageError> {
    if !wants_json(request) {
        return Ok(see(&format!("/chat/{}#turn-{}", stored.conversation, stored.turn.id)));
    }
    let approvals = state.approvals.of_conversation(&teacher.0.teacher.id, &stored.conversation).await?;
    let presenter = Presenter::new(&state.assistant.parts().toolbox, &*state.clock);
    let alive = stored.turn.status == Status::Running;
    let tree = state.conversations.tree(&teacher.0.teacher.id, &stored.conversation).await?;
    let turn = presenter.turn(stored, &approvals, &tree, alive);
    let turn = turn.render_with_values(&state.token(&teacher.0)).map_err(anyhow::Error::from)?;
    Ok(HttpResponse::Ok().json(json!({ "conversation": stored.conversation, "turn": stored.turn.id, "html": turn })))
}
