//! What an answer rests on: what a tool was asked for, the rows that it gave
//! back as a table that can be read, and how long it took. Shown as it is
//! stored, and never in the model's words.

use serde_json::{Map, Value};

use super::super::{
    parts::{Cell, Column, Evidence, Fact, Sheet, capitalised},
    spreadsheet,
};
use crate::assistant::turn::{Call, CallResult};

/// More columns than these nobody reads; the whole text stands below.
const WIDEST: usize = 9;
/// The same for rows.
const LONGEST: usize = 200;
const DASH: &str = "–";

/// What a call was asked for.
pub(super) fn asked_for(call: &Call) -> Evidence {
    let label = "Asked for".to_owned();
    let tool = Fact { name: "Tool".to_owned(), value: call.tool.clone() };
    match serde_json::from_str::<Map<String, Value>>(&call.arguments) {
        Ok(arguments) => {
            let given = arguments.iter().map(|(name, value)| Fact { name: words(name), value: plain(value) });
            Evidence::Facts { label, facts: std::iter::once(tool).chain(given).collect() }
        }
        Err(_) => Evidence::Text { label, text: format!("{} {}", call.tool, call.arguments) },
    }
}

/// What it gave back, and how long that took.
pub(super) fn given_back(result: &CallResult) -> Vec<Evidence> {
    let said = result.said.value();
    let (mut facts, mut sheets) = (Vec::new(), Vec::new());
    gather("", &said, &mut facts, &mut sheets);
    let mut evidence = Vec::new();
    if !facts.is_empty() {
        evidence.push(Evidence::Facts { label: "Result".to_owned(), facts });
    }
    evidence.extend(sheets.into_iter().map(|sheet| Evidence::Rows { label: sheet.name.clone(), sheet }));
    let time = Fact { name: "Time taken".to_owned(), value: time_taken(result.took_ms) };
    evidence.push(Evidence::Facts { label: "How long".to_owned(), facts: vec![time] });
    evidence.push(Evidence::Whole { label: "Word for word".to_owned(), text: super::pretty(&said) });
    evidence
}

fn time_taken(ms: u64) -> String {
    match ms {
        0..100 => "less than 0.1 s".to_owned(),
        ms => format!("{}.{} s", ms / 1000, ms / 100 % 10),
    }
}

/// Lists of things become tables, and all else lines with a name.
fn gather(name: &str, value: &Value, facts: &mut Vec<Fact>, sheets: &mut Vec<Sheet>) {
    let inner = |key: &str| if name.is_empty() { words(key) } else { format!("{name}, {}", words(key).to_lowercase()) };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| gather(&inner(key), value, facts, sheets)),
        Value::Array(rows) if !rows.is_empty() && rows.iter().all(Value::is_object) => {
            let name = if name.is_empty() { "Rows" } else { name };
            sheets.push(sheet(name, rows));
        }
        other => {
            let name = if name.is_empty() { "Result" } else { name };
            facts.push(Fact { name: name.to_owned(), value: plain(other) });
        }
    }
}

fn sheet(name: &str, rows: &[Value]) -> Sheet {
    let rows: Vec<Vec<(String, String)>> = rows.iter().take(LONGEST).map(flat).collect();
    let mut columns: Vec<&str> = Vec::new();
    for (column, _) in rows.iter().flatten() {
        if !columns.contains(&column.as_str()) {
            columns.push(column);
        }
    }
    columns.truncate(WIDEST);
    let cell = |row: &[(String, String)], column: &str| {
        let text = row.iter().find(|(name, _)| name == column).map_or(DASH, |(_, text)| text.as_str());
        match spreadsheet::Cell::read(text) {
            spreadsheet::Cell::Text(_) => Cell::Text(text.to_owned()),
            spreadsheet::Cell::Number(_) | spreadsheet::Cell::Empty => Cell::Number(text.to_owned()),
        }
    };
    let cells: Vec<Vec<Cell>> =
        rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
    let number = |at: usize| cells.iter().all(|row| matches!(row.get(at), Some(Cell::Number(_))));
    let column = |(at, name): (usize, &&str)| Column { title: (*name).to_owned(), number: number(at) };
    Sheet { name: name.to_owned(), columns: columns.iter().enumerate().map(column).collect(), rows: cells, files: None }
}

