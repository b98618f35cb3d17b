//! The school: who teaches which class, who sits in it, and what was graded.
//!
//! The school is held in memory and every question is asked as a teacher:
//! there is no way to ask about a class or a student without saying who asks.
//! What is another teacher's is answered exactly like what is not there.
//! This room does no I/O and knows nothing of models, mail or the web.

mod chart;
mod email;
mod file;
mod grade;
mod ids;
mod mention;
mod name;
mod outlook;
mod roll;
mod student_text;
mod term;
mod view;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use chart::{Band, Bar, Chart, Figure, Line, Mark};
pub use email::{EmailAddress, EmailError};
pub use file::{SchoolFault, SchoolFaults, SchoolFile};
pub use grade::{Average, EVALUATIONS, Grade, GradeError, Needed, PASS_MARK, Points, Trend};
pub use ids::{ClassId, IdError, StudentId, Teacher, TeacherId};
pub use mention::{Mention, folded};
pub use name::{NameError, PersonName};
pub use outlook::{Evaluations, Outlook, Standing};
pub use roll::{Class, Enrolled, Student};
pub use student_text::{StudentText, StudentTextError};
pub use term::{Semester, SemesterError, Term};
pub use view::{ClassSummary, ClassView, EnrolmentView, FoundStudent, RosterRow, StandingCounts, StudentView};

use mention::Reading;
use name::Wanted;
use view::Calendar;

/// A new address for a student, in one teacher's copy of the school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressChange {
    /// Whose copy.
    pub teacher: TeacherId,
    /// Whose address.
    pub student: StudentId,
    /// The address from now on.
    pub email: EmailAddress,
}

/// Where changed addresses are kept.
#[async_trait]
pub trait AddressChanges: Send + Sync + 'static {
    /// Keeps a change; a later one for the same student takes its place.
    async fn keep(&self, change: &AddressChange) -> anyhow::Result<()>;
    /// The changes that a teacher made.
    async fn kept_by(&self, teacher: &TeacherId) -> anyhow::Result<Vec<AddressChange>>;
}

/// No student of this teacher has this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no student of yours has this id")]
pub struct NoSuchStudent;

/// The school, as each teacher has it.
#[derive(Debug)]
pub struct School {
    as_filed: Arc<SchoolFile>,
    /// The copies of those who changed something; all others still read the file's.
    own: RwLock<HashMap<TeacherId, Arc<SchoolFile>>>,
    /// The lists of students that were asked for lately.
    lists: RwLock<HashMap<Teacher, List>>,
}

/// How many lists are remembered; then it begins anew.
const MOST_LISTS: usize = 64;

/// A list of students, and what it was made of. Holding the copy keeps it as it
/// is: a change makes another one.
#[derive(Debug)]
struct List {
    copy: Arc<SchoolFile>,
    today: Date,
    students: Arc<[StudentView]>,
}

impl School {
    /// The school of the file, with the changes that teachers have made since, oldest first.
    pub fn new(file: SchoolFile, changes: Vec<AddressChange>) -> Self {
        let school = Self { as_filed: Arc::new(file), own: RwLock::default(), lists: RwLock::default() };
        for change in changes {
            school.apply(change);
        }
        school
    }

    /// The teacher's classes: the current term first, then the newest, then by title.
    pub fn classes(&self, teacher: &Teacher, today: Date) -> Vec<ClassView> {
        let copy = self.copy_of(&teacher.id);
        let mut views: Vec<_> = copy.taught_by(teacher).map(|class| copy.class_view(class, today)).collect();
        views.sort_by(view::class_order);
        views
    }

    /// One of the teacher's classes.
    pub fn class(&self, teacher: &Teacher, id: &ClassId, today: Date) -> Option<ClassView> {
        let copy = self.copy_of(&teacher.id);
        let class = copy.taught_by(teacher).find(|class| &class.id == id)?;
        Some(copy.class_view(class, today))
    }

    /// Everyone who sits in one of the teacher's classes, by family name.
    pub fn students(&self, teacher: &Teacher, today: Date) -> Arc<[StudentView]> {
        let copy = self.copy_of(&teacher.id);
        let lists = self.lists.read().unwrap_or_else(PoisonError::into_inner);
        let known = lists.get(teacher).filter(|list| list.today == today && Arc::ptr_eq(&list.copy, &copy));
        if let Some(list) = known {
            return Arc::clone(&list.students);
        }
        drop(lists);
        let students = copy.list(teacher, today);
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= MOST_LISTS {
            lists.clear();
        }
        lists.insert(teacher.clone(), List { copy, today, students: Arc::clone(&students) });
        students
    }

