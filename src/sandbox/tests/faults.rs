//! Each effect, as a client feels it.

use std::{
    error::Error,
    io,
    time::{Duration, Instant},
};

use serde_json::json;

use super::kit::{MESSAGE, Stage, stage};
use crate::sandbox::{
    faults::{Answer, Effect, Fault, Gate, Route},
    log::Ending,
};

const STYLE: Route = Route::Page;

impl Stage {
    fn strike(&self, fault: Fault) -> usize {
        self.sandbox.faults().add(fault)
    }

    /// A page of a known length, by a connection of its own.
    async fn style(&self) -> reqwest::Result<(u16, usize)> {
        let url = self.sandbox.outbox_url().replace("/outbox", "/sandbox.css");
        let response = self.client.get(url).header("connection", "close").send().await?;
        let status = response.status().as_u16();
        Ok((status, response.bytes().await?.len()))
    }

    /// How much of the page arrived before it broke.
    async fn style_until_broken(&self) -> (usize, reqwest::Error) {
        let url = self.sandbox.outbox_url().replace("/outbox", "/sandbox.css");
        let mut response = self.client.get(url).send().await.unwrap();
        let mut arrived = 0;
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => arrived += chunk.len(),
                Ok(None) => panic!("the page arrived whole"),
                Err(error) => return (arrived, error),
            }
        }
    }
}

fn was_reset(error: &(dyn Error + 'static)) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionReset) || error.source().is_some_and(was_reset)
}

#[actix_web::test]
async fn an_answer_replaces_the_handlers_for_as_often_as_was_said() {
    let stage = stage();
    let answer = Answer::status(503).header("retry-after", "7").json(&json!({ "error": "busy" }));
    let fault = stage.strike(Fault::on(Route::Discovery).after(1).times(2).then(Effect::Answer(answer)));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let response = stage.client.get(stage.auth0(".well-known/openid-configuration")).send().await.unwrap();
        if response.status() == 503 {
            assert_eq!(response.headers()["retry-after"], "7");
        }
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
    assert_eq!(stage.sandbox.faults().struck(fault), 2);
    let log = stage.sandbox.log().of(Route::Discovery);
    assert!(log[1].decision.starts_with("fault 0") && log[0].decision == "answered");
}

#[actix_web::test]
async fn chance_follows_the_seed() {
    let stage = stage();
    let draw = async |seed: u64| {
        stage.sandbox.faults().clear();
        let answer = Effect::Answer(Answer::status(500));
        stage.strike(Fault::on(STYLE).with_probability(0.5, seed).then(answer));
        let mut drawn = Vec::new();
        for _ in 0..40 {
            drawn.push(stage.style().await.unwrap().0 == 500);
        }
        drawn
    };
    let (first, same, other) = (draw(7).await, draw(7).await, draw(8).await);
    assert_eq!(first, same);
    assert_ne!(first, other);
    let hits = first.iter().filter(|hit| **hit).count();
    assert!((10..=30).contains(&hits), "{hits}");
}

#[actix_web::test]
async fn what_was_accepted_stays_accepted_when_its_answer_is_spoilt() {
    let stage = stage();
    let token = stage.google_token().await;
    let spoilt = |effect| Fault::on(Route::GmailSend).times(1).then(Effect::Accept).then(effect);
    stage.strike(spoilt(Effect::Answer(Answer::status(500))));
    assert_eq!(stage.send(&token, MESSAGE).await.status(), 500);
    assert_eq!(stage.sandbox.google().accepted().len(), 1);
    stage.strike(spoilt(Effect::Reset));
    assert!(stage.try_send(&token, MESSAGE).await.is_err());
    assert_eq!(stage.sandbox.google().accepted().len(), 2);
    stage.strike(Fault::on(Route::GmailSend).times(1).then(Effect::Answer(Answer::status(500))));
    assert_eq!(stage.send(&token, MESSAGE).await.status(), 500);
    assert_eq!(stage.sandbox.google().accepted().len(), 2, "not accepted this time");
    let log = stage.sandbox.log().of(Route::GmailSend);
    assert_eq!(log.iter().map(|record| record.status).collect::<Vec<_>>(), [Some(500), None, Some(500)]);
}

#[actix_web::test]
async fn a_reset_is_a_reset_and_a_hang_up_is_not() {
    let stage = stage();
    stage.strike(Fault::on(STYLE).times(1).then(Effect::Reset));
    let error = stage.style().await.unwrap_err();
    assert!(was_reset(&error), "{error:?}");
    stage.strike(Fault::on(STYLE).times(1).then(Effect::HangUp));
    let error = stage.style().await.unwrap_err();
    assert!(error.is_request() && !was_reset(&error), "{error:?}");
    stage.style().await.unwrap();
}

#[actix_web::test]
async fn a_body_is_cut_after_exactly_so_many_bytes() {
    let stage = stage();
    for bytes in [0, 100, 3_000] {
        stage.strike(Fault::on(STYLE).times(1).then(Effect::CutAfter(bytes)));
        let (arrived, error) = stage.style_until_broken().await;
        assert_eq!(arrived, bytes);
        assert!(!was_reset(&error), "{error:?}");
    }
    stage.strike(Fault::on(STYLE).times(1).then(Effect::ResetAfter(100)));
    let (arrived, error) = stage.style_until_broken().await;
    assert_eq!(arrived, 100);
    assert!(was_reset(&error), "{error:?}");
    assert!(stage.sandbox.log().of(STYLE).iter().all(|record| record.ending == Ending::Broken));
}

#[actix_web::test]
async fn a_stall_never_ends_and_a_pause_does() {
    let stage = stage();
    let patience = Duration::from_millis(300);
    stage.strike(Fault::on(STYLE).times(1).then(Effect::Stall));
    assert!(tokio::time::timeout(patience, stage.style()).await.is_err());
    stage.strike(Fault::on(STYLE).times(1).then(Effect::StallAfter(100)));
    assert!(tokio::time::timeout(patience, stage.style()).await.is_err());
    let (_, whole) = stage.style().await.unwrap();
    let begun = Instant::now();
    stage.strike(Fault::on(STYLE).times(1).then(Effect::PauseAfter(100, patience)));
    assert_eq!(stage.style().await.unwrap(), (200, whole));
    assert!(begun.elapsed() >= patience);
}

#[actix_web::test]
async fn a_delay_delays_and_a_drip_drips() {
    let stage = stage();
    let (_, whole) = stage.style().await.unwrap();
    let begun = Instant::now();
    stage.strike(Fault::on(STYLE).times(1).then(Effect::Delay(Duration::from_millis(200))));
    stage.style().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(200));
    let begun = Instant::now();
    stage.strike(Fault::on(STYLE).times(1).then(Effect::Drip(whole / 10, Duration::from_millis(20))));
    assert_eq!(stage.style().await.unwrap().1, whole);
    assert!(begun.elapsed() >= Duration::from_millis(200));
}

