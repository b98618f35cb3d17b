//! Tables: numbers line up, standings have their colour, and each table scrolls
//! in a region with a name. All of it is added after cleaning, by exact tags that
//! text cannot spell, because there every `<` is escaped.

use askama::Template;
use comrak::{
    Node,
    nodes::{AstNode, NodeValue, TableAlignment},
};

/// The only attribute values that cleaning lets through.
pub(super) const ALIGNMENTS: [&str; 3] = ["left", "center", "right"];

const STANDINGS: [(&str, &str); 7] = [
    ("On track", "good"),
    ("Passed", "good"),
    ("Secured", "good"),
    ("At risk", "warn"),
    ("Out of reach", "bad"),
    ("Failed", "bad"),
    ("No grades yet", "plain"),
];

#[derive(Template)]
#[template(source = "<div class=\"sheet\" role=\"region\" aria-label=\"{{ name }}\" tabindex=\"0\">", ext = "html")]
struct Opening<'a> {
    name: &'a str,
}

/// Aligns the columns that hold numbers, and gives the table's name.
pub(super) fn prepare(node: Node<'_>) -> Option<String> {
    let columns = match &node.data().value {
        NodeValue::Table(table) => table.num_columns,
        _ => return None,
    };
    let rows: Vec<Vec<String>> =
        node.children().map(|row| row.children().map(AstNode::collect_text).collect()).collect();
    let numbers: Vec<bool> =
        (0..columns).map(|at| is_numbers(rows.iter().skip(1).filter_map(|row| row.get(at)))).collect();
    if let NodeValue::Table(table) = &mut node.data_mut().value {
        for (alignment, numbers) in table.alignments.iter_mut().zip(numbers) {
            if numbers && *alignment == TableAlignment::None {
                *alignment = TableAlignment::Right;
            }
        }
    }
    Some(format!("Table: {}", rows.first().map(|head| head.join(", ")).unwrap_or_default()))
}

fn is_numbers<'a>(cells: impl Iterator<Item = &'a String>) -> bool {
    let mut found = false;
    for cell in cells {
        found |= !cell.trim().is_empty();
        if !cell.chars().all(|sign| sign.is_ascii_digit() || " .,%+-–—−/".contains(sign)) {
            return false;
        }
    }
    found
}

/// Gives cleaned HTML the classes, scopes and regions of this app's own tables.
pub(super) fn dress(html: &str, names: &[String]) -> String {
    let mut pieces = html.split("<table>");
    let mut dressed = pieces.next().unwrap_or_default().to_owned();
    for (at, piece) in pieces.enumerate() {
        let name = names.get(at).map_or("Table", String::as_str);
        dressed.push_str(&Opening { name }.to_string());
        dressed.push_str("<table>");
        dressed.push_str(&dress_cells(piece));
    }
    dressed
}

fn dress_cells(piece: &str) -> String {
    let mut piece = piece
        .replace("</table>", "</table></div>")
        .replace("<th>", "<th scope=\"col\">")
        .replace("<th align=\"left\">", "<th scope=\"col\">")
        .replace("<td align=\"left\">", "<td>");
    for (align, class) in [("right", "n"), ("center", "c")] {
        piece = piece
            .replace(&format!("<th align=\"{align}\">"), &format!("<th scope=\"col\" class=\"{class}\">"))
            .replace(&format!("<td align=\"{align}\">"), &format!("<td class=\"{class}\">"));
    }
    for (words, tone) in STANDINGS {
        for written in [words.to_owned(), words.to_lowercase()] {
            piece = piece.replace(&format!("<td>{written}</td>"), &format!("<td class=\"{tone}\">{words}</td>"));
        }
    }
    piece
}