    /// One of the teacher's students, with their places in this teacher's classes.
    pub fn student(&self, teacher: &Teacher, id: &StudentId, today: Date) -> Option<StudentView> {
        let copy = self.copy_of(&teacher.id);
        let student = copy.student_of(teacher, id)?;
        let seats = copy.taught_by(teacher).filter_map(|class| {
            let seat = class.roster.iter().find(|seat| &seat.student == id)?;
            Some((class, seat))
        });
        Some(StudentView::new(student, copy.calendar(today), seats))
    }

    /// The teacher's students whose names hold all the words, whole or begun, in
    /// any order; those met by whole words come first.
    pub fn find_students(&self, teacher: &Teacher, words: &str) -> Vec<FoundStudent> {
        let copy = self.copy_of(&teacher.id);
        let wanted = Wanted::parse(words);
        let met = copy.students.values().filter_map(|student| Some((student.name.met_by(&wanted)?, student)));
        let mut found: Vec<_> = met.filter(|(_, student)| copy.student_of(teacher, &student.id).is_some()).collect();
        found.sort_by_key(|(met, student)| (*met, view::order(student)));
        let view = |(met, student): (name::Met, &Student)| FoundStudent {
            id: student.id.clone(),
            name: student.name.full().to_owned(),
            whole_words: met == name::Met::WholeWords,
        };
        found.into_iter().map(view).collect()
    }

    /// Whom of the teacher's students a text names, in the order of the text.
    pub fn named_in(&self, teacher: &Teacher, text: &str) -> Vec<Mention> {
        let copy = self.copy_of(&teacher.id);
        let seated = copy.students.values().filter(|student| copy.student_of(teacher, &student.id).is_some());
        Reading::of(text, teacher, seated)
    }

    /// Checks a new address for one of the teacher's students and changes nothing,
    /// so that it can be stored before it is [applied](Self::apply).
    pub fn propose_address(
        &self,
        teacher: &Teacher,
        student: &StudentId,
        email: EmailAddress,
    ) -> Result<AddressChange, NoSuchStudent> {
        self.copy_of(&teacher.id).student_of(teacher, student).ok_or(NoSuchStudent)?;
        Ok(AddressChange { teacher: teacher.id.clone(), student: student.clone(), email })
    }

    /// Gives one of the teacher's students a new address, in this teacher's copy only.
    pub fn set_address(
        &self,
        teacher: &Teacher,
        student: &StudentId,
        email: EmailAddress,
    ) -> Result<AddressChange, NoSuchStudent> {
        let change = self.propose_address(teacher, student, email)?;
        self.apply(change.clone());
        Ok(change)
    }

    /// Puts a change into the copy of the teacher who made it; one for a student
    /// who has left the file since changes nothing.
    pub fn apply(&self, change: AddressChange) {
        let mut own = self.own.write().unwrap_or_else(PoisonError::into_inner);
        let copy = own.entry(change.teacher).or_insert_with(|| Arc::clone(&self.as_filed));
        if copy.students.contains_key(&change.student)
            && let Some(student) = Arc::make_mut(copy).students.get_mut(&change.student)
        {
            student.email = Some(change.email);
        }
    }

    /// The lock is held to clone a pointer only; the asking goes on without it.
    fn copy_of(&self, teacher: &TeacherId) -> Arc<SchoolFile> {
        let own = self.own.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(own.get(teacher).unwrap_or(&self.as_filed))
    }
}

impl SchoolFile {
    fn calendar(&self, today: Date) -> Calendar {
        Calendar { file: self.current, today: Term::of(today) }
    }

    fn taught_by<'a>(&'a self, teacher: &'a Teacher) -> impl Iterator<Item = &'a Class> {
        self.classes.iter().filter(|class| class.is_taught_by(teacher))
    }

    fn student_of(&self, teacher: &Teacher, id: &StudentId) -> Option<&Student> {
        self.taught_by(teacher).any(|class| class.seats(id)).then(|| self.students.get(id)).flatten()
    }

    fn list(&self, teacher: &Teacher, today: Date) -> Arc<[StudentView]> {
        let mut seats: BTreeMap<&StudentId, Vec<(&Class, &Enrolled)>> = BTreeMap::new();
        for class in self.taught_by(teacher) {
            for seat in &class.roster {
                seats.entry(&seat.student).or_default().push((class, seat));
            }
        }
        let mut seated: Vec<_> =
            seats.into_iter().filter_map(|(id, seats)| self.students.get(id).map(|student| (student, seats))).collect();
        seated.sort_by_key(|(student, _)| view::order(student));
        let calendar = self.calendar(today);
        seated.into_iter().map(|(student, seats)| StudentView::new(student, calendar, seats.into_iter())).collect()
    }

    fn class_view(&self, class: &Class, today: Date) -> ClassView {
        ClassView::new(class, self.calendar(today), |id| self.students.get(id))
    }
}

#[cfg(test)]
mod tests;
