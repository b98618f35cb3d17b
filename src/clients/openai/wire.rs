//! A request as it stands on the wire. It borrows: a conversation is long, and is
//! sent anew with each question.

use serde::Serialize;
use serde_json::Value;

use crate::assistant::{
    model::{Message as Said, ModelCall, ModelRequest, ToolSchema},
    trusted::Trusted,
};

/// The body of a request for a streamed completion.
#[derive(Serialize)]
pub(super) struct Request<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    stream: bool,
    stream_options: StreamOptions,
    /// Whether the provider keeps it for the operator to look at: student data.
    store: bool,
    user: &'a str,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
enum Message<'a> {
    System {
        content: &'a Trusted,
    },
    User {
        content: &'a str,
    },
    Assistant {
        /// None beside calls: some servers take no empty text there.
        content: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: &'a str,
    },
}

/// There is no other call than that of a function.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Call<'a> {
    Function { id: &'a str, function: Called<'a> },
}

#[derive(Serialize)]
struct Called<'a> {
    name: &'a str,
    arguments: &'a str,
}

/// There is no other tool than a function.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Tool<'a> {
    Function { function: Function<'a> },
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
    /// The arguments keep to the schema.
    strict: bool,
}

impl<'a> Request<'a> {
    /// The body for a model by its name.
    pub(super) fn of(model: &'a str, request: &'a ModelRequest) -> Self {
        Self {
            model,
            messages: request.messages.iter().map(Message::from).collect(),
            tools: request.tools.iter().map(Tool::from).collect(),
            stream: true,
            stream_options: StreamOptions { include_usage: true },
            store: false,
            user: &request.user,
        }
    }
}

impl<'a> From<&'a Said> for Message<'a> {
    fn from(said: &'a Said) -> Self {
        match said {
            Said::System { content } => Self::System { content },
            Said::User { content } => Self::User { content },
            Said::Assistant { content, calls } => Self::Assistant {
                content: (calls.is_empty() || !content.is_empty()).then_some(content),
                tool_calls: calls.iter().map(Call::from).collect(),
            },
            Said::Tool { call_id, content } => Self::Tool { tool_call_id: call_id, content },
        }
    }
}

impl<'a> From<&'a ModelCall> for Call<'a> {
    fn from(call: &'a ModelCall) -> Self {
        Self::Function { id: &call.id, function: Called { name: &call.tool, arguments: &call.arguments } }
    }
}

impl<'a> From<&'a ToolSchema> for Tool<'a> {
    fn from(tool: &'a ToolSchema) -> Self {
        let ToolSchema { name, description, parameters } = tool;
        Self::Function { function: Function { name, description, parameters, strict: true } }
    }
}
