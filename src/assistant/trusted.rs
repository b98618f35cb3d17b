//! Text of the application's own, the only kind that a system message holds.

use std::fmt::{self, Write};

use jiff::civil::Date;
use serde::Serialize;

use super::untrusted::Mark;
use crate::school::{Teacher, Term};

/// Words that the application wrote: literals of its source, and a few values
/// that no student, no import and no model can write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Trusted(String);

/// What may stand in a system message.
pub trait Ours: fmt::Display {}

impl Ours for &'static str {}
impl Ours for Date {}
impl Ours for Term {}
impl Ours for Mark {}
impl Ours for TeachersName<'_> {}
impl Ours for CallName {}

/// The teacher's name: the identity provider tells it, one line of it is taken.
#[derive(Debug)]
pub struct TeachersName<'a>(pub &'a Teacher);

impl fmt::Display for TeachersName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.0.name.chars().filter(|c| !c.is_control()).take(100);
        seen.into_iter().try_for_each(|c| f.write_char(c))
    }
}

/// The name of a call on the wire, of digits and our own letters.
#[derive(Debug)]
pub struct CallName(String);

impl CallName {
    /// A call of the turn at this place.
    pub fn of(seq: i64, call: &str) -> Self {
        Self(super::context::wire_id(seq, call).chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect())
    }
}

impl fmt::Display for CallName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Trusted {
    /// The same with something more behind it.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "so that a literal needs no ampersand")]
    pub fn and(mut self, more: impl Ours) -> Self {
        // Writing into a text cannot fail.
        let _written = write!(self.0, "{more}");
        self
    }

    /// A text that the application wrote earlier and kept.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Trusted {
    fn from(text: &'static str) -> Self {
        Self(text.to_owned())
    }
}
