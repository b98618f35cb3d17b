use askama::{Template, filters::HtmlSafe};

/// What can be done with a whole conversation, behind one small button.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/shelved.html")]
pub struct Shelved {
    /// The conversation's id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Whether it is kept at the top.
    pub pinned: bool,
    /// Where its forms lead back to.
    pub back: Back,
}

/// Where a form about a conversation leads back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// To the list of conversations.
    List,
    /// To the conversation.
    Chat,
}

impl Back {
    /// As the form posts it.
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Chat => "chat",
        }
    }
}

impl Shelved {
    fn in_chat(&self) -> bool {
        self.back == Back::Chat
    }
}

impl HtmlSafe for Shelved {}
