//! The model server over real HTTP, read by the clients that the house uses.

mod wire;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use async_openai::Client;
use async_openai::config::OpenAIConfig;
use futures_util::StreamExt;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Mind, ModelServer, ScriptedMind, configure};
use crate::clock::{HeldClock, SystemIds};

/// A model server on a port of its own, for as long as the test runs.
pub(super) struct Served {
    pub server: web::Data<ModelServer>,
    pub base: String,
    pub http: reqwest::Client,
}

impl Served {
    pub fn new(mind: Arc<dyn Mind>) -> Self {
        let clock = Arc::new(HeldClock::at(Timestamp::from_second(1_800_000_000).unwrap()));
        let server = web::Data::new(ModelServer::new(mind, clock, Arc::new(SystemIds)));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let data = server.clone();
        let app = move || App::new().configure(configure(data.clone()));
        let running = HttpServer::new(app)
            .workers(1)
            .h1_allow_half_closed(false)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
        actix_web::rt::spawn(running);
        Self { server, base, http: client() }
    }

    pub fn scripted() -> (Self, Arc<ScriptedMind>) {
        let mind = ScriptedMind::new();
        (Self::new(mind.clone()), mind)
    }

    pub async fn post(&self, body: &Value) -> reqwest::Response {
        let url = format!("{}/v1/chat/completions", self.base);
        self.http.post(url).bearer_auth("any-key").json(body).send().await.unwrap()
    }

    pub async fn error(&self, body: &Value) -> (u16, Value) {
        let response = self.post(body).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// The stream's events as text, `[DONE]` included.
    pub async fn events(&self, body: &Value) -> Vec<String> {
        let text = self.post(body).await.text().await.unwrap();
        text.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).map(str::to_owned).collect()
    }

    pub fn openai(&self) -> Client<OpenAIConfig> {
        let config = OpenAIConfig::new().with_api_base(format!("{}/v1", self.base)).with_api_key("any-key");
        Client::build(self.http.clone(), config)
    }

    /// What a client of the house makes of a stream: words, calls by index, reason to end.
    pub async fn streamed(&self, body: &Value) -> (String, BTreeMap<u64, (String, String, String)>, Option<String>) {
        let mut stream = self.openai().chat().create_stream_byot::<_, Value>(body).await.unwrap();
        let (mut text, mut calls, mut reason) = (String::new(), BTreeMap::new(), None);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.unwrap();
            let choice = &chunk["choices"][0];
            text.push_str(choice["delta"]["content"].as_str().unwrap_or_default());
            for delta in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                let call: &mut (String, String, String) = calls.entry(delta["index"].as_u64().unwrap()).or_default();
                call.0.push_str(delta["id"].as_str().unwrap_or_default());
                call.1.push_str(delta["function"]["name"].as_str().unwrap_or_default());
                call.2.push_str(delta["function"]["arguments"].as_str().unwrap_or_default());
            }
            reason = choice["finish_reason"].as_str().map(str::to_owned).or(reason);
        }
        (text, calls, reason)
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own client, to loopback only")]
fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().read_timeout(Duration::from_secs(5)).build().unwrap()
}

pub(super) fn ask(words: &str) -> Value {
    json!({ "model": "anything", "messages": [{ "role": "user", "content": words }] })
}

pub(super) fn ask_streamed(words: &str) -> Value {
    let mut body = ask(words);
    body["stream"] = true.into();
    body
}
