//! An OpenAI-compatible model: Chat Completions, streamed, with tools.
//!
//! The chunk types are our own and lenient: compatible servers leave out ids
//! and indexes, invent finish reasons, and send errors inside a 200 stream. A
//! stream that ends without a finish reason was cut, whatever it said before.
//! One attempt is made; whoever asks decides about the next.

mod chunks;
mod faults;
mod service;
#[cfg(test)]
mod tests;
mod wire;

use std::time::Duration;

use async_openai::{Client, config::OpenAIConfig, error::OpenAIError};
use async_trait::async_trait;
use futures_util::{Stream, StreamExt, stream};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use url::Url;

use self::{
    chunks::{Assembly, Chunk},
    service::OneAttempt,
};
use crate::assistant::model::{Model, ModelError, ModelEvent, ModelRequest, ModelStream, Usage};

/// How long the service may take to say what it has counted.
const LAST_WORD: Duration = Duration::from_millis(300);

/// A model behind an OpenAI-compatible endpoint.
pub struct OpenAiModel {
    client: Client<OpenAIConfig>,
    model: String,
}

impl OpenAiModel {
    /// A model by its name at `base_url` (such as `https://api.openai.com/v1`).
    /// Local servers need no key. `http` must not have a total time-out.
    pub fn new(http: reqwest::Client, base_url: &Url, key: Option<&SecretString>, model: String) -> Self {
        let config = OpenAIConfig::new()
            .with_api_base(base_url.as_str().trim_end_matches('/'))
            .with_api_key(key.map_or("none", |key| key.expose_secret()));
        let client = Client::build(http.clone(), config).with_http_service(OneAttempt::new(http));
        Self { client, model }
    }
}

#[async_trait]
impl Model for OpenAiModel {
    fn name(&self) -> &str {
        &self.model
    }

    async fn ask(&self, request: &ModelRequest) -> Result<ModelStream, ModelError> {
        let body = wire::Request::of(&self.model, request);
        let chunks = self.client.chat().create_stream_byot::<_, Chunk>(body).await.map_err(|e| faults::opening(&e))?;
        let read = stream::unfold(Some((chunks, Assembly::default())), |state| async move {
            let (mut chunks, mut assembly) = state?;
            loop {
                let item = chunks.next().await;
                let mut usage = item.as_ref().and_then(|item| item.as_ref().ok()).and_then(Chunk::usage);
                let mut events = match item {
                    Some(Ok(chunk)) => assembly.take(chunk),
                    Some(Err(fault)) => vec![Err(faults::midway(&fault))],
                    None => vec![Assembly::cut_off()],
                };
                if assembly.is_ended() && usage.is_none() {
                    usage = last_word(&mut chunks).await;
                }
                if let Some(usage) = usage.filter(|_| assembly.is_ended()) {
                    events.insert(0, Ok(ModelEvent::Usage(usage)));
                }
                if events.iter().any(Result::is_err) || assembly.is_ended() {
                    return Some((events, None));
                }
                if !events.is_empty() {
                    return Some((events, Some((chunks, assembly))));
                }
            }
        });
        Ok(read.flat_map(stream::iter).boxed())
    }
}

/// The service tells what it has counted behind the finish reason. It is not
/// waited for: then the house estimates.
async fn last_word(chunks: &mut (impl Stream<Item = Result<Chunk, OpenAIError>> + Unpin)) -> Option<Usage> {
    let next = async {
        while let Some(Ok(chunk)) = chunks.next().await {
            if let Some(usage) = chunk.usage() {
                return Some(usage);
            }
        }
        None
    };
    timeout(LAST_WORD, next).await.ok().flatten()
}
