//! The turn: a pure state machine.
//!
//! A turn is the teacher's words and all that the assistant did about them. It
//! has no clock and does no I/O; [`Turn::next`] says what to do, and whoever
//! does it feeds the result back. A pause is a stored state of this value.
//!
//! One law: **each call has exactly one result, in order, whatever happens.**
//! Every way out of a turn goes through [`Turn::close`], which keeps it.

mod record;
mod result;

use serde::{Deserialize, Serialize};

pub use self::record::{Call, CallResult, CallState, Ending, Limit, Outcome, Pause, Remedy, Status, Step};
use super::{
    ids::TurnId,
    limits::{TurnLimits, Used},
    model::{Finish, ModelCall},
};

/// The teacher's words and all that the assistant did about them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The turn's name.
    pub id: TurnId,
    /// What the teacher said.
    pub words: String,
    /// What the model said and called, in order.
    pub steps: Vec<Step>,
    /// Where the turn stands.
    pub status: Status,
    /// What it may use: as it was when it began.
    #[serde(default)]
    pub limits: TurnLimits,
    /// What it has used.
    #[serde(default)]
    pub used: Used,
    /// Whether a script began it, with the one call that it wants: the model is
    /// asked nothing.
    #[serde(default, skip_serializing_if = "is_no")]
    pub by_script: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks like this")]
fn is_no(flag: &bool) -> bool {
    !flag
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Ask the model.
    AskModel,
    /// Handle the call at this place: step, call.
    HandleCall(usize, usize),
    /// Wait for a person.
    Paused,
    /// A budget is spent.
    OverBudget(Limit),
    /// Nothing is left to do.
    Done,
}

/// A result was offered for a call that has one, or that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("call {0} takes no result")]
pub struct NoSuchOpenCall(pub String);

impl Turn {
    /// How often the very same call may be made in one turn.
    pub const SAME_CALL: usize = 2;

    /// A turn that begins.
    pub fn new(id: TurnId, words: impl Into<String>) -> Self {
        Self {
            id,
            words: words.into(),
            steps: Vec::new(),
            status: Status::Running,
            limits: TurnLimits::default(),
            used: Used::default(),
            by_script: false,
        }
    }

    /// A turn that a script begins: one call, and no question to the model.
    pub fn of_script(id: TurnId, limits: TurnLimits, words: impl Into<String>, call: ModelCall) -> Self {
        let mut turn = Self { by_script: true, limits, ..Self::new(id, words) };
        turn.begin_step();
        turn.model_said(vec![call], Finish::Natural);
        turn
    }

    /// The one call that a script began this turn with, where a script did.
    pub fn scripted(&self) -> Option<ModelCall> {
        let call = self.calls().next().filter(|_| self.by_script)?;
        Some(ModelCall { id: String::new(), tool: call.tool.clone(), arguments: call.arguments.clone() })
    }

    /// What to do next.
    pub fn next(&self) -> Next {
        if matches!(self.status, Status::Ended { .. }) {
            return Next::Done;
        }
        let Some((at, step)) = self.steps.iter().enumerate().next_back() else { return Next::AskModel };
        if let Some(open) = step.calls.iter().position(|call| call.state == CallState::Open) {
            return Next::HandleCall(at, open);
        }
        if step.calls.iter().any(|call| matches!(call.state, CallState::Waiting { .. })) {
            return Next::Paused;
        }
        if self.by_script || (step.finish.is_some() && step.calls.is_empty()) {
            return Next::Done;
        }
        if step.finish.is_some() && self.steps.len() >= self.limits.model_calls {
            return Next::OverBudget(Limit::ModelCalls);
        }
        if self.used.output_tokens >= self.limits.output_tokens {
            return Next::OverBudget(Limit::Output);
        }
        Next::AskModel
    }

    /// The model is being asked: opens a step, or takes up one that was cut
    /// before it said anything. Returns its place.
    pub fn begin_step(&mut self) -> usize {
        let untouched = |step: &Step| step.finish.is_none() && step.text.is_empty();
        if !self.steps.last().is_some_and(untouched) {
            self.steps.push(Step::default());
        }
        self.status = Status::Running;
        self.steps.len() - 1
    }

    /// The model said some more.
    pub fn add_text(&mut self, text: &str) {
        if let Some(step) = self.steps.last_mut() {
            step.text.push_str(text);
        }
    }

