//! The school's file: read once, whole, and refused with every fault it has.
//!
//! Reading does not stop at the first fault, and it never repairs a record:
//! either all of the file is sound, or the operator gets the list to work off.

mod faults;
mod fields;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use faults::{Faults, Place};
pub use faults::{SchoolFault, SchoolFaults};
use fields::{Record, shown, whole_number};

use super::{
    Class, ClassId, EVALUATIONS, EmailAddress, Enrolled, Evaluations, Grade, NameError, PersonName, Semester, Student,
    StudentId, StudentText, Term,
    name::{tidy, visible},
};

/// A sound school, as its file tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolFile {
    /// The term that the file calls the current one.
    pub(super) current: Term,
    pub(super) students: BTreeMap<StudentId, Student>,
    pub(super) classes: Vec<Class>,
}

impl SchoolFile {
    /// Reads a file's text; all its faults come together.
    pub fn parse(json: &str) -> Result<Self, SchoolFaults> {
        // Some editors begin a file with a byte order mark.
        let json = json.strip_prefix('\u{feff}').unwrap_or(json);
        let value = fields::read(json).map_err(|error| SchoolFaults::not_json(&error))?;
        let mut reader = Reader::default();
        let file = reader.school(value);
        reader.faults.or_none().and(file.ok_or_else(SchoolFaults::default))
    }
}

#[derive(Default)]
struct Reader {
    faults: Faults,
    students: BTreeMap<StudentId, Student>,
    /// Also those with faults of their own, so that a roster is not blamed for them.
    student_ids: BTreeSet<StudentId>,
    class_ids: BTreeSet<ClassId>,
}

impl Reader {
    fn school(&mut self, value: Value) -> Option<SchoolFile> {
        let mut record = Record::open(value, Place::default(), &mut self.faults)?;
        let current = record.take("current", &mut self.faults, |value| Ok(value.clone()));
        let students = record.list("students", &mut self.faults);
        let classes = record.list("classes", &mut self.faults);
        record.close(&mut self.faults);

        let current = current.and_then(|value| self.current(value));
        for (at, student) in students.into_iter().flatten().enumerate() {
            if let Some(student) = self.student(student, at) {
                self.students.insert(student.id.clone(), student);
            }
        }
        let classes =
            classes.into_iter().flatten().enumerate().filter_map(|(at, class)| self.class(class, at)).collect();
        Some(SchoolFile { current: current?, students: std::mem::take(&mut self.students), classes })
    }

    fn current(&mut self, value: Value) -> Option<Term> {
        let mut record = Record::open(value, Place::default().within("the current term"), &mut self.faults)?;
        let term = self.term(&mut record);
        record.close(&mut self.faults);
        term
    }

    fn term(&mut self, record: &mut Record) -> Option<Term> {
        let year = record.take("year", &mut self.faults, |value| {
            let year = whole_number(value).filter(|year| (1900..=2999).contains(year));
            year.ok_or_else(|| format!("is {}; a year is a number such as 2026", shown(value)))
        });
        let semester = record.take("semester", &mut self.faults, |value| {
            let semester = whole_number(value).and_then(|number| u8::try_from(number).ok());
            semester.and_then(|number| Semester::try_from(number).ok()).ok_or_else(|| {
                format!("is {}; a semester is 1 (January to June) or 2 (July to December)", shown(value))
            })
        });
        Some(Term { year: year?, semester: semester? })
    }

    fn student(&mut self, value: Value, at: usize) -> Option<Student> {
        let place = Place::default().student(format!("no. {} of the list", at + 1));
        let mut record = Record::open(value, place, &mut self.faults)?;
        if let Some(id) = record.peek("id").filter(|id| StudentId::parse(id).is_ok()) {
            record.place = Place::default().student(id.to_owned());
        }
        if let Some(name) = record.peek("name").and_then(|name| tidy(name).ok()) {
            record.place = record.place.named(&name);
        }
        let id = record.text("id", &mut self.faults, student_id);
        let family = record.optional_text("family", &mut self.faults, tidy);
        let told = family.as_ref().ok().and_then(Option::as_deref);
        let name = record.text("name", &mut self.faults, |full| PersonName::parse(full, told));
        let email = record.optional_text("email", &mut self.faults, EmailAddress::parse);
        if let Some(id) = &id
            && !self.student_ids.insert(id.clone())
        {
            self.faults.push(&record.place, "the id is used twice; each student has an id of their own".to_owned());
        }
        record.close(&mut self.faults);
        family.ok()?;
        Some(Student { id: id?, name: name?, email: email.ok()? })
    }

