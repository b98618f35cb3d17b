//! What is another teacher's is answered exactly like what is not there: the
//! same status, the same headers, the same bytes, on every route.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    cast::{MATEO, NOBODY, mail_to, school_day},
    harness::{Answer, Asked, Browser, Card, TestApp},
};

/// Everything of Ada's that can be named in a request.
struct Hers {
    conversation: String,
    turn: String,
    approval: String,
    hash: String,
    student: String,
    class: String,
}

impl Hers {
    /// The same, of nobody's.
    fn missing(&self) -> Self {
        let id = |text: &str| text.chars().map(|c| if c == 'f' { '0' } else { 'f' }).collect::<String>();
        Self {
            conversation: id(&self.conversation),
            turn: id(&self.turn),
            approval: id(&self.approval),
            hash: self.hash.clone(),
            student: NOBODY.to_owned(),
            class: "c-99".to_owned(),
        }
    }
}

/// Every request that names something, as `browser` makes it.
fn requests(browser: &Browser, hers: &Hers) -> Vec<(&'static str, RequestBuilder)> {
    let Hers { conversation, turn, approval, hash, student, class } = hers;
    let get = |path: String| browser.request(&Method::GET, &path);
    let form = |path: &str, fields: &[(&str, &str)]| browser.request(&Method::POST, path).form(fields);
    let json = |path: &str, body: Value| browser.bare(Method::POST, path).json(&body);
    let decide = format!("/approvals/{approval}");
    let decision = |decision: &str| form(&decide, &[("decision", decision), ("hash", hash)]);
    let ticked = format!("{approval}:{hash}");
    vec![
        ("the page", get(format!("/chat/{conversation}"))),
        ("a reply", form(&format!("/chat/{conversation}"), &[("words", "hello")])),
        ("a reply of a script", json("/prompt", json!({ "prompt": "hello", "chat_id": conversation }))),
        ("the stream", get(format!("/turns/{turn}/events"))),
        ("a table of hers", get(format!("/turns/{turn}/tables/0-0.csv"))),
        ("a stop", form(&format!("/turns/{turn}/stop"), &[])),
        ("a resumption", form(&format!("/turns/{turn}/resume"), &[])),
        ("send all", form(&format!("/turns/{turn}/approvals"), &[("approval", &ticked)])),
        ("a yes", decision("send")),
        ("a no", decision("discard")),
        ("again", decision("again")),
        ("it was sent", decision("was_sent")),
        ("a yes of a script", json(&decide, json!({ "decision": "send", "hash": hash }))),
        ("the class", get(format!("/classes/{class}"))),
        ("the class as a file", get(format!("/classes/{class}/table.xlsx"))),
        ("the student as a file", get(format!("/students/{student}/table.csv"))),
        ("the student", get(format!("/students/{student}"))),
        ("an address", form(&format!("/students/{student}/address"), &[("email", "eve@example.com")])),
        ("a wrong address", form(&format!("/students/{student}/address"), &[("email", "")])),
    ]
}

fn looks(answer: &Answer) -> (u16, BTreeSet<(String, String)>, String) {
    let told = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap_or_default().to_owned())
    };
    let changes = |(name, _): &(String, String)| ["date", "set-cookie"].contains(&name.as_str());
    let headers = answer.headers.iter().map(told).filter(|header| !changes(header)).collect();
    (answer.status, headers, answer.body.clone())
}

