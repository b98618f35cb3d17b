//! From events to frames: what the page's script puts in place.

use askama::Template;
use serde::Serialize;
use serde_json::json;
use tracing::error;

use super::super::{
    chat::{around, onward},
    error::PageError,
    markdown::{self, Sealer, Tail},
    parts::{self, Notice, Part, Ready},
    present::{self, Drawn, Presenter},
    state::State,
    token::Token,
};
use crate::{
    assistant::{
        TurnId,
        conversation::StoredTurn,
        event::Event,
        gate::Risk,
        live::LiveTurn,
        turn::{Call, Ending, Status, Turn},
    },
    identity::Caller,
};

/// One frame of the stream.
#[derive(Debug)]
pub(super) enum Frame {
    /// Keeps the line open.
    Comment,
    /// For the page's script.
    Message { id: Option<String>, name: &'static str, data: String },
}

impl Frame {
    fn message(name: &'static str, data: &impl Serialize) -> Self {
        // Plain texts and numbers always serialise.
        Self::Message { id: None, name, data: serde_json::to_string(data).unwrap_or_default() }
    }

    fn part(key: &str, part: &impl Template, token: &Token) -> Self {
        Self::put(key, &rendered(part, token))
    }

    /// HTML, put where its key stands.
    fn put(key: &str, html: &str) -> Self {
        Self::message("part", &PartFrame { key, html })
    }

    fn status(state: parts::TurnState) -> Self {
        Self::message("status", &json!({ "state": state.word() }))
    }

    pub(super) fn with_id(self, new: &str) -> Self {
        match self {
            Self::Comment => Self::Comment,
            Self::Message { name, data, .. } => Self::Message { id: Some(new.to_owned()), name, data },
        }
    }

    pub(super) fn into_event(self) -> russe::Event {
        match self {
            Self::Comment => russe::Event::Comment("still here".into()),
            Self::Message { id, name, data } => russe::Event::Message(russe::Message {
                data: data.into(),
                event: Some(name.into()),
                retry: None,
                id: id.map(Into::into),
            }),
        }
    }
}

/// A part that does not render is a fault of ours; the page goes on without it.
fn rendered(part: &impl Template, token: &Token) -> String {
    part.render_with_values(token).unwrap_or_else(|fault| {
        does_not_render(&fault);
        String::new()
    })
}

fn does_not_render(fault: &askama::Error) {
    error!(error = %fault, "a part does not render");
}

/// Turns events into frames, remembering what block of text is still open.
#[derive(Debug)]
pub(super) struct Translator {
    token: Token,
    open: Option<(usize, Sealer)>,
    drawn: Drawn,
    busy: bool,
}

impl Translator {
    /// For a reader whose forms carry this token.
    pub(super) fn with(token: Token) -> Self {
        Self { token, open: None, drawn: Drawn::default(), busy: false }
    }

    /// The frames of one event.
    pub(super) fn frames(&mut self, state: &State, turn: &TurnId, event: &Event) -> Vec<Frame> {
        let mut frames = Vec::new();
        if !matches!(event, Event::TextDelta { .. }) {
            frames.extend(self.seal());
        }
        if self.busy {
            self.busy = false;
            frames.push(Frame::put("busy", ""));
        }
        match event {
            Event::TextDelta { step, text } => frames.extend(self.text(turn, *step, text)),
            Event::CallFinished { call } => frames.extend(self.finished(state, turn, call)),
            Event::ModelBusy { seconds } => {
                self.busy = true;
                let seconds = u32::try_from(*seconds).unwrap_or(u32::MAX);
                frames.push(Frame::part("busy", &Notice::waiting("busy", seconds), &self.token));
            }
            other => frames.extend(fixed(state, &self.token, turn, other)),
        }
        frames
    }

    fn text(&mut self, turn: &TurnId, step: usize, text: &str) -> Vec<Frame> {
        let mut frames = Vec::new();
        if self.open.as_ref().is_some_and(|(open, _)| *open != step) {
            frames.extend(self.seal());
        }
        let (_, sealer) = self.open.get_or_insert_with(|| {
            self.drawn.begin(step);
            (step, Sealer::with(parts::Answer::files(turn.as_str(), step)))
        });
        let frame = sealer.push(text);
        frames.push(text_frame(step, &frame));
        self.drawn.add(step, frame.sealed);
        frames
    }

