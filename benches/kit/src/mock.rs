//! A model that streams: first a call of `list_teaching_classes`, and when it
//! has the result, as many chunks of text as it was asked for.

use std::sync::Arc;

use actix_web::{
    App, HttpResponse, HttpServer,
    web::{self, Bytes, Data},
};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    ask::{Ask, FIRST, LAST},
    child,
};

/// What a model says about a class: a sentence, a table, a list. It is about 100
/// chunks long, so that a short answer and a long one are of the same stuff.
const SAMPLE: &str = "Most of your students are doing well, and two need attention.\n\n\
| Student | Class | Average | Needs |\n|---|---|---|---|\n\
| Mateo Nguyen | Algebra I | 5.80 | 9.40 |\n| James Martinez | Algebra I | 6.10 | 8.80 |\n\
| Sofia Rossi | Biology | 9.35 | passed |\n\n\
What might help:\n\n- A short talk with **Mateo** about his grades.\n\
- Exercises for **James**, who was close.\n- A harder project for *Sofia*.\n\n";

/// A token of a model is about four letters long.
const LETTERS: usize = 4;

/// The pieces of every answer, made once.
struct Script {
    call: Vec<Bytes>,
    text: Vec<Bytes>,
    first: Bytes,
    last: Bytes,
    end: Vec<Bytes>,
}

impl Script {
    fn new() -> Self {
        let function = json!({ "name": "list_teaching_classes", "arguments": "{}" });
        let call = json!({ "tool_calls": [{ "index": 0, "id": "call_1", "type": "function", "function": function }] });
        let letters: Vec<char> = SAMPLE.chars().collect();
        let text = |text: &str| chunk(&json!({ "content": text }), None);
        Self {
            call: vec![
                chunk(&json!({ "role": "assistant", "content": null }), None),
                chunk(&call, None),
                chunk(&json!({}), Some("tool_calls")),
                done(),
            ],
            text: letters.chunks(LETTERS).map(|piece| text(&piece.iter().collect::<String>())).collect(),
            first: text(&format!("{FIRST}: ")),
            last: text(&format!("\n\n{LAST}.")),
            end: vec![chunk(&json!({}), Some("stop")), done()],
        }
    }

    fn answer(&self, chunks: u64) -> Vec<Bytes> {
        let between = usize::try_from(chunks.saturating_sub(2)).unwrap_or(0);
        let text = self.text.iter().cycle().take(between);
        let whole = std::iter::once(&self.first).chain(text).chain(std::iter::once(&self.last)).chain(&self.end);
        whole.cloned().collect()
    }
}

fn chunk(delta: &Value, finish: Option<&str>) -> Bytes {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
    let chunk = json!({ "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "mock",
        "choices": [choice] });
    format!("data: {chunk}\n\n").into()
}

fn done() -> Bytes {
    Bytes::from_static(b"data: [DONE]\n\n")
}

async fn complete(script: Data<Arc<Script>>, body: String) -> HttpResponse {
    let ask = Ask::find(&body);
    let is_first = !body.contains(r#""role":"tool""#);
    let pieces = if is_first { script.call.clone() } else { script.answer(ask.chunks) };
    let (pace, middle) = (ask.pace, pieces.len() / 2);
    sleep(ask.delay).await;
    let paced = stream::iter(pieces.into_iter().enumerate()).then(move |(at, piece)| async move {
        if !is_first && at == middle && !ask.stall.is_zero() {
            sleep(ask.stall).await;
        } else if !is_first && at > 0 && !pace.is_zero() {
            sleep(pace).await;
        }
        Ok::<Bytes, actix_web::Error>(piece)
    });
    HttpResponse::Ok().content_type("text/event-stream").streaming(paced)
}

/// Serves until the parent lets go.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let script = Data::new(Arc::new(Script::new()));
    let app = move || {
        App::new()
            .app_data(script.clone())
            .app_data(web::PayloadConfig::new(4 * 1024 * 1024))
            .route("/v1/chat/completions", web::post().to(complete))
    };
    let server = HttpServer::new(app).workers(1).tcp_nodelay(true).disable_signals().bind(("127.0.0.1", 0))?;
    child::announce(&server.addrs())?;
    Ok(server.run().await?)
}
