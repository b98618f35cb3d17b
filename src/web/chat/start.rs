//! Questions to begin with, from the teacher's own numbers and without a model.

use crate::school::{Needed, Standing, StudentView};

/// Up to four questions, each of which has an answer with something in it; none
/// for a teacher without students.
pub(super) fn suggestions(students: &[StudentView]) -> Vec<String> {
    let Some(first) = students.first() else { return Vec::new() };
    let mut asks = vec!["How are my students going this semester?".to_owned()];
    let Some(at_risk) = students.iter().max_by_key(|student| most_needed(student)).filter(|s| most_needed(s).is_some())
    else {
        asks.push(format!("How is {} doing?", first.name));
        return asks;
    };
    asks.extend(class_at_risk(students));
    asks.push(format!("What does {} need to pass?", at_risk.name));
    let with_address = Some(at_risk).filter(|student| student.email.is_some());
    asks.extend(with_address.map(|student| format!("Write an encouraging mail to {}", student.name)));
    asks
}

/// The class in which most are at risk, with their number.
pub(super) fn class_at_risk(students: &[StudentView]) -> Option<String> {
    let places = || students.iter().flat_map(|student| &student.enrolments).filter(|place| place.is_current);
    let at_risk = || places().filter(|place| place.outlook.standing == Standing::AtRisk);
    let count = |title: &str| at_risk().filter(|place| place.title == title).count();
    // Of two with as many, the first by name.
    let class =
        at_risk().map(|place| place.title.as_str()).min_by_key(|title| (std::cmp::Reverse(count(title)), *title))?;
    Some(match count(class) {
        1 => format!("1 in {class} is at risk. Who, and what do they need?"),
        many => format!("{many} in {class} are at risk. Who, and what do they need?"),
    })
}

/// The most that a student needs where passing is in doubt and still possible.
pub(super) fn most_needed(student: &StudentView) -> Option<Needed> {
    let now = student.enrolments.iter().filter(|place| place.is_current);
    now.filter(|place| place.outlook.standing == Standing::AtRisk).filter_map(|place| place.outlook.needed).max()
}
