//! A census: every route, by every method, in every state of the house, and
//! each answer carries the headers that it should.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;

use super::{Body, Route, Things, a_draft_of, all, by_https, with_a_draft};
use crate::harness::{Answer, Browser, TestApp};

const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

/// What was seen so far.
#[derive(Default)]
struct Census {
    https: bool,
    statuses: BTreeSet<u16>,
    cookies: BTreeSet<String>,
    answers: usize,
}

impl Census {
    fn of(https: bool) -> Self {
        Self { https, ..Self::default() }
    }

    #[track_caller]
    fn count(&mut self, what: &str, answer: &Answer) {
        self.answers += 1;
        self.statuses.insert(answer.status);
        fixed(what, answer);
        policy(what, answer.header("content-security-policy"));
        kept(what, answer);
        kind(what, answer);
        let year = if self.https { "max-age=31536000; includeSubDomains" } else { "" };
        assert_eq!(answer.header("strict-transport-security"), year, "{what}");
        for cookie in answer.headers.get_all("set-cookie") {
            self.cookie(what, cookie.to_str().unwrap());
        }
    }

    fn cookie(&mut self, what: &str, cookie: &str) {
        let (name, rest) = cookie.split_once('=').unwrap();
        let flags: BTreeSet<&str> = rest.split(';').skip(1).map(str::trim).collect();
        for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(flags.contains(flag), "{what}: {cookie}");
        }
        assert!(!flags.iter().any(|flag| flag.starts_with("Domain")), "{what}: {cookie}");
        assert_eq!(flags.contains("Secure"), self.https, "{what}: {cookie}");
        assert_eq!(name.starts_with("__Host-"), self.https, "{what}: {cookie}");
        self.cookies.insert(name.to_owned());
    }
}

#[track_caller]
fn fixed(what: &str, answer: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    let referrer = answer.header("referrer-policy");
    assert!(["no-referrer", "same-origin"].contains(&referrer), "{what}: {referrer}");
    assert!(answer.header("permissions-policy").contains("camera=()"), "{what}");
    for name in answer.headers.keys().map(reqwest::header::HeaderName::as_str) {
        let tells = ["server", "via", "x-powered-by"].contains(&name) || name.starts_with("access-control-");
        assert!(!tells, "{what}: {name}");
    }
}

/// Nothing but this site's own files, nothing inline, no frame.
#[track_caller]
fn policy(what: &str, policy: &str) {
    let rules: BTreeMap<&str, &str> =
        policy.split(';').map(str::trim).filter_map(|rule| rule.split_once(' ')).collect();
    for name in ["default-src", "frame-ancestors", "base-uri"] {
        assert_eq!(rules.get(name), Some(&"'none'"), "{what}: {policy}");
    }
    for name in ["script-src", "style-src", "connect-src"] {
        assert_eq!(rules.get(name), Some(&"'self'"), "{what}: {policy}");
    }
    let may = ["'none'", "'self'", "data:"];
    for (name, value) in rules.iter().filter(|(name, _)| **name != "form-action") {
        assert!(value.split(' ').all(|source| may.contains(&source)), "{what}: {name} {value}");
    }
    assert!(!rules["script-src"].contains("data:") && rules["form-action"].starts_with("'self'"), "{what}: {policy}");
}

/// Only the page's own files may be kept by anybody.
#[track_caller]
fn kept(what: &str, answer: &Answer) {
    let cache = answer.header("cache-control");
    let file = what.contains(" /static/") && matches!(answer.status, 200 | 304);
    assert_eq!(cache == "no-store", !file, "{what} {}: {cache}", answer.status);
}

#[track_caller]
fn kind(what: &str, answer: &Answer) {
    let kind = answer.header("content-type");
    let text = kind.starts_with("text/") && kind != "text/event-stream";
    assert!(!text || kind.ends_with("charset=utf-8"), "{what}: {kind}");
    assert!(answer.body.is_empty() || !kind.is_empty(), "{what}: {}", answer.body);
}

async fn by(browser: &Browser, route: &Route, method: &str, things: &Things, body: &Body) -> Option<Answer> {
    // A stream that stays open has no end to read; its head is looked at below.
    if route.path.ends_with("/events") && method == "GET" {
        return None;
    }
    let route = Route { method: Method::from_bytes(method.as_bytes()).unwrap(), ..route.clone() };
    Some(browser.send(route.request(browser, things, body)).await)
}

