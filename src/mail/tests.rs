//! The laws of a mail: what is shown is what leaves, and nothing is hidden in it.

mod hidden;

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const AT: Timestamp = Timestamp::constant(1_795_000_000, 0);

fn draft(subject: &str, body: &str) -> Draft {
    Draft {
        to_name: PersonName::parse("Mateo Nguyen").unwrap(),
        to: EmailAddress::parse("mateo.nguyen@example.com").unwrap(),
        from_name: Some(PersonName::parse("Ada Lovelace").unwrap()),
        from: EmailAddress::parse("ada@school.example").unwrap(),
        subject: Subject::parse(subject).unwrap(),
        body: Body::parse(body).unwrap(),
    }
}

fn freeze(draft: &Draft) -> FrozenMail {
    draft.freeze(AT, Uuid::from_u128(7)).unwrap()
}

#[test]
fn the_bytes_of_a_mail() {
    let body =
        "Dear Mateo,\n\nyour last evaluation went up: 6.5 → 7.2. Keep going!\n\nFrom here it is one step.\n.\nAda";
    let mail = freeze(&draft("Your progress in Física – well done", body));
    insta::assert_snapshot!(String::from_utf8(mail.raw().to_vec()).unwrap().replace("\r\n", "\n"), @r#"
    From: "Ada Lovelace" <ada@school.example>
    To: "Mateo Nguyen" <mateo.nguyen@example.com>
    Subject: Your progress in =?utf-8?b?RsOtc2ljYSDigJM=?= well done
    Date: Wed, 18 Nov 2026 11:06:40 +0000
    Message-ID: <00000000-0000-0000-0000-000000000007@school.example>
    MIME-Version: 1.0
    Content-Type: text/plain; charset=utf-8
    Content-Transfer-Encoding: quoted-printable

    Dear Mateo,

    your last evaluation went up: 6.5 =E2=86=92 7.2. Keep going!

    From here it is one step.
    .
    Ada
    "#);
}

#[test]
fn a_stored_mail_comes_back_byte_for_byte() {
    let mail = freeze(&draft("Hello", "Words"));
    let stored = serde_json::to_string(&mail).unwrap();
    assert_eq!(serde_json::from_str::<FrozenMail>(&stored).unwrap(), mail);
    assert_eq!(mail.message_id(), "<00000000-0000-0000-0000-000000000007@school.example>");
}

#[test]
fn what_stands_at_the_end_of_a_line_does_not_get_lost_on_the_way() {
    let mail = freeze(&draft("Hello", "two spaces  \na tab\t\nend"));
    let raw = String::from_utf8(mail.raw().to_vec()).unwrap();
    assert!(!raw.lines().any(|line| line.ends_with([' ', '\t'])), "{raw}");
}

/// One mail's bytes with something put in; what it shows must be refused.
fn tampered(change: impl Fn(&str) -> String) -> Result<Shown, NotShowable> {
    let mail = freeze(&draft("Hello", "Words"));
    Shown::read(change(std::str::from_utf8(mail.raw()).unwrap()).as_bytes())
}

#[test]
fn bytes_that_hold_more_than_the_card_can_show_are_refused() {
    let header = |line: &'static str| move |raw: &str| format!("{line}\r\n{raw}");
    for line in
        ["Bcc: eve@example.com", "Cc: eve@example.com", "Reply-To: eve@example.com", "X-Note: 1", "To: b@example.com"]
    {
        assert!(matches!(tampered(header(line)), Err(NotShowable::Header(_))), "{line}");
    }
    let two = |raw: &str| raw.replace("<mateo.nguyen@example.com>", "<mateo.nguyen@example.com>, eve@example.com");
    assert_eq!(tampered(two), Err(NotShowable::Missing("To")));
    let html = |raw: &str| raw.replace("text/plain", "text/html");
    assert_eq!(tampered(html), Err(NotShowable::NotPlainText));
    assert_eq!(tampered(|raw| raw.replace("Subject:", "Sub:")), Err(NotShowable::Header("Sub".to_owned())));
    assert!(tampered(str::to_owned).is_ok());
}

#[test]
fn a_text_with_something_unseen_is_refused_by_name_and_place() {
    let told = Body::parse("Dear Mateo,\r\nwell\u{200B} done").unwrap_err().to_string();
    assert_eq!(told, "the mail's text contains U+200B (a zero-width character) in line 2, character 5; leave it out");
    let told = Subject::parse("abc\u{202E}def").unwrap_err().to_string();
    assert_eq!(told, "the subject contains U+202E (a text-direction control) in line 1, character 4; leave it out");
    let table: &[(&str, &str)] = &[
        ("a\0b", "a control character"),
        ("a\u{1B}b", "a control character"),
        ("a\u{9B}b", "a control character"),
        ("a\u{E0041}b", "a hidden tag character"),
        ("a\u{2066}b", "a text-direction control"),
        ("a\u{2028}b", "a line or paragraph separator"),
        ("a\u{FE0F}b", "an invisible variation selector"),
        ("a\u{E0101}b", "an invisible variation selector"),
        ("a\u{3164}b", "an invisible character"),
        ("a\u{2061}b", "an invisible format character"),
        ("a\u{200D}b", "a zero-width character"),
        ("😀\u{200D}b", "a zero-width character"),
        ("❤\u{FE0F}\u{FE0F}", "an invisible variation selector"),
    ];
    for (text, kind) in table {
        for told in [Body::parse(text).unwrap_err().to_string(), Subject::parse(text).unwrap_err().to_string()] {
            assert!(told.contains(kind), "{text:?}: {told}");
        }
        assert!(PersonName::parse(text).is_err());
    }
}

#[test]
fn joiners_that_shape_what_is_seen_are_kept() {
    for text in ["Well done 👩‍🏫 ❤️ 👩🏽‍🎓!", "می‌خواهم", "क्‍ष", "🇵🇹 ① naïve — “quoted”"]
    {
        assert_eq!(Body::parse(text).map(String::from).as_deref(), Ok(text));
        let mail = freeze(&draft("Hello", text));
        assert_eq!(mail.shown().unwrap().body, text);
    }
}

#[test]
fn every_format_character_is_refused_between_letters() {
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
    let format = ('\0'..=char::MAX).filter(|c| c.general_category() == GeneralCategory::Format);
    let mut seen = 0;
    for character in format {
        assert!(Body::parse(&format!("a{character}b")).is_err(), "U+{:04X}", u32::from(character));
        seen += 1;
    }
    assert!(seen > 150, "{seen} format characters are known");
}

#[test]
fn a_text_has_a_least_and_a_most_length() {
    assert_eq!(Subject::parse(" \u{a0} ").unwrap_err().to_string(), "the subject is empty; write something");
    assert!(Subject::parse(&"é".repeat(200)).is_ok());
    assert!(Subject::parse(&"é".repeat(201)).unwrap_err().to_string().contains("at most 200"));
    assert!(Body::parse(&"é\n".repeat(10_000)).is_ok());
    assert!(Body::parse(&"é".repeat(20_001)).unwrap_err().to_string().contains("20001 characters"));
}

#[test]
fn a_foreign_name_is_cleaned_and_never_panics_the_builder() {
    let clean = |text| PersonName::clean(text).map(String::from);
    assert_eq!(clean("Ada\r\nBcc: eve@example.com").as_deref(), Some("Ada Bcc: eve@example.com"));
    assert_eq!(clean(" Ada \u{202E} \0 Lovelace ").as_deref(), Some("Ada Lovelace"));
    assert_eq!(clean("=?utf-8?q?Eve?=").as_deref(), Some("utf-8?q?Eve?="));
    assert_eq!(clean("\r\n\u{200B}"), None);
    assert_eq!(clean(&"x".repeat(500)).map(|name| name.len()), Some(100));
}

#[test]
fn one_address_is_an_address_and_nothing_else_is() {
    let table: &[(&str, Option<&str>)] = &[
        ("mateo.nguyen@example.com", Some("mateo.nguyen@example.com")),
        (" ada+school@Example.COM ", Some("ada+school@example.com")),
        ("ada@münchen.example", Some("ada@xn--mnchen-3ya.example")),
        ("a@x.example, b@y.example", None),
        ("a@x.example;b@y.example", None),
        ("a@x.example b@y.example", None),
        ("a@b@x.example", None),
        ("Ada <ada@x.example>", None),
        ("ada@x.example\r\nBcc: eve@y.example", None),
        ("ada\n@x.example", None),
        ("ada@x.exa\u{200B}mple\0", None),
        ("\"a b\"@x.example", None),
        ("ädа@x.example", None),
        ("ada.@x.example", None),
        ("ada@", None),
        ("@x.example", None),
        ("ada", None),
        ("", None),
        ("ada@localhost", None),
        ("ada@[127.0.0.1]", None),
        ("ada@127.0.0.1", None),
        ("ada@-x.example", None),
        ("ada@x..example", None),
    ];
    for (text, expected) in table {
        let parsed = EmailAddress::parse(text);
        assert_eq!(parsed.as_ref().map(EmailAddress::as_str).ok(), *expected, "{text:?}");
    }
    let long = format!("{}@{}.example", "a".repeat(64), "b.".repeat(95));
    assert!(EmailAddress::parse(&long).is_err());
    let stored: Result<EmailAddress, _> = serde_json::from_str("\"a@x.example, b@y.example\"");
    assert!(stored.is_err(), "a stored address is parsed again");
}

/// Any text a person could write: words, emoji, odd punctuation, long lines.
fn any_text(most: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z ,.'()<>@:;\"\\\\=?_-]{1,12}",
        2 => "\\PC{1,8}",
        1 => Just("=?UTF-8?Q?x?= ".to_owned()),
        1 => Just("👩‍🏫🎓 ".to_owned()),
        1 => Just("  ".to_owned()),
        1 => "[a-z]{60,90}",
    ];
    prop::collection::vec(piece, 1..most).prop_map(|pieces| pieces.concat())
}

