use crate::{
    identity::{Appearance, Preferences},
    web::assets,
};

/// What is around every page: title, banner, side.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The page's own name, for the browser's tab.
    pub title: String,
    /// The demo banner, when something is a stand-in.
    pub demo: Option<Demo>,
    /// The side bar, for a teacher who is signed in.
    pub side: Option<Side>,
    /// What the teacher has chosen.
    pub chosen: Preferences,
}

/// Says what is a stand-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demo {
    /// One plain sentence: "No mail leaves this computer."
    pub words: String,
    /// Where the mail ends up instead.
    pub outbox: Option<String>,
    /// Whether whoever reads it may see the set-up.
    pub set_up: bool,
}

/// The side bar: where one can go, and who is signed in.
#[derive(Debug, Clone)]
pub struct Side {
    /// The teacher's id, under which the browser keeps what is not sent yet.
    pub teacher: String,
    /// The teacher's name.
    pub name: String,
    /// The teacher's address.
    pub email: String,
    /// Where the teacher is.
    pub place: Place,
    /// The latest conversations, by time.
    pub past: Vec<PastGroup>,
}

/// The place in the side bar that is marked as current.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A new conversation.
    New,
    /// The classes, one class, or a student.
    Classes,
    /// The list of all conversations.
    Conversations,
    /// The settings.
    Settings,
    /// The accounts elsewhere.
    Connections,
    /// What was done.
    Activity,
    /// One of the conversations in the list, or somewhere else.
    Elsewhere,
}

/// Conversations of one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastGroup {
    /// "Today", "Last week".
    pub title: String,
    /// The conversations, newest first.
    pub items: Vec<Past>,
}

/// A conversation in the side bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// The conversation's id.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// Whether it is the one on the page.
    pub current: bool,
}

impl Frame {
    /// The folder of the page's own files, as they are now.
    pub fn files(&self) -> String {
        assets::folder()
    }

    /// The scripts that a page's own script is made of, so that a browser asks for all of them at once.
    pub fn scripts(&self) -> Vec<String> {
        assets::scripts()
    }

    /// The look that the teacher has chosen, where it is not the device's.
    pub fn fixed_look(&self) -> Option<&'static str> {
        let look = self.chosen.appearance;
        (look != Appearance::Auto).then(|| look.as_str())
    }

    /// The colour of the browser's own frame with that look.
    pub fn fixed_colour(&self) -> Option<&'static str> {
        match self.chosen.appearance {
            Appearance::Auto => None,
            Appearance::Light => Some("#f7f4ec"),
            Appearance::Dark => Some("#18201d"),
        }
    }
}

impl Side {
    /// Whether this place is the current one.
    pub fn is(&self, place: &str) -> bool {
        match self.place {
            Place::New => place == "new",
            Place::Classes => place == "classes",
            Place::Conversations => place == "conversations",
            Place::Settings => place == "settings",
            Place::Connections => place == "connections",
            Place::Activity => place == "activity",
            Place::Elsewhere => false,
        }
    }
}
