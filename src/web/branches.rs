//! Versions of a turn: a question asked again, changed, or turned back to.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Form, Path},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    chat::{self, Post, until_quiet},
    error::{PageError, wants_json},
    login::see,
    session::SignedInTeacher,
    state::State,
    turns::page_error,
};
use crate::assistant::{ClientId, TurnId, conversation::StoredTurn};

/// What makes a second click harmless.
#[derive(Debug, Deserialize)]
pub struct Again {
    client_id: Option<String>,
}

/// `POST /turns/{turn}/again`: another answer to the same words.
pub async fn again(
    request: HttpRequest,
    state: Data<State>,
    teacher: SignedInTeacher,
    turn: Path<String>,
    form: Form<Again>,
) -> Result<HttpResponse, PageError> {
    let turn = TurnId::parse(&turn).ok_or(PageError::NotFound)?;
    let client_id = form.client_id.as_deref().and_then(ClientId::parse);
    let client_id = client_id.unwrap_or_else(|| ClientId::fresh(&*state.ids));
    let said = state.assistant.say_instead(&teacher.0, &turn, None, client_id).await;
    let stored = said.map_err(|fault| page_error(&state, fault))?;
    if !wants_json(&request) {
        until_quiet(&state, &teacher.0, &stored.turn.id, chat::FOR_A_PAGE).await?;
    }
    Ok(shown(&request, &stored))
}

/// `POST /turns/{turn}/edit`: other words in the place of these.
pub async fn edit(
    request: HttpRequest,
    state: Data<State>,
    teacher: SignedInTeacher,
    turn: Path<String>,
    post: Form<Post>,
) -> Result<HttpResponse, PageError> {
    let turn = TurnId::parse(&turn).ok_or(PageError::NotFound)?;
    let old = state.conversations.turn(&teacher.0.teacher.id, &turn).await?.ok_or(PageError::NotFound)?;
    chat::said(&request, &state, &teacher.0, chat::Where::InPlaceOf(old.conversation, turn), post.into_inner()).await
}

/// `POST /turns/{turn}/choose`: from now on this version.
pub async fn choose(
    request: HttpRequest,
    state: Data<State>,
    teacher: SignedInTeacher,
    turn: Path<String>,
) -> Result<HttpResponse, PageError> {
    let turn = TurnId::parse(&turn).ok_or(PageError::NotFound)?;
    let stored = state.assistant.choose(&teacher.0, &turn).await.map_err(|fault| page_error(&state, fault))?;
    Ok(shown(&request, &stored))
}

/// The page's script loads the conversation anew: what stood below has changed.
fn shown(request: &HttpRequest, stored: &StoredTurn) -> HttpResponse {
    if wants_json(request) {
        return HttpResponse::Ok().json(json!({ "conversation": stored.conversation, "turn": stored.turn.id }));
    }
    see(&format!("/chat/{}#turn-{}", stored.conversation, stored.turn.id))
}
