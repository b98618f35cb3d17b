use askama::Template;

use super::parts::Frame;

/// What the model saw before one answer.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/seen.html")]
pub struct Seen {
    /// What is around the page.
    pub frame: Frame,
    /// What the teacher had said.
    pub words: String,
    /// Where the answer stands.
    pub back: String,
    /// The requests, oldest first.
    pub requests: Vec<SeenRequest>,
}

/// One request, with what is new in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenRequest {
    /// The model's name.
    pub model: String,
    /// When it left, for machines.
    pub at: String,
    /// When it left, for a reader.
    pub when: String,
    /// The names of the tools that the model could call.
    pub tools: Vec<String>,
    /// How many messages stood at the beginning of the request before.
    pub again: usize,
    /// Those behind them.
    pub messages: Vec<SeenMessage>,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMessage {
    /// The word on the wire.
    pub role: String,
    /// Whose words these are.
    pub who: &'static str,
    /// The text; JSON is set in lines.
    pub content: String,
    /// The calls that the model had made.
    pub calls: Vec<SeenCall>,
    /// The call that it answers.
    pub answers: Option<String>,
}

/// A call as the model made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCall {
    /// Its name in the conversation.
    pub id: String,
    /// The tool.
    pub tool: String,
    /// JSON in lines, or what the model wrote in its place.
    pub arguments: String,
}
