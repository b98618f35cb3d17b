//! Tables as files: what stands on the page, with nothing in it that acts.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use reqwest::{Method, header::CONTENT_DISPOSITION};

use crate::{
    cast::{MATEO, school_day},
    harness::Browser,
};

/// What a student could have written, among honest numbers.
const TABLE: &str = "Here it is.\n\n| Student | Average | Change |\n|---|---|---|\n\
    | Mateo | 5.80 | +0.60 |\n| =HYPERLINK(\"https://evil.example\") | – | −1.05 |\n\nAnd another:\n\n| A |\n|---|\n| b |\n";

async fn file(browser: &Browser, path: &str) -> (String, Vec<u8>) {
    let answer = browser.request(&Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let name = answer.headers()[CONTENT_DISPOSITION].to_str().unwrap().to_owned();
    assert!(name.starts_with("attachment; filename="), "{name}");
    (name, answer.bytes().await.unwrap().to_vec())
}

async fn csv(browser: &Browser, path: &str) -> String {
    String::from_utf8(file(browser, path).await.1).unwrap()
}

async fn workbook(browser: &Browser, path: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(file(browser, path).await.1)).unwrap();
    book.worksheet_range_at(0).unwrap().unwrap().rows().map(<[Data]>::to_vec).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_takes_the_tables_of_an_answer_along() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says(TABLE);
    let (asked, screen) = ada.hear("As a table, please").await;
    let page = ada.page(&asked.conversation).await;
    let links = page.attrs(".files a", "href");
    assert_eq!(links.len(), 4, "two files of each table: {links:?}");
    assert!(screen.has(&format!(".files a[href='{}']", links[0])), "the live page has the same links");
    let first = csv(&ada, &links[0]).await;
    assert_eq!(
        first,
        "\u{feff}\"Student\",\"Average\",\"Change\"\r\n\"Mateo\",5.80,0.60\r\n\
         \"'=HYPERLINK(\"\"https://evil.example\"\")\",\"\",-1.05\r\n"
    );
    let cells = workbook(&ada, &links[1]).await;
    assert_eq!(cells[1], [Data::String("Mateo".into()), Data::Float(5.8), Data::Float(0.6)]);
    assert_eq!(cells[2][0], Data::String("=HYPERLINK(\"https://evil.example\")".into()), "words, not a formula");
    assert!(csv(&ada, &links[2]).await.contains("\"b\""), "the second table is the second");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_there_is_not_found() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says(TABLE);
    let (asked, _) = ada.hear("As a table, please").await;
    let turn = &asked.turn;
    for path in [
        format!("/turns/{turn}/tables/0-2.csv"),
        format!("/turns/{turn}/tables/1-0.csv"),
        format!("/turns/{turn}/tables/0-0.pdf"),
        format!("/turns/{turn}/tables/0-0"),
        format!("/turns/{turn}/tables/99999999999999999999999-0.csv"),
        format!("/turns/{turn}/tables/-0.csv"),
        "/turns/x/tables/0-0.csv".to_owned(),
        "/classes/c-01/table.pdf".to_owned(),
        "/classes/c-01/table.".to_owned(),
        format!("/students/{MATEO}/table.exe"),
    ] {
        ada.get(&path).await.with(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roster_and_a_students_grades_can_be_taken_along() {
    let (_app, ada, _grace) = school_day().await;
    let page = ada.get("/classes/c-01").await;
    let links = page.attrs("[aria-labelledby=roster] .files a", "href");
    assert_eq!(links, ["/classes/c-01/table.csv", "/classes/c-01/table.xlsx"]);
    let roster = workbook(&ada, &links[1]).await;
    let mateo = roster.iter().find(|row| row[0] == Data::String("Mateo Nguyen".into())).unwrap();
    assert_eq!(mateo[1..5], [Data::Float(5.5), Data::Float(6.1), Data::Empty, Data::Float(5.8)]);
    assert_eq!(mateo.last(), Some(&Data::String("At risk".into())));
    let grades = csv(&ada, &format!("/students/{MATEO}/table.csv")).await;
    assert!(grades.contains("\"Algebra I · 10B\",5.50,6.10,\"\",5.80,9.40,7.20,\"At risk\""), "{grades}");
    let (name, _) = file(&ada, "/classes/c-01/table.csv").await;
    assert!(name.contains("Students-of-Algebra-I-10B.csv"), "{name}");
}
