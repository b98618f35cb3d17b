use askama::Template;

use super::parts::Frame;

/// All conversations of the teacher.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/conversations.html")]
pub struct Conversations {
    /// What is around the page.
    pub frame: Frame,
    /// The conversations by time, newest first.
    pub stretches: Vec<Stretch>,
}

/// The conversations of one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// "Today".
    pub title: String,
    /// Newest first.
    pub items: Vec<Conversation>,
}

/// A conversation in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// When it was last used, for a reader: "14:02".
    pub when: String,
    /// The same for a machine, as RFC 3339.
    pub at: String,
    /// What waits in it: "2 drafts waiting"; empty when nothing does.
    pub waiting: String,
}
