//! axe-core in the page: what it finds against WCAG 2.2 AA.
//!
//! It comes from npm for the tests alone (`npm ci --prefix tests/browser`).

use std::{fs, path::Path};

use serde_json::json;

use super::tab::Tab;

/// The script, where it is installed.
pub fn script() -> Option<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/node_modules/axe-core/axe.min.js");
    fs::read_to_string(file).ok()
}

/// One line for each element that breaks a rule.
pub async fn violations(tab: &Tab, axe: &str) -> Vec<String> {
    let there: bool = tab.ask("'axe' in window").await;
    if !there {
        tab.run::<()>(axe, Vec::new()).await;
    }
    let tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    let options = json!({
        "runOnly": { "type": "tag", "values": tags },
        // The one rule of WCAG 2.2, which axe leaves out unless it is named.
        "rules": { "target-size": { "enabled": true } },
        "resultTypes": ["violations"],
        "preload": false,
    });
    let run = "return axe.run(document, arguments[0]).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`)));";
    tab.run(run, vec![options]).await
}
