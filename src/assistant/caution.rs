//! The second look: what a draft must not do without the teacher's own tick.
//!
//! Two questions are asked of every draft that leaves, by code that no model
//! can talk to. Does it carry something of another student: a name, a number
//! read from their record, a block that nobody can read? And does its recipient
//! follow from the teacher's own words? Each doubt is a [`Tick`] on the card,
//! unticked, and the click counts only with all of them. Nothing here decides
//! to send; it can only ask for more.

mod blocks;
mod figures;
mod leaks;
mod order;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    conversation::StoredTurn,
    toolbox::{Preview, Scene},
    turn::{Call, CallState, Turn},
    untrusted,
};
use crate::school::StudentId;

/// What a teacher must tick before a draft can leave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caution {
    /// One for each doubt.
    pub ticks: Vec<Tick>,
    /// Whether the draft was written after student-written text was read: then it
    /// is looked at on its own, however harmless it looks.
    pub alone: bool,
}

/// One doubt, which the teacher can put aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Tick {
    /// The form's name for it.
    pub name: String,
    /// What the teacher says by ticking it.
    pub words: String,
}

/// What every tick's name begins with, so that no field of a draft is taken for one.
pub const TICK: &str = "tick-";

/// What was ticked, by name.
pub type Ticked = BTreeSet<String>;

impl Caution {
    /// Whether all that is asked for was ticked.
    pub fn is_met_by(&self, ticked: &Ticked) -> bool {
        self.ticks.iter().all(|tick| ticked.contains(&tick.name))
    }

    /// Whether no click for several drafts may include this one.
    pub fn goes_alone(&self) -> bool {
        self.alone || !self.ticks.is_empty()
    }
}

impl Tick {
    fn new(kind: &str, whom: &str, words: String) -> Self {
        let dash = if whom.is_empty() { "" } else { "-" };
        Self { name: format!("{TICK}{kind}{dash}{whom}"), words }
    }
}

/// All that the second look looks at.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    /// Who asks, of which school.
    pub scene: &'a Scene<'a>,
    /// The conversation before this turn, oldest first.
    pub past: &'a [StoredTurn],
    /// The turn that wrote the draft.
    pub turn: &'a Turn,
    /// The call that wrote it.
    pub call: &'a str,
    /// To whom it goes.
    pub recipients: &'a [StudentId],
    /// What the teacher sees of it.
    pub preview: &'a Preview,
}

impl Look<'_> {
    /// Looks.
    pub(super) fn caution(&self) -> Caution {
        let mut ticks: Vec<Tick> = self.recipients.iter().filter_map(|student| order::doubt(self, student)).collect();
        ticks.extend(leaks::doubts(self));
        let text = self.text();
        ticks.extend(blocks::unreadable(&text).map(|start| {
            let words = format!("It holds characters that no person can read (“{start}…”). Send it anyway.");
            Tick::new("encoded", "", words)
        }));
        Caution { ticks, alone: self.read().any(|result| untrusted::is_in(&result)) }
    }

    /// All that a reader of the draft reads and that can be written freely.
    fn text(&self) -> String {
        self.preview.fields.iter().map(|field| field.value.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// What tools had said when the draft was written.
    fn read(&self) -> impl Iterator<Item = Value> {
        let past = self.past.iter().flat_map(|stored| stored.turn.calls());
        let present = self.turn.calls().take_while(|call| call.id != self.call);
        past.chain(present).filter_map(said)
    }
}

fn said(call: &Call) -> Option<Value> {
    match &call.state {
        CallState::Finished { result } => Some(result.said.value()),
        CallState::Open | CallState::Waiting { .. } => None,
    }
}

/// "Zoë Lima", "Noor van Dijk or Noor Haddad", "A, B or 3 others".
fn one_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] if names.len() <= 4 => format!("{} or {last}", first.join(", ")),
        [a, b, c, rest @ ..] => format!("{a}, {b}, {c} or {} others", rest.len()),
        [..] => names.join(", "),
    }
}
