//! Text that means harm. Whatever it says, it is shown and does nothing: no
//! request, no link, no control, no look of the app's own parts.

use proptest::prelude::*;

use crate::web::markdown::{Sealer, block, inert, literal, render};

// The same texts are shown in a browser (tests/browser/sink.rs).
#[path = "../../../../tests/payloads.rs"]
mod payloads;

use payloads::PAYLOADS;

const TAGS: [&str; 23] = [
    "p",
    "br",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "del",
    "code",
    "pre",
    "blockquote",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "div",
];

fn allowed(tag: &str, attribute: &str, value: &str) -> bool {
    match (tag, attribute) {
        ("td", "class") => ["n", "c", "good", "warn", "bad", "plain"].contains(&value),
        ("th", "class") => ["n", "c"].contains(&value),
        ("th", "scope") => value == "col",
        ("ol", "start") => value.bytes().all(|sign| sign.is_ascii_digit()),
        ("div", "class") => value == "sheet",
        ("div", "role") => value == "region",
        ("div", "tabindex") => value == "0",
        ("div", "aria-label") => value.starts_with("Table: "),
        _ => false,
    }
}

/// Every element and attribute that a browser would make of it is one of ours.
fn census(html: &str, from: &str) {
    let page = scraper::Html::parse_fragment(html);
    let all = scraper::Selector::parse("html > *, html > * *").unwrap();
    for element in page.select(&all).map(|found| found.value()) {
        assert!(TAGS.contains(&element.name()), "<{}> from {from:?}: {html}", element.name());
        for (attribute, value) in element.attrs() {
            assert!(allowed(element.name(), attribute, value), "{attribute}={value:?} from {from:?}: {html}");
        }
    }
}

#[test]
fn nothing_hostile_becomes_more_than_text() {
    for payload in PAYLOADS {
        for text in [
            payload.to_string(),
            format!("Words {payload} words"),
            format!("- a\n\n  {payload}"),
            format!("> {payload}"),
        ] {
            census(render(&text).as_str(), &text);
        }
    }
}

#[test]
fn nothing_hostile_gets_through_at_any_cut() {
    for payload in PAYLOADS {
        for (at, _) in payload.char_indices() {
            let mut sealer = Sealer::new();
            let mut html = sealer.push("Before.\n\n").sealed.to_string();
            for piece in [&payload[..at], &payload[at..], "\n\nAfter."] {
                html.push_str(sealer.push(piece).sealed.as_str());
                census(&html, payload);
            }
            html.push_str(sealer.finish().sealed.as_str());
            census(&html, payload);
        }
    }
}

#[test]
fn the_cleaner_holds_alone_when_raw_html_reaches_it() {
    for payload in PAYLOADS {
        census(&block::clean(payload), payload);
    }
    // What it would let through if it were no cleaner, so that the census above is seen to look.
    let caught = std::panic::catch_unwind(|| census("<img src=x>", "control")).is_err();
    assert!(caught);
}

#[test]
fn the_tree_holds_alone_when_nothing_cleans_after_it() {
    for payload in PAYLOADS {
        let html = block::uncleaned(payload);
        let tags: Vec<&str> = html
            .split('<')
            .skip(1)
            .map(|rest| rest.split([' ', '>', '/']).find(|name| !name.is_empty()).unwrap_or(""))
            .collect();
        assert!(tags.iter().all(|tag| TAGS.contains(tag)), "{payload:?}: {html}");
        assert!(!html.contains("href=") || html.contains('&'), "{payload:?}: {html}");
    }
}

#[test]
fn deep_nesting_ends_in_plain_text() {
    assert!(!render(&"> ".repeat(200)).as_str().contains(&"<blockquote>\n".repeat(30)));
    for (sign, times) in
        [("> ", 5_000), ("- ", 5_000), ("*a **b ", 3_000), ("[", 5_000), ("<div>", 2_000), ("`", 10_000)]
    {
        let started = std::time::Instant::now();
        census(render(&sign.repeat(times)).as_str(), sign);
        assert!(started.elapsed().as_secs() < 10, "{sign:?} took {:?}", started.elapsed());
    }
}

/// Words that mean something to a reader of Markdown or of HTML, in any order.
#[test]
fn nothing_hostile_acts_in_a_file_that_is_taken_along() {
    assert!(PAYLOADS.iter().filter(|text| block::acts(text)).count() > 30, "the check sees what acts");
    for text in PAYLOADS {
        let plain = inert(text);
        assert!(!block::acts(&plain), "{text:?} became {plain:?}");
        assert!(!block::acts(&literal(text).replace('\n', " ")), "{text:?}");
    }
    let table = "| a | b |\n|---|--:|\n| **x** | 1.50 |\n";
    assert!(inert(table).contains("| **x** | 1.50 |"), "{}", inert(table));
}

fn any_harm() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec![
            "<", ">", "/", "\"", "'", "`", "![", "](", ")", "[", "]", "](<", "]: ", "&lt;", "&#60;", "&#x3c;", "<!--", "-->",
            "<![CDATA[", "]]>", "<?", "?>", "\n", "\n\n", "    ", "\t", "> ", "- ", "1. ", "|", "---|---\n", "```", "~~~", "# ",
            "\u{0}", "\\", "\u{e00a}", "=", " ",
        ]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "img", "script", "svg", "math", "mtext", "mglyph", "style", "iframe", "a", "form", "meta", "base", "table", "td",
            "template", "noscript", "title", "textarea", "plaintext", "onerror", "href", "src", "class", "id", "style",
            "javascript:", "https://evil.example", "data:", "foreignObject", "annotation-xml", "select", "p", "div",
        ]).prop_map(str::to_owned),
        1 => prop::sample::select(PAYLOADS).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mixture_of_harm_becomes_more_than_text(text in any_harm()) {
        prop_assert!(!block::acts(&inert(&text)), "{}", inert(&text));
        census(render(&text).as_str(), &text);
    }
}
