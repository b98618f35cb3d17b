//! What a spreadsheet finds in the files: numbers, words, and nothing that acts.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use proptest::prelude::*;

use super::*;

fn table(cells: &[&str]) -> Table {
    let rows = vec![cells.iter().map(|cell| Cell::read(cell)).collect()];
    Table { name: "Roster".into(), head: cells.iter().map(|_| "Head".to_owned()).collect(), rows }
}

fn csv_of(table: &Table) -> String {
    String::from_utf8(table.file(Form::Csv).unwrap()).unwrap()
}

/// The cells as Excel would open them.
fn opened(table: &Table) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(table.file(Form::Xlsx).unwrap())).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    assert!(book.worksheet_formula(&book.sheet_names()[0].clone()).unwrap().is_empty(), "nothing computes");
    sheet.rows().map(<[Data]>::to_vec).collect()
}

const ATTACKS: [&str; 10] = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "  =HYPERLINK(\"https://evil.example\")",
    "＝1+1",
    "=cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
];

#[test]
fn what_begins_like_a_formula_is_words() {
    for attack in ATTACKS {
        // As a student's name could be stored, without the page's trimming.
        let cells = Table { rows: vec![vec![Cell::Text(attack.to_owned())]], ..table(&["x"]) };
        let csv = csv_of(&cells);
        let cell = csv.split("\r\n").nth(1).unwrap();
        assert!(cell.starts_with("\"'"), "{attack:?} became {cell}");
        assert_eq!(opened(&cells)[1][0], Data::String(attack.to_owned()), "{attack:?}");
    }
    assert!(csv_of(&Table { head: vec!["=1+1".into()], ..table(&[]) }).contains("\"'=1+1\""));
}

#[test]
fn numbers_stay_numbers() {
    let numbers = table(&["7.25", "+0.60", "−1.05", "-1.05", "10", "0", "7,5", "1,234.50", "0.5"]);
    assert_eq!(csv_of(&numbers).split("\r\n").nth(1).unwrap(), "7.25,0.60,-1.05,-1.05,10,0,7.5,1234.50,0.5");
    let values = [7.25, 0.6, -1.05, -1.05, 10.0, 0.0, 7.5, 1234.5, 0.5];
    assert_eq!(opened(&numbers)[1], values.map(Data::Float));
}

#[test]
fn what_only_looks_like_a_number_is_words() {
    for text in
        ["007", "1.2.3", "1e5", "0x10", "12:30", "1/2", "9.", ".5", "--1", "+-1", "1,23,4", "10B", "9999999999999999"]
    {
        assert_eq!(Cell::read(text), Cell::Text(text.to_owned()), "{text}");
    }
    for dash in ["–", "—", "-", "", "  "] {
        assert_eq!(Cell::read(dash), Cell::Empty);
    }
}

#[test]
fn names_of_all_people_and_files_arrive_whole() {
    let names = table(&["Zoë Müller", "O'Brien, \"Ben\"", "Ольга", "a;b", "two\nlines"]);
    let csv = csv_of(&names);
    assert!(
        csv.starts_with('\u{feff}') && csv.contains("\"O'Brien, \"\"Ben\"\"\"") && csv.contains("\"a;b\""),
        "{csv}"
    );
    let cells = opened(&names)[1].iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(cells, ["Zoë Müller", "O'Brien, \"Ben\"", "Ольга", "a;b", "two\nlines"]);
    let header = attachment("Students of Física · 10B/../\"x\"\r\n", "csv").to_string();
    assert!(header.starts_with("attachment; filename=\"Students-of-Fsica-10B-x.csv\""), "{header}");
    assert!(header.contains("filename*=UTF-8''Students%2Dof%2DF%C3%ADsica%2D10B%2Dx.csv"), "{header}");
    for name in ["", "[]:*?/\\", "History", "a very long name that Excel would not take at all"] {
        let table = Table { name: name.into(), ..table(&["1"]) };
        assert_eq!(opened(&table).len(), 2, "{name:?}");
    }
}

proptest! {
    #[test]
    fn no_cell_ever_begins_a_formula(text in ".{0,12}", space in "[ \t\r\n]{0,2}", trigger in "[=+@-]?") {
        let cell = Cell::read(&format!("{space}{trigger}{text}"));
        let cells = Table { rows: vec![vec![cell.clone()]], ..table(&["x"]) };
        let csv = csv_of(&cells);
        let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
        let record = reader.records().next().transpose().unwrap();
        let read = record.as_ref().and_then(|record| record.get(0)).unwrap_or_default().to_owned();
        let numeric = matches!(&cell, Cell::Number(number) if *number == read);
        prop_assert!(numeric || !read.trim_start().starts_with(['=', '+', '-', '@']), "{:?}", read);
    }
}
