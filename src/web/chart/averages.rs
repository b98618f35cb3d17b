//! Averages: a bar for each name, against the pass mark.

use super::{Drawing, Mark, WIDTH, clipped, side};
use crate::school::{Bar, PASS_MARK};

/// Where 0 is, and how wide one grade.
const LEFT: i32 = 306;
const GRADE: i32 = 33;
/// The head with the scale, one row, and the bar in it.
const HEAD: i32 = 46;
const ROW: i32 = 38;
const THICK: i32 = 22;

pub(super) fn draw(bars: &[Bar]) -> Drawing {
    let rows = i32::try_from(bars.len()).unwrap_or(i32::MAX / ROW - HEAD);
    let bottom = HEAD + rows * ROW;
    let mut marks = scale(bottom);
    for (bar, at) in bars.iter().zip(0..) {
        marks.extend(row(bar, HEAD + at * ROW));
    }
    marks.extend(pass_line(bottom));
    Drawing { marks, height: bottom + 6 }
}

fn place(hundredths: i32) -> i32 {
    LEFT + hundredths * GRADE / 100
}

fn scale(bottom: i32) -> Vec<Mark> {
    let line = |grade: i32| Mark::line("grid", (place(grade * 100), HEAD - 8), (place(grade * 100), bottom));
    let mut marks: Vec<Mark> = [0, 5, 10].into_iter().map(line).collect();
    // The middle is not named: the pass mark's name stands beside it.
    marks.extend([0, 10].map(|grade| Mark::text("tick mid", place(grade * 100), 24, &grade.to_string())));
    marks.push(Mark::text("pass-name mid", place(i32::from(PASS_MARK.hundredths())), 24, &format!("pass {PASS_MARK}")));
    marks
}

/// Seen on paper and on the bars: on a brighter line of its own.
fn pass_line(bottom: i32) -> [Mark; 2] {
    let at = place(i32::from(PASS_MARK.hundredths()));
    ["halo", "pass"].map(|class| Mark::line(class, (at, HEAD - 12), (at, bottom)))
}

fn row(bar: &Bar, top: i32) -> Vec<Mark> {
    let base = top + ROW / 2 + 9;
    let mut marks = vec![Mark::text("name end", LEFT - 14, base, &clipped(&bar.name, 24))];
    match bar.mark {
        Some(mark) => {
            let long = (mark.hundredths * GRADE / 100).max(3);
            marks.push(Mark::bar(side(mark.passes), (LEFT, top + (ROW - THICK) / 2), (long, THICK)));
            marks.push(Mark::text("value end", WIDTH - 6, base, &mark.text()));
        }
        None => marks.push(Mark::text("value none end", WIDTH - 6, base, "–")),
    }
    marks
}
