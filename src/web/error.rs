//! Errors as the teacher reads them: title, plain words, where to go next.
//!
//! A handler returns a [`PageError`]; [`explain`] turns it into a page, or into
//! JSON for a script, once it is known who asks. Never a source chain.

mod shape;

use std::{panic::AssertUnwindSafe, time::Duration};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{Method, StatusCode, header},
    middleware::Next,
    web::Data,
};
use askama::Template;
use futures_util::FutureExt;
pub use shape::{Fault, Refusal};

use super::{
    csrf::Written,
    frame,
    pages::Message,
    routes,
    state::{Outage, State},
};
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

/// What a page error says.
struct Told {
    status: StatusCode,
    /// For a script.
    code: &'static str,
    title: &'static str,
    words: String,
    next: (&'static str, String),
    /// In how many seconds it is worth another try.
    retry_after: Option<u64>,
}

impl Told {
    /// Nothing was saved, so nothing was begun that would have had to be saved first.
    fn of_outage(outage: Outage) -> Self {
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
    /// Somebody asks too often.
    pub fn too_often(wait: Duration) -> Self {
        let words = "That was more than one can do here in a minute. Nothing was changed; wait a moment, and go on.";
        Self::TooMany { words: words.to_owned(), wait: whole_seconds(wait) }
    }

    /// A limit of the assistant is reached.
    pub fn limited(reached: Reached, clock: &dyn Clock) -> Self {
        Self::TooMany { words: reached.words(), wait: whole_seconds(reached.wait(clock)) }
    }

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

    fn told(&self) -> Told {
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
                ("Sign in again", &super::login::door_back_to(back)),
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

/// What an error's answer depends on, noted before the request is handed on:
/// while it is being routed nobody else may hold it.
struct Asked {
    json: bool,
    get: bool,
    path: String,
    state: Option<Data<State>>,
}

impl Asked {
    fn of(request: &ServiceRequest) -> Self {
        Self {
            json: wants_json(request.request()) || routes::is_for_scripts(request.path()),
            get: request.method() == Method::GET,
            path: request.path().to_owned(),
            state: request.app_data::<Data<State>>().cloned(),
        }
    }
}

/// Middleware: fills every error's answer for its reader, and logs what broke,
/// once, under the reference that the reader is shown.
pub async fn explain(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let asked = Asked::of(&request);
    // A panic in a handler is told like any other fault, and the process lives.
    let answer = match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(answer)) => answer,
        Ok(Err(fault)) => return Err(InternalError::from_response("", tell(&asked, &fault)).into()),
        Err(_panic) => {
            let fault = PageError::Broken(anyhow::anyhow!("a handler panicked")).into();
            return Err(InternalError::from_response("", tell(&asked, &fault)).into());
        }
    };
    let unmatched = answer.status() == StatusCode::NOT_FOUND && answer.request().match_pattern().is_none();
    let filled = match answer.response().error() {
        Some(fault) => match ended(&answer, fault) {
            Some(ended) => tell(&asked, &ended.into()),
            None => tell(&asked, fault),
        },
        None if unmatched => tell(&asked, &PageError::NotFound.into()),
        None if answer.status() == StatusCode::METHOD_NOT_ALLOWED => {
            let allowed = answer.headers().get(header::ALLOW).cloned();
            let mut filled = tell(&asked, &PageError::WrongMethod.into());
            if let Some(allowed) = allowed {
                filled.headers_mut().insert(header::ALLOW, allowed);
            }
            filled
        }
        None => return Ok(answer.map_into_boxed_body()),
    };
    Ok(answer.into_response(filled))
}

/// The sign-in ended while something was written, where it did.
fn ended(answer: &ServiceResponse<impl MessageBody>, fault: &Error) -> Option<PageError> {
    let signed_out = matches!(fault.as_error::<PageError>(), Some(PageError::SignedOut));
    let written = answer.request().extensions().get::<Written>().filter(|_| signed_out).cloned()?;
    Some(PageError::Ended { typed: written.typed, back: written.back })
}

fn tell(asked: &Asked, fault: &Error) -> HttpResponse {
    let own = fault.as_error::<PageError>();
    let foreign = foreign(fault.as_response_error().status_code(), fault);
    let error = own.unwrap_or(&foreign);
    let reference = reference(asked, error);
    let told = outage(asked, error).map_or_else(|| error.told(), Told::of_outage);
    if matches!(error, PageError::SignedOut) && asked.get && !asked.json {
        return super::login::to_front_door(&asked.path);
    }
    let retry_after = told.retry_after;
    let mut answer = if asked.json {
        let Told { status, code, title, words, .. } = told;
        HttpResponse::build(status).json(Refusal { error: Fault { code, title, words, reference } })
    } else {
        page(asked, told, reference, typed(error))
    };
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    answer
}

/// At least one: who waits for less asks too early.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(1)
}

/// What keeps the server from saving, where that is what broke the request.
fn outage(asked: &Asked, error: &PageError) -> Option<Outage> {
    let PageError::Broken(fault) = error else { return None };
    asked.state.as_ref()?.health.outage(fault)
}

/// An error of the framework: a body too large, a form that does not parse, a
/// path that matches nothing.
fn foreign(status: StatusCode, fault: &Error) -> PageError {
    match status {
        StatusCode::NOT_FOUND => PageError::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => PageError::TooLarge,
        status if status.is_client_error() => {
            PageError::BadRequest("The form or the request is not complete. Go back and try again.".to_owned())
        }
        _ => PageError::Broken(anyhow::anyhow!("{fault}")),
    }
}

fn reference(asked: &Asked, error: &PageError) -> Option<String> {
    match error {
        PageError::Broken(fault) => {
            let reference = hex::encode(&asked.state.as_ref()?.ids.secret()[..4]);
            tracing::error!(reference, path = asked.path, error = format!("{fault:#}"), "request failed");
            Some(reference)
        }
        PageError::SignIn { reference, .. }
        | PageError::Connect { reference, .. }
        | PageError::Unavailable { reference, .. } => reference.clone(),
        PageError::SignedOut
        | PageError::Ended { .. }
        | PageError::NotFound
        | PageError::BadRequest(_)
        | PageError::WrongMethod
        | PageError::ForeignOrigin
        | PageError::Stale { .. }
        | PageError::TooLarge
        | PageError::Conflict(_)
        | PageError::TooMany { .. }
        | PageError::TooSlow
        | PageError::NoSuchTool(_)
        | PageError::BadArguments(_) => None,
    }
}

/// What was written on a page that could not be taken.
fn typed(error: &PageError) -> Vec<String> {
    match error {
        PageError::Stale { typed, .. } | PageError::Ended { typed, .. } => typed.clone(),
        _ => Vec::new(),
    }
}

fn page(asked: &Asked, told: Told, reference: Option<String>, typed: Vec<String>) -> HttpResponse {
    let demo = asked.state.as_ref().and_then(|state| state.demo.clone());
    let (next, href) = told.next;
    let page = Message {
        frame: frame::alone(told.title, demo),
        title: told.title.to_owned(),
        words: told.words,
        next: next.to_owned(),
        href,
        reference,
        typed,
    };
    match page.render() {
        Ok(html) => HttpResponse::build(told.status).content_type("text/html; charset=utf-8").body(html),
        Err(_) => HttpResponse::build(told.status).body(told.title),
    }
}
