//! Questions that may come next: from what a turn looked at and the teacher's own
//! numbers, without a model.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    super::state::State,
    start::{class_at_risk, most_needed},
};
use crate::{
    assistant::{
        branches::Tree,
        conversation::StoredTurn,
        gate::Risk,
        turn::{Call, CallState, Ending, Outcome, Status, Turn},
    },
    audit::{classes_in, students_in},
    identity::Caller,
    school::StudentView,
};

/// As many as a reader looks at.
const MOST: usize = 3;

/// Up to three questions behind the turn with which a conversation ends, once it
/// is over; none where it looked at nothing.
pub fn onward(state: &State, caller: &Caller, stored: &StoredTurn, tree: &Tree) -> Vec<String> {
    let turn = &stored.turn;
    let is_over = turn.status == Status::Ended { ending: Ending::Done } && !turn.is_cut_short();
    if !is_over || turn.by_script || !tree.is_latest(&turn.id) || !turn.calls().any(is_done) {
        return Vec::new();
    }
    let toolbox = &state.assistant.parts().toolbox;
    let writes = |call: &Call| toolbox.find(&call.tool).is_some_and(|tool| tool.card().risk > Risk::Reads);
    let students = state.school.students(&caller.teacher, state.clock.wall().date());
    let mut asks = questions(&students, turn, turn.calls().any(writes));
    asks.retain(|ask| !ask.eq_ignore_ascii_case(turn.words.trim()));
    asks.truncate(MOST);
    asks
}

fn is_done(call: &Call) -> bool {
    matches!(&call.state, CallState::Finished { result } if result.outcome == Outcome::Done)
}

/// About the one student or the one class that was looked at, or else about all.
fn questions(students: &[StudentView], turn: &Turn, wrote: bool) -> Vec<String> {
    let arguments: Vec<Value> = turn
        .calls()
        .filter(|call| is_done(call))
        .filter_map(|call| serde_json::from_str(&call.arguments).ok())
        .collect();
    let looked_at: BTreeSet<String> = arguments.iter().flat_map(students_in).collect();
    let classes: BTreeSet<String> = arguments.iter().flat_map(classes_in).collect();
    let by_id = |id: &String| students.iter().find(|student| student.id.as_str() == id);
    let only = |ids: &BTreeSet<String>| ids.first().filter(|_| ids.len() == 1).cloned();
    if let Some(student) = only(&looked_at).as_ref().and_then(by_id) {
        return about_student(student, wrote);
    }
    if let Some(class) = only(&classes) {
        return about_class(students, &class, wrote);
    }
    let mut asks: Vec<String> = class_at_risk(students).into_iter().collect();
    asks.extend(neediest(students).map(|student| about_student(student, wrote)).unwrap_or_default());
    asks
}

fn about_student(student: &StudentView, wrote: bool) -> Vec<String> {
    let mut asks = vec![format!("What does {} need to pass?", student.name)];
    if student.email.is_some() && !wrote {
        asks.push(format!("Write an encouraging mail to {}", student.name));
    }
    let at_risk = most_needed(student).is_some();
    let class = student.enrolments.iter().find(|place| place.is_current && at_risk);
    asks.extend(class.map(|place| format!("Show me a chart of {}", place.title)));
    asks
}

fn about_class(students: &[StudentView], class: &str, wrote: bool) -> Vec<String> {
    let is_in = |student: &&StudentView| student.enrolments.iter().any(|place| place.class.as_str() == class);
    let within: Vec<StudentView> = students.iter().filter(is_in).cloned().collect();
    let title = within.iter().flat_map(|student| &student.enrolments).find(|place| place.class.as_str() == class);
    let mut asks: Vec<String> = title.map(|place| format!("Show me a chart of {}", place.title)).into_iter().collect();
    asks.extend(neediest(&within).map(|student| about_student(student, wrote)).unwrap_or_default());
    asks.dedup();
    asks
}

/// Who needs the most of all for whom passing is in doubt and still possible.
fn neediest(students: &[StudentView]) -> Option<&StudentView> {
    students.iter().filter(|student| most_needed(student).is_some()).max_by_key(|student| most_needed(student))
}
