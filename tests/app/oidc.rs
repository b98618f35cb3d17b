//! An identity provider that is wrong, or is an attacker, in one way at a time:
//! nobody is signed in, and the page stays calm. The whole application, over
//! the wire.

mod honest;
mod refused;

use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Method;
use teachers_aide::{
    clock::HeldClock,
    sandbox::{auth0::Flaw, faults::Fault},
};

use crate::{
    cast,
    harness::{Answer, Browser, TestApp},
};

/// An application whose provider lets Ada in without showing a page.
struct Door {
    app: TestApp,
    clock: Arc<HeldClock>,
    browser: Browser,
}

impl Door {
    async fn new() -> Self {
        let (app, clock) = TestApp::start_held().await;
        app.sandbox.auth0().visitor_signs_in(&cast::ada().subject);
        let browser = app.browser();
        Self { app, clock, browser }
    }

    async fn with_flaws(flaws: &[Flaw]) -> Self {
        let door = Self::new().await;
        door.misbehave(flaws);
        door
    }

    fn misbehave(&self, flaws: &[Flaw]) {
        self.app.sandbox.auth0().behave();
        for flaw in flaws {
            self.app.sandbox.auth0().misbehave(*flaw);
        }
    }

    fn fault(&self, fault: Fault) {
        self.app.sandbox.faults().add(fault);
    }

    /// To the provider and back: the address that the provider sends the browser
    /// to, or what the application says where it does not come to that.
    async fn sent_back(&self) -> Result<String, Answer> {
        let away = self.browser.get("/auth/login").await;
        if away.status != 303 {
            return Err(away);
        }
        Ok(self.browser.open_elsewhere(away.location()).await.with(303).location().to_owned())
    }

    /// Goes through the door; what the application says in the end.
    async fn enter(&self) -> Answer {
        match self.sent_back().await {
            Ok(callback) => self.browser.come_back(&callback).await,
            Err(answer) => answer,
        }
    }

    /// Comes back with a query of one's own making; `{state}` is the right state.
    async fn come_back_with(&self, query: &str) -> Answer {
        let callback = self.sent_back().await.unwrap();
        let url = url::Url::parse(&callback).unwrap();
        let part = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let query = query.replace("{state}", &part("state")).replace("{code}", &part("code"));
        self.browser.send(self.browser.bare(Method::GET, &format!("/auth/callback?{query}"))).await
    }

    /// Nobody is signed in, whatever the answer was.
    #[track_caller]
    fn calm(name: &str, answer: &Answer) {
        const TITLES: [&str; 6] = [
            "The sign-in could not be checked",
            "The sign-in service does not answer",
            "This sign-in is too old",
            "This sign-in did not arrive whole",
            "You did not sign in",
            "Your address is not confirmed",
        ];
        let title = answer.text("h1");
        assert!(TITLES.contains(&title.as_str()), "{name}: {} {}", answer.status, answer.body);
        assert!([400, 403, 502, 503].contains(&answer.status), "{name}: {}", answer.status);
        for word in ["eyJ", "canary", "<script>", "somebody-else", "sandbox-", "panicked", "openid", "signature"] {
            assert!(!answer.text(".message").contains(word), "{name}: {word}: {}", answer.body);
        }
    }

    async fn nobody_is_in(&self, name: &str) {
        for path in ["/chat", "/classes"] {
            assert_eq!(self.browser.get(path).await.status, 303, "{name}");
        }
        self.browser.post("/chat", &[("words", "hello")]).await.with(401);
        assert!(self.app.asked().is_empty(), "{name}");
    }

    async fn refuses(&self, name: &str, answer: Answer) {
        Self::calm(name, &answer);
        self.nobody_is_in(name).await;
    }

    async fn lets_in(&self, name: &str) {
        let answer = self.enter().await;
        assert_eq!((answer.status, answer.location()), (303, "/chat"), "{name}: {}", answer.body);
        self.browser.get("/chat").await.with(200);
    }

    fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}
