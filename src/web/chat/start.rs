//! Questions to begin with, from the teacher's own numbers and without a model.

use crate::school::{Needed, Standing, StudentView};

/// Up to four questions, each of which has an answer.
pub(super) fn suggestions(students: &[StudentView]) -> Vec<String> {
    let mut asks = vec!["How are my students going this semester?".to_owned()];
    if let Some(at_risk) =
        students.iter().max_by_key(|student| most_needed(student)).filter(|s| most_needed(s).is_some())
    {
        asks.push(format!("What does {} need to pass?", at_risk.name));
        asks.push("Who is likely to pass, and who is at risk?".to_owned());
        asks.push(format!("Write an encouraging mail to {}", at_risk.name));
    } else if let Some(student) = students.first() {
        asks.push(format!("How is {} doing?", student.name));
    }
    asks
}

/// The most that a student needs where passing is in doubt and still possible.
fn most_needed(student: &StudentView) -> Option<Needed> {
    let now = student.enrolments.iter().filter(|place| place.is_current);
    now.filter(|place| place.outlook.standing == Standing::AtRisk).filter_map(|place| place.outlook.needed).max()
}
