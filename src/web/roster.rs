//! The pages of classes and students: the same numbers that the assistant quotes.

mod attention;
mod history;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Form, Path},
};
use serde::Deserialize;

use super::{
    chart,
    error::PageError,
    frame::{self, html},
    login::see,
    pages::{Address, Ask, Class, ClassCard, Classes, Figure, Semester, Share, Student, StudentNote},
    parts::{self, Cell, Column, Place, Sheet, Tone},
    session::SignedInTeacher,
    state::State,
};
use crate::{
    assistant::ClientId,
    identity::Caller,
    school::{
        Chart, ClassId, ClassView, EVALUATIONS, EmailAddress, EnrolmentView, Evaluations, Outlook, PASS_MARK,
        RosterRow, Standing, StudentId, StudentView,
    },
};

const DASH: &str = "–";

fn number<T: ToString>(number: Option<T>) -> Cell {
    Cell::Number(number.map_or_else(|| DASH.to_owned(), |number| number.to_string()))
}

fn tone(standing: Standing) -> Tone {
    match standing {
        Standing::Secured | Standing::OnTrack | Standing::Passed => Tone::Good,
        Standing::AtRisk => Tone::Warn,
        Standing::OutOfReach | Standing::Failed => Tone::Bad,
        Standing::NoData => Tone::Plain,
    }
}

fn columns(first: &str) -> Vec<Column> {
    let mut columns = vec![Column::words(first)];
    columns.extend(["1st", "2nd", "3rd"].map(Column::number));
    columns.extend(["So far", "Needs", "Best possible"].map(Column::number));
    columns.push(Column::words("Standing"));
    columns
}

fn cells(first: Cell, evaluations: &Evaluations, outlook: &Outlook) -> Vec<Cell> {
    let mut cells = vec![first];
    cells.extend(evaluations.map(number));
    cells.push(number(outlook.average));
    cells.push(number(outlook.needed.filter(|_| outlook.graded > 0)));
    cells.push(number(outlook.best_possible.filter(|_| outlook.graded > 0)));
    cells.push(Cell::Standing { words: outlook.standing.words().to_owned(), tone: tone(outlook.standing) });
    cells
}

fn legend() -> String {
    format!(
        "A student passes with an average of at least {PASS_MARK} over {EVALUATIONS} evaluations. \u{201c}Needs\u{201d} is \
         what each remaining evaluation must be to get there; \u{201c}Best possible\u{201d} is the average if everything \
         that remains is a 10.00. {DASH} is not graded yet."
    )
}

fn ask(state: &State, words: String) -> Ask {
    Ask { words, client_id: ClientId::fresh(&*state.ids).as_str().to_owned() }
}

/// `GET /classes`
pub async fn classes(state: Data<State>, teacher: SignedInTeacher) -> Result<HttpResponse, PageError> {
    let classes = state.school.classes(&teacher.0.teacher, state.clock.wall().date());
    let mut semesters: Vec<Semester> = Vec::new();
    for class in &classes {
        let title = class.term.to_string();
        match semesters.last_mut() {
            Some(semester) if semester.title == title => semester.classes.push(card(class)),
            _ => semesters.push(Semester { title, classes: vec![card(class)] }),
        }
    }
    let frame = frame::of(&state, &teacher.0, "Classes", Place::Classes, None).await?;
    let now: Vec<ClassView> = classes.into_iter().filter(|class| class.is_current).collect();
    let charts = drawn([Chart::averages_of_classes(&now)]);
    html(&Classes { frame, semesters, charts }, &state.token(&teacher.0))
}

/// The charts on which there is something to see.
fn drawn(charts: impl IntoIterator<Item = Chart>) -> Vec<parts::Chart> {
    let some = charts.into_iter().filter(|chart| !chart.is_empty()).zip(1..);
    some.map(|(chart, at)| chart::part(&format!("chart-{at}"), &format!("chart-{at}"), &chart)).collect()
}

fn card(class: &ClassView) -> ClassCard {
    let counts = class.summary.standings;
    let share = |words: &str, count, tone| Share { words: words.to_owned(), count, tone };
    ClassCard {
        id: class.id.to_string(),
        name: class.title.clone(),
        about: format!("{} · {}", students(class), graded(class)),
        average: class.summary.average.map_or_else(|| DASH.to_owned(), |average| average.to_string()),
        shares: vec![
            share("passed", counts.passed, Tone::Good),
            share("on track", counts.on_track + counts.secured, Tone::Good),
            share("at risk", counts.at_risk, Tone::Warn),
            share("out of reach", counts.out_of_reach, Tone::Bad),
            share("not passed", counts.failed, Tone::Bad),
            share("not graded yet", counts.no_data, Tone::Plain),
        ],
    }
}

