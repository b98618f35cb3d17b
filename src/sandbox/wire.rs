//! The wire: one middleware around every stand-in, which writes the request
//! log and plays the fault plan. It never decides what to play.

mod body;

use std::time::Duration;

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{StatusCode, header},
    middleware::Next,
    web::{Bytes, BytesMut, Data},
};
use futures_util::{StreamExt, future, stream};

use super::{
    World,
    faults::{Answer, Effect, Route, Seen, Strike},
    line::Line,
    log::{BODY_KEPT, Ending, Record},
};
use body::{Break, WireBody};

/// The headers that the log keeps.
const TELLING: [&str; 12] = [
    "accept",
    "auth0-forwarded-for",
    "authorization",
    "content-length",
    "content-type",
    "host",
    "idempotency-key",
    "origin",
    "referer",
    "traceparent",
    "user-agent",
    "x-request-id",
];

/// What a handler decided, in words, for the log; travels beside the response.
pub(super) struct Decision(pub(super) String);

/// Reads the request, writes it down, and answers it as the plan wants.
pub(super) async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(world) = request.app_data::<Data<World>>().map(|world| World::clone(world)) else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    if !is_for_this_computer(&request) {
        let refusal = HttpResponse::MisdirectedRequest().body("The sandbox answers on this computer only.");
        return Ok(request.into_response(refusal));
    }
    let limit = reading_limit(&world, &request);
    let body = read(&mut request, limit).await?;
    let number = world.log.arrived(record(&world, &request, &body));
    if limit.is_some_and(|limit| body.len() >= limit) {
        return Ok(broken(&world, number, request, "fault: reset while reading"));
    }
    let route = Route::of_path(request.path()).with_body(&String::from_utf8_lossy(&body));
    request.set_payload(whole(body));
    let strike = world.faults.serving(&Seen { route, method: request.method().as_str(), path: request.path() });
    let mut play = Play { world, number, stage: Stage::Waiting(request, next), breaks: Vec::new() };
    play.through(strike).await
}

/// A page elsewhere could point its own name at this port (DNS rebinding) and
/// read the outbox; it cannot forge the Host header.
fn is_for_this_computer(request: &ServiceRequest) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost")
}

fn reading_limit(world: &World, request: &ServiceRequest) -> Option<usize> {
    let seen = Seen { route: Route::of_path(request.path()), method: request.method().as_str(), path: request.path() };
    world.faults.reading(&seen)?.effects.into_iter().find_map(|effect| {
        let Effect::ResetWhileReading(limit) = effect else { return None };
        Some(limit)
    })
}

async fn read(request: &mut ServiceRequest, limit: Option<usize>) -> Result<Bytes, Error> {
    let mut payload = request.take_payload();
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        body.extend_from_slice(&chunk?);
        if limit.is_some_and(|limit| body.len() >= limit) {
            break;
        }
    }
    Ok(body.freeze())
}

fn whole(body: Bytes) -> Payload {
    Payload::Stream { payload: Box::pin(stream::once(future::ready(Ok(body)))) }
}

