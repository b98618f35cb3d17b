//! From stored values to what a teacher sees: turns, drafts and receipts.
//!
//! The page and the event stream are made of the same parts by the same code,
//! so that a reload shows what was followed live.

mod beside;
mod closing;
mod draft;
mod evidence;
mod unsent;

use std::collections::BTreeMap;

pub use draft::{Overlay, clock_time, key};
pub use unsent::KEY as UNSENT;

use super::{
    chart,
    markdown::SafeHtml,
    parts::{Answer, ConnectCard, Did, DidState, Part, Ready, Said, SignInAgainCard, Turn, TurnState},
};
use crate::{
    assistant::{
        approval::Approval,
        branches::Tree,
        conversation::StoredTurn,
        gate::Risk,
        toolbox::{Exhibit, Toolbox},
        turn::{Call, CallResult, CallState, Ending, Outcome, Pause, Status, Step},
    },
    clock::Clock,
    vault::{ConnectReason, Scope},
};

/// What is needed to show a turn.
#[derive(Clone, Copy)]
pub struct Presenter<'a> {
    /// The tools, for their verbs.
    pub toolbox: &'a Toolbox,
    /// The school's clock, for times as a reader wants them.
    pub clock: &'a dyn Clock,
    /// What the teacher typed into a draft that could not be taken over.
    pub overlay: Option<&'a Overlay>,
    /// What of the turn was shown before to the one who is shown it now.
    pub drawn: Option<&'a Drawn>,
}

/// What a turn showed while it was followed: the whole of it would be made into
/// the same once more.
#[derive(Debug, Default)]
pub struct Drawn {
    /// Each answer by its step, of which every block was seen.
    answers: BTreeMap<usize, Option<SafeHtml>>,
    /// What each call showed when it had its result.
    calls: BTreeMap<String, Ready>,
}

impl Drawn {
    /// A text begins. One that goes on after it was ended is not what a whole text
    /// would be made into: nothing of it is of use.
    pub fn begin(&mut self, step: usize) {
        self.answers.entry(step).and_modify(|drawn| *drawn = None).or_insert_with(|| Some(SafeHtml::default()));
    }

    /// Puts a block behind the others of its step.
    pub fn add(&mut self, step: usize, block: SafeHtml) {
        if let Some(Some(drawn)) = self.answers.get_mut(&step) {
            drawn.append(block);
        }
    }

    /// Keeps what a call shows, now that it has its result.
    pub fn keep(&mut self, call: &str, shown: Ready) {
        self.calls.insert(call.to_owned(), shown);
    }

    /// What a whole answer would be made into, where every block of it was seen.
    pub fn answer(&self, step: usize) -> Option<&SafeHtml> {
        self.answers.get(&step)?.as_ref()
    }
}

impl<'a> Presenter<'a> {
    /// One for what is stored, without anything that was typed or made before.
    pub fn new(toolbox: &'a Toolbox, clock: &'a dyn Clock) -> Self {
        Self { toolbox, clock, overlay: None, drawn: None }
    }
}

