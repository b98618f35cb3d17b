//! Signing in and out: the browser's way to the identity provider and back.

use actix_session::Session;
use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
    web::{Data, Query},
};
use serde::Deserialize;
use tracing::{info, warn};
use url::form_urlencoded;

use super::{
    connections,
    error::PageError,
    frame::{self, html},
    host,
    pages::SignIn,
    return_to,
    session::{self, UnderWay},
    state::State,
};
use crate::{
    assistant::TurnId,
    audit::{Entry, Kind},
    identity::{Callback, CallbackError, CallbackOutcome, Caller, Parting, SignInError, SignInId, SignedIn},
    setup::Flaw,
};

/// Where to go after signing in, and what for.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    return_to: Option<String>,
    /// The turn that waits for it.
    turn: Option<String>,
}

/// `GET /`: the front door, or straight on for who is signed in.
pub async fn front_door(
    request: HttpRequest,
    state: Data<State>,
    session: Session,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, PageError> {
    if let Some(url) = by_its_name(&request, &state) {
        return Ok(see(&url));
    }
    if session::current(&session, &state).await?.is_some() {
        return Ok(see(return_to::HOME));
    }
    let href = door_back_to(&return_to::checked(wanted.return_to.as_deref().unwrap_or_default()));
    html(&SignIn { frame: frame::alone("Sign in", state.demo.clone()), href, notice: None }, &askama::NO_VALUES)
}

/// Who comes to this computer by another of its names (127.0.0.1 for localhost)
/// is sent to the one that cookies and the sign-in are made for.
fn by_its_name(request: &HttpRequest, state: &State) -> Option<String> {
    let asked = host::asked_for(request)?;
    let other_name = asked.host() != state.public_url.host() && host::is_own(&asked) && host::is_own(&state.public_url);
    other_name.then(|| state.public_url.to_string())
}

fn encoded(path: &str) -> String {
    form_urlencoded::byte_serialize(path.as_bytes()).collect()
}

/// Where one signs in and comes back to a page from.
pub fn door_back_to(path: &str) -> String {
    if path == return_to::HOME { "/auth/login".to_owned() } else { format!("/auth/login?return_to={}", encoded(path)) }
}

/// To the front door, and from there back to the page that was asked for.
pub fn to_front_door(path: &str) -> HttpResponse {
    match return_to::checked(path) {
        path if path != return_to::HOME => see(&format!("/?return_to={}", encoded(&path))),
        _ => see("/"),
    }
}

/// After a form the browser goes on with GET (RFC 9110, 15.4.4).
pub fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// `GET /auth/login`
pub async fn login(state: Data<State>, session: Session, wanted: Query<Wanted>) -> Result<HttpResponse, PageError> {
    let wanted = wanted.into_inner();
    let (url, attempt) = state.provider.begin(None).await.map_err(|fault| noticed(&state, &fault))?;
    let return_to = return_to::checked(wanted.return_to.as_deref().unwrap_or_default());
    let turn = wanted.turn.filter(|turn| TurnId::parse(turn).is_some());
    session::remember(&session, UnderWay { attempt, return_to, turn, connect: None });
    Ok(see(url.as_str()))
}

/// `GET /auth/callback`
pub async fn callback(request: HttpRequest, state: Data<State>, session: Session) -> Result<HttpResponse, PageError> {
    let outcome = Callback::parse(request.query_string()).map_err(malformed)?;
    if let Some(connecting) = outcome.state().and_then(|answer| session::take_connecting(&session, answer)) {
        return connections::come_back(&state, &session, connecting, outcome).await;
    }
    let under_way = outcome.state().and_then(|state| session::take(&session, state));
    let callback = match outcome {
        CallbackOutcome::Code(callback) => callback,
        CallbackOutcome::Connected { .. } => return Err(connections::not_begun_here()),
        CallbackOutcome::Declined { .. } => return Err(refused(&state, &SignInError::Declined)),
        CallbackOutcome::ProviderError { code, .. } => {
            return Err(refused(&state, &SignInError::Refused(format!("the provider reports {code}"))));
        }
    };
    let stale = || refused(&state, &SignInError::Stale("no attempt of this browser has this state"));
    let under_way = under_way.ok_or_else(stale)?;
    under_way.attempt.check(state.clock.now()).map_err(|fault| refused(&state, &fault))?;
    let signed_in = state.provider.complete(&callback, &under_way.attempt).await;
    let signed_in = match signed_in {
        Ok(signed_in) => signed_in,
        Err(fault) => {
            state.journal.note(Entry::about(Kind::Refused, "sign_in")).await?;
            return Err(noticed(&state, &fault));
        }
    };
    if signed_in.refresh_token.is_none() {
        state.met.note(Flaw::NoRefreshToken, state.clock.now());
    }
    let caller = arrive(&state, &session, &signed_in).await?;
    if let Some(authorization) = &under_way.connect {
        return connections::go_on(&state, &session, &caller, authorization).await;
    }
    Ok(see(&go_on(&state, &caller, &under_way).await))
}

/// The teacher is here: the old sign-in of this browser ends, the new one begins.
async fn arrive(state: &State, session: &Session, signed_in: &SignedIn) -> Result<Caller, PageError> {
    if !signed_in.email_verified || signed_in.email.is_empty() {
        warn!("a sign-in without a verified address was refused");
        state.journal.note(Entry::about(Kind::Refused, "address_not_verified")).await?;
        return Err(PageError::SignIn {
            title: "Your address is not confirmed",
            words: "Your account has no address that the sign-in service vouches for. Confirm it there, then come back.",
            status: StatusCode::FORBIDDEN,
            reference: None,
        });
    }
    if !state.allowed.admits(&signed_in.email) {
        warn!("a sign-in of an account that is not on the list was refused");
        state.journal.note(Entry::about(Kind::Refused, "not_on_the_list")).await?;
        return Err(PageError::SignIn {
            title: "This account is not on the list",
            words: "You signed in, but this site is open to certain accounts only, and yours is not among them. If \
                    you should be there, tell whoever runs this site; or sign in with another account.",
            status: StatusCode::FORBIDDEN,
            reference: None,
        });
    }
    let old = session::sign_in_of(session);
    let caller = state.sign_ins.begin(signed_in).await?;
    // A grant that was cached before may be narrower than what was just agreed to.
    state.vault.forget_teacher(&caller.teacher.id).await;
    session::begin(session, &caller.sign_in, state.clock.now().as_second());
    if let Some(old) = old {
        end(state, &old, Parting::Replaced).await?;
    }
    info!(teacher = %caller.teacher.id, "signed in");
    Ok(caller)
}

/// Back to where it began; a turn that waited for this goes on.
async fn go_on(state: &State, caller: &Caller, under_way: &UnderWay) -> String {
    let Some(turn) = under_way.turn.as_deref().and_then(TurnId::parse) else { return under_way.return_to.clone() };
    match state.assistant.resume(caller, &turn).await {
        Ok(stored) => format!("/chat/{}#turn-{turn}", stored.conversation),
        // Another teacher signed in here than the one whose turn it was.
        Err(_) => under_way.return_to.clone(),
    }
}

/// `POST /auth/logout`
pub async fn logout(state: Data<State>, session: Session) -> Result<HttpResponse, PageError> {
    let sign_in = session::sign_in_of(&session);
    session.purge();
    let id_token = match &sign_in {
        Some(sign_in) => end(&state, sign_in, Parting::SignedOut).await?,
        None => None,
    };
    info!("signed out");
    Ok(gone(&state, id_token.as_ref()).await)
}

/// The browser forgets what it kept, and goes through the provider's logout.
pub async fn gone(state: &State, id_token: Option<&secrecy::SecretString>) -> HttpResponse {
    let home = state.public_url.clone();
    let next = match state.provider.sign_out_url(id_token, &home).await {
        Ok(url) => url.to_string(),
        Err(fault) => {
            warn!(error = %fault, "signed out here only: the provider is out of reach");
            "/".to_owned()
        }
    };
    let clear = (HeaderName::from_static("clear-site-data"), "\"cache\", \"storage\"");
    HttpResponse::SeeOther().insert_header((header::LOCATION, next)).insert_header(clear).finish()
}

/// Ends a sign-in here, then at the provider; returns the hint for its logout.
pub async fn end(state: &State, sign_in: &SignInId, why: Parting) -> Result<Option<secrecy::SecretString>, PageError> {
    if let Some(caller) = state.sign_ins.caller(sign_in).await? {
        state.vault.forget_teacher(&caller.teacher.id).await;
    }
    let over = state.sign_ins.end(sign_in, why).await?;
    // Whoever follows a turn through it looks whether it is still there.
    state.departures.send_modify(|count| *count += 1);
    if let Some(token) = over.refresh_token
        && let Err(fault) = state.provider.revoke(&token).await
    {
        warn!(error = %fault, "a refresh token could not be taken back at the provider; it is gone from here");
    }
    Ok(over.id_token)
}

fn malformed(fault: CallbackError) -> PageError {
    warn!(error = %fault, "a callback was refused");
    PageError::SignIn {
        title: "This sign-in did not arrive whole",
        words: "Nothing happened. Start once more from the beginning.",
        status: StatusCode::BAD_REQUEST,
        reference: None,
    }
}

/// The same as [`refused`], of a sign-in that is begun here or was: what only the
/// operator can mend is counted, whoever ran into it. Nobody need be signed in
/// for that, so a stranger is in the number, too; but an answer to what was not
/// begun here does not come this far.
pub fn noticed(state: &State, fault: &SignInError) -> PageError {
    let flaw = match fault {
        SignInError::Operator(fault) => Some(fault.flaw),
        SignInError::Refused(_) => Some(Flaw::Disbelieved),
        SignInError::Declined | SignInError::Stale(_) | SignInError::Unavailable(_) => None,
    };
    if let Some(flaw) = flaw {
        state.met.note(flaw, state.clock.now());
    }
    refused(state, fault)
}

/// What did not work at the door, in plain words; the log has the rest.
pub fn refused(state: &State, fault: &SignInError) -> PageError {
    let reference = || Some(hex::encode(&state.ids.secret()[..4]));
    let (title, words, status, reference) = match fault {
        SignInError::Declined => (
            "You did not sign in",
            "You said no, and that is fine: nothing was shared and nothing was changed. You can come back at any time.",
            StatusCode::FORBIDDEN,
            None,
        ),
        SignInError::Stale(_) => (
            "This sign-in is too old",
            "It was begun a while ago, in another browser, or used before. Start once more from the beginning.",
            StatusCode::BAD_REQUEST,
            None,
        ),
        SignInError::Unavailable(_) => (
            "The sign-in service does not answer",
            "It cannot be reached just now. Wait a moment and try again; nothing is lost.",
            StatusCode::SERVICE_UNAVAILABLE,
            reference(),
        ),
        SignInError::Refused(_) | SignInError::Operator(_) => (
            "The sign-in could not be checked",
            "Something in the answer of the sign-in service is not right, so nobody was signed in. Try again; \
             if it stays so, tell whoever runs this site.",
            StatusCode::BAD_GATEWAY,
            reference(),
        ),
    };
    warn!(error = %fault, reference, "nobody was signed in");
    PageError::SignIn { title, words, status, reference }
}
