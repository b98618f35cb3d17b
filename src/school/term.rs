//! The school's year: two semesters, found by the date.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Half a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Semester {
    /// January to June.
    First,
    /// July to December.
    Second,
}

/// A number that is no semester.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a semester: it is 1 (January to June) or 2 (July to December)")]
pub struct SemesterError(u8);

impl TryFrom<u8> for Semester {
    type Error = SemesterError;

    fn try_from(number: u8) -> Result<Self, SemesterError> {
        match number {
            1 => Ok(Self::First),
            2 => Ok(Self::Second),
            other => Err(SemesterError(other)),
        }
    }
}

impl From<Semester> for u8 {
    fn from(semester: Semester) -> Self {
        match semester {
            Semester::First => 1,
            Semester::Second => 2,
        }
    }
}

/// A semester of a year; later terms are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The calendar year.
    pub year: i16,
    /// Which half of it.
    pub semester: Semester,
}

impl Term {
    /// The term that a day falls in.
    pub fn of(date: Date) -> Self {
        let semester = if date.month() <= 6 { Semester::First } else { Semester::Second };
        Self { year: date.year(), semester }
    }

    /// The term so many semesters later, or earlier when below zero.
    #[must_use]
    pub fn shifted(self, semesters: i32) -> Self {
        let place = self.place().saturating_add(semesters);
        let year = place.div_euclid(2).clamp(i16::MIN.into(), i16::MAX.into());
        Self {
            year: i16::try_from(year).unwrap_or(self.year),
            semester: if place.rem_euclid(2) == 0 { Semester::First } else { Semester::Second },
        }
    }

    /// How many semesters this term comes after the other.
    pub fn semesters_after(self, other: Self) -> i32 {
        self.place() - other.place()
    }

    fn place(self) -> i32 {
        i32::from(self.year) * 2 + i32::from(u8::from(self.semester)) - 1
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let semester = match self.semester {
            Semester::First => "first semester",
            Semester::Second => "second semester",
        };
        write!(f, "{}, {semester}", self.year)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_year_turns_its_half_between_june_and_july() {
        let of = |year, month, day| Term::of(date(year, month, day)).to_string();
        assert_eq!(of(2026, 6, 30), "2026, first semester");
        assert_eq!(of(2026, 7, 1), "2026, second semester");
        assert_eq!(of(2026, 12, 31), "2026, second semester");
        assert_eq!(of(2027, 1, 1), "2027, first semester");
    }

    #[test]
    fn a_term_is_written_as_year_and_semester() {
        let json = r#"{"year":2026,"semester":2}"#;
        let term: Term = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&term).unwrap(), json);
        assert!(serde_json::from_str::<Term>(r#"{"year":2026,"semester":3}"#).is_err());
    }

    proptest! {
        #[test]
        fn shifting_a_term_and_measuring_the_way_agree(year in -9999i16..=9999, second: bool, by in -20_000i32..20_000) {
            let term = Term { year, semester: if second { Semester::Second } else { Semester::First } };
            prop_assert_eq!(term.shifted(by).semesters_after(term), by);
            prop_assert_eq!(term.shifted(by).shifted(-by), term);
            prop_assert_eq!(term.shifted(by) > term, by > 0);
        }
    }
}