fn any_body() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        6 => any_text(12),
        1 => Just(".".to_owned()),
        1 => Just("From me to you".to_owned()),
        1 => Just("Bcc: eve@example.com".to_owned()),
        1 => Just("tab\tand trailing \t ".to_owned()),
        1 => Just(String::new()),
        1 => "[x]{990,1100}",
        1 => "[é界]{300,500}",
    ];
    prop::collection::vec(line, 1..25).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn what_is_read_in_the_bytes_is_what_the_draft_says(
        subject in any_text(10), body in any_body(), to_name in any_text(4), from_name in any_text(4),
    ) {
        let (Ok(subject), Ok(body)) = (Subject::parse(&subject), Body::parse(&body)) else { return Ok(()) };
        let Some(to_name) = PersonName::clean(&to_name) else { return Ok(()) };
        let draft = Draft { subject, body, to_name, from_name: PersonName::clean(&from_name), ..draft("x", "y") };
        let mail = draft.freeze(AT, Uuid::from_u128(7));
        prop_assert!(mail.is_ok(), "{:?} of {draft:?}", mail.map(|mail| Shown::read(mail.raw())));
        let mail = mail.unwrap();
        let shown = mail.shown().unwrap();
        prop_assert_eq!(&shown.body, draft.body.as_str());
        prop_assert_eq!(&shown.subject, draft.subject.as_str());
        prop_assert_eq!(&shown.to.address, "mateo.nguyen@example.com");
        let head = String::from_utf8(mail.raw().to_vec()).unwrap();
        let head = head.split("\r\n\r\n").next().unwrap();
        prop_assert!(head.is_ascii() && head.lines().all(|line| line.len() <= 998));
        prop_assert_eq!(head.lines().filter(|line| line.starts_with("To:")).count(), 1);
    }

    #[test]
    fn no_text_makes_a_parser_or_the_builder_panic(text in any::<String>()) {
        let _ = (Subject::parse(&text), Body::parse(&text), EmailAddress::parse(&text));
        if let Some(name) = PersonName::clean(&text) {
            let mail = freeze(&Draft { to_name: name, ..draft("x", "y") });
            prop_assert!(mail.shown().is_ok());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ten_thousand_short_mails_say_what_their_drafts_say(subject in any_text(3), body in any_text(4), name in any_text(2)) {
        let (Ok(subject), Ok(body)) = (Subject::parse(&subject), Body::parse(&body)) else { return Ok(()) };
        let Some(to_name) = PersonName::clean(&name) else { return Ok(()) };
        let draft = Draft { to_name, subject, body, ..draft("x", "y") };
        let shown = freeze(&draft).shown().unwrap();
        prop_assert_eq!((&*shown.body, &*shown.subject), (draft.body.as_str(), draft.subject.as_str()));
        prop_assert_eq!(&shown.to.address, "mateo.nguyen@example.com");
    }
}
