//! Characters that a person cannot see: how they are found, and what they are called.
//!
//! Text hidden in a mail by them (tag characters, zero-width bits, reversed
//! runs) would be approved without having been read. The rule is Unicode's:
//! control characters, format characters (Cf) and everything else that is
//! drawn as nothing. Joiners and emoji selectors are let through only where
//! they shape what is seen: `👩‍🏫`, `❤️`, a Persian or Indic word.

use unicode_properties::{GeneralCategory, UnicodeEmoji, UnicodeGeneralCategory};

/// What a text may hold besides what can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tolerates {
    /// For one line.
    Nothing,
    /// For a body: `\n` and tab.
    LinesAndTabs,
}

/// An unseen character, by its byte in the text.
pub(super) struct Unseen {
    pub(super) at: usize,
    pub(super) character: char,
    pub(super) kind: &'static str,
}

/// The first character that cannot be seen.
pub(super) fn first(text: &str, tolerates: Tolerates) -> Option<Unseen> {
    let mut before = None;
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        let after = rest.peek().map(|&(_, next)| next);
        if let Some(kind) = kind(character)
            && !(tolerates == Tolerates::LinesAndTabs && matches!(character, '\n' | '\t'))
            && !shapes(before, character, after)
        {
            return Some(Unseen { at, character, kind });
        }
        before = Some(character);
    }
    None
}

/// The text with a space for each character that cannot be seen.
pub(super) fn blanked(text: &str) -> String {
    text.chars().map(|character| if kind(character).is_some() { ' ' } else { character }).collect()
}

/// What an unseen character is called; none for one that is drawn.
fn kind(character: char) -> Option<&'static str> {
    match character {
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            Some("a text-direction control")
        }
        '\u{E0000}'..='\u{E007F}' => Some("a hidden tag character"),
        '\u{00AD}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}' => Some("a zero-width character"),
        '\u{2028}' | '\u{2029}' => Some("a line or paragraph separator"),
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => Some("an invisible variation selector"),
        _ if draws_nothing(character) => Some("an invisible character"),
        _ => match character.general_category() {
            GeneralCategory::Control => Some("a control character"),
            GeneralCategory::Format => Some("an invisible format character"),
            _ => None,
        },
    }
}

/// Unicode's `Default_Ignorable_Code_Point` as far as it is not Cf.
fn draws_nothing(character: char) -> bool {
    matches!(character,
        '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180D}' | '\u{180F}'
        | '\u{2065}' | '\u{3164}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{E0080}'..='\u{E0FFF}')
}

/// Whether the character changes what is drawn around it, so that it is seen after all.
fn shapes(before: Option<char>, character: char, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return character == '\u{FE0F}' && before.is_some_and(UnicodeEmoji::is_emoji_char);
    };
    match character {
        '\u{FE0F}' => before.is_emoji_char(),
        '\u{200D}' => joins_emoji(before, after) || (joins_letters(before) && joins_letters(after)),
        '\u{200C}' => joins_letters(before) && joins_letters(after),
        _ => false,
    }
}

fn joins_emoji(before: char, after: char) -> bool {
    let pictures = |character: char| character.is_emoji_char() && !character.is_ascii();
    (pictures(before) || before == '\u{FE0F}') && pictures(after)
}

/// Scripts in which a joiner is part of ordinary spelling: Arabic to Sinhala.
fn joins_letters(character: char) -> bool {
    matches!(character, '\u{0600}'..='\u{0DFF}') && kind(character).is_none()
}
