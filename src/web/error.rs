//! Errors as the teacher reads them: title, plain words, where to go next.
//!
//! A handler returns a [`PageError`]; [`explain`] turns it into a page, or into
//! JSON for a script, once it is known who asks. Never a source chain.

mod explain;
mod shape;
mod told;

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{StatusCode, header},
};
pub use explain::explain;
pub use shape::{Fault, Refusal};

use crate::{assistant::limits::Reached, clock::Clock};

/// Why a request cannot be answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignedOut,
    /// Nobody is signed in any more, and something was written.
    #[error("the sign-in has ended")]
    Ended {
        /// What the teacher wrote.
        typed: Vec<String>,
        /// Where that page is.
        back: String,
    },
    /// Not there, or another teacher's: the answer is the same.
    #[error("not found")]
    NotFound,
    /// The request is not of the form that it should be.
    #[error("{0}")]
    BadRequest(String),
    /// The page is there, but not for this method.
    #[error("this method is not served here")]
    WrongMethod,
    /// The request comes from another site.
    #[error("the request comes from another site")]
    ForeignOrigin,
    /// The page that was posted is of an earlier sign-in, or of none.
    #[error("the page is of an earlier sign-in")]
    Stale {
        /// What the teacher wrote on it.
        typed: Vec<String>,
        /// Where that page is.
        back: String,
    },
    /// More than is read.
    #[error("the request is too large")]
    TooLarge,
    /// Something stands in the way that the teacher can see and wait for.
    #[error("{0}")]
    Conflict(String),
    /// A limit is reached.
    #[error("{words}")]
    TooMany {
        /// What is used up, and when it begins again.
        words: String,
        /// How long to wait, in seconds.
        wait: u64,
    },
    /// The request took too long to arrive.
    #[error("the request took too long to arrive")]
    TooSlow,
    /// The teacher, or the provider, did not go on with a sign-in.
    #[error("{title}")]
    SignIn {
        /// A few words.
        title: &'static str,
        /// A sentence or two.
        words: &'static str,
        /// The status: 400 for a stale answer, 403 for a no, 503 for an outage.
        status: StatusCode,
        /// In the log, where something can be looked up.
        reference: Option<String>,
    },
    /// An account was not connected.
    #[error("{title}")]
    Connect {
        /// A few words.
        title: &'static str,
        /// A sentence or two.
        words: &'static str,
        /// The status: 403 for a no, 400 for a stale answer, 503 for an outage.
        status: StatusCode,
        /// In the log, where something can be looked up.
        reference: Option<String>,
        /// What the button says and where it leads: a path of this application.
        back: (&'static str, String),
    },
    /// There is no tool by this name; the words tell which there are.
    #[error("{0}")]
    NoSuchTool(String),
    /// The arguments are not such as the tool takes.
    #[error("{0}")]
    BadArguments(String),
    /// Something that the request needs cannot be had just now.
    #[error("{words}")]
    Unavailable {
        /// A sentence or two.
        words: String,
        /// The status: 503 for what passes by itself, 502 for what the operator must mend.
        status: StatusCode,
        /// In the log, where something can be looked up.
        reference: Option<String>,
    },
    /// For the operator.
    #[error("something broke")]
    Broken(#[from] anyhow::Error),
}

impl PageError {
    /// Somebody asks too often.
    pub fn too_often(wait: Duration) -> Self {
        let words = "That was more than one can do here in a minute. Nothing was changed; wait a moment, and go on.";
        Self::TooMany { words: words.to_owned(), wait: whole_seconds(wait) }
    }

    /// A limit of the assistant is reached.
    pub fn limited(reached: Reached, clock: &dyn Clock) -> Self {
        Self::TooMany { words: reached.words(), wait: whole_seconds(reached.wait(clock)) }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.told().status
    }

    /// An empty answer: [`explain`] fills it.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// Whether the request asks for JSON, or speaks it.
pub fn wants_json(request: &HttpRequest) -> bool {
    let says = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let json = |value: &str| value.contains("application/json");
    says(header::ACCEPT).is_some_and(json) || says(header::CONTENT_TYPE).is_some_and(json)
}

/// At least one: who waits for less asks too early.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(1)
}
