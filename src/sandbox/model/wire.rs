//! What a Chat Completions request may say, read once and strictly.
//!
//! The checks are those at which the real service answers 400, above all that
//! every tool call is followed by exactly its results: a client that passes
//! here passes there. Fields nobody here acts on are let through unread.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::error::ApiError;

/// A request for the next message of a conversation.
#[derive(Debug, Clone)]
pub struct Conversation {
    /// The model's name as asked for; every name is accepted.
    pub model: String,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// The tools the caller offers.
    pub tools: Vec<OfferedTool>,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// Whether the stream is to end with a usage chunk.
    pub include_usage: bool,
    /// The request as it came, for whoever wants to assert on it.
    pub body: Arc<Value>,
}

/// One message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The application's instructions (`system` or `developer`).
    System(String),
    /// The person's words.
    User(String),
    /// An earlier answer: words, calls, or both.
    Assistant {
        /// What was said, empty when there were only calls.
        text: String,
        /// The calls that were made.
        calls: Vec<PastCall>,
    },
    /// The result of a call.
    Tool {
        /// The call it answers.
        call_id: String,
        /// The result's text, JSON as a rule.
        content: String,
    },
}

/// A call in an earlier assistant message.
#[derive(Debug, Clone, PartialEq)]
pub struct PastCall {
    /// The id that the result repeats.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments; `null` when they were not JSON.
    pub arguments: Value,
}

/// A tool as the caller describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct OfferedTool {
    /// The name to call it by.
    pub name: String,
    /// The JSON schema of its arguments.
    pub parameters: Value,
}

impl Conversation {
    /// Reads a request body.
    pub fn parse(body: &Arc<Value>) -> Result<Self, ApiError> {
        let raw = RawRequest::deserialize(body.as_ref()).map_err(|error| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                format!("The request does not have the shape of a chat completion: {error}."),
            )
        })?;
        let model = raw
            .model
            .filter(|model| !model.is_empty())
            .ok_or_else(|| ApiError::invalid("model", "You must provide a model parameter."))?;
        if raw.messages.is_empty() {
            return Err(ApiError::invalid("messages", "'messages' must hold at least one message.").code("empty_array"));
        }
        let messages = raw.messages.into_iter().enumerate().map(read_message).collect::<Result<Vec<_>, _>>()?;
        check_calls(&messages)?;
        let tools = raw.tools.unwrap_or_default().into_iter().enumerate().map(read_tool).collect::<Result<_, _>>()?;
        let include_usage = raw.stream_options.is_some_and(|options| options.include_usage.unwrap_or(false));
        let stream = raw.stream.unwrap_or(false);
        Ok(Self { model, messages, tools, stream, include_usage, body: Arc::clone(body) })
    }
}

#[derive(Deserialize)]
struct RawRequest {
    model: Option<String>,
    #[serde(default)]
    messages: Vec<RawMessage>,
    tools: Option<Vec<RawTool>>,
    stream: Option<bool>,
    stream_options: Option<RawStreamOptions>,
}