fn record(world: &World, request: &ServiceRequest, body: &Bytes) -> Record {
    let body = String::from_utf8_lossy(&body[..body.len().min(BODY_KEPT)]).into_owned();
    let path = request.uri().path_and_query().map_or("", |path| path.as_str()).to_owned();
    let headers = TELLING.iter().filter_map(|name| {
        let value = request.headers().get(*name)?;
        Some(((*name).to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
    });
    Record {
        number: 0,
        at: world.clock.now(),
        route: Route::of_path(request.path()).with_body(&body),
        method: request.method().to_string(),
        path,
        headers: headers.collect(),
        body,
        status: None,
        decision: "not decided yet".to_owned(),
        ending: Ending::Open,
    }
}

/// An answer of which nothing is written: the connection just closes, by RST.
fn broken(world: &World, number: u64, request: ServiceRequest, decision: &str) -> ServiceResponse<BoxBody> {
    world.log.amend(number, |record| decision.clone_into(&mut record.decision));
    if let Some(line) = request.request().conn_data::<Line>() {
        line.will_reset();
    }
    let body = WireBody::nothing(world.log.clone(), number);
    request.into_response(HttpResponse::Ok().body(body))
}

/// One request on its way through the steps of a fault.
struct Play<B> {
    world: World,
    number: u64,
    stage: Stage<B>,
    breaks: Vec<Break>,
}

enum Stage<B> {
    Waiting(ServiceRequest, Next<B>),
    Answered(ServiceResponse<BoxBody>),
    Gone,
}

impl<B> Drop for Play<B> {
    /// The client went away before there was an answer.
    fn drop(&mut self) {
        if !matches!(self.stage, Stage::Gone) {
            self.world.log.amend(self.number, |record| record.ending = Ending::Broken);
        }
    }
}

impl<B: MessageBody + 'static> Play<B> {
    async fn through(&mut self, strike: Option<Strike>) -> Result<ServiceResponse<BoxBody>, Error> {
        if let Some(Strike { fault, effects }) = strike {
            let decision = format!("fault {fault}: {effects:?}");
            self.world.log.amend(self.number, |record| record.decision = decision);
            for effect in effects {
                self.step(effect).await?;
            }
        }
        self.accept().await?;
        self.finish()
    }

    async fn step(&mut self, effect: Effect) -> Result<(), Error> {
        match effect {
            Effect::Delay(time) => tokio::time::sleep(time).await,
            Effect::Until(gate) => gate.passed().await,
            Effect::Accept => self.accept().await?,
            Effect::Answer(answer) => self.replace(response(answer)),
            Effect::Stall => future::pending::<()>().await,
            Effect::HangUp => self.hang_up(false),
            Effect::Reset | Effect::ResetWhileReading(_) => self.hang_up(true),
            Effect::CutAfter(bytes) => self.breaks.push(Break::Cut { bytes }),
            Effect::ResetAfter(bytes) => self.breaks.push(Break::Reset { bytes }),
            Effect::StallAfter(bytes) => self.breaks.push(Break::Stall { bytes }),
            Effect::PauseAfter(bytes, time) => self.breaks.push(Break::Pause { bytes, time }),
            Effect::Drip(bytes, every) => self.breaks.push(Break::Drip { bytes: bytes.max(1), every }),
        }
        Ok(())
    }

    /// Lets the handler work, unless there is an answer already.
    async fn accept(&mut self) -> Result<(), Error> {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Gone) {
            Stage::Waiting(request, next) => Stage::Answered(next.call(request).await?.map_into_boxed_body()),
            answered @ (Stage::Answered(_) | Stage::Gone) => answered,
        };
        Ok(())
    }

    fn replace(&mut self, response: HttpResponse) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Gone) {
            Stage::Waiting(request, _) => Stage::Answered(request.into_response(response)),
            Stage::Answered(old) => Stage::Answered(ServiceResponse::new(old.into_parts().0, response)),
            Stage::Gone => Stage::Gone,
        };
    }

    fn hang_up(&mut self, reset: bool) {
        self.replace(HttpResponse::Ok().finish());
        self.breaks = vec![if reset { Break::ResetAtOnce } else { Break::CutAtOnce }];
    }

    fn finish(&mut self) -> Result<ServiceResponse<BoxBody>, Error> {
        let Stage::Answered(response) = std::mem::replace(&mut self.stage, Stage::Gone) else {
            return Err(actix_web::error::ErrorInternalServerError("the sandbox lost a request"));
        };
        let nothing_sent = self.breaks.iter().any(|at| matches!(at, Break::CutAtOnce | Break::ResetAtOnce));
        let status = response.status().as_u16();
        let decision = decision(&response);
        self.world.log.amend(self.number, |record| {
            record.status = (!nothing_sent).then_some(status);
            if record.decision == "not decided yet" {
                record.decision = decision;
            }
        });
        let line = self.breaks.iter().any(Break::resets).then(|| response.request().clone());
        let (breaks, log) = (std::mem::take(&mut self.breaks), self.world.log.clone());
        Ok(response.map_body(|_, body| BoxBody::new(WireBody::new(body, breaks, line.map(Resetter), log, self.number))))
    }
}

/// Reaches the socket from a body that is being written.
struct Resetter(HttpRequest);

impl Resetter {
    fn arm(&self) {
        if let Some(line) = self.0.conn_data::<Line>() {
            line.will_reset();
        }
    }
}

fn decision(response: &ServiceResponse<BoxBody>) -> String {
    let told = response.response().extensions().get::<Decision>().map(|decision| decision.0.clone());
    told.unwrap_or_else(|| "answered".to_owned())
}

fn response(answer: Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers {
        response.append_header((name, value));
    }
    response.body(answer.body)
}

/// Long enough for the kernel to have taken what was written before a break.
const FLUSH: Duration = Duration::from_millis(10);
