//! What holds for every route: the tests below walk the table that the server
//! is made from, so that a new route is held to it from its first day.

mod census;
mod matrix;
mod origins;
mod tokens;

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use teachers_aide::web::routes;

use crate::{
    cast::{self, MATEO, NOBODY, mail_to, school_day},
    harness::{Answer, Asked, Browser, Card, TestApp},
};

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub method: Method,
    pub path: String,
}

/// Every route that there is.
fn all() -> Vec<Route> {
    let method = |method: &actix_web::http::Method| Method::from_bytes(method.as_str().as_bytes()).unwrap();
    let lines: Vec<Route> = routes::all().into_iter().map(|(how, path)| Route { method: method(&how), path }).collect();
    assert!(lines.len() > 20, "the table was found");
    lines
}

/// What a request can name, each by a value of its own.
#[derive(Debug, Clone)]
pub struct Things {
    values: BTreeMap<&'static str, String>,
    hash: String,
}

impl Things {
    /// What belongs to a teacher with a draft that waits.
    fn of(asked: &Asked, card: &Card) -> Self {
        let values = [
            ("conversation", asked.conversation.clone()),
            ("turn", asked.turn.clone()),
            ("approval", card.id.clone()),
            ("class", "c-01".to_owned()),
            ("student", MATEO.to_owned()),
            ("form", "csv".to_owned()),
            ("connection", "google".to_owned()),
            ("authorization", "0".repeat(32)),
            ("tool", "list_students".to_owned()),
        ];
        Self { values: values.into(), hash: card.hash.clone() }
    }

    /// The same, of nobody's.
    fn missing(&self) -> Self {
        let turned = |text: &String| text.chars().map(|c| if c == 'f' { '0' } else { 'f' }).collect::<String>();
        let mut missing = self.clone();
        for value in missing.values.values_mut() {
            *value = turned(value);
        }
        missing.values.insert("form", "csv".to_owned());
        missing.values.insert("connection", "nowhere".to_owned());
        missing.values.insert("tool", "do_nothing".to_owned());
        missing.values.insert("class", "c-99".to_owned());
        missing.values.insert("student", NOBODY.to_owned());
        missing
    }

    /// The same, each with something that is no name at all.
    fn malformed(&self, text: &str) -> Self {
        let mut malformed = self.clone();
        malformed.values.values_mut().for_each(|value| text.clone_into(value));
        malformed
    }

    fn get(&self, name: &str) -> &str {
        self.values
            .get(name)
            .unwrap_or_else(|| panic!("a route names a {name}: say in tests/app/routes.rs what Ada has"))
    }
}

