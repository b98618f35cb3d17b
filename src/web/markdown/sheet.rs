//! Tables: numbers line up, standings have their colour, and each table scrolls
//! in a region with a name. All of it is added after cleaning, by exact tags that
//! text cannot spell, because there every `<` is escaped. Whole tables can be taken
//! along as files; one that is still being written is no table yet.

use askama::Template;
use comrak::{
    Node,
    nodes::{AstNode, NodeValue, TableAlignment},
};

use super::{
    super::spreadsheet::{Cell, Table},
    block::BREAK,
};

/// Where the tables of a text can be had as files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Files {
    /// Nowhere.
    #[default]
    None,
    /// Below this path, followed by the number of the table.
    Below {
        /// "/turns/01a1…/tables/2-"
        path: String,
        /// How many tables came before.
        next: usize,
    },
    /// Here.
    Collected(Vec<Table>),
}

impl Files {
    /// Below a path.
    pub fn below(path: String) -> Self {
        Self::Below { path, next: 0 }
    }

    fn name_next(&mut self) -> Option<String> {
        let Self::Below { path, next } = self else { return None };
        *next += 1;
        Some(format!("{path}{}", *next - 1))
    }

    pub(super) fn collect(&mut self, tables: Vec<Table>) {
        if let Self::Collected(all) = self {
            all.extend(tables);
        }
    }
}

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

#[derive(Template)]
#[template(path = "parts/files.html")]
struct Closing {
    files: Option<String>,
}

/// Aligns the columns that hold numbers, and gives the table.
pub(super) fn prepare(node: Node<'_>) -> Option<Table> {
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
    Some(taken_along(rows))
}

fn taken_along(rows: Vec<Vec<String>>) -> Table {
    let mut rows =
        rows.into_iter().map(|row| row.into_iter().map(|cell| cell.replace(BREAK, "\n")).collect::<Vec<_>>());
    let head = rows.next().unwrap_or_default();
    let rows = rows.map(|row| row.iter().map(|cell| Cell::read(cell)).collect()).collect();
    Table { name: head.join(", "), head, rows }
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
pub(super) fn dress(html: &str, tables: &[Table], files: &mut Files) -> String {
    let mut pieces = html.split("<table>");
    let mut dressed = pieces.next().unwrap_or_default().to_owned();
    for (at, piece) in pieces.enumerate() {
        let name = tables.get(at).map_or_else(|| "Table".to_owned(), |table| format!("Table: {}", table.name));
        dressed.push_str(&Opening { name: &name }.to_string());
        dressed.push_str("<table>");
        let closing = Closing { files: files.name_next() }.to_string();
        dressed.push_str(&dress_cells(piece).replace("</table>", &format!("</table></div>{closing}")));
    }
    dressed
}

fn dress_cells(piece: &str) -> String {
    let mut piece = piece
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
