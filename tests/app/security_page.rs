//! `docs/security.md` promises only what a test shows: every test that it names
//! is there, and every guarantee has its row.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// The names of all functions below `src` and `tests`.
fn functions() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    sources(&root().join("tests"), &mut files);
    let name = |line: &str| {
        let (before, rest) = line.split_once("fn ")?;
        let plain = before.trim().split(' ').all(|word| ["", "pub", "async", "const"].contains(&word));
        plain.then(|| rest.split(['(', '<']).next().unwrap_or_default().to_owned())
    };
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect::<Vec<_>>();
    texts.iter().flat_map(|text| text.lines()).filter_map(name).collect()
}

/// The rows of the page's tables, as cells.
fn rows(page: &str) -> Vec<Vec<String>> {
    let row = |line: &str| line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    page.lines().filter(|line| line.starts_with("| **")).map(row).collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_test_that_the_security_page_names_is_there() {
    let (page, functions) = (fs::read_to_string(root().join("docs/security.md")).unwrap(), functions());
    let rows = rows(&page);
    let named: Vec<&str> = rows.iter().flat_map(|row| quoted(&row[3])).collect();
    assert!(named.len() > 60, "the reader of the page finds too little: {named:?}");
    let missing: Vec<_> =
        named.iter().filter(|name| !functions.contains(**name) && !root().join(name).exists()).collect();
    assert!(missing.is_empty(), "docs/security.md names tests that are not there: {missing:?}");
}

#[test]
fn every_guarantee_has_one_row_of_five_cells_and_shows_what_it_promises() {
    let page = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let rows = rows(&page);
    for number in 1..=31 {
        let wanted = format!("**G{number}**");
        let found: Vec<_> = rows.iter().filter(|row| row[0] == wanted).collect();
        assert_eq!(found.len(), 1, "{wanted}");
        let row = found[0];
        assert_eq!(row.len(), 5, "{wanted}: {row:?}");
        let promised = !row[2].starts_with("*Not yet*");
        assert_eq!(promised, !row[3].is_empty(), "{wanted} promises and shows, or does neither");
    }
}
