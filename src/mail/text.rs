//! The words of a mail: subject, body, and the names of people.
//!
//! What the card shows is what leaves; so nothing may stand in a text that a
//! person cannot see there. Refusals name the character and its place.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::unseen::{self, Tolerates};

/// Why a text cannot stand in a mail, in a sentence that says what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextError {
    part: &'static str,
    wrong: Wrong,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wrong {
    Empty,
    TooLong { length: usize, most: usize },
    Unseen { character: char, kind: &'static str, line: usize, column: usize },
    EncodedWord,
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.part;
        match &self.wrong {
            Wrong::Empty => write!(f, "{part} is empty; write something"),
            Wrong::TooLong { length, most } => {
                write!(f, "{part} has {length} characters; shorten it to at most {most}")
            }
            Wrong::Unseen { character, kind, line, column } => {
                let code = u32::from(*character);
                write!(f, "{part} contains U+{code:04X} ({kind}) in line {line}, character {column}; leave it out")
            }
            Wrong::EncodedWord => write!(f, "{part} contains \"=?\", which mail programs would decode; leave it out"),
        }
    }
}

impl std::error::Error for TextError {}

macro_rules! mail_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
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
            type Error = TextError;
            fn try_from(text: String) -> Result<Self, TextError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

mail_text!(
    /// A subject: one line of 1 to 200 characters.
    Subject
);
mail_text!(
    /// The words of a mail: plain text of 1 to 20,000 characters, lines ended by `\n`.
    Body
);
mail_text!(
    /// The name that stands before an address: one line of 1 to 100 characters.
    PersonName
);

impl Subject {
    /// The most characters a subject may have.
    pub const MOST: usize = 200;

    /// Reads a subject; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        one_line("the subject", text, Self::MOST).map(Self)
    }
}

impl Body {
    /// The most characters a mail may have.
    pub const MOST: usize = 20_000;

    /// Reads the words of a mail; blank lines around them do not count.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        const PART: &str = "the mail's text";
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        checked(PART, &text, Tolerates::LinesAndTabs, Self::MOST).map(Self)
    }
}

impl PersonName {
    /// The most characters a name may have.
    pub const MOST: usize = 100;

    /// Reads a name; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        one_line("the name", text, Self::MOST).map(Self)
    }

    /// What can be kept of a name that somebody else wrote, such as an identity
    /// provider; none when nothing is left.
    pub fn clean(text: &str) -> Option<Self> {
        let seen = unseen::blanked(text).replace("=?", " ");
        let words = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = words.chars().take(Self::MOST).collect();
        Self::parse(&short).ok()
    }
}

/// A header's text is written as it stands, and a reader decodes what looks
/// like an RFC 2047 word; so one that only looks like it would change. Readers
/// also differ about runs of spaces, where a header is folded; one is kept.
fn one_line(part: &'static str, text: &str, most: usize) -> Result<String, TextError> {
    let line = checked(part, text, Tolerates::Nothing, most)?;
    if line.contains("=?") {
        return Err(TextError { part, wrong: Wrong::EncodedWord });
    }
    Ok(line.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn checked(part: &'static str, text: &str, tolerates: Tolerates, most: usize) -> Result<String, TextError> {
    let refuse = |wrong| TextError { part, wrong };
    let trimmed = text.trim();
    let length = trimmed.chars().count();
    if length > most {
        return Err(refuse(Wrong::TooLong { length, most }));
    }
    if let Some(found) = unseen::first(trimmed, tolerates) {
        let before = &trimmed[..found.at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        return Err(refuse(Wrong::Unseen { character: found.character, kind: found.kind, line, column }));
    }
    if trimmed.is_empty() { Err(refuse(Wrong::Empty)) } else { Ok(trimmed.to_owned()) }
}
