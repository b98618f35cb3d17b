use askama::Template;

use super::{
    Ask,
    parts::{Chart, Frame, Sheet, Tone},
};

/// One student: their numbers in each class, and their address.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/student.html")]
pub struct Student {
    /// What is around the page.
    pub frame: Frame,
    /// The student's id.
    pub id: String,
    /// The student's full name.
    pub name: String,
    /// "In 2 of your classes this semester".
    pub about: String,
    /// What one should know first: "At risk in Algebra I: needs 9.40 in the third evaluation to pass".
    pub headline: String,
    /// The numbers in each class.
    pub grades: Sheet,
    /// How the numbers are meant.
    pub legend: String,
    /// What the student wrote, as inert text.
    pub notes: Vec<StudentNote>,
    /// The grades, one after the other.
    pub charts: Vec<Chart>,
    /// What was sent to this student, newest first.
    pub mails: Vec<Mail>,
    /// The address and its form.
    pub address: Address,
    /// Questions about this student.
    pub asks: Vec<Ask>,
}

/// What a student wrote about a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudentNote {
    /// The class.
    pub class: String,
    /// The student's own words.
    pub text: String,
}

/// A mail that left, or may have left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its subject.
    pub subject: String,
    /// "Sent", "May have been sent".
    pub state: String,
    /// How that stands.
    pub tone: Tone,
    /// When, for a reader.
    pub when: String,
    /// The same for a machine, as RFC 3339.
    pub at: String,
    /// The turn in which it was written: a path of this app.
    pub href: String,
}

/// The student's address, which the teacher may change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// The address as stored, or as typed when it was not right.
    pub email: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Whether it was just saved.
    pub saved: bool,
}
