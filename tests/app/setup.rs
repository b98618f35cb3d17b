//! The operator's page: who sees it, what it says of the tenant, and what it
//! learns from what stood in a teacher's way.

mod guarded;
mod met;

use std::sync::Arc;

use jiff::SignedDuration;
use reqwest::Method;
use scraper::{ElementRef, Html, Selector};
use teachers_aide::{
    clock::{Clock, HeldClock, SystemClock},
    sandbox::{Setup, faults::Route},
};

use crate::{
    cast,
    harness::{Answer, Browser, Demo, TestApp, Wanted},
    routes::looks,
};

/// One line of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    about: String,
    state: String,
    words: String,
    guide: String,
}

/// The lines of the first list below a heading.
fn lines(page: &Answer, section: &str) -> Vec<Line> {
    let html = Html::parse_document(&page.body);
    let all = |css: &str| Selector::parse(css).unwrap();
    let line = |item: ElementRef<'_>| {
        let text = |css: &str| {
            let found: Vec<String> = item.select(&all(css)).map(|found| found.text().collect()).collect();
            found.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let guide = item.select(&all(".more a")).filter_map(|link| link.attr("href")).collect();
        Line { about: text("strong"), state: text(".chip"), words: text(".often, .soft"), guide }
    };
    html.select(&all(&format!("section[aria-labelledby={section}] .uses li"))).map(line).collect()
}

fn line(page: &Answer, section: &str, about: &str) -> Option<Line> {
    lines(page, section).into_iter().find(|line| line.about == about)
}