    fn class(&mut self, value: Value, at: usize) -> Option<Class> {
        let place = Place::default().class(format!("no. {} of the list", at + 1));
        let mut record = Record::open(value, place, &mut self.faults)?;
        if let Some(id) = record.peek("id").filter(|id| ClassId::parse(id).is_ok()) {
            record.place = Place::default().class(id.to_owned());
        }
        let title = |record: &Record| {
            Some(Class::titled(&tidy(record.peek("subject")?).ok()?, &label(record.peek("group")?).ok()?))
        };
        if let Some(title) = title(&record) {
            record.place = record.place.named(&title);
        }
        let id = record.text("id", &mut self.faults, class_id);
        let subject = record.text("subject", &mut self.faults, tidy);
        let group = record.text("group", &mut self.faults, label);
        let term = self.term(&mut record);
        let teacher = record.optional_text("teacher", &mut self.faults, EmailAddress::parse);
        let seats = record.list("roster", &mut self.faults);
        if let Some(id) = &id
            && !self.class_ids.insert(id.clone())
        {
            self.faults.push(&record.place, "the id is used twice; each class has an id of its own".to_owned());
        }
        let roster = seats.and_then(|seats| self.roster(seats, &record.place));
        record.close(&mut self.faults);
        Some(Class { id: id?, subject: subject?, group: group?, term: term?, teacher: teacher.ok()?, roster: roster? })
    }

    fn roster(&mut self, seats: Vec<Value>, class: &Place) -> Option<Vec<Enrolled>> {
        if seats.is_empty() {
            self.faults.push(class, "“roster” is empty; a class has at least one student".to_owned());
            return None;
        }
        let mut seated = BTreeSet::new();
        let read = |(at, seat)| self.seat(seat, at, class, &mut seated);
        // First all of them, then whether all are sound: collecting straight
        // into an option would stop reading at the first fault.
        let seats: Vec<_> = seats.into_iter().enumerate().map(read).collect();
        seats.into_iter().collect()
    }

    fn seat(&mut self, value: Value, at: usize, class: &Place, seated: &mut BTreeSet<StudentId>) -> Option<Enrolled> {
        let place = class.student(format!("no. {} of the roster", at + 1));
        let mut record = Record::open(value, place, &mut self.faults)?;
        let student = record.text("student", &mut self.faults, student_id);
        if let Some(id) = &student {
            record.place = class.student(id.to_string());
            if let Some(student) = self.students.get(id) {
                record.place = record.place.named(student.name.full());
            }
            if !self.student_ids.contains(id) {
                self.faults.push(&record.place, "no student of the file has this id".to_owned());
            }
            if !seated.insert(id.clone()) {
                self.faults.push(&record.place, "sits in this class twice".to_owned());
            }
        }
        let note = record.optional_text("note", &mut self.faults, StudentText::parse);
        let evaluations = record.list("evaluations", &mut self.faults);
        let evaluations = evaluations.and_then(|list| self.evaluations(&list, &record.place));
        record.close(&mut self.faults);
        Some(Enrolled { student: student?, evaluations: evaluations?, note: note.ok()? })
    }

    fn evaluations(&mut self, list: &[Value], place: &Place) -> Option<Evaluations> {
        let Ok(list) = <&[Value; EVALUATIONS]>::try_from(list) else {
            let problem =
                format!("“evaluations” has {} entries; there are {EVALUATIONS}, null where not graded", list.len());
            self.faults.push(place, problem);
            return None;
        };
        let mut evaluations = [None; EVALUATIONS];
        let mut sound = true;
        for (at, (value, slot)) in list.iter().zip(&mut evaluations).enumerate() {
            match grade(value) {
                Ok(grade) => *slot = grade,
                Err(problem) => {
                    self.faults.push(place, format!("evaluation {} is {problem}", at + 1));
                    sound = false;
                }
            }
        }
        sound.then_some(evaluations)
    }
}

fn grade(value: &Value) -> Result<Option<Grade>, String> {
    let refuse = || format!("{}; a grade is a number from 0 to 10 with at most two decimals, or null", shown(value));
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => {
            let grade = number.as_f64().and_then(|number| Grade::try_from(number).ok());
            grade.map(Some).ok_or_else(refuse)
        }
        Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => Err(refuse()),
    }
}

fn student_id(text: &str) -> Result<StudentId, &'static str> {
    StudentId::parse(text).map_err(|_| "a student's id is s- and 2 to 12 digits, such as s-1001")
}

fn class_id(text: &str) -> Result<ClassId, &'static str> {
    ClassId::parse(text).map_err(|_| "a class's id is c- and 2 to 12 digits, such as c-01")
}

/// A group may be a number alone, which a name may not.
fn label(text: &str) -> Result<String, NameError> {
    visible(text).and_then(|text| if text.contains(char::is_alphanumeric) { Ok(text) } else { Err(NameError::Empty) })
}

#[cfg(test)]
mod tests;
