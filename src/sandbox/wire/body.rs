//! A response's body on its way out, with the breaks that a fault put into it.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    web::Bytes,
};
use tokio::time::{Sleep, sleep};

use super::{FLUSH, Resetter};
use crate::sandbox::log::{Ending, RequestLog};

/// Where and how a body breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    CutAtOnce,
    ResetAtOnce,
    Cut { bytes: usize },
    Reset { bytes: usize },
    Stall { bytes: usize },
    Pause { bytes: usize, time: Duration },
    Drip { bytes: usize, every: Duration },
}

impl Break {
    pub(super) fn resets(&self) -> bool {
        matches!(self, Self::ResetAtOnce | Self::Reset { .. })
    }

    /// After how many bytes it happens; a drip happens all along.
    fn at(self) -> Option<usize> {
        match self {
            Self::CutAtOnce | Self::ResetAtOnce => Some(0),
            Self::Cut { bytes } | Self::Reset { bytes } | Self::Stall { bytes } | Self::Pause { bytes, .. } => {
                Some(bytes)
            }
            Self::Drip { .. } => None,
        }
    }
}

/// The body broke, as planned; actix closes the connection on it.
#[derive(Debug)]
pub(super) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cut off by the sandbox's fault plan")
    }
}

impl std::error::Error for Broken {}

impl From<Infallible> for Broken {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

pub(super) struct WireBody {
    inner: BoxBody,
    held: Bytes,
    sent: usize,
    breaks: Vec<Break>,
    drip: Option<(usize, Duration)>,
    pause: Option<Pin<Box<Sleep>>>,
    flushed: bool,
    resetter: Option<Resetter>,
    log: Arc<RequestLog>,
    number: u64,
    complete: bool,
}

impl WireBody {
    pub(super) fn new(
        inner: BoxBody,
        mut breaks: Vec<Break>,
        resetter: Option<Resetter>,
        log: Arc<RequestLog>,
        number: u64,
    ) -> Self {
        let drip = breaks.iter().find_map(|at| {
            let Break::Drip { bytes, every } = at else { return None };
            Some((*bytes, *every))
        });
        breaks.retain(|at| at.at().is_some());
        breaks.sort_by_key(|at| at.at());
        // actix does not ask for a body that has no bytes.
        let complete = breaks.is_empty() && matches!(inner.size(), BodySize::None | BodySize::Sized(0));
        Self {
            inner,
            held: Bytes::new(),
            sent: 0,
            breaks,
            drip,
            pause: None,
            flushed: false,
            resetter,
            log,
            number,
            complete,
        }
    }

    /// A body that breaks before its head is written.
    pub(super) fn nothing(log: Arc<RequestLog>, number: u64) -> Self {
        Self::new(BoxBody::new(()), vec![Break::CutAtOnce], None, log, number)
    }

    fn break_now(&mut self) -> Poll<Option<Result<Bytes, Broken>>> {
        if let Some(resetter) = &self.resetter {
            resetter.arm();
        }
        Poll::Ready(Some(Err(Broken)))
    }
}

impl MessageBody for WireBody {
    type Error = Broken;

    fn size(&self) -> BodySize {
        match self.inner.size() {
            // Else actix would not ask for the body, and it could not break.
            BodySize::None | BodySize::Sized(0) if !self.breaks.is_empty() => BodySize::Sized(1),
            size => size,
        }
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Broken>>> {
        let this = &mut *self;
        loop {
            if let Some(pause) = &mut this.pause {
                ready!(pause.as_mut().poll(cx));
                this.pause = None;
            }
            let due = this.breaks.first().copied().filter(|at| at.at() == Some(this.sent));
            match due {
                Some(Break::CutAtOnce | Break::ResetAtOnce) => return this.break_now(),
                Some(Break::Cut { .. } | Break::Reset { .. }) if this.flushed => return this.break_now(),
                Some(Break::Cut { .. } | Break::Reset { .. }) => {
                    this.flushed = true;
                    this.pause = Some(Box::pin(sleep(FLUSH)));
                    continue;
                }
                Some(Break::Stall { .. }) => return Poll::Pending,
                Some(Break::Pause { time, .. }) => {
                    this.breaks.remove(0);
                    this.pause = Some(Box::pin(sleep(time)));
                    continue;
                }
                Some(Break::Drip { .. }) | None => {}
            }
            if this.held.is_empty() {
                match ready!(Pin::new(&mut this.inner).poll_next(cx)) {
                    Some(Ok(bytes)) => this.held = bytes,
                    Some(Err(_)) => return Poll::Ready(Some(Err(Broken))),
                    None => {
                        this.complete = true;
                        return Poll::Ready(None);
                    }
                }
            }
            return Poll::Ready(Some(Ok(this.piece())));
        }
    }
}

impl WireBody {
    /// The next piece: up to the next break, and no more than a drip.
    fn piece(&mut self) -> Bytes {
        let to_break = self.breaks.first().and_then(|at| at.at()).map(|at| at - self.sent);
        let drip = self.drip.map(|(bytes, _)| bytes);
        let limit = to_break.into_iter().chain(drip).min().unwrap_or(self.held.len());
        let piece = self.held.split_to(limit.min(self.held.len()));
        self.sent += piece.len();
        self.pause = self.drip.map(|(_, every)| Box::pin(sleep(every)));
        piece
    }
}

impl Drop for WireBody {
    fn drop(&mut self) {
        let ending = if self.complete { Ending::Complete } else { Ending::Broken };
        self.log.amend(self.number, |record| record.ending = ending);
    }
}
