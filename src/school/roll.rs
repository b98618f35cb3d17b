//! The school's own records: students, classes and who sits in which.

use super::{ClassId, EmailAddress, Evaluations, PersonName, StudentId, StudentText, Teacher, Term};

/// One student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Student {
    /// By which the student is known everywhere.
    pub id: StudentId,
    /// The full name.
    pub name: PersonName,
    /// Where mail goes; none where the school has no address.
    pub email: Option<EmailAddress>,
}

/// One student's place in a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Who sits here.
    pub student: StudentId,
    /// What was graded.
    pub evaluations: Evaluations,
    /// What the student wrote about it.
    pub note: Option<StudentText>,
}

/// A subject taught to a group in one term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// By which the class is known everywhere.
    pub id: ClassId,
    /// What is taught, such as "Algebra I".
    pub subject: String,
    /// To whom, such as "10B".
    pub group: String,
    /// When, in the file's own time.
    pub term: Term,
    /// Whose class it is; without one it is every teacher's.
    pub teacher: Option<EmailAddress>,
    /// Who sits in it; never empty, nobody twice.
    pub roster: Vec<Enrolled>,
}

impl Class {
    /// The class as one says it, such as "Algebra I · 10B".
    pub fn title(&self) -> String {
        Self::titled(&self.subject, &self.group)
    }

    /// How subject and group are said together.
    pub(super) fn titled(subject: &str, group: &str) -> String {
        format!("{subject} · {group}")
    }

    /// Whether this is a class of the teacher who asks.
    pub(super) fn is_taught_by(&self, teacher: &Teacher) -> bool {
        self.teacher.as_ref().is_none_or(|email| email.as_str().eq_ignore_ascii_case(&teacher.email))
    }

    /// Whether the student sits in this class.
    pub(super) fn seats(&self, student: &StudentId) -> bool {
        self.roster.iter().any(|seat| &seat.student == student)
    }
}
