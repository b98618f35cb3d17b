//! The trip: asked for, sent away, come back, and on to where it began.

use actix_session::Session;
use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use tracing::{error, info, warn};

use super::super::{
    error::PageError,
    login::{self, see},
    return_to,
    session::{self, Connecting, SignedInTeacher, UnderWay},
    state::State,
};
use crate::{
    assistant::{
        TurnId,
        conversation::StoredTurn,
        turn::{CallState, Pause},
    },
    identity::{CallbackOutcome, Caller},
    setup::{Fault, Flaw},
    vault::{Authorization, AuthorizationId, ConnectBy, ConnectError, Connection, Need, Progress},
};

/// What the account is wanted for.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// The turn that waits for it.
    turn: Option<String>,
    /// The tool that is to be allowed ahead of use.
    tool: Option<String>,
}

/// `GET /connections/{connection}/connect`: a link, not a form, because a
/// browser holds what a form leads to against the page's own policy. It changes
/// nothing by itself: the teacher says yes or no on the provider's page.
pub async fn connect(
    state: Data<State>,
    session: Session,
    teacher: SignedInTeacher,
    connection: Path<String>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, PageError> {
    let caller = teacher.0;
    let connection = Connection::parse(&connection).ok_or(PageError::NotFound)?;
    let turn = match wanted.turn.as_deref().and_then(TurnId::parse) {
        Some(turn) => Some(state.conversations.turn(&caller.teacher.id, &turn).await?.ok_or(PageError::NotFound)?),
        None => None,
    };
    let tool = wanted.tool.as_deref().map(|name| state.assistant.parts().toolbox.find(name).ok_or(PageError::NotFound));
    let tool = tool.transpose()?;
    let of_tool = match tool {
        Some(tool) => tool.need().filter(|need| need.connection == connection).ok_or(PageError::NotFound)?,
        None => Need { connection, scopes: Vec::new() },
    };
    let need = match &turn {
        Some(turn) => waits_for(&state, turn, of_tool),
        None => of_tool,
    };
    let (tool, turn) = (tool.map(|tool| tool.card().name), turn.as_ref().map(|turn| turn.turn.id.as_str()));
    let asked = state.connections.ask(&caller, &need, tool, turn).await?;
    go(&state, &session, &caller, &asked, false).await
}

/// All that the waiting calls of a turn need of this account: taken from the
/// tools, never from the address.
fn waits_for(state: &State, stored: &StoredTurn, none: Need) -> Need {
    let waiting = stored.turn.calls().filter_map(|call| match &call.state {
        CallState::Waiting { pause: Pause::Connection { need, .. } } => Some(need.clone()),
        CallState::Waiting { pause: Pause::Approval { .. } | Pause::SignIn } => {
            state.assistant.parts().toolbox.find(&call.tool)?.need()
        }
        CallState::Open | CallState::Finished { .. } => None,
    });
    let own: Vec<Need> = waiting.filter(|need| need.connection == none.connection).collect();
    own.into_iter().fold(none, |all, need| all.and(&need.scopes))
}

/// `GET /connections/authorizations/{id}`: the link that a script was given. It
/// works in the sign-in that asked, and in no other.
pub async fn open(
    state: Data<State>,
    session: Session,
    teacher: SignedInTeacher,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id = AuthorizationId::parse(&id).ok_or(PageError::NotFound)?;
    let asked = state.connections.status(&teacher.0, &id).await?.ok_or(PageError::NotFound)?;
    match asked.progress {
        Progress::Pending => go(&state, &session, &teacher.0, &asked, false).await,
        Progress::Completed => Ok(see("/connections")),
        Progress::Declined | Progress::NotGranted | Progress::Expired | Progress::Failed => {
            let stale = ConnectError::Stale("its authorization is over");
            Err(refused(&state, &teacher.0, &asked, stale).await)
        }
    }
}

/// Sends the browser away. Who has no sign-in over there signs in first, and
/// then goes on by themselves; once, so that nobody goes round in circles.
async fn go(
    state: &State,
    session: &Session,
    caller: &Caller,
    asked: &Authorization,
    signed_in_for_it: bool,
) -> Result<HttpResponse, PageError> {
    match (state.connections.by(), signed_in_for_it) {
        (ConnectBy::SignIn, false) => {
            let granted = state.connections.granted(caller, asked.need.connection).await;
            let scopes = asked.need.clone().and(&granted).scopes;
            let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
            sign_in_first(state, session, asked, Some(&scopes)).await
        }
        (ConnectBy::SignIn, true) => {
            state.connections.signed_in_for(caller, asked).await?;
            Ok(see(&arrived(state, caller, asked).await))
        }
        (ConnectBy::Accounts, _) => match state.connections.begin(caller, asked).await {
            Ok((url, attempt)) => {
                session::remember_connecting(session, Connecting { attempt, authorization: asked.id.clone() });
                Ok(see(url.as_str()))
            }
            Err(ConnectError::SignInAgain(_)) if !signed_in_for_it => sign_in_first(state, session, asked, None).await,
            Err(fault) => {
                state.connections.settle(caller, &asked.id, Progress::Failed).await?;
                Err(refused(state, caller, asked, fault).await)
            }
        },
    }
}

async fn sign_in_first(
    state: &State,
    session: &Session,
    asked: &Authorization,
    consent: Option<&[String]>,
) -> Result<HttpResponse, PageError> {
    let (url, attempt) = state.provider.begin(consent).await.map_err(|fault| login::noticed(state, &fault))?;
    let connect = Some(asked.id.as_str().to_owned());
    session::remember(session, UnderWay { attempt, return_to: return_to::HOME.to_owned(), turn: None, connect });
    Ok(see(url.as_str()))
}

/// Signed in for the sake of a connection: on with it, if it is this teacher's.
pub async fn go_on(
    state: &State,
    session: &Session,
    caller: &Caller,
    authorization: &str,
) -> Result<HttpResponse, PageError> {
    let Some(id) = AuthorizationId::parse(authorization) else { return Ok(see(return_to::HOME)) };
    match state.connections.hand_over(caller, &id).await? {
        Some(asked) if asked.progress == Progress::Pending => go(state, session, caller, &asked, true).await,
        // Another teacher signed in here, or it took too long.
        _ => Ok(see(return_to::HOME)),
    }
}

/// The browser came back from connecting: `connecting` was found in its session
/// by the answer's state, and forgotten.
pub async fn come_back(
    state: &State,
    session: &Session,
    connecting: Connecting,
    outcome: CallbackOutcome,
) -> Result<HttpResponse, PageError> {
    let caller = session::current(session, state).await?.ok_or(PageError::SignedOut)?;
    let Connecting { attempt, authorization } = connecting;
    let found = state.connections.status(&caller, &authorization).await?;
    let asked = found.ok_or_else(not_begun_here)?;
    let fault = match outcome {
        CallbackOutcome::Connected { code, .. } => {
            match state.connections.complete(&caller, &asked, &attempt, &code).await {
                Ok(account) => {
                    info!(teacher = %caller.teacher.id, connection = account.connection.as_str(), "account connected");
                    return Ok(see(&arrived(state, &caller, &asked).await));
                }
                Err(fault) => fault,
            }
        }
        CallbackOutcome::Declined { .. } => {
            state.connections.settle(&caller, &asked.id, Progress::Declined).await?;
            ConnectError::Declined
        }
        CallbackOutcome::ProviderError { code, .. } => {
            state.connections.settle(&caller, &asked.id, Progress::Failed).await?;
            let seen = format!("Auth0 reports {code} instead of a connected account");
            let fault = Fault::of(Flaw::Other, seen);
            state.met.note(fault.flaw, state.clock.now());
            ConnectError::Operator(fault)
        }
        CallbackOutcome::Code(_) => {
            state.connections.settle(&caller, &asked.id, Progress::Failed).await?;
            ConnectError::Stale("a code for signing in came instead of one for connecting")
        }
    };
    Err(refused(state, &caller, &asked, fault).await)
}

/// Back to where it began; a turn that waited for this goes on.
async fn arrived(state: &State, caller: &Caller, asked: &Authorization) -> String {
    let Some(turn) = asked.turn.as_deref().and_then(TurnId::parse) else {
        return "/connections?done=connected".to_owned();
    };
    match state.assistant.resume(caller, &turn).await {
        Ok(stored) => format!("/chat/{}#turn-{turn}", stored.conversation),
        Err(_) => "/connections?done=connected".to_owned(),
    }
}

/// Where a page that tells of a failure leads: to the card, or to the list.
async fn way_back(state: &State, caller: &Caller, asked: &Authorization) -> (&'static str, String) {
    let turn = asked.turn.as_deref().and_then(TurnId::parse);
    let stored = match turn {
        Some(turn) => state.conversations.turn(&caller.teacher.id, &turn).await.ok().flatten(),
        None => None,
    };
    match stored {
        Some(stored) => ("Back to the conversation", format!("/chat/{}#turn-{}", stored.conversation, stored.turn.id)),
        None => ("Back to your connections", "/connections".to_owned()),
    }
}

/// An answer that no attempt of this browser asked for.
pub fn not_begun_here() -> PageError {
    warn!("a connect code came to a browser that did not ask for it, or came twice");
    PageError::Connect {
        title: "This connection was not begun here",
        words: STALE,
        status: StatusCode::BAD_REQUEST,
        reference: None,
        back: ("To your connections", "/connections".to_owned()),
    }
}

const STALE: &str = "It was begun a while ago, in another browser, or used before. Nothing was connected and nothing \
    was changed. Start once more from where you came.";

/// What did not work, in plain words for the teacher; the log has the rest.
async fn refused(state: &State, caller: &Caller, asked: &Authorization, fault: ConnectError) -> PageError {
    let (title, words, status) = match &fault {
        ConnectError::Declined => (
            "You did not connect Google",
            "You said no, and that is fine: nothing was connected and nothing was changed. You can come back to it at \
             any time.",
            StatusCode::FORBIDDEN,
        ),
        ConnectError::Stale(_) => ("This connection is too old", STALE, StatusCode::BAD_REQUEST),
        ConnectError::Conflict(_) => (
            "Another connection is in the way",
            "This Google account is connected already, perhaps to another person's sign-in, or twice at the same \
             moment. Nothing was changed. Try again, or choose another account.",
            StatusCode::CONFLICT,
        ),
        ConnectError::Wait { .. } => (
            "The sign-in service does not answer",
            "It cannot be reached just now, so Google was not connected. Wait a moment and try again; nothing is lost.",
            StatusCode::SERVICE_UNAVAILABLE,
        ),
        ConnectError::SignInAgain(_) | ConnectError::Operator(_) => (
            "This site cannot connect accounts yet",
            "Something is not set up as it should be. It is not your fault, and trying again does not help: tell whoever \
             runs this site, with the reference below. Nothing was changed.",
            StatusCode::BAD_GATEWAY,
        ),
        ConnectError::Broken(_) => {
            let ConnectError::Broken(fault) = fault else { return PageError::NotFound };
            return PageError::Broken(fault);
        }
    };
    let reference = log(state, &fault);
    PageError::Connect { title, words, status, reference, back: way_back(state, caller, asked).await }
}

/// Logged once, where it is told; the operator's under a reference.
fn log(state: &State, fault: &ConnectError) -> Option<String> {
    match fault {
        ConnectError::Declined => info!("the teacher did not connect the account"),
        ConnectError::Stale(_) | ConnectError::Conflict(_) => warn!(error = %fault, "no account was connected"),
        ConnectError::Wait { .. }
        | ConnectError::SignInAgain(_)
        | ConnectError::Operator(_)
        | ConnectError::Broken(_) => {
            let reference = hex::encode(&state.ids.secret()[..4]);
            error!(reference, error = %fault, "no account could be connected");
            return Some(reference);
        }
    }
    None
}
