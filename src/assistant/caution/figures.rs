//! Numbers in a text, however they are written, as hundredths.
//!
//! Whole numbers alone are not taken for grades: there are too many of them in
//! ordinary words ("by 9 o'clock", "chapter 7").

use std::collections::BTreeSet;

use icu_normalizer::DecomposingNormalizerBorrowed;

/// The number that a text is as a whole, such as "5.80" or "−0.30".
pub(super) fn exactly(text: &str) -> Option<i32> {
    let bare = text.trim_start_matches(['+', '-', '\u{2212}']);
    let (whole, part) = bare.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    (digits(whole) && digits(part)).then(|| hundredths(whole, part)).flatten()
}

fn hundredths(whole: &str, part: &str) -> Option<i32> {
    let part: String = part.chars().chain("00".chars()).take(2).collect();
    Some(whole.parse::<i32>().ok()? * 100 + part.parse::<i32>().ok()?)
}

/// The numbers with decimals, the percentages and the numbers in words.
pub(super) fn in_text(text: &str) -> BTreeSet<i32> {
    let text: String = text.chars().map(vulgar).collect();
    let plain: String = DecomposingNormalizerBorrowed::new_nfkd().normalize(&text).chars().map(digit).collect();
    let plain = plain.to_lowercase();
    let tokens = tokens(&plain);
    (0..tokens.len()).flat_map(|at| starting_at(&tokens[at..])).collect()
}

/// "5½" would become "51⁄2".
fn vulgar(c: char) -> char {
    match c {
        '½' => '\u{1}',
        '¼' => '\u{2}',
        '¾' => '\u{3}',
        other => other,
    }
}

