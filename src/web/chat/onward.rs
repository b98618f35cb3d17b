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
    school::{EnrolmentView, Standing, StudentView},
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
    let is_at_risk = |place: &&EnrolmentView| place.is_current && place.outlook.standing == Standing::AtRisk;
    let class = student.enrolments.iter().find(is_at_risk);
    asks.extend(class.map(|place| format!("Show me a chart of {}", place.title)));
    asks
}

fn about_class(students: &[StudentView], class: &str, wrote: bool) -> Vec<String> {
    let is_in = |student: &&StudentView| student.enrolments.iter().any(|place| place.class.as_str() == class);
    let within: Vec<StudentView> = students.iter().filter(is_in).cloned().collect();
    let title = within.iter().flat_map(|student| &student.enrolments).find(|place| place.class.as_str() == class);
    let mut asks: Vec<String> = title.map(|place| format!("Show me a chart of {}", place.title)).into_iter().collect();
    asks.extend(neediest(&within).map(|student| about_student(student, wrote)).unwrap_or_default());
    let mut offered = BTreeSet::new();
    asks.retain(|ask| offered.insert(ask.clone()));
    asks
}

/// Who needs the most of all for whom passing is in doubt and still possible.
fn neediest(students: &[StudentView]) -> Option<&StudentView> {
    students.iter().filter(|student| most_needed(student).is_some()).max_by_key(|student| most_needed(student))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::school::{School, SchoolFile, Teacher, TeacherId};

    /// Cleo has no address, is safe in Algebra and at risk in Physics.
    const CLEO: &str = r#"{
      "current": { "year": 2026, "semester": 2 },
      "students": [{ "id": "s-01", "name": "Cleo Ömer" }],
      "classes": [
        { "id": "c-01", "subject": "Algebra", "group": "1", "year": 2026, "semester": 2, "teacher": "ada@school.example",
          "roster": [{ "student": "s-01", "evaluations": [9, 9, null] }] },
        { "id": "c-02", "subject": "Physics", "group": "1", "year": 2026, "semester": 2, "teacher": "ada@school.example",
          "roster": [{ "student": "s-01", "evaluations": [6, 6, null] }] }
      ]
    }"#;

    fn students() -> std::sync::Arc<[StudentView]> {
        let (name, email) = ("Ada".to_owned(), "ada@school.example".to_owned());
        let ada = Teacher { id: TeacherId::new("ada"), name, email };
        School::new(SchoolFile::parse(CLEO).unwrap(), Vec::new()).students(&ada, date(2026, 11, 21))
    }

    #[test]
    fn a_student_leads_to_the_class_in_which_passing_is_in_doubt() {
        let asks = about_student(&students()[0], false);
        assert_eq!(asks, ["What does Cleo Ömer need to pass?", "Show me a chart of Physics · 1"]);
    }

    #[test]
    fn no_question_is_offered_twice() {
        let asks = about_class(&students(), "c-02", false);
        assert_eq!(asks, ["Show me a chart of Physics · 1", "What does Cleo Ömer need to pass?"]);
    }
}
