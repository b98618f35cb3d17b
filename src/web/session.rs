//! The session: from the cookie's handle to the teacher who acts.
//!
//! The state of a session holds the sign-in's id, when it began, and sign-ins
//! and connections under way; nothing else, because its writers can overtake each other.

use std::{future::Future, pin::Pin};

use actix_session::{Session, SessionExt};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use serde::{Deserialize, Serialize};

use super::{error::PageError, state::State};
use crate::{
    identity::{Attempt, Caller, Parting, SignInId},
    vault::{AuthorizationId, ConnectAttempt},
};

const SIGN_IN: &str = "sign_in";
const BEGUN_AT: &str = "begun_at";
const SEEN_AT: &str = "seen_at";
const UNDER_WAY: &str = "under_way";
const CONNECTING: &str = "connecting";

/// How exactly the last request is known, in parts of the idle time: each look
/// costs a write.
const SEEN_GRAIN: i64 = 12;
/// How many sign-ins one browser can have under way, in several tabs.
const MOST_UNDER_WAY: usize = 5;

/// How long a session lasts.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Without a request, in seconds.
    pub idle: i64,
    /// At most, in seconds.
    pub whole: i64,
}

/// The teacher who is signed in; a handler that takes one is for them alone.
#[derive(Debug, Clone)]
pub struct SignedInTeacher(pub Caller);

/// A sign-in under way, and where it leads when it is done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UnderWay {
    /// What the browser was sent away with.
    pub attempt: Attempt,
    /// A path of this application.
    pub return_to: String,
    /// The turn that waits for it.
    pub turn: Option<String>,
    /// The authorization for whose sake it is done.
    #[serde(default)]
    pub connect: Option<String>,
}

/// The connecting of an account under way.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Connecting {
    /// What the browser was sent away with.
    pub attempt: ConnectAttempt,
    /// What it stands for.
    pub authorization: AuthorizationId,
}

impl FromRequest for SignedInTeacher {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.get_session();
        let state = request.app_data::<Data<State>>().cloned();
        Box::pin(async move {
            let state = state.ok_or(PageError::NotFound)?;
            let caller = current(&session, &state).await?.ok_or(PageError::SignedOut)?;
            state.rates.teacher(&caller.teacher.id).map_err(PageError::too_often)?;
            Ok(Self(caller))
        })
    }
}

/// The teacher of this session, if it is alive.
pub async fn current(session: &Session, state: &State) -> Result<Option<Caller>, PageError> {
    let Some(sign_in) = sign_in_of(session) else { return Ok(None) };
    let now = state.clock.now().as_second();
    if !is_alive(session, now, state.lifetimes) {
        session.purge();
        super::login::end(state, &sign_in, Parting::RanOut).await?;
        return Ok(None);
    }
    Ok(state.sign_ins.caller(&sign_in).await?)
}

/// The sign-in that this session holds, alive or not.
pub fn sign_in_of(session: &Session) -> Option<SignInId> {
    readable(session.get::<String>(SIGN_IN)).map(SignInId::new)
}

fn is_alive(session: &Session, now: i64, lifetimes: Lifetimes) -> bool {
    let begun = readable(session.get::<i64>(BEGUN_AT)).unwrap_or(i64::MIN);
    let seen = readable(session.get::<i64>(SEEN_AT)).unwrap_or(i64::MIN);
    if now.saturating_sub(begun) >= lifetimes.whole || now.saturating_sub(seen) >= lifetimes.idle {
        return false;
    }
    if now.saturating_sub(seen) >= lifetimes.idle / SEEN_GRAIN {
        keep(session, SEEN_AT, now);
    }
    true
}

/// When this session ends at the latest, in seconds since 1970.
pub fn ends_at(session: &Session, state: &State) -> i64 {
    let begun = readable(session.get::<i64>(BEGUN_AT)).unwrap_or_default();
    begun.saturating_add(state.lifetimes.whole)
}

/// An unreadable entry counts as none: the teacher signs in again.
fn readable<T, E>(entry: Result<Option<T>, E>) -> Option<T> {
    entry.ok().flatten()
}

/// Plain values always serialise.
fn keep(session: &Session, key: &str, value: impl Serialize) {
    if let Err(fault) = session.insert(key, value) {
        tracing::error!(error = %fault, key, "a session entry could not be kept");
    }
}

/// Begins a session for a teacher, under a new handle: one that was planted in
/// the browser before must not become theirs.
pub fn begin(session: &Session, sign_in: &SignInId, now: i64) {
    session.renew();
    session.remove(UNDER_WAY);
    session.remove(CONNECTING);
    keep(session, SIGN_IN, sign_in.as_str());
    keep(session, BEGUN_AT, now);
    keep(session, SEEN_AT, now);
}

/// Remembers a sign-in until the browser comes back.
pub fn remember(session: &Session, under_way: UnderWay) {
    let mut all = all_under_way(session);
    all.push(under_way);
    let first = all.len().saturating_sub(MOST_UNDER_WAY);
    keep(session, UNDER_WAY, &all[first..]);
}

/// The sign-in that `state` answers; it is forgotten, so that it serves once.
pub fn take(session: &Session, state: &str) -> Option<UnderWay> {
    let mut all = all_under_way(session);
    let at = all.iter().position(|under_way| under_way.attempt.answers(state))?;
    let found = all.remove(at);
    keep(session, UNDER_WAY, &all);
    Some(found)
}

/// Remembers the connecting of an account until the browser comes back.
pub fn remember_connecting(session: &Session, connecting: Connecting) {
    let mut all = all_connecting(session);
    all.push(connecting);
    let first = all.len().saturating_sub(MOST_UNDER_WAY);
    keep(session, CONNECTING, &all[first..]);
}

/// The connecting that `state` answers; it is forgotten, so that it serves once.
pub fn take_connecting(session: &Session, state: &str) -> Option<Connecting> {
    let mut all = all_connecting(session);
    let at = all.iter().position(|connecting| connecting.attempt.answers(state))?;
    let found = all.remove(at);
    keep(session, CONNECTING, &all);
    Some(found)
}

fn all_connecting(session: &Session) -> Vec<Connecting> {
    readable(session.get(CONNECTING)).unwrap_or_default()
}

fn all_under_way(session: &Session) -> Vec<UnderWay> {
    readable(session.get(UNDER_WAY)).unwrap_or_default()
}
