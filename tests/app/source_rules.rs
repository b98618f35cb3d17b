//! Rules that the source itself must keep: what may stand in which file.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The files outside the sandbox and the tests in whose code a text stands.
fn files_with(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    sources(&root(), &mut all);
    let name = |path: &PathBuf| path.strip_prefix(root()).unwrap().display().to_string();
    let code = |path: &PathBuf| {
        let source = fs::read_to_string(path).unwrap();
        let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
        code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    let mut with: Vec<String> = all.iter().filter(|path| code(path).contains(text)).map(name).collect();
    with.retain(|file| !file.starts_with("sandbox") && !file.ends_with("tests.rs") && !file.contains("/tests/"));
    with.sort();
    with
}

#[test]
fn one_tool_alone_reaches_gmail() {
    assert_eq!(files_with("messages/send"), ["clients/google/gmail.rs"]);
    assert_eq!(files_with("GmailMailer"), ["app/toolbox.rs", "clients/google.rs", "clients/google/gmail.rs"]);
    let mailer = ["app/toolbox.rs", "clients/google/gmail.rs", "mail.rs", "tools/send_email_to_student.rs"];
    assert_eq!(files_with("Mailer for").len() + files_with("dyn Mailer").len(), 3);
    assert_eq!(files_with("Mailer"), [&mailer[..1], &["clients/google.rs"], &mailer[1..]].concat());
    assert_eq!(files_with("mailer.send("), ["tools/send_email_to_student.rs"]);
}

#[test]
fn what_was_not_cleared_by_the_gate_runs_nowhere() {
    assert_eq!(files_with("gate::pass("), ["assistant/deciding/sending.rs", "assistant/looking.rs"]);
    assert_eq!(files_with("Consent::Given"), ["assistant/deciding/sending.rs", "assistant/gate.rs"]);
}

#[test]
fn system_messages_are_built_in_one_place() {
    assert_eq!(files_with("Message::System {"), ["assistant/context.rs"]);
    assert_eq!(files_with("Message::Tool {"), ["assistant/context.rs"]);
    assert_eq!(files_with("Trusted::kept("), ["store/conversations.rs"]);
}

#[test]
fn rows_of_the_audit_are_added_in_one_place_and_changed_in_none() {
    assert_eq!(files_with("INTO audit "), ["store/audit.rs"]);
    for change in ["UPDATE audit", "DELETE FROM audit", "REPLACE INTO", "OR REPLACE", "DROP TRIGGER"] {
        assert_eq!(files_with(change), [""; 0], "{change}");
    }
}

/// The pages' templates, by their names; the sandbox's are another site's.
fn templates(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("sandbox") {
            templates(&path, found);
        } else if path.extension().is_some_and(|end| end == "html") {
            found.push(path);
        }
    }
}

/// The forms of a template, and those of them that post without the token.
fn forms_in(template: &str) -> (usize, Vec<&str>) {
    let forms: Vec<&str> =
        template.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap_or_default()).collect();
    let carries = |form: &&str| {
        let posts = form.contains(r#"method="post""#) && form.contains(r#"{% include "parts/token.html" %}"#);
        // What only asks, or only closes a dialog, changes nothing here.
        let harmless = [r#"method="get""#, r#"method="dialog""#].iter().any(|method| form.contains(method));
        posts || (harmless && !form.contains("formmethod"))
    };
    (forms.len(), forms.into_iter().filter(|form| !carries(form)).collect())
}

#[test]
fn every_form_that_posts_carries_the_token() {
    let (mut files, mut forms) = (Vec::new(), 0);
    templates(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let (all, without) = forms_in(&text);
        assert_eq!(without, [""; 0], "{}", file.display());
        forms += all;
    }
    assert!(forms >= 12, "{forms}");
    assert_eq!(files_with("<form"), [""; 0], "forms stand in templates");
}

#[test]
fn a_form_without_the_token_is_found() {
    let token = r#"{% include "parts/token.html" %}"#;
    let posts = r#"<form class="x" method="post" action="/a">"#;
    for (planted, found) in [
        (format!("{posts}{token}<button>Go</button></form>"), 0),
        (format!("{posts}<button>Go</button></form>"), 1),
        (format!("{posts}<button>Go</button></form>{token}"), 1),
        (format!("{posts}{token}</form><p>And</p>{posts}<button>Go</button></form>"), 1),
        (r#"<form action="/a"><button>Go</button></form>"#.to_owned(), 1),
        (r#"<form method="get" action="/a"><button>Look</button></form>"#.to_owned(), 0),
        (r#"<form method="get"><button formmethod="post" formaction="/a">Go</button></form>"#.to_owned(), 1),
    ] {
        assert_eq!(forms_in(&planted).1.len(), found, "{planted}");
    }
}
