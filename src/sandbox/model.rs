//! A stand-in for an OpenAI-compatible model, on the real wire.
//!
//! The server speaks Chat Completions, streamed or whole; what it says comes
//! from a [`Mind`], which can be exchanged while it runs. [`DemoMind`] is the
//! one of the demo, [`ScriptedMind`] the one of the tests; any closure from a
//! [`Conversation`] to a [`Reply`] is a mind too, which is the place for
//! models that obey or attack. No mind sees more than the request: it knows
//! the school by the results of the application's tools alone.

mod demo;
mod error;
mod log;
mod reply;
mod scripted;
mod stream;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use arc_swap::ArcSwap;
use serde_json::{Value, json};

pub use demo::DemoMind;
pub use error::ApiError;
pub use log::{Fate, Recorded};
pub use reply::{Answer, Ending, FinishReason, Pace, Raw, Reply, ToolCall};
pub use scripted::ScriptedMind;
pub use wire::{Conversation, Message, OfferedTool, PastCall};

use crate::clock::{Clock, Ids};
use log::{RequestLog, Watch};
use stream::Header;

/// A long conversation with many tool results stays well below this.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Decides what the model says next.
pub trait Mind: Send + Sync {
    /// The reply to a request, found from the request alone.
    fn reply(&self, request: &Conversation) -> Reply;
}

impl<F: Fn(&Conversation) -> Reply + Send + Sync> Mind for F {
    fn reply(&self, request: &Conversation) -> Reply {
        self(request)
    }
}

/// The model server: a mind that can be exchanged, and a log of what was asked.
pub struct ModelServer {
    mind: ArcSwap<Arc<dyn Mind>>,
    log: RequestLog,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl ModelServer {
    /// A server that answers with `mind`.
    pub fn new(mind: Arc<dyn Mind>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { mind: ArcSwap::from_pointee(mind), log: RequestLog::default(), clock, ids }
    }

    /// Answers with another mind from the next request on.
    pub fn set_mind(&self, mind: Arc<dyn Mind>) {
        self.mind.store(Arc::new(mind));
    }

    /// The latest completion requests, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.log.all()
    }

    fn header(&self, request: &Conversation) -> Header {
        let id = format!("chatcmpl-{}", self.ids.ordered().simple());
        Header { id, created: self.clock.now().as_second(), model: request.model.clone() }
    }

    fn name_calls(&self, answer: &mut Answer) {
        for call in &mut answer.calls {
            call.id.get_or_insert_with(|| format!("call_{}", self.ids.ordered().simple()));
        }
    }

    fn answer(&self, request: &Conversation, reply: Reply, mut watch: Watch) -> HttpResponse {
        match reply {
            Reply::Refusal(error) => {
                watch.finished();
                error.response()
            }
            Reply::Raw(raw) => event_stream(raw, watch),
            Reply::Answer(mut answer) => {
                self.name_calls(&mut answer);
                let header = self.header(request);
                if request.stream {
                    return event_stream(header.script(request, &answer), watch);
                }
                watch.finished();
                HttpResponse::Ok().json(header.completion(request, &answer))
            }
        }
    }
}

/// Adds the model's routes, `/v1/chat/completions` and `/v1/models`, to an app or a scope.
///
/// The server that runs it should be built with `h1_allow_half_closed(false)`: else a reader
/// that goes away during a stall is noticed only at the next byte.
pub fn configure(server: web::Data<ModelServer>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let scope = web::scope("/v1")
            .app_data(server)
            .app_data(web::PayloadConfig::new(BODY_LIMIT))
            .route("/chat/completions", web::post().to(complete))
            .route("/models", web::get().to(models))
            .default_service(web::to(unknown_url));
        config.service(scope);
    }
}

async fn complete(server: web::Data<ModelServer>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let value: Result<Value, _> = serde_json::from_slice(&body);
    let parsed = Arc::new(value.as_ref().cloned().unwrap_or_default());
    let mut watch = server.log.note(authorization(&request), Arc::clone(&parsed));
    let conversation = check_key(&request).and_then(|()| match value {
        Ok(_) => Conversation::parse(&parsed),
        Err(error) => Err(not_json(&error)),
    });
    match conversation {
        Ok(conversation) => {
            let reply = server.mind.load().reply(&conversation);
            server.answer(&conversation, reply, watch)
        }
        Err(error) => {
            watch.finished();
            error.response()
        }
    }
}

async fn models(server: web::Data<ModelServer>, request: HttpRequest) -> HttpResponse {
    if let Err(error) = check_key(&request) {
        return error.response();
    }
    let created = server.clock.now().as_second();
    let model = json!({ "id": "demo", "object": "model", "created": created, "owned_by": "sandbox" });
    HttpResponse::Ok().json(json!({ "object": "list", "data": [model] }))
}

async fn unknown_url(request: HttpRequest) -> HttpResponse {
    let message = format!("Invalid URL ({} {})", request.method(), request.path());
    ApiError::new(StatusCode::NOT_FOUND, message).response()
}

fn event_stream(raw: Raw, watch: Watch) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        .insert_header(("cache-control", "no-cache"))
        .streaming(stream::play(raw, watch))
}

fn authorization(request: &HttpRequest) -> Option<String> {
    Some(request.headers().get(AUTHORIZATION)?.to_str().ok()?.to_owned())
}

fn check_key(request: &HttpRequest) -> Result<(), ApiError> {
    let header = authorization(request).unwrap_or_default();
    // HTTP trims a header's end, so a blank after the scheme means that a key follows.
    if header.starts_with("Bearer ") {
        return Ok(());
    }
    let message = "You didn't provide an API key. Send it in an Authorization header: Bearer YOUR_KEY.";
    Err(ApiError::new(StatusCode::UNAUTHORIZED, message))
}

fn not_json(error: &serde_json::Error) -> ApiError {
    let message = format!("We could not parse the JSON body of your request: {error}.");
    ApiError::new(StatusCode::BAD_REQUEST, message)
}
