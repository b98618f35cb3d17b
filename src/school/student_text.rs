//! Text that a student wrote.
//!
//! It is a type of its own, without `Display` and without `Serialize`, so that
//! it gets into a page, a prompt or a mail only where somebody says so.

use std::fmt::Write;

use super::name;

/// The longest text of a student that is taken, in characters.
const LONGEST: usize = 2_000;

/// Why a text is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StudentTextError {
    /// Nothing is written there.
    #[error("a note says something, or is left out")]
    Empty,
    /// Too long for a note.
    #[error("a note has at most {LONGEST} characters")]
    TooLong,
}

/// What a student wrote, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudentText(String);

impl StudentText {
    /// Takes a text as it is; white space around it does not count.
    pub fn parse(text: &str) -> Result<Self, StudentTextError> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(StudentTextError::Empty),
            1..=LONGEST => Ok(Self(text.to_owned())),
            _ => Err(StudentTextError::TooLong),
        }
    }

    /// The text with everything that cannot be seen written out as its code, so
    /// that nobody, person or model, reads what another reader does not see.
    pub fn shown(&self) -> String {
        let mut shown = String::with_capacity(self.0.len());
        for c in self.0.replace("\r\n", "\n").chars() {
            match c {
                '\n' | '\t' => shown.push(c),
                c if name::invisible(c) => {
                    // Writing into a text cannot fail.
                    let _written = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
                }
                c => shown.push(c),
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_taken_as_it_is_and_shown_with_all_it_holds() {
        let note = StudentText::parse("  Two lines,\r\nand a joiner: 👩\u{200d}🏫 \u{202e}backwards\u{202c} ").unwrap();
        assert_eq!(note.shown(), "Two lines,\nand a joiner: 👩\u{200d}🏫 ⟨U+202E⟩backwards⟨U+202C⟩");
        assert_eq!(StudentText::parse(" \n"), Err(StudentTextError::Empty));
        assert_eq!(StudentText::parse(&"x".repeat(2_001)), Err(StudentTextError::TooLong));
    }
}
