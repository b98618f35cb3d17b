use askama::Template;

use super::parts::{Chart, Frame, Tone};

/// All classes of the teacher, by semester.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/classes.html")]
pub struct Classes {
    /// What is around the page.
    pub frame: Frame,
    /// The semesters, the current one first.
    pub semesters: Vec<Semester>,
    /// The averages, drawn.
    pub charts: Vec<Chart>,
}

/// The classes of one semester.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Semester {
    /// "Second semester 2026".
    pub title: String,
    /// Its classes.
    pub classes: Vec<ClassCard>,
}

/// A class in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassCard {
    /// The class's id.
    pub id: String,
    /// "Algebra I".
    pub name: String,
    /// "24 students · 2 of 3 graded".
    pub about: String,
    /// The average so far, or a dash.
    pub average: String,
    /// How its students stand, in the order in which they are drawn.
    pub shares: Vec<Share>,
}

/// How many students stand in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// "at risk".
    pub words: String,
    /// How many.
    pub count: usize,
    /// The colour.
    pub tone: Tone,
}

/// A piece of the bar, in thousandths of its width.
struct Span {
    start: usize,
    width: usize,
    tone: Tone,
}

impl ClassCard {
    fn shown(&self) -> impl Iterator<Item = &Share> {
        self.shares.iter().filter(|share| share.count > 0)
    }

    fn bar(&self) -> Vec<Span> {
        let all = self.shares.iter().map(|share| share.count).sum::<usize>().max(1);
        let mut before = 0;
        let mut spans = Vec::new();
        for share in self.shown() {
            let start = before * 1000 / all;
            before += share.count;
            spans.push(Span { start, width: before * 1000 / all - start, tone: share.tone });
        }
        spans
    }
}
