//! Tables and lists in markdown. Every cell is a text that a tool gave.

use super::facts::Row;

/// A column of a table of students.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Student,
    Class,
    /// One column for each evaluation; none when no row tells its evaluations.
    Evaluations,
    Average,
    Needs,
    Best,
    Standing,
}

/// A table of students, numbers to the right.
pub fn students(rows: &[Row], columns: &[Column]) -> String {
    let evaluations = rows.iter().map(|row| row.evaluations.len()).max().unwrap_or(0);
    let head: Vec<(String, bool)> = columns.iter().flat_map(|column| headers(*column, evaluations)).collect();
    let body = rows.iter().map(|row| columns.iter().flat_map(|column| cells(row, *column, evaluations)).collect());
    table(&head, body)
}

/// A table from its head (with whether a column is of numbers) and its rows.
pub fn table(head: &[(String, bool)], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut table = line(head.iter().map(|(name, _)| name.clone()).collect());
    table.push_str(&line(head.iter().map(|(_, number)| if *number { "--:" } else { ":--" }.to_owned()).collect()));
    for row in rows {
        table.push_str(&line(row.iter().map(|cell| escape(cell)).collect()));
    }
    table.trim_end().to_owned()
}

/// A number as a cell, a dash where there is none.
pub fn number(number: Option<&String>) -> String {
    number.map_or_else(|| "–".to_owned(), Clone::clone)
}

/// "A", "A and B", "A, B and C".
pub fn listed<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [most @ .., last] => {
            let most: Vec<&str> = most.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", most.join(", "), last.as_ref())
        }
    }
}

fn headers(column: Column, evaluations: usize) -> Vec<(String, bool)> {
    let one = |name: &str, number| vec![(name.to_owned(), number)];
    match column {
        Column::Student => one("Student", false),
        Column::Class => one("Class", false),
        Column::Evaluations => (1..=evaluations).map(|n| (ordinal(n), true)).collect(),
        Column::Average => one("Average", true),
        Column::Needs => one("Needs", true),
        Column::Best => one("Best possible", true),
        Column::Standing => one("Standing", false),
    }
}

fn ordinal(n: usize) -> String {
    match n {
        1 => "1st".into(),
        2 => "2nd".into(),
        3 => "3rd".into(),
        _ => format!("{n}th"),
    }
}

fn cells(row: &Row, column: Column, evaluations: usize) -> Vec<String> {
    match column {
        Column::Student => vec![row.name().to_owned()],
        Column::Class => vec![row.class().to_owned()],
        Column::Evaluations => {
            (0..evaluations).map(|n| number(row.evaluations.get(n).and_then(Option::as_ref))).collect()
        }
        Column::Average => vec![number(row.average_so_far.as_ref())],
        Column::Needs => vec![number(row.needed.as_ref())],
        Column::Best => vec![number(row.best_possible.as_ref())],
        Column::Standing => vec![row.standing().words().to_owned()],
    }
}

fn escape(cell: &str) -> String {
    cell.replace('|', "\\|").replace(['\n', '\r'], " ")
}
