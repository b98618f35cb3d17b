//! Searching what was said: letters are compared without case and accents, so
//! that "dvorak" finds "Dvořák" in every database, and what was found is marked
//! in the text as it was written.

use std::ops::Range;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// How many words of a query count.
const MOST_WORDS: usize = 8;
/// How much of a query is read, in characters.
const LONGEST: usize = 200;
/// How much stands around the first find of an excerpt, in characters.
const BEFORE: usize = 60;
const AROUND: usize = 220;

/// A text in small letters without accents.
pub fn folded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        // What has no accents takes the short way; most signs of a text.
        if sign.is_ascii() {
            plain.push(sign.to_ascii_lowercase());
        } else {
            plain.extend(folded_sign(sign));
        }
    }
    plain
}

fn folded_sign(sign: char) -> impl Iterator<Item = char> {
    sign.nfkd().filter(|part| !is_combining_mark(*part)).flat_map(char::to_lowercase)
}

/// What is looked for: one or more words, each of which must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted(Vec<String>);

/// A stretch of a text, and whether it is what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text, as it was written.
    pub text: String,
    /// Whether it was looked for.
    pub found: bool,
}

impl Wanted {
    /// Reads a query; none when there is no word in it.
    pub fn parse(query: &str) -> Option<Self> {
        let query: String = query.chars().take(LONGEST).collect();
        let mut words: Vec<String> = folded(&query).split_whitespace().map(str::to_owned).collect();
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        words.truncate(MOST_WORDS);
        (!words.is_empty()).then_some(Self(words))
    }

    /// The words, folded, the longest first.
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// Whether every word stands in a text.
    pub fn is_in(&self, text: &str) -> bool {
        let text = folded(text);
        self.0.iter().all(|word| text.contains(word.as_str()))
    }

    /// A whole text with what was looked for marked.
    pub fn marked(&self, text: &str) -> Vec<Piece> {
        pieces(text, &self.finds(text))
    }

    /// A short stretch of a text around the first find, on one line and marked;
    /// none when nothing is found in it.
    pub fn excerpt(&self, text: &str) -> Option<Vec<Piece>> {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let first = self.finds(&line).first()?.start;
        let mut begin = line[..first].char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
        if begin > 0 {
            begin += line[begin..first].find(' ').map_or(0, |at| at + 1);
        }
        let end = line[begin..].char_indices().nth(AROUND).map_or(line.len(), |(at, _)| begin + at);
        let mut cut = line[begin..end].to_owned();
        if begin > 0 {
            cut.insert_str(0, "… ");
        }
        if end < line.len() {
            cut.push_str(" …");
        }
        Some(self.marked(&cut))
    }

    /// Where the words stand, from first to last, none inside another.
    fn finds(&self, text: &str) -> Vec<Range<usize>> {
        let mut plain = String::new();
        // For each byte of the folded text the sign that it comes from.
        let mut from: Vec<Range<usize>> = Vec::new();
        for (at, sign) in text.char_indices() {
            let before = plain.len();
            plain.extend(folded_sign(sign));
            from.extend((before..plain.len()).map(|_| at..at + sign.len_utf8()));
        }
        let mut finds: Vec<Range<usize>> = Vec::new();
        for word in &self.0 {
            let places = plain.match_indices(word.as_str());
            finds.extend(places.map(|(at, _)| from[at].start..from[at + word.len() - 1].end));
        }
        finds.sort_by_key(|find| (find.start, std::cmp::Reverse(find.end)));
        let mut end = 0;
        finds.retain(|find| {
            let apart = find.start >= end;
            end = end.max(if apart { find.end } else { end });
            apart
        });
        finds
    }
}

fn pieces(text: &str, finds: &[Range<usize>]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut take = |to: usize, found: bool| {
        if to > at {
            pieces.push(Piece { text: text[at..to].to_owned(), found });
            at = to;
        }
    };
    for find in finds {
        take(find.start, false);
        take(find.end, true);
    }
    take(text.len(), false);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(pieces: &[Piece]) -> String {
        pieces.iter().map(|p| if p.found { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    }

    fn wanted(query: &str) -> Wanted {
        Wanted::parse(query).expect("a word")
    }

    #[test]
    fn case_and_accents_do_not_matter_and_the_text_stays_as_it_was_written() {
        assert_eq!(shown(&wanted("DVORAK").marked("To Pavel Dvořák.")), "To Pavel [Dvořák].");
        assert_eq!(
            shown(&wanted("dvořák").marked("dvorak and Dvor\u{30c}a\u{301}k")),
            "[dvorak] and [Dvor\u{30c}a\u{301}k]"
        );
        assert_eq!(shown(&wanted("office ﬁrst").marked("The oﬃce, First")), "The [oﬃce], [First]");
        assert_eq!(Wanted::parse("  \u{301} "), None);
    }

    #[test]
    fn every_word_must_be_there_and_each_is_marked_once() {
        let both = wanted("mateo mail mat");
        assert!(both.is_in("A mail to Mateo") && !both.is_in("A letter to Mateo"));
        assert_eq!(shown(&both.marked("Mateo’s mail, Matthew")), "[Mateo]’s [mail], [Mat]thew");
    }

    #[test]
    fn an_excerpt_begins_near_the_first_find() {
        let long = format!("{} the needle is here {}", "hay ".repeat(100), "more hay ".repeat(100));
        let excerpt = shown(&wanted("needle").excerpt(&long).expect("found"));
        assert!(
            excerpt.starts_with("… hay") && excerpt.contains("the [needle] is") && excerpt.ends_with(" …"),
            "{excerpt}"
        );
        assert!(excerpt.chars().count() < AROUND + 10, "{excerpt}");
        assert_eq!(wanted("needle").excerpt("nothing"), None);
    }

    proptest! {
        #[test]
        fn marking_loses_no_letter_of_any_text(text in "\\PC{0,60}", query in "\\PC{1,6}") {
            if let Some(wanted) = Wanted::parse(&query) {
                let pieces = wanted.marked(&text);
                prop_assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text.clone());
                if wanted.words().len() == 1 && wanted.is_in(&text) {
                    prop_assert!(pieces.iter().any(|piece| piece.found));
                }
                let _excerpt = wanted.excerpt(&text);
            }
        }
    }
}
