//! `list_events`: what is in the teacher's calendar.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{ToSpan, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{calendar_fault, counted};
use crate::{
    assistant::{
        gate::{Cleared, Risk},
        toolbox::{Card, Scene, Tool, ToolError, Verbs},
        untrusted::Untrusted,
    },
    calendar::{Calendar, CalendarKey, Event, When},
};

/// The most days that are looked at.
const MOST_DAYS: u8 = 31;
/// The most events that the model is told.
const MOST_EVENTS: usize = 100;
/// The most characters of a title: others write them.
const MOST_TITLE: usize = 120;

/// Looks into the teacher's calendar.
pub struct ListEvents {
    calendar: Arc<dyn Calendar>,
}

/// Lists the events in the teacher's own Google calendar on some days, in order. Times are those of the school's clock.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// The first day, such as "2026-11-23"; null for today.
    from: Option<String>,
    /// How many days, from 1 to 31; null for seven.
    days: Option<u8>,
}

/// The days to look at.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    from: Date,
    days: u8,
}

/// What is there.
#[derive(Debug, Serialize)]
pub struct Output {
    from: String,
    to: String,
    events: Vec<Row>,
    left_out: usize,
}

#[derive(Debug, Serialize)]
struct Row {
    day: String,
    starts: Option<String>,
    ends: Option<String>,
    title: Option<Untrusted>,
    guests: usize,
}

impl ListEvents {
    /// The tool, with the way to the calendar.
    pub fn new(calendar: Arc<dyn Calendar>) -> Self {
        Self { calendar }
    }
}

impl Row {
    fn of(scene: &Scene<'_>, event: &Event) -> Self {
        let wall = |at: jiff::Timestamp| at.to_zoned(scene.clock.zone());
        let day = |date: Date| date.strftime("%A, %-d %B %Y").to_string();
        let time = |at| wall(at).strftime("%H:%M").to_string();
        let (day, starts, ends) = match event.when {
            When::Days(from, _) => (day(from), None, None),
            When::Time(from, to) => (day(wall(from).date()), Some(time(from)), Some(time(to))),
        };
        let title: String = event.title.chars().take(MOST_TITLE).collect();
        let title = Untrusted::title_of_an_event(&title);
        Self { day, starts, ends, title, guests: event.guests }
    }
}

#[async_trait]
impl Tool for ListEvents {
    const CARD: Card = Card {
        name: "list_events",
        verbs: Verbs {
            ask: "look at your calendar",
            doing: "Looking at your calendar",
            done: "Looked at your calendar",
        },
        risk: Risk::Reads,
    };
    type Args = Args;
    type Plan = Plan;
    type Needs = CalendarKey;
    type Output = Output;

    fn prepare(&self, scene: &Scene<'_>, args: Args) -> Result<Plan, ToolError> {
        let read = |text: &str| text.trim().parse::<Date>();
        let from = args.from.as_deref().map_or(Ok(scene.today()), read);
        let from = from.map_err(|_| ToolError::tell("`from` is a day such as 2026-11-23, or null for today."))?;
        let days = args.days.unwrap_or(7);
        if !(1..=MOST_DAYS).contains(&days) || from.checked_add(i32::from(days).days()).is_err() {
            return Err(ToolError::tell("`days` is a number from 1 to 31, or null for seven."));
        }
        Ok(Plan { from, days })
    }

    async fn run(&self, scene: &Scene<'_>, plan: Cleared<Plan>, key: CalendarKey) -> Result<Output, ToolError> {
        let Plan { from, days } = *plan.plan();
        let to = from.saturating_add(i32::from(days).days());
        let midnight = |date: Date| date.to_zoned(scene.clock.zone()).map(|at| at.timestamp());
        let (start, end) = (midnight(from).map_err(anyhow::Error::from)?, midnight(to).map_err(anyhow::Error::from)?);
        let events = self.calendar.events(&key, start, end).await.map_err(|fault| calendar_fault(scene, fault))?;
        Ok(Output {
            from: from.to_string(),
            to: to.saturating_sub(1.day()).to_string(),
            left_out: events.len().saturating_sub(MOST_EVENTS),
            events: events.iter().take(MOST_EVENTS).map(|event| Row::of(scene, event)).collect(),
        })
    }

    fn did(&self, output: &Output) -> String {
        let count = output.events.len() + output.left_out;
        format!("Looked at {} in your calendar", counted(count, "event", "events"))
    }
}
