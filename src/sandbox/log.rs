//! The request log: what came in, in order, and what became of it.

use std::{collections::VecDeque, sync::Mutex};

use jiff::Timestamp;

use super::{faults::Route, hold};

/// The log forgets its oldest records beyond this many bytes of bodies.
const ROOM: usize = 32 << 20;
/// One record costs about this much besides its body.
const RECORD_COST: usize = 512;
/// No body is kept beyond this length.
pub(crate) const BODY_KEPT: usize = 256 << 10;

/// One request and its fate.
#[derive(Debug, Clone)]
pub struct Record {
    /// The place in the order of arrival, from 1.
    pub number: u64,
    /// When it arrived, by the sandbox's clock.
    pub at: Timestamp,
    /// Which stand-in's door it knocked at.
    pub route: Route,
    /// Such as `POST`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers that tell something, by their lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body as text, cut at 256 kB.
    pub body: String,
    /// The status that was sent; none when no answer was ever begun.
    pub status: Option<u16>,
    /// What the sandbox decided, in words: `code traded`, `fault 2: Reset`.
    pub decision: String,
    /// How the answer ended.
    pub ending: Ending,
}

impl Record {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Not begun, or still being written.
    Open,
    /// Written to its end.
    Complete,
    /// Cut off: by a fault, or by the client that hung up.
    Broken,
}

/// Everything that came in since the start.
#[derive(Default)]
pub struct RequestLog(Mutex<Records>);

#[derive(Default)]
struct Records {
    kept: VecDeque<Record>,
    forgotten: u64,
    bytes: usize,
}

impl RequestLog {
    /// All requests, oldest first.
    pub fn all(&self) -> Vec<Record> {
        hold(&self.0).kept.iter().cloned().collect()
    }

    /// The requests at one door, oldest first; [`Route::Token`] covers every grant.
    pub fn of(&self, route: Route) -> Vec<Record> {
        hold(&self.0).kept.iter().filter(|record| route.covers(record.route)).cloned().collect()
    }

    /// How many requests came to one door.
    pub fn count(&self, route: Route) -> usize {
        hold(&self.0).kept.iter().filter(|record| route.covers(record.route)).count()
    }

    /// How many old records made room; while this is 0 the log is whole.
    pub fn forgotten(&self) -> u64 {
        hold(&self.0).forgotten
    }

    /// Writes a request down and gives it its number.
    pub(crate) fn arrived(&self, mut record: Record) -> u64 {
        let mut records = hold(&self.0);
        record.number = records.forgotten + records.kept.len() as u64 + 1;
        let number = record.number;
        records.bytes += record.body.len() + RECORD_COST;
        records.kept.push_back(record);
        while records.bytes > ROOM
            && let Some(oldest) = records.kept.pop_front()
        {
            records.bytes -= oldest.body.len() + RECORD_COST;
            records.forgotten += 1;
        }
        number
    }

    /// Adds what became of a request.
    pub(crate) fn amend(&self, number: u64, change: impl FnOnce(&mut Record)) {
        let mut records = hold(&self.0);
        let place = number.checked_sub(records.forgotten + 1).and_then(|place| usize::try_from(place).ok());
        if let Some(record) = place.and_then(|place| records.kept.get_mut(place)) {
            change(record);
        }
    }
}
