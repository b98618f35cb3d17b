//! The answer to whoever asked: a page, or JSON for a script; and the log's line
//! about what broke.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{Method, StatusCode, header},
    middleware::Next,
    web::Data,
};
use askama::Template;
use futures_util::FutureExt;

use super::{Fault, PageError, Refusal, told::Told, wants_json};
use crate::web::{
    csrf::Written,
    frame, login,
    pages::Message,
    routes,
    state::{Outage, State},
};

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
        return login::to_front_door(&asked.path);
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
