//! What a chart shows: exact numbers with their names, and the same in words.
//!
//! A chart is a plain value, so that a page can draw it, a model can read it and
//! a conversation can keep it. Nothing here knows a colour or a place on paper.
//! Whether a number reaches the pass mark is decided on exact sums, never on
//! what is shown.

use serde::{Deserialize, Serialize};

use super::{
    ClassView, EVALUATIONS, EnrolmentView, StudentView,
    grade::{Average, Grade, Needed, PASS_MARK},
};

/// A chart, with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    /// "Averages so far in Algebra I · 10B".
    pub title: String,
    /// What is drawn.
    pub figure: Figure,
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Figure {
    /// One bar for each name, against the pass mark.
    Averages {
        /// The bars.
        bars: Vec<Bar>,
    },
    /// How grades went from one evaluation to the next.
    Trend {
        /// One line for each name.
        lines: Vec<Line>,
    },
    /// How many averages lie where.
    Distribution {
        /// From the lowest to the highest.
        bands: Vec<Band>,
        /// How many have no grade yet and stand in no band.
        ungraded: usize,
    },
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// Whose it is.
    pub name: String,
    /// How long it is; none before the first grade.
    pub mark: Option<Mark>,
}

/// One line of grades.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Whose it is.
    pub name: String,
    /// A mark for each evaluation that is graded.
    pub marks: [Option<Mark>; EVALUATIONS],
    /// What each evaluation that remains must be to pass, where that can be reached.
    pub needs: Option<Mark>,
}

/// How many averages lie in one stretch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// The lowest whole grade of the stretch; none for "from 0".
    pub from: Option<u16>,
    /// The whole grade at which it ends.
    pub to: u16,
    /// How many.
    pub count: usize,
}

/// A number as it is shown, and whether it reaches the pass mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// In hundredths, 725 for 7.25.
    pub hundredths: i32,
    /// Decided on the exact number.
    pub passes: bool,
}

/// A table in words: its headings, and its rows.
pub type Words = (Vec<String>, Vec<Vec<String>>);

const NOTHING: &str = "–";
const ORDINALS: [&str; EVALUATIONS] = ["1st", "2nd", "3rd"];

/// Where one band ends and the next begins, in whole grades. The pass mark is one of them.
const STEPS: [u16; 6] = [5, 6, 7, 8, 9, 10];

impl Mark {
    fn average(average: Average) -> Self {
        Self { hundredths: average.shown_hundredths(), passes: average.cmp_grade(PASS_MARK).is_ge() }
    }

    fn grade(grade: Grade) -> Self {
        Self { hundredths: i32::from(grade.hundredths()), passes: grade >= PASS_MARK }
    }

    /// What is needed, where it can be reached.
    fn needed(needed: Needed) -> Option<Self> {
        let within = needed.cmp_grade(Grade::MIN).is_ge() && needed.cmp_grade(Grade::MAX).is_le();
        within.then(|| Self { hundredths: needed.shown_hundredths(), passes: needed.cmp_grade(PASS_MARK).is_ge() })
    }

    /// "7.25"
    pub fn text(self) -> String {
        format!("{}.{:02}", self.hundredths / 100, self.hundredths % 100)
    }
}

impl Band {
    fn holds(&self, average: Average) -> bool {
        let from = self.from.is_none_or(|from| average.cmp_grade(whole(from)).is_ge());
        let last = self.to * 100 >= Grade::MAX.hundredths();
        from && (last || average.cmp_grade(whole(self.to)).is_lt())
    }

    /// Whether all in it reach the pass mark.
    pub fn passes(&self) -> bool {
        self.from.is_some_and(|from| whole(from) >= PASS_MARK)
    }

    /// "under 5", "6–7".
    pub fn short(&self) -> String {
        self.from.map_or_else(|| format!("under {}", self.to), |from| format!("{from}–{}", self.to))
    }

    /// "6 to under 7".
    pub fn name(&self) -> String {
        match self.from {
            None => format!("under {}", self.to),
            Some(from) if self.to * 100 >= Grade::MAX.hundredths() => format!("{from} to {}", self.to),
            Some(from) => format!("{from} to under {}", self.to),
        }
    }
}

fn whole(grade: u16) -> Grade {
    Grade::from_hundredths(grade * 100).unwrap_or(Grade::MAX)
}

