//! A trend: three points for each name, each in a small picture of its own, so
//! that lines never cross and no colour has to tell them apart.

use super::{Drawing, Mark, WIDTH, clipped};
use crate::school::{self, Line, PASS_MARK};

/// Where 10 and 0 are, below the top of a picture.
const TEN: i32 = 76;
const ZERO: i32 = 246;
const TALL: i32 = 296;
const GAP: i32 = 28;

pub(super) fn draw(lines: &[Line]) -> Drawing {
    let across = if lines.len() > 1 { 2 } else { 1 };
    let wide = (WIDTH - GAP * (across - 1)) / across;
    let mut marks = Vec::new();
    let mut bottom = 0;
    for (line, at) in lines.iter().zip(0..) {
        let (left, top) = ((at % across) * (wide + GAP), (at / across) * TALL);
        marks.extend(Panel { left, top, wide, named: across > 1 }.draw(line));
        bottom = top + TALL;
    }
    Drawing { marks, height: bottom.max(TALL) }
}

/// One small picture.
struct Panel {
    left: i32,
    top: i32,
    wide: i32,
    /// Whether it needs a name: one alone has the caption's.
    named: bool,
}

impl Panel {
    fn x(&self, evaluation: i32) -> i32 {
        let edge = self.wide / 7;
        self.left + edge + evaluation * (self.wide - 2 * edge) / 2
    }

    fn y(&self, hundredths: i32) -> i32 {
        self.top + ZERO - hundredths * (ZERO - TEN) / 1000
    }

    fn draw(&self, line: &Line) -> Vec<Mark> {
        let mut marks = self.ground(line);
        let graded: Vec<(i32, school::Mark)> =
            line.marks.iter().zip(0..).filter_map(|(mark, at)| mark.map(|mark| (at, mark))).collect();
        let places: Vec<(i32, i32)> = graded.iter().map(|(at, mark)| (self.x(*at), self.y(mark.hundredths))).collect();
        if let (Some(last), Some(goal)) = (places.last(), self.goal(line)) {
            marks.push(Mark::line("goal-line", *last, (goal.0, goal.1)));
            marks.push(Mark::diamond("goal", (goal.0, goal.1), 11));
            marks.push(self.goal_name(&goal, self.beside(last.1)));
        }
        marks.push(Mark::path("line", &places));
        for ((_, mark), (x, y)) in graded.iter().zip(&places) {
            marks.push(Mark::dot(if mark.passes { "dot" } else { "dot under" }, (*x, *y), 9));
            marks.push(Mark::text("value mid", *x, self.beside(*y), &mark.text()));
        }
        marks
    }

    /// Above a point, or below it where the words would stand on the pass mark.
    fn beside(&self, y: i32) -> i32 {
        let pass = self.y(i32::from(PASS_MARK.hundredths()));
        if (y - 48..y - 12).contains(&pass) { y + 38 } else { y - 20 }
    }

    /// The last one keeps to its picture's edge.
    /// It stands on the other side of its point where the last value's words are near.
    fn goal_name(&self, (x, y, needs): &(i32, i32, String), taken: i32) -> Mark {
        let words = format!("needs {needs}");
        let usual = self.beside(*y);
        let crowded = (usual - 30..usual + 30).contains(&taken);
        let base = if crowded && usual < *y {
            y + 38
        } else if crowded {
            y - 20
        } else {
            usual
        };
        if *x == self.x(2) {
            Mark::text("goal-name end", self.left + self.wide, base, &words)
        } else {
            Mark::text("goal-name mid", *x, base, &words)
        }
    }

    /// The name, the evaluations, the bottom and the pass mark.
    fn ground(&self, line: &Line) -> Vec<Mark> {
        let (left, right) = (self.left, self.left + self.wide);
        let pass = self.y(i32::from(PASS_MARK.hundredths()));
        let room = usize::try_from(self.wide / 15).unwrap_or(20);
        let name = self.named.then(|| Mark::text("panel", left, self.top + 24, &clipped(&line.name, room)));
        let mut marks: Vec<Mark> = name.into_iter().collect();
        marks.extend([
            Mark::line("grid", (left, self.y(0)), (right, self.y(0))),
            Mark::line("grid", (left, self.y(1000)), (right, self.y(1000))),
            Mark::line("pass", (left, pass), (right, pass)),
        ]);
        let ordinals = ["1st", "2nd", "3rd"].into_iter().zip(0..);
        marks.extend(ordinals.map(|(name, at)| Mark::text("tick mid", self.x(at), self.top + ZERO + 32, name)));
        marks
    }

    /// What the next evaluation must be to pass: where, and in words.
    fn goal(&self, line: &Line) -> Option<(i32, i32, String)> {
        let needs = line.needs?;
        let last = line.marks.iter().rposition(Option::is_some)?;
        let next = i32::try_from(last + 1).ok().filter(|next| *next < 3)?;
        Some((self.x(next), self.y(needs.hundredths), needs.text()))
    }
}