#[derive(Deserialize)]
struct RawStreamOptions {
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct RawMessage {
    role: Option<String>,
    content: Option<Content>,
    tool_calls: Option<Vec<RawCall>>,
    tool_call_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct RawCall {
    id: Option<String>,
    function: Option<RawFunction>,
}

#[derive(Deserialize)]
struct RawFunction {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct RawTool {
    #[serde(rename = "type")]
    kind: Option<String>,
    function: Option<RawToolFunction>,
}

#[derive(Deserialize)]
struct RawToolFunction {
    name: Option<String>,
    parameters: Option<Value>,
}

impl Content {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().filter_map(|part| part.text.or(part.refusal)).collect(),
        }
    }
}

fn read_message((at, raw): (usize, RawMessage)) -> Result<Message, ApiError> {
    let need = |text: Option<Content>| {
        text.map(Content::text).ok_or_else(|| {
            let param = format!("messages.[{at}].content");
            ApiError::invalid(param, "Invalid value for 'content': expected a string, got null.")
        })
    };
    match raw.role.as_deref() {
        Some("system" | "developer") => Ok(Message::System(need(raw.content)?)),
        Some("user") => Ok(Message::User(need(raw.content)?)),
        Some("assistant") => read_assistant(at, raw.content, raw.tool_calls),
        Some("tool") => {
            let param = format!("messages.[{at}].tool_call_id");
            let call_id =
                raw.tool_call_id.ok_or_else(|| ApiError::invalid(param, "Missing parameter 'tool_call_id'."))?;
            Ok(Message::Tool { call_id, content: need(raw.content)? })
        }
        role => Err(ApiError::invalid(
            format!("messages[{at}].role"),
            format!(
                "Invalid value: '{}'. Supported values are: 'system', 'assistant', 'user', 'tool', and 'developer'.",
                role.unwrap_or_default()
            ),
        )
        .code("invalid_value")),
    }
}

fn read_assistant(at: usize, content: Option<Content>, calls: Option<Vec<RawCall>>) -> Result<Message, ApiError> {
    if calls.as_ref().is_some_and(Vec::is_empty) {
        let param = format!("messages[{at}].tool_calls");
        return Err(ApiError::invalid(param, "Invalid 'tool_calls': empty array.").code("empty_array"));
    }
    if content.is_none() && calls.is_none() {
        let param = format!("messages.[{at}].content");
        return Err(ApiError::invalid(param, "An assistant message needs 'content' or 'tool_calls'."));
    }
    let calls = calls.unwrap_or_default().into_iter().enumerate().map(|(n, call)| read_call(at, n, call));
    Ok(Message::Assistant {
        text: content.map(Content::text).unwrap_or_default(),
        calls: calls.collect::<Result<_, _>>()?,
    })
}

fn read_call(at: usize, n: usize, call: RawCall) -> Result<PastCall, ApiError> {
    let missing = |field: &str| {
        let param = format!("messages[{at}].tool_calls[{n}].{field}");
        ApiError::invalid(param.clone(), format!("Missing required parameter: '{param}'."))
            .code("missing_required_parameter")
    };
    let function = call.function.ok_or_else(|| missing("function"))?;
    let arguments = function.arguments.ok_or_else(|| missing("function.arguments"))?;
    Ok(PastCall {
        id: call.id.ok_or_else(|| missing("id"))?,
        name: function.name.ok_or_else(|| missing("function.name"))?,
        arguments: serde_json::from_str(&arguments).unwrap_or(Value::Null),
    })
}

fn read_tool((at, raw): (usize, RawTool)) -> Result<OfferedTool, ApiError> {
    let name = raw.function.as_ref().and_then(|function| function.name.clone()).unwrap_or_default();
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if raw.kind.as_deref() != Some("function") || name.is_empty() || name.len() > 64 || !letters {
        return Err(ApiError::invalid(
            format!("tools[{at}].function.name"),
            "A tool is {\"type\": \"function\", \"function\": {\"name\": …}} with a name of letters, digits, _ and -.",
        ));
    }
    let parameters = raw.function.and_then(|function| function.parameters).unwrap_or(Value::Null);
    Ok(OfferedTool { name, parameters })
}

/// The service refuses a history in which a call has no result, or a result no call.
fn check_calls(messages: &[Message]) -> Result<(), ApiError> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for (at, message) in messages.iter().enumerate() {
        if let Message::Tool { call_id, .. } = message {
            if !open.remove(call_id.as_str()) {
                return Err(ApiError::invalid(
                    format!("messages.[{at}].role"),
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with \
                     'tool_calls'.",
                ));
            }
            continue;
        }
        refuse_open(&open, at)?;
        if let Message::Assistant { calls, .. } = message {
            open = calls.iter().map(|call| call.id.as_str()).collect();
            if open.len() != calls.len() {
                return Err(ApiError::invalid(format!("messages.[{at}].tool_calls"), "Duplicate tool call ids."));
            }
        }
    }
    refuse_open(&open, messages.len())
}

fn refuse_open(open: &BTreeSet<&str>, at: usize) -> Result<(), ApiError> {
    if open.is_empty() {
        return Ok(());
    }
    let ids = open.iter().copied().collect::<Vec<_>>().join(", ");
    Err(ApiError::invalid(
        format!("messages.[{at}].role"),
        format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
             'tool_call_id'. The following tool_call_ids did not have response messages: {ids}"
        ),
    ))
}
