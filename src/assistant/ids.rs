//! The names of conversations, turns and approvals.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Ids;

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $make:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Makes a new one.
            pub fn fresh(ids: &dyn Ids) -> Self {
                let make: fn(&dyn Ids) -> String = $make;
                Self(make(ids))
            }

            /// Reads one from a URL or a form: 32 lower-case hex digits, else nothing.
            pub fn parse(text: &str) -> Option<Self> {
                let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
                (text.len() == 32 && text.bytes().all(hex)).then(|| Self(text.to_owned()))
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
    };
}

handle!(
    /// A conversation: what one teacher and the assistant said to each other.
    ConversationId,
    |ids| ids.ordered().simple().to_string()
);
handle!(
    /// A turn: the teacher's words and all that the assistant did about them.
    TurnId,
    |ids| ids.ordered().simple().to_string()
);
handle!(
    /// An approval: 128 bits of chance, so that knowing it stands for a token.
    ApprovalId,
    |ids| hex::encode(&ids.secret()[..16])
);

/// The browser's own name for one message, so that posting it twice makes one turn.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(String);

impl ClientId {
    /// Reads one: 8 to 64 letters, digits and hyphens, else nothing.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (8..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        fits.then(|| Self(text.to_owned()))
    }

    /// One for a message that came without.
    pub fn fresh(ids: &dyn Ids) -> Self {
        Self(ids.ordered().simple().to_string())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What the teacher typed: 1 to 16,000 characters, not only white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(String);

/// Why a text is not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Nothing there.
    #[error("Write something first, then send it.")]
    Empty,
    /// Longer than the assistant reads at once.
    #[error(
        "That is {length} characters; the assistant reads up to {limit} at once. Your text is kept: shorten it, or send it in parts."
    )]
    TooLong {
        /// How long it is, in characters.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
}

impl Words {
    /// The longest message, in characters.
    pub const LIMIT: usize = 16_000;

    /// Reads a message; line ends become `\n`, white space at the ends goes.
    pub fn parse(text: &str) -> Result<Self, WordsError> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim();
        let length = text.chars().count();
        match length {
            0 => Err(WordsError::Empty),
            1..=Self::LIMIT => Ok(Self(text.to_owned())),
            _ => Err(WordsError::TooLong { length, limit: Self::LIMIT }),
        }
    }

    /// The message as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A title for a conversation that begins with these words: up to 60
    /// characters of the first line.
    pub fn title(&self) -> String {
        let line = self.0.lines().next().unwrap_or_default();
        let mut title: String = line.chars().take(60).collect();
        if line.chars().count() > 60 {
            title.truncate(title.rfind(' ').unwrap_or(title.len()));
            title.push('…');
        }
        title
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_trimmed_and_measured_in_characters() {
        assert_eq!(Words::parse(" \r\n\t"), Err(WordsError::Empty));
        assert_eq!(Words::parse("  hi\r\nthere ").map(|w| w.0), Ok("hi\nthere".to_owned()));
        assert!(Words::parse(&"é".repeat(Words::LIMIT)).is_ok());
        let long = Words::parse(&"x".repeat(100_000));
        assert_eq!(long, Err(WordsError::TooLong { length: 100_000, limit: Words::LIMIT }));
    }

    #[test]
    fn a_long_first_line_becomes_a_short_title() {
        let words = Words::parse(&format!("{}\nmore", "word ".repeat(40))).map(|w| w.title());
        assert!(words.is_ok_and(|title| title.ends_with("word…") && title.chars().count() <= 61));
    }
}
