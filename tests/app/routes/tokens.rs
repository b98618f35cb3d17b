//! The token in every form: what has none, or another's, changes nothing on any
//! route, and what was written comes back.

use reqwest::{Method, RequestBuilder};

use super::{Body, Route, Things, all, with_a_draft};
use crate::{
    cast,
    harness::{Answer, Browser, TestApp},
};

/// A post as this site's own page makes it, but for the token.
fn posted(browser: &Browser, route: &Route, things: &Things, fields: &[(&str, String)]) -> RequestBuilder {
    browser.without_token(&route.method, &route.path(things)).header("accept", "text/html").form(fields)
}

fn with_header(request: RequestBuilder, token: Option<&str>) -> RequestBuilder {
    token.into_iter().fold(request, |request, token| request.header("x-form-token", token))
}

/// Tokens that are none of this session's.
async fn others(app: &TestApp, ada: &Browser, grace: &Browser) -> Vec<Option<String>> {
    let own = ada.form_token().unwrap();
    let elsewhere = app.signed_in(&cast::ada()).await.form_token().unwrap();
    assert!(elsewhere != own, "each sign-in has its own");
    let cut = own[1..].to_owned();
    let longer = format!("{own}A");
    let mut turned = own.clone().into_bytes();
    turned[0] = if turned[0] == b'A' { b'B' } else { b'A' };
    let turned = String::from_utf8(turned).unwrap();
    let wrong = [String::new(), cut, longer, turned, elsewhere, grace.form_token().unwrap()];
    std::iter::once(None).chain(wrong.into_iter().map(Some)).collect()
}

fn forms(route: &Route, things: &Things) -> Vec<Vec<(&'static str, String)>> {
    let form = |body| if let Body::Form(fields) = body { Some(fields) } else { None };
    route.bodies(things).into_iter().filter_map(form).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_changes_anything_without_the_token_of_this_very_session() {
    let (app, ada, grace, things) = with_a_draft().await;
    let page = ada.page(things.get("conversation")).await.texts("main");
    let settings = ada.get("/settings").await.texts("main");
    let wrong = others(&app, &ada, &grace).await;
    let mut counted = 0;
    for route in all().iter().filter(|route| route.changes_something()) {
        for fields in forms(route, &things) {
            for token in &wrong {
                let headed = with_header(posted(&ada, route, &things, &fields), token.as_deref());
                let mut in_form = fields.clone();
                in_form.extend(token.clone().map(|token| ("token", token)));
                for request in [headed, posted(&ada, route, &things, &in_form)] {
                    let answer = ada.send(request).await.with(403);
                    assert_eq!(answer.text("h1"), "This page is from before you last signed in", "{route:?}");
                    counted += 1;
                }
            }
        }
    }
    assert!(counted > 200, "{counted}");
    assert!(app.accepted().is_empty() && app.asked().len() == 1, "nothing came of any of them");
    assert_eq!(ada.page(things.get("conversation")).await.texts("main"), page);
    assert_eq!(ada.get("/settings").await.texts("main"), settings);
}

/// The token opens every one of them, as a field and in the head.
#[tokio::test(flavor = "multi_thread")]
async fn with_its_token_every_form_is_taken() {
    let (_app, ada, _grace, things) = with_a_draft().await;
    let things = things.missing();
    for route in all().iter().filter(|route| route.changes_something()) {
        for fields in forms(route, &things) {
            // These end the session that the others still need.
            if route.path.starts_with("/auth/logout") {
                continue;
            }
            let token = ada.form_token().unwrap();
            let mut in_form = fields.clone();
            in_form.push(("token", token.clone()));
            let headed = with_header(posted(&ada, route, &things, &fields), Some(&token));
            for request in [headed, posted(&ada, route, &things, &in_form)] {
                let status = ada.send(request).await.status;
                assert!(matches!(status, 200 | 303 | 404 | 409), "{route:?}: {status}");
            }
        }
    }
    let out = ada.get("/chat").await.form(r#"form[action="/auth/logout"]"#);
    ada.submit(&out).await.with(303);
}

/// A tab that was left open while its owner signed in anew.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_on_a_stale_page_comes_back() {
    let (app, ada, _grace, things) = with_a_draft().await;
    let card = ada.cards(things.get("conversation")).await.remove(0);
    let old = ada.form_token().unwrap();
    ada.sign_in("/auth/login", &cast::ada()).await.with(303);
    assert!(ada.form_token().unwrap() != old, "a sign-in renews it");

    let written = "Dear <b>Mateo</b>,\nwell done.";
    let fields = [("decision", "send"), ("hash", &card.hash), ("subject", "Hello"), ("body", written), ("token", &old)];
    let path = format!("/approvals/{}", card.id);
    let stale = |accept: &'static str| ada.without_token(&Method::POST, &path).header("accept", accept).form(&fields);
    let page = ada.send(stale("text/html")).await.with(403);
    assert_eq!(page.texts(".typed pre"), ["Hello", "Dear <b>Mateo</b>, well done."]);
    assert!(page.body.contains(",\nwell done."), "its lines too: {}", page.body);
    assert!(!page.body.contains(&card.hash) && !page.body.contains(&old), "what the page put there is not told");
    let told: Answer = ada.send(stale("application/json")).await.with(403);
    assert!(told.json()["error"]["words"].as_str().unwrap().starts_with("Nothing was changed"), "{}", told.body);

    let words = [("words", "How is Mateo doing?"), ("token", old.as_str())];
    let path = format!("/chat/{}", things.get("conversation"));
    let page = ada.send(ada.without_token(&Method::POST, &path).header("accept", "text/html").form(&words)).await;
    assert_eq!(page.with(403).attrs("main a.button", "href"), [path.as_str()]);
    assert!(app.accepted().is_empty() && app.asked().len() == 1);

    // The same on the page as it is now.
    assert_eq!(ada.decide(&card, "send", &[]).await.status, 200);
    assert_eq!(app.accepted().len(), 1);
}

/// A tab that was left open until its session was over.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_when_the_sign_in_had_ended_comes_back_with_the_way_back() {
    let (app, ada, _grace, things) = with_a_draft().await;
    let path = format!("/chat/{}", things.get("conversation"));
    let post = |accept: &'static str| {
        let words = [("words", "How is <b>Mateo</b> doing?"), ("client_id", "c-1"), ("through", "t-1")];
        ada.request(&Method::POST, &path).header("accept", accept).form(&words)
    };
    let over = post("text/html");
    let stranger =
        app.browser().request(&Method::POST, &path).header("accept", "text/html").form(&[("words", "Hello")]);
    ada.post("/auth/logout", &[]).await.with(303);
    // The cookie of a session that is over, and no cookie at all.
    for (request, written) in [(over, "How is <b>Mateo</b> doing?"), (stranger, "Hello")] {
        let page = ada.send(request).await.with(401);
        assert_eq!(
            (page.text("h1").as_str(), page.texts(".typed pre")),
            ("Your sign-in has ended", vec![written.to_owned()])
        );
        let back = url::form_urlencoded::byte_serialize(path.as_bytes()).collect::<String>();
        assert_eq!(page.attrs("main a.button", "href"), [format!("/auth/login?return_to={back}")]);
    }
    let told = ada.send(post("application/json")).await.with(401).json();
    assert_eq!(told["error"]["code"], "signed_out");
    assert!(told["error"]["words"].as_str().unwrap().contains("Sign in again"), "{told}");
    assert_eq!(app.asked().len(), 1, "nothing of it was asked");
}
