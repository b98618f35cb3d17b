//! The calendar page: what stands in each person's calendar, for a person to see.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Data, ServiceConfig},
};
use askama::Template;
use jiff::civil::Date;

use super::{World, google::StoredEvent, pages};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/calendar", web::get().to(list));
}

/// One line of a day.
struct Entry {
    time: String,
    title: String,
    guests: String,
    told: bool,
}

struct Day {
    name: String,
    entries: Vec<Entry>,
}

struct Owner {
    name: String,
    email: String,
    days: Vec<Day>,
}

#[derive(Template)]
#[template(path = "sandbox/calendar.html")]
struct CalendarPage {
    owners: Vec<Owner>,
}

async fn list(world: Data<World>) -> HttpResponse {
    let owners = world.auth0.people().iter().map(|person| Owner {
        name: person.name.clone(),
        email: person.email.clone(),
        days: days(world.google.calendar_of(&person.email), &world),
    });
    let page = CalendarPage { owners: owners.filter(|owner| !owner.days.is_empty()).collect() };
    pages::page(StatusCode::OK, &page, None)
}

fn days(mut events: Vec<StoredEvent>, world: &World) -> Vec<Day> {
    events.sort_by_key(|event| event.starts);
    let mut days: BTreeMap<Date, Vec<Entry>> = BTreeMap::new();
    for event in events {
        let (from, to) = (event.starts.to_zoned(world.clock.zone()), event.ends.to_zoned(world.clock.zone()));
        let entry = Entry {
            time: format!("{}–{}", from.strftime("%H:%M"), to.strftime("%H:%M")),
            title: event.title,
            guests: event.guests.join(", "),
            told: event.told,
        };
        days.entry(from.date()).or_default().push(entry);
    }
    let day = |(date, entries): (Date, Vec<Entry>)| Day { name: date.strftime("%A, %-d %B %Y").to_string(), entries };
    days.into_iter().map(day).collect()
}
