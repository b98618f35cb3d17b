//! The activity page: a teacher reads the audit of their own doings, looks for
//! something in it, and takes it along as a file. Nothing here changes a row.

mod line;
mod search;
mod words;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use jiff::{Timestamp, ToSpan, civil::Date};
use serde_json::Value;

use self::{
    line::Teller,
    search::{Asked, Search},
};
use super::{
    error::PageError,
    frame::{self, html},
    pages::{Activity, Day},
    parts::Place,
    session::SignedInTeacher,
    spreadsheet::{Cell, Form, Table},
    state::State,
};
use crate::{
    audit::{Entry, Filter, Kind, Record},
    clock::Clock,
    identity::Caller,
};

/// How many events a page shows.
const PAGE: usize = 50;
/// How many events are read at once for a file.
const STRETCH: u32 = 1_000;
/// How many events a file holds at most.
const LONGEST: usize = 20_000;

/// `GET /activity`
pub async fn page(
    state: Data<State>,
    teacher: SignedInTeacher,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let caller = teacher.0;
    let search = Search::read(asked.into_inner(), &state.clock.zone());
    let (records, more) = match &search.filter {
        Ok(filter) => one_page(&state, &caller, filter).await?,
        Err(_) => (Vec::new(), false),
    };
    let teller = Teller::of(&state, &caller, &records).await?;
    let older = records.last().filter(|_| more).map(|last| search.address("/activity", Some(&last.hash)));
    let fault = search.filter.as_ref().err().copied();
    let page = Activity {
        frame: frame::of(&state, &caller, "Activity", Place::Activity, None).await?,
        days: days(&*state.clock, &teller, &records),
        form: search.form(&teller),
        filtered: search.narrows(),
        fault,
        newest: search.goes_back().then(|| search.address("/activity", None)),
        older,
        downloads: (!records.is_empty()).then(|| ["csv", "xlsx"].map(|end| search.file(end))),
    };
    let mut answer = html(&page, &state.token(&caller))?;
    if fault.is_some() {
        *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(answer)
}

/// The newest records that fit, and whether there are older ones.
async fn one_page(state: &State, caller: &Caller, filter: &Filter) -> anyhow::Result<(Vec<Record>, bool)> {
    let wanted = u32::try_from(PAGE + 1)?;
    let mut records = state.activity.activity(&caller.teacher.id, filter, wanted).await?;
    let more = records.len() > PAGE;
    records.truncate(PAGE);
    Ok((records, more))
}

fn days(clock: &dyn Clock, teller: &Teller<'_>, records: &[Record]) -> Vec<Day> {
    let mut days: Vec<(Date, Day)> = Vec::new();
    for record in records {
        let date = date(clock, record.at);
        let line = teller.line(record);
        match days.last_mut() {
            Some((last, day)) if *last == date => day.lines.push(line),
            _ => days.push((date, Day { title: title(clock, date), lines: vec![line] })),
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

fn date(clock: &dyn Clock, at: Timestamp) -> Date {
    at.to_zoned(clock.zone()).date()
}

fn title(clock: &dyn Clock, date: Date) -> String {
    let today = clock.wall().date();
    match date {
        _ if date == today => "Today".to_owned(),
        _ if date == today.saturating_sub(1.day()) => "Yesterday".to_owned(),
        _ => date.strftime("%A, %-d %B %Y").to_string(),
    }
}

/// `GET /activity/table.{form}`: all that fits, as a file.
pub async fn file(
    state: Data<State>,
    teacher: SignedInTeacher,
    form: Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let caller = teacher.0;
    let form = Form::parse(&form).ok_or(PageError::NotFound)?;
    let search = Search::read(asked.into_inner(), &state.clock.zone());
    let filter = search.filter.map_err(|fault| PageError::BadRequest(fault.to_owned()))?;
    let records = all(&state, &caller, filter, LONGEST).await?;
    state.journal.note(Entry::by(&caller.teacher.id, Kind::Data, "activity_taken_along")).await?;
    let teller = Teller::of(&state, &caller, &records).await?;
    let rows = records.iter().map(|record| teller.row(record).into_iter().map(Cell::Text).collect()).collect();
    let head = line::HEAD.map(str::to_owned).into();
    Table { name: "Activity".to_owned(), head, rows }.answer(form)
}

/// All of a teacher's events, newest first, as the rows of the file with names to them.
pub async fn whole(state: &State, caller: &Caller) -> Result<Vec<Value>, PageError> {
    let records = all(state, caller, Filter::default(), usize::MAX).await?;
    let teller = Teller::of(state, caller, &records).await?;
    let named = |record: &Record| {
        let names = line::HEAD.map(|head| head.to_lowercase().replace(' ', "_"));
        names.into_iter().zip(teller.row(record)).map(|(name, cell)| (name, Value::from(cell))).collect()
    };
    Ok(records.iter().map(named).collect())
}

async fn all(state: &State, caller: &Caller, mut filter: Filter, most: usize) -> Result<Vec<Record>, PageError> {
    let mut all = Vec::new();
    loop {
        let some = state.activity.activity(&caller.teacher.id, &filter, STRETCH).await?;
        let was_last = u32::try_from(some.len()).is_ok_and(|read| read < STRETCH);
        all.extend(some);
        if all.len() > most {
            let words = format!("More than {most} events fit. Choose a shorter period, then download again.");
            return Err(PageError::BadRequest(words));
        }
        if was_last {
            return Ok(all);
        }
        filter.before = all.last().map(|record: &Record| record.hash.clone());
    }
}
