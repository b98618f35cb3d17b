//! Tables as files: the server makes them from what is stored, so that they
//! work without a script and hold what the page shows, whole. Whose data leave is
//! written down before they do.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    error::PageError,
    markdown, roster,
    session::SignedInTeacher,
    spreadsheet::{Form, Table},
    state::State,
};
use crate::{
    assistant::TurnId,
    audit::{Entry, Kind},
};

/// `GET /turns/{turn}/tables/{step}-{table}.{form}`
pub async fn of_turn(
    state: Data<State>,
    teacher: SignedInTeacher,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (turn, file) = path.into_inner();
    let turn = TurnId::parse(&turn).ok_or(PageError::NotFound)?;
    let (step, table, form) = named(&file).ok_or(PageError::NotFound)?;
    let stored = state.conversations.turn(&teacher.0.teacher.id, &turn).await?.ok_or(PageError::NotFound)?;
    let text = stored.turn.steps.get(step).map(|step| step.text.as_str()).ok_or(PageError::NotFound)?;
    let tables = markdown::tables(text);
    let table = tables.get(table).ok_or(PageError::NotFound)?;
    let taken = Entry::by(&teacher.0.teacher.id, Kind::Data, "table_taken_along");
    let (conversation, turn) = (Some(stored.conversation.to_string()), Some(stored.turn.id.to_string()));
    state.journal.note(Entry { conversation, turn, ..taken }).await?;
    table.answer(form)
}

/// "2-0.csv": the step, the table in it, and the form.
fn named(file: &str) -> Option<(usize, usize, Form)> {
    let (name, end) = file.split_once('.')?;
    let (step, table) = name.split_once('-')?;
    Some((step.parse().ok()?, table.parse().ok()?, Form::parse(end)?))
}

/// `GET /classes/{class}/table.{form}`
pub async fn of_class(
    state: Data<State>,
    teacher: SignedInTeacher,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (class, form) = path.into_inner();
    let form = Form::parse(&form).ok_or(PageError::NotFound)?;
    let (sheet, students) = roster::class_sheet(&state, &teacher.0, &class)?;
    let classes = json!({ "classes": [class.as_str()] });
    let taken = Entry::by(&teacher.0.teacher.id, Kind::Data, "table_taken_along");
    state.journal.note(Entry { students, detail: classes, ..taken }).await?;
    Table::from(sheet).answer(form)
}

/// `GET /students/{student}/table.{form}`
pub async fn of_student(
    state: Data<State>,
    teacher: SignedInTeacher,
    path: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (student, form) = path.into_inner();
    let form = Form::parse(&form).ok_or(PageError::NotFound)?;
    let sheet = roster::student_sheet(&state, &teacher.0, &student)?;
    let taken = Entry::by(&teacher.0.teacher.id, Kind::Data, "table_taken_along");
    state.journal.note(Entry { students: vec![student], ..taken }).await?;
    Table::from(sheet).answer(form)
}
