//! Authorising a tool ahead of use, and waiting until the teacher has answered.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path, Query},
};
use serde::{Deserialize, Serialize};
use tracing::{error, warn};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{error::PageError, session::SignedInTeacher, state::State},
    address,
    document::Refusals,
    toolbox,
    tools::Needed,
};
use crate::{
    identity::Caller,
    vault::{Authorization, AuthorizationId, ConnectError, Progress},
};

/// The longest wait for an answer, in seconds.
const LONGEST_WAIT: u64 = 59;

/// How far an authorization is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Standing {
    /// Its name; null where nobody had to be asked.
    id: Option<String>,
    status: Status,
    /// Where the teacher answers, while it is pending. It works in the browser
    /// session that asked, and in no other.
    url: Option<String>,
    /// The tool that it is for, if it is for one.
    tool: Option<String>,
    /// What is asked for.
    need: Option<Needed>,
    /// Why it failed, if it did.
    reason: Option<Reason>,
}

/// How far an authorization is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// The teacher has not answered.
    Pending,
    /// Everything that was asked for is granted.
    Completed,
    /// It is over, and not everything was granted.
    Failed,
}

/// Why an authorization failed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    /// The teacher said no.
    Declined,
    /// The teacher agreed to less.
    NotGranted,
    /// The teacher did not answer in time.
    Expired,
    /// It did not come about for another reason.
    Failed,
}

impl Standing {
    /// Nothing has to be authorised.
    fn free(tool: &str) -> Self {
        let tool = Some(tool.to_owned());
        Self { id: None, status: Status::Completed, url: None, tool, need: None, reason: None }
    }

    fn of(state: &State, asked: &Authorization) -> Self {
        let (status, reason) = match asked.progress {
            Progress::Pending => (Status::Pending, None),
            Progress::Completed => (Status::Completed, None),
            Progress::Declined => (Status::Failed, Some(Reason::Declined)),
            Progress::NotGranted => (Status::Failed, Some(Reason::NotGranted)),
            Progress::Expired => (Status::Failed, Some(Reason::Expired)),
            Progress::Failed => (Status::Failed, Some(Reason::Failed)),
        };
        Self {
            id: Some(asked.id.as_str().to_owned()),
            url: (asked.progress == Progress::Pending).then(|| address(state, &asked.path())),
            status,
            tool: asked.tool.clone(),
            need: Some(Needed::from(&asked.need)),
            reason,
        }
    }
}

/// An order without particulars: `{}`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Asks for what a tool needs, ahead of use. Where it is granted already, or
/// nothing is needed, it is completed at once.
#[utoipa::path(
    post,
    path = "/api/tools/{tool}/authorize",
    tag = "tools",
    operation_id = "authorize_tool",
    params(("tool" = String, Path, description = "The tool's name.")),
    request_body = Nothing,
    responses((status = 200, description = "How far it is.", body = Standing), Refusals),
)]
pub async fn authorize(
    state: Data<State>,
    teacher: SignedInTeacher,
    tool: Path<String>,
    _: Json<Nothing>,
) -> Result<HttpResponse, PageError> {
    let found = toolbox(&state).find(&tool).ok_or_else(|| PageError::NoSuchTool(toolbox(&state).unknown(&tool)))?;
    let standing = match found.need() {
        None => Standing::free(&tool),
        Some(need) => {
            let asked = state.connections.authorize(&teacher.0, &need, Some(&tool)).await;
            Standing::of(&state, &asked.map_err(|fault| not_asked(&state, fault))?)
        }
    };
    Ok(HttpResponse::Ok().json(standing))
}

/// Nobody could be asked; nothing was kept.
fn not_asked(state: &State, fault: ConnectError) -> PageError {
    match fault {
        ConnectError::Broken(fault) => PageError::Broken(fault),
        fault @ ConnectError::Wait { .. } => {
            warn!(error = %fault, "a script could not ask for an account");
            let words = "The sign-in service does not answer just now. Nothing was changed; try again in a moment.";
            PageError::Unavailable { words: words.to_owned(), status: StatusCode::SERVICE_UNAVAILABLE, reference: None }
        }
        fault => {
            let reference = hex::encode(&state.ids.secret()[..4]);
            error!(reference, error = %fault, "a script could not ask for an account, and only the operator can mend it");
            let words = "This site is not set up to use this account. Tell whoever runs it, with the reference.";
            let (words, reference) = (words.to_owned(), Some(reference));
            PageError::Unavailable { words, status: StatusCode::BAD_GATEWAY, reference }
        }
    }
}

/// How long to wait for an answer.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Patience {
    /// In seconds: the answer comes as soon as the authorization is over, either
    /// way, and at the latest after this time.
    #[serde(default)]
    #[param(minimum = 0, maximum = 59, required = false)]
    wait: u64,
}

/// How far an authorization is, at once or when it is over. It is there for the
/// sign-in that asked, and for no other.
#[utoipa::path(
    get,
    path = "/api/authorizations/{authorization}",
    tag = "tools",
    operation_id = "wait_for_authorization",
    params(("authorization" = String, Path, description = "Its name."), Patience),
    responses((status = 200, description = "How far it is.", body = Standing), Refusals),
)]
pub async fn wait(
    state: Data<State>,
    teacher: SignedInTeacher,
    id: Path<String>,
    patience: Query<Patience>,
) -> Result<HttpResponse, PageError> {
    if patience.wait > LONGEST_WAIT {
        return Err(PageError::BadRequest(format!("`wait` is a number of seconds from 0 to {LONGEST_WAIT}.")));
    }
    let id = AuthorizationId::parse(&id).ok_or(PageError::NotFound)?;
    let caller = &teacher.0;
    let most = Duration::from_secs(patience.wait);
    // Whoever goes away drops this, and all that it waits for.
    let found = tokio::select! {
        found = state.connections.wait(caller, &id, most) => found?,
        () = state.going_down.cancelled() => state.connections.status(caller, &id).await?,
        () = signed_out(&state, caller) => return Err(PageError::SignedOut),
    };
    Ok(HttpResponse::Ok().json(Standing::of(&state, &found.ok_or(PageError::NotFound)?)))
}

/// Returns when this sign-in has ended, wherever it was ended.
async fn signed_out(state: &State, caller: &Caller) {
    let mut departures = state.departures.subscribe();
    while departures.changed().await.is_ok() {
        if matches!(state.sign_ins.caller(&caller.sign_in).await, Ok(None)) {
            return;
        }
    }
    // Nobody can sign out any more: the server ends.
    std::future::pending::<()>().await;
}
