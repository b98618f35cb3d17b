//! The event stream of a turn (WHATWG HTML, "Server-sent events").
//!
//! Who comes first gets the turn as it stood when its log began, then every
//! event since; who comes back with `Last-Event-ID` gets what came after. Each
//! event is one or more frames of parts that the page puts in place. The id of a
//! frame names the log, the event and the frame in it, so that a line that is
//! cut between two frames of one event goes on with the second.

mod frames;

use std::{sync::Arc, time::Duration};

use actix_session::Session;
use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_ENCODING},
    web::{Bytes, Data, Path},
};
use futures_util::{StreamExt, stream};
use tokio::{sync::watch, time::timeout};

use self::frames::{Frame, Translator};
use super::{
    error::PageError,
    session::{self, SignedInTeacher},
    state::State,
};
use crate::{
    assistant::{SayError, TurnId, Watch, conversation::StoredTurn, live::LiveTurn},
    identity::Caller,
};

/// Only a failing write tells that a reader has gone; this makes one.
const KEEP_ALIVE: Duration = Duration::from_secs(12);

/// `GET /turns/{turn}/events`
pub async fn events(
    request: HttpRequest,
    state: Data<State>,
    teacher: SignedInTeacher,
    session: Session,
    turn: Path<String>,
) -> Result<HttpResponse, PageError> {
    let turn = TurnId::parse(&turn).ok_or(PageError::NotFound)?;
    let ends_at = session::ends_at(&session, &state);
    let watch = match state.assistant.at_work(&teacher.0, &turn) {
        Some(live) => Watch { stored: live.base.clone(), live: Some(live) },
        None => state.assistant.watch(&teacher.0, &turn).await.map_err(not_found)?,
    };
    let (frames, reader) = match watch.live {
        Some(live) => {
            Reader::of(state, teacher.0, ends_at, turn, live, last_event_id(&request)).begin(watch.stored).await?
        }
        None => (frames::ended(&state, &teacher.0, &watch.stored, None).await?, None),
    };
    let rest = stream::unfold(reader, |reader| async move {
        let (frames, reader) = reader?.next().await;
        Some((encode(frames), reader))
    });
    let body = stream::once(async { encode(frames) }).chain(rest);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body.map(Ok::<Bytes, actix_web::Error>)))
}

fn not_found(fault: SayError) -> PageError {
    match fault {
        SayError::NotFound | SayError::Busy | SayError::Limited(_) => PageError::NotFound,
        SayError::Broken(fault) => PageError::Broken(fault),
    }
}

/// What a page has had: all frames of the events before `events`, and `frames`
/// of the one after.
#[derive(Debug, Clone, Copy, Default)]
struct Had {
    events: usize,
    frames: usize,
}

fn last_event_id(request: &HttpRequest) -> Option<(String, Had)> {
    let id = request.headers().get("last-event-id")?.to_str().ok()?;
    let mut parts = id.split('-');
    let epoch = parts.next()?.to_owned();
    let events: usize = parts.next()?.parse().ok()?;
    let frames = parts.next()?.parse().ok()?;
    Some((epoch, Had { events: events.checked_sub(1)?, frames }))
}

fn encode(frames: Vec<Frame>) -> Bytes {
    let mut text = String::new();
    for frame in frames {
        if let Ok(encoded) = frame.into_event().into_bytestring() {
            text.push_str(&encoded);
        }
    }
    text.into()
}

/// One page that follows a turn.
struct Reader {
    state: Data<State>,
    caller: Caller,
    /// When the session ends at the latest.
    ends_at: i64,
    departures: watch::Receiver<u64>,
    turn: TurnId,
    live: Arc<LiveTurn>,
    count: watch::Receiver<usize>,
    /// What it has had.
    had: Had,
    translator: Translator,
}

/// Why a reader no longer waits.
enum Woken {
    /// There is more to tell.
    More,
    /// There is nothing more to come.
    Over,
    /// It is time to look whether the session still stands; these go out then.
    Look(Vec<Frame>),
}

type Step = (Vec<Frame>, Option<Reader>);

impl Reader {
    fn of(
        state: Data<State>,
        caller: Caller,
        ends_at: i64,
        turn: TurnId,
        live: Arc<LiveTurn>,
        last: Option<(String, Had)>,
    ) -> Self {
        let had = last.filter(|(epoch, _)| *epoch == live.epoch).map_or_else(Had::default, |(_, had)| had);
        let count = live.follow();
        let departures = state.departures.subscribe();
        let translator = Translator::with(state.token(&caller));
        Self { state, caller, ends_at, departures, turn, live, count, had, translator }
    }

    /// The first frames. Who has had nothing begins with the turn as it stood
    /// when the log began.
    async fn begin(mut self, stored: StoredTurn) -> Result<Step, PageError> {
        let mut first = Vec::new();
        if self.had.events == 0 && self.had.frames == 0 {
            first.push(frames::base(&self.state, &self.caller, &self.live, stored).await?);
        } else {
            for event in self.live.since(0).iter().take(self.had.events) {
                let _had_already = self.translator.frames(&self.state, &self.turn, event);
            }
        }
        let (more, reader) = self.catch_up().await;
        first.extend(more);
        Ok((first, reader))
    }

    /// Waits for more, and sends a comment when it takes long.
    async fn next(mut self) -> Step {
        let had = self.had.events;
        let more = timeout(KEEP_ALIVE, self.count.wait_for(|count| *count > had));
        let woken = tokio::select! {
            () = self.state.going_down.cancelled() => Woken::Over,
            Ok(()) = self.departures.changed() => Woken::Look(Vec::new()),
            waited = more => match waited {
                Ok(Ok(_)) => Woken::More,
                Ok(Err(_)) => Woken::Over,
                Err(_) => Woken::Look(vec![Frame::Comment]),
            },
        };
        match woken {
            Woken::More => self.catch_up().await,
            Woken::Over => (Vec::new(), None),
            Woken::Look(frames) => self.unless_gone(frames).await,
        }
    }

    /// A stream ends with the session that opened it, wherever that ended.
    async fn unless_gone(self, frames: Vec<Frame>) -> Step {
        let over = self.state.clock.now().as_second() >= self.ends_at;
        let stands = self.state.sign_ins.caller(&self.caller.sign_in).await;
        if over || !stands.is_ok_and(|caller| caller.is_some()) {
            return (Vec::new(), None);
        }
        (frames, Some(self))
    }

    async fn catch_up(mut self) -> Step {
        let mut frames = Vec::new();
        for event in self.live.since(self.had.events) {
            let mut new = self.translator.frames(&self.state, &self.turn, &event);
            if event.is_last() {
                new.extend(frames::final_turn(&self.state, &self.caller, &self.live, &self.translator).await);
            } else {
                new.extend(frames::send_all(&self.state, &self.caller, &self.turn, &event).await);
            }
            let had = self.had.frames;
            self.had = Had { events: self.had.events + 1, frames: 0 };
            let id = |frame: usize| format!("{}-{}-{frame}", self.live.epoch, self.had.events);
            frames.extend((1..).zip(new).skip(had).map(|(at, frame)| frame.with_id(&id(at))));
            if event.is_last() {
                return (frames, None);
            }
        }
        (frames, Some(self))
    }
}