impl Presenter<'_> {
    /// A whole turn. `alive` says whether a server is at work on it: a running
    /// turn that nobody works on was cut off.
    pub fn turn(&self, stored: &StoredTurn, approvals: &[Approval], tree: &Tree, alive: bool) -> Turn {
        let turn = &stored.turn;
        let mut parts = Vec::new();
        let own = approvals_by_call(stored, approvals);
        for (at, step) in turn.steps.iter().enumerate() {
            self.step(stored, at, step, alive, &own, &mut parts);
        }
        if turn.status == Status::Waiting {
            parts.extend(self.send_all(stored, approvals).map(Part::SendAll));
        }
        parts.extend(self.unsent(stored, approvals).map(Part::Notice));
        parts.extend(closing::notice(stored, alive, tree.is_latest(&turn.id)).map(Part::Notice));
        Turn {
            id: turn.id.to_string(),
            conversation: stored.conversation.to_string(),
            state: state(&turn.status, alive),
            said: Said { words: turn.words.clone(), by_script: turn.by_script },
            parts,
            versions: beside::versions(tree, &turn.id),
            again: (!(alive && turn.status == Status::Running)).then(|| beside::again(tree, &turn.id)),
            asks: Vec::new(),
            beside: self.beside(stored, approvals, tree),
        }
    }

    fn step(
        &self,
        stored: &StoredTurn,
        at: usize,
        step: &Step,
        alive: bool,
        approvals: &BTreeMap<&str, Vec<&Approval>>,
        parts: &mut Vec<Part>,
    ) {
        if !step.text.is_empty() {
            let open = step.finish.is_none() && alive && at + 1 == stored.turn.steps.len();
            let turn = stored.turn.id.as_str();
            let drawn = self.drawn.and_then(|drawn| drawn.answer(at));
            parts.push(Part::Answer(match drawn {
                _ if open => Answer::so_far(turn, at, &step.text),
                Some(blocks) => Answer::drawn(at, blocks.clone()),
                None => Answer::done(turn, at, &step.text),
            }));
        }
        for call in &step.calls {
            let drafts = approvals.get(call.id.as_str()).map(Vec::as_slice).unwrap_or_default();
            parts.extend(self.call(stored, call));
            parts.extend(exhibit(stored.turn.id.as_str(), call));
            for approval in drafts {
                parts.push(self.approval(approval));
                let overlay = self.overlay.filter(|overlay| overlay.approval == approval.id);
                let pause = overlay.and_then(|overlay| overlay.pause.as_ref());
                parts.extend(pause.and_then(|p| self.connection(stored.turn.id.as_str(), &call.id, &call.tool, p)));
            }
        }
    }

    /// What a call shows by itself; its drafts come behind it.
    pub fn call(&self, stored: &StoredTurn, call: &Call) -> Option<Part> {
        match &call.state {
            CallState::Open => None,
            CallState::Waiting { pause } => self.pause(stored.turn.id.as_str(), call, pause),
            CallState::Finished { .. } => match self.drawn.and_then(|drawn| drawn.calls.get(&call.id)) {
                Some(ready) => Some(Part::Ready(ready.clone())),
                None => self.finished(call),
            },
        }
    }

    /// What a waiting call shows.
    fn pause(&self, turn: &str, call: &Call, pause: &Pause) -> Option<Part> {
        match pause {
            Pause::Connection { .. } | Pause::SignIn => self.connection(turn, &call.id, &call.tool, pause),
            Pause::Approval { .. } => Some(Part::Did(self.drafted(call))),
        }
    }

    /// The card that asks for an account, or for a new sign-in.
    pub fn connection(&self, turn: &str, call: &str, tool: &str, pause: &Pause) -> Option<Part> {
        let key = format!("connect-{call}");
        let ask = self.toolbox.find(tool).map_or("go on", |tool| tool.card().verbs.ask);
        match pause {
            Pause::Connection { need, why } => Some(Part::Connect(ConnectCard {
                key,
                turn: turn.to_owned(),
                title: title(*why, need.connection.name()),
                service: need.connection.name().to_owned(),
                connection: need.connection.as_str().to_owned(),
                purpose: purpose(*why, ask),
                allows: need.scopes.iter().map(|scope| self.allows(scope)).collect(),
                never: self.never(&need.scopes),
            })),
            Pause::SignIn => Some(Part::SignInAgain(SignInAgainCard {
                key,
                turn: turn.to_owned(),
                words: format!(
                    "Your sign-in has ended over there. To {ask}, sign in once more; this turn then goes on."
                ),
            })),
            Pause::Approval { .. } => None,
        }
    }

    /// A permission in plain words.
    fn allows(&self, scope: &Scope) -> String {
        let known = self.toolbox.permission(scope);
        known.map_or_else(|| format!("Use the permission {scope}."), |permission| permission.allows.to_owned())
    }

    /// What these permissions still do not allow.
    fn never(&self, scopes: &[Scope]) -> String {
        let known = scopes.iter().filter_map(|scope| self.toolbox.permission(scope));
        known.map(|permission| permission.never).collect::<Vec<_>>().join(" ")
    }

    /// The quiet line of a call that is being looked at.
    pub fn doing(call: &str, doing: &str) -> Part {
        Part::Did(Did {
            key: format!("call-{call}"),
            state: DidState::Running,
            words: doing.to_owned(),
            elapsed: None,
            evidence: Vec::new(),
        })
    }

    /// What a call that has its result shows.
    pub fn finished(&self, call: &Call) -> Option<Part> {
        match &call.state {
            CallState::Finished { result } => Some(Part::Did(self.did(call, result))),
            CallState::Open | CallState::Waiting { .. } => None,
        }
    }

    /// The quiet line above a draft.
    pub fn drafted_by(&self, approval: &Approval) -> Part {
        let verbs = self.toolbox.find(&approval.tool).map(|tool| tool.card().verbs);
        Part::Did(Did {
            key: format!("call-{}", approval.call),
            state: DidState::Done,
            words: verbs.map_or("Wrote a draft", |verbs| verbs.done).to_owned(),
            elapsed: None,
            evidence: Vec::new(),
        })
    }

    fn drafted(&self, call: &Call) -> Did {
        let verbs = self.toolbox.find(&call.tool).map(|tool| tool.card().verbs);
        Did {
            key: format!("call-{}", call.id),
            state: DidState::Done,
            words: verbs.map_or("Wrote a draft", |verbs| verbs.done).to_owned(),
            elapsed: None,
            evidence: vec![evidence::asked_for(call)],
        }
    }

    fn did(&self, call: &Call, result: &CallResult) -> Did {
        let tool = self.toolbox.find(&call.tool);
        let ask = tool.map_or_else(|| format!("use {:?}", call.tool), |tool| tool.card().verbs.ask.to_owned());
        let drafts = tool.is_some_and(|tool| tool.card().risk > Risk::Reads);
        let done = tool.map_or("Did it", |tool| tool.card().verbs.done);
        let (state, words) = match result.outcome {
            Outcome::Refused => (DidState::Failed, format!("Could not {ask}")),
            Outcome::NotRun => (DidState::Failed, format!("Did not {ask}")),
            Outcome::Undecided if result.did.is_empty() && !drafts => (DidState::Failed, format!("Did not {ask}")),
            Outcome::Done if !drafts => (DidState::Done, result.did.clone()),
            Outcome::Done | Outcome::Declined | Outcome::Undecided | Outcome::Failed | Outcome::Unknown => {
                (DidState::Done, done.to_owned())
            }
        };
        Did {
            key: format!("call-{}", call.id),
            state,
            words,
            elapsed: (result.took_ms >= 100)
                .then(|| format!("{}.{} s", result.took_ms / 1000, result.took_ms / 100 % 10)),
            evidence: std::iter::once(evidence::asked_for(call)).chain(evidence::given_back(result)).collect(),
        }
    }
}

