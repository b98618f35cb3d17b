//! Where a request says that it comes from, in every combination, on every
//! route that changes something; `tokens.rs` does the same for the forms' token.

use reqwest::Method;

use super::{Route, Things, all, with_a_draft};
use crate::harness::Browser;

const SITES: [Option<&str>; 6] =
    [None, Some("same-origin"), Some("same-site"), Some("cross-site"), Some("none"), Some("Same-Origin")];
const MODES: [Option<&str>; 3] = [None, Some("navigate"), Some("no-cors")];
const KINDS: [Option<&str>; 5] = [
    None,
    Some("application/x-www-form-urlencoded"),
    Some("multipart/form-data; boundary=x"),
    Some("text/plain"),
    Some("application/json"),
];

/// What an `Origin` can say; the first two are the page's own.
fn origins(own: &str) -> Vec<Option<String>> {
    let mut origins = vec![None, Some(own.to_owned())];
    let port = own.rsplit(':').next().unwrap();
    for other in [
        "null".to_owned(),
        "https://evil.example".to_owned(),
        format!("{own}/"),
        format!("{own}.evil.example"),
        format!("http://evil.example@127.0.0.1:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        "http://127.0.0.1".to_owned(),
        own.to_uppercase(),
        String::new(),
    ] {
        origins.push(Some(other));
    }
    origins
}

/// The rule, written a second time.
fn is_own(site: Option<&str>, origin: Option<&str>, kind: Option<&str>, own: &str) -> bool {
    match site {
        Some("same-origin") => [None, Some("null"), Some(own)].contains(&origin),
        Some(_) => false,
        None if origin.is_none() => kind == Some("application/json"),
        None => origin == Some(own),
    }
}

struct Said<'a> {
    site: Option<&'a str>,
    mode: Option<&'a str>,
    origin: Option<&'a str>,
    kind: Option<&'a str>,
}

/// What the guard says: whether a request reached its handler. None has a body
/// that a handler could do anything with.
async fn reaches(browser: &Browser, route: &Route, things: &Things, said: &Said<'_>) -> bool {
    let mut request = browser.bare(route.method.clone(), &route.path(things));
    let headers = [
        ("sec-fetch-site", said.site),
        ("sec-fetch-mode", said.mode),
        ("origin", said.origin),
        ("content-type", said.kind),
    ];
    let token = browser.form_token().unwrap();
    request = request.header("x-form-token", token);
    for (name, value) in headers {
        request = value.into_iter().fold(request, |request, value| request.header(name, value));
    }
    let answer = browser.send(request.header("accept", "text/html")).await;
    assert!(answer.status < 500, "{}", answer.body);
    // Nothing behind the guard forbids anything.
    answer.status != 403
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_sites_own_pages_reach_a_route_that_changes_something() {
    let (app, ada, _grace, things) = with_a_draft().await;
    let things = things.missing();
    // The last one, so that the session lives until then.
    let mut routes: Vec<Route> = all().into_iter().filter(Route::changes_something).collect();
    routes.sort_by_key(|route| route.path.starts_with("/auth/logout"));
    let origins = origins(&app.base);
    let mut counted = 0;
    for (number, route) in routes.iter().enumerate() {
        let browser = if route.path.starts_with("/auth/logout") { ada.copied() } else { ada.clone() };
        // The guard stands before all routes; the whole square is walked on two of them.
        let whole = number == 0 || route.path == "/approvals/{approval}";
        for site in SITES {
            for origin in origins.iter().map(Option::as_deref) {
                for kind in if whole { &KINDS[..] } else { &KINDS[1..2] } {
                    for mode in if whole && origin.is_none() { &MODES[..] } else { &MODES[..1] } {
                        let said = Said { site, mode: *mode, origin, kind: *kind };
                        let own = is_own(site, origin, *kind, &app.base);
                        let reached = reaches(&browser, route, &things, &said).await;
                        assert_eq!(reached, own, "{route:?} {site:?} {mode:?} {origin:?} {kind:?}");
                        counted += 1;
                    }
                }
            }
        }
    }
    assert!(counted > 1_000, "{counted}");
    assert!(app.accepted().is_empty() && app.asked().len() == 1, "nothing came of any of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_words_on_where_one_comes_from_are_one_too_many() {
    let (_app, ada, _grace, _things) = with_a_draft().await;
    let own = ada.base.clone();
    let post = || {
        ada.bare(Method::POST, "/chat")
            .header("x-form-token", ada.form_token().unwrap())
            .header("content-type", "application/json")
            .body("{}")
    };
    for request in [
        post().header("origin", &own).header("origin", "https://evil.example"),
        post().header("sec-fetch-site", "same-origin").header("sec-fetch-site", "cross-site"),
        post().header("origin", reqwest::header::HeaderValue::from_bytes(b"https://\xff.example").unwrap()),
        post().header("sec-fetch-site", reqwest::header::HeaderValue::from_bytes(b"\xff").unwrap()),
    ] {
        ada.send(request).await.with(403);
    }
    assert_eq!(ada.send(post()).await.status, 400, "and without any it is only a form that is none");
}
