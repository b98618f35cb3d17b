//! What is another teacher's, missing or no name at all is answered alike: the
//! same status, the same headers, the same bytes, on every route.

use reqwest::Method;

use super::{Body, Route, Things, all, looks, with_a_draft};
use crate::{
    cast::{MATEO, OLENA, mail_to},
    harness::{Answer, Browser},
};

/// What no id looks like.
const MALFORMED: [&str; 11] = [
    "x",
    "0",
    "-1",
    "../../etc/passwd",
    "s-1001' OR '1'='1",
    "s-1001\0",
    "s-1001\r\nset-cookie: a=b",
    "\u{202e}1001-s",
    "{conversation}",
    "00000000-0000-0000-0000-000000000000",
    "9223372036854775808",
];

async fn asked(browser: &Browser, route: &Route, things: &Things, body: &Body, accept: &str) -> Answer {
    browser.send(route.request(browser, things, body).header("accept", accept)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_adas_looks_to_grace_like_what_is_not_there() {
    let (app, ada, grace, hers) = with_a_draft().await;
    let before = ada.page(hers.get("conversation")).await.texts(".turn");
    let (missing, mut pairs) = (hers.missing(), 0);
    for route in all().iter().filter(|route| route.names_something()) {
        for (real, none) in route.bodies(&hers).iter().zip(&route.bodies(&missing)) {
            for accept in ["text/html", "application/json"] {
                let foreign = asked(&grace, route, &hers, real, accept).await;
                let missing = asked(&grace, route, &missing, none, accept).await;
                assert_eq!(foreign.status, 404, "{route:?} {real:?}: {}", foreign.body);
                assert_eq!(looks(&foreign), looks(&missing), "{route:?} {real:?}");
                pairs += 1;
            }
        }
    }
    assert!(pairs >= 30, "{pairs}");
    assert!(app.accepted().is_empty());
    assert_eq!(app.asked().len(), 1);
    assert_eq!(ada.page(hers.get("conversation")).await.texts(".turn"), before, "nothing of hers has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_at_all_looks_like_what_is_not_there() {
    let (app, ada, grace, hers) = with_a_draft().await;
    let missing = hers.missing();
    let long = "f".repeat(3_000);
    for route in all().iter().filter(|route| route.names_something()) {
        for browser in [&ada, &grace] {
            let none = &route.bodies(&missing)[0];
            let missing = looks(&asked(browser, route, &missing, none, "text/html").await);
            for text in MALFORMED.into_iter().chain([long.as_str()]) {
                let things = hers.malformed(text);
                // The body is as it should be: the path alone is at fault, where it names something.
                let body =
                    if route.placeholders().is_empty() { &route.bodies(&things)[0] } else { &route.bodies(&hers)[0] };
                let answer = asked(browser, route, &things, body, "text/html").await;
                assert_eq!(looks(&answer), missing, "{route:?} {text:?}");
            }
        }
    }
    assert_eq!((app.accepted().len(), app.asked().len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_learns_nothing_either() {
    let (app, _ada, _grace, hers) = with_a_draft().await;
    let stranger = app.browser();
    let (missing, malformed) = (hers.missing(), hers.malformed("x"));
    for route in all().iter().filter(|route| route.names_something()) {
        for (at, body) in route.bodies(&hers).iter().enumerate() {
            let real = asked(&stranger, route, &hers, body, "application/json").await;
            assert_eq!(real.status, 401, "{route:?}: {}", real.body);
            for other in [&missing, &malformed] {
                let answer = asked(&stranger, route, other, &route.bodies(other)[at], "application/json").await;
                assert_eq!(looks(&real), looks(&answer), "{route:?}");
            }
        }
        if route.method == Method::GET && !route.path.ends_with("/events") {
            let led = asked(&stranger, route, &hers, &Body::Nothing, "text/html").await;
            let (status, door) = (led.status, led.location().to_owned());
            let back = if route.is_download() { "/" } else { "/?return_to=%2F" };
            assert!(status == 303 && door.starts_with(back), "{route:?} {status} {door}");
        }
    }
    assert!(app.accepted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_finds_all_of_hers_on_every_route() {
    let (app, ada, _grace, hers) = with_a_draft().await;
    for route in all().iter().filter(|route| route.names_something()) {
        for body in route.bodies(&hers) {
            // The stream of a turn that waits stays open: its head is enough.
            let answer = route.request(&ada, &hers, &body).header("accept", "application/json").send().await.unwrap();
            let status = answer.status().as_u16();
            // What Ada asked was answered with a draft, and with no table (`tables.rs` has one).
            let no_table = status == 404 && route.path.contains("/tables/");
            // An answer was being written, so it was not put away and cannot be brought back.
            let not_away = status == 404 && route.path.ends_with("/restore");
            assert!(no_table || not_away || matches!(status, 200 | 303 | 409 | 422), "{route:?} {body:?}: {status}");
        }
    }
    drop(app);
}

/// A request can also name what is hers inside of what is one's own.
#[tokio::test(flavor = "multi_thread")]
async fn adas_draft_cannot_be_sent_from_graces_turn() {
    let (app, ada, grace, hers) = with_a_draft().await;
    app.mind.calls([mail_to(OLENA, "Hello", "Dear Olena")]);
    let (asked, screen) = grace.hear("Write to Olena").await;
    assert_eq!(screen.cards().len(), 1);
    let path = format!("/turns/{}/approvals", asked.turn);
    let mut told = Vec::new();
    for things in [&hers, &hers.missing()] {
        let ticked = format!("{}:{}", things.get("approval"), things.hash);
        let answer = grace.send(grace.request(&Method::POST, &path).form(&[("approval", &ticked)])).await;
        told.push(looks(&answer));
    }
    assert_eq!(told[0], told[1]);
    assert!(app.accepted().is_empty());
    assert_eq!(ada.cards(hers.get("conversation")).await.len(), 1, "{MATEO} still waits");
}
