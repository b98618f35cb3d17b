//! What went wrong at the endpoint, by what one can do about it.

use async_openai::error::OpenAIError;
use serde_json::Value;

use super::service::{HttpFault, short};
use crate::assistant::model::ModelError;

/// The request brought no stream.
pub(super) fn opening(fault: &OpenAIError) -> ModelError {
    match fault {
        OpenAIError::Boxed(fault) => match fault.downcast_ref::<HttpFault>() {
            Some(fault) => by_status(fault),
            None => ModelError::Unreachable("the request could not be made".to_owned()),
        },
        OpenAIError::Reqwest(fault) if fault.is_timeout() && !fault.is_connect() => {
            ModelError::BrokenOff("no answer in time".to_owned())
        }
        OpenAIError::Reqwest(fault) => ModelError::Unreachable(chain(fault)),
        OpenAIError::ApiError(_)
        | OpenAIError::JSONDeserialize(..)
        | OpenAIError::FileSaveError(_)
        | OpenAIError::FileReadError(_)
        | OpenAIError::StreamError(_)
        | OpenAIError::InvalidArgument(_) => ModelError::Refused("the request could not be made".to_owned()),
    }
}

/// The stream broke. The fault's own text can hold what the model said, which
/// is student data and stays out of the log.
pub(super) fn midway(fault: &OpenAIError) -> ModelError {
    ModelError::BrokenOff(
        match fault {
            OpenAIError::JSONDeserialize(..) => "a chunk was unreadable",
            OpenAIError::StreamError(_) => "the connection was cut",
            OpenAIError::Reqwest(_)
            | OpenAIError::ApiError(_)
            | OpenAIError::FileSaveError(_)
            | OpenAIError::FileReadError(_)
            | OpenAIError::Boxed(_)
            | OpenAIError::InvalidArgument(_) => "the stream broke",
        }
        .to_owned(),
    )
}

/// The stream itself carries an error.
pub(super) fn in_stream(error: &Value) -> ModelError {
    let message = error.get("message").and_then(Value::as_str).or(error.as_str()).unwrap_or("no message");
    ModelError::BrokenOff(format!("the provider reports: {}", short(message)))
}

fn by_status(fault: &HttpFault) -> ModelError {
    let code = fault.code.as_deref().unwrap_or_default();
    let busy = || ModelError::Busy { retry_after: fault.retry_after, reason: fault.to_string() };
    match fault.status {
        429 if code == "insufficient_quota" => ModelError::QuotaUsedUp,
        402 => ModelError::QuotaUsedUp,
        401 | 403 => ModelError::BadKey,
        413 => ModelError::TooLong,
        _ if is_too_long(code, &fault.message) => ModelError::TooLong,
        _ if is_about_tools(&fault.message) => ModelError::NoTools,
        408 | 409 | 429 | 500..=599 => busy(),
        _ => ModelError::Refused(fault.to_string()),
    }
}

/// OpenAI and llama.cpp have a word for it; vLLM and LM Studio have a sentence.
fn is_too_long(code: &str, message: &str) -> bool {
    let message = message.to_lowercase();
    ["context_length_exceeded", "exceed_context_size_error"].contains(&code)
        || ["maximum context length", "available context size", "greater than the context length"]
            .iter()
            .any(|words| message.contains(words))
}

/// No service has a word for it, and each has a sentence of its own. One about a
/// field below a tool is about the request, and says nothing of the model.
fn is_about_tools(message: &str) -> bool {
    let message = message.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|words| message.contains(words));
    let is_strict = |word: &str| word == "strict";
    if any(&["tools["]) || message.split(|sign: char| !sign.is_alphanumeric()).any(is_strict) {
        return false;
    }
    any(&["tool", "function call"])
        && any(&["not support", "unsupported", "not enabled", "that support tool use", "requires --"])
}

fn chain(fault: &reqwest::Error) -> String {
    let mut words = fault.to_string();
    let mut source = std::error::Error::source(fault);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    short(&words)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fault(status: u16, code: Option<&str>) -> ModelError {
        let retry_after = Some(Duration::from_secs(2));
        by_status(&HttpFault { status, retry_after, code: code.map(str::to_owned), message: "m".into() })
    }

    fn told(status: u16, message: &str) -> ModelError {
        by_status(&HttpFault { status, retry_after: None, code: None, message: message.into() })
    }

    #[test]
    fn what_services_say_of_a_model_without_tools_is_understood() {
        for (status, message) in [
            (400, "registry.ollama.ai/library/gemma3:4b does not support tools"),
            (400, "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set"),
            (500, "tools param requires --jinja flag"),
            (500, "Unsupported param: tools"),
            (404, "No endpoints found that support tool use. To learn more about provider routing, visit: x"),
            (400, "Unsupported parameter: 'tools' is not supported with this model."),
            (400, "`tool calling` is not supported with this model"),
            (400, "Function calling is not enabled for this model"),
            (400, "Tool use is not supported: this model is restricted"),
        ] {
            assert_eq!(told(status, message), ModelError::NoTools, "{message}");
        }
        for message in [
            "Unsupported parameter: 'user'",
            "The model stumbled over a tool message",
            "tools[0].function.strict is not supported",
            "'strict' is not supported in a tool",
            "Unsupported keyword 'format' in `tools[3].function.parameters`",
        ] {
            assert!(matches!(told(400, message), ModelError::Refused(_)), "{message}");
        }
    }

    #[test]
    fn what_services_say_of_a_conversation_that_does_not_fit_is_understood() {
        for (status, message) in [
            (400, "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens."),
            (500, "the request exceeds the available context size. try increasing the context size"),
            (400, "The number of tokens to keep from the initial prompt is greater than the context length"),
            (413, "Request too large"),
        ] {
            assert_eq!(told(status, message), ModelError::TooLong, "{message}");
        }
        assert_eq!(fault(400, Some("exceed_context_size_error")), ModelError::TooLong);
    }

    #[test]
    fn each_status_says_what_one_can_do() {
        assert!(matches!(fault(429, None), ModelError::Busy { retry_after: Some(_), .. }));
        assert!(matches!(fault(503, None), ModelError::Busy { .. }));
        assert_eq!(fault(429, Some("insufficient_quota")), ModelError::QuotaUsedUp);
        assert_eq!(fault(401, Some("invalid_api_key")), ModelError::BadKey);
        assert_eq!(fault(400, Some("context_length_exceeded")), ModelError::TooLong);
        assert!(matches!(fault(400, None), ModelError::Refused(_)));
    }
}
