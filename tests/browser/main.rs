//! The page as teachers use it, in a real browser: Chromium, driven by
//! chromedriver, against the whole demo on a free port.
//!
//! Where there is no browser, each test says that it was left out; with
//! `CI=true` it fails instead. Screenshots go to `target/screenshots`.

mod axe;
mod connections;
mod driver;
mod faults;
mod jobs;
mod keyboard;
mod keys;
mod mishaps;
mod motion;
mod pages;
mod paper;
mod plain;
mod reader;
mod reload;
mod remedies;
mod screenshots;
mod secrets;
mod sink;
mod states;
mod story;
mod tab;
mod tables;
mod typing;
mod unsent;
mod versions;

use std::{
    io::{self, Write},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use futures_util::FutureExt;
use teachers_aide::{
    clients::http::install_tls,
    clock::Patience,
    sandbox::model::{DemoMind, Mind, ScriptedMind},
};

use self::{driver::Driver, tab::Tab};
use crate::harness::Demo;

/// A teacher's desk: a browser window before the running demo.
pub struct Desk {
    pub tab: Tab,
    pub demo: Demo,
}

/// The size of a laptop's window.
pub const WIDE: (u32, u32) = (1280, 900);
/// The size of a small phone's.
pub const NARROW: (u32, u32) = (360, 740);

/// Lets a test sit at a desk of its own, and clears it up whatever happens.
pub async fn at_a_desk(test: impl AsyncFnOnce(&Desk)) {
    at_a_desk_with(Patience::default(), test).await;
}

/// The same where the application waits for others no longer than this.
pub async fn at_a_desk_with(patience: Patience, test: impl AsyncFnOnce(&Desk)) {
    install_tls();
    if let Some(missing) = driver::missing() {
        left_out(&format!("{missing} is not installed, so nothing was tried in a browser"));
        return;
    }
    let demo = Demo::start_with(patience).await;
    demo.sandbox.model().set_mind(Arc::new(DemoMind::default()));
    let driver = Driver::start();
    let desk = Desk { tab: Tab::open(&driver, &demo.base).await, demo };
    desk.tab.size(WIDE).await;
    let ended = AssertUnwindSafe(test(&desk)).catch_unwind().await;
    if ended.is_err() {
        desk.tab.last_look().await;
    }
    desk.tab.close().await;
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}

/// Says what was not tried; where nothing may be left out, that is a failure.
pub fn left_out(what: &str) {
    #[expect(clippy::disallowed_methods, reason = "no setting of the application")]
    let strict = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!strict, "with CI=true nothing may be left out, but {what}");
    // Written past the test runner, which keeps what a passing test prints to itself.
    io::stderr().write_all(format!("Left out: {what}.\n").as_bytes()).unwrap();
}

impl Desk {
    /// The model says from now on what the test tells it to.
    pub fn script(&self) -> Arc<ScriptedMind> {
        let mind = ScriptedMind::new();
        self.demo.sandbox.model().set_mind(Arc::clone(&mind) as Arc<dyn Mind>);
        mind
    }

    /// Signs in as Mary, through the provider's own page.
    pub async fn sign_in(&self) {
        self.tab.go("/auth/login").await;
        self.tab.click("button.person").await;
        self.tab.until("location.pathname === '/chat'").await;
    }

    /// Signs in as somebody else, through the provider's own page.
    pub async fn sign_in_as(&self, name: &str) {
        let tab = &self.tab;
        tab.go("/auth/login").await;
        tab.find("button.person").await;
        let button =
            format!("[...document.querySelectorAll('button.person')].find((one) => one.innerText.includes('{name}'))");
        tab.run::<()>(&format!("{button}.click()"), Vec::new()).await;
        tab.until("location.pathname === '/chat'").await;
    }

    /// Asks by Enter.
    pub async fn ask(&self, words: &str) {
        self.tab.fill("#words", words).await;
        self.tab.press("#words", thirtyfour::Key::Enter).await;
    }

    /// Waits until so many turns are over.
    pub async fn done(&self, turns: usize) {
        self.tab.until(&format!("document.querySelectorAll('[data-turn][data-state=done]').length === {turns}")).await;
    }
}
