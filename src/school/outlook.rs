//! Where a student stands in a class, and what it takes to pass.
//!
//! The arithmetic is exact: with S the sum of the graded evaluations, r of n
//! remaining and T the pass mark, `needed = (n·T − S) / r`, and passing is
//! decided on sums. A number shown to two decimals never decides anything.

use serde::{Deserialize, Serialize};

use super::grade::{Average, EVALUATIONS, Grade, Needed, PASS_MARK, Points, Trend};

/// The three evaluations of one student in one class; none is "not graded yet".
pub type Evaluations = [Option<Grade>; EVALUATIONS];

/// What the grades so far mean for passing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Passes whatever comes; with three evaluations it cannot come before the last.
    Secured,
    /// Passes with grades at or below the pass mark on what remains.
    OnTrack,
    /// Passes only with grades above the pass mark on what remains.
    AtRisk,
    /// Would need more than the best grade on what remains.
    OutOfReach,
    /// All is graded, and it was enough.
    Passed,
    /// All is graded, and it was not enough.
    Failed,
    /// Nothing is graded yet, so nothing can be said.
    NoData,
}

impl Standing {
    /// The standing as a teacher reads it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Secured => "Secured",
            Self::OnTrack => "On track",
            Self::AtRisk => "At risk",
            Self::OutOfReach => "Out of reach",
            Self::Passed => "Passed",
            Self::Failed => "Failed",
            Self::NoData => "No grades yet",
        }
    }

    /// Whether passing is in doubt, out of reach or missed.
    pub fn needs_attention(self) -> bool {
        match self {
            Self::AtRisk | Self::OutOfReach | Self::Failed => true,
            Self::Secured | Self::OnTrack | Self::Passed | Self::NoData => false,
        }
    }
}

/// All that follows from the grades of one student in one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// What the grades mean for passing.
    pub standing: Standing,
    /// How many evaluations are graded.
    pub graded: usize,
    /// How many are still to come.
    pub remaining: usize,
    /// The grades added up; 21.00 passes.
    pub points: Points,
    /// The average of what is graded; none before the first grade.
    pub average: Option<Average>,
    /// The average if everything that remains is 0; none before the first grade.
    pub average_if_rest_zero: Option<Average>,
    /// What each remaining evaluation must be to pass; none when nothing remains.
    pub needed: Option<Needed>,
    /// The average if everything that remains is a 10.
    pub best_possible: Option<Average>,
    /// From the last grade but one to the last; none before the second grade.
    pub trend: Option<Trend>,
}

impl Outlook {
    /// Works out the outlook.
    pub fn of(evaluations: &Evaluations) -> Self {
        let given: Vec<Grade> = evaluations.iter().flatten().copied().collect();
        let (graded, remaining) = (given.len(), EVALUATIONS - given.len());
        let points = given.iter().map(|grade| i32::from(grade.hundredths())).sum();
        let needed = Needed::of(times(PASS_MARK, EVALUATIONS) - points, remaining);
        Self {
            standing: standing(graded, points, needed),
            graded,
            remaining,
            points: Points(points),
            average: Average::of(points, graded),
            average_if_rest_zero: Average::of(points, EVALUATIONS).filter(|_| graded > 0),
            needed,
            best_possible: Average::of(points + times(Grade::MAX, remaining), EVALUATIONS),
            trend: given.last_chunk().map(|[earlier, later]| Trend::between(*earlier, *later)),
        }
    }
}

fn standing(graded: usize, points: i32, needed: Option<Needed>) -> Standing {
    match needed {
        _ if graded == 0 => Standing::NoData,
        None if points >= times(PASS_MARK, EVALUATIONS) => Standing::Passed,
        None => Standing::Failed,
        Some(needed) if needed.cmp_grade(Grade::MIN).is_le() => Standing::Secured,
        Some(needed) if needed.cmp_grade(PASS_MARK).is_le() => Standing::OnTrack,
        Some(needed) if needed.cmp_grade(Grade::MAX).is_le() => Standing::AtRisk,
        Some(_) => Standing::OutOfReach,
    }
}

