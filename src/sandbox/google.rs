//! Google as the app meets it: access tokens that the vault hands out, Gmail
//! and Calendar.
//!
//! What is accepted is written into the accept log and shown in the outbox.
//! Nothing is ever delivered.

mod calendar;
mod error;
mod gmail;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use actix_web::{HttpRequest, http::header, web};
use jiff::{SignedDuration, Timestamp};

pub use self::calendar::StoredEvent;
use self::error::GoogleError;
use super::{hold, token};
use crate::clock::{Clock, Ids};

/// How long a fresh access token lasts.
pub(crate) const TOKEN_LIFE: SignedDuration = SignedDuration::from_secs(3_599);

/// The mail service and the accounts behind it.
pub struct Google {
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    tokens: Mutex<HashMap<String, AccessToken>>,
    accepted: Mutex<Vec<AcceptedMail>>,
    calendars: Mutex<HashMap<String, Vec<StoredEvent>>>,
}

/// What an access token stands for.
#[derive(Debug, Clone)]
struct AccessToken {
    owner: String,
    scopes: BTreeSet<String>,
    expires_at: Timestamp,
}

/// A mail that was accepted: a line of the accept log.
#[derive(Debug, Clone)]
pub struct AcceptedMail {
    /// The message id that was answered.
    pub id: String,
    /// The account from which it goes, whatever the message says.
    pub owner: String,
    /// The address in the message's own From header, where it has one.
    pub from_header: Option<String>,
    /// The addresses in To, Cc and Bcc.
    pub recipients: Vec<String>,
    /// When it was accepted.
    pub at: Timestamp,
    /// The message as it arrived.
    pub raw: Arc<[u8]>,
    /// SHA-256 of `raw`, in hex.
    pub sha256: String,
}

impl Google {
    pub(super) fn new(clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { clock, ids, tokens: Mutex::default(), accepted: Mutex::default(), calendars: Mutex::default() }
    }

    /// Everything that was accepted, oldest first.
    pub fn accepted(&self) -> Vec<AcceptedMail> {
        hold(&self.accepted).clone()
    }

    /// What stands in somebody's calendar, in the order in which it came there.
    pub fn calendar_of(&self, owner: &str) -> Vec<StoredEvent> {
        hold(&self.calendars).get(owner).cloned().unwrap_or_default()
    }

    /// Puts an event into somebody's calendar; not where its name is taken.
    pub fn put(&self, owner: &str, event: StoredEvent) -> bool {
        let mut calendars = hold(&self.calendars);
        let events = calendars.entry(owner.to_owned()).or_default();
        let is_free = events.iter().all(|other| other.id != event.id);
        if is_free {
            events.push(event);
        }
        is_free
    }

    /// Makes an access token of `owner` that ends at `expires_at`.
    pub(super) fn mint(&self, owner: &str, scopes: &BTreeSet<String>, expires_at: Timestamp) -> String {
        let fresh = token(&*self.ids, "ya29.sandbox-");
        let now = self.clock.now();
        let mut tokens = hold(&self.tokens);
        // A day is kept, so that an expired token is still known as one.
        tokens.retain(|_, token| {
            token.expires_at.saturating_add(SignedDuration::from_hours(24)).is_ok_and(|end| end > now)
        });
        tokens.insert(fresh.clone(), AccessToken { owner: owner.to_owned(), scopes: scopes.clone(), expires_at });
        fresh
    }

    /// Google takes everything back from the app: its tokens of `owner` end.
    pub(super) fn end_tokens(&self, owner: &str) {
        hold(&self.tokens).retain(|_, token| token.owner != owner);
    }

    /// Whose token the request carries; refused unless it lives and has one of `scopes`.
    fn owner(&self, request: &HttpRequest, scopes: &[&str]) -> Result<String, GoogleError> {
        let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(GoogleError::Credentials)?;
        let tokens = hold(&self.tokens);
        let token = tokens.get(bearer).filter(|token| token.expires_at > self.clock.now());
        let token = token.ok_or(GoogleError::Credentials)?;
        let fits = scopes.iter().any(|scope| token.scopes.contains(*scope));
        fits.then(|| token.owner.clone()).ok_or(GoogleError::Scope)
    }

    fn accept(&self, mail: AcceptedMail) {
        hold(&self.accepted).push(mail);
    }
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/gmail/v1/users/me/messages/send", web::post().to(gmail::send))
        .route("/calendar/v3/calendars/{calendar}/events", web::get().to(calendar::list))
        .route("/calendar/v3/calendars/{calendar}/events", web::post().to(calendar::insert));
}