async fn with_a_draft() -> (TestApp, Browser, Browser, Asked, Card) {
    let (app, ada, grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (asked, screen) = ada.hear("Write to Mateo").await;
    (app, ada, grace, asked, screen.cards().remove(0))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_adas_looks_to_grace_like_what_is_not_there() {
    let (app, ada, grace, asked, card) = with_a_draft().await;
    let before = ada.page(&asked.conversation).await.texts(".turn");
    let hers = Hers {
        conversation: asked.conversation.clone(),
        turn: asked.turn.clone(),
        approval: card.id.clone(),
        hash: card.hash.clone(),
        student: MATEO.to_owned(),
        class: "c-01".to_owned(),
    };
    for accept in ["text/html", "application/json"] {
        let pairs = requests(&grace, &hers).into_iter().zip(requests(&grace, &hers.missing()));
        for ((what, real), (_, missing)) in pairs {
            let real = grace.send(real.header("accept", accept)).await;
            let missing = grace.send(missing.header("accept", accept)).await;
            assert_eq!(real.status, 404, "{what}: {}", real.body);
            assert_eq!(looks(&real), looks(&missing), "{what}");
        }
    }
    assert!(app.accepted().is_empty());
    assert_eq!(app.asked().len(), 1);
    assert_eq!(ada.page(&asked.conversation).await.texts(".turn"), before, "nothing of hers has changed");
    ada.decide(&card, "send", &[]).await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_learns_nothing_either() {
    let (app, _ada, _grace, asked, card) = with_a_draft().await;
    let hers = Hers {
        conversation: asked.conversation,
        turn: asked.turn,
        approval: card.id,
        hash: card.hash,
        student: MATEO.to_owned(),
        class: "c-01".to_owned(),
    };
    let stranger = app.browser();
    let pairs = requests(&stranger, &hers).into_iter().zip(requests(&stranger, &hers.missing()));
    for ((what, real), (_, missing)) in pairs {
        let real = stranger.send(real.header("accept", "application/json")).await;
        let missing = stranger.send(missing.header("accept", "application/json")).await;
        assert_eq!(real.status, 401, "{what}: {}", real.body);
        assert_eq!(looks(&real), looks(&missing), "{what}");
    }
    assert!(app.accepted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_show_each_teacher_their_own_school_alone() {
    let (app, ada, grace) = school_day().await;
    for (teacher, own, other) in [(&ada, "Mateo Nguyen", "Olena"), (&grace, "Olena Kovalenko", "Mateo")] {
        let all = json!({ "class_id": null });
        let everybody = json!({ "class_id": null, "student_id": null });
        app.mind.calls([("list_teaching_classes", json!({})), ("list_students", all), ("forecast_passing", everybody)]);
        app.mind.says("That is all.");
        teacher.hear("Show me everything").await;
        let told = app.last_question();
        assert!(told.contains(own) && !told.contains(other), "{told}");
        assert!(teacher.get("/classes").await.with(200).texts(".page").len() == 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn adas_class_and_student_are_told_to_graces_model_like_missing_ones() {
    let (app, _ada, grace) = school_day().await;
    for (tool, field, real, missing) in [
        ("get_student", "student_id", MATEO, NOBODY),
        ("get_teaching_class", "class_id", "c-01", "c-99"),
        ("list_students", "class_id", "c-01", "c-99"),
        ("show_chart", "class_id", "c-01", "c-99"),
        ("show_chart", "student_id", MATEO, NOBODY),
    ] {
        let mut told = Vec::new();
        for id in [real, missing] {
            let mut arguments = json!({ field: id });
            if tool == "show_chart" {
                arguments["kind"] = json!("averages");
            }
            app.mind.calls([(tool, arguments)]).says("No.");
            grace.hear("Show me").await;
            told.push(app.last_question().replace(id, "X"));
        }
        assert!(told[0].contains("There is no "), "{tool}: {}", told[0]);
        assert_eq!(told[0], told[1], "{tool}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_ada_changed_is_changed_in_her_copy_only() {
    let (app, ada, grace) = school_day().await;
    let page = ada.get(&format!("/students/{MATEO}")).await;
    ada.submit(&page.form(".address form").fill("email", "new@example.com")).await.with(303);
    grace.get(&format!("/students/{MATEO}")).await.with(404);
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("No.");
    let (_, screen) = grace.hear("Write to Mateo").await;
    assert!(screen.cards().is_empty());
    assert!(grace.get("/conversations").await.with(200).texts(".lines li").len() == 1);
}
