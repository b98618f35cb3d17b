//! Grades and the numbers made of them, exact.
//!
//! A grade is a whole number of hundredths. What is derived from grades stays a
//! sum over a count until it is printed, so that no comparison ever sees a
//! rounded number. Nothing here knows what passing means for a student.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize, Serializer};

/// The average from which on a class is passed.
pub const PASS_MARK: Grade = Grade(700);

/// How many evaluations a class has in a semester.
pub const EVALUATIONS: usize = 3;

/// A text or number that is no grade.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a grade: a grade is a number from 0 to 10 with at most two decimals, such as 7.25")]
pub struct GradeError(String);

/// What a teacher gave for one evaluation: 0.00 to 10.00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "f64")]
pub struct Grade(u16);

impl Grade {
    /// The worst there is.
    pub const MIN: Self = Self(0);

    /// The best there is.
    pub const MAX: Self = Self(1000);

    /// A grade from its hundredths; none above 1000.
    pub fn from_hundredths(hundredths: u16) -> Option<Self> {
        (hundredths <= Self::MAX.0).then_some(Self(hundredths))
    }

    /// Reads a grade as a person writes it: digits, and after a point at most two more.
    pub fn parse(text: &str) -> Result<Self, GradeError> {
        let refuse = || GradeError(format!("{:?}", text.chars().take(40).collect::<String>()));
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole, 2) || !digits(decimals, 2) {
            return Err(refuse());
        }
        let hundredths = format!("{whole}{decimals:0<2}").parse().map_err(|_| refuse())?;
        Self::from_hundredths(hundredths).ok_or_else(refuse)
    }

    /// The grade as a whole number, 725 for 7.25.
    pub fn hundredths(self) -> u16 {
        self.0
    }
}

impl TryFrom<f64> for Grade {
    type Error = GradeError;

    fn try_from(number: f64) -> Result<Self, GradeError> {
        let nearest = (number * 100.0).round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
        let grade = (0.0..=1000.0).contains(&nearest).then_some(Self(nearest as u16));
        // The nearest hundredth is the very number or the number has more decimals.
        #[expect(clippy::float_cmp, reason = "both are the double nearest to the same decimal, or differ")]
        grade.filter(|grade| f64::from(grade.0) / 100.0 == number).ok_or_else(|| GradeError(number.to_string()))
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        two_decimals(f, i32::from(self.0))
    }
}

impl Serialize for Grade {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        as_number(to, i32::from(self.0))
    }
}

/// Hundredths shared among some evaluations, compared without rounding.
#[derive(Debug, Clone, Copy)]
struct Share {
    hundredths: i32,
    among: i32,
}

impl Share {
    fn rounded_half_up(self) -> i32 {
        (2 * self.hundredths + self.among).div_euclid(2 * self.among)
    }

    fn rounded_up(self) -> i32 {
        -(-self.hundredths).div_euclid(self.among)
    }

    fn cmp(self, other: Self) -> Ordering {
        let crossed = |a: Self, b: Self| i64::from(a.hundredths) * i64::from(b.among);
        crossed(self, other).cmp(&crossed(other, self))
    }
}