fn students(class: &ClassView) -> String {
    match class.summary.students {
        1 => "1 student".to_owned(),
        many => format!("{many} students"),
    }
}

fn graded(class: &ClassView) -> String {
    match class.summary.graded.iter().filter(|graded| **graded > 0).count() {
        0 => "nothing graded yet".to_owned(),
        EVALUATIONS => "all evaluations graded".to_owned(),
        some => format!("{some} of {EVALUATIONS} evaluations graded"),
    }
}

/// `GET /classes/{class}`
pub async fn class(state: Data<State>, teacher: SignedInTeacher, id: Path<String>) -> Result<HttpResponse, PageError> {
    let class = find_class(&state, &teacher.0, &id)?;
    let mut asks = vec![ask(&state, format!("How is {} doing?", class.title))];
    if class.summary.standings.at_risk > 0 {
        asks.push(ask(&state, format!("Who is at risk in {}?", class.title)));
    }
    let alone = std::slice::from_ref(&class);
    let page = Class {
        frame: frame::of(&state, &teacher.0, &class.title, Place::Classes, None).await?,
        about: format!("{} · {} · {}", class.term, students(&class), graded(&class)),
        summary: figures(&class),
        charts: drawn([Chart::distribution(alone), Chart::trend_of_classes(alone)]),
        attention: attention::of(&class),
        write: attention::write_to(&class),
        roster: roster(&class),
        legend: legend(),
        name: class.title,
        asks,
    };
    html(&page, &state.token(&teacher.0))
}

fn find_class(state: &State, caller: &Caller, id: &str) -> Result<ClassView, PageError> {
    let id = ClassId::parse(id).map_err(|_| PageError::NotFound)?;
    state.school.class(&caller.teacher, &id, state.clock.wall().date()).ok_or(PageError::NotFound)
}

/// The roster of a class, as its page shows it, and the ids of who stands in it.
pub fn class_sheet(state: &State, caller: &Caller, id: &str) -> Result<(Sheet, Vec<String>), PageError> {
    let class = find_class(state, caller, id)?;
    let students = class.roster.iter().map(|row| row.student.to_string()).collect();
    Ok((roster(&class), students))
}

/// The grades of a student, as their page shows them.
pub fn student_sheet(state: &State, caller: &Caller, id: &str) -> Result<Sheet, PageError> {
    Ok(grades(&find(state, caller, id)?))
}

fn figures(class: &ClassView) -> Vec<Figure> {
    let counts = class.summary.standings;
    let figure = |label: &str, value: String, tone| Figure { label: label.to_owned(), value, tone };
    let mut figures = vec![figure(
        "Average so far",
        class.summary.average.map_or_else(|| DASH.to_owned(), |average| average.to_string()),
        Tone::Plain,
    )];
    let counted = [
        ("Passed", counts.passed, Tone::Good),
        ("On track", counts.on_track + counts.secured, Tone::Good),
        ("At risk", counts.at_risk, Tone::Warn),
        ("Out of reach", counts.out_of_reach, Tone::Bad),
        ("Not passed", counts.failed, Tone::Bad),
    ];
    figures.extend(counted.into_iter().filter(|c| c.1 > 0).map(|(label, n, tone)| figure(label, n.to_string(), tone)));
    figures
}

fn roster(class: &ClassView) -> Sheet {
    let row = |row: &RosterRow| {
        let name = Cell::Link { text: row.name.clone(), href: format!("/students/{}", row.student) };
        cells(name, &row.evaluations, &row.outlook)
    };
    Sheet {
        name: format!("Students of {}", class.title),
        columns: columns("Student"),
        rows: class.roster.iter().map(row).collect(),
        files: Some(format!("/classes/{}/table", class.id)),
    }
}

/// `GET /students/{student}`
pub async fn student(
    state: Data<State>,
    teacher: SignedInTeacher,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let student = find(&state, &teacher.0, &id)?;
    let email = student.email.as_ref().map(ToString::to_string).unwrap_or_default();
    let saved = request.query_string() == "saved";
    html(
        &student_page(&state, &teacher.0, student, Address { email, error: None, saved }).await?,
        &state.token(&teacher.0),
    )
}

