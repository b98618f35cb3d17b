//! Google Calendar's `events.list` and `events.insert`, as far as the app meets them.
//!
//! A name that is taken is refused (409), as Google mostly does; invitations
//! are written down and shown, and nobody is invited.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data, Path, Query},
};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Google, error::GoogleError};
use crate::{clock::Clock, sandbox::wire::Decision};

const READING: [&str; 4] = [
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.events.readonly",
    "https://www.googleapis.com/auth/calendar.readonly",
    "https://www.googleapis.com/auth/calendar",
];
const WRITING: [&str; 2] =
    ["https://www.googleapis.com/auth/calendar.events", "https://www.googleapis.com/auth/calendar"];

/// An event in somebody's calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its name in the calendar.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// When it begins.
    pub starts: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// The time zone that was named with it.
    pub zone: Option<String>,
    /// Who is invited.
    pub guests: Vec<String>,
    /// Whether the guests would have got a mail.
    pub told: bool,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(rename = "timeMin")]
    from: Option<String>,
    #[serde(rename = "timeMax")]
    to: Option<String>,
    #[serde(rename = "singleEvents", default)]
    single: Option<bool>,
    #[serde(rename = "orderBy")]
    order: Option<String>,
    #[serde(rename = "maxResults")]
    most: Option<usize>,
    #[serde(rename = "pageToken")]
    page: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct How {
    #[serde(rename = "sendUpdates")]
    updates: Option<String>,
}

#[derive(Deserialize)]
struct Insert {
    id: Option<String>,
    #[serde(default)]
    summary: String,
    start: Option<Moment>,
    end: Option<Moment>,
    #[serde(default)]
    attendees: Vec<Attendee>,
}

