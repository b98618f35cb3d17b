//! Run by a script: a look is done at once, a mail waits for the teacher.

use serde_json::{Value, json};
use teachers_aide::{
    audit::{Activity, Filter, Kind, Record},
    sandbox::faults::{Effect, Fault, Route},
    school::TeacherId,
};

use super::{MAIL, SEND, code, execute, nothing_connected, path};
use crate::{
    cast::{self, MATEO, OLENA, school_day},
    harness::{Browser, TestApp, Wanted},
};

fn mail(subject: &str) -> Value {
    json!({ "student_id": MATEO, "subject": subject, "body": "Dear Mateo,\n\nwell done.\n\nAda Byron" })
}

/// Ada's records, oldest first.
async fn records(app: &TestApp) -> Vec<Record> {
    let id = sqlx::query_scalar("SELECT id FROM teachers WHERE name = 'Ada Byron'");
    let ada: String = id.fetch_one(&app.database().await).await.unwrap();
    let mut records = app.store.activity(&TeacherId::new(ada), &Filter::default(), 1000).await.unwrap();
    records.reverse();
    records
}

async fn conversations(browser: &Browser) -> usize {
    browser.get("/conversations").await.with(200).attrs("a[href^='/chat/']", "href").len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_is_answered_at_once_with_what_the_model_would_have_read() {
    let (app, ada, _grace) = school_day().await;
    let looked = execute(&ada, "get_student", json!({ "student_id": MATEO })).await.with(200).json();
    assert_eq!((&looked["status"], &looked["output"]["name"]), (&json!("completed"), &json!("Mateo Nguyen")));
    assert!(!looked.to_string().contains("@example.com"), "no address, as ever");
    let empty = ada.post_json("/api/tools/list_teaching_classes/execute", &json!({})).await.with(200).json();
    assert_eq!(empty["output"]["classes"].as_array().unwrap().len(), 1, "{empty}");
    assert!(app.asked().is_empty(), "the model has no part in it");
    assert_eq!(conversations(&ada).await, 0, "and nothing is left of it but");
    let told = records(&app).await;
    let look = told.iter().find(|record| record.entry.tool.as_deref() == Some("get_student")).unwrap();
    assert_eq!((look.entry.kind, &*look.entry.students), (Kind::ToolCall, &[MATEO.to_owned()][..]));
    assert_eq!((&look.entry.detail["by"], look.entry.outcome.as_str()), (&json!("script"), "done"));
    // What is another teacher's is not there.
    let words = |answer: &Value| answer["error"]["words"].as_str().unwrap().to_owned();
    let told = execute(&ada, "get_student", json!({ "student_id": OLENA })).await.with(422);
    let none = execute(&ada, "get_student", json!({ "student_id": "s-9999" })).await.with(422);
    assert_eq!(words(&told.json()).replace(OLENA, ""), words(&none.json()).replace("s-9999", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_are_held_to_the_tools_own_schema() {
    let (app, ada, _grace) = school_day().await;
    let with = |name: &str, value: Value| {
        let mut input = mail("Hello");
        input[name] = value;
        input
    };
    let rows = [
        (json!({}), "student_id"),
        (with("to", json!("eve@evil.example")), "to"),
        (with("bcc", json!(["eve@evil.example"])), "bcc"),
        (with("student_id", json!(1001)), "string"),
        (with("subject", json!("a\r\nBcc: eve@evil.example")), "U+000D"),
        (with("subject", json!("")), "subject"),
        (with("student_id", json!("s-9999")), "s-9999"),
    ];
    for (input, named) in rows {
        let answer = execute(&ada, MAIL, input.clone()).await.with(422);
        assert_eq!(code(&answer), "bad_arguments");
        let words = answer.json()["error"]["words"].as_str().unwrap().to_owned();
        assert!(words.contains(named), "{input}: {words}");
    }
    assert_eq!(conversations(&ada).await, 0, "nothing was laid before her");
    assert_eq!(app.sandbox.log().count(Route::GmailSend), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_for_the_teachers_own_click_and_leaves_once() {
    let (app, ada, grace) = school_day().await;
    let asked = execute(&ada, MAIL, mail("Well done")).await.with(202).json();
    assert_eq!(asked["status"], "approval_required");
    assert!(app.accepted().is_empty(), "nothing left");
    let page = path(&app, &asked["url"]).split('#').next().unwrap().to_owned();
    grace.get(&page).await.with(404);
    let shown = ada.get(&page).await.with(200);
    let card = shown.cards().remove(0);
    assert_eq!((json!(card.id), json!(card.hash)), (asked["id"].clone(), asked["hash"].clone()));
    assert_eq!((card.subject.as_str(), card.state.as_str()), ("Well done", "waiting"));
    // Whom to write to was the script's wish and not her words: she says so herself.
    assert_eq!(card.doubts, ["Your words did not ask for a mail to Mateo Nguyen. I want to write to Mateo Nguyen."]);
    ada.decide_unticked(&card, "send", &[]).await.with(409);
    assert!(app.accepted().is_empty());
    ada.decide(&card, "send", &[]).await.with(200);
    ada.decide(&card, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1, "once");
    assert!(app.asked().is_empty(), "the model has no part in it");
    let after = ada.get(&page).await.with(200);
    assert!(after.cards().is_empty() && after.text(".turn").contains("A script asks to write to a student"));
    let kinds: Vec<Kind> = records(&app).await.iter().map(|record| record.entry.kind).collect();
    let tail = [Kind::Drafted, Kind::Approved, Kind::Claimed, Kind::Sent];
    assert_eq!(kinds[kinds.len() - 4..], tail);
    // She can go on from there, and the model reads what came of it.
    app.mind.says("It was sent.");
    let on = ada.ask_in(page.trim_start_matches("/chat/"), "What was that?").await;
    ada.follow_to_the_end(&on.turn).await;
    let question = app.last_question();
    assert!(question.contains("A script asks") && question.contains("Well done"), "{question}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_draft_of_a_script_never_leaves_and_a_restart_keeps_one_that_waits() {
    let (mut app, ada, _grace) = school_day().await;
    let drafts = [execute(&ada, MAIL, mail("One")).await.json(), execute(&ada, MAIL, mail("Two")).await.json()];
    let pages: Vec<String> =
        drafts.iter().map(|d| path(&app, &d["url"]).split('#').next().unwrap().to_owned()).collect();
    assert_ne!(pages[0], pages[1], "each on a page of its own");
    app.stop().await;
    let app = app.start_again().await;
    let cards: Vec<_> = [ada.get(&pages[0]).await.cards().remove(0), ada.get(&pages[1]).await.cards().remove(0)].into();
    ada.decide(&cards[0], "discard", &[]).await.with(200);
    ada.decide(&cards[0], "send", &[]).await.with(409);
    ada.decide(&cards[1], "send", &[]).await.with(200);
    let left: Vec<String> = app.accepted().iter().map(|mail| mail.owner.clone()).collect();
    assert_eq!(left.len(), 1);
    assert!(app.asked().is_empty(), "a decision asks the model nothing either");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_account_a_script_is_told_where_the_teacher_allows_it() {
    let (app, ada) = nothing_connected().await;
    let asked = execute(&ada, MAIL, mail("Hello")).await.with(202).json();
    assert_eq!(asked["status"], "authorization_required");
    assert_eq!(conversations(&ada).await, 0, "nothing waits of it");
    let standing = super::look(&ada, &format!("/api/authorizations/{}", asked["id"].as_str().unwrap())).await.json();
    assert_eq!((&standing["status"], &standing["url"]), (&json!("pending"), &asked["url"]));
    ada.connect(path(&app, &asked["url"])).await.leads_to("/connections?done=connected");
    assert_eq!(execute(&ada, MAIL, mail("Hello")).await.with(202).json()["status"], "approval_required");
    // A look into the calendar needs more than that.
    let events = execute(&ada, "list_events", json!({})).await.with(202).json();
    assert_eq!(events["status"], "authorization_required");
    ada.connect(path(&app, &events["url"])).await.leads_to("/connections?done=connected");
    assert_eq!(execute(&ada, "list_events", json!({})).await.with(200).json()["status"], "completed");
    let scopes = app.sandbox.auth0().vaulted_scopes(&cast::ada().subject).unwrap();
    assert!(scopes.iter().any(|scope| scope == SEND), "more was asked for, and nothing lost: {scopes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_of_a_day_hold_for_scripts_as_for_questions() {
    let settings = [("LIMIT_TURNS_PER_DAY", "3".to_owned())].into();
    let app = TestApp::start_with(Wanted { settings, ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.says("Hello.");
    ada.hear("Hello").await;
    execute(&ada, "list_students", json!({})).await.with(200);
    execute(&ada, MAIL, mail("Hello")).await.with(202);
    for (tool, input) in [("list_students", json!({})), (MAIL, mail("Hello"))] {
        let told = execute(&ada, tool, input).await.with(429);
        assert_eq!(code(&told), "too_many");
        assert!(told.header("retry-after").parse::<u64>().unwrap() > 0);
    }
    assert!(records(&app).await.iter().any(|record| record.entry.kind == Kind::Limit));
    // What only tells how things stand is not one of them.
    super::tools(&ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_written_down_is_not_told() {
    let (app, ada, _grace) = school_day().await;
    let pool = app.database().await;
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON audit WHEN NEW.kind = 'tool_call' \
                  BEGIN SELECT RAISE(ABORT, 'no'); END";
    sqlx::query(refuse).execute(&pool).await.unwrap();
    let told = execute(&ada, "get_student", json!({ "student_id": MATEO })).await.with(500);
    assert_eq!(code(&told), "broken");
    assert!(!told.body.contains("Mateo"), "{}", told.body);
    sqlx::query("DROP TRIGGER refuse").execute(&pool).await.unwrap();
    execute(&ada, "get_student", json!({ "student_id": MATEO })).await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_answer_is_told_as_such() {
    let (app, ada, _grace) = school_day().await;
    app.sandbox
        .auth0()
        .connect_google(&cast::ada().subject, &[SEND, "https://www.googleapis.com/auth/calendar.events"]);
    app.sandbox.faults().add(Fault::on(Route::Calendar).then(Effect::HangUp));
    let told = execute(&ada, "list_events", json!({})).await.with(503);
    assert_eq!(code(&told), "unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_of_a_script_is_drafted_again_without_the_model_and_its_words_are_no_question() {
    let (app, ada, _grace) = school_day().await;
    let asked = execute(&ada, MAIL, mail("Well done")).await.with(202).json();
    let page = path(&app, &asked["url"]).split('#').next().unwrap().to_owned();
    let shown = ada.get(&page).await;
    assert_eq!(shown.text(".said h2"), "A script said");
    assert!(!shown.has(".edit"), "the teacher did not say it, and does not change it");
    ada.decide(&shown.cards().remove(0), "discard", &[]).await.with(200);
    ada.follow_to_the_end(&shown.attrs("[data-turn]", "data-turn").remove(0)).await;
    let again = ada.get(&page).await.form("form[action$='/again']");
    ada.submit(&again).await.with(303);
    let shown = ada.get(&page).await;
    assert_eq!(shown.attrs(".versions", "aria-label"), ["Version 2 of 2"]);
    let card = shown.cards().remove(0);
    assert_eq!(card.subject, "Well done", "the same draft, as the script wanted it");
    assert!(shown.has(".letter .ticks"), "nobody's words tie its recipient, as before");
    assert!(app.asked().is_empty(), "the model has no part in it");
    assert!(app.accepted().is_empty(), "and nothing leaves without a click");
}