fn find(state: &State, caller: &Caller, id: &str) -> Result<StudentView, PageError> {
    let id = StudentId::parse(id).map_err(|_| PageError::NotFound)?;
    state.school.student(&caller.teacher, &id, state.clock.wall().date()).ok_or(PageError::NotFound)
}

async fn student_page(
    state: &State,
    caller: &Caller,
    student: StudentView,
    address: Address,
) -> Result<Student, PageError> {
    let now: Vec<&EnrolmentView> = student.enrolments.iter().filter(|place| place.is_current).collect();
    let about = match now.len() {
        0 => "In none of your classes this semester".to_owned(),
        1 => "In 1 of your classes this semester".to_owned(),
        many => format!("In {many} of your classes this semester"),
    };
    let mut asks = vec![ask(state, format!("What does {} need to pass?", student.name))];
    if student.email.is_some() {
        asks.push(ask(state, format!("Write an encouraging mail to {}", student.name)));
    }
    Ok(Student {
        frame: frame::of(state, caller, &student.name, Place::Classes, None).await?,
        id: student.id.to_string(),
        about,
        headline: headline(&now),
        charts: drawn([Chart::trend_of_student(&student)]),
        mails: history::of(state, caller, &student.id).await?,
        grades: grades(&student),
        legend: legend(),
        notes: notes(&student),
        address,
        name: student.name,
        asks,
    })
}

fn notes(student: &StudentView) -> Vec<StudentNote> {
    let note =
        |place: &EnrolmentView| Some(StudentNote { class: place.title.clone(), text: place.note.as_ref()?.shown() });
    student.enrolments.iter().filter_map(note).collect()
}

/// What one should know first: where help is needed most.
fn headline(now: &[&EnrolmentView]) -> String {
    let worst = |standing| now.iter().find(|place| place.outlook.standing == standing);
    if let Some(place) = worst(Standing::OutOfReach) {
        let best = place.outlook.best_possible.map(|best| best.to_string()).unwrap_or_default();
        return format!("Passing {} is out of reach this semester: the best possible average is {best}.", place.title);
    }
    if let Some(place) = worst(Standing::AtRisk) {
        let needed = place.outlook.needed.map(|needed| needed.to_string()).unwrap_or_default();
        let left = match place.outlook.remaining {
            1 => "in the evaluation that remains",
            _ => "in each evaluation that remains",
        };
        return format!("At risk in {}: needs {needed} {left} to pass.", place.title);
    }
    let graded = now.iter().any(|place| place.outlook.graded > 0);
    let words = if graded { "On course to pass everywhere." } else { "Nothing is graded yet this semester." };
    words.to_owned()
}

fn grades(student: &StudentView) -> Sheet {
    let row = |place: &EnrolmentView| {
        let text = if place.is_current { place.title.clone() } else { format!("{} ({})", place.title, place.term) };
        cells(Cell::Link { text, href: format!("/classes/{}", place.class) }, &place.evaluations, &place.outlook)
    };
    Sheet {
        name: format!("Grades of {}", student.name),
        columns: columns("Class"),
        rows: student.enrolments.iter().map(row).collect(),
        files: Some(format!("/students/{}/table", student.id)),
    }
}

/// A new address for a student.
#[derive(Debug, Deserialize)]
pub struct NewAddress {
    email: String,
}

/// `POST /students/{student}/address`: stored first, then used.
pub async fn change_address(
    state: Data<State>,
    teacher: SignedInTeacher,
    id: Path<String>,
    form: Form<NewAddress>,
) -> Result<HttpResponse, PageError> {
    let student = find(&state, &teacher.0, &id)?;
    let email = match EmailAddress::parse(&form.email) {
        Ok(email) => email,
        Err(fault) => {
            let address = Address { email: form.email.clone(), error: Some(fault.to_string()), saved: false };
            let mut answer =
                html(&student_page(&state, &teacher.0, student, address).await?, &state.token(&teacher.0))?;
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(answer);
        }
    };
    let change = state.school.propose_address(&teacher.0.teacher, &student.id, email);
    let change = change.map_err(|_| PageError::NotFound)?;
    state.address_changes.keep(&change).await?;
    state.school.apply(change);
    Ok(see(&format!("/students/{}?saved", student.id)))
}