/// Every route by every method, and every body that it takes.
async fn walk(census: &mut Census, who: &str, browser: &Browser, things: &Things) {
    for route in all() {
        for body in route.bodies(things) {
            // Nobody walks on after the sign-out.
            let body = if route.path.starts_with("/auth/logout") && who != "stranger" { continue } else { body };
            if let Some(answer) = by(browser, &route, route.method.as_str(), things, &body).await {
                census.count(&format!("{who} {} {}", route.method, route.path), &answer);
            }
        }
    }
}

/// The same wrong request in the ways in which requests are wrong.
async fn wrong(census: &mut Census, ada: &Browser, things: &Things) {
    let path = format!("/chat/{}", things.get("conversation"));
    let post = |path: &str| ada.request(&Method::POST, path);
    let requests = [
        ("no form", post("/chat").body("words")),
        ("a large one", post("/chat").form(&[("words", "x".repeat(300_000))])),
        (
            "another site's",
            ada.bare(Method::POST, &path).header("origin", "https://evil.example").form(&[("words", "x")]),
        ),
        ("a file that is not there", ada.request(&Method::GET, "/static/0/none.css")),
        ("a folder of files", ada.request(&Method::GET, "/static/")),
        ("nowhere", ada.request(&Method::GET, "/nowhere")),
        ("nowhere, for a script", ada.request(&Method::GET, "/.git/config").header("accept", "application/json")),
        ("a callback of nobody's", ada.request(&Method::GET, "/auth/callback?code=a&state=b")),
        ("the stream of nothing", ada.request(&Method::GET, &format!("/turns/{}/events", "0".repeat(32)))),
    ];
    for (what, request) in requests {
        census.count(what, &ada.send(request).await);
    }
    let css = ada.get("/chat").await.attrs("link[rel=stylesheet]", "href").remove(0);
    let file = ada.get(&css).await.with(200);
    let known = ada.request(&Method::GET, &css).header("if-none-match", file.header("etag"));
    census.count(&format!("ada GET {css}"), &file);
    census.count(&format!("ada again GET {css}"), &ada.send(known).await.with(304));
    let stream = ada.request(&Method::GET, &format!("/turns/{}/events", things.get("turn"))).send().await.unwrap();
    let head = Answer { status: stream.status().as_u16(), headers: stream.headers().clone(), body: String::new() };
    census.count("ada GET stream", &head);
}

async fn everything(census: &mut Census, app: &TestApp, ada: &Browser, things: &Things) {
    wrong(census, ada, things).await;
    walk(census, "stranger", &app.browser(), things).await;
    walk(census, "ada", ada, &things.missing()).await;
    walk(census, "ada", ada, things).await;
    app.store.close().await;
    walk(census, "ada, without a database,", ada, things).await;
    assert_eq!(census.cookies.len(), 1, "{:?}", census.cookies);
    assert!(census.answers > 100, "{}", census.answers);
    for status in [200, 303, 304, 400, 401, 403, 404, 413, 500] {
        assert!(census.statuses.contains(&status), "no answer had {status}: {:?}", census.statuses);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_says_what_may_be_loaded_kept_and_framed() {
    let (app, ada, _grace, things) = with_a_draft().await;
    everything(&mut Census::of(false), &app, &ada, &things).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_https_every_answer_asks_for_https_and_the_cookie_stays_with_this_host() {
    let (app, ada) = by_https().await;
    let things = a_draft_of(&app, &ada).await;
    let mut census = Census::of(true);
    everything(&mut census, &app, &ada, &things).await;
    assert_eq!(census.cookies, BTreeSet::from(["__Host-aide".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_takes_the_methods_it_has_and_names_them_to_the_others() {
    let (_app, ada, _grace, things) = with_a_draft().await;
    let (things, lines) = (things.missing(), all());
    let mut census = Census::default();
    for route in &lines {
        let has = |method: &str| lines.iter().any(|line| line.path == route.path && line.method == method);
        for method in METHODS.into_iter().filter(|method| !has(method)) {
            let answer = by(&ada, route, method, &things, &Body::Nothing).await.unwrap();
            let what = format!("ada {method} {}", route.path);
            assert_eq!(answer.status, 405, "{what}: {}", answer.body);
            let allowed: BTreeSet<&str> = answer.header("allow").split(',').map(str::trim).collect();
            let declared = lines.iter().filter(|line| line.path == route.path).map(|line| line.method.as_str());
            assert_eq!(allowed, declared.collect(), "{what}");
            census.count(&what, &answer);
        }
    }
    assert_eq!(census.statuses, BTreeSet::from([405]));
    assert!(census.answers > 100, "{}", census.answers);
}
