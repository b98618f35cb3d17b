use askama::{Template, filters::HtmlSafe};

/// What the teacher said, shown as a note.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/said.html")]
pub struct Said {
    /// The teacher's words, as typed.
    pub words: String,
    /// Whether they are not the teacher's, but a script's.
    pub by_script: bool,
}

impl HtmlSafe for Said {}