macro_rules! exact_number {
    ($(#[$doc:meta])* $name:ident, $rounded:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name(Share);

        impl $name {
            /// So many hundredths over so many evaluations; none over none.
            pub fn of(hundredths: i32, among: usize) -> Option<Self> {
                let among = i32::try_from(among).ok().filter(|count| *count > 0)?;
                Some(Self(Share { hundredths, among }))
            }

            /// The hundredths that are shown.
            pub fn shown_hundredths(self) -> i32 {
                self.0.$rounded()
            }

            /// Compares the exact number with a grade.
            pub fn cmp_grade(&self, grade: Grade) -> Ordering {
                self.0.cmp(Share { hundredths: i32::from(grade.0), among: 1 })
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.cmp(other).is_eq()
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.cmp(other.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                two_decimals(f, self.shown_hundredths())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                as_number(to, self.shown_hundredths())
            }
        }
    };
}

exact_number!(
    /// An average: exact inside, shown rounded half up to two decimals.
    Average,
    rounded_half_up
);
exact_number!(
    /// What is needed on each remaining evaluation; may pass 10, and is shown
    /// rounded up, because the next lower hundredth would not do.
    Needed,
    rounded_up
);

/// Grades added up, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Points(pub(super) i32);

impl Points {
    /// The sum as a whole number, 2099 for 20.99.
    pub fn hundredths(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        two_decimals(f, self.0)
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        as_number(to, self.0)
    }
}

/// How far the last grade lies above or below the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trend(i32);

impl Trend {
    /// From the earlier grade to the later one.
    pub fn between(earlier: Grade, later: Grade) -> Self {
        Self(i32::from(later.0) - i32::from(earlier.0))
    }

    /// The difference in hundredths; below zero when the grades fall.
    pub fn hundredths(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 0 {
            f.write_str("+")?;
        }
        two_decimals(f, self.0)
    }
}

impl Serialize for Trend {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        as_number(to, self.0)
    }
}

fn two_decimals(f: &mut fmt::Formatter<'_>, hundredths: i32) -> fmt::Result {
    // The typographic minus is as wide as a plus and a digit, so columns line up.
    let sign = if hundredths < 0 { "\u{2212}" } else { "" };
    let size = hundredths.unsigned_abs();
    // `pad` lets a caller align the number in a column.
    f.pad(&format!("{sign}{}.{:02}", size / 100, size % 100))
}

fn as_number<S: Serializer>(to: S, hundredths: i32) -> Result<S::Ok, S::Error> {
    to.serialize_f64(f64::from(hundredths) / 100.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_grade_is_read_as_people_write_it() {
        let read = |text| Grade::parse(text).map(Grade::hundredths);
        assert_eq!(read("7.25"), Ok(725));
        assert_eq!(read("7.5"), Ok(750));
        assert_eq!(read("10"), Ok(1000));
        assert_eq!(read("0"), Ok(0));
        assert_eq!(read("10.00"), Ok(1000));
    }

    #[test]
    fn what_is_no_grade_is_refused_with_what_would_be_right() {
        for text in ["", ".", "7.", ".5", "10.01", "7.255", "-1", "+7", "7,5", "1e1", "NaN", "seven", " 7", "100", "٧"]
        {
            let said = Grade::parse(text).unwrap_err().to_string();
            assert!(said.contains("from 0 to 10 with at most two decimals"), "{text:?}: {said}");
        }
    }

    #[test]
    fn a_json_number_is_a_grade_only_when_it_is_exact_at_two_decimals() {
        let read = |json| serde_json::from_str::<Grade>(json).ok().map(Grade::hundredths);
        assert_eq!(read("7.25"), Some(725));
        assert_eq!(read("6"), Some(600));
        assert_eq!(read("10.0"), Some(1000));
        for json in ["7.255", "7.001", "10.01", "-0.01", "1e300", "\"7\"", "null", "true", "0.001", "9.999"] {
            assert_eq!(read(json), None, "{json}");
        }
    }

    #[test]
    fn every_grade_survives_text_and_json() {
        for hundredths in 0..=1000 {
            let grade = Grade::from_hundredths(hundredths).unwrap();
            let json = serde_json::to_string(&grade).unwrap();
            assert_eq!(serde_json::from_str::<Grade>(&json).unwrap(), grade, "{json}");
            assert_eq!(Grade::parse(&grade.to_string()), Ok(grade));
            assert!(json.split_once('.').is_none_or(|(_, decimals)| decimals.len() <= 2), "{json}");
        }
        assert_eq!(Grade::from_hundredths(1001), None);
    }

    #[test]
    fn an_average_rounds_half_up_and_a_needed_grade_rounds_up() {
        let average = |sum, count| Average::of(sum, count).unwrap().to_string();
        assert_eq!(average(2099, 3), "7.00");
        assert_eq!(average(1001, 2), "5.01");
        assert_eq!(average(1000, 3), "3.33");
        let needed = |sum, count| Needed::of(sum, count).unwrap().to_string();
        assert_eq!(needed(1399, 2), "7.00");
        assert_eq!(needed(1000, 3), "3.34");
        assert_eq!(needed(1150, 1), "11.50");
        assert_eq!(Average::of(700, 0), None);
    }

    #[test]
    fn a_trend_shows_its_direction() {
        let grade = |text| Grade::parse(text).unwrap();
        assert_eq!(Trend::between(grade("5.50"), grade("6.10")).to_string(), "+0.60");
        assert_eq!(Trend::between(grade("8"), grade("6.95")).to_string(), "\u{2212}1.05");
        assert_eq!(Trend::between(grade("8"), grade("8")).to_string(), "0.00");
        assert_eq!(serde_json::to_string(&Trend::between(grade("8"), grade("6.95"))).unwrap(), "-1.05");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic_or_accept_more_than_ten(text in ".{0,8}") {
            if let Ok(grade) = Grade::parse(&text) {
                prop_assert!(grade <= Grade::MAX);
            }
        }

        #[test]
        fn a_number_is_a_grade_when_its_decimals_say_so(thousandths in 0u32..=11_000) {
            let json = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
            let right = thousandths % 10 == 0 && thousandths <= 10_000;
            prop_assert_eq!(serde_json::from_str::<Grade>(&json).is_ok(), right, "{}", json);
        }

        #[test]
        fn comparing_averages_is_comparing_fractions(a in 0i32..3000, m in 1usize..=3, b in 0i32..3000, n in 1usize..=3) {
            let exact = (i64::from(a) * i64::try_from(n).unwrap()).cmp(&(i64::from(b) * i64::try_from(m).unwrap()));
            prop_assert_eq!(Average::of(a, m).unwrap().cmp(&Average::of(b, n).unwrap()), exact);
        }
    }
}
