//! The fault plan: which request meets which mishap.
//!
//! This room decides and counts; it does no I/O. A plan is made in-process, by
//! a test, and follows from the order of requests and from seeds alone.

mod gate;
mod route;

use std::{sync::Mutex, time::Duration};

use super::hold;

pub(crate) use self::route::Seen;
pub use self::{gate::Gate, route::Route};

/// An answer that stands in for the handler's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Headers by name.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The same with a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with a body of JSON.
    #[must_use]
    pub fn json(self, body: &serde_json::Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// The same with a body of this type.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }
}

/// One step of a mishap. A fault's steps are played in order; when they end
/// without an answer, the request goes on to its handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Waits.
    Delay(Duration),
    /// Waits until somebody opens the gate.
    Until(Gate),
    /// Lets the handler do its work now and keeps its answer back: what comes
    /// after this step spoils a request that was accepted.
    Accept,
    /// Answers with this; the handler is not asked, or its answer is dropped.
    Answer(Answer),
    /// Never answers.
    Stall,
    /// Closes the connection with nothing written.
    HangUp,
    /// Resets the connection (RST) with nothing written.
    Reset,
    /// Resets the connection as soon as this much of the request's body was read.
    ResetWhileReading(usize),
    /// Writes the head and this much of the body, then closes the connection.
    CutAfter(usize),
    /// Writes the head and this much of the body, then resets the connection.
    ResetAfter(usize),
    /// Writes the head and this much of the body, then nothing more.
    StallAfter(usize),
    /// Writes the head and this much of the body, waits, and goes on.
    PauseAfter(usize, Duration),
    /// Writes the body in pieces of this many bytes, waiting after each.
    Drip(usize, Duration),
}

/// A mishap, and when it strikes.
#[derive(Debug, Clone)]
pub struct Fault {
    target: Target,
    after: u64,
    times: Option<u64>,
    chance: Option<(f64, u64)>,
    effects: Vec<Effect>,
}

#[derive(Debug, Clone)]
enum Target {
    Route(Route),
    Path { method: Option<&'static str>, prefix: String },
}

impl Fault {
    /// Strikes requests at one door.
    pub fn on(route: Route) -> Self {
        Self::aimed(Target::Route(route))
    }

    /// Strikes requests whose path begins so, of one method or of any.
    pub fn on_path(method: Option<&'static str>, prefix: impl Into<String>) -> Self {
        Self::aimed(Target::Path { method, prefix: prefix.into() })
    }

    fn aimed(target: Target) -> Self {
        Self { target, after: 0, times: None, chance: None, effects: Vec::new() }
    }

    /// Lets the first `n` requests pass.
    #[must_use]
    pub fn after(mut self, n: u64) -> Self {
        self.after = n;
        self
    }

    /// Strikes `n` times, then never again.
    #[must_use]
    pub fn times(mut self, n: u64) -> Self {
        self.times = Some(n);
        self
    }

    /// Strikes with this probability, drawn from the seed.
    #[must_use]
    pub fn with_probability(mut self, probability: f64, seed: u64) -> Self {
        self.chance = Some((probability, seed));
        self
    }

    /// Adds a step to what happens.
    #[must_use]
    pub fn then(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    fn strikes_while_reading(&self) -> bool {
        matches!(self.effects.first(), Some(Effect::ResetWhileReading(_)))
    }

    fn aims_at(&self, seen: &Seen<'_>) -> bool {
        match &self.target {
            Target::Route(route) => route.covers(seen.route),
            Target::Path { method, prefix } => {
                method.is_none_or(|method| method == seen.method) && seen.path.starts_with(prefix.as_str())
            }
        }
    }
}

/// The plan: faults in the order in which they were added.
#[derive(Default)]
pub struct Faults(Mutex<Vec<Planned>>);

struct Planned {
    fault: Fault,
    seen: u64,
    struck: u64,
    dice: u64,
}

/// What strikes one request.
pub(crate) struct Strike {
    pub(crate) fault: usize,
    pub(crate) effects: Vec<Effect>,
}

impl Faults {
    /// Adds a fault and gives its number, from 0. Where several would strike
    /// the same request, the first does.
    pub fn add(&self, fault: Fault) -> usize {
        let mut plan = hold(&self.0);
        let dice = fault.chance.map_or(0, |(_, seed)| seed);
        plan.push(Planned { fault, seen: 0, struck: 0, dice });
        plan.len() - 1
    }

    /// How often the fault of this number has struck.
    pub fn struck(&self, fault: usize) -> u64 {
        hold(&self.0).get(fault).map_or(0, |planned| planned.struck)
    }

    /// Forgets all faults: from now on everything works.
    pub fn clear(&self) {
        hold(&self.0).clear();
    }

    /// What strikes this request while its body is being read.
    pub(crate) fn reading(&self, seen: &Seen<'_>) -> Option<Strike> {
        self.strike(seen, true)
    }

    /// What strikes this request once it is read.
    pub(crate) fn serving(&self, seen: &Seen<'_>) -> Option<Strike> {
        self.strike(seen, false)
    }

    fn strike(&self, seen: &Seen<'_>, reading: bool) -> Option<Strike> {
        let mut plan = hold(&self.0);
        let meant = |fault: &Fault| fault.strikes_while_reading() == reading && fault.aims_at(seen);
        plan.iter_mut().enumerate().find_map(|(fault, planned)| {
            let struck = meant(&planned.fault) && planned.is_struck();
            struck.then(|| Strike { fault, effects: planned.fault.effects.clone() })
        })
    }
}

impl Planned {
    /// Counts a request that the fault is aimed at and says whether it is hit.
    /// Each draw is taken whether it counts or not, so that a plan replays.
    fn is_struck(&mut self) -> bool {
        self.seen += 1;
        let drawn = self.fault.chance.is_none_or(|(probability, _)| draw(&mut self.dice) < probability);
        let due = self.seen > self.fault.after && self.fault.times.is_none_or(|times| self.struck < times);
        self.struck += u64::from(drawn && due);
        drawn && due
    }
}

/// The generator `SplitMix64`, for a number from 0 to 1: the same for the same seed everywhere.
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
fn draw(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
