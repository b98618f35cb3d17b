//! What each error says: a title, plain words, and where to go next.

use std::borrow::Cow;

use actix_web::http::StatusCode;

use super::PageError;
use crate::web::{login, state::Outage};

/// What a page error says.
pub(super) struct Told {
    pub status: StatusCode,
    /// For a script.
    pub code: &'static str,
    pub title: &'static str,
    pub words: String,
    pub next: (&'static str, String),
    /// In how many seconds it is worth another try.
    pub retry_after: Option<u64>,
}

impl Told {
    /// Nothing was saved, so nothing was begun that would have had to be saved first.
    pub fn of_outage(outage: Outage) -> Self {
        let (retry_after, why) = match outage {
            Outage::Busy => (5, "The database is busy just now. Try again in a moment."),
            Outage::Full => (60, "There is no room left on the server's disk. Tell whoever runs the site."),
            Outage::Disk => (60, "The server's disk does not work as it should. Tell whoever runs the site."),
        };
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "cannot_save",
            title: "This cannot be saved just now",
            words: format!("Nothing was changed, and nothing was sent. {why}"),
            next: (HOME.0, HOME.1.to_owned()),
            retry_after: Some(retry_after),
        }
    }
}

/// Where to go when nothing better is known.
const HOME: (&str, &str) = ("Go to your conversations", "/chat");

impl PageError {
    /// A word that stays the same, for a script to decide by.
    fn code(&self) -> &'static str {
        match self {
            Self::SignedOut | Self::Ended { .. } => "signed_out",
            Self::NotFound => "not_found",
            Self::BadRequest(_) => "bad_request",
            Self::WrongMethod => "wrong_method",
            Self::ForeignOrigin => "foreign_origin",
            Self::Stale { .. } => "stale",
            Self::TooLarge => "too_large",
            Self::Conflict(_) => "conflict",
            Self::TooMany { .. } => "too_many",
            Self::TooSlow => "too_slow",
            Self::SignIn { .. } => "sign_in",
            Self::Connect { .. } => "connect",
            Self::NoSuchTool(_) => "no_such_tool",
            Self::BadArguments(_) => "bad_arguments",
            Self::Unavailable { .. } => "unavailable",
            Self::Broken(_) => "broken",
        }
    }

    /// What the reader is told.
    pub(super) fn told(&self) -> Told {
        let (title, words) = self.words();
        let (next, href) = self.next();
        let retry_after = if let Self::TooMany { wait, .. } = self { Some(*wait) } else { None };
        Told {
            status: self.status(),
            code: self.code(),
            title,
            words: words.to_owned(),
            next: (next, href.into_owned()),
            retry_after,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut | Self::Ended { .. } => StatusCode::UNAUTHORIZED,
            Self::NotFound | Self::NoSuchTool(_) => StatusCode::NOT_FOUND,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::ForeignOrigin | Self::Stale { .. } => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::SignIn { status, .. } | Self::Connect { status, .. } | Self::Unavailable { status, .. } => *status,
            Self::BadArguments(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A title, and a sentence or two.
    fn words(&self) -> (&'static str, &str) {
        match self {
            Self::SignedOut => ("Please sign in", "This page is yours alone, so it needs to know who you are."),
            Self::Ended { .. } => (
                "Your sign-in has ended",
                "Nothing was changed, and nothing was sent. Sign in again, and do it once more.",
            ),
            Self::NotFound => ("This page is not here", "The link may be old, or what it led to has been removed."),
            Self::BadRequest(words) => ("That did not arrive as it should", words),
            Self::WrongMethod => {
                ("That cannot be done here", "This address takes another kind of request. Nothing was changed.")
            }
            Self::ForeignOrigin => (
                "This came from another site",
                "To keep you safe, only this site's own pages may do that. Nothing was changed.",
            ),
            Self::Stale { .. } => (
                "This page is from before you last signed in",
                "Nothing was changed, and nothing was sent. Load the page again, and do it once more.",
            ),
            Self::TooLarge => ("That is too much at once", "Nothing was changed. Shorten it, or send it in parts."),
            Self::Conflict(words) | Self::Unavailable { words, .. } => ("Not just now", words),
            Self::TooMany { words, .. } => ("A moment, please", words),
            Self::TooSlow => {
                ("That took too long to arrive", "Nothing was changed. Look at your connection, and try again.")
            }
            Self::SignIn { title, words, .. } | Self::Connect { title, words, .. } => (title, words),
            Self::NoSuchTool(words) => ("There is no such tool", words),
            Self::BadArguments(words) => ("These are not the tool's arguments", words),
            Self::Broken(_) => (
                "Something went wrong on our side",
                "It is not your doing. Go back to see how things stand, and try again in a moment.",
            ),
        }
    }

    /// What the button says, and where it leads.
    fn next(&self) -> (&'static str, Cow<'_, str>) {
        match self {
            Self::SignedOut => ("Sign in", "/".into()),
            Self::Ended { back, .. } => ("Sign in again", login::door_back_to(back).into()),
            Self::Stale { back, .. } => ("Load the page again", back.into()),
            Self::SignIn { .. } => ("Back to the start", "/".into()),
            Self::Connect { back: (next, href), .. } => (next, href.into()),
            Self::NotFound
            | Self::BadRequest(_)
            | Self::WrongMethod
            | Self::ForeignOrigin
            | Self::TooLarge
            | Self::Conflict(_)
            | Self::TooMany { .. }
            | Self::TooSlow
            | Self::NoSuchTool(_)
            | Self::BadArguments(_)
            | Self::Unavailable { .. }
            | Self::Broken(_) => (HOME.0, HOME.1.into()),
        }
    }
}