/// A row as named values; what stands inside another thing takes its name along.
fn flat(row: &Value) -> Vec<(String, String)> {
    let mut cells = Vec::new();
    for (key, value) in row.as_object().into_iter().flatten() {
        match value {
            Value::Object(inner) => cells.extend(
                inner
                    .iter()
                    .map(|(name, value)| (format!("{}, {}", words(key), words(name).to_lowercase()), plain(value))),
            ),
            other => cells.push((words(key), plain(other))),
        }
    }
    cells
}

/// A value on one line.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => DASH.to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(all) if all.is_empty() => DASH.to_owned(),
        Value::Array(all) => {
            all.iter().map(plain).collect::<Vec<_>>().join(if all.iter().any(Value::is_object) { "; " } else { ", " })
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{} {}", words(name).to_lowercase(), plain(value));
            fields.iter().map(field).collect::<Vec<_>>().join(", ")
        }
    }
}

/// A field's name as a reader wants it: "Student id".
fn words(name: &str) -> String {
    capitalised(&name.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assistant::turn::{CallState, Outcome};

    fn call(arguments: &str) -> Call {
        Call { id: "0-0".into(), tool: "list_students".into(), arguments: arguments.into(), state: CallState::Open }
    }

    fn result(said: Value) -> CallResult {
        CallResult { outcome: Outcome::Done, said: said.into(), did: String::new(), took_ms: 1_240, shown: None }
    }

    fn facts(evidence: &Evidence) -> Vec<(&str, &str)> {
        let Evidence::Facts { facts, .. } = evidence else { panic!("no facts: {evidence:?}") };
        facts.iter().map(|fact| (fact.name.as_str(), fact.value.as_str())).collect()
    }

    #[test]
    fn what_was_asked_for_is_told_by_name_and_what_is_no_json_as_it_is() {
        let asked = asked_for(&call(r#"{"class_id":"c-01","only":["at_risk","failed"],"all":true}"#));
        let told = [("Tool", "list_students"), ("Class id", "c-01"), ("Only", "at_risk, failed"), ("All", "yes")];
        let mut sorted = facts(&asked);
        sorted.sort_unstable();
        let mut told = told.to_vec();
        told.sort_unstable();
        assert_eq!(sorted, told);
        assert!(matches!(asked_for(&call("{oops")), Evidence::Text { text, .. } if text == "list_students {oops"));
    }

    #[test]
    fn rows_become_a_table_with_numbers_on_the_right_and_the_rest_stays() {
        let said = json!({ "class": { "title": "Algebra I" }, "count": 2, "students": [
            { "name": "Mateo", "average": "5.80", "outlook": { "needed": 9.4 } },
            { "name": "Amara", "average": null, "classes": [] },
        ]});
        let given = given_back(&result(said));
        assert_eq!(facts(&given[0]), [("Class, title", "Algebra I"), ("Count", "2")]);
        let Evidence::Rows { label, sheet } = &given[1] else { panic!("no rows: {given:?}") };
        assert_eq!(label, "Students");
        let mut columns: Vec<_> = sheet.columns.iter().map(|column| (column.title.as_str(), column.number)).collect();
        columns.sort_unstable();
        assert_eq!(columns, [("Average", true), ("Classes", true), ("Name", false), ("Outlook, needed", true)]);
        assert_eq!(sheet.rows.len(), 2);
        assert_eq!(facts(&given[2]), [("Time taken", "1.2 s")]);
        assert!(matches!(&given[3], Evidence::Whole { text, .. } if text.contains("\"needed\": 9.4")));
    }
}
