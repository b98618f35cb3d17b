//! The model behind the same wire: its streams break where the plan says.

use std::time::{Duration, Instant};

use reqwest::Response;
use serde_json::json;

use super::kit::{Stage, stage};
use crate::sandbox::{
    faults::{Effect, Fault, Route},
    log::Ending,
    model::ScriptedMind,
};

const WORDS: &str = "Most of the class is on track, and two students need a word before the third evaluation.";

impl Stage {
    /// Asks for a streamed answer, which will be [`WORDS`].
    async fn stream(&self) -> Response {
        let mind = ScriptedMind::new();
        mind.says(WORDS);
        self.sandbox.model().set_mind(mind);
        let body =
            json!({ "model": "demo", "stream": true, "messages": [{ "role": "user", "content": "How are they?" }] });
        let url = format!("{}/chat/completions", self.sandbox.model_base_url());
        self.client.post(url).bearer_auth("any").json(&body).send().await.unwrap()
    }

    fn on_stream(&self, effect: Effect) {
        self.sandbox.faults().clear();
        self.sandbox.faults().add(Fault::on(Route::ModelChat).then(effect));
    }
}

/// What arrived, and whether the stream came to its end.
async fn drain(mut response: Response) -> (String, bool) {
    let mut text = String::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => text.push_str(&String::from_utf8_lossy(&chunk)),
            Ok(None) => return (text, true),
            Err(_) => return (text, false),
        }
    }
}

#[actix_web::test]
async fn a_stream_is_cut_or_reset_in_the_middle() {
    let stage = stage();
    let (whole, ended) = drain(stage.stream().await).await;
    assert!(ended && whole.trim_end().ends_with("data: [DONE]"), "{whole}");
    for effect in [Effect::CutAfter(200), Effect::ResetAfter(200)] {
        stage.on_stream(effect);
        let (part, ended) = drain(stage.stream().await).await;
        assert_eq!((part.len(), ended), (200, false));
    }
}

#[actix_web::test]
async fn a_stream_stalls_in_the_middle_and_the_log_knows_who_hung_up() {
    let stage = stage();
    stage.on_stream(Effect::StallAfter(200));
    let stalled = tokio::time::timeout(Duration::from_millis(300), drain(stage.stream().await)).await;
    assert!(stalled.is_err(), "{stalled:?}");
    let hung_up = async {
        while stage.sandbox.log().of(Route::ModelChat)[0].ending != Ending::Broken {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(2), hung_up).await.expect("the server sees that the client left");
}

#[actix_web::test]
async fn a_stream_drips_and_comes_whole() {
    let stage = stage();
    let begun = Instant::now();
    stage.on_stream(Effect::Drip(100, Duration::from_millis(15)));
    let (whole, ended) = drain(stage.stream().await).await;
    assert!(ended && whole.len() > 1_000, "{}", whole.len());
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
    let body = &stage.sandbox.log().of(Route::ModelChat)[0].body;
    assert!(body.contains("How are they?"));
}

#[actix_web::test]
async fn a_fault_can_be_aimed_at_a_path_and_a_method() {
    let stage = stage();
    let aimed = Fault::on_path(Some("GET"), "/v1/").then(Effect::HangUp);
    stage.sandbox.faults().add(aimed);
    let models = format!("{}/models", stage.sandbox.model_base_url());
    assert!(stage.client.get(models).bearer_auth("any").send().await.is_err());
    assert_eq!(stage.stream().await.status(), 200);
}