#[actix_web::test]
async fn a_shut_gate_holds_back_until_it_is_opened() {
    let stage = stage();
    let gate = Gate::default();
    stage.strike(Fault::on(STYLE).then(Effect::Until(gate.clone())));
    let mut asking = Box::pin(stage.style());
    assert!(tokio::time::timeout(Duration::from_millis(100), &mut asking).await.is_err());
    gate.open();
    asking.await.unwrap();
    stage.style().await.unwrap();
}

#[actix_web::test]
async fn a_reset_while_reading_leaves_nothing_accepted() {
    let stage = stage();
    let token = stage.google_token().await;
    stage.strike(Fault::on(Route::GmailSend).times(1).then(Effect::ResetWhileReading(10)));
    assert!(stage.try_send(&token, MESSAGE).await.is_err());
    assert!(stage.sandbox.google().accepted().is_empty());
    assert_eq!(stage.send(&token, MESSAGE).await.status(), 200);
}

#[actix_web::test]
async fn grants_at_one_endpoint_can_be_struck_apart() {
    let stage = stage();
    let refresh = stage.sign_in(&[], &[]).await.refresh;
    stage.strike(Fault::on(Route::Exchange).then(Effect::Answer(Answer::status(429).json(&json!({})))));
    assert_eq!(stage.exchange(&refresh).await.0, 429);
    assert_eq!(stage.token(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]).await.0, 200);
    assert_eq!(stage.sandbox.log().count(Route::Token), 3);
    assert_eq!(stage.sandbox.log().count(Route::Exchange), 1);
}
