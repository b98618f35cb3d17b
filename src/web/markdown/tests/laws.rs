//! Laws of the sealer: the cut does not matter, the whole is the sum of its
//! parts, and the work grows with the text and not with its square.

use proptest::prelude::*;

use crate::web::markdown::{Files, Kind, Sealer, Tail, block, render};

/// What a page shows after these chunks: sealed HTML, and the open text.
fn stream<'a>(chunks: impl IntoIterator<Item = &'a str>) -> String {
    let (mut sealer, mut shown, mut open) = (Sealer::new(), String::new(), String::new());
    for chunk in chunks {
        let frame = sealer.push(chunk);
        shown.push_str(frame.sealed.as_str());
        match frame.tail {
            Tail::Add(more) => open.push_str(&more),
            Tail::Whole(whole) => open = whole,
        }
        assert_eq!(open, sealer.open(), "the page's tail is the sealer's");
    }
    let frame = sealer.finish();
    assert_eq!((frame.tail, frame.kind), (Tail::Whole(String::new()), Kind::Text));
    shown + frame.sealed.as_str()
}

fn cut(text: &str, places: &[usize]) -> Vec<String> {
    let mut chunks = vec![String::new()];
    for (at, sign) in text.chars().enumerate() {
        if places.contains(&at) {
            chunks.push(String::new());
        }
        chunks.last_mut().unwrap().push(sign);
    }
    chunks
}

/// Lines such as models write, and such as they should not.
fn line() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "",
        "",
        "",
        "   ",
        "# Head",
        "#",
        "Plain words",
        "more **bold** words",
        "- item",
        "- ",
        "* star",
        "  continued",
        "      deep",
        "1. one",
        "2) two",
        "14. late",
        "> quoted",
        ">",
        "lazy",
        "---",
        "===",
        "***",
        "```",
        "```rust",
        "~~~",
        "    code",
        "\tcode",
        "| a | b |",
        "|---|--:|",
        "| 1 | 2 |",
        "a | b",
        "--- | ---",
        "<div>",
        "</div>",
        "<script>",
        "<!-- open",
        "-->",
        "<br>",
        "`tick",
        "a  ",
        "\\",
        "\r",
        "- - nested",
        "> - both",
        "> ```",
        "[ ] box",
        "- [x] done",
        "![p](u)",
        "[w](https://x.example)",
        "&amp;",
        "|",
        "|-",
    ]);
    prop_oneof![6 => known.prop_map(str::to_owned), 1 => "[ -~é–|#>*`-]{0,20}"]
}

fn document() -> impl Strategy<Value = String> {
    (prop::collection::vec(line(), 0..24), any::<bool>()).prop_map(|(lines, ended)| {
        let mut text = lines.join("\n");
        text.push_str(if ended { "\n" } else { "" });
        text
    })
}

/// A definition of a link reference acts across blocks, which is the one thing
/// that sealing block by block cannot see.
fn has_reference(text: &str) -> bool {
    text.contains("]:")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn where_the_chunks_are_cut_does_not_matter(text in document(), places in prop::collection::vec(0_usize..400, 0..40)) {
        let chunks = cut(&text, &places);
        prop_assert_eq!(stream(chunks.iter().map(String::as_str)), render(&text).to_string());
    }

    #[test]
    fn blocks_sealed_one_by_one_are_the_blocks_of_the_whole(text in document()) {
        prop_assume!(!has_reference(&text));
        let whole = block::all(&text.replace('\r', ""), &mut Files::None).to_string();
        prop_assert_eq!(render(&text).to_string(), whole);
    }

    #[test]
    fn anything_at_all_is_rendered(text in any::<String>()) {
        prop_assert_eq!(stream(cut(&text, &(0..text.len()).collect::<Vec<_>>()).iter().map(String::as_str)), render(&text).to_string());
    }
}

#[test]
fn every_single_cut_of_a_real_answer_gives_the_same_page() {
    let text = "Most are on track.\r\n\r\n| Student | Needs |\r\n|---|---|\r\n| Mateo | 9.40 |\r\n\r\n## Next\n\n1. Mateo\n\n   first\n2. James\n\n\
                ```\ncode\n\nmore\n```\n> wise\nwords\n\nEnd – done.";
    let whole = render(text).to_string();
    for (at, _) in text.char_indices() {
        assert_eq!(stream([&text[..at], &text[at..]]), whole, "cut at {at}");
    }
}

#[test]
fn a_head_of_a_table_is_not_cut_from_the_paragraph_that_made_it_one() {
    for text in ["0\n<br>\n|-\n|---|--:|\n", "words\n2. a\n|-\n|---|\nb\n", "a | b\n    c | d\n--- | ---\n| --\n"] {
        assert_eq!(render(text).to_string(), block::all(text, &mut Files::None).to_string(), "{text:?}");
    }
}

#[test]
fn a_reference_is_text_whenever_its_definition_comes() {
    let late = render("See [the page][1].\n\n[1]: https://x.example/secret\n").to_string();
    assert_eq!(late.trim(), "<p>See [the page][1].</p>");
    let early = render("[1]: https://x.example/secret\nSee [the page][1].\n").to_string();
    assert_eq!(early.trim(), "<p>See the page (https://x.example/secret).</p>");
}

#[test]
fn the_work_grows_with_the_text_and_not_with_its_square() {
    let list = "- one more item\n\n".repeat(6_000);
    let code = format!("```\n{}```\n", "a line\n\n".repeat(10_000));
    let nested = "- a\n\n  - b\n\n      c\n\n".repeat(3_000);
    let text = "A paragraph of a few words.\n\n".repeat(5_000);
    for whole in [list, code, nested, text] {
        let mut sealer = Sealer::new();
        whole.as_bytes().chunks(8).for_each(|chunk| drop(sealer.push(std::str::from_utf8(chunk).unwrap())));
        assert!(sealer.parsed <= 17 * whole.len(), "{} bytes parsed of {}", sealer.parsed, whole.len());
    }
}
