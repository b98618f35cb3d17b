//! A table as a spreadsheet takes it: CSV (RFC 4180) and XLSX.
//!
//! Numbers stay numbers. Whatever else a spreadsheet could take for a formula is
//! made text, because a cell may hold what a student or a model wrote; a file
//! from here never computes and never fetches.

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_TYPE, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
};
use anyhow::Context;
use rust_xlsxwriter::{Format, FormatAlign, Workbook, Worksheet};

use super::error::PageError;

/// A table without its looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it is about; names the file.
    pub name: String,
    /// The headings.
    pub head: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing: a dash on the page.
    Empty,
    /// A number: a minus or none, digits, and after a point more digits.
    Number(String),
    /// Words.
    Text(String),
}

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Comma-separated values.
    Csv,
    /// An Excel workbook.
    Xlsx,
}

/// As many signs as an Excel cell takes, and some to spare.
const LONGEST: usize = 32_000;

/// With these a spreadsheet begins a formula (OWASP, "CSV Injection"), wide forms included.
const TRIGGERS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

impl Form {
    /// By the end of a file's name.
    pub fn parse(end: &str) -> Option<Self> {
        match end {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

impl Cell {
    /// Reads a cell as it stands on the page: "7.25", "+0.60", "−1.05" and "7,25"
    /// are numbers, a dash is nothing, and all else is words.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        if matches!(text, "" | "–" | "—" | "-") {
            return Self::Empty;
        }
        number(text).map_or_else(|| Self::Text(text.to_owned()), Self::Number)
    }
}

/// A number without its plus and with a plain minus and point; "1,234.5" has
/// its thousands marked, "7,25" its decimals. A leading zero makes a name, not a number.
fn number(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix(['-', '−']) {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let plain = match digits.split_once(',') {
        None => digits.to_owned(),
        Some((whole, decimals)) if !decimals.contains([',', '.']) && decimals.len() != 3 => {
            format!("{whole}.{decimals}")
        }
        Some(_) => without_thousands(digits)?,
    };
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, "0"));
    let are_digits = |part: &str| (1..=15).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let named = whole.len() > 1 && whole.starts_with('0');
    (are_digits(whole) && are_digits(decimals) && !named).then(|| format!("{sign}{plain}"))
}

fn without_thousands(digits: &str) -> Option<String> {
    let whole = digits.split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    ((1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3)).then(|| digits.replace(',', ""))
}

/// Words that no spreadsheet takes for a formula: an apostrophe before them says so.
fn harmless(text: &str) -> String {
    let first = text.trim_start_matches([' ', '\u{a0}']).chars().next();
    if first.is_some_and(|first| TRIGGERS.contains(&first)) || text.starts_with(TRIGGERS) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

impl Table {
    /// The file, in this form.
    pub fn file(&self, form: Form) -> anyhow::Result<Vec<u8>> {
        match form {
            Form::Csv => self.csv(),
            Form::Xlsx => self.xlsx(),
        }
    }

    fn csv(&self) -> anyhow::Result<Vec<u8>> {
        // Excel reads UTF-8 only behind a byte order mark.
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            // Words in quotes stay one cell, whichever sign a reader cuts at.
            .quote_style(csv::QuoteStyle::NonNumeric)
            .flexible(true)
            .from_writer("\u{feff}".as_bytes().to_vec());
        writer.write_record(self.head.iter().map(|title| harmless(title)))?;
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| match cell {
                Cell::Empty => String::new(),
                Cell::Number(number) => number.clone(),
                Cell::Text(text) => harmless(text),
            }))?;
        }
        writer.into_inner().context("a table could not be written as CSV")
    }

    fn xlsx(&self) -> anyhow::Result<Vec<u8>> {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.set_name(sheet_name(&self.name))?;
        sheet.set_freeze_panes(1, 0)?;
        for (at, title) in (0..).zip(&self.head) {
            sheet.write_string_with_format(0, at, clipped(title), &HEAD)?;
            sheet.set_column_width(at, self.width(usize::from(at)))?;
        }
        for (down, row) in (1..).zip(&self.rows) {
            for (across, cell) in (0..).zip(row) {
                write(sheet, down, across, cell)?;
            }
        }
        Ok(book.save_to_buffer()?)
    }

    /// Wide enough for what stands in a column, within reason.
    fn width(&self, column: usize) -> f64 {
        let text = |cell: &Cell| match cell {
            Cell::Empty => 0,
            Cell::Number(text) | Cell::Text(text) => text.chars().count(),
        };
        let longest = self.rows.iter().filter_map(|row| row.get(column)).map(text).max().unwrap_or(0);
        let longest = longest.max(self.head.get(column).map_or(0, |title| title.chars().count()));
        f64::from(u8::try_from(longest.clamp(8, 60)).unwrap_or(60)) + 2.0
    }

    /// The table as a file to keep.
    pub fn answer(&self, form: Form) -> Result<HttpResponse, PageError> {
        let file = self.file(form)?;
        Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, form.kind()))
            .insert_header(attachment(&self.name, form.end()))
            .body(file))
    }
}

static HEAD: LazyLock<Format> = LazyLock::new(|| Format::new().set_bold().set_align(FormatAlign::Top).set_text_wrap());

/// A string is never a formula in this format: the type of each cell is written down.
fn write(sheet: &mut Worksheet, down: u32, across: u16, cell: &Cell) -> anyhow::Result<()> {
    match cell {
        Cell::Empty => {}
        Cell::Text(text) => drop(sheet.write_string(down, across, clipped(text))?),
        Cell::Number(number) => {
            let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
            let form = if decimals == 0 { "0".to_owned() } else { format!("0.{}", "0".repeat(decimals)) };
            let value: f64 = number.parse().context("a number is none")?;
            sheet.write_number_with_format(down, across, value, &Format::new().set_num_format(form))?;
        }
    }
    Ok(())
}

fn clipped(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Excel takes 31 signs, and not these.
fn sheet_name(name: &str) -> String {
    let kept: String =
        name.chars().filter(|sign| !"[]:*?/\\'".contains(*sign) && !sign.is_control()).take(31).collect();
    let kept = kept.trim().to_owned();
    if kept.is_empty() || kept.eq_ignore_ascii_case("history") { "Table".to_owned() } else { kept }
}

/// Says that an answer is a file, and how it is called: in full for browsers
/// that read RFC 8187, in plain letters for all.
pub fn attachment(name: &str, end: &str) -> ContentDisposition {
    let kept: String = name.chars().map(|sign| if sign.is_alphanumeric() { sign } else { ' ' }).take(80).collect();
    let kept = kept.split_whitespace().collect::<Vec<_>>().join("-");
    let kept = if kept.is_empty() { "table".to_owned() } else { kept };
    let plain: String = kept.chars().filter(char::is_ascii).collect();
    let plain = if plain.is_empty() { "table".to_owned() } else { plain };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(format!("{plain}.{end}")),
            DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".to_owned()),
                language_tag: None,
                value: format!("{kept}.{end}").into_bytes(),
            }),
        ],
    }
}

#[cfg(test)]
mod tests;
