use askama::Template;

use super::parts::{Frame, Tone};

/// What was done with a teacher's data and in their name.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/activity.html")]
pub struct Activity {
    /// What is around the page.
    pub frame: Frame,
    /// The form, filled in.
    pub form: Choices,
    /// Whether the form leaves anything out.
    pub filtered: bool,
    /// What is wrong with the form.
    pub fault: Option<&'static str>,
    /// The days, newest first.
    pub days: Vec<Day>,
    /// Where the newest events are, when these are not them.
    pub newest: Option<String>,
    /// Where the next older ones are.
    pub older: Option<String>,
    /// All that fits, as CSV and for Excel.
    pub downloads: Option<[String; 2]>,
}

/// What can be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The first day, as it was sent.
    pub from: String,
    /// The last day, as it was sent.
    pub until: String,
    /// The kinds of events.
    pub kinds: Vec<Picked>,
    /// The teacher's students.
    pub students: Vec<Picked>,
    /// The kinds of ends.
    pub outcomes: Vec<Picked>,
}

/// One line of a list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// What the form sends.
    pub value: String,
    /// What the teacher reads.
    pub label: String,
    /// Whether it is the present one.
    pub chosen: bool,
}

/// The events of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// "Today", or "Thursday, 26 November 2026".
    pub title: String,
    /// Newest first.
    pub lines: Vec<Event>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The reference, by which it is named to the operator.
    pub key: String,
    /// When, for a machine.
    pub at: String,
    /// When, for a reader: "14:02".
    pub when: String,
    /// What happened: "Looked at a student".
    pub what: String,
    /// What it was for: "To write to a student".
    pub purpose: Option<String>,
    /// Whose data.
    pub whose: Vec<Named>,
    /// Whose data, behind a click.
    pub more: Vec<Named>,
    /// With which permissions, in plain words.
    pub permissions: Vec<String>,
    /// By whom it was approved, and when.
    pub approved: Option<String>,
    /// What came of it.
    pub outcome: String,
    /// How that is.
    pub tone: Tone,
    /// Where it happened, if that is still there.
    pub href: Option<String>,
}

/// A student or a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub text: String,
    /// Their page, if they are the teacher's.
    pub href: Option<String>,
}