impl Chart {
    /// The averages of a class's students.
    pub fn averages_of_class(class: &ClassView) -> Self {
        let bars = class.roster.iter().map(|row| bar(&row.name, row.outlook.average)).collect();
        Self { title: format!("Averages so far in {}", class.title), figure: Figure::Averages { bars } }
    }

    /// The averages of classes.
    pub fn averages_of_classes(classes: &[ClassView]) -> Self {
        let bars = classes.iter().map(|class| bar(&class.title, class.summary.average)).collect();
        Self { title: "Averages so far, by class".to_owned(), figure: Figure::Averages { bars } }
    }

    /// A student's averages in the classes of the current semester.
    pub fn averages_of_student(student: &StudentView) -> Self {
        let bars = current(student).map(|place| bar(&place.title, place.outlook.average)).collect();
        Self { title: format!("Averages of {} so far", student.name), figure: Figure::Averages { bars } }
    }

    /// The mean of each evaluation of some classes.
    pub fn trend_of_classes(classes: &[ClassView]) -> Self {
        let title = match classes {
            [only] => format!("Mean of each evaluation in {}", only.title),
            _ => "Mean of each evaluation, by class".to_owned(),
        };
        let lines = classes
            .iter()
            .map(|class| Line {
                name: class.title.clone(),
                marks: std::array::from_fn(|at| mean(class, at)),
                needs: None,
            })
            .collect();
        Self { title, figure: Figure::Trend { lines } }
    }

    /// A student's grades in the classes of the current semester, with what is needed.
    pub fn trend_of_student(student: &StudentView) -> Self {
        let lines = current(student).map(line).collect();
        Self { title: format!("Grades of {}, one after the other", student.name), figure: Figure::Trend { lines } }
    }

    /// How the averages of some classes are spread.
    pub fn distribution(classes: &[ClassView]) -> Self {
        let title = match classes {
            [only] => format!("How the averages in {} are spread", only.title),
            _ => "How the averages in all classes are spread".to_owned(),
        };
        let all = || classes.iter().flat_map(|class| &class.roster).map(|row| row.outlook.average);
        let mut bands: Vec<Band> = Vec::new();
        for (at, to) in STEPS.into_iter().enumerate() {
            let from = at.checked_sub(1).map(|before| STEPS[before]);
            let band = Band { from, to, count: 0 };
            let count = all().flatten().filter(|average| band.holds(*average)).count();
            bands.push(Band { count, ..band });
        }
        let ungraded = all().filter(Option::is_none).count();
        Self { title, figure: Figure::Distribution { bands, ungraded } }
    }

    /// Whether there is nothing to draw yet.
    pub fn is_empty(&self) -> bool {
        match &self.figure {
            Figure::Averages { bars } => bars.iter().all(|bar| bar.mark.is_none()),
            Figure::Trend { lines } => lines.iter().all(|line| line.marks.iter().all(Option::is_none)),
            Figure::Distribution { bands, .. } => bands.iter().all(|band| band.count == 0),
        }
    }

    /// What one sees at a glance: "17 of 24 reach 7.00".
    pub fn glance(&self) -> String {
        match &self.figure {
            Figure::Averages { bars } => {
                let marks: Vec<Mark> = bars.iter().filter_map(|bar| bar.mark).collect();
                reach(marks.iter().filter(|mark| mark.passes).count(), marks.len())
            }
            Figure::Distribution { bands, .. } => {
                let count = |band: &Band| band.count;
                reach(bands.iter().filter(|band| band.passes()).map(count).sum(), bands.iter().map(count).sum())
            }
            Figure::Trend { .. } => format!("The dashed line is the pass mark, {PASS_MARK}"),
        }
    }

