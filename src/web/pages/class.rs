use askama::Template;

use super::{
    Ask,
    parts::{Frame, Sheet, Tone},
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
    /// The roster.
    pub roster: Sheet,
    /// How the numbers are meant.
    pub legend: String,
    /// Questions about this class.
    pub asks: Vec<Ask>,
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
