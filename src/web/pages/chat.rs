use askama::Template;

use super::parts::{Composer, Frame, Shelved, Turn};

/// A conversation, or the blank sheet before one.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/chat.html")]
pub struct Chat {
    /// What is around the page.
    pub frame: Frame,
    /// How the blank sheet greets: "Good morning, Mary".
    pub greeting: String,
    /// What the conversation is about; the page's heading.
    pub title: String,
    /// What can be done with the conversation; none before there is one.
    pub shelved: Option<Shelved>,
    /// The turns, oldest first.
    pub turns: Vec<Turn>,
    /// Where the teacher writes.
    pub composer: Composer,
}
