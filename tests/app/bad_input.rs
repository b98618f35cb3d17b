//! Bad input: a clear answer, nothing lost, nothing done.

use reqwest::Method;

use crate::cast::{MATEO, mail_to, school_day};

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_too_many_come_back_in_the_composer() {
    let (app, ada, _grace) = school_day().await;
    let long = "word ".repeat(20_000);
    let form = ada.get("/chat").await.form("form.write").fill("words", &long);
    let page = ada.submit(&form).await.with(413);
    assert_eq!(page.form("form.write").field("words"), long);
    assert!(page.text("#words-fault").contains("99999 characters") || page.text("#words-fault").contains("characters"));
    let empty = ada.submit(&form.fill("words", "  ")).await.with(422);
    assert_eq!(empty.text("#words-fault"), "Write something first, then send it.");
    assert!(app.asked().is_empty());
    assert!(!ada.get("/conversations").await.has(".lines li"), "no empty conversation is left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_none_gets_a_page_that_says_so() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let approve = format!("/approvals/{}", screen.cards()[0].id);
    let all = format!("/turns/{}/approvals", asked.turn);
    let bad: [(&str, &str); 7] = [
        ("/chat", ""),
        ("/chat", "nothing=here"),
        (&approve, ""),
        (&approve, "decision=send&decision=discard"),
        (&approve, "decision=burn&hash=1"),
        (&all, "approval=nonsense"),
        ("/students/s-1001/address", "mail=a"),
    ];
    for (path, body) in bad {
        let request = ada.request(&Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        let page = ada.send(request.body(body.to_owned())).await;
        assert_eq!(page.status, 400, "{path} {body}");
        assert_eq!(page.text("h1"), "That did not arrive as it should", "{path} {body}");
    }
    let request = ada.request(&Method::POST, "/chat").header("content-type", "text/plain").body("words=hello");
    assert_eq!(ada.send(request).await.status, 400);
    assert!(app.accepted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_not_here_is_a_calm_page() {
    let (_app, ada, _grace) = school_day().await;
    let unknown = "0".repeat(32);
    for path in
        ["/nowhere", "/chat/x", &format!("/chat/{unknown}"), &format!("/turns/{unknown}/events"), "/classes/c-99"]
    {
        let page = ada.get(path).await.with(404);
        assert_eq!(page.text("h1"), "This page is not here", "{path}");
        assert_eq!(page.header("cache-control"), "no-store");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_or_a_teacher_writes_never_becomes_part_of_the_page() {
    let (app, ada, _grace) = school_day().await;
    let hostile =
        "<script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3)) ![y](https://evil.example/y)";
    app.mind.says(hostile);
    let (asked, screen) = ada.hear(hostile).await;
    let page = ada.page(&asked.conversation).await;
    for html in [&page.body, &screen.html()] {
        assert!(
            !html.contains("<script>alert") && !html.contains("<img") && !html.contains("href=\"javascript"),
            "{html}"
        );
    }
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"), "{policy}");
}
