use askama::{Template, filters::HtmlSafe};

use super::{
    super::spreadsheet::{self, Table},
    Tone,
};

/// A table in its own named scroll region.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/sheet.html")]
pub struct Sheet {
    /// What the table is about, for those who hear it.
    pub name: String,
    /// The columns; the first one names the row.
    pub columns: Vec<Column>,
    /// The rows, a cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// Where it can be had as a file, without the end of the file's name.
    pub files: Option<String>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub title: String,
    /// Whether it holds numbers, which line up on the right.
    pub number: bool,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// Words that lead somewhere.
    Link {
        /// What it says.
        text: String,
        /// A path of this app.
        href: String,
    },
    /// A number, or a dash where there is none.
    Number(String),
    /// How something stands, in words and colour.
    Standing {
        /// The words: "At risk".
        words: String,
        /// The colour.
        tone: Tone,
    },
}

impl Column {
    /// A column of words.
    pub fn words(title: &str) -> Self {
        Self { title: title.into(), number: false }
    }

    /// A column of numbers.
    pub fn number(title: &str) -> Self {
        Self { title: title.into(), number: true }
    }
}

impl Cell {
    fn taken_along(&self) -> spreadsheet::Cell {
        match self {
            // A name that looks like a number is still a name.
            Self::Text(text) | Self::Link { text, .. } => spreadsheet::Cell::Text(text.clone()),
            Self::Number(text) => spreadsheet::Cell::read(text),
            Self::Standing { words, .. } => spreadsheet::Cell::Text(words.clone()),
        }
    }
}

impl From<Sheet> for Table {
    fn from(sheet: Sheet) -> Self {
        let rows = sheet.rows.iter().map(|row| row.iter().map(Cell::taken_along).collect()).collect();
        Self { head: sheet.columns.into_iter().map(|column| column.title).collect(), name: sheet.name, rows }
    }
}

impl HtmlSafe for Sheet {}
