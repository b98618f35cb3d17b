//! A tab of the browser, and what a person can do and see in it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thirtyfour::{By, Key, WebDriver, WebElement};
use url::Url;

use super::driver::Driver;

/// As long as a patient person waits for anything here.
const PATIENCE: Duration = Duration::from_secs(40);

pub struct Tab {
    driver: WebDriver,
    base: Url,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

impl Scheme {
    pub const BOTH: [Self; 2] = [Self::Light, Self::Dark];

    pub fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Tab {
    pub async fn open(driver: &Driver, base: &str) -> Self {
        let tab = Self { driver: driver.browser().await, base: base.parse().unwrap() };
        tab.scheme(Scheme::Light).await;
        tab
    }

    pub async fn close(&self) {
        let _ended_by_the_driver_otherwise = self.driver.clone().quit().await;
    }

    /// Goes to an address, one of this site where it has no host.
    pub async fn go(&self, address: &str) {
        self.driver.goto(self.base.join(address).unwrap().as_str()).await.unwrap();
        self.loaded().await;
    }

    /// Goes to an address that may lead nowhere.
    pub async fn look_at(&self, address: &str) {
        let _an_error_page_is_a_page = self.driver.goto(address).await;
    }

    pub async fn reload(&self) {
        self.driver.refresh().await.unwrap();
        self.loaded().await;
    }

    /// The driver goes on a little early: the page's own scripts may still have to run.
    async fn loaded(&self) {
        self.until("document.readyState === 'complete'").await;
    }

    /// Opens another tab of this browser, and goes on in it.
    pub async fn another(&self) {
        let fresh = self.driver.new_tab().await.unwrap();
        self.driver.switch_to_window(fresh).await.unwrap();
        self.scheme(Scheme::Light).await;
    }

    /// Goes on in the tab that was opened as the nth.
    pub async fn turn_to(&self, tab: usize) {
        let all = self.driver.windows().await.unwrap();
        self.driver.switch_to_window(all[tab].clone()).await.unwrap();
    }

    /// Closes this tab, and goes on in the first that is left.
    pub async fn shut(&self) {
        self.driver.close_window().await.unwrap();
        self.turn_to(0).await;
    }

    /// The path of the page that is shown.
    pub async fn path(&self) -> String {
        self.driver.current_url().await.unwrap().path().to_owned()
    }

    // ---- How the page is looked at.

    pub async fn size(&self, (width, height): (u32, u32)) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.tell("Emulation.setDeviceMetricsOverride", screen).await;
        // A phone's scroll bar takes no room.
        self.tell("Emulation.setScrollbarsHidden", json!({ "hidden": width < 500 })).await;
    }

    pub async fn scheme(&self, scheme: Scheme) {
        self.prefers(&[("prefers-color-scheme", scheme.word()), ("prefers-reduced-motion", "reduce")]).await;
    }

