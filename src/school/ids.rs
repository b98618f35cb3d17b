//! The names by which the school's people and classes are known.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not a {kind} id; one looks like {example}")]
pub struct IdError {
    kind: &'static str,
    example: &'static str,
    given: String,
}

macro_rules! school_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $prefix:literal, $example:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads an id; anything but the prefix and 2 to 12 digits is refused.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let refuse = || IdError {
                    kind: $kind,
                    example: $example,
                    given: text.chars().take(40).collect(),
                };
                let digits = text.strip_prefix($prefix).ok_or_else(refuse)?;
                let fits = (2..=12).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
                fits.then(|| Self(text.to_owned())).ok_or_else(refuse)
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

school_id!(
    /// A class, such as `c-01`.
    ClassId, "class", "c-", "c-01"
);
school_id!(
    /// A student, such as `s-1001`.
    StudentId, "student", "s-", "s-1001"
);

/// A teacher, known by an opaque id that this application made at first sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TeacherId(String);

impl TeacherId {
    /// The id as it stands in the store.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TeacherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The one who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Teacher {
    /// Who it is, for every query.
    pub id: TeacherId,
    /// The full name, as the identity provider tells it.
    pub name: String,
    /// The teacher's own address, from which mail goes. Classes are given by it:
    /// it is empty unless the identity provider vouches for it.
    pub email: String,
}
