//! What Markdown becomes when nobody means harm.

use crate::web::markdown::{Frame, Kind, Sealer, Tail, render, words};

fn html(text: &str) -> String {
    render(text).to_string()
}

#[test]
fn a_table_gets_a_name_scopes_and_aligned_numbers() {
    let table = html(
        "| Student | 1st | 3rd | Standing |\n|---|---|:-:|---|\n| Mateo \"M\" | 5.50 | – | At risk |\n| James | – | – | Fine |\n",
    );
    assert_eq!(
        table.replace('\n', ""),
        "<div class=\"sheet\" role=\"region\" aria-label=\"Table: Student, 1st, 3rd, Standing\" tabindex=\"0\"><table><thead><tr>\
         <th scope=\"col\">Student</th><th scope=\"col\" class=\"n\">1st</th><th scope=\"col\" class=\"c\">3rd</th>\
         <th scope=\"col\">Standing</th></tr></thead><tbody><tr><td>Mateo \"M\"</td><td class=\"n\">5.50</td><td class=\"c\">–</td>\
         <td class=\"warn\">At risk</td></tr><tr><td>James</td><td class=\"n\">–</td><td class=\"c\">–</td><td>Fine</td></tr></tbody>\
         </table></div>"
    );
}

#[test]
fn a_name_of_a_table_cannot_leave_its_attribute() {
    let table = html("| \" onfocus=\"x | &lt; |\n|---|---|\n| 1 | 2 |\n");
    assert!(table.contains("aria-label=\"Table: &#34; onfocus=&#34;x, &#60;\""), "{table}");
}

#[test]
fn text_that_spells_a_tag_is_not_dressed_as_one() {
    let shown = html("`<td align=\"right\">` and \\<table>");
    assert_eq!(shown.trim(), "<p><code>&lt;td align=\"right\"&gt;</code> and &lt;table&gt;</p>");
}

#[test]
fn headings_stand_below_those_of_the_page() {
    for (text, level) in [("# a", 3), ("## a", 3), ("### a", 3), ("#### a", 4), ("##### a", 5), ("###### a", 6)] {
        assert_eq!(html(text).trim(), format!("<h{level}>a</h{level}>"));
    }
}

#[test]
fn a_break_inside_a_cell_is_a_break_and_other_html_is_text() {
    assert!(html("| a |\n|---|\n| x<br>y |\n").contains("<td>x<br>y</td>"));
    assert_eq!(html("a <b>c</b>").trim(), "<p>a &lt;b&gt;c&lt;/b&gt;</p>");
}

#[test]
fn a_list_goes_on_counting_after_words_between() {
    assert!(html("1. a\n\nwords\n\n2. b\n").contains("<ol start=\"2\">"));
}

#[test]
fn a_link_becomes_its_words_and_its_whole_address() {
    assert_eq!(
        html("See [the **page**](https://x.example/a?b=c).").trim(),
        "<p>See the <strong>page</strong> (https://x.example/a?b=c).</p>"
    );
    assert_eq!(html("<https://x.example/>").trim(), "<p>https://x.example/</p>");
    assert_eq!(html("https://x.example/").trim(), "<p>https://x.example/</p>");
}

#[test]
fn a_paragraph_is_sealed_by_the_blank_line_after_it() {
    let mut sealer = Sealer::new();
    assert_eq!(sealer.push("Most are **on").tail, Tail::Add("Most are **on".into()));
    let frame = sealer.push(" track**.\n\n| Stu");
    assert_eq!(frame.sealed.as_str().trim(), "<p>Most are <strong>on track</strong>.</p>");
    assert_eq!((frame.tail, frame.kind), (Tail::Whole("| Stu".into()), Kind::Table));
    assert_eq!(sealer.push("dent |\n|---|\n").kind, Kind::Table);
    assert!(sealer.finish().sealed.as_str().contains("<th scope=\"col\">Student</th>"));
}

#[test]
fn a_table_right_below_a_paragraph_does_not_hold_it_back() {
    let mut sealer = Sealer::new();
    let frame = sealer.push("Here they are:\n| Student | 1st |\n|---|---|\n");
    assert_eq!(frame.sealed.as_str().trim(), "<p>Here they are:</p>");
    assert_eq!(frame.kind, Kind::Table);
}

#[test]
fn the_open_block_is_told_by_its_first_characters() {
    for (text, kind) in [
        ("- a", Kind::List),
        ("12. a", Kind::List),
        ("**a", Kind::Text),
        ("12 students", Kind::Text),
        ("```rust\nx", Kind::Code),
        ("```x``` y", Kind::Text),
        ("| a", Kind::Table),
    ] {
        assert_eq!(Sealer::new().push(text).kind, kind, "{text}");
    }
}

#[test]
fn a_frame_says_open_or_add_and_never_both() {
    let say = |frame: Frame| serde_json::to_value(frame).unwrap();
    let mut sealer = Sealer::new();
    assert_eq!(say(sealer.push("a")), serde_json::json!({"sealed": "", "add": "a", "kind": "text"}));
    assert_eq!(say(sealer.push("\n\n- b")), serde_json::json!({"sealed": "<p>a</p>\n", "open": "- b", "kind": "list"}));
}

#[test]
fn the_words_alone_have_no_signs_of_shape_and_lose_no_word() {
    let text = "## Two\n\n**Mateo** and\n`James` [here](https://a.example) <b>x</b>\n\n| Name | 1st |\n|:--|--:|\n| Ada | 9.40 |\n";
    let words = words(text).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words, "Two Mateo and James here <b>x</b> Name 1st Ada 9.40");
}
