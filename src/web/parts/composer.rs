use askama::{Template, filters::HtmlSafe};

/// Where the teacher writes.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/composer.html")]
pub struct Composer {
    /// The conversation; none when the first words will begin one.
    pub conversation: Option<String>,
    /// Makes a second post of the same words harmless.
    pub client_id: String,
    /// Words that came back, because they could not be taken.
    pub words: String,
    /// Why they could not be taken.
    pub error: Option<String>,
    /// The version that is looked at: what is said goes on from there.
    pub through: Option<String>,
    /// The turn that is running, which can be stopped.
    pub running: Option<String>,
    /// Questions that can be asked with one click.
    pub asks: Vec<String>,
}

impl Composer {
    fn action(&self) -> String {
        self.conversation.as_ref().map_or_else(|| "/chat".into(), |id| format!("/chat/{id}"))
    }

    fn stop(&self) -> String {
        self.running.as_ref().map(|turn| format!("/turns/{turn}/stop")).unwrap_or_default()
    }
}

impl HtmlSafe for Composer {}
