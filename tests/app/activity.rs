//! The activity page: a teacher reads what was done with their data and in
//! their name, finds what they look for, and sees nobody else's.

use std::collections::HashMap;

use jiff::SignedDuration;
use serde_json::json;
use teachers_aide::{
    audit::{Activity, Entry, Filter, Journal, Kind},
    school::TeacherId,
};

use crate::{
    cast::{self, JAMES, MATEO, NOBODY, OLENA, mail_to, school_day},
    harness::{Answer, Browser, TestApp},
};

/// The events on a page, newest first, as a person reads them.
fn events(page: &Answer) -> Vec<String> {
    page.texts(".events > li")
}

#[track_caller]
fn event<'a>(events: &'a [String], words: &str) -> &'a str {
    let mut found = events.iter().filter(|event| event.contains(words));
    let one = found.next().unwrap_or_else(|| panic!("{words:?} is not in {events:#?}"));
    assert!(found.next().is_none(), "{words:?} stands more than once in {events:#?}");
    one
}

/// Ada looked at Mateo, wrote him a mail, and asked for something that is not there.
async fn a_day() -> (TestApp, Browser, Browser, String) {
    let (app, ada, grace) = school_day().await;
    app.mind.calls([("get_student", json!({ "student_id": MATEO }))]);
    app.mind.calls([mail_to(MATEO, "A subject", "Dear Mateo, a body")]).says("Sent.");
    let (asked, screen) = ada.hear("Look at Mateo and write to him").await;
    ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    app.mind.calls([("get_teaching_class", json!({ "class_id": "c-99" }))]).says("There is none.");
    let more = ada.ask_in(&asked.conversation, "And class 99?").await;
    ada.follow_to_the_end(&more.turn).await;
    (app, ada, grace, asked.conversation)
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_reads_when_what_whose_by_which_permission_approved_by_whom_and_what_came_of_it() {
    let (app, ada, _grace, conversation) = a_day().await;
    let page = ada.get("/activity").await.with(200);
    let told = events(&page);
    let look = event(&told, "Looked at a student");
    assert!(look.contains("Whose data Mateo Nguyen") && look.contains("Done"), "{look}");
    assert!(!look.contains("Approved by") && !look.contains("Permission"), "{look}");
    let sent = event(&told, "An approved draft went out");
    for words in [
        "Accepted by the service",
        "To write to a student",
        "Whose data Mateo Nguyen",
        "Permission Send mail from your address, after you have approved it.",
        "Approved by You, ",
        "Reference",
    ] {
        assert!(sent.contains(words), "{words}: {sent}");
    }
    assert!(!event(&told, "Wrote a draft").contains("Approved by"), "a draft is not approved by being there");
    assert!(event(&told, "A draft was approved").contains("You said yes"));
    assert!(event(&told, "Could not look at a class").contains("Not possible as asked"));
    assert!(event(&told, "The key of your account was asked for").contains("Given"));
    assert!(told.last().unwrap().contains("Signed in"), "{told:#?}");
    assert!(page.attrs(".events a", "href").contains(&format!("/students/{MATEO}")));
    assert!(page.attrs(".events a", "href").iter().any(|to| to.starts_with(&format!("/chat/{conversation}?turn="))));
    assert_eq!(page.attrs(".side a[aria-current=page]", "href"), ["/activity"]);
    // What somebody wrote stands in the conversation and nowhere here.
    for word in ["A subject", "Dear Mateo", "mateo.nguyen@example.com", "And class 99"] {
        assert!(!page.texts("main").join(" ").contains(word), "{word}");
    }
    // The reference is the beginning of the row's hash in the audit.
    let reference = page.text(".events > li:first-child code");
    let newest = &app.store.activity(&id_of(&app, "Ada Byron").await, &Filter::default(), 1).await.unwrap()[0];
    assert_eq!(newest.hash[..8], reference);
}

pub async fn id_of(app: &TestApp, name: &str) -> TeacherId {
    let id = sqlx::query_scalar("SELECT id FROM teachers WHERE name = $1").bind(name);
    TeacherId::new(id.fetch_one(&app.database().await).await.map(|id: String| id).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_field_of_the_form_leaves_out_what_does_not_fit() {
    let (app, clock) = TestApp::start_held().await;
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.calls([("get_student", json!({ "student_id": MATEO }))]).says("He struggles.");
    ada.hear("How is Mateo?").await;
    clock.advance(SignedDuration::from_hours(48));
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.calls([("get_student", json!({ "student_id": JAMES }))]).says("So does he.");
    ada.hear("How is James?").await;
    app.mind.calls([("get_student", json!({ "student_id": NOBODY }))]).says("Nobody.");
    ada.hear("And nobody?").await;
    let day =
        |back: i64| (teachers_aide::clock::Clock::wall(&*clock).date() - jiff::Span::new().days(back)).to_string();
    let (today, then) = (day(0), day(2));
    let found = async |query: &str| {
        let page = ada.get(&format!("/activity?{query}")).await.with(200);
        page.texts(".events .what strong")
    };
    assert_eq!(found("").await.len(), 5);
    assert_eq!(found(&format!("student={MATEO}")).await, ["Looked at a student"]);
    assert_eq!(found("kind=sign-ins").await, ["Signed in", "Signed in"]);
    assert_eq!(found("kind=looks&outcome=failed").await, ["Could not look at a student"]);
    assert_eq!(found("outcome=unclear").await, Vec::<String>::new());
    assert_eq!(found(&format!("until={then}")).await, ["Looked at a student", "Signed in"]);
    assert_eq!(found(&format!("from={today}&kind=looks")).await.len(), 2);
    assert_eq!(found(&format!("from={then}&until={then}&kind=looks")).await, ["Looked at a student"]);
    // The form keeps what was asked, and says how to get out of it.
    let page = ada.get(&format!("/activity?student={MATEO}&kind=looks&from={then}")).await;
    assert_eq!(page.texts("option[selected]"), ["What the assistant looked at", "Mateo Nguyen"]);
    assert_eq!(page.attrs("#from", "value"), [then]);
    assert!(page.has(".filters a[href='/activity']"));
    assert!(page.attrs(".files a", "href").iter().all(|to| to.contains("student=s-1001")));
    let nothing = ada.get("/activity?outcome=unclear").await.with(200);
    assert!(nothing.text(".empty").starts_with("Nothing fits") && !nothing.has(".files"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_form_cannot_have_sent_comes_back_with_the_reason() {
    let (_app, ada, _grace) = school_day().await;
    for (query, words) in [
        ("from=yesterday", "Write a day as year, month and day"),
        ("from=2026-02-30", "Write a day as year, month and day"),
        ("until=9999-12-31", "Write a day as year, month and day"),
        ("from=2026-03-02&until=2026-03-01", "The first day is after the last one."),
        ("kind=everything", "Choose a kind"),
        ("outcome=x", "Choose an outcome"),
        ("student=%27%20OR%201%3D1", "Choose a student"),
    ] {
        let page = ada.get(&format!("/activity?{query}")).await.with(422);
        assert!(page.text("main > .page > .fault").starts_with(words), "{query}: {}", page.body);
        assert!(!page.has(".events"), "{query}");
        ada.get(&format!("/activity/table.csv?{query}")).await.with(400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_by_page_every_event_stands_once_and_in_order() {
    let (app, ada, _grace) = school_day().await;
    let teacher = id_of(&app, "Ada Byron").await;
    let other = id_of(&app, "Grace Hopper").await;
    for at in 0..120 {
        let whose = if at % 3 == 0 { &other } else { &teacher };
        let detail = json!({ "at": at });
        app.store.note(Entry { detail, ..Entry::by(whose, Kind::Setting, "changed") }).await.unwrap();
    }
    let (mut next, mut seen, mut pages) = (Some("/activity".to_owned()), Vec::new(), 0);
    while let Some(path) = next {
        let page = ada.get(&path).await.with(200);
        assert_eq!(page.has(".leaf a[href='/activity']"), pages > 0, "the way back to the newest");
        seen.extend(page.texts(".events code"));
        let older = page.texts(".leaf a").iter().position(|words| words == "Older");
        next = older.map(|at| page.attrs(".leaf a", "href")[at].clone());
        pages += 1;
    }
    let own = app.store.activity(&teacher, &Filter::default(), 1000).await.unwrap();
    let own: Vec<String> = own.iter().map(|record| record.hash[..8].to_owned()).collect();
    assert_eq!((pages, seen.len()), (2, 81));
    assert_eq!(seen, own);
}

#[tokio::test(flavor = "multi_thread")]
async fn grace_sees_nothing_of_adas_and_cannot_tell_her_events_from_none() {
    let (app, _ada, grace, _) = a_day().await;
    let page = grace.get("/activity").await.with(200);
    assert_eq!(page.texts(".events .what strong"), ["Signed in"]);
    for word in ["Mateo", MATEO, "Looked at"] {
        assert!(!page.body.contains(word), "{word}");
    }
    // Hers by a student of Ada's, by an event of Ada's: as by none.
    let told = async |query: String| {
        let page = grace.get(&format!("/activity?{query}")).await.with(200);
        (page.texts(".events > li"), page.text(".empty"))
    };
    assert_eq!(told(format!("student={MATEO}")).await, told(format!("student={NOBODY}")).await);
    let ada = id_of(&app, "Ada Byron").await;
    let hers = app.store.activity(&ada, &Filter::default(), 100).await.unwrap();
    let (foreign, missing) = (format!("before={}", hers[0].hash), format!("before={}", "0".repeat(64)));
    assert_eq!(told(foreign).await, told(missing).await);
    let file = grace.get("/activity/table.csv").await.with(200);
    assert!(!file.body.contains(MATEO) && file.body.contains("Signed in"), "{}", file.body);
    assert!(!file.body.contains("Ada"), "{}", file.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_class_is_named_by_its_name_and_many_students_stand_behind_a_click() {
    let school = a_class_of_six();
    let app = TestApp::start_with(crate::harness::Wanted { school: Some(school), ..Default::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.calls([("get_teaching_class", json!({ "class_id": "c-01" }))]).says("Six.");
    ada.hear("How is 10B?").await;
    let page = ada.get("/activity?kind=looks").await;
    assert_eq!(page.texts(".events dd > a")[0], "Algebra I · 10B");
    assert!(page.attrs(".events dd > a", "href").contains(&"/classes/c-01".to_owned()));
    assert!(!page.has(".events details"), "the class says it all");
    // Of students of whom no class was noted the first are named.
    let teacher = id_of(&app, "Ada Byron").await;
    let students = (1..=6).map(|at| format!("s-100{at}")).collect();
    app.store.note(Entry { students, ..Entry::by(&teacher, Kind::Data, "table_taken_along") }).await.unwrap();
    let page = ada.get("/activity?kind=data").await;
    assert_eq!(page.text(".events summary"), "and 3 more");
    assert_eq!(page.attrs(".events dd a", "href").len(), 6);
}

fn a_class_of_six() -> serde_json::Value {
    let names = ["Mateo Nguyen", "James Martinez", "Amara Nwosu", "Olga Petrova", "Noor Haddad", "Ken Sato"];
    let id = |at: usize| format!("s-100{}", at + 1);
    let students: Vec<_> = names.iter().enumerate().map(|(at, name)| json!({ "id": id(at), "name": name })).collect();
    let roster: Vec<_> =
        (0..names.len()).map(|at| json!({ "student": id(at), "evaluations": [7.5, null, null] })).collect();
    json!({
        "current": { "year": 2026, "semester": 2 },
        "students": students,
        "classes": [{
            "id": "c-01", "subject": "Algebra I", "group": "10B", "year": 2026, "semester": 2,
            "teacher": "ada@school.example", "roster": roster,
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_holds_what_the_page_shows_and_nothing_in_it_computes() {
    let (app, ada, _grace, _) = a_day().await;
    let file = ada.get("/activity/table.csv?kind=sends").await.with(200);
    assert!(file.header("content-type").starts_with("text/csv"));
    assert!(file.header("content-disposition").contains("Activity.csv"));
    let rows = csv(&file.body);
    assert_eq!(rows.len(), 2, "{rows:?}");
    let sent = &rows[0];
    assert_eq!(sent["Event"], "An approved draft went out");
    assert_eq!((sent["Whose data"].as_str(), sent["Ids"].as_str()), ("Mateo Nguyen", MATEO));
    assert_eq!(sent["Scopes"], "https://www.googleapis.com/auth/gmail.send");
    assert_eq!((sent["Approved by"].as_str(), sent["Outcome"].as_str()), ("Ada Byron", "Accepted by the service"));
    assert_eq!(sent["Reference"].len(), 64);
    // A name, and a word of the audit, that a spreadsheet would take for a formula.
    let teacher = id_of(&app, "Ada Byron").await;
    let wicked = "=HYPERLINK(\"https://evil.example\")";
    app.store.note(Entry::by(&teacher, Kind::Setting, wicked)).await.unwrap();
    let file = ada.get("/activity/table.csv?kind=data").await.with(200);
    assert!(file.body.contains("\"'=HYPERLINK(") && !file.body.contains("\"=HYPERLINK("), "{}", file.body);
    ada.get("/activity/table.pdf").await.with(404);
    // That it was taken along is written down, too.
    let told = events(&ada.get("/activity?kind=data").await);
    assert_eq!(told.iter().filter(|event| event.contains("This activity was downloaded")).count(), 2);
    assert!(app.command(&["verify-audit"]).status.success());
}

fn csv(text: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_conversation_that_was_deleted_stays_and_leads_nowhere() {
    let (_app, ada, _grace, conversation) = a_day().await;
    ada.submit(&ada.get("/settings").await.form("form[action='/settings/forget']")).await.with(303);
    let page = ada.get("/activity").await.with(200);
    event(&events(&page), "An approved draft went out");
    assert!(!page.attrs(".events a", "href").iter().any(|to| to.contains(&conversation)), "{}", page.body);
    event(&events(&page), "Conversations were deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_who_is_not_adas_any_more_is_told_by_the_id_alone() {
    let (app, ada, _grace) = school_day().await;
    let teacher = id_of(&app, "Ada Byron").await;
    let students = vec![OLENA.to_owned()];
    app.store.note(Entry { students, ..Entry::by(&teacher, Kind::Data, "table_taken_along") }).await.unwrap();
    let page = ada.get(&format!("/activity?student={OLENA}")).await.with(200);
    assert!(events(&page)[0].contains("s-2001 (not in your classes now)"), "{}", page.body);
    assert!(!page.body.contains("Olena") && !page.has(".events a[href^='/students/']"));
}
