//! The teacher's calendar: events as they are read, meetings as they are made,
//! and the port to the service that keeps them.
//!
//! A meeting carries a name of its own making ([`EventId`]): making it twice
//! makes it once. This room never decides *whether* to invite anybody.

use async_trait::async_trait;
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    mail::{EmailAddress, PersonName, Subject},
    vault::{Connection, Door, Key, Permission},
};

/// The door to the events of the teacher's calendars.
pub struct Events;

impl Door for Events {
    const PERMISSION: Permission = Permission {
        connection: Connection::Google,
        scope: "https://www.googleapis.com/auth/calendar.events",
        allows: "See the events in your calendar, and add a meeting after you have approved it.",
        never: "It adds nothing that you have not approved, and it never moves or deletes an event.",
    };
}

/// Reads and makes events.
pub type CalendarKey = Key<Events>;

/// The name of an event, made here: letters a to v and digits, as Google takes
/// them (RFC 2938's base32hex), unique in the calendar.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EventId(String);

/// A text that is no name of an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an event id has 5 to 1024 of the characters a to v and 0 to 9")]
pub struct EventIdError;

impl EventId {
    /// A name that no other event has: the digits of a UUID are among the
    /// characters that are allowed.
    pub fn of(uuid: Uuid) -> Self {
        Self(uuid.simple().to_string())
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, EventIdError> {
        let fits = (5..=1024).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'a'..=b'v' | b'0'..=b'9'));
        fits.then(|| Self(text.to_owned())).ok_or(EventIdError)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EventId {
    type Error = EventIdError;
    fn try_from(text: String) -> Result<Self, EventIdError> {
        Self::parse(&text)
    }
}

impl From<EventId> for String {
    fn from(id: EventId) -> Self {
        id.0
    }
}

/// A meeting with one person, as it would be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    /// Its name; the same in every try.
    pub id: EventId,
    /// What it is about.
    pub title: Subject,
    /// When it begins, on the school's wall clock.
    pub starts: DateTime,
    /// How long it takes.
    pub minutes: u16,
    /// With whom.
    pub guest: PersonName,
    /// Where the invitation goes.
    pub address: EmailAddress,
}

/// The longest meeting, in minutes.
pub const LONGEST: u16 = 8 * 60;

impl Meeting {
    /// From when to when, in the school's time zone.
    pub fn span(&self, zone: &TimeZone) -> Result<(Timestamp, Timestamp), jiff::Error> {
        let starts = zone.to_ambiguous_zoned(self.starts).compatible()?.timestamp();
        Ok((starts, starts.checked_add(jiff::SignedDuration::from_mins(self.minutes.into()))?))
    }
}

/// Something in a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is called; empty where it has no title.
    pub title: String,
    /// When it is.
    pub when: When,
    /// How many people are invited, besides the teacher.
    pub guests: usize,
}

/// When an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On whole days; the last one is the day after.
    Days(Date, Date),
    /// From one moment to another.
    Time(Timestamp, Timestamp),
}

/// What came of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invited {
    /// It was made.
    Now,
    /// An event of this name was there: an earlier try had made it.
    Before,
}

/// Why the calendar did not do what was asked, by what is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Nothing was written: no connection came about.
    #[error("the calendar could not be reached")]
    Unreachable,
    /// The token was refused (401): a fresh one may work.
    #[error("the calendar refused the token")]
    TokenRefused,
    /// The token lacks the scope (403).
    #[error("the permission is missing")]
    MissingScope,
    /// A limit of the service, with the time when it lifts where it is known.
    #[error("the calendar's limit is reached")]
    Limit {
        /// When to try again.
        until: Option<Timestamp>,
    },
    /// The service refused for good.
    #[error("the calendar refused: {0}")]
    Refused(String),
    /// No clear answer came back.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
}

/// Reads and makes events in the teacher's own calendar.
#[async_trait]
pub trait Calendar: Send + Sync + 'static {
    /// What is between two moments, in order; at most a few hundred.
    async fn events(&self, key: &CalendarKey, from: Timestamp, to: Timestamp) -> Result<Vec<Event>, CalendarError>;

    /// Makes a meeting and invites its guest. One POST, no retry; the same
    /// meeting once more does no harm.
    async fn invite(&self, key: &CalendarKey, meeting: &Meeting, zone: &TimeZone) -> Result<Invited, CalendarError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_an_event_has_the_characters_that_google_takes() {
        let fresh = EventId::of(Uuid::from_u128(0xdead_beef));
        assert_eq!(EventId::parse(fresh.as_str()), Ok(fresh));
        for bad in ["", "abcd", "abcdw", "ABCDE", "abc-de", &"a".repeat(1025)] {
            assert_eq!(EventId::parse(bad), Err(EventIdError), "{bad:.20}");
        }
    }

    #[test]
    fn a_meeting_at_an_hour_that_the_clock_skips_is_after_it() {
        let meeting = Meeting {
            id: EventId::of(Uuid::nil()),
            title: Subject::parse("Algebra").unwrap(),
            starts: jiff::civil::date(2026, 3, 29).at(2, 30, 0, 0),
            minutes: 30,
            guest: PersonName::clean("Mateo").unwrap(),
            address: EmailAddress::parse("mateo@example.com").unwrap(),
        };
        let (starts, ends) = meeting.span(&TimeZone::get("Europe/Madrid").unwrap()).unwrap();
        assert_eq!(
            (starts.to_string(), ends.to_string()),
            ("2026-03-29T01:30:00Z".into(), "2026-03-29T02:00:00Z".into())
        );
    }
}