    /// A call has its result, which the turn will show as it does now.
    fn finished(&mut self, state: &State, turn: &TurnId, call: &Call) -> Vec<Frame> {
        let (key, connect, chart) =
            (format!("call-{}", call.id), format!("connect-{}", call.id), format!("chart-{}", call.id));
        let mut frames = vec![Frame::put(&connect, "")];
        if let Some(part) = presenter(state).finished(call) {
            match Ready::of(&part, &self.token) {
                Ok(ready) => {
                    frames.push(Frame::put(&key, ready.as_str()));
                    self.drawn.keep(&call.id, ready);
                }
                Err(fault) => does_not_render(&fault),
            }
        }
        frames.extend(present::exhibit(turn.as_str(), call).map(|part| Frame::part(&chart, &part, &self.token)));
        frames
    }

    /// The open block is final: something else follows.
    fn seal(&mut self) -> Option<Frame> {
        let (step, mut sealer) = self.open.take()?;
        let frame = sealer.finish();
        let told = text_frame(step, &frame);
        self.drawn.add(step, frame.sealed);
        Some(told)
    }

    /// What was made of the answers of which it has had every word: of none that
    /// had begun before the log.
    fn drawn(&self, live: &LiveTurn) -> Option<&Drawn> {
        live.base.turn.steps.is_empty().then_some(&self.drawn)
    }
}

fn text_frame(step: usize, frame: &markdown::Frame) -> Frame {
    let kind = frame.kind.word();
    let text = match &frame.tail {
        Tail::Add(add) => TextFrame { step, sealed: None, add: Some(add), open: None, kind },
        Tail::Whole(open) => TextFrame { step, sealed: Some(frame.sealed.as_str()), add: None, open: Some(open), kind },
    };
    Frame::message("text", &text)
}

/// A part, to be put where its key stands.
#[derive(Serialize)]
struct PartFrame<'a> {
    key: &'a str,
    html: &'a str,
}

/// The whole turn.
#[derive(Serialize)]
struct TurnFrame {
    html: String,
}

/// The one frame of which there are many: written without a tree in between.
#[derive(Serialize)]
struct TextFrame<'a> {
    step: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    add: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<&'a str>,
    kind: &'static str,
}

/// The frames of an event that depend on nothing before it.
fn fixed(state: &State, token: &Token, turn: &TurnId, event: &Event) -> Vec<Frame> {
    let presenter = presenter(state);
    let put = |key: String, part: &Part| Frame::part(&key, part, token);
    let one = |key: String, part: Part| vec![put(key, &part)];
    match event {
        Event::CallStarted { call, doing, .. } => one(format!("call-{call}"), Presenter::doing(call, doing)),
        Event::ConnectionNeeded { call, tool, pause } => {
            let gone = Frame::put(&format!("call-{call}"), "");
            let card = presenter.connection(turn.as_str(), call, tool, pause);
            let card = card.map(|card| put(format!("connect-{call}"), &card));
            std::iter::once(gone).chain(card).collect()
        }
        Event::ApprovalNeeded { approval } => vec![
            put(format!("call-{}", approval.call), &presenter.drafted_by(approval)),
            put(present::key(approval), &presenter.approval(approval)),
        ],
        Event::ApprovalChanged { approval } | Event::Sent { approval } => {
            one(present::key(approval), presenter.approval(approval))
        }
        Event::TurnWaiting => vec![Frame::status(parts::TurnState::Waiting)],
        Event::TurnResumed => vec![Frame::put("send-all", ""), Frame::status(parts::TurnState::Running)],
        // Text, results and waiting are the translator's own; the end is shown as a whole turn.
        Event::TextDelta { .. }
        | Event::CallFinished { .. }
        | Event::ModelBusy { .. }
        | Event::TurnFinished { .. }
        | Event::TurnFailed { .. } => Vec::new(),
    }
}

pub(super) fn presenter(state: &State) -> Presenter<'_> {
    Presenter::new(&state.assistant.parts().toolbox, &*state.clock)
}

async fn stored(state: &State, caller: &Caller, turn: &TurnId) -> anyhow::Result<StoredTurn> {
    let stored = state.conversations.turn(&caller.teacher.id, turn).await?;
    stored.ok_or_else(|| anyhow::anyhow!("the turn {turn} is gone"))
}

/// Whether a draft can belong to a turn: one that only looked things up, as most
/// do, has none.
fn may_have_drafts(state: &State, turn: &Turn) -> bool {
    let toolbox = &state.assistant.parts().toolbox;
    let reads = |call: &Call| toolbox.find(&call.tool).is_some_and(|tool| tool.card().risk == Risk::Reads);
    turn.status == Status::Waiting || !turn.calls().all(reads)
}

