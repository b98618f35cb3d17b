//! Questions to tools that several flows share.

use std::collections::HashMap;

use super::facts::{ClassLine, Classes, Row, Rows, Student, Students, rank};
use super::names;
use super::phrases::OFFER;
use super::scene::{Question, Scene, Step, Turn, questions};
use super::table::listed;
use super::words::Words;

/// Classes are looked into one by one up to this many.
const CLASSES: usize = 8;

/// Everyone and everything that a name can mean.
#[derive(Debug)]
pub struct Roster {
    /// All students.
    pub students: Vec<Student>,
    /// All classes.
    pub classes: Vec<ClassLine>,
}

/// Students in classes, with what they need to pass.
#[derive(Debug)]
pub struct Forecast {
    /// One row for each student and class.
    pub rows: Vec<Row>,
    /// The average at which one passes.
    pub pass_mark: Option<String>,
}

/// Looks up all students and classes, and in the same round whatever else is sure to be needed.
pub fn roster(scene: &Scene<'_>, also: &[Question]) -> Result<Roster, Step> {
    let mut all = vec![questions::classes(), questions::students()];
    all.extend_from_slice(also);
    scene.have(&all)?;
    let classes: Classes = scene.ask(&questions::classes())?;
    let mut students: Students = scene.ask(&questions::students())?;
    for row in students.students.iter_mut().flat_map(|student| &mut student.classes) {
        let class = classes.classes.iter().find(|class| class.class_id == row.class_id);
        row.current = row.current.or(class.and_then(|class| class.current));
    }
    Ok(Roster { students: students.students, classes: classes.classes })
}

/// The classes of the current semester.
pub fn current_classes(scene: &Scene<'_>) -> Result<Vec<ClassLine>, Step> {
    let classes: Classes = scene.ask(&questions::classes())?;
    Ok(classes.classes.into_iter().filter(ClassLine::is_current).collect())
}

/// Forecasts for `classes`, with the evaluations of those classes in which somebody needs attention.
pub fn forecast(scene: &Scene<'_>, classes: &[ClassLine], everything: bool) -> Result<Forecast, Step> {
    let ids: Vec<&str> = classes.iter().filter_map(|class| class.class_id.as_deref()).collect();
    let asked: Vec<Question> = if everything {
        vec![questions::forecast(None)]
    } else {
        ids.iter().map(|id| questions::forecast(Some(id))).collect()
    };
    let in_need = |class: &&ClassLine| rank(class.at_risk.as_ref()) > 0.0 || rank(class.out_of_reach.as_ref()) > 0.0;
    let closer = classes.iter().filter(in_need).filter_map(|class| class.class_id.as_deref()).take(CLASSES);
    let closer: Vec<Question> = closer.map(questions::class).collect();
    scene.have(&asked.iter().chain(&closer).cloned().collect::<Vec<_>>())?;
    let mut forecast = Forecast { rows: Vec::new(), pass_mark: None };
    for mut part in scene.ask_all::<Rows>(&asked)? {
        forecast.pass_mark = part.pass_mark.take().or(forecast.pass_mark);
        forecast.rows.extend(part.rows());
    }
    forecast.rows.retain(|row| row.class_id.as_deref().is_none_or(|id| ids.contains(&id)));
    add_evaluations(&mut forecast.rows, scene.ask_all::<Rows>(&closer)?);
    Ok(forecast)
}

fn add_evaluations(rows: &mut [Row], classes: Vec<Rows>) {
    let known = classes.into_iter().flat_map(Rows::rows);
    let mut known: HashMap<_, _> = known.map(|row| ((row.student_id, row.class_id), row.evaluations)).collect();
    for row in rows.iter_mut().filter(|row| row.evaluations.is_empty()) {
        let key = (row.student_id.clone(), row.class_id.clone());
        row.evaluations = known.remove(&key).unwrap_or_default();
    }
}

impl Roster {
    /// The classes that the words name.
    pub fn classes_in(&self, words: &Words) -> Vec<ClassLine> {
        names::classes(words, &self.classes).into_iter().cloned().collect()
    }

    /// The students that the words name; a question back when a name fits several.
    pub fn students_in(&self, words: &Words, class: Option<&ClassLine>) -> Result<Vec<&Student>, Step> {
        self.students_among(&words.tokens, class)
    }

    /// The same for a part of the words.
    pub fn students_among(
        &self,
        tokens: &[super::words::Token],
        class: Option<&ClassLine>,
    ) -> Result<Vec<&Student>, Step> {
        let named = names::students(tokens, &self.students, class);
        match named.doubtful.first() {
            None => Ok(named.found),
            Some(several) => Err(Step::Say(which(several))),
        }
    }

    /// Says that the words name nobody here, with the nearest names.
    pub fn nobody(&self, strangers: &[String]) -> String {
        let near: Vec<&str> = names::near(strangers, &self.students).into_iter().map(Student::name).collect();
        let quoted: Vec<String> = strangers.iter().map(|word| format!("“{word}”")).collect();
        let start = format!("I cannot find {} among your students and classes.", listed(&quoted));
        if near.is_empty() {
            return format!("{start} Ask “How are my students going this semester?” and I will list who is there.");
        }
        format!("{start} Did you mean {}?", either(&near))
    }

    /// The students whom the last answer offered to write to.
    pub fn offered(&self, past: &[Turn<'_>]) -> Vec<&Student> {
        let offer =
            past.last().and_then(|turn| turn.said.split_once(OFFER)).and_then(|(_, rest)| rest.split('?').next());
        let offer = offer.unwrap_or_default();
        self.students.iter().filter(|student| offer.contains(student.name())).collect()
    }

    /// The students that earlier turns were about, the latest turn that names somebody first.
    pub fn focus(&self, past: &[Turn<'_>], praise: bool) -> Vec<&Student> {
        past.iter()
            .rev()
            .take(6)
            .map(|turn| self.focus_of(turn, praise))
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }

    fn focus_of(&self, turn: &Turn<'_>, praise: bool) -> Vec<&Student> {
        let named = names::students(&turn.words.tokens, &self.students, None).found;
        if !named.is_empty() {
            return named;
        }
        let mailed: Vec<_> = turn.mails().filter_map(|mail| mail.arguments.get("student_id")?.as_str()).collect();
        let pick = |wanted: &dyn Fn(&Student) -> bool| -> Vec<&Student> {
            self.students.iter().filter(|s| wanted(s)).collect()
        };
        if !mailed.is_empty() {
            return pick(&|student| mailed.contains(&student.id()));
        }
        let said = |student: &Student| turn.said.contains(student.name());
        let fits = |student: &Student| {
            student.current().iter().any(|row| if praise { row.standing().well() } else { row.standing().in_need() })
        };
        let best = pick(&|student| said(student) && fits(student));
        if best.is_empty() { pick(&said) } else { best }
    }
}

/// Asks which of several students is meant.
pub fn which(several: &[&Student]) -> String {
    let names: Vec<String> = several
        .iter()
        .map(|student| match student.current().first() {
            Some(row) => format!("{} ({})", student.name(), row.class()),
            None => student.name().to_owned(),
        })
        .collect();
    format!("Whom do you mean: {}? Please ask again with the full name.", either(&names))
}

fn either<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [most @ .., last] if !most.is_empty() => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} or {}", most.join(", "), last.as_ref())
        }
        _ => listed(names),
    }
}
