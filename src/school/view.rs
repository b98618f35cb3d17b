//! What a teacher is shown: owned values, complete, sorted, with the arithmetic done.
//!
//! In their serialised form, which is what a model may come to read, they say
//! whether a student has an address and never which.

use serde::{Serialize, Serializer};

use super::{
    Average, Class, ClassId, EmailAddress, Enrolled, Evaluations, Outlook, Standing, Student, StudentId, StudentText,
    Term,
};

/// A class with its roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassView {
    /// The class's id.
    pub id: ClassId,
    /// Subject and group, such as "Algebra I · 10B".
    pub title: String,
    /// What is taught.
    pub subject: String,
    /// To whom.
    pub group: String,
    /// When, in today's calendar.
    pub term: Term,
    /// Whether that is the term of today.
    pub is_current: bool,
    /// The class in numbers.
    pub summary: ClassSummary,
    /// Who sits in it, by family name.
    pub roster: Vec<RosterRow>,
}

/// One student in the roster of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RosterRow {
    /// The student's id.
    pub student: StudentId,
    /// The full name.
    pub name: String,
    /// Where mail goes.
    #[serde(rename = "has_address", serialize_with = "whether")]
    pub email: Option<EmailAddress>,
    /// What was graded.
    pub evaluations: Evaluations,
    /// What follows from it.
    pub outlook: Outlook,
}

/// A class in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassSummary {
    /// How many sit in it.
    pub students: usize,
    /// For each evaluation, how many of them have a grade in it.
    pub graded: [usize; super::EVALUATIONS],
    /// How many stand where.
    pub standings: StandingCounts,
    /// The mean of the students' averages so far; none before the first grade.
    pub average: Option<Average>,
}

/// How many students have each standing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each field is named after its standing")]
pub struct StandingCounts {
    pub secured: usize,
    pub on_track: usize,
    pub at_risk: usize,
    pub out_of_reach: usize,
    pub passed: usize,
    pub failed: usize,
    pub no_data: usize,
}

impl StandingCounts {
    /// Counts one by one.
    pub fn of(standings: impl Iterator<Item = Standing>) -> Self {
        standings.fold(Self::default(), |mut counts, standing| {
            *match standing {
                Standing::Secured => &mut counts.secured,
                Standing::OnTrack => &mut counts.on_track,
                Standing::AtRisk => &mut counts.at_risk,
                Standing::OutOfReach => &mut counts.out_of_reach,
                Standing::Passed => &mut counts.passed,
                Standing::Failed => &mut counts.failed,
                Standing::NoData => &mut counts.no_data,
            } += 1;
            counts
        })
    }
}

/// A student with every place in the teacher's own classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StudentView {
    /// The student's id.
    pub id: StudentId,
    /// The full name.
    pub name: String,
    /// What the student is called by.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
    /// Where mail goes.
    #[serde(rename = "has_address", serialize_with = "whether")]
    pub email: Option<EmailAddress>,
    /// The classes: the current term first, then the newest, then by title.
    pub enrolments: Vec<EnrolmentView>,
}

/// One place of a student in a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnrolmentView {
    /// The class's id.
    pub class: ClassId,
    /// Subject and group.
    pub title: String,
    /// When, in today's calendar.
    pub term: Term,
    /// Whether that is the term of today.
    pub is_current: bool,
    /// What was graded.
    pub evaluations: Evaluations,
    /// What follows from it.
    pub outlook: Outlook,
    /// What the student wrote about it.
    #[serde(skip)]
    pub note: Option<StudentText>,
}

/// A student whom a search by name found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundStudent {
    /// The student's id.
    pub id: StudentId,
    /// The full name.
    pub name: String,
    /// Whether every word asked for is a whole word of the name.
    pub whole_words: bool,
}

/// Moves the file's terms so that its current one is today's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    pub(super) file: Term,
    pub(super) today: Term,
}