fn times(grade: Grade, evaluations: usize) -> i32 {
    std::iter::repeat_n(i32::from(grade.hundredths()), evaluations).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outlook(grades: [&str; EVALUATIONS]) -> Outlook {
        Outlook::of(&grades.map(|text| (text != "-").then(|| Grade::parse(text).unwrap())))
    }

    fn shown<T: ToString>(number: Option<T>) -> String {
        number.map_or("none".to_owned(), |number| number.to_string())
    }

    #[test]
    fn the_examples_of_the_rules_hold() {
        let rows = [
            (["8", "-", "-"], Standing::OnTrack, "6.50"),
            (["10", "10", "-"], Standing::OnTrack, "1.00"),
            (["6", "7", "-"], Standing::AtRisk, "8.00"),
            (["5", "-", "-"], Standing::AtRisk, "8.00"),
            (["6.65", "7.10", "-"], Standing::AtRisk, "7.25"),
            (["1", "-", "-"], Standing::AtRisk, "10.00"),
            (["0.90", "-", "-"], Standing::OutOfReach, "10.05"),
            (["3", "7", "-"], Standing::OutOfReach, "11.00"),
            (["5.50", "6.10", "-"], Standing::AtRisk, "9.40"),
            (["3.00", "6.50", "-"], Standing::OutOfReach, "11.50"),
            (["9.10", "9.40", "-"], Standing::OnTrack, "2.50"),
            (["-", "7.80", "-"], Standing::OnTrack, "6.60"),
            (["7", "7", "7"], Standing::Passed, "none"),
            (["6.33", "7.33", "7.33"], Standing::Failed, "none"),
            (["-", "-", "-"], Standing::NoData, "7.00"),
        ];
        for (grades, standing, needed) in rows {
            let found = outlook(grades);
            assert_eq!((found.standing, shown(found.needed)), (standing, needed.to_owned()), "{grades:?}");
        }
    }

    #[test]
    fn an_average_that_prints_as_seven_can_still_fail() {
        let found = outlook(["6.33", "7.33", "7.33"]);
        assert_eq!((shown(found.average), found.points.to_string()), ("7.00".into(), "20.99".into()));
        assert_eq!(found.standing, Standing::Failed);
    }

    #[test]
    fn a_need_that_rounds_to_the_best_grade_but_exceeds_it_is_out_of_reach() {
        // (21.00 − 0.99) / 2 = 10.005, and two tens give 20.99.
        let found = outlook(["0.99", "-", "-"]);
        assert_eq!((found.standing, shown(found.needed)), (Standing::OutOfReach, "10.01".into()));
        assert_eq!(shown(found.best_possible), "7.00");
    }

    #[test]
    fn before_the_first_grade_nothing_is_claimed() {
        let found = outlook(["-", "-", "-"]);
        assert_eq!((found.average, found.average_if_rest_zero, found.trend), (None, None, None));
        assert_eq!((found.graded, found.remaining, shown(found.best_possible)), (0, 3, "10.00".into()));
        assert!(!found.standing.needs_attention());
    }

    #[test]
    fn all_numbers_come_together() {
        let found = outlook(["5.50", "6.10", "-"]);
        assert_eq!(shown(found.average), "5.80");
        assert_eq!(shown(found.average_if_rest_zero), "3.87");
        assert_eq!(shown(found.best_possible), "7.20");
        assert_eq!(shown(found.trend), "+0.60");
        let json = serde_json::to_value(&found).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "standing": "at_risk", "graded": 2, "remaining": 1, "points": 11.6, "average": 5.8,
                "average_if_rest_zero": 3.87, "needed": 9.4, "best_possible": 7.2, "trend": 0.6
            })
        );
    }

    #[test]
    fn a_blank_in_between_is_not_a_zero_and_the_trend_steps_over_it() {
        let found = outlook(["6", "-", "7.5"]);
        assert_eq!((shown(found.average), shown(found.trend)), ("6.75".into(), "+1.50".into()));
        assert_eq!((found.standing, shown(found.needed)), (Standing::AtRisk, "7.50".into()));
    }

    fn grade() -> impl Strategy<Value = Grade> {
        (0u16..=1000).prop_map(|hundredths| Grade::from_hundredths(hundredths).unwrap())
    }

    fn evaluations() -> impl Strategy<Value = Evaluations> {
        proptest::array::uniform3(proptest::option::of(grade()))
    }

    fn rank(standing: Standing) -> u8 {
        match standing {
            Standing::NoData => 9,
            Standing::Passed | Standing::Secured => 3,
            Standing::OnTrack => 2,
            Standing::AtRisk => 1,
            Standing::OutOfReach | Standing::Failed => 0,
        }
    }

    fn sum(evaluations: &Evaluations) -> u32 {
        evaluations.iter().flatten().map(|grade| u32::from(grade.hundredths())).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_higher_grade_never_worsens_the_standing(others in evaluations(), at in 0usize..3, a in grade(), b in grade()) {
            let with = |grade| { let mut all = others; all[at] = Some(grade); all };
            let (lower, higher) = (with(a.min(b)), with(a.max(b)));
            prop_assert!(rank(Outlook::of(&higher).standing) >= rank(Outlook::of(&lower).standing));
        }

        #[test]
        fn nothing_is_secured_before_the_third_grade(evaluations in evaluations()) {
            prop_assert_ne!(Outlook::of(&evaluations).standing, Standing::Secured);
        }

        #[test]
        fn what_is_needed_is_the_least_grade_that_passes(evaluations in evaluations()) {
            let outlook = Outlook::of(&evaluations);
            let remaining = u32::try_from(outlook.remaining).unwrap();
            prop_assume!(remaining > 0);
            let least = (0u32..=2100).find(|each| sum(&evaluations) + remaining * each >= 2100).unwrap();
            prop_assert_eq!(outlook.needed.unwrap().shown_hundredths(), i32::try_from(least).unwrap());
            if outlook.graded > 0 {
                let expected = if least > 1000 { Standing::OutOfReach }
                    else if remaining * 700 + sum(&evaluations) < 2100 { Standing::AtRisk }
                    else { Standing::OnTrack };
                prop_assert_eq!(outlook.standing, expected);
            }
        }

        #[test]
        fn with_all_graded_the_sum_decides(grades in proptest::array::uniform3(grade())) {
            let evaluations = grades.map(Some);
            let expected = if sum(&evaluations) >= 2100 { Standing::Passed } else { Standing::Failed };
            prop_assert_eq!(Outlook::of(&evaluations).standing, expected);
        }

        #[test]
        fn the_order_of_the_grades_changes_only_the_trend(evaluations in evaluations()) {
            let [a, b, c] = evaluations;
            let (mut one, mut other) = (Outlook::of(&evaluations), Outlook::of(&[c, a, b]));
            (one.trend, other.trend) = (None, None);
            prop_assert_eq!(one, other);
        }

        #[test]
        fn the_average_so_far_lies_between_the_worst_and_the_best_end(evaluations in evaluations()) {
            let outlook = Outlook::of(&evaluations);
            prop_assert!(outlook.average_if_rest_zero <= outlook.average);
            prop_assert!(outlook.average <= outlook.best_possible);
        }
    }
}
