//! Blocks that no person can read: base64, hexadecimal and their like.

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// The longest run that is still taken for something a person wrote.
const LONGEST: usize = 40;
/// The shortest line that can be a piece of a longer block.
const PIECE: usize = 16;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const ENGINES: [GeneralPurpose; 2] = [GeneralPurpose::new(&STANDARD, LENIENT), GeneralPurpose::new(&URL_SAFE, LENIENT)];

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_')
}

/// A line of dashes is no code, however long.
fn is_code(run: &str) -> bool {
    run.chars().filter(char::is_ascii_alphanumeric).count() * 4 > run.len() * 3
}

/// The beginning of a block that is too long to be words.
pub(super) fn unreadable(text: &str) -> Option<String> {
    let mut runs = text.split(|c: char| !is_part(c)).filter(|run| run.len() > LONGEST && is_code(run));
    let start = |run: &str| run.chars().take(12).collect::<String>();
    runs.next().map(start).or_else(|| wrapped(text).map(|block| start(&block))).or_else(|| hex_digits(text))
}

/// A block that was broken into lines.
fn wrapped(text: &str) -> Option<String> {
    let mut block = String::new();
    for line in text.lines().map(str::trim).chain([""]) {
        if line.len() >= PIECE && line.chars().all(is_part) && is_code(line) {
            block.push_str(line);
        } else if block.len() > LONGEST {
            return Some(block);
        } else {
            // The last line of a block is often a short one.
            block.clear();
        }
    }
    None
}

/// "4a 61 6d …": pairs of hexadecimal digits with something between them.
fn hex_digits(text: &str) -> Option<String> {
    let mut run = String::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if word.len() <= 4 && word.len().is_multiple_of(2) && word.bytes().all(|b| b.is_ascii_hexdigit()) {
            run.push_str(word);
        } else {
            run.clear();
        }
        if run.len() > LONGEST {
            return Some(run.chars().take(12).collect());
        }
    }
    None
}

/// What short blocks say when they are decoded: a name fits into a few letters.
/// Letters that only stand before a block do not hide it.
pub(super) fn decoded(text: &str) -> String {
    let runs = text.split(|c: char| !is_part(c)).filter(|run| run.len() >= 8);
    let begun_later = runs.flat_map(|run| (0..4).map(|letters| &run[letters..]));
    let texts = begun_later.flat_map(|run| {
        let base64 = ENGINES.iter().filter_map(|engine| engine.decode(run).ok());
        base64.chain(hex::decode(run).ok()).filter_map(|bytes| String::from_utf8(bytes).ok()).collect::<Vec<_>>()
    });
    texts.filter(|text| !text.contains(char::is_control)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_person_can_read_is_found() {
        for text in [
            "see QW1hcmEgTndvc3U6IDkuMDAsIDkuNTA7IEphbWVzIE1hcnRpbmV6OiA1LjgwLCA2LjQw",
            "416d617261204e776f73753a20392e30302c20392e35303b204a616d6573",
            "41 6d 61 72 61 20 4e 77 6f 73 75 3a 20 39 2e 30 30 2c 20 39 2e 35 30",
            "41:6d:61:72:61:20:4e:77:6f:73:75:3a:20:39:2e:30:30:2c:20:39:2e:35:30",
            "QW1hcmEgTndvc3U6IDku\nMDAsIDkuNTA7IEphbWVz\nIE1hcnRpbmV6OiA1Ljgw\n",
            "look-at_this-QW1hcmEgTndvc3U6IDkuMDAsIDkuNTA7IEph",
        ] {
            assert!(unreadable(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_a_teacher_writes_is_not() {
        for text in [
            "Dear Mateo,\n\nyour second evaluation was 6.10. See you on Monday!\n\nAda Byron",
            "----------------------------------------------------------------",
            "Donaudampfschifffahrtsgesellschaft",
            "https://school.example/timetable/2026/autumn/10B",
            "1999 2000 2001 2002 and 12 34 56",
            "abcdefghijklmnop",
        ] {
            assert_eq!(unreadable(text), None, "{text}");
        }
    }

    #[test]
    fn a_short_block_is_read() {
        assert!(decoded("SmFtZXMgTWFydGluZXo=").contains("James Martinez"));
        assert!(decoded("4a616d6573204d617274696e657a").contains("James Martinez"));
        assert_eq!(decoded("a good understanding of everything"), "");
        for before in ["a", "ab", "abc"] {
            assert!(decoded(&format!("{before}SmFtZXMgTWFydGluZXo=")).contains("James Martinez"), "{before}");
            assert!(decoded(&format!("{before}4a616d6573204d617274696e657a")).contains("James Martinez"), "{before}");
        }
    }
}