#[derive(Deserialize)]
struct Moment {
    #[serde(rename = "dateTime")]
    time: Option<String>,
    date: Option<Date>,
    #[serde(rename = "timeZone")]
    zone: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Attendee {
    email: String,
}

fn argument(words: impl Into<String>) -> GoogleError {
    GoogleError::Argument(words.into().into())
}

pub(super) async fn list(
    google: Data<Google>,
    request: HttpRequest,
    calendar: Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, GoogleError> {
    let owner = google.owner(&request, &READING)?;
    of_owner(&calendar, &owner)?;
    if asked.order.as_deref() == Some("startTime") && asked.single != Some(true) {
        return Err(argument("The requested ordering is not available for the particular query."));
    }
    let moment = |text: &Option<String>| text.as_ref().map(|text| text.parse::<Timestamp>()).transpose();
    let (from, to) = (moment(&asked.from), moment(&asked.to));
    let (Ok(from), Ok(to)) = (from, to) else { return Err(argument("Bad Request")) };
    let inside =
        |event: &StoredEvent| from.is_none_or(|from| event.ends > from) && to.is_none_or(|to| event.starts < to);
    let mut events: Vec<StoredEvent> = google.calendar_of(&owner).into_iter().filter(inside).collect();
    events.sort_by_key(|event| event.starts);
    let skip: usize = asked.page.as_deref().and_then(|page| page.strip_prefix("page-")?.parse().ok()).unwrap_or(0);
    let most = asked.most.unwrap_or(250).clamp(1, 2500);
    let zone = google.clock.zone();
    let items: Vec<Value> = events.iter().skip(skip).take(most).map(|event| event.told(&owner, &zone)).collect();
    let mut answer = json!({
        "kind": "calendar#events",
        "summary": owner,
        "timeZone": zone.iana_name().unwrap_or("UTC"),
        "accessRole": "owner",
        "items": items,
    });
    if events.len() > skip + most {
        answer["nextPageToken"] = json!(format!("page-{}", skip + most));
    }
    Ok(HttpResponse::Ok().json(answer))
}

pub(super) async fn insert(
    google: Data<Google>,
    request: HttpRequest,
    calendar: Path<String>,
    how: Query<How>,
    body: Bytes,
) -> Result<HttpResponse, GoogleError> {
    let owner = google.owner(&request, &WRITING)?;
    of_owner(&calendar, &owner)?;
    let insert: Insert = serde_json::from_slice(&body).map_err(|error| argument(format!("Parse Error: {error}")))?;
    let event = insert.event(&google, how.updates.as_deref() == Some("all"))?;
    let (id, guests) = (event.id.clone(), event.guests.join(", "));
    let told = event.told(&owner, &google.clock.zone());
    if !google.put(&owner, event) {
        return Err(GoogleError::Duplicate);
    }
    let mut response = HttpResponse::Ok();
    response.extensions_mut().insert(Decision(format!("event {id} made for {owner}, with {guests}")));
    Ok(response.json(told))
}

fn of_owner(calendar: &str, owner: &str) -> Result<(), GoogleError> {
    if calendar == "primary" || calendar == owner { Ok(()) } else { Err(GoogleError::NotFound) }
}

impl Insert {
    fn event(self, google: &Google, told: bool) -> Result<StoredEvent, GoogleError> {
        let id = self.id.unwrap_or_else(|| hex::encode(&google.ids.secret()[..13]));
        let allowed = |byte: u8| matches!(byte, b'a'..=b'v' | b'0'..=b'9');
        if !(5..=1024).contains(&id.len()) || !id.bytes().all(allowed) {
            return Err(argument("Invalid resource id value."));
        }
        let start = self.start.ok_or_else(|| argument("Missing start time."))?;
        let end = self.end.ok_or_else(|| argument("Missing end time."))?;
        let zone = start.zone.clone();
        let (starts, ends) = (start.moment(&google.clock.zone())?, end.moment(&google.clock.zone())?);
        if ends < starts {
            return Err(argument("The specified time range is empty."));
        }
        let guests: Vec<String> = self.attendees.into_iter().map(|guest| guest.email).collect();
        if guests.iter().any(|guest| !guest.contains('@')) {
            return Err(argument("Invalid attendee email."));
        }
        let title = self.summary;
        Ok(StoredEvent { id, title, starts, ends, zone, told: told && !guests.is_empty(), guests })
    }
}

impl Moment {
    /// A time without an offset needs a zone; a day begins at midnight.
    fn moment(self, home: &TimeZone) -> Result<Timestamp, GoogleError> {
        let wrong = || argument("Invalid value for: Invalid format");
        let zone = match &self.zone {
            Some(name) => Some(TimeZone::get(name).map_err(|_| argument("Invalid time zone definition."))?),
            None => None,
        };
        if let Some(day) = self.date {
            return Ok(day.to_zoned(zone.unwrap_or_else(|| home.clone())).map_err(|_| wrong())?.timestamp());
        }
        let text = self.time.ok_or_else(wrong)?;
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(at);
        }
        let zone = zone.ok_or_else(|| argument("Missing time zone definition for start time."))?;
        let local: DateTime = text.parse().map_err(|_| wrong())?;
        Ok(zone.to_ambiguous_zoned(local).compatible().map_err(|_| wrong())?.timestamp())
    }
}

impl StoredEvent {
    fn told(&self, owner: &str, home: &TimeZone) -> Value {
        let named = self.zone.as_deref().and_then(|name| TimeZone::get(name).ok());
        let zone = named.unwrap_or_else(|| home.clone());
        let moment = |at: Timestamp| {
            let at = at.to_zoned(zone.clone());
            json!({ "dateTime": at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), "timeZone": zone.iana_name() })
        };
        let guests = self.guests.iter().map(|guest| json!({ "email": guest, "responseStatus": "needsAction" }));
        let own = (!self.guests.is_empty())
            .then(|| json!({ "email": owner, "organizer": true, "self": true, "responseStatus": "accepted" }));
        json!({
            "kind": "calendar#event",
            "id": self.id,
            "status": "confirmed",
            "htmlLink": format!("https://www.google.com/calendar/event?eid={}", self.id),
            "summary": self.title,
            "start": moment(self.starts),
            "end": moment(self.ends),
            "attendees": guests.chain(own).collect::<Vec<_>>(),
            "iCalUID": format!("{}@google.com", self.id),
        })
    }

    /// What a teacher's week looks like, for the demo: this week and the next.
    pub(in crate::sandbox) fn sample(clock: &dyn Clock) -> Vec<Self> {
        let today = clock.wall().date();
        let monday = today.saturating_sub(jiff::Span::new().days(i64::from(today.weekday().to_monday_zero_offset())));
        let at = |day: i64, hour: i8, minute: i8| {
            let date = monday.saturating_add(jiff::Span::new().days(day));
            clock.zone().to_ambiguous_zoned(date.at(hour, minute, 0, 0)).compatible().map(|at| at.timestamp())
        };
        let rows: [(i64, i8, i8, i64, &str); 7] = [
            (0, 8, 0, 30, "Morning briefing"),
            (1, 16, 0, 60, "Staff meeting"),
            (2, 14, 30, 45, "Maths department"),
            (3, 17, 0, 120, "Parents’ evening"),
            (4, 13, 0, 60, "Lunch with the new colleagues"),
            (7, 8, 0, 30, "Morning briefing"),
            (8, 16, 0, 60, "Staff meeting: third evaluation"),
        ];
        let event = |(day, hour, minute, minutes, title): (i64, i8, i8, i64, &str)| {
            let starts = at(day, hour, minute).ok()?;
            let ends = starts.checked_add(SignedDuration::from_mins(minutes)).ok()?;
            let id = format!("sample{day}{hour}{minute}").replace('-', "");
            Some(Self { id, title: title.into(), starts, ends, zone: None, guests: Vec::new(), told: false })
        };
        rows.into_iter().filter_map(event).collect()
    }
}
