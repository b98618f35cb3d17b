//! A distribution: how many averages lie where.

use super::{Drawing, Mark, WIDTH};
use crate::school::Band;

const TOP: i32 = 62;
const BASE: i32 = 318;
const GAP: i32 = 16;

pub(super) fn draw(bands: &[Band]) -> Drawing {
    let most = bands.iter().map(|band| band.count).max().unwrap_or(0).max(1);
    let count = i32::try_from(bands.len()).unwrap_or(1).max(1);
    let wide = (WIDTH - GAP) / count - GAP;
    let left = |at: i32| GAP + at * (wide + GAP);
    let mut marks = vec![Mark::line("grid", (0, BASE), (WIDTH, BASE))];
    for (band, at) in bands.iter().zip(0..) {
        marks.extend(column(band, left(at), wide, most));
    }
    if let Some(first) = bands.iter().position(Band::passes) {
        let at = left(i32::try_from(first).unwrap_or(0)) - GAP / 2;
        marks.push(Mark::line("pass", (at, 34), (at, BASE)));
        marks.push(Mark::text("pass-name mid", at, 24, "pass"));
    }
    Drawing { marks, height: BASE + 44 }
}

fn column(band: &Band, left: i32, wide: i32, most: usize) -> Vec<Mark> {
    let middle = left + wide / 2;
    let tall = i32::try_from(band.count * usize::try_from(BASE - TOP).unwrap_or(0) / most).unwrap_or(0);
    let mut marks = vec![Mark::text("tick mid", middle, BASE + 32, &band.short())];
    if band.count > 0 {
        let tall = tall.max(4);
        marks.push(Mark::bar(super::side(band.passes()), (left, BASE - tall), (wide, tall)));
        marks.push(Mark::text("value mid", middle, BASE - tall - 12, &band.count.to_string()));
    } else {
        marks.push(Mark::text("value none mid", middle, BASE - 12, "0"));
    }
    marks
}
