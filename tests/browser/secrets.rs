//! The whole story in a browser, and then everything that the browser kept of it
//! is read for secrets.

use serde_json::Value;

use super::{WIDE, driver, driver::Driver, left_out, tab::Tab};
use crate::{
    cast,
    harness::{TestApp, canary::secrets_in},
};

const KEPT: &str = "JSON.stringify({
    page: document.documentElement.outerHTML,
    local: { ...localStorage },
    session: { ...sessionStorage },
    cookies: document.cookie,
    name: window.name,
    addresses: performance.getEntries().map((entry) => entry.name),
    state: history.state,
})";

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_keeps_one_handle_and_no_secret() {
    if let Some(missing) = driver::missing() {
        left_out(&format!("{missing} is not installed, so no browser's storage was read"));
        return;
    }
    let app = TestApp::start().await;
    let driver = Driver::start();
    let tab = Tab::open(&driver, &app.base).await;
    tab.size(WIDE).await;
    tab.go("/auth/login").await;
    tab.click("button.person").await;
    tab.until("location.pathname === '/chat'").await;
    app.mind.calls([cast::mail_to(cast::MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    tab.fill("#words", "Write to Mateo").await;
    tab.press("#words", thirtyfour::Key::Enter).await;
    tab.click(".letter button[value=send]").await;
    tab.find(".receipt .stamp").await;
    for path in ["/classes", "/students/s-1001", "/conversations", "/chat"] {
        tab.go(path).await;
        let kept: String = tab.ask(KEPT).await;
        assert_eq!(secrets_in(kept.as_bytes()), [], "{path}: {kept}");
        let seen: Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(seen["cookies"], "", "no script reads a cookie");
    }
    let cookies = tab.cookies().await;
    let names: Vec<&str> = cookies.iter().map(|cookie| cookie["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["aide"], "{cookies:?}");
    assert_eq!(cookies[0]["httpOnly"], true);
    assert_eq!(app.accepted().len(), 1);
    tab.close().await;
}
