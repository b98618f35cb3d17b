//! Every page and every part in every state, as files to look at: `cargo test
//! gallery` writes them to `target/gallery`, where a browser opens them without
//! the app. What does not render fails here.

pub(in crate::web) mod cast;
mod pages;
mod turns;

use std::{fs, path::PathBuf};

use askama::Template;

use super::{
    assets,
    token::{Token, Tokens},
};
use crate::identity::SignInId;

fn folder() -> PathBuf {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/gallery"));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn token() -> Token {
    Tokens::new(&[0; 32], &[]).of(&SignInId::new("gallery"))
}

/// Renders a page, and writes it with links that work from a folder.
fn hang(name: &str, page: &impl Template) -> String {
    let html = page.render_with_values(&token()).unwrap();
    let local = html.replace(&format!("{}/", assets::folder()), "");
    fs::write(folder().join(format!("{name}.html")), local).unwrap();
    html
}

#[test]
fn every_page_and_part_renders_without_a_style_or_a_handler_inside() {
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/static")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder().join(file.file_name())).unwrap();
    }
    let shown: Vec<(String, String)> = pages::all();
    assert!(shown.len() >= 16, "{} pages", shown.len());
    for (name, html) in shown {
        check(&name, &html);
    }
}

/// What the Content Security Policy would refuse, and what a reader would miss.
fn check(name: &str, html: &str) {
    let page = scraper::Html::parse_document(html);
    let all = scraper::Selector::parse("*").unwrap();
    let mut ids = std::collections::HashSet::new();
    for element in page.select(&all).map(|found| found.value()) {
        for (attribute, value) in element.attrs() {
            assert!(attribute != "style" && !attribute.starts_with("on"), "{name}: {attribute}=\"{value}\"");
            // The one door to elsewhere: Google's own list of what was allowed there.
            let google = value == "https://myaccount.google.com/connections";
            let local = google || !value.contains("://") || value.starts_with("http://localhost:");
            assert!(local || !matches!(attribute, "href" | "src" | "action" | "formaction"), "{name}: {value}");
        }
        assert!(element.id().is_none_or(|id| ids.insert(id.to_owned())), "{name}: {:?} twice", element.id());
    }
    let count = |css: &str| page.select(&scraper::Selector::parse(css).unwrap()).count();
    assert_eq!(count("h1"), 1, "{name}: one heading of the first level");
    assert_eq!(count("main#main"), 1, "{name}: one main");
    assert_eq!(count("script:not([src])") + count("style"), 0, "{name}: nothing inline");
}
