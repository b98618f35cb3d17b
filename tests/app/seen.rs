//! What the model saw: the page, and the teacher's own file, hold what went over
//! the wire and nothing besides, for as long as the conversation is there.

use reqwest::Method;
use scraper::{ElementRef, Html, Selector};
use serde_json::{Value, json};
use teachers_aide::{
    assistant::ConversationId,
    sandbox::faults::{Answer as Reply, Effect, Fault, Route},
};

use crate::{
    activity::id_of,
    cast::{MATEO, school_day},
    harness::{Answer, Asked, Browser, TestApp, canary::MODEL_KEY},
};

const TABLES: [&str; 2] = ["seen_messages", "seen_requests"];

async fn seen(browser: &Browser, turn: &str) -> Answer {
    browser.get(&format!("/turns/{turn}/seen")).await.with(200)
}

fn all<'a>(within: ElementRef<'a>, css: &str) -> Vec<ElementRef<'a>> {
    within.select(&Selector::parse(css).unwrap()).collect()
}

fn words(element: ElementRef<'_>) -> String {
    element.text().collect()
}

/// JSON without the spaces that a reader is given.
fn close(text: &str) -> String {
    let json = text.starts_with(['{', '[']).then(|| serde_json::from_str::<Value>(text).ok()).flatten();
    json.map_or_else(|| text.to_owned(), |json| json.to_string())
}

/// The requests as the page tells them, each in full.
fn on_the_page(page: &Answer) -> Vec<Vec<Value>> {
    let html = Html::parse_document(&page.body);
    let mut requests: Vec<Vec<Value>> = Vec::new();
    for request in all(html.root_element(), ".request") {
        let list = all(request, "ol").remove(0);
        let again = list.attr("start").unwrap().parse::<usize>().unwrap() - 1;
        let mut messages = requests.last().map_or_else(Vec::new, |before| before[..again].to_vec());
        messages.extend(all(list, "li").into_iter().map(message));
        requests.push(messages);
    }
    requests
}

fn message(item: ElementRef<'_>) -> Value {
    let tools: Vec<String> = all(item, "p > code:first-of-type").into_iter().map(words).collect();
    let arguments = all(item, ".arguments").into_iter().map(|pre| close(&words(pre)));
    let calls: Vec<Value> = tools.into_iter().zip(arguments).map(|(tool, with)| json!([tool, with])).collect();
    json!({
        "role": item.attr("data-role").unwrap(),
        "content": all(item, ".content").first().map_or_else(String::new, |pre| close(&words(*pre))),
        "calls": calls,
        "answers": all(item, "h3 small code").first().map(|code| words(*code)),
    })
}

/// The same of what the model's server received.
fn on_the_wire(request: &Value) -> Vec<Value> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let call = |call: &Value| json!([call["function"]["name"], close(&text(&call["function"]["arguments"]))]);
    let message = |message: &Value| {
        json!({
            "role": message["role"],
            "content": close(&text(&message["content"])),
            "calls": message["tool_calls"].as_array().into_iter().flatten().map(call).collect::<Vec<_>>(),
            "answers": message["tool_call_id"],
        })
    };
    request["messages"].as_array().unwrap().iter().map(message).collect()
}

