//! What a teacher looks for: read strictly, and written back into the form and
//! into the links, so that both work without a script.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Deserialize;
use url::form_urlencoded;

use super::{
    line::Teller,
    words::{End, Group},
};
use crate::{
    audit::Filter,
    school::StudentId,
    web::pages::{Choices, Picked},
};

/// The form as it was sent; an empty field asks for all.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    from: String,
    until: String,
    kind: String,
    student: String,
    outcome: String,
    before: String,
}

/// A search, or what is wrong with it.
pub(super) struct Search {
    asked: Asked,
    /// What the store is asked.
    pub filter: Result<Filter, &'static str>,
}

impl Search {
    pub fn read(asked: Asked, zone: &TimeZone) -> Self {
        let filter = filter(&asked, zone);
        Self { asked, filter }
    }

    /// Whether anything is left out.
    pub fn narrows(&self) -> bool {
        self.fields().iter().any(|(_, value)| !value.is_empty())
    }

    /// Whether this is not the newest page.
    pub fn goes_back(&self) -> bool {
        !self.asked.before.is_empty()
    }

    fn fields(&self) -> [(&'static str, &str); 5] {
        let Asked { from, until, kind, student, outcome, .. } = &self.asked;
        [("from", from), ("until", until), ("kind", kind), ("student", student), ("outcome", outcome)]
    }

    /// The same search at a path, from a record on.
    pub fn address(&self, path: &str, before: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.fields().into_iter().filter(|(_, value)| !value.is_empty()));
        query.extend_pairs(before.map(|before| ("before", before)));
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// All that fits, as a file.
    pub fn file(&self, end: &str) -> String {
        self.address(&format!("/activity/table.{end}"), None)
    }

    /// The form, filled in as it was sent.
    pub fn form(&self, teller: &Teller<'_>) -> Choices {
        let picked = |value: &str, label: &str, chosen: &str| Picked {
            value: value.to_owned(),
            label: label.to_owned(),
            chosen: value == chosen,
        };
        let mut students: Vec<Picked> =
            teller.students().map(|(id, name)| picked(id, name, &self.asked.student)).collect();
        // Who has left the classes, or was never in them, is looked for by the id alone.
        if StudentId::parse(&self.asked.student).is_ok() && !students.iter().any(|student| student.chosen) {
            students.push(picked(&self.asked.student, &self.asked.student, &self.asked.student));
        }
        Choices {
            from: self.asked.from.clone(),
            until: self.asked.until.clone(),
            kinds: Group::ALL.map(|group| picked(group.word(), group.label(), &self.asked.kind)).into(),
            outcomes: End::ALL.map(|end| picked(end.word(), end.label(), &self.asked.outcome)).into(),
            students,
        }
    }
}

fn filter(asked: &Asked, zone: &TimeZone) -> Result<Filter, &'static str> {
    let group = given(&asked.kind).map(|word| Group::parse(word).ok_or("Choose a kind from the list.")).transpose()?;
    let end = given(&asked.outcome).map(|word| End::parse(word).ok_or("Choose an outcome from the list."));
    let student = given(&asked.student).map(|id| StudentId::parse(id).map_err(|_| "Choose a student from the list."));
    let (from, until) = (day(&asked.from)?, day(&asked.until)?);
    if from.zip(until).is_some_and(|(from, until)| from > until) {
        return Err("The first day is after the last one.");
    }
    Ok(Filter {
        kinds: group.map(Group::kinds).unwrap_or_default(),
        outcomes: end.transpose()?.map(End::outcomes).unwrap_or_default(),
        student: student.transpose()?,
        from: from.map(|day| midnight(day, zone)).transpose()?,
        until: until.map(|day| midnight(day.tomorrow().map_err(|_| NO_DAY)?, zone)).transpose()?,
        before: given(&asked.before).map(str::to_owned),
        ..Filter::default()
    })
}

const NO_DAY: &str = "Write a day as year, month and day: 2026-03-31.";

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn day(text: &str) -> Result<Option<Date>, &'static str> {
    given(text).map(|text| Date::strptime("%Y-%m-%d", text).map_err(|_| NO_DAY)).transpose()
}

/// When the school's clock shows the beginning of this day.
fn midnight(day: Date, zone: &TimeZone) -> Result<Timestamp, &'static str> {
    Ok(day.to_zoned(zone.clone()).map_err(|_| NO_DAY)?.timestamp())
}
