//! A text as words that can be compared with names, however they are dressed.
//!
//! Accents, capitals, full-width and mathematical letters, letters borrowed
//! from another alphabet, digits in the place of letters, and words that are
//! spelt out letter by letter are all undone here. Nothing is decided here.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// As it is compared.
    pub folded: String,
    /// The same with digits read as the letters that they look like.
    pub disguised: Option<String>,
    /// As it stands in the text.
    pub raw: String,
    /// Whether it begins with a capital.
    pub capital: bool,
    /// Whether it is the first of its sentence or line.
    pub begins: bool,
    /// Whether a comma, an apostrophe or a colon comes right behind it.
    pub addressed: bool,
    /// Its line, counted from 0.
    pub line: usize,
}

impl Word {
    /// Whether the word is `name`, as it stands or undressed.
    pub(super) fn is(&self, name: &str) -> bool {
        self.folded == name || self.disguised.as_deref() == Some(name)
    }
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut reader = Reader::default();
    for c in DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text.chars()) {
        reader.take(c);
    }
    reader.end_word(' ');
    spelt_out(reader.words)
}

/// A text as the words by which it is compared: without capitals, accents and disguises.
pub fn folded(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.folded).collect()
}

#[derive(Default)]
struct Reader {
    words: Vec<Word>,
    raw: String,
    line: usize,
    inside_sentence: bool,
}

impl Reader {
    fn take(&mut self, c: char) {
        match c {
            '\u{300}'..='\u{36f}' => {}
            c if c.is_alphanumeric() => self.raw.push(c),
            // Part of a name, such as O'Brien; at its end it is taken off again.
            '\'' | '\u{2019}' | '\u{2bc}' | '`' if !self.raw.is_empty() => self.raw.push('\''),
            c => {
                self.end_word(c);
                if c == '\n' {
                    self.line += 1;
                }
                if matches!(c, '.' | '!' | '?' | '\n' | '\u{2022}') {
                    self.inside_sentence = false;
                }
            }
        }
    }

    fn end_word(&mut self, then: char) {
        let raw = std::mem::take(&mut self.raw);
        let bare = raw.trim_end_matches('\'');
        let name = bare.strip_suffix("'s").or_else(|| bare.strip_suffix("'S")).unwrap_or(bare);
        let folded = fold(name);
        if folded.is_empty() {
            return;
        }
        self.words.push(Word {
            disguised: disguised(&folded),
            folded,
            capital: name.starts_with(char::is_uppercase),
            begins: !self.inside_sentence,
            addressed: matches!(then, ',' | ':') || name.len() < raw.len(),
            line: self.line,
            raw: name.to_owned(),
        });
        self.inside_sentence = true;
    }
}

fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().filter(|c| *c != '\'').flat_map(char::to_lowercase) {
        match c {
            'ł' => folded.push('l'),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            '\u{307}' => {}
            other => folded.push(latin(other)),
        }
    }
    folded
}

/// The Latin letter that a Cyrillic or Greek one looks like.
fn latin(c: char) -> char {
    match c {
        'а' | 'α' => 'a',
        'в' | 'β' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' => 'e',
        'һ' | 'н' => 'h',
        'і' | 'ι' | 'ı' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'м' | 'μ' => 'm',
        'ν' => 'n',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' => 'u',
        'х' | 'χ' => 'x',
        'у' => 'y',
        other => other,
    }
}

/// "j4mes" read as "james"; none for what is no mixture of letters and digits.
fn disguised(folded: &str) -> Option<String> {
    let letters = folded.chars().filter(|c| c.is_alphabetic()).count();
    (letters >= 2 && folded.contains(|c: char| c.is_ascii_digit())).then(|| {
        let letter = |c| match c {
            '0' => 'o',
            '1' => 'i',
            '3' => 'e',
            '4' => 'a',
            '5' => 's',
            '7' => 't',
            other => other,
        };
        folded.chars().map(letter).collect()
    })
}

/// Joins "Z o e" into one word; two letters in a row are still two words.
fn spelt_out(words: Vec<Word>) -> Vec<Word> {
    let mut joined: Vec<Word> = Vec::with_capacity(words.len());
    let mut letters: Vec<Word> = Vec::new();
    for word in words {
        let single = word.folded.chars().count() == 1 && word.folded.contains(char::is_alphabetic);
        if single && letters.last().is_none_or(|last| last.line == word.line) {
            letters.push(word);
            continue;
        }
        flush(&mut letters, &mut joined);
        if single { letters.push(word) } else { joined.push(word) }
    }
    flush(&mut letters, &mut joined);
    joined
}

fn flush(letters: &mut Vec<Word>, joined: &mut Vec<Word>) {
    if letters.len() < 3 {
        joined.append(letters);
        return;
    }
    let Some(first) = letters.first().cloned() else { return };
    let text = |part: fn(&Word) -> &str| letters.iter().map(part).collect::<String>();
    let (folded, raw) = (text(|word| &word.folded), text(|word| &word.raw));
    joined.push(Word { folded, raw, capital: true, begins: false, ..first });
    letters.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Vec<String> {
        folded(text)
    }

    #[test]
    fn a_name_is_the_same_however_it_is_dressed() {
        for text in [
            "Zoë Lindqvist",
            "ZOE LINDQVIST",
            "Ｚｏｅ Ｌｉｎｄｑｖｉｓｔ",
            "𝐙𝐨𝐞 𝑳𝒊𝒏𝒅𝒒𝒗𝒊𝒔𝒕",
            "Zое Lindqvist",
            "Zoe-Lindqvist",
        ] {
            assert_eq!(plain(text), ["zoe", "lindqvist"], "{text}");
        }
        assert_eq!(plain("O’Brien's and O'Brien"), ["obrien", "and", "obrien"]);
        assert_eq!(plain("Z o ë Lindqvist"), ["zoe", "lindqvist"]);
        assert_eq!(plain("I a m"), ["iam"], "three letters in a row are taken for a word");
        assert_eq!(plain("plan B a"), ["plan", "b", "a"]);
        assert!(words("Z0e")[0].is("zoe") && words("J4m35")[0].is("james"));
    }

    #[test]
    fn where_a_sentence_begins_is_known() {
        let begins: Vec<bool> = words("Mark it. Grace, come\nHope you").iter().map(|word| word.begins).collect();
        assert_eq!(begins, [true, false, true, false, true, false]);
        assert!(words("Grace, come")[0].addressed && words("Grace's book")[0].addressed);
    }
}
