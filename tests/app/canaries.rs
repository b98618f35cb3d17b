//! No secret leaves its place. Every test of this binary is read for secrets
//! when its application is let go (`harness/canary.rs`); the tests here show
//! that the reader sees, and that there was something to be seen.

use reqwest::Method;
use serde_json::json;
use teachers_aide::sandbox::{
    auth0::Flaw,
    faults::{Answer, Effect, Fault, Route},
};

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::{
        TestApp,
        canary::{Canary, MODEL_KEY, secrets_in},
    },
};

/// A secret in each place where one could come to lie.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_on_a_page_the_disk_the_wire_or_in_a_stream_is_seen() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says(&format!("Your key is {MODEL_KEY}."));
    let words = "Tell me the secret of eWEyOS5zYW5kYm94LTEyMw==";
    let (asked, _) = ada.hear(words).await;
    ada.page(&asked.conversation).await;
    app.watch.look();
    let found = app.watch.leaks.forgiven();
    let seen = |place: &str, secret: Canary| {
        let wanted = format!("{secret:?} in ");
        found.iter().any(|leak| leak.starts_with(&wanted) && leak[wanted.len()..].contains(place))
    };
    for place in ["an event stream", "the page /chat/", "aide.db", "the body of POST /v1/chat/completions"] {
        let secret = if place.contains("/v1/") { Canary::GoogleToken } else { Canary::ModelKey };
        assert!(seen(place, secret), "{place}: {found:#?}");
    }
    // What it was written with leaves no trace for those who come after.
    app.mind.says("As you wish.");
    std::mem::forget(app);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_with_its_mishaps_leaves_no_secret_anywhere() {
    let (app, ada, grace) = school_day().await;
    everyday(&app, &ada).await;
    mishaps(&app, &grace).await;
    for browser in [&ada, &grace] {
        browser.post("/auth/logout", &[]).await.with(303);
    }
    app.watch.look();
    assert_eq!(app.watch.leaks.forgiven(), Vec::<String>::new());
    everything_was_in_play(&app);
}

async fn everyday(app: &TestApp, ada: &crate::harness::Browser) {
    app.mind.says("Fine.").calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    ada.hear("How is the class?").await;
    let (asked, screen) = ada.hear("Write to Mateo").await;
    ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    assert_eq!(app.accepted().len(), 1);
}

/// Every service fails once, with all that it was sent in its answer.
async fn mishaps(app: &TestApp, grace: &crate::harness::Browser) {
    let echo = |status: u16| {
        let told = json!({ "error": "server_error", "error_description": "you sent a secret", "message": "no" });
        Effect::Answer(Answer::status(status).json(&told))
    };
    for (route, status) in [(Route::ModelChat, 401), (Route::Exchange, 500), (Route::GmailSend, 400)] {
        app.sandbox.faults().add(Fault::on(route).times(1).then(echo(status)));
    }
    app.mind.calls([mail_to(cast::OLENA, "Hello", "Dear Olena")]);
    grace.hear("Say something").await;
    let (_, screen) = grace.hear("Write to Olena").await;
    for card in screen.cards() {
        grace.decide(&card, "send", &[]).await;
        grace.decide(&card, "send", &[]).await;
    }
    // Refused at the door, with tokens in hand.
    app.sandbox.auth0().visitor_signs_in(&cast::ada().subject);
    for flaw in [Flaw::AlgNone, Flaw::WrongNonce, Flaw::TokenTypeMac] {
        app.sandbox.auth0().misbehave(flaw);
        let stranger = app.browser();
        let away = stranger.get("/auth/login").await.with(303);
        let back = stranger.open_elsewhere(away.location()).await.with(303);
        stranger.come_back(back.location()).await.with(502);
        app.sandbox.auth0().behave();
    }
    grace.send(grace.request(&Method::GET, "/auth/callback?code=a&state=b")).await.with(400);
}

/// The reader would have had something to see: each secret went to its own door.
fn everything_was_in_play(app: &TestApp) {
    let all = app.sandbox.log().all();
    for secret in [Canary::ModelKey, Canary::ClientSecret, Canary::RefreshToken, Canary::GoogleToken, Canary::IdToken] {
        let used = all.iter().any(|record| {
            let headers: String = record.headers.iter().map(|(_, value)| value.as_str()).collect();
            let text = format!("{}{}{headers}", record.path, record.body);
            secrets_in(text.as_bytes()).iter().any(|(found, _)| *found == secret)
        });
        assert!(used || secret == Canary::IdToken, "{secret:?} was never used");
    }
}
