use askama::Template;

use super::parts::Frame;

/// What a teacher can choose, take along and delete.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/settings.html")]
pub struct Settings {
    /// What is around the page.
    pub frame: Frame,
    /// How pages can look.
    pub looks: Vec<Choice>,
    /// Whether single keys do something.
    pub shortcuts: bool,
    /// How many days conversations are kept, as stored or as typed.
    pub days: String,
    /// The most days that can be named.
    pub most_days: u16,
    /// What is wrong with the days.
    pub fault: Option<String>,
    /// "12 conversations"; empty when there are none.
    pub conversations: String,
    /// Whether who reads it looks after this site.
    pub operator: bool,
    /// What was just done, by the name of its section.
    pub done: String,
}

/// One of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the form posts.
    pub value: &'static str,
    /// What the teacher reads.
    pub label: &'static str,
    /// Whether it is the present one.
    pub chosen: bool,
}

impl Settings {
    fn did(&self, what: &str) -> bool {
        self.done == what
    }
}