/// Two turns: Mateo is looked up, and then something more is asked.
async fn two_turns(app: &TestApp, ada: &Browser) -> (Asked, Asked) {
    app.mind.calls([("get_student", json!({ "student_id": MATEO }))]).says("**Well.**").says("Yes.");
    let (first, _) = ada.hear("How is <b>Mateo</b>?\n<script>alert(1)</script>").await;
    let second = ada.ask_in(&first.conversation, "Are you sure?").await;
    ada.follow_to_the_end(&second.turn).await;
    (first, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_tells_what_went_over_the_wire_and_nothing_besides() {
    let (app, ada, _grace) = school_day().await;
    let (first, second) = two_turns(&app, &ada).await;
    let wire: Vec<Vec<Value>> = app.mind.requests().iter().map(on_the_wire).collect();
    assert_eq!(wire.len(), 3);
    let page = ada.page(&first.conversation).await;
    let links = page.attrs(".tools a[href$='/seen']", "href");
    assert_eq!(links, [&first, &second].map(|asked| format!("/turns/{}/seen", asked.turn)));
    let pages = [seen(&ada, &first.turn).await, seen(&ada, &second.turn).await];
    assert_eq!(on_the_page(&pages[0]), wire[..2]);
    assert_eq!(on_the_page(&pages[1]), wire[2..]);
    assert_eq!(pages[0].texts(".request .soft > code")[0], "scripted");
    for page in &pages {
        assert!(!page.has(".seen b, .seen script, .seen strong"), "words stay words");
        let told = page.texts(".request").concat();
        assert!(told.contains("get_student"), "{told}");
        let cookies = ada.cookie_values();
        assert!(!cookies.is_empty());
        for secret in cookies.iter().map(String::as_str).chain([MODEL_KEY, "ada@school.example", "@example.com"]) {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_is_kept_once_and_is_hers_to_take_along() {
    let (app, ada, _grace) = school_day().await;
    two_turns(&app, &ada).await;
    let data = ada.get("/settings/data.json").await.with(200).json();
    let kept = &data["conversations"][0]["what_the_model_saw"];
    let requests = kept["requests"].as_array().unwrap();
    let wire = app.mind.requests();
    assert_eq!(requests.len(), wire.len());
    let mut sent = Vec::new();
    for (request, wire) in requests.iter().zip(&wire) {
        let messages = wire["messages"].as_array().unwrap();
        let places = request["messages"].as_array().unwrap();
        assert_eq!((request["model"].as_str(), places.len()), (wire["model"].as_str(), messages.len()));
        for (place, message) in places.iter().zip(messages) {
            let found = &kept["messages"][place.to_string()];
            let content = message["content"].as_str().unwrap_or_default();
            assert_eq!((found["role"].as_str(), found["content"].as_str()), (message["role"].as_str(), Some(content)));
        }
        sent.extend(messages.iter().map(Value::to_string));
    }
    let left = sent.len();
    sent.sort();
    sent.dedup();
    assert!(sent.len() < left, "something left more than once");
    assert_eq!(kept["messages"].as_object().unwrap().len(), sent.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_in_vain_is_there_too() {
    let (app, ada, _grace) = school_day().await;
    app.sandbox.faults().add(Fault::on(Route::ModelChat).times(1).then(Effect::Answer(Reply::status(401))));
    let (asked, _) = ada.hear("A word in vain").await;
    assert!(app.mind.requests().is_empty(), "the model never answered");
    let told = on_the_page(&seen(&ada, &asked.turn).await);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].last().unwrap()["content"], "A word in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_not_asked_and_not_counted() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("They are well.");
    let (first, _) = ada.hear("How are they?").await;
    let full = "CREATE TRIGGER full BEFORE INSERT ON seen_requests BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    let pool = app.database().await;
    let tokens = async || sqlx::query_scalar("SELECT SUM(tokens) FROM budgets").fetch_one(&pool).await.unwrap();
    let before: i64 = tokens().await;
    sqlx::query(full).execute(&pool).await.unwrap();
    let next = ada.ask_in(&first.conversation, "And now?").await;
    let screen = ada.follow_to_the_end(&next.turn).await;
    assert_eq!((screen.state.as_str(), app.asked().len()), ("failed", 1));
    // The first question of a conversation is kept with its message, or neither is.
    ada.post("/chat", &[("words", "How are the others?")]).await.with(500);
    assert_eq!((app.turn_rows().await.len(), app.asked().len()), (2, 1));
    assert_eq!(before, tokens().await);
}

/// The page asks first whose turn it is; what is kept is guarded by itself as well.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_told_to_its_teacher_alone_whoever_names_the_conversation() {
    let (app, ada, grace) = school_day().await;
    let (asked, _) = two_turns(&app, &ada).await;
    app.mind.says("Hello.");
    grace.hear("Hello").await;
    let conversation = ConversationId::parse(&asked.conversation).unwrap();
    let kept = async |name: &str| app.state.seen.seen(&id_of(&app, name).await, &conversation).await.unwrap();
    let hers = kept("Ada Byron").await;
    assert!(!hers.requests.is_empty() && !hers.messages.is_empty());
    let other = kept("Grace Hopper").await;
    assert_eq!((other.requests.len(), other.messages.len()), (0, 0), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_with_the_conversation() {
    let (app, ada, grace) = school_day().await;
    let (first, _) = two_turns(&app, &ada).await;
    app.mind.says("Hello Grace.");
    let (hers, _) = grace.hear("A word of Grace's").await;
    let path = format!("/turns/{}/seen", first.turn);
    let away = format!("/chat/{}", first.conversation);
    ada.post(&format!("{away}/delete"), &[]).await.with(303);
    ada.get(&path).await.with(404);
    ada.post(&format!("{away}/restore"), &[]).await.with(303);
    ada.get(&path).await.with(200);

    assert_eq!(rows(&app).await.map(|count| count > 1), [true, true]);
    ada.post("/settings/forget", &[]).await.with(303);
    let gone = ada.send(ada.request(&Method::GET, &path)).await;
    assert_eq!(gone.status, 404);
    assert_eq!(rows(&app).await, [2, 1], "the rules, Grace's words and her one question are left");
    assert!(!app.disk_holds("How is <b>Mateo</b>?"), "nothing of it is left in the files");
    seen(&grace, &hers.turn).await;
}

async fn rows(app: &TestApp) -> [i64; 2] {
    let database = app.database().await;
    let mut counts = [0; 2];
    for (count, table) in counts.iter_mut().zip(TABLES) {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        *count = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&database).await.unwrap();
    }
    database.close().await;
    counts
}
