use askama::{Template, filters::HtmlSafe};

/// Asks the teacher to let a tool use their account elsewhere.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/connect.html")]
pub struct ConnectCard {
    /// Names the part in the event stream.
    pub key: String,
    /// The turn to come back to.
    pub turn: String,
    /// What is asked: "Connect Google", "One more permission at Google".
    pub title: String,
    /// The service as the teacher knows it: "Google".
    pub service: String,
    /// Its name in addresses.
    pub connection: String,
    /// What needs it: "To send your mails".
    pub purpose: String,
    /// What will be allowed, one plain sentence each.
    pub allows: Vec<String>,
    /// What will not be possible even then.
    pub never: String,
}

/// Asks the teacher to sign in again, because the old sign-in has ended.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/sign_in_again.html")]
pub struct SignInAgainCard {
    /// Names the part in the event stream.
    pub key: String,
    /// The turn to come back to.
    pub turn: String,
    /// Why, in one plain sentence.
    pub words: String,
}

impl HtmlSafe for ConnectCard {}
impl HtmlSafe for SignInAgainCard {}
