use askama::{Template, filters::HtmlSafe};

use super::Tone;

/// Something the teacher should know: one sentence, at most one thing to do, a reference.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/notice.html")]
pub struct Notice {
    /// Names the part in the event stream.
    pub key: String,
    /// How it stands.
    pub tone: Tone,
    /// A few words that stand out.
    pub title: String,
    /// One plain sentence.
    pub words: String,
    /// The one thing to do.
    pub action: Option<Action>,
    /// What an operator finds in the log.
    pub reference: Option<String>,
    /// Seconds until the app tries again by itself; the page counts them down.
    pub wait: Option<u32>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A link to somewhere.
    Go {
        /// What the button says.
        text: String,
        /// A path of this app.
        href: String,
    },
    /// A form with nothing but a button.
    Post {
        /// What the button says.
        text: String,
        /// A path of this app.
        path: String,
    },
}

impl Notice {
    /// The teacher stopped the answer.
    pub fn stopped(key: &str) -> Self {
        Self::plain(key, "Stopped", "The part above was kept.")
    }

    /// The server stopped in the middle of a turn.
    pub fn interrupted(key: &str, turn: &str) -> Self {
        let go_on = Action::Post { text: "Continue".into(), path: format!("/turns/{turn}/resume") };
        Self {
            tone: Tone::Warn,
            action: Some(go_on),
            ..Self::plain(key, "Interrupted", "The answer broke off when the server restarted. Nothing was sent twice.")
        }
    }

    /// The turn failed; the words say what one can do.
    pub fn failed(key: &str, words: &str, action: Option<Action>, reference: &str) -> Self {
        Self {
            tone: Tone::Bad,
            action,
            reference: Some(reference.into()),
            ..Self::plain(key, "This answer could not be finished", words)
        }
    }

    /// The model is busy and the app will try again by itself.
    pub fn waiting(key: &str, seconds: u32) -> Self {
        Self { wait: Some(seconds), ..Self::plain(key, "The model is busy", "") }
    }

    fn plain(key: &str, title: &str, words: &str) -> Self {
        Self {
            key: key.into(),
            tone: Tone::Plain,
            title: title.into(),
            words: words.into(),
            action: None,
            reference: None,
            wait: None,
        }
    }
}

impl HtmlSafe for Notice {}
