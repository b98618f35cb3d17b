//! The stream as bytes: where the wire cuts it does not matter, and no bytes
//! make more of an answer than one end.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll},
};

use async_openai::middleware::HttpRequestFactory;
use proptest::prelude::*;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::{clients::http::HttpClients, settings::Outbound};

/// A service that answers with these pieces, whatever it is asked.
#[derive(Clone)]
struct Pieces(Vec<Vec<u8>>);

impl tower_service::Service<HttpRequestFactory> for Pieces {
    type Response = Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: HttpRequestFactory) -> Self::Future {
        let pieces = stream::iter(self.0.clone().into_iter().map(Ok::<_, Infallible>));
        let mut answer = http::Response::new(reqwest::Body::wrap_stream(pieces));
        answer.headers_mut().insert("content-type", http::HeaderValue::from_static("text/event-stream"));
        Box::pin(async move { Ok(answer.into()) })
    }
}

/// What came of an answer: its text, its calls, and how often it ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    text: String,
    calls: Vec<(String, String)>,
    ends: usize,
    faults: usize,
}

/// One for all cases: nothing goes through it.
fn http() -> reqwest::Client {
    static HTTP: LazyLock<HttpClients> = LazyLock::new(|| HttpClients::new(&Outbound::default()).unwrap());
    HTTP.stream.clone()
}

fn hear(runtime: &Runtime, pieces: Vec<Vec<u8>>) -> Heard {
    runtime.block_on(async {
        let config = OpenAIConfig::new().with_api_base("http://localhost/v1").with_api_key("none");
        let client = Client::build(http(), config).with_http_service(Pieces(pieces));
        let model = OpenAiModel { client, model: "m".to_owned() };
        let request = ModelRequest { messages: Vec::new(), tools: Arc::from([]), user: "u".to_owned() };
        let mut heard = Heard::default();
        let Ok(mut events) = model.ask(&request).await else { return Heard { faults: 1, ..heard } };
        while let Some(event) = events.next().await {
            match event {
                Ok(ModelEvent::Text(text)) => heard.text.push_str(&text),
                Ok(ModelEvent::End { calls, .. }) => {
                    heard.ends += 1;
                    heard.calls = calls.into_iter().map(|call| (call.tool, call.arguments)).collect();
                }
                Ok(ModelEvent::Usage(_) | ModelEvent::Working) => {}
                Err(_) => heard.faults += 1,
            }
        }
        heard
    })
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A whole answer as a server sends it: words and arguments in several pieces,
/// each an event, with what else a stream may hold between them.
fn answer() -> impl Strategy<Value = (Vec<u8>, Heard)> {
    let words = prop::collection::vec("[a-zé–\u{1F600}\"\\\\ \n]{1,6}", 0..5);
    let arguments = prop::collection::vec("[a-z:{}é\u{1F600}\"\\\\]{0,6}", 0..4);
    let between = prop::sample::select(vec!["", ": still here", "event: message", "id: 7", "retry: 10"]);
    (words, arguments, between, any::<bool>(), any::<bool>()).prop_map(|(words, arguments, between, crlf, done)| {
        let end = if crlf { "\r\n" } else { "\n" };
        let mut events: Vec<Value> = words.iter().map(|words| json!({ "content": words })).collect();
        for (at, piece) in arguments.iter().enumerate() {
            let name = (at == 0).then_some("one");
            events.push(
                json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": name, "arguments": piece } }] }),
            );
        }
        let mut sent = Vec::new();
        let reason = if arguments.is_empty() { "stop" } else { "tool_calls" };
        let last = (json!({}), Some(reason));
        for (delta, reason) in events.into_iter().map(|delta| (delta, None)).chain([last]) {
            let chunk = json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }] });
            let between = if between.is_empty() { String::new() } else { format!("{between}{end}") };
            sent.push(format!("{between}data: {chunk}{end}{end}"));
        }
        if done {
            sent.push(format!("data: [DONE]{end}{end}"));
        }
        let calls = if arguments.is_empty() { Vec::new() } else { vec![("one".to_owned(), arguments.concat())] };
        (sent.concat().into_bytes(), Heard { text: words.concat(), calls, ends: 1, faults: 0 })
    })
}

fn cut(bytes: &[u8], places: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut places: Vec<usize> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| bytes[pair[0]..pair[1]].to_vec()).collect()
}

#[test]
fn every_single_cut_of_an_answer_is_the_same_answer() {
    let runtime = runtime();
    let sent = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"é😀\"}}]}\r\n\r\n: c\r\ndata: {\"choices\":[{\"index\":0,\
                \"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n";
    let whole = Heard { text: "é😀".to_owned(), ends: 1, ..Heard::default() };
    for at in 0..=sent.len() {
        let (before, after) = sent.as_bytes().split_at(at);
        assert_eq!(hear(&runtime, vec![before.to_vec(), after.to_vec()]), whole, "cut at {at}");
    }
    let bytes = sent.bytes().map(|byte| vec![byte]).collect();
    assert_eq!(hear(&runtime, bytes), whole, "byte by byte");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn where_the_wire_cuts_an_answer_does_not_matter(
        (sent, whole) in answer(), places in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        prop_assert_eq!(hear(&runtime(), cut(&sent, &places)), whole);
    }

    /// Bytes of any kind among those of an answer: one end or one fault, and never both.
    #[test]
    fn no_bytes_make_more_of_an_answer_than_one_end(
        (mut sent, _) in answer(),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        for (place, byte) in noise {
            let at = place.index(sent.len());
            sent[at] = byte;
        }
        let heard = hear(&runtime(), cut(&sent, &places));
        prop_assert_eq!(heard.ends + heard.faults, 1, "{:?}", heard);
    }
}
