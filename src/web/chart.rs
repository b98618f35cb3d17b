//! Charts, drawn on the server: plain SVG that needs no script and no style of
//! its own, prints, and says every number in words beside the picture.
//!
//! Colours come from the style sheet by class; what is below the pass mark is
//! hatched as well, so that no colour is ever alone. Nothing is computed here
//! but places: the numbers come from the school.

mod averages;
mod distribution;
mod trend;

use super::parts::{self, Cell, Column, Mark, Sheet};
use crate::school::{Chart, Figure};

/// The width of every drawing, in its own units; the page scales it.
const WIDTH: i32 = 720;

/// What is drawn, and how tall it is.
struct Drawing {
    marks: Vec<Mark>,
    height: i32,
}

/// A chart as a part of a page; `id` names it there and nowhere else.
pub fn part(key: &str, id: &str, chart: &Chart) -> parts::Chart {
    let Drawing { marks, height } = match &chart.figure {
        Figure::Averages { bars } => averages::draw(bars),
        Figure::Trend { lines } => trend::draw(lines),
        Figure::Distribution { bands, .. } => distribution::draw(bands),
    };
    parts::Chart {
        key: key.to_owned(),
        id: id.to_owned(),
        title: chart.title.clone(),
        glance: chart.glance(),
        words: chart.words(),
        width: WIDTH,
        height,
        marks,
        hatched: !matches!(chart.figure, Figure::Trend { .. }),
        numbers: numbers(chart),
    }
}

fn numbers(chart: &Chart) -> Sheet {
    let (head, rows) = chart.table();
    let words = |at: usize| at == 0 || matches!((&chart.figure, at), (Figure::Averages { .. }, 2));
    let column = |(at, title): (usize, &String)| if words(at) { Column::words(title) } else { Column::number(title) };
    let cell = |(at, text): (usize, String)| if words(at) { Cell::Text(text) } else { Cell::Number(text) };
    Sheet {
        name: format!("Numbers of the chart: {}", chart.title),
        columns: head.iter().enumerate().map(column).collect(),
        rows: rows.into_iter().map(|row| row.into_iter().enumerate().map(cell).collect()).collect(),
        files: None,
    }
}

/// As much of a name as there is room for.
fn clipped(name: &str, room: usize) -> String {
    if name.chars().count() <= room {
        return name.to_owned();
    }
    let kept: String = name.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// "above" and "below" the pass mark, as the style sheet knows them.
fn side(passes: bool) -> &'static str {
    if passes { "above" } else { "below" }
}

#[cfg(test)]
mod tests;
