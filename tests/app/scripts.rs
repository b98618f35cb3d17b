//! `POST /prompt` and its kin, for programs: JSON in, JSON out.

use reqwest::Method;
use serde_json::{Value, json};

use crate::cast::{MATEO, mail_to, school_day};

#[tokio::test(flavor = "multi_thread")]
async fn a_script_asks_and_gets_the_answer_when_the_turn_is_over() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("**Algebra I** goes well.").says("Mateo.");
    let first = ada.prompt(&json!({ "prompt": "How is the class?" })).await;
    assert_eq!((&first["response"], &first["turn"]), (&json!("**Algebra I** goes well."), &json!("done")));
    assert_eq!(first["drafts"], json!([]));
    let second = ada.prompt(&json!({ "prompt": "And who needs help?", "chat_id": first["chat_id"] })).await;
    assert_eq!((&second["response"], &second["chat_id"]), (&json!("Mateo."), &first["chat_id"]));
    assert!(app.last_question().contains("How is the class?"), "it is one conversation");
    let names: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(names, ["response", "chat_id", "turn", "drafts"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_gets_the_draft_and_decides_as_json() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let waiting = ada.prompt(&json!({ "prompt": "Write to Mateo" })).await;
    assert_eq!(waiting["turn"], "waiting");
    let draft = &waiting["drafts"][0];
    assert_eq!((&draft["subject"], &draft["body"]), (&json!("Hello"), &json!("Dear Mateo")));
    assert!(draft["to"].as_str().unwrap().ends_with("mateo.nguyen@example.com"));
    let path = format!("/approvals/{}", draft["approval_id"].as_str().unwrap());
    let yes = json!({ "decision": "send", "hash": draft["hash"], "subject": "Hello again", "body": "Dear Mateo!" });
    let sent = ada.post_json(&path, &yes).await.with(200).json();
    assert_eq!((&sent["state"], &sent["outcome"]["status"]), (&json!("sent"), &json!("sent")));
    assert_eq!(sent["outcome"]["subject"], "Hello again");
    assert_eq!(app.accepted().len(), 1);
    for bad in [json!({}), json!({ "decision": "burn", "hash": "x" }), json!([1]), json!({ "decision": 7 })] {
        ada.post_json(&path, &bad).await.with(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_turn_says_so() {
    let (app, ada, _grace) = school_day().await;
    app.mind.push(teachers_aide::sandbox::model::ApiError::new(actix_web::http::StatusCode::UNAUTHORIZED, "no"));
    let failed = ada.prompt(&json!({ "prompt": "Hello" })).await;
    assert_eq!(failed["turn"], "failed");
    assert!(failed["response"].as_str().unwrap().contains("does not accept this site's key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_question_is_explained() {
    let (app, ada, _grace) = school_day().await;
    let words = |answer: Value| answer["error"]["words"].as_str().unwrap().to_owned();
    let empty = ada.post_json("/prompt", &json!({ "prompt": " \n" })).await.with(400).json();
    assert!(words(empty).contains("empty"));
    let long = ada.post_json("/prompt", &json!({ "prompt": "x".repeat(100_000) })).await.with(400).json();
    assert!(words(long).contains("100000 characters"));
    for bad in [json!({}), json!({ "prompt": 7 }), json!({ "prompt": "a", "chat": "b" }), json!("a")] {
        ada.post_json("/prompt", &bad).await.with(400);
    }
    ada.post_json("/prompt", &json!({ "prompt": "x".repeat(300_000) })).await.with(413);
    for unknown in ["0".repeat(32), "x".to_owned(), String::new()] {
        ada.post_json("/prompt", &json!({ "prompt": "a", "chat_id": unknown })).await.with(404);
    }
    assert!(app.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_site_can_neither_ask_nor_approve() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (_, screen) = ada.hear("Write to Mateo").await;
    let card = &screen.cards()[0];
    let (approve, yes) = (format!("/approvals/{}", card.id), json!({ "decision": "send", "hash": card.hash }));
    let ask = json!({ "prompt": "Hello" });
    let foreign: [&[(&str, &str)]; 6] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", &app.base)],
    ];
    for headers in foreign {
        for (path, body) in [("/prompt", &ask), (approve.as_str(), &yes)] {
            let with = |request: reqwest::RequestBuilder, (name, value): &(&str, &str)| request.header(*name, *value);
            let request = headers.iter().fold(ada.bare(Method::POST, path).json(body), with);
            ada.send(request).await.with(403);
        }
    }
    let silent = ada.bare(Method::POST, &approve).form(&[("decision", "send"), ("hash", &card.hash)]);
    ada.send(silent).await.with(403);
    assert_eq!((app.accepted().len(), app.asked().len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_asks_without_a_session() {
    let (app, _ada, _grace) = school_day().await;
    let stranger = app.browser();
    let told = stranger.post_json("/prompt", &json!({ "prompt": "Hello" })).await.with(401).json();
    assert_eq!(told["error"]["title"], "Please sign in");
    assert!(app.asked().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_whether_it_is_well() {
    let (app, _ada, _grace) = school_day().await;
    let stranger = app.browser();
    let well = stranger.get("/healthz").await.with(200);
    assert_eq!((well.json()["status"].as_str(), well.header("set-cookie")), (Some("ok"), ""));
    app.store.close().await;
    assert_eq!(stranger.get("/healthz").await.with(503).json()["status"], "database");
}
