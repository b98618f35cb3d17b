use askama::{Template, filters::HtmlSafe};

use super::Sheet;

/// A chart: a picture with its caption, the same in words, and its numbers as a table.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/chart.html")]
pub struct Chart {
    /// Names the part in the event stream.
    pub key: String,
    /// Names it in the whole page.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// What one sees at a glance.
    pub glance: String,
    /// Every number, for who cannot see the picture.
    pub words: String,
    /// The width in its own units.
    pub width: i32,
    /// The height in its own units.
    pub height: i32,
    /// What is drawn, from the ground up.
    pub marks: Vec<Mark>,
    /// Whether something below the pass mark is hatched, which the key explains.
    pub hatched: bool,
    /// The numbers.
    pub numbers: Sheet,
}

/// Something drawn. The style sheet knows the classes; places are numbers alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A straight line.
    Line {
        /// What it is.
        class: &'static str,
        /// From where to where: x, y, x, y.
        ends: [i32; 4],
    },
    /// A bar.
    Bar {
        /// Whether it is "above" or "below" the pass mark.
        class: &'static str,
        /// The upper left corner, the width and the height.
        place: [i32; 4],
    },
    /// A round point.
    Dot {
        /// What it is.
        class: &'static str,
        /// Its middle, and its radius.
        place: [i32; 3],
    },
    /// Lines from point to point.
    Path {
        /// What it is.
        class: &'static str,
        /// As SVG writes a path.
        way: String,
    },
    /// Words.
    Text {
        /// What they are, and how they stand at their place.
        class: &'static str,
        /// Where they stand.
        place: [i32; 2],
        /// The words.
        words: String,
    },
}

impl Mark {
    pub(in crate::web) fn line(class: &'static str, from: (i32, i32), to: (i32, i32)) -> Self {
        Self::Line { class, ends: [from.0, from.1, to.0, to.1] }
    }

    pub(in crate::web) fn bar(class: &'static str, corner: (i32, i32), size: (i32, i32)) -> Self {
        Self::Bar { class, place: [corner.0, corner.1, size.0, size.1] }
    }

    pub(in crate::web) fn dot(class: &'static str, at: (i32, i32), radius: i32) -> Self {
        Self::Dot { class, place: [at.0, at.1, radius] }
    }

    pub(in crate::web) fn diamond(class: &'static str, (x, y): (i32, i32), radius: i32) -> Self {
        let way = format!("M{x} {}l{radius} {radius}l-{radius} {radius}l-{radius} -{radius}z", y - radius);
        Self::Path { class, way }
    }

    pub(in crate::web) fn path(class: &'static str, places: &[(i32, i32)]) -> Self {
        let step = |(at, (x, y)): (usize, &(i32, i32))| format!("{}{x} {y}", if at == 0 { 'M' } else { 'L' });
        Self::Path { class, way: places.iter().enumerate().map(step).collect() }
    }

    pub(in crate::web) fn text(class: &'static str, x: i32, y: i32, words: &str) -> Self {
        Self::Text { class, place: [x, y], words: words.to_owned() }
    }
}

impl HtmlSafe for Chart {}