/// What a call shows besides its line: a chart.
pub fn exhibit(turn: &str, call: &Call) -> Option<Part> {
    let CallState::Finished { result } = &call.state else { return None };
    match result.shown.as_ref()? {
        Exhibit::Chart(chart) => {
            let (key, id) = (format!("chart-{}", call.id), format!("chart-{turn}-{}", call.id));
            Some(Part::Chart(chart::part(&key, &id, chart)))
        }
    }
}

fn approvals_by_call<'a>(stored: &StoredTurn, approvals: &'a [Approval]) -> BTreeMap<&'a str, Vec<&'a Approval>> {
    let mut own: BTreeMap<&str, Vec<&Approval>> = BTreeMap::new();
    for approval in approvals.iter().filter(|approval| approval.turn == stored.turn.id) {
        own.entry(approval.call.as_str()).or_default().push(approval);
    }
    own
}

/// How far a turn is, in the page's words.
pub fn state(status: &Status, alive: bool) -> TurnState {
    match status {
        Status::Running if alive => TurnState::Running,
        Status::Running => TurnState::Interrupted,
        Status::Waiting => TurnState::Waiting,
        Status::Ended { ending } => match ending {
            Ending::Done | Ending::SetAside | Ending::OverBudget { .. } => TurnState::Done,
            Ending::Stopped => TurnState::Stopped,
            Ending::Interrupted { .. } => TurnState::Interrupted,
            Ending::Failed { .. } => TurnState::Failed,
        },
    }
}

fn pretty(json: &serde_json::Value) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}

fn title(why: ConnectReason, service: &str) -> String {
    match why {
        ConnectReason::NotConnected => format!("Connect {service}"),
        ConnectReason::Revoked => format!("Connect {service} again"),
        ConnectReason::MissingScope => format!("One more permission at {service}"),
    }
}

fn purpose(why: ConnectReason, ask: &str) -> String {
    match why {
        ConnectReason::NotConnected => format!("To {ask}"),
        ConnectReason::Revoked => format!("The permission ran out or was taken back. To {ask}"),
        ConnectReason::MissingScope => format!("One permission is missing. To {ask}"),
    }
}