/// The whole turn as one frame.
async fn whole(
    state: &State,
    caller: &Caller,
    stored: &StoredTurn,
    alive: bool,
    drawn: Option<&Drawn>,
) -> anyhow::Result<Frame> {
    let tree = around(state, caller, stored).await?;
    let approvals = if may_have_drafts(state, &stored.turn) || tree.versions(&stored.turn.id).len() > 1 {
        state.approvals.of_conversation(&caller.teacher.id, &stored.conversation).await?
    } else {
        Vec::new()
    };
    let turn = parts::Turn {
        asks: onward(state, caller, stored, &tree),
        ..Presenter { drawn, ..presenter(state) }.turn(stored, &approvals, &tree, alive)
    };
    Ok(Frame::message("turn", &TurnFrame { html: rendered(&turn, &state.token(caller)) }))
}

/// The turn as it stood when its log began: what the events build on.
pub(super) async fn base(
    state: &State,
    caller: &Caller,
    live: &LiveTurn,
    mut stored: StoredTurn,
) -> Result<Frame, PageError> {
    stored.turn = Turn { status: Status::Running, ..live.base.turn.clone() };
    Ok(whole(state, caller, &stored, true, None).await?)
}

/// A turn that is over: the whole of it, and how it ended.
pub(super) async fn ended(
    state: &State,
    caller: &Caller,
    stored: &StoredTurn,
    drawn: Option<&Drawn>,
) -> Result<Vec<Frame>, PageError> {
    let turn = whole(state, caller, stored, false, drawn).await?;
    Ok(vec![turn, Frame::status(present::state(&stored.turn.status, false))])
}

/// The same at the end of a stream, when only the page can be told of a fault.
pub(super) async fn final_turn(state: &State, caller: &Caller, live: &LiveTurn, translator: &Translator) -> Vec<Frame> {
    let drawn = translator.drawn(live);
    let last = async {
        let ended = match live.end() {
            Some(stored) => ended(state, caller, stored, drawn).await,
            // As it could be stored, which may be less than was told.
            None => ended(state, caller, &stored(state, caller, &live.base.turn.id).await?, None).await,
        };
        ended.map_err(|fault| anyhow::anyhow!("{fault}"))
    };
    last.await.unwrap_or_else(|fault| {
        error!(error = format!("{fault:#}"), "the end of a turn could not be shown");
        let ending = Ending::Interrupted { words: String::new() };
        vec![Frame::status(present::state(&Status::Ended { ending }, false))]
    })
}

/// When the turn waits, the bar that sends several drafts at once.
pub(super) async fn send_all(state: &State, caller: &Caller, turn: &TurnId, event: &Event) -> Option<Frame> {
    if !matches!(event, Event::TurnWaiting | Event::ApprovalChanged { .. } | Event::Sent { .. }) {
        return None;
    }
    let stored = stored(state, caller, turn).await.ok()?;
    let approvals = state.approvals.of_conversation(&caller.teacher.id, &stored.conversation).await.ok()?;
    match presenter(state).send_all(&stored, &approvals) {
        Some(bar) => Some(Frame::part("send-all", &bar, &state.token(caller))),
        None => Some(Frame::put("send-all", "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::SystemIds, identity::SignInId, web::token::Tokens};

    const BEGUN: &str = "Mateo needs **9.4** to pass.\n\n- a talk\n- exer";
    const REST: &str = "cises\n\n| Name | Needs |\n|---|---|\n| Mateo | 9.40 |\n";

    fn translator() -> Translator {
        Translator::with(Tokens::new(&[7; 32], &[]).of(&SignInId::new("sign-in")))
    }

    #[test]
    fn what_was_drawn_in_pieces_is_what_the_whole_is_drawn_as() {
        let (mut translator, turn) = (translator(), TurnId::fresh(&SystemIds));
        for sign in format!("{BEGUN}{REST}").chars() {
            translator.text(&turn, 0, &sign.to_string());
        }
        translator.seal();
        let whole = parts::Answer::done(turn.as_str(), 0, &format!("{BEGUN}{REST}")).blocks;
        assert_eq!(translator.drawn.answer(0), Some(&whole));
    }

    /// Such as a decision about an older draft, in the middle of a list.
    #[test]
    fn an_answer_that_something_else_came_into_is_drawn_anew() {
        let (mut translator, turn) = (translator(), TurnId::fresh(&SystemIds));
        translator.text(&turn, 0, BEGUN);
        translator.seal();
        translator.text(&turn, 0, REST);
        translator.seal();
        assert_eq!(translator.drawn.answer(0), None);
    }
}
