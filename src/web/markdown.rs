//! Markdown, made into HTML that can do nothing.
//!
//! The text comes from a model, which may repeat what a student wrote, so it may
//! show things and must not do things. Two layers hold that, each on its own:
//! raw HTML, links and pictures are turned into plain text in the parsed tree,
//! and what comes out is cleaned by an allow-list that knows no link, no picture
//! and no attribute but a column's alignment. This room never makes a control,
//! never fetches, and never lets an address be followed: it is shown as text.

mod block;
mod sealer;
mod sheet;
#[cfg(test)]
mod tests;

use std::fmt;

use askama::filters::HtmlSafe;
use serde::Serialize;

pub use sealer::Sealer;
pub use sheet::Files;

use super::spreadsheet::Table;

/// HTML that this room has made and cleaned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// The HTML as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts more behind it.
    pub fn append(&mut self, more: Self) {
        if self.0.is_empty() {
            *self = more;
        } else {
            self.0.push_str(&more.0);
        }
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for SafeHtml {}

/// What a block that is still open will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A paragraph, a heading, a quotation.
    Text,
    /// A table, whose rows are no sight until it is whole.
    Table,
    /// A list.
    List,
    /// Preformatted text.
    Code,
}

impl Kind {
    /// The word for it, the same as in the event stream.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Table => "table",
            Self::List => "list",
            Self::Code => "code",
        }
    }
}

/// What a chunk of text changes on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Blocks that became final, to append.
    pub sealed: SafeHtml,
    /// What happens to the open text after them.
    #[serde(flatten)]
    pub tail: Tail,
    /// What the open block will be.
    pub kind: Kind,
}

/// What happens to the open text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Tail {
    /// These characters are added to it.
    #[serde(rename = "add")]
    Add(String),
    /// It is replaced by these.
    #[serde(rename = "open")]
    Whole(String),
}

/// A whole text as HTML: the same blocks that a [`Sealer`] gives piece by piece.
pub fn render(text: &str) -> SafeHtml {
    render_with(text, Files::None)
}

/// The same, with tables that can be taken along as files.
pub fn render_with(text: &str, files: Files) -> SafeHtml {
    let mut sealer = Sealer::with(files);
    let mut html = sealer.push(text).sealed;
    html.append(sealer.finish().sealed);
    html
}

/// A text as Markdown again, for a file: what could act or fetch is spelled out
/// in it, as it is on the page.
pub fn inert(text: &str) -> String {
    block::inert(text)
}

/// The words of a text alone, without the signs that shape it: for a line that
/// tells what stands in it.
pub fn words(text: &str) -> String {
    block::words(text)
}

/// Words as Markdown that shows them exactly.
pub fn literal(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        if "\\`*_[]<>&#|~!".contains(sign) {
            plain.push('\\');
        }
        plain.push(sign);
    }
    plain
}

/// The tables of a text, in the order in which they are shown.
pub fn tables(text: &str) -> Vec<Table> {
    let mut sealer = Sealer::with(Files::Collected(Vec::new()));
    sealer.push(text);
    sealer.end()
}