    /// What the person has told the device, by the names that a style sheet asks for.
    pub async fn prefers(&self, told: &[(&str, &str)]) {
        let features: Vec<Value> = told.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        self.tell("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// From the next page on no policy of a page is heeded.
    pub async fn without_policies(&self) {
        self.tell("Page.enable", json!({})).await;
        self.tell("Page.setBypassCSP", json!({ "enabled": true })).await;
    }

    pub async fn without_script(&self) {
        self.tell("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// The person lets pages write to the clipboard and read it.
    pub async fn may_use_the_clipboard(&self) {
        let permissions = json!(["clipboardReadWrite", "clipboardSanitizedWrite"]);
        self.tell("Browser.grantPermissions", json!({ "permissions": permissions })).await;
    }

    async fn tell(&self, command: &str, what: Value) -> Value {
        self.driver.cdp().send_raw(command, what).await.unwrap()
    }

    // ---- What stands there.

    /// What a script in the page says.
    pub async fn ask<T: DeserializeOwned>(&self, expression: &str) -> T {
        let answer = self.driver.execute(format!("return ({expression});"), Vec::new()).await;
        answer.unwrap_or_else(|fault| panic!("{expression}: {fault}")).convert().unwrap()
    }

    /// Does something in the page that takes its time.
    pub async fn run<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> T {
        self.driver.execute(script, arguments).await.unwrap().convert().unwrap()
    }

    /// Waits until an expression is true.
    pub async fn until(&self, expression: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            // In between two pages there is nothing to ask.
            let answer = self.driver.execute(format!("return Boolean({expression});"), Vec::new()).await;
            if answer.is_ok_and(|answer| answer.json() == &Value::Bool(true)) {
                return;
            }
            assert!(Instant::now() < until, "it never came to this: {expression}\n{}", self.words().await);
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Waits for an element that can be seen.
    pub async fn find(&self, css: &str) -> WebElement {
        let until = Instant::now() + PATIENCE;
        loop {
            for element in self.driver.find_all(By::Css(css)).await.unwrap_or_default() {
                if element.is_displayed().await.unwrap_or(false) {
                    return element;
                }
            }
            assert!(Instant::now() < until, "there is no {css} on the page\n{}", self.words().await);
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// How many elements match, seen or not.
    pub async fn count(&self, css: &str) -> usize {
        self.driver.find_all(By::Css(css)).await.unwrap().len()
    }

    /// The words of the first element that matches, as they are seen.
    pub async fn text(&self, css: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            // A part that was just put in place of another is looked for again.
            match self.find(css).await.text().await {
                Ok(words) => return words,
                Err(fault) => assert!(Instant::now() < until, "{css} cannot be read: {fault}"),
            }
        }
    }

    /// All words on the page, for a test that failed.
    async fn words(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    // ---- What a person does.

    pub async fn click(&self, css: &str) {
        let element = self.within_reach(css).await;
        element.click().await.unwrap_or_else(|fault| panic!("{css} cannot be clicked: {fault}"));
    }

    /// Scrolls until an element is clear of what sticks to the window's edges.
    async fn within_reach(&self, css: &str) -> WebElement {
        let script = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' });";
        let until = Instant::now() + PATIENCE;
        loop {
            let element = self.find(css).await;
            match self.driver.execute(script, vec![element.to_json().unwrap()]).await {
                Ok(_) => return element,
                Err(fault) => assert!(Instant::now() < until, "{css} cannot be reached: {fault}"),
            }
        }
    }

    /// Types something in place of what stands there.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.within_reach(css).await;
        field.click().await.unwrap();
        field.send_keys(Key::Control + "a").await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses a key in a field.
    pub async fn press(&self, css: &str, key: Key) {
        self.find(css).await.send_keys(key).await.unwrap();
    }

    /// Presses keys, wherever the focus is.
    pub async fn keys(&self, keys: impl Into<thirtyfour::TypingData>) {
        self.driver.action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Presses Shift and Tab.
    pub async fn tab_back(&self) {
        self.driver.action_chain().key_down(Key::Shift).send_keys(Key::Tab).key_up(Key::Shift).perform().await.unwrap();
    }

    // ---- What the browser noted.

    /// What stands in the console.
    pub async fn console(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.unwrap();
        entries.into_iter().map(|entry| format!("{} {}", entry.level, entry.message)).collect()
    }

    /// All cookies, those that no script reads among them.
    pub async fn cookies(&self) -> Vec<Value> {
        let all = self.tell("Network.getAllCookies", json!({})).await;
        all["cookies"].as_array().unwrap().clone()
    }

    /// The addresses that pages asked for since the last time, each with its page.
    pub async fn requests(&self) -> Vec<(Url, Url)> {
        let entries = self.driver.get_log("performance").await.unwrap();
        let events = entries.iter().map(|entry| serde_json::from_str::<Value>(&entry.message).unwrap());
        let sent = events.filter(|event| event["message"]["method"] == "Network.requestWillBeSent");
        let url = |value: &Value| value.as_str().unwrap().parse().unwrap();
        sent.map(|event| {
            let params = &event["message"]["params"];
            (url(&params["request"]["url"]), url(&params["documentURL"]))
        })
        // The browser begins with pages of its own, and draws its own fields from `data:`.
        .filter(|(url, page): &(Url, Url)| [url, page].iter().all(|url| url.scheme().starts_with("http")))
        .collect()
    }

    // ---- Pictures.

    /// The window as it is, light and dark.
    pub async fn shots(&self, name: &str) {
        for scheme in Scheme::BOTH {
            self.scheme(scheme).await;
            let width: u32 = self.ask("innerWidth").await;
            let window = self.tell("Page.captureScreenshot", json!({ "format": "png" })).await;
            keep(&format!("{name}-{width}-{}", scheme.word()), &window);
        }
        self.scheme(Scheme::Light).await;
    }

    /// The whole page from top to bottom, at this width and in this scheme.
    pub async fn whole(&self, name: &str) {
        let usual = self.unroll().await;
        keep(name, &self.tell("Page.captureScreenshot", json!({ "format": "png" })).await);
        self.size(usual).await;
    }

    /// Makes the window as tall as the page, so that what sticks to the window's edge is
    /// at the page's and covers nothing. Says how large it was.
    pub async fn unroll(&self) -> (u32, u32) {
        const SIZES: &str = "[innerWidth, innerHeight, document.documentElement.scrollHeight]";
        self.run::<()>("scrollTo(0, 0)", Vec::new()).await;
        let (width, usual, _): (u32, u32, u32) = self.ask(SIZES).await;
        // What is measured by the window's height grows with it, but for a table not without end.
        for _ in 0..4 {
            let (_, shown, height): (u32, u32, u32) = self.ask(SIZES).await;
            if height <= shown {
                break;
            }
            self.size((width, height)).await;
        }
        self.run::<()>("dispatchEvent(new Event('scroll'))", Vec::new()).await;
        (width, usual)
    }

    /// The page as paper shows it, as wide as A4 between its margins.
    pub async fn as_printed(&self, name: &str) {
        self.onto_paper().await;
        self.whole(name).await;
        self.tell("Emulation.setEmulatedMedia", json!({ "media": "" })).await;
        self.scheme(Scheme::Light).await;
    }

    /// From now on the page is laid out as it would be printed.
    pub async fn onto_paper(&self) {
        self.size((718, 1000)).await;
        self.tell("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
    }

    /// What a failed test saw last.
    pub async fn last_look(&self) {
        if let Ok(window) = self.driver.cdp().send_raw("Page.captureScreenshot", json!({})).await {
            let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
            keep(&format!("failed-{test}"), &window);
        }
    }
}

fn keep(name: &str, picture: &Value) {
    let bytes = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    let file = folder.join(format!("{name}.png"));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}
