//! What a mind may answer: a message, a refusal, or bytes played as they are.
//!
//! Ids are given by the server unless a reply insists on its own.

use std::time::Duration;

use actix_web::web::Bytes;
use serde_json::Value;

use super::error::ApiError;

/// A mind's answer to a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A well-formed message.
    Answer(Answer),
    /// An HTTP error instead of a message.
    Refusal(ApiError),
    /// Bytes sent as they are, for streams that no well-behaved model would send.
    Raw(Raw),
}

/// A message: words, calls, or both.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The words, in the pieces in which they are streamed.
    pub text: Vec<String>,
    /// The calls, streamed interleaved by index.
    pub calls: Vec<ToolCall>,
    /// Why the message ends; found from the calls when not given.
    pub finish_reason: Option<FinishReason>,
    /// How fast it comes.
    pub pace: Pace,
}

/// A call that the model makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// An id of the mind's own choice, else the server makes one.
    pub id: Option<String>,
    /// The tool's name.
    pub name: String,
    /// The arguments as text, so that a test can send what is not JSON.
    pub arguments: String,
}

/// Why a message ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// All was said.
    Stop,
    /// The model waits for results.
    ToolCalls,
    /// The token limit cut it.
    Length,
    /// A filter cut it.
    ContentFilter,
}

/// How fast a message is streamed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace {
    /// The wait before the first piece.
    pub first: Duration,
    /// The wait before each further piece.
    pub piece: Duration,
}

/// A body played byte by byte as given.
#[derive(Debug, Clone)]
pub struct Raw {
    /// The pieces, each with the wait before it.
    pub frames: Vec<(Duration, Bytes)>,
    /// What happens after the last piece.
    pub ending: Ending,
}

/// How a raw body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The body ends properly.
    Close,
    /// The connection is cut in the middle of the body.
    Cut,
    /// Nothing more comes, and the connection stays open.
    Stall,
}

impl Answer {
    /// A message of words only, in pieces of a few words.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self { text: pieces(text.as_ref()), ..Self::default() }
    }

    /// A message of calls only.
    pub fn calls(calls: impl IntoIterator<Item = ToolCall>) -> Self {
        Self { calls: calls.into_iter().collect(), ..Self::default() }
    }

    /// The same message at another pace.
    #[must_use]
    pub fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The same message, ended for another reason.
    #[must_use]
    pub fn ending(self, reason: FinishReason) -> Self {
        Self { finish_reason: Some(reason), ..self }
    }

    /// The reason as it goes on the wire.
    pub fn reason(&self) -> FinishReason {
        let natural = if self.calls.is_empty() { FinishReason::Stop } else { FinishReason::ToolCalls };
        self.finish_reason.unwrap_or(natural)
    }
}

impl ToolCall {
    /// A call with JSON arguments and an id of the server's making.
    pub fn new(name: impl Into<String>, arguments: &Value) -> Self {
        Self { id: None, name: name.into(), arguments: arguments.to_string() }
    }
}

impl FinishReason {
    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::ToolCalls => "tool_calls",
            Self::Length => "length",
            Self::ContentFilter => "content_filter",
        }
    }
}

impl Pace {
    /// A pace at which a person likes to watch an answer grow.
    pub fn natural() -> Self {
        Self { first: Duration::from_millis(120), piece: Duration::from_millis(20) }
    }
}

impl Raw {
    /// A body that is sent at once and then ends properly.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self { frames: vec![(Duration::ZERO, bytes.into())], ending: Ending::Close }
    }

    /// One `data:` event for each value, and no `[DONE]`.
    pub fn events(values: impl IntoIterator<Item = Value>) -> Self {
        let frames = values.into_iter().map(|value| (Duration::ZERO, Bytes::from(format!("data: {value}\n\n"))));
        Self { frames: frames.collect(), ending: Ending::Close }
    }

    /// The same body with more bytes after a wait.
    #[must_use]
    pub fn then(mut self, wait: Duration, bytes: impl Into<Bytes>) -> Self {
        self.frames.push((wait, bytes.into()));
        self
    }

    /// The same body with a `[DONE]` event.
    #[must_use]
    pub fn done(self) -> Self {
        self.then(Duration::ZERO, "data: [DONE]\n\n")
    }

    /// The same body, ended in another way.
    #[must_use]
    pub fn ending(self, ending: Ending) -> Self {
        Self { ending, ..self }
    }
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

impl From<ApiError> for Reply {
    fn from(error: ApiError) -> Self {
        Self::Refusal(error)
    }
}

impl From<Raw> for Reply {
    fn from(raw: Raw) -> Self {
        Self::Raw(raw)
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Answer::text(text).into()
    }
}

/// Cuts a text into pieces of two to four words; joined, they are the text again.
pub fn pieces(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut words = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        piece.push_str(word);
        words += 1;
        if words > 1 + pieces.len() % 3 {
            pieces.push(std::mem::take(&mut piece));
            words = 0;
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}
