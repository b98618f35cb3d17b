//! The examples of `docs/api.md`, asked one after the other in the words of the
//! document: what it shows is what comes.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;
use teachers_aide::sandbox::Setup;

use crate::{
    cast,
    harness::{Answer, Browser, TestApp, Wanted},
};

const DOCUMENT: &str = include_str!("../../../docs/api.md");
const SAMPLE: &str = include_str!("../../../data/school.json");
/// Where the document believes that the application is.
const THERE: &str = "http://localhost:8000";
/// What the document left out.
const LEFT_OUT: &str = "…";

/// What is asked, and what is shown to come of it.
#[derive(Debug, Clone)]
struct Example {
    /// As one types it; empty where the one before is asked again.
    asked: String,
    shown: Value,
}

/// The examples of every console, in their order.
fn examples() -> Vec<Example> {
    let consoles = DOCUMENT.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    consoles.flat_map(of_console).collect()
}

fn of_console(console: &str) -> Vec<Example> {
    let joined = console.replace("\\\n", " ");
    let mut found: Vec<(String, String)> = Vec::new();
    for line in joined.lines() {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(asked), _) => found.push((asked.to_owned(), String::new())),
            (None, Some((_, shown))) => shown.push_str(line),
            (None, None) => found.push((String::new(), line.to_owned())),
        }
    }
    let answered = found.into_iter().filter(|(_, shown)| !shown.is_empty());
    answered.map(|(asked, shown)| Example { asked, shown: whole(&shown) }).collect()
}

/// The JSON of an answer, with a member or an element for each place where
/// something was left out.
fn whole(shown: &str) -> Value {
    let (mut json, mut open, mut quoted, mut escaped) = (String::new(), Vec::new(), false, false);
    for sign in shown.chars() {
        match sign {
            '"' if !escaped => quoted = !quoted,
            '{' | '[' if !quoted => open.push(sign),
            '}' | ']' if !quoted => drop(open.pop()),
            _ => {}
        }
        escaped = quoted && sign == '\\' && !escaped;
        match sign {
            '…' if !quoted && open.last() == Some(&'{') => json.push_str("\"…\":\"…\""),
            '…' if !quoted => json.push_str("\"…\""),
            sign => json.push(sign),
        }
    }
    serde_json::from_str(&json).unwrap_or_else(|fault| panic!("{fault}: {json}"))
}

/// A script in a shell, as the document sets it up.
struct Script<'a> {
    app: &'a TestApp,
    browser: &'a Browser,
    /// The names that the document shows, and those that came in their place.
    names: BTreeMap<String, String>,
}