    /// The model finished its answer. Calls beyond the budget, and calls made
    /// for the third time, get their result at once and are never looked at.
    pub fn model_said(&mut self, calls: Vec<ModelCall>, finish: Finish) {
        let at = self.steps.len().saturating_sub(1);
        let calls: Vec<Call> = calls.into_iter().enumerate().map(|(n, call)| self.admit(at, n, call)).collect();
        if let Some(step) = self.steps.last_mut() {
            step.finish = Some(finish);
            step.calls = calls;
        }
    }

    fn admit(&self, step: usize, n: usize, call: ModelCall) -> Call {
        let earlier = self.calls().count() + n;
        let same = self.calls().filter(|c| c.tool == call.tool && c.arguments == call.arguments).count();
        let refusal = if earlier >= self.limits.tool_calls {
            Some("This turn has used up its tool calls. Answer with what you have.")
        } else if same >= Self::SAME_CALL {
            Some("You made this very call already. Use its result, or answer with what you have.")
        } else {
            None
        };
        let state = match refusal {
            Some(words) => CallState::Finished { result: CallResult::refused(words) },
            None => CallState::Open,
        };
        Call { id: format!("{step}-{n}"), tool: call.tool, arguments: call.arguments, state }
    }

    /// All calls so far, in order.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.steps.iter().flat_map(|step| &step.calls)
    }

    /// The calls that wait for a person, in order.
    pub fn waiting(&self) -> impl Iterator<Item = (&str, &Pause)> {
        self.calls().filter_map(|call| match &call.state {
            CallState::Waiting { pause } => Some((call.id.as_str(), pause)),
            CallState::Open | CallState::Finished { .. } => None,
        })
    }

    /// The call by this id, if it has no result yet.
    fn unfinished(&mut self, id: &str) -> Result<&mut Call, NoSuchOpenCall> {
        self.steps
            .iter_mut()
            .flat_map(|step| &mut step.calls)
            .find(|call| call.id == id && !matches!(call.state, CallState::Finished { .. }))
            .ok_or_else(|| NoSuchOpenCall(id.to_owned()))
    }

    /// A call must wait for a person.
    pub fn pause(&mut self, id: &str, pause: Pause) -> Result<(), NoSuchOpenCall> {
        self.unfinished(id)?.state = CallState::Waiting { pause };
        Ok(())
    }

    /// A waiting call is to be looked at again: the account is connected now.
    pub fn resume(&mut self, id: &str) -> Result<(), NoSuchOpenCall> {
        self.unfinished(id)?.state = CallState::Open;
        Ok(())
    }

    /// A call has its result.
    pub fn call_finished(&mut self, id: &str, result: CallResult) -> Result<(), NoSuchOpenCall> {
        self.unfinished(id)?.state = CallState::Finished { result };
        Ok(())
    }

    /// The turn waits for a person.
    pub fn wait(&mut self) {
        self.status = Status::Waiting;
    }

    /// The turn is over: what has no result yet gets one that says so.
    pub fn close(&mut self, ending: Ending) {
        for call in self.steps.iter_mut().flat_map(|step| &mut step.calls) {
            let result = match &call.state {
                CallState::Finished { .. } => continue,
                CallState::Open => CallResult::not_run(),
                CallState::Waiting { pause } => CallResult::undecided(pause),
            };
            call.state = CallState::Finished { result };
        }
        self.status = Status::Ended { ending };
    }

    /// Takes up a turn that was cut, or that waited. A part that was cut stays
    /// a step without a finish: the model is asked again, reads it, and goes on
    /// from there in a step of its own.
    pub fn take_up(&mut self) {
        self.status = Status::Running;
        if self.is_cut_short()
            && let Some(step) = self.steps.last_mut()
        {
            step.finish = None;
        }
    }

    /// Whether the model's limit of output ended it in the middle of its text.
    pub fn is_cut_short(&self) -> bool {
        self.steps.last().is_some_and(|step| step.finish == Some(Finish::Length) && step.calls.is_empty())
    }

    /// Whether the turn is over.
    pub fn is_over(&self) -> bool {
        matches!(self.status, Status::Ended { .. })
    }
}

#[cfg(test)]
mod tests;
