//! What came back: a status, headers, and a page or JSON.

use reqwest::header::HeaderMap;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// A form of a page, as a browser would submit it.
#[derive(Debug, Clone)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// A draft as it lies before the teacher.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Card {
    pub id: String,
    pub hash: String,
    pub to: String,
    pub subject: String,
    pub body: String,
    /// Such as "waiting".
    pub state: String,
    /// The words above the buttons when it could not be sent.
    pub fault: String,
    /// What must be ticked, by the names that the form posts.
    pub ticks: Vec<String>,
    /// What ticking says, in the same order.
    pub doubts: Vec<String>,
}

impl Answer {
    /// The same answer, if it has this status.
    #[track_caller]
    pub fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.location(), self.body);
        self
    }

    /// The redirect's address, where there is one.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    #[track_caller]
    pub fn leads_to(&self, path: &str) {
        assert_eq!((self.status, self.location()), (303, path), "{}", self.body);
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|fault| panic!("{fault}: {}", self.body))
    }

    /// The texts of all elements that match.
    pub fn texts(&self, css: &str) -> Vec<String> {
        texts(&self.body, css)
    }

    /// The text of the first element that matches; empty where none does.
    pub fn text(&self, css: &str) -> String {
        self.texts(css).into_iter().next().unwrap_or_default()
    }

    /// The attributes of all elements that match.
    pub fn attrs(&self, css: &str, name: &str) -> Vec<String> {
        let page = Html::parse_document(&self.body);
        page.select(&selector(css)).filter_map(|element| element.attr(name).map(str::to_owned)).collect()
    }

    pub fn has(&self, css: &str) -> bool {
        Html::parse_document(&self.body).select(&selector(css)).next().is_some()
    }

    /// The first form that matches, with its fields as they stand.
    #[track_caller]
    pub fn form(&self, css: &str) -> Form {
        let page = Html::parse_document(&self.body);
        let form = page.select(&selector(css)).next().unwrap_or_else(|| panic!("no form {css} in {}", self.body));
        Form { action: form.attr("action").unwrap().to_owned(), fields: fields(form) }
    }

    /// The drafts that wait, as cards.
    pub fn cards(&self) -> Vec<Card> {
        let page = Html::parse_document(&self.body);
        page.select(&selector("form.letter")).map(card).collect()
    }
}

impl Form {
    /// The same with a field filled in, or a button pressed.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(other, _)| other != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }
}

pub fn texts(html: &str, css: &str) -> Vec<String> {
    let page = Html::parse_document(html);
    page.select(&selector(css)).map(|element| squeezed(&element.text().collect::<String>())).collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap()
}

fn fields(form: ElementRef<'_>) -> Vec<(String, String)> {
    let all = form.select(&selector("input[name], textarea[name]")).collect::<Vec<_>>();
    let ticked = |field: &&ElementRef<'_>| field.attr("type") != Some("checkbox") || field.attr("checked").is_some();
    let value = |field: &ElementRef<'_>| match field.value().name() {
        "textarea" => field.text().collect(),
        _ => field.attr("value").unwrap_or_default().to_owned(),
    };
    all.iter().filter(ticked).map(|field| (field.attr("name").unwrap().to_owned(), value(field))).collect()
}

fn card(form: ElementRef<'_>) -> Card {
    let fields = fields(form);
    let field = |name: &str| fields.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value).to_owned();
    let ticks: Vec<ElementRef<'_>> = form.select(&selector("input[type=checkbox]")).collect();
    assert!(ticks.iter().all(|tick| tick.attr("checked").is_none()), "nothing is ticked for the teacher");
    let text = |css: &str| form.select(&selector(css)).next().map(|e| squeezed(&e.text().collect::<String>()));
    Card {
        id: form.attr("action").unwrap().trim_start_matches("/approvals/").to_owned(),
        hash: form.attr("data-hash").unwrap().to_owned(),
        to: text(".field .value").unwrap_or_default(),
        subject: field("subject"),
        body: field("body"),
        state: form.attr("data-state").unwrap().to_owned(),
        fault: text(".fault").unwrap_or_default(),
        ticks: ticks.iter().map(|tick| tick.attr("name").unwrap().to_owned()).collect(),
        doubts: form.select(&selector(".ticks label")).map(|e| squeezed(&e.text().collect::<String>())).collect(),
    }
}