/// What is posted.
#[derive(Debug, Clone)]
enum Body {
    Nothing,
    Form(Vec<(&'static str, String)>),
    Json(Value),
}

impl Route {
    /// The names in the path's braces.
    fn placeholders(&self) -> Vec<&str> {
        self.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
    }

    /// Whether a request to it names something of somebody's. A form of a file,
    /// an account's name and a tool's are the same for all; a trip to an account
    /// is held in `connections.rs` and `api.rs`.
    fn names_something(&self) -> bool {
        let of_somebody = |name: &&str| !["hash", "form", "connection", "authorization", "tool"].contains(name);
        self.path == "/prompt" || (!self.path.starts_with("/static") && self.placeholders().iter().any(of_somebody))
    }

    /// Whether it answers with a file to keep, to which no sign-in leads back.
    fn is_download(&self) -> bool {
        self.path.contains("/table") || self.path.contains(".md")
    }

    fn changes_something(&self) -> bool {
        self.method != Method::GET
    }

    fn path(&self, things: &Things) -> String {
        let mut path = self.path.clone();
        for name in self.placeholders() {
            let value: String = match name {
                "hash" => "0123456789abcdef".to_owned(),
                "file" if self.path.contains("/tables/") => "0-0.csv".to_owned(),
                "file" => "app.css".to_owned(),
                // A path's own signs would make it another path.
                other => url::form_urlencoded::byte_serialize(things.get(other).as_bytes())
                    .collect::<String>()
                    .replace('+', "%20"),
            };
            path = path.replace(&format!("{{{name}}}"), &value);
        }
        path
    }

    /// What a page or a script posts there, in each way that it takes.
    fn bodies(&self, things: &Things) -> Vec<Body> {
        if !self.changes_something() {
            return vec![Body::Nothing];
        }
        let text = |text: &str| text.to_owned();
        let decision = |decision: &str| Body::Form(vec![("decision", text(decision)), ("hash", things.hash.clone())]);
        match self.path.as_str() {
            "/auth/logout"
            | "/auth/logout-everywhere"
            | "/settings/forget"
            | "/connections/{connection}/disconnect"
            | "/chat/{conversation}/delete"
            | "/chat/{conversation}/restore"
            | "/turns/{turn}/again"
            | "/turns/{turn}/choose"
            | "/turns/{turn}/stop"
            | "/turns/{turn}/resume" => vec![Body::Form(Vec::new())],
            "/chat" | "/chat/{conversation}" => vec![Body::Form(vec![("words", text("hello"))])],
            "/chat/{conversation}/title" => vec![Body::Form(vec![("title", text("A name"))])],
            "/chat/{conversation}/pin" => vec![Body::Form(vec![("pinned", text("yes"))])],
            "/turns/{turn}/edit" => vec![Body::Form(vec![("words", text("other words"))])],
            "/turns/{turn}/approvals" => {
                vec![Body::Form(vec![("approval", format!("{}:{}", things.get("approval"), things.hash))])]
            }
            "/approvals/{approval}" => vec![
                decision("discard"),
                decision("again"),
                decision("was_sent"),
                decision("send"),
                Body::Json(json!({ "decision": "send", "hash": things.hash })),
            ],
            "/students/{student}/address" => {
                vec![Body::Form(vec![("email", text("eve@example.com"))]), Body::Form(vec![("email", String::new())])]
            }
            "/settings/appearance" => vec![Body::Form(vec![("appearance", text("dark"))])],
            "/settings/shortcuts" => vec![Body::Form(vec![("shortcuts", text("on"))])],
            "/settings/retention" => vec![Body::Form(vec![("days", text("30"))])],
            "/prompt" => vec![Body::Json(json!({ "prompt": "hello", "chat_id": things.get("conversation") }))],
            "/api/tools/{tool}/authorize" => vec![Body::Json(json!({}))],
            "/api/tools/{tool}/execute" => vec![Body::Json(json!({ "input": { "class_id": null } }))],
            other => panic!("say in tests/app/routes.rs what is posted to {other}"),
        }
    }

    /// A request as one of the application's own pages makes it.
    fn request(&self, browser: &Browser, things: &Things, body: &Body) -> RequestBuilder {
        let request = browser.request(&self.method, &self.path(things));
        match body {
            Body::Nothing => request,
            Body::Form(fields) => request.form(fields),
            Body::Json(value) => request.json(value),
        }
    }
}

/// All of an answer that could tell two of them apart.
pub fn looks(answer: &Answer) -> (u16, BTreeSet<(String, String)>, String) {
    let told = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap_or_default().to_owned())
    };
    let changes = |(name, _): &(String, String)| ["date", "set-cookie"].contains(&name.as_str());
    let headers = answer.headers.iter().map(told).filter(|header| !changes(header)).collect();
    (answer.status, headers, answer.body.clone())
}

/// Two teachers, of whom Ada has a draft that waits.
async fn with_a_draft() -> (TestApp, Browser, Browser, Things) {
    let (app, ada, grace) = school_day().await;
    let things = a_draft_of(&app, &ada).await;
    (app, ada, grace, things)
}

async fn a_draft_of(app: &TestApp, ada: &Browser) -> Things {
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (asked, screen) = ada.hear("Write to Mateo").await;
    Things::of(&asked, &screen.cards()[0])
}

/// The application as it is reached by https, with Ada signed in.
async fn by_https() -> (TestApp, Browser) {
    let app = TestApp::start_with(crate::harness::Wanted {
        public_url: Some("https://aide.school.example"),
        ..Default::default()
    })
    .await;
    let ada = app.signed_in(&cast::ada()).await;
    (app, ada)
}
