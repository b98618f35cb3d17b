//! Nothing is hidden in a mail, over ten thousand bodies that try.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::*;

/// Every format character there is, and the block of the tags.
fn hiders() -> Vec<char> {
    let format = (0..=0x10_FFFF).filter_map(char::from_u32).filter(|c| c.general_category() == GeneralCategory::Format);
    let tags = (0xE_0000..=0xE_0FFF).filter_map(char::from_u32);
    let mut all: Vec<char> = format.chain(tags).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Characters that may stand where they shape what is seen.
fn shapes(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE0F}')
}

fn body() -> impl Strategy<Value = (String, bool)> {
    let plain = prop_oneof![
        6 => "[a-zA-Z ,.<>&=?-]{1,10}",
        2 => Just("Zоë Lіma ".to_owned()),
        1 => Just("раураl ".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just("漢字 عربي 👩🏽‍🏫 ".to_owned()),
    ];
    let hidden = prop::sample::select(hiders());
    let place = prop::option::weighted(0.5, (hidden, any::<prop::sample::Index>()));
    (prop::collection::vec(plain, 1..8), place).prop_map(|(pieces, place)| {
        let mut text = format!("a{}z", pieces.concat());
        let hides = place.as_ref().is_some_and(|(hidden, _)| !shapes(*hidden));
        if let Some((hidden, at)) = place {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).skip(1).collect();
            text.insert(places[at.index(places.len())], hidden);
        }
        (text, hides)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn a_body_is_refused_or_shown_whole((text, hides) in body()) {
        let parsed = Body::parse(&text);
        if !hides && !text.contains(shapes) {
            prop_assert!(parsed.is_ok(), "{text:?} hides nothing");
        }
        let Ok(parsed) = parsed else { return Ok(()) };
        prop_assert!(!hides, "{:?} hides something", text);
        let seen = |c: char| matches!(c, '\n' | '\t') || shapes(c)
            || !matches!(c.general_category(), GeneralCategory::Format | GeneralCategory::Control);
        prop_assert!(parsed.as_str().chars().all(seen));
        let mail = Draft { body: parsed.clone(), ..draft("Hello", "x") }.freeze(AT, Uuid::from_u128(7)).unwrap();
        prop_assert_eq!(mail.shown().unwrap().body, parsed.as_str());
    }
}

#[test]
fn every_hidden_character_is_refused_wherever_it_stands() {
    let all = hiders();
    assert!(all.len() > 4_000, "{}", all.len());
    for hidden in all.into_iter().filter(|c| !shapes(*c)) {
        for text in [format!("a{hidden}b"), format!("a {hidden} b"), format!("a\n{hidden}b"), format!("👩{hidden}🏫")]
        {
            assert!(Body::parse(&text).is_err(), "U+{:04X} in {text:?}", u32::from(hidden));
            assert!(Subject::parse(&text).is_err(), "U+{:04X} in {text:?}", u32::from(hidden));
        }
    }
}

#[test]
fn five_megabytes_are_refused_at_once() {
    assert!(Body::parse(&"x".repeat(5_000_000)).is_err());
    assert!(Body::parse(&"\u{200b}".repeat(1_700_000)).is_err());
}
