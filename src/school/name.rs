//! Names of people: how they are written, sorted and found again.
//!
//! A name is refused when it holds a character that a reader cannot see, since
//! such a name could show one person and mean another.

use std::fmt;

use icu_normalizer::DecomposingNormalizerBorrowed;

/// The longest name that is taken, in characters.
const LONGEST: usize = 100;

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing that could be read aloud.
    #[error("a name has at least one letter")]
    Empty,
    /// Tabs, line breaks, direction marks and the like.
    #[error("a name has no control or invisible characters")]
    Invisible,
    /// Too long for a list.
    #[error("a name has at most {LONGEST} characters")]
    TooLong,
    /// The family name is no part of the full name.
    #[error("a full name begins or ends with the family name, word by word")]
    NotInFullName,
}

/// Checks a name of a person or a subject, and tidies its spaces.
pub(super) fn tidy(text: &str) -> Result<String, NameError> {
    visible(text).and_then(|text| if text.contains(char::is_alphabetic) { Ok(text) } else { Err(NameError::Empty) })
}

/// Checks that a text is short and shows all it holds, and tidies its spaces.
pub(super) fn visible(text: &str) -> Result<String, NameError> {
    if text.contains(invisible) {
        return Err(NameError::Invisible);
    }
    let tidied = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if tidied.chars().count() > LONGEST { Err(NameError::TooLong) } else { Ok(tidied) }
}

/// Control characters, and those that only steer how others are shown. The
/// joiners U+200C and U+200D stay allowed: Persian and Indic names need them.
pub(super) fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

/// A person's full name, and which part of it is the family's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName {
    full: String,
    given: String,
    family: String,
    words: Vec<String>,
    sort_key: (String, String),
}

impl PersonName {
    /// Reads a full name; without `family`, the last word is the family name.
    pub fn parse(full: &str, family: Option<&str>) -> Result<Self, NameError> {
        let full = tidy(full)?;
        let family = match family {
            Some(family) => tidy(family)?,
            None => full.rsplit(' ').next().unwrap_or(&full).to_owned(),
        };
        let given = if full == family {
            String::new()
        } else if let Some(given) = full.strip_suffix(&family).and_then(|rest| rest.strip_suffix(' ')) {
            given.to_owned()
        } else if let Some(given) = full.strip_prefix(&family).and_then(|rest| rest.strip_prefix(' ')) {
            given.to_owned()
        } else {
            return Err(NameError::NotInFullName);
        };
        let sort_key = (words(&family).join(" "), words(&given).join(" "));
        Ok(Self { words: words(&full), sort_key, full, given, family })
    }

    /// The name as it is written.
    pub fn full(&self) -> &str {
        &self.full
    }

    /// What the person is called by; the whole name where there is only one.
    pub fn given(&self) -> &str {
        if self.given.is_empty() { &self.full } else { &self.given }
    }

    /// The family name, by which lists are sorted.
    pub fn family(&self) -> &str {
        &self.family
    }

    /// What lists are sorted by: family name first, without accents and capitals.
    pub(super) fn sort_key(&self) -> &(String, String) {
        &self.sort_key
    }

    /// How the words of a search meet this name.
    pub(super) fn met_by(&self, wanted: &Wanted) -> Option<Met> {
        if wanted.0.is_empty() {
            return None;
        }
        let all_met = |meets: fn(&str, &str) -> bool| {
            let mut free: Vec<&str> = self.words.iter().map(String::as_str).collect();
            wanted.0.iter().all(|word| {
                let found = free.iter().position(|name| meets(name, word));
                found.map(|at| free.swap_remove(at)).is_some()
            })
        };
        if all_met(|name, word| name == word) {
            Some(Met::WholeWords)
        } else {
            all_met(|name, word| name.starts_with(word)).then_some(Met::Beginnings)
        }
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.full)
    }
}

/// How well a search meets a name; the better is the lesser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Met {
    /// Each word is a word of the name.
    WholeWords,
    /// Each word begins a word of the name.
    Beginnings,
}

/// The words somebody looks for, longest first: when one begins another, the
/// longer must choose first, so that the shorter does not take its only place.
#[derive(Debug)]
pub(super) struct Wanted(Vec<String>);