/// Digits of other scripts.
fn digit(c: char) -> char {
    const ZEROS: [char; 10] = ['٠', '۰', '०', '০', '௦', '๐', '੦', '૦', '೦', '០'];
    let of = |zero: &char| u32::from(c).checked_sub(u32::from(*zero)).filter(|n| *n < 10);
    ZEROS.iter().find_map(of).and_then(|n| char::from_digit(n, 10)).unwrap_or(c)
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    /// Digits; whether white space comes before them.
    Digits(&'a str, bool),
    Word(&'a str),
    Mark(char, bool),
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut rest, mut spaced) = (text, false);
    while let Some(c) = rest.chars().next() {
        let same: fn(char) -> bool = match c {
            c if c.is_ascii_digit() => |c| c.is_ascii_digit(),
            c if c.is_alphabetic() => char::is_alphabetic,
            _ => |_| false,
        };
        let end = rest.find(|c| !same(c)).unwrap_or(rest.len()).max(c.len_utf8());
        let (token, behind) = rest.split_at(end);
        if c.is_ascii_digit() {
            tokens.push(Token::Digits(token, spaced));
        } else if c.is_alphabetic() {
            tokens.push(Token::Word(token));
        } else if !c.is_whitespace() {
            tokens.push(Token::Mark(c, spaced));
        }
        spaced = c.is_whitespace();
        rest = behind;
    }
    tokens
}

fn starting_at(tokens: &[Token<'_>]) -> Vec<i32> {
    let mut found = Vec::new();
    found.extend(decimal(tokens));
    found.extend(percentage(tokens));
    found.extend(in_words(tokens));
    found
}

fn decimal(tokens: &[Token<'_>]) -> Option<i32> {
    match tokens {
        [Token::Digits(whole, _), Token::Mark('\u{1}', _), ..] => hundredths(whole, "50"),
        [Token::Digits(whole, _), Token::Mark('\u{2}', _), ..] => hundredths(whole, "25"),
        [Token::Digits(whole, _), Token::Mark('\u{3}', _), ..] => hundredths(whole, "75"),
        [Token::Digits(whole, _), Token::Mark(mark, before), Token::Digits(part, after), rest @ ..] => {
            // "5, 8 and 9" is a list; "5 . 8" and "5 , 8" are numbers drawn apart.
            let point = matches!(mark, '.' | '·' | '٫' | '\u{2027}') || (*mark == ',' && before == after);
            let more = match rest {
                [Token::Digits(more, true), ..] if part.len() == 1 && more.len() == 1 => more,
                _ => "",
            };
            (point && whole.len() <= 3 && part.len() <= 2)
                .then(|| hundredths(whole, &format!("{part}{more}")))
                .flatten()
        }
        _ => None,
    }
}

/// "58 %", "58 percent", "58/100": a grade of 5.80.
fn percentage(tokens: &[Token<'_>]) -> Option<i32> {
    let [Token::Digits(number, _), rest @ ..] = tokens else { return None };
    let is_share = matches!(
        rest,
        [Token::Mark('%', _) | Token::Word("percent" | "pct"), ..]
            | [Token::Word("per"), Token::Word("cent"), ..]
            | [Token::Mark('/', _), Token::Digits("100", _), ..]
            | [Token::Word("out"), Token::Word("of"), Token::Digits("100", _), ..]
    );
    number.parse::<i32>().ok().filter(|n| is_share && *n <= 100).map(|n| n * 10)
}

/// "five point eight", "five point eight zero", "six and a half".
fn in_words(tokens: &[Token<'_>]) -> Option<i32> {
    let whole = value(tokens.first()?).filter(|n| *n <= 10)?;
    match &tokens[1..] {
        [Token::Word("and"), Token::Word("a"), Token::Word("half"), ..] => Some(whole * 100 + 50),
        [Token::Word("point" | "comma" | "dot"), rest @ ..] => {
            let first = value(rest.first()?)?;
            let second = rest.get(1).and_then(|token| skipped_hyphen(token, &rest[1..]));
            Some(whole * 100 + if first >= 10 { first + second.unwrap_or(0) } else { first * 10 + second.unwrap_or(0) })
        }
        _ => None,
    }
}

fn skipped_hyphen(token: &Token<'_>, rest: &[Token<'_>]) -> Option<i32> {
    let token = if matches!(token, Token::Mark('-', _)) { rest.get(1)? } else { token };
    value(token).filter(|n| *n < 10)
}

fn value(token: &Token<'_>) -> Option<i32> {
    const WORDS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    match token {
        Token::Digits(digits, _) if digits.len() <= 2 => digits.parse().ok(),
        Token::Word("oh" | "o") => Some(0),
        Token::Word(word) => {
            let place = |list: &[&str]| list.iter().position(|known| known == word).and_then(|n| i32::try_from(n).ok());
            place(&WORDS).or_else(|| place(&TENS).map(|tens| (tens + 2) * 10))
        }
        Token::Digits(..) | Token::Mark(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_is_found_in_every_dress() {
        for text in [
            "5.80",
            "5.8",
            "5,80",
            "5,8",
            "5 . 8 0",
            "5 , 8",
            "5·8",
            "５．８０",
            "٥٫٨",
            "58%",
            "58 percent",
            "58 per cent",
            "58/100",
            "58 out of 100",
            "five point eight",
            "Five point eight zero",
            "five point eighty",
            "5 point 8",
            "𝟓.𝟖𝟎",
            "5.\n80",
            "|5.80|",
        ] {
            assert!(in_text(text).contains(&580), "{text}: {:?}", in_text(text));
        }
        for text in ["6.50", "6½", "six and a half", "6 point 5", "six point fifty"] {
            assert!(in_text(text).contains(&650), "{text}");
        }
        assert!(in_text("eight point eighty-five").contains(&885));
    }

    #[test]
    fn whole_numbers_dates_and_lists_are_no_grades() {
        for text in
            ["by 9 o'clock", "chapters 5, 8 and 9", "on 21 November 2026", "one of you", "room 305", "10B", "3 x 7"]
        {
            assert_eq!(in_text(text), BTreeSet::new(), "{text}");
        }
        assert_eq!(
            (exactly("5.80"), exactly("+0.30"), exactly("s-1001"), exactly("26")),
            (Some(580), Some(30), None, None)
        );
    }
}