impl Script<'_> {
    /// Sends what the document tells to type.
    async fn ask(&self, asked: &str) -> Answer {
        let asked = self.in_truth(asked).replace("$B", "");
        let address = asked.split_whitespace().last().unwrap().trim_matches('"').to_owned();
        if asked.starts_with("ask ") {
            return self.browser.send(self.browser.bare(Method::GET, &address)).await;
        }
        let body = asked.strip_prefix("post -d '").and_then(|rest| rest.split_once('\'')).unwrap().0;
        let request = self.browser.bare(Method::POST, &address).header("content-type", "application/json");
        self.browser.send(request.body(body.to_owned())).await
    }

    fn in_truth(&self, text: &str) -> String {
        let names = self.names.iter();
        names.fold(text.replace(THERE, &self.app.origin), |text, (there, here)| text.replace(there, here))
    }

    /// Holds an answer to what is shown; where a name is shown, the one that came is noted.
    fn compare(&mut self, place: &str, shown: &Value, came: &Value) {
        match (shown, came) {
            (Value::Object(shown), Value::Object(members)) => {
                for (name, value) in shown.iter().filter(|(name, _)| *name != LEFT_OUT) {
                    let found = members.get(name).unwrap_or_else(|| panic!("{place}.{name} did not come: {came}"));
                    self.compare(&format!("{place}.{name}"), value, found);
                }
                let all = shown.contains_key(LEFT_OUT) || members.keys().all(|name| shown.contains_key(name));
                assert!(all, "{place} has more than is shown: {came}");
            }
            (Value::Array(shown), Value::Array(came)) => {
                let more = shown.last().is_some_and(|last| last == LEFT_OUT);
                let shown = if more { &shown[..shown.len() - 1] } else { &shown[..] };
                assert!(shown.len() == came.len() || (more && shown.len() < came.len()), "{place}: {came:?}");
                for (at, value) in shown.iter().enumerate() {
                    // A list is shown by any of its entries, which is found by its name.
                    let same = |entry: &&Value| ["name", "student_id"].iter().all(|key| entry[key] == value[key]);
                    let found = came.iter().find(same).unwrap_or_else(|| &came[at]);
                    self.compare(&format!("{place}[{at}]"), value, found);
                }
            }
            (Value::String(shown), Value::String(came)) => self.compare_text(place, shown, came),
            (shown, came) => assert_eq!(shown, came, "{place}"),
        }
    }

    fn compare_text(&mut self, place: &str, shown: &str, came: &str) {
        let is_name = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_name(shown) && is_name(came) && !self.names.contains_key(shown) {
            self.names.insert(shown.to_owned(), came.to_owned());
        }
        let shown = self.in_truth(shown);
        // The beginning of a name that is cut off is another one here.
        let parts: Vec<&str> =
            shown.split(LEFT_OUT).map(|part| part.trim_end_matches(|sign: char| sign.is_ascii_hexdigit())).collect();
        if let [_] = parts[..] {
            assert_eq!(shown, came, "{place}");
            return;
        }
        let mut rest = came;
        for (at, part) in parts.iter().enumerate() {
            let found = rest.find(part).unwrap_or_else(|| panic!("{place}: {part:?} is not in {came:?}"));
            assert!(at > 0 || found == 0, "{place}: {came:?} does not begin with {part:?}");
            rest = &rest[found + part.len()..];
        }
    }
}

/// The teacher opens the address and agrees.
async fn agree(app: &TestApp, ada: &Browser, url: &Value) {
    ada.connect(super::path(app, url)).await.with(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_document_is_answered_as_it_says() {
    let setup = Setup { vault_at_login: false, ..Setup::default() };
    let school = Some(serde_json::from_str(SAMPLE).unwrap());
    let app = TestApp::start_with(Wanted { setup, school, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    let mut script = Script { app: &app, browser: &ada, names: BTreeMap::new() };
    let (mut before, mut seen, mut last) = (String::new(), Vec::new(), Value::Null);
    for Example { asked, shown } in examples() {
        let status = shown["status"].as_str().unwrap_or_default().to_owned();
        let asked = if asked.is_empty() { before.clone() } else { asked };
        match status.as_str() {
            // What must happen at the teacher's side, the document tells in words.
            "completed" if asked.contains("/authorizations/") => agree(&app, &ada, &last["url"]).await,
            "authorization_required" => {
                let form = ada.get("/connections").await.form("form.disconnect");
                ada.submit(&form).await.with(303);
                // The refresh token went with the account: the next sign-in brings one.
                ada.sign_in("/auth/login", &cast::ada()).await.with(303);
            }
            "approval_required" => agree(&app, &ada, &last["url"]).await,
            _ => {}
        }
        let answer = script.ask(&asked).await;
        let expected = match status.as_str() {
            "authorization_required" | "approval_required" => 202,
            "" if shown["error"]["code"] == "bad_arguments" => 422,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{asked}: {}", answer.body);
        last = answer.json();
        script.compare("$", &shown, &last);
        seen.push(if status.is_empty() { "other".to_owned() } else { status });
        before = asked;
    }
    let all = ["other", "pending", "completed", "completed", "authorization_required", "approval_required", "other"];
    assert_eq!(seen, all, "every example was asked");
    assert!(app.accepted().is_empty(), "nothing leaves by a script's word alone");
}

#[test]
fn what_is_left_out_is_read_as_such() {
    let read = whole(r#"{"a":[{"b":"x, …", …}, …],"c":"{\"…","d":[…]}"#);
    let expected = serde_json::json!({
        "a": [{ "b": "x, …", "…": "…" }, "…"], "c": "{\"…", "d": ["…"],
    });
    assert_eq!(read, expected);
}
