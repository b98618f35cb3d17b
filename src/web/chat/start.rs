//! Questions to begin with, from the teacher's own numbers and without a model.

use crate::school::{EnrolmentView, Standing, StudentView};

/// Up to four questions, each of which has an answer.
pub(super) fn suggestions(students: &[StudentView]) -> Vec<String> {
    let mut asks = vec!["How are my students going this semester?".to_owned()];
    let current = |student: &StudentView, wanted: fn(&EnrolmentView) -> bool| {
        student.enrolments.iter().filter(|enrolment| enrolment.is_current).any(wanted)
    };
    let struggling: Vec<&StudentView> =
        students.iter().filter(|student| current(student, |e| e.outlook.standing.needs_attention())).collect();
    if let Some(at_risk) = struggling.iter().find(|s| current(s, |e| e.outlook.standing == Standing::AtRisk)) {
        asks.push(format!("What does {} need to pass?", at_risk.name));
        asks.push("Who is likely to pass, and who is at risk?".to_owned());
        asks.push(format!("Write an encouraging mail to {}", at_risk.name));
    } else if let Some(student) = students.first() {
        asks.push(format!("How is {} doing?", student.name));
    }
    asks
}