impl Calendar {
    fn term(self, class: &Class) -> Term {
        class.term.shifted(self.today.semesters_after(self.file))
    }
}

impl ClassView {
    pub(super) fn new<'a>(
        class: &'a Class,
        calendar: Calendar,
        student: impl Fn(&StudentId) -> Option<&'a Student>,
    ) -> Self {
        let mut seats: Vec<_> =
            class.roster.iter().filter_map(|seat| student(&seat.student).map(|student| (student, seat))).collect();
        seats.sort_by_key(|(student, _)| order(student));
        let roster: Vec<_> = seats.into_iter().map(|(student, seat)| RosterRow::new(student, seat)).collect();
        let term = calendar.term(class);
        Self {
            id: class.id.clone(),
            title: class.title(),
            subject: class.subject.clone(),
            group: class.group.clone(),
            term,
            is_current: term == calendar.today,
            summary: ClassSummary::of(&roster),
            roster,
        }
    }
}

impl RosterRow {
    fn new(student: &Student, seat: &Enrolled) -> Self {
        Self {
            student: student.id.clone(),
            name: student.name.full().to_owned(),
            email: student.email.clone(),
            evaluations: seat.evaluations,
            outlook: Outlook::of(&seat.evaluations),
        }
    }
}

impl ClassSummary {
    fn of(roster: &[RosterRow]) -> Self {
        let graded = std::array::from_fn(|at| roster.iter().filter(|row| row.evaluations[at].is_some()).count());
        Self {
            students: roster.len(),
            graded,
            standings: StandingCounts::of(roster.iter().map(|row| row.outlook.standing)),
            average: mean_of_averages(roster),
        }
    }
}

/// The mean of averages over one, two or three evaluations: sixths hold them all.
fn mean_of_averages(roster: &[RosterRow]) -> Option<Average> {
    let graded = || roster.iter().map(|row| &row.outlook).filter(|outlook| outlook.graded > 0);
    let sixths = graded()
        .map(|outlook| i64::from(outlook.points.hundredths()) * 6 / i64::try_from(outlook.graded).unwrap_or(1))
        .sum::<i64>();
    Average::of(i32::try_from(sixths).ok()?, graded().count() * 6)
}

impl StudentView {
    pub(super) fn new<'a>(
        student: &Student,
        calendar: Calendar,
        seats: impl Iterator<Item = (&'a Class, &'a Enrolled)>,
    ) -> Self {
        let mut enrolments: Vec<_> = seats.map(|(class, seat)| EnrolmentView::new(class, seat, calendar)).collect();
        enrolments.sort_by(|a, b| (!a.is_current, b.term, &a.title).cmp(&(!b.is_current, a.term, &b.title)));
        Self {
            id: student.id.clone(),
            name: student.name.full().to_owned(),
            given_name: student.name.given().to_owned(),
            family_name: student.name.family().to_owned(),
            email: student.email.clone(),
            enrolments,
        }
    }
}

impl EnrolmentView {
    fn new(class: &Class, seat: &Enrolled, calendar: Calendar) -> Self {
        let term = calendar.term(class);
        Self {
            class: class.id.clone(),
            title: class.title(),
            term,
            is_current: term == calendar.today,
            evaluations: seat.evaluations,
            outlook: Outlook::of(&seat.evaluations),
            note: seat.note.clone(),
        }
    }
}

/// By family name, then given name, then id, so that namesakes keep their places.
pub(super) fn order(student: &Student) -> (&(String, String), &StudentId) {
    (student.name.sort_key(), &student.id)
}

/// Which of two classes stands first: the current term, then the newest, then by title.
pub(super) fn class_order(a: &ClassView, b: &ClassView) -> std::cmp::Ordering {
    (!a.is_current, b.term, &a.title, &a.id).cmp(&(!b.is_current, a.term, &b.title, &b.id))
}

#[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
fn whether<S: Serializer>(email: &Option<EmailAddress>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bool(email.is_some())
}
