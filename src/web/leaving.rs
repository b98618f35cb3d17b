//! Signing out from elsewhere: everywhere at once, or because the provider's
//! own server says that a session is over (OpenID Connect Back-Channel Logout).

use actix_session::Session;
use actix_web::{
    HttpResponse,
    http::header::CACHE_CONTROL,
    web::{Data, Form},
};
use serde::Deserialize;
use serde_json::json;
use tracing::{info, warn};

use super::{
    error::PageError,
    login::{end, gone},
    session::SignedInTeacher,
    state::State,
};
use crate::{
    audit::{Entry, Kind},
    identity::{Parting, SignInError},
};

/// `POST /auth/logout-everywhere`: ends every sign-in of the teacher.
pub async fn everywhere(
    state: Data<State>,
    teacher: SignedInTeacher,
    session: Session,
) -> Result<HttpResponse, PageError> {
    let caller = teacher.0;
    session.purge();
    let own = end(&state, &caller.sign_in, Parting::SignedOut).await?;
    for sign_in in state.sign_ins.all_of(&caller.teacher.id).await? {
        end(&state, &sign_in, Parting::Everywhere).await?;
    }
    info!(teacher = %caller.teacher.id, "signed out everywhere");
    Ok(gone(&state, own.as_ref()).await)
}

/// What the provider posts.
#[derive(Debug, Deserialize)]
pub struct Notice {
    logout_token: String,
}

/// `POST /auth/backchannel-logout`: from the provider's server, without a
/// browser; what it brings is believed for its signature alone.
pub async fn back_channel(state: Data<State>, notice: Form<Notice>) -> Result<HttpResponse, PageError> {
    let notice = match state.provider.logout_notice(&notice.logout_token).await {
        Ok(notice) => notice,
        Err(SignInError::Unavailable(why)) => {
            warn!(%why, "a logout of the provider could not be checked");
            return Ok(answer(HttpResponse::ServiceUnavailable(), "temporarily_unavailable"));
        }
        Err(fault) => {
            warn!(error = %fault, "a logout token was refused");
            state.journal.note(Entry::about(Kind::Refused, "logout_token")).await?;
            return Ok(answer(HttpResponse::BadRequest(), "invalid_request"));
        }
    };
    let Some(over) = state.sign_ins.named_in(&notice).await? else {
        warn!("a logout token came a second time");
        return Ok(answer(HttpResponse::BadRequest(), "invalid_request"));
    };
    for sign_in in &over {
        end(&state, sign_in, Parting::Provider).await?;
    }
    info!(count = over.len(), "sign-ins ended by the provider");
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish())
}

fn answer(mut with: actix_web::HttpResponseBuilder, error: &str) -> HttpResponse {
    with.insert_header((CACHE_CONTROL, "no-store")).json(json!({ "error": error }))
}
