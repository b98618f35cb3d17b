//! A request's body must come whole, within a time and a size: whoever drips
//! it, or sends without end, holds nothing.
//!
//! The body is read here, before anybody works on it. What did not come whole
//! is not waited for: the answer says so, and the connection ends.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    Error, HttpMessage,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web::{Bytes, BytesMut, Data},
};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::{error::PageError, routes::LARGEST_BODY, state::State};

/// Middleware: reads the body, or answers without it.
pub async fn whole_body(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    if [Method::GET, Method::HEAD].contains(request.method()) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let patience = request.app_data::<Data<State>>().map_or(Duration::from_secs(10), |state| state.body_patience);
    let told = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let mut payload = request.take_payload();
    let read = timeout(patience, read(&mut payload, told)).await.unwrap_or(Err(PageError::TooSlow));
    match read {
        Ok(body) => {
            request.set_payload(Payload::from(body));
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(fault) => {
            request.extensions_mut().insert(Unread(payload));
            Ok(request.error_response(fault))
        }
    }
}

async fn read(payload: &mut Payload, told: Option<usize>) -> Result<Bytes, PageError> {
    if told.is_some_and(|told| told > LARGEST_BODY) {
        return Err(PageError::TooLarge);
    }
    let mut body = BytesMut::new();
    while let Some(piece) = payload.next().await {
        let broken = |_| PageError::BadRequest("The request did not come whole. Try again.".to_owned());
        let piece = piece.map_err(broken)?;
        if body.len() + piece.len() > LARGEST_BODY {
            return Err(PageError::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.freeze())
}

/// The rest of a body that nobody reads.
struct Unread(#[expect(dead_code, reason = "held, and let go when dropped")] Payload);

/// Middleware, the outermost one: holds on to what nobody reads until the
/// answer has left. The server would else go on reading a body in chunks, for
/// as long as it comes; like this it ends the connection.
pub async fn hang_up(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let answer = next.call(request).await?.map_into_boxed_body();
    let unread = answer.request().extensions_mut().remove::<Unread>();
    Ok(match unread {
        Some(unread) => answer.map_body(|_, body| BoxBody::new(Holding { body, _unread: unread })),
        None => answer,
    })
}

struct Holding {
    body: BoxBody,
    _unread: Unread,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
