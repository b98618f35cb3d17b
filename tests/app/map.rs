//! The map of the house: which room may import which. Arrows go one way,
//! `web → core ← clients, store`; only `app` knows all.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What each room may import; the same table stands in `docs/architecture.md`.
const MAP: &[(&str, &[&str])] = &[
    ("main", &["app", "check", "clients", "settings", "telemetry"]),
    ("lib", &[]),
    (
        "app",
        &[
            "assistant",
            "audit",
            "calendar",
            "check",
            "clients",
            "clock",
            "identity",
            "mail",
            "sandbox",
            "school",
            "settings",
            "setup",
            "store",
            "telemetry",
            "tools",
            "vault",
            "web",
        ],
    ),
    ("check", &["clients", "school", "settings", "setup"]),
    ("settings", &["clock"]),
    ("telemetry", &["settings"]),
    ("clock", &[]),
    ("setup", &[]),
    ("school", &[]),
    ("audit", &["school"]),
    ("mail", &["school", "vault"]),
    ("calendar", &["mail", "vault"]),
    ("identity", &["school", "setup"]),
    ("vault", &["audit", "clock", "identity", "school", "setup"]),
    ("assistant", &["audit", "clock", "identity", "school", "vault"]),
    ("tools", &["assistant", "calendar", "mail", "school", "vault"]),
    ("store", &["assistant", "audit", "clock", "identity", "school", "vault"]),
    ("clients", &["assistant", "calendar", "clock", "identity", "mail", "settings", "setup", "vault"]),
    ("web", &["assistant", "audit", "clock", "identity", "school", "setup", "vault"]),
    ("sandbox", &["clock"]),
];

/// One import: where, and of which room.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone)]
struct Arrow {
    file: String,
    line: usize,
    from: String,
    to: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
}

/// A room's own tests may bring in what they like: only what ships is held.
fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs"))
}

/// The code without comments, texts and the tests at its end; line by line.
fn code(text: &str) -> String {
    let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let line = |line: &'_ str| if line.trim_start().starts_with("//") { String::new() } else { line.to_owned() };
    shipped.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The rooms behind `crate::`, each with its place: one name, or the outermost
/// names of a list in braces.
fn named(code: &str, root: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(root) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + root.len()..];
        let here = at + root.len();
        match rest.strip_prefix('{') {
            Some(list) => found.extend(outermost(list).into_iter().map(|(offset, name)| (here + 1 + offset, name))),
            None => found.push((here, word(rest))),
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first names of a brace list's items, up to the brace that closes it.
fn outermost(list: &str) -> Vec<(usize, String)> {
    let (mut depth, mut fresh, mut names) = (0, true, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && depth == 0 && c.is_alphabetic() => {
                names.push((at, word(&list[at..])));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn arrows() -> Vec<Arrow> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut arrows = Vec::new();
    for path in files {
        let file = path.strip_prefix(root()).unwrap().display().to_string();
        if is_test(&file) {
            continue;
        }
        let from = file["src/".len()..].split(['/', '.']).next().unwrap().to_owned();
        let text = code(&fs::read_to_string(&path).unwrap());
        let names = if from == "main" { named(&text, "teachers_aide::") } else { named(&text, "crate::") };
        for (at, to) in names.into_iter().filter(|(_, to)| *to != from) {
            let line = text[..at].matches('\n').count() + 1;
            arrows.push(Arrow { file: file.clone(), line, from: from.clone(), to });
        }
    }
    arrows.sort();
    arrows
}

#[test]
fn every_room_imports_only_what_the_map_allows() {
    let map: BTreeMap<&str, &[&str]> = MAP.iter().copied().collect();
    let arrows = arrows();
    assert!(arrows.len() > 100, "the reader of imports finds too little: {}", arrows.len());
    let allowed = |arrow: &Arrow| map.get(arrow.from.as_str()).is_some_and(|may| may.contains(&arrow.to.as_str()));
    let wrong: Vec<String> = arrows
        .iter()
        .filter(|arrow| !allowed(arrow))
        .map(|arrow| format!("{}:{}: {} may not import {}", arrow.file, arrow.line, arrow.from, arrow.to))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let drawn = |from: &str, to: &str| arrows.iter().any(|arrow| arrow.from == from && arrow.to == to);
    let idle: Vec<_> = MAP.iter().flat_map(|(from, may)| may.iter().map(move |to| (*from, *to))).collect();
    let idle: Vec<_> = idle.into_iter().filter(|(from, to)| !drawn(from, to)).collect();
    assert!(idle.is_empty(), "nobody draws these arrows any more, strike them from the map: {idle:?}");
}

#[test]
fn the_arrows_go_one_way() {
    // Rooms are taken away as long as one imports nothing that is left.
    let mut left: BTreeMap<&str, BTreeSet<&str>> =
        MAP.iter().map(|(room, may)| (*room, may.iter().copied().collect())).collect();
    while let Some(bottom) =
        left.iter().find(|(_, may)| !may.iter().any(|to| left.contains_key(to))).map(|(room, _)| *room)
    {
        left.remove(bottom);
    }
    assert!(left.is_empty(), "these go in a circle: {left:?}");
}

#[test]
fn the_architecture_page_has_the_same_map() {
    let Ok(page) = fs::read_to_string(root().join("docs/architecture.md")) else { return };
    let written = written_map(&page);
    assert!(!written.is_empty(), "docs/architecture.md has no table with the columns room, holds, may import");
    let ours: BTreeMap<String, BTreeSet<String>> =
        MAP.iter().map(|(room, may)| ((*room).to_owned(), may.iter().map(|to| (*to).to_owned()).collect())).collect();
    assert_eq!(written, ours, "docs/architecture.md and this test differ");
}

/// The table whose last column is "may import": rooms in the first column
/// (`main.rs`, `school/`, several with commas), rooms or "all" or a dash in the last.
fn written_map(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let cells =
        |line: &str| line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let is_head = |line: &&str| cells(line).last().is_some_and(|cell| cell.eq_ignore_ascii_case("may import"));
    let lines = page.lines().skip_while(|line| !is_head(line)).skip(2).take_while(|line| line.trim().starts_with('|'));
    let mut map = BTreeMap::new();
    for row in lines.map(cells) {
        let may = rooms(row.last().unwrap());
        for room in rooms(&row[0]) {
            let all = MAP.iter().find(|(name, _)| *name == room).map(|(_, may)| *may).unwrap_or_default();
            let may = if may.contains("all") { all.iter().map(|to| (*to).to_owned()).collect() } else { may.clone() };
            map.insert(room, may);
        }
    }
    map
}

fn rooms(cell: &str) -> BTreeSet<String> {
    let name = |part: &str| word(part.trim().trim_start_matches('`'));
    cell.split(',').map(name).filter(|name| !name.is_empty()).collect()
}

#[test]
fn the_reader_of_imports_reads_lists_paths_and_nothing_else() {
    let code = "use crate::{\n    a::{x, y},\n    b,\n};\nlet z = crate::c::d(mycrate::e);\nuse crate::f;\n";
    let names: Vec<_> = named(code, "crate::").into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["a", "b", "c", "f"]);
    let page = "| room | holds | may import |\n|---|---|---|\n| `a.rs`, `b/` | x | `c`, d |\n| `c` | y | – |\n\n| z |";
    let map = written_map(page);
    assert_eq!(map["b"], BTreeSet::from(["c".to_owned(), "d".to_owned()]));
    assert!(map["c"].is_empty() && map.len() == 3);
}