    /// Every number of the chart, as a table.
    pub fn table(&self) -> Words {
        let head = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let text = |mark: Option<Mark>| mark.map_or_else(|| NOTHING.to_owned(), Mark::text);
        match &self.figure {
            Figure::Averages { bars } => {
                let row = |bar: &Bar| vec![bar.name.clone(), text(bar.mark), reached(bar.mark).to_owned()];
                (head(&["Name", "Average", "Against the pass mark"]), bars.iter().map(row).collect())
            }
            Figure::Trend { lines } => {
                let wanted = lines.iter().any(|line| line.needs.is_some());
                let mut names = [&["Name"][..], &ORDINALS].concat();
                names.extend(wanted.then_some("Needs"));
                let row = |line: &Line| {
                    let mut row = vec![line.name.clone()];
                    row.extend(line.marks.map(text));
                    row.extend(wanted.then(|| text(line.needs)));
                    row
                };
                (head(&names), lines.iter().map(row).collect())
            }
            Figure::Distribution { bands, ungraded } => {
                let row = |name: String, count: usize| vec![name, count.to_string()];
                let mut rows: Vec<_> = bands.iter().map(|band| row(band.name(), band.count)).collect();
                rows.extend((*ungraded > 0).then(|| row("no grades yet".to_owned(), *ungraded)));
                (head(&["Average", "Students"]), rows)
            }
        }
    }

    /// The chart for who cannot see it: every number with its name.
    pub fn words(&self) -> String {
        let (head, rows) = self.table();
        let told = |row: &Vec<String>| match &self.figure {
            Figure::Trend { .. } => {
                let marks = head.iter().zip(row).skip(1).map(|(name, mark)| format!("{} {mark}", name.to_lowercase()));
                format!("{}: {}", row[0], marks.collect::<Vec<_>>().join(", "))
            }
            Figure::Averages { .. } | Figure::Distribution { .. } => format!("{}: {}", row[0], row[1]),
        };
        let rows: Vec<_> = rows.iter().map(told).collect();
        format!("The pass mark is {PASS_MARK}. {}.", rows.join("; "))
    }
}

fn reach(passing: usize, all: usize) -> String {
    format!("{passing} of {all} reach {PASS_MARK}")
}

fn reached(mark: Option<Mark>) -> &'static str {
    match mark {
        Some(mark) if mark.passes => "reaches it",
        Some(_) => "below it",
        None => "no grades yet",
    }
}

fn bar(name: &str, average: Option<Average>) -> Bar {
    Bar { name: name.to_owned(), mark: average.map(Mark::average) }
}

fn current(student: &StudentView) -> impl Iterator<Item = &EnrolmentView> {
    student.enrolments.iter().filter(|place| place.is_current)
}

fn line(place: &EnrolmentView) -> Line {
    Line {
        name: place.title.clone(),
        marks: place.evaluations.map(|grade| grade.map(Mark::grade)),
        needs: place.outlook.needed.filter(|_| place.outlook.graded > 0).and_then(Mark::needed),
    }
}

/// The mean of one evaluation of a class; none before its first grade.
fn mean(class: &ClassView, evaluation: usize) -> Option<Mark> {
    let grades = || class.roster.iter().filter_map(|row| row.evaluations[evaluation]);
    let sum = grades().map(|grade| i32::from(grade.hundredths())).sum();
    Average::of(sum, grades().count()).map(Mark::average)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_that_only_looks_like_the_pass_mark_is_below_it() {
        let nearly = Average::of(2099, 3).unwrap();
        assert_eq!(nearly.to_string(), "7.00");
        let mark = Mark::average(nearly);
        assert_eq!((mark.text().as_str(), mark.passes), ("7.00", false));
        let six = Band { from: Some(6), to: 7, count: 0 };
        let seven = Band { from: Some(7), to: 8, count: 0 };
        assert!(six.holds(nearly) && !seven.holds(nearly) && seven.passes() && !six.passes());
    }

    #[test]
    fn every_average_lies_in_exactly_one_band() {
        let bands: Vec<Band> = STEPS
            .into_iter()
            .enumerate()
            .map(|(at, to)| Band { from: at.checked_sub(1).map(|before| STEPS[before]), to, count: 0 })
            .collect();
        for sum in 0..=3000 {
            let average = Average::of(sum, 3).unwrap();
            assert_eq!(bands.iter().filter(|band| band.holds(average)).count(), 1, "{sum}");
        }
    }

    #[test]
    fn what_is_needed_is_marked_only_where_it_can_be_reached() {
        assert_eq!(Mark::needed(Needed::of(940, 1).unwrap()).map(Mark::text), Some("9.40".to_owned()));
        assert_eq!(Mark::needed(Needed::of(1150, 1).unwrap()), None);
        assert_eq!(Mark::needed(Needed::of(-10, 1).unwrap()), None);
    }
}
