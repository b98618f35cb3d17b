use askama::Template;

use super::parts::Frame;

/// A calm page for what could not be done: why, and where to go next.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/message.html")]
pub struct Message {
    /// What is around the page.
    pub frame: Frame,
    /// A few words: "This page is not here".
    pub title: String,
    /// One or two plain sentences.
    pub words: String,
    /// What the button says.
    pub next: String,
    /// Where the button leads: a path of this app.
    pub href: String,
    /// What an operator finds in the log.
    pub reference: Option<String>,
    /// What the teacher had written, to take along.
    pub typed: Vec<String>,
}
