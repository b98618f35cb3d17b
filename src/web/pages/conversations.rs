use askama::Template;

use super::parts::{Frame, Shelved};
use crate::assistant::search::Piece;

/// All conversations of a teacher, or those in which something was found.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/conversations.html")]
pub struct Conversations {
    /// What is around the page.
    pub frame: Frame,
    /// What was looked for, as it was typed.
    pub query: String,
    /// What was found; none when nothing was looked for.
    pub found: Option<Vec<Found>>,
    /// The one that was just put away, by its name.
    pub deleted: Option<Away>,
    /// The pinned ones, and then the stretches of time, newest first.
    pub stretches: Vec<Stretch>,
    /// Whether those are all that there are.
    pub whole: bool,
    /// What was put away and can still be brought back.
    pub away: Vec<Away>,
}

/// Conversations of one stretch of time.
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
    /// Its name, and what can be done with it.
    pub shelved: Shelved,
    /// When it was last used, for a reader: "14:02".
    pub when: String,
    /// The same for a machine, as RFC 3339.
    pub at: String,
    /// What waits in it: "2 drafts waiting"; empty when nothing does.
    pub waiting: String,
}

/// A conversation in which something was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it leads: a path of this app.
    pub href: String,
    /// Its name.
    pub title: Vec<Piece>,
    /// Where the words stand in it; empty where only the name has them.
    pub excerpt: Vec<Piece>,
    /// When it was last used, for a reader: "14:02".
    pub when: String,
    /// The same for a machine, as RFC 3339.
    pub at: String,
}

/// A conversation that was put away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    /// Its id.
    pub id: String,
    /// Its name.
    pub title: String,
}

impl Conversations {
    fn count(&self) -> String {
        match self.found.as_ref().map_or(0, Vec::len) {
            0 => "Nothing found".to_owned(),
            1 => "Found in 1 conversation".to_owned(),
            many => format!("Found in {many} conversations"),
        }
    }
}
