use askama::Template;

use super::{
    Ask,
    parts::{Chart, Frame, Sheet, Tone},
};

/// One class: its roster with the numbers, and how it stands as a whole.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/class.html")]
pub struct Class {
    /// What is around the page.
    pub frame: Frame,
    /// "Algebra I".
    pub name: String,
    /// "2026, second semester · 24 students · two of three evaluations graded".
    pub about: String,
    /// A few numbers about the whole class.
    pub summary: Vec<Figure>,
    /// Who needs attention, and why.
    pub attention: Vec<Attention>,
    /// Leads to the chat, with a question prepared that writes to them.
    pub write: Option<WriteTo>,
    /// How the averages are spread, and how they went.
    pub charts: Vec<Chart>,
    /// The roster.
    pub roster: Sheet,
    /// How the numbers are meant.
    pub legend: String,
    /// Questions about this class.
    pub asks: Vec<Ask>,
}

/// A student who needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// The student's full name.
    pub name: String,
    /// A path of this app.
    pub href: String,
    /// "At risk".
    pub standing: String,
    /// How that stands.
    pub tone: Tone,
    /// One short phrase each, with the number in it.
    pub reasons: Vec<String>,
}

/// A way to write to several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteTo {
    /// "Write to the 6 at risk".
    pub text: String,
    /// A path of this app.
    pub href: String,
}

/// One number that stands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What it counts.
    pub label: String,
    /// The number.
    pub value: String,
    /// How it stands.
    pub tone: Tone,
}