impl Wanted {
    /// Splits a text into folded words; far too long a text asks for nobody.
    pub(super) fn parse(text: &str) -> Self {
        let mut words = if text.len() > 4 * LONGEST { Vec::new() } else { words(text) };
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Self(words)
    }
}

/// The words of a text without accents, capitals, apostrophes and hyphens.
fn words(text: &str) -> Vec<String> {
    let joined = text.chars().filter(|c| !matches!(c, '\'' | '\u{2019}' | '\u{2bc}' | '`'));
    let bare = DecomposingNormalizerBorrowed::new_nfd().normalize_iter(joined);
    let mut folded = String::with_capacity(text.len());
    for c in bare.filter(|c| !('\u{300}'..='\u{36f}').contains(c)).flat_map(char::to_lowercase) {
        match c {
            // These carry their stroke or are one letter of two: Unicode does not take them apart.
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            // A dotted capital I leaves its dot behind when it is made small.
            '\u{307}' => {}
            other => folded.push(other),
        }
    }
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn met(name: &str, wanted: &str) -> Option<Met> {
        PersonName::parse(name, None).unwrap().met_by(&Wanted::parse(wanted))
    }

    #[test]
    fn a_name_is_found_by_its_words_in_any_order_and_without_accents() {
        for (name, wanted) in [
            ("Mateo Nguyen", "mateo"),
            ("Mateo Nguyen", "NGUYEN, Mateo"),
            ("Zoë Łukasiewicz-Ørsted", "lukasiewicz orsted"),
            ("Siobhán O'Brien", "siobhan o\u{2019}brien"),
            ("José Muñoz", "Jose\u{301} Mun\u{303}oz"),
            ("Anna-Lena Strauß", "anna strauss"),
        ] {
            assert_eq!(met(name, wanted), Some(Met::WholeWords), "{name} by {wanted}");
        }
    }

    #[test]
    fn the_beginning_of_a_word_is_enough_but_counts_for_less() {
        assert_eq!(met("Mateo Nguyen", "mat ng"), Some(Met::Beginnings));
        assert_eq!(met("Anastasia Ann Lee", "ann ana"), Some(Met::Beginnings));
        assert_eq!(met("Annabel Ann", "an anna"), Some(Met::Beginnings));
    }

    #[test]
    fn another_word_or_no_word_finds_nobody() {
        for wanted in ["", "  ", "-", "ateo", "mateo mateo", "mateo nguyen tran", "s-1001", "%", "*"] {
            assert_eq!(met("Mateo Nguyen", wanted), None, "{wanted:?}");
        }
        assert_eq!(met("Mateo Nguyen", &"m ".repeat(100_000)), None);
    }

    #[test]
    fn the_family_name_is_the_last_word_unless_told() {
        let read = |full, family| {
            let name = PersonName::parse(full, family).unwrap();
            (name.given().to_owned(), name.family().to_owned())
        };
        assert_eq!(read("James Martinez", None), ("James".into(), "Martinez".into()));
        assert_eq!(read("Noor van Dijk", Some("van Dijk")), ("Noor".into(), "van Dijk".into()));
        assert_eq!(read("Li Wei", Some("Li")), ("Wei".into(), "Li".into()));
        assert_eq!(read("Suharto", None), ("Suharto".into(), "Suharto".into()));
        assert_eq!(PersonName::parse("Ada Jones", Some("Nes")), Err(NameError::NotInFullName));
    }

    #[test]
    fn a_name_that_cannot_be_seen_is_refused() {
        for (text, why) in [
            ("", NameError::Empty),
            ("  ", NameError::Empty),
            ("- '", NameError::Empty),
            ("Ada\nBcc: eve@evil.example", NameError::Invisible),
            ("Ada\tJones", NameError::Invisible),
            ("Ada \u{202e}senoJ", NameError::Invisible),
            ("Ada\u{200b}Jones", NameError::Invisible),
            ("Ada \u{e0041}", NameError::Invisible),
        ] {
            assert_eq!(PersonName::parse(text, None), Err(why), "{text:?}");
        }
        assert_eq!(tidy(&"a".repeat(101)), Err(NameError::TooLong));
        assert_eq!(tidy("  Ana   Beatriz "), Ok("Ana Beatriz".into()));
    }
}
