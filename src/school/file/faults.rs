//! What is wrong with a school file, told so that somebody can mend it.

use std::fmt;

/// Where in the file a fault lies, as a person would point to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place {
    class: Option<String>,
    student: Option<String>,
    part: Option<&'static str>,
}

impl Place {
    pub(super) fn class(&self, class: String) -> Self {
        Self { class: Some(class), ..self.clone() }
    }

    pub(super) fn student(&self, student: String) -> Self {
        Self { student: Some(student), ..self.clone() }
    }

    pub(super) fn within(&self, part: &'static str) -> Self {
        Self { part: Some(part), ..self.clone() }
    }

    /// Adds the name to the id of the innermost thing.
    pub(super) fn named(&self, name: &str) -> Self {
        let mut place = self.clone();
        if let Some(label) = place.student.as_mut().or(place.class.as_mut()) {
            *label = format!("{label} ({name})");
        }
        place
    }
}

/// One fault of a school file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolFault {
    place: Place,
    problem: String,
}

impl SchoolFault {
    /// The class it lies in, such as "c-01 (Algebra I · 10B)".
    pub fn class(&self) -> Option<&str> {
        self.place.class.as_deref()
    }

    /// The student it concerns, such as "s-1001 (Mateo Nguyen)".
    pub fn student(&self) -> Option<&str> {
        self.place.student.as_deref()
    }

    /// What is wrong and what would be right.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for SchoolFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.class().map(|class| format!("class {class}"));
        let student = self.student().map(|student| format!("student {student}"));
        let part = self.place.part.map(str::to_owned);
        let place: Vec<String> = [class, student, part].into_iter().flatten().collect();
        if !place.is_empty() {
            write!(f, "{}: ", place.join(", "))?;
        }
        f.write_str(&self.problem)
    }
}

/// Every fault of a school file, in the file's order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchoolFaults(Vec<SchoolFault>);

impl SchoolFaults {
    /// The faults one by one.
    pub fn iter(&self) -> impl Iterator<Item = &SchoolFault> {
        self.0.iter()
    }

    /// The file is no JSON at all; serde's words end with line and column.
    pub(super) fn not_json(error: &serde_json::Error) -> Self {
        Self(vec![SchoolFault { place: Place::default(), problem: format!("it is not sound JSON: {error}") }])
    }
}

impl fmt::Display for SchoolFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("the school file has a fault:")?,
            count => write!(f, "the school file has {count} faults:")?,
        }
        self.iter().try_for_each(|fault| write!(f, "\n  - {fault}"))
    }
}

impl std::error::Error for SchoolFaults {}

/// Collects faults while the reading goes on.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<SchoolFault>);

impl Faults {
    pub(super) fn push(&mut self, place: &Place, problem: String) {
        self.0.push(SchoolFault { place: place.clone(), problem });
    }

    pub(super) fn or_none(self) -> Result<(), SchoolFaults> {
        if self.0.is_empty() { Ok(()) } else { Err(SchoolFaults(self.0)) }
    }
}
