//! What each error says: a title, plain words, and where to go next.

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
        let home = HOME;
        let told = |status, title, words: &str, (next, href): (&'static str, &str)| Told {
            status,
            code: self.code(),
            title,
            words: words.to_owned(),
            next: (next, href.to_owned()),
            retry_after: None,
        };
        match self {
            Self::SignedOut => told(
                StatusCode::UNAUTHORIZED,
                "Please sign in",
                "This page is yours alone, so it needs to know who you are.",
                ("Sign in", "/"),
            ),
            Self::Ended { back, .. } => told(
                StatusCode::UNAUTHORIZED,
                "Your sign-in has ended",
                "Nothing was changed, and nothing was sent. Sign in again, and do it once more.",
                ("Sign in again", &login::door_back_to(back)),
            ),
            Self::NotFound => told(
                StatusCode::NOT_FOUND,
                "This page is not here",
                "The link may be old, or what it led to has been removed.",
                home,
            ),
            Self::BadRequest(words) => told(StatusCode::BAD_REQUEST, "That did not arrive as it should", words, home),
            Self::WrongMethod => told(
                StatusCode::METHOD_NOT_ALLOWED,
                "That cannot be done here",
                "This address takes another kind of request. Nothing was changed.",
                home,
            ),
            Self::ForeignOrigin => told(
                StatusCode::FORBIDDEN,
                "This came from another site",
                "To keep you safe, only this site's own pages may do that. Nothing was changed.",
                home,
            ),
            Self::Stale { back, .. } => told(
                StatusCode::FORBIDDEN,
                "This page is from before you last signed in",
                "Nothing was changed, and nothing was sent. Load the page again, and do it once more.",
                ("Load the page again", back),
            ),
            Self::TooLarge => told(
                StatusCode::PAYLOAD_TOO_LARGE,
                "That is too much at once",
                "Nothing was changed. Shorten it, or send it in parts.",
                home,
            ),
            Self::Conflict(words) => told(StatusCode::CONFLICT, "Not just now", words, home),
            Self::TooMany { words, wait } => Told {
                retry_after: Some(*wait),
                ..told(StatusCode::TOO_MANY_REQUESTS, "A moment, please", words, home)
            },
            Self::TooSlow => told(
                StatusCode::REQUEST_TIMEOUT,
                "That took too long to arrive",
                "Nothing was changed. Look at your connection, and try again.",
                home,
            ),
            Self::SignIn { title, words, status, .. } => told(*status, title, words, ("Back to the start", "/")),
            Self::Connect { title, words, status, back: (next, href), .. } => told(*status, title, words, (next, href)),
            Self::NoSuchTool(words) => told(StatusCode::NOT_FOUND, "There is no such tool", words, home),
            Self::BadArguments(words) => {
                told(StatusCode::UNPROCESSABLE_ENTITY, "These are not the tool's arguments", words, home)
            }
            Self::Unavailable { words, status, .. } => told(*status, "Not just now", words, home),
            Self::Broken(_) => told(
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong on our side",
                "It is not your doing. Go back to see how things stand, and try again in a moment.",
                home,
            ),
        }
    }
}