async fn set_up(browser: &Browser) -> Answer {
    browser.get("/setup").await.with(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_this_computer_whoever_comes_sees_how_it_is_set_up_and_no_secret() {
    let app = TestApp::start().await;
    let page = set_up(&app.browser()).await;
    let parts = [
        ("School data", "Works"),
        ("Secret key", "Works"),
        ("Sign-in, vault and mail", "Works"),
        ("Application", "Works"),
        ("Token Vault", "Works"),
        ("Way back", "Works"),
        // The sandbox does not list the model that these tests name.
        ("Model", "Look at this"),
    ];
    let seen: Vec<_> = lines(&page, "found").into_iter().map(|line| (line.about, line.state)).collect();
    assert_eq!(seen, parts.map(|(about, state)| (about.to_owned(), state.to_owned())));
    assert_eq!(page.text("section[aria-labelledby=met] .none"), "Nothing that you would have to mend.");
    // The settings by their names alone.
    let settings = page.texts("dl.set div");
    for line in
        ["AUTH0_CLIENT_SECRET Set", "APP_SECRET_KEY Set", "AUTH0_CONNECT_BY Not set", "OPERATOR_ACCOUNTS Not set"]
    {
        assert!(settings.contains(&line.to_owned()), "{line} in {settings:?}");
    }
    for value in [app.sandbox.client_id(), "aide.db", "school.json"] {
        assert!(!page.text("section[aria-labelledby=settings]").contains(value), "{value}");
    }
    // Who is signed in has their own frame around it, and finds it from the settings.
    let ada = app.signed_in(&cast::ada()).await;
    assert!(set_up(&ada).await.has("nav.side") && !page.has("nav.side"));
    assert!(ada.get("/settings").await.has(".settings a[href='/setup']"));
    let guide = ada.get("/setup/guide").await.with(200);
    assert!(guide.text("h1").starts_with("From a new tenant") && guide.text("pre").contains("AUTH0_DOMAIN=TENANT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nothing_set_the_page_says_what_is_a_stand_in() {
    let demo = Demo::start().await;
    let browser = Browser::at(&demo.base);
    let page = set_up(&browser).await;
    for about in ["Sign-in, vault and mail", "Model"] {
        assert_eq!(line(&page, "found", about).unwrap().state, "Stand-in", "{about}");
    }
    assert!(page.texts("dl.set dd").iter().filter(|set| *set == "Set").count() <= 2, "{}", page.body);
    assert!(browser.get("/").await.has(".banner a[href='/setup']"), "the banner leads there");
}

#[tokio::test(flavor = "multi_thread")]
async fn elsewhere_it_is_there_for_operators_and_to_everybody_else_it_is_not() {
    let public_url = Some("https://aide.school.example");
    let listed = vec![("OPERATOR_ACCOUNTS", format!("ops@school.example, {}", cast::ada().email.to_uppercase()))];
    for (variables, operator) in [(listed, true), (Vec::new(), false)] {
        let app = TestApp::start_with(Wanted { public_url, variables, ..Wanted::default() }).await;
        let (ada, grace) = (app.signed_in(&cast::ada()).await, app.signed_in(&cast::grace()).await);
        for path in ["/setup", "/setup/guide"] {
            assert_eq!(ada.get(path).await.status, if operator { 200 } else { 404 }, "{path}");
            for other in [&grace, &app.browser()] {
                for accept in ["text/html", "application/json"] {
                    let ask = async |path: &str| {
                        looks(&other.send(other.request(&Method::GET, path).header("accept", accept)).await)
                    };
                    assert_eq!(ask(path).await.0, 404, "{path}");
                    assert_eq!(ask(path).await, ask("/nowhere").await, "{path} {accept}");
                }
            }
        }
        assert_eq!(ada.get("/settings").await.has("a[href='/setup']"), operator);
        assert!(!grace.get("/settings").await.has("a[href='/setup']"));
        let asked = app.sandbox.log().of(Route::Exchange).len();
        assert_eq!(asked, usize::from(operator), "nobody else makes it ask the tenant");
    }
}

/// The switch, the settings that differ, the part that is wrong, the click that mends it.
type Row = (fn(&mut Setup), &'static [(&'static str, &'static str)], &'static str, &'static str);

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_switch_of_the_tenant_stands_there_with_its_click_and_its_part_of_the_guide() {
    let table: [Row; 7] = [
        (|setup| setup.exchange_allowed = false, &[], "Token Vault", "Grant Types: tick Token Vault"),
        (|setup| setup.connection_for_vault = false, &[], "Token Vault", "Purpose must be"),
        (|setup| setup.rotation = true, &[], "Token Vault", "Refresh Token Rotation must be off"),
        (|setup| setup.mfa_always = true, &[], "Token Vault", "the policy must not be Always"),
        (|_| {}, &[("AUTH0_CLIENT_SECRET", "copied-wrongly")], "Application", "copy both again into AUTH0_CLIENT_ID"),
        (|_| {}, &[("AUTH0_CONNECTION", "google-of-old")], "Way back", "switch AUTH0_CONNECTION on"),
        (|_| {}, &[("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")], "Model", "cannot be reached"),
    ];
    for (switch, variables, about, mends) in table {
        let mut setup = Setup::default();
        switch(&mut setup);
        let variables = variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let app = TestApp::start_with(Wanted { setup, variables, ..Wanted::default() }).await;
        let browser = app.browser();
        let page = set_up(&browser).await;
        let found = line(&page, "found", about).unwrap();
        assert_eq!(found.state, "Does not work", "{mends}: {found:?}");
        assert!(found.words.contains(mends), "{mends}: {found:?}");
        assert!(page.text("section[aria-labelledby=found] > p").starts_with("Something does not work."), "{mends}");
        assert!(!page.body.contains("copied-wrongly"), "{mends}: a value is never shown");
        let (path, anchor) = found.guide.split_once('#').unwrap();
        assert!(browser.get(path).await.with(200).has(&format!("section > h2[id='{anchor}']")), "{}", found.guide);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_and_again_is_told_what_was_seen_a_moment_ago() {
    let clock = Arc::new(HeldClock::at(SystemClock.now()));
    let app = TestApp::start_with(Wanted { clock: Some(Arc::clone(&clock)), ..Wanted::default() }).await;
    let browser = app.browser();
    let asked = || {
        let log = app.sandbox.log();
        [Route::RefreshGrant, Route::Exchange, Route::Authorize, Route::ModelList].map(|route| log.count(route))
    };
    let many = (0..30).map(|_| set_up(&browser));
    futures_util::future::join_all(many).await;
    assert_eq!(asked(), [1; 4], "thirty at once are one look");
    app.sandbox.auth0().set_up(|setup| setup.exchange_allowed = false);
    clock.advance(SignedDuration::from_secs(59));
    assert_eq!(line(&set_up(&browser).await, "found", "Token Vault").unwrap().state, "Works");
    assert_eq!(asked(), [1; 4]);
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(line(&set_up(&browser).await, "found", "Token Vault").unwrap().state, "Does not work");
    assert_eq!(asked(), [2; 4]);
    // A clock that was set back is no reason to believe an old look for hours.
    clock.advance(SignedDuration::from_hours(-2));
    set_up(&browser).await;
    assert_eq!(asked(), [3; 4]);
}
