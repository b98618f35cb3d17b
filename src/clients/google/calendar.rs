//! Google Calendar: reads what is between two moments, and makes a meeting
//! under a name of its own, so that a second try finds the first.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};
use reqwest::{Client, RequestBuilder};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::answer::{Answer, Refusal, Words};
use crate::{
    calendar::{Calendar, CalendarError, CalendarKey, Event, Invited, Meeting, When},
    clients::http::{API_TIMEOUT, HttpClients, below, read_answer, send},
    clock::Clock,
    setup::{Flaw, Met},
};

const GOOGLES_OWN: &str = "https://www.googleapis.com";
/// The most pages of events that are read.
const MOST_PAGES: usize = 4;

const WORDS: Words = Words {
    off: "the calendar is not switched on for this Google account",
    api: "the Google Calendar API is not switched on in this application's Google project; tell the operator",
    daily: "this application's daily limit at Google Calendar is used up; try again tomorrow, or tell the operator",
    unread: "Google Calendar could not read the request",
    forbidden: "Google Calendar does not allow this account to do it",
    missing: "Google Calendar does not know this account's calendar",
    large: "the request is too large for Google Calendar",
    other: "Google Calendar did not do it",
};

/// Reads and makes events through the Calendar API, as the teacher whose token it is handed.
#[derive(Clone)]
pub struct GoogleCalendar {
    look: Client,
    once: Client,
    events: Url,
    clock: Arc<dyn Clock>,
    met: Arc<Met>,
    patience: Duration,
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    items: Vec<Item>,
    #[serde(default, rename = "nextPageToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    summary: Option<String>,
    start: Moment,
    end: Moment,
    #[serde(default)]
    attendees: Vec<Attendee>,
}

#[derive(Deserialize)]
struct Moment {
    #[serde(default)]
    date: Option<Date>,
    #[serde(default, rename = "dateTime")]
    time: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Attendee {
    #[serde(default, rename = "self")]
    is_teacher: bool,
}

#[derive(Serialize)]
struct Insert<'a> {
    id: &'a str,
    summary: &'a str,
    start: serde_json::Value,
    end: serde_json::Value,
    attendees: [serde_json::Value; 1],
}

impl GoogleCalendar {
    /// A calendar at Google's own host, or below `base`; in `met` it counts what
    /// only the operator can mend.
    pub fn new(
        clients: &HttpClients,
        base: Option<&Url>,
        clock: Arc<dyn Clock>,
        met: Arc<Met>,
    ) -> Result<Self, url::ParseError> {
        let base = base.map_or_else(|| Url::parse(GOOGLES_OWN), |base| Ok(base.clone()))?;
        let events = below(&base, "calendar/v3/calendars/primary/events");
        let (look, once) = (clients.api.clone(), clients.once.clone());
        Ok(Self { look, once, events, clock, met, patience: API_TIMEOUT })
    }

    async fn call(&self, request: RequestBuilder, key: &CalendarKey) -> Result<(u16, Vec<u8>), CalendarError> {
        let request = request.timeout(self.patience).bearer_auth(key.token().expose_secret());
        let response = send(request).await.map_err(|error| without_answer(&error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let body = read_answer(response).await;
        match status {
            200..=299 => Ok((status, body.map_err(|error| CalendarError::Unknown(error.to_string()))?)),
            // An event of this name is there.
            409 => Ok((status, Vec::new())),
            400..=407 | 410..=499 => {
                let body = body.unwrap_or_default();
                let answer = Answer { status, retry_after: retry_after.as_deref(), body: &body };
                let (body, now) = (answer.json(), self.clock.now());
                if answer.is_of_an_api_that_is_off(&body) {
                    self.met.note(Flaw::GoogleApi, now);
                }
                Err(answer.refusal(&body, now, &WORDS).into())
            }
            _ => Err(CalendarError::Unknown(format!("the calendar answered {status}"))),
        }
    }
}

impl From<Refusal> for CalendarError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TokenRefused => Self::TokenRefused,
            Refusal::MissingScope => Self::MissingScope,
            Refusal::Limit { until } => Self::Limit { until },
            Refusal::Refused(words) => Self::Refused(words),
        }
    }
}

/// What is known when no answer came.
fn without_answer(error: &reqwest::Error) -> CalendarError {
    if error.is_connect() {
        return CalendarError::Unreachable;
    }
    // The request was never begun: its one foreign part is the token.
    if error.is_builder() {
        return CalendarError::TokenRefused;
    }
    let why = if error.is_timeout() { "no answer came in time" } else { "the connection ended before an answer came" };
    CalendarError::Unknown(why.to_owned())
}

impl Item {
    fn event(self) -> Option<Event> {
        if self.status.as_deref() == Some("cancelled") {
            return None;
        }
        let when = match (self.start.time, self.end.time, self.start.date, self.end.date) {
            (Some(from), Some(to), ..) => When::Time(from, to),
            (.., Some(from), Some(to)) => When::Days(from, to),
            _ => return None,
        };
        let guests = self.attendees.iter().filter(|attendee| !attendee.is_teacher).count();
        Some(Event { title: self.summary.unwrap_or_default(), when, guests })
    }
}

#[async_trait]
impl Calendar for GoogleCalendar {
    async fn events(&self, key: &CalendarKey, from: Timestamp, to: Timestamp) -> Result<Vec<Event>, CalendarError> {
        let (mut events, mut next) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut url = self.events.clone();
            url.query_pairs_mut()
                .append_pair("timeMin", &from.to_string())
                .append_pair("timeMax", &to.to_string())
                .append_pair("singleEvents", "true")
                .append_pair("orderBy", "startTime")
                .extend_pairs(next.as_deref().map(|token| ("pageToken", token)));
            let (_, body) = self.call(self.look.get(url), key).await?;
            let unreadable = |_| CalendarError::Unknown("the calendar's answer cannot be read".to_owned());
            let page: Page = serde_json::from_slice(&body).map_err(unreadable)?;
            events.extend(page.items.into_iter().filter_map(Item::event));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        Ok(events)
    }

    async fn invite(&self, key: &CalendarKey, meeting: &Meeting, zone: &TimeZone) -> Result<Invited, CalendarError> {
        let wrong = |_| CalendarError::Refused("the time of the meeting is none".to_owned());
        let (starts, ends) = meeting.span(zone).map_err(wrong)?;
        // With its offset the moment is sure; the zone's name is how it is shown.
        let moment = |at: Timestamp| {
            let at = Zoned::new(at, zone.clone());
            let mut told = json!({ "dateTime": at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string() });
            if let Some(name) = zone.iana_name() {
                told["timeZone"] = json!(name);
            }
            told
        };
        let insert = Insert {
            id: meeting.id.as_str(),
            summary: meeting.title.as_str(),
            start: moment(starts),
            end: moment(ends),
            attendees: [json!({ "email": meeting.address.as_str(), "displayName": meeting.guest.as_str() })],
        };
        let mut url = self.events.clone();
        url.query_pairs_mut().append_pair("sendUpdates", "all");
        let (status, _) = self.call(self.once.post(url).json(&insert), key).await?;
        Ok(if status == 409 { Invited::Before } else { Invited::Now })
    }
}
