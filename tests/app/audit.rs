//! The audit: what was done is written down, or it is not done.

use serde_json::json;
use sqlx::{AssertSqlSafe, SqlitePool};
use teachers_aide::{
    audit::{Activity, Filter, Kind, Record},
    school::{StudentId, TeacherId},
};

use crate::{
    cast::{JAMES, MATEO, mail_to, school_day},
    harness::TestApp,
};

async fn run(pool: &SqlitePool, sql: &str) {
    sqlx::query(AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

async fn teacher(pool: &SqlitePool, name: &str) -> TeacherId {
    let id = sqlx::query_scalar("SELECT id FROM teachers WHERE name = $1").bind(name);
    TeacherId::new(id.fetch_one(pool).await.map(|id: String| id).unwrap())
}

/// Ada's records, oldest first.
async fn records(app: &TestApp, filter: Filter) -> Vec<Record> {
    let ada = teacher(&app.database().await, "Ada Byron").await;
    let mut records = app.store.activity(&ada, &filter, 1000).await.unwrap();
    records.reverse();
    records
}

/// A day on which Ada looked at Mateo and wrote him a mail.
async fn a_day_with_a_mail() -> TestApp {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([("get_student", json!({ "student_id": MATEO }))]);
    app.mind.calls([mail_to(MATEO, "A subject", "Dear Mateo, a body")]).says("Sent.");
    let (asked, screen) = ada.hear("Look at Mateo and write to him").await;
    ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_leaves_a_trail_from_the_look_to_the_receipt_and_no_word_of_it() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([("get_student", json!({ "student_id": MATEO }))]);
    app.mind.calls([mail_to(MATEO, "A subject", "Dear Mateo, a body")]).says("Sent.");
    let (asked, screen) = ada.hear("Look at Mateo and write to him").await;
    let card = screen.cards().remove(0);
    ada.decide(&card, "send", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    let told = records(&app, Filter::default()).await;
    let kinds: Vec<Kind> = told.iter().map(|record| record.entry.kind).collect();
    let whole =
        [Kind::SignedIn, Kind::ToolCall, Kind::Exchanged, Kind::Drafted, Kind::Approved, Kind::Claimed, Kind::Sent];
    assert_eq!(kinds, whole);
    let [_, look, exchange, draft, yes, _, sent] = &told[..] else { panic!("{told:?}") };
    assert_eq!((look.entry.tool.as_deref(), &*look.entry.students), (Some("get_student"), &[MATEO.to_owned()][..]));
    assert!(exchange.entry.scopes.contains(&"https://www.googleapis.com/auth/gmail.send".to_owned()), "{exchange:?}");
    assert_eq!(yes.entry.detail["hash"], card.hash.as_str());
    for record in [draft, yes, sent] {
        assert_eq!(record.entry.students, [MATEO]);
        assert_eq!(record.entry.approval.as_deref(), Some(card.id.as_str()));
        assert_eq!(record.entry.turn.as_deref(), Some(asked.turn.as_str()));
    }
    for word in ["A subject", "Dear Mateo", "example.com", "ada@school", "Byron"] {
        assert!(!format!("{told:?}").contains(word), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn teachers_read_their_own_records_only_and_find_what_they_look_for() {
    let app = a_day_with_a_mail().await;
    let pool = app.database().await;
    let (ada, grace) = (teacher(&pool, "Ada Byron").await, teacher(&pool, "Grace Hopper").await);
    let all = app.store.activity(&grace, &Filter::default(), 100).await.unwrap();
    assert_eq!(all.iter().map(|record| record.entry.kind).collect::<Vec<_>>(), [Kind::SignedIn]);
    let only = async |filter: Filter| app.store.activity(&ada, &filter, 100).await.unwrap().len();
    let student = |id| Some(StudentId::parse(id).unwrap());
    assert_eq!(only(Filter { student: student(MATEO), ..Filter::default() }).await, 5);
    assert_eq!(only(Filter { student: student(JAMES), ..Filter::default() }).await, 0);
    assert_eq!(only(Filter { tool: Some("get_student".into()), ..Filter::default() }).await, 1);
    assert_eq!(only(Filter { kinds: vec![Kind::Sent, Kind::Claimed], ..Filter::default() }).await, 2);
    let page = app.store.activity(&ada, &Filter::default(), 3).await.unwrap();
    assert_eq!(page.len(), 3);
    let older = Filter { before: Some(page[2].hash.clone()), ..Filter::default() };
    assert_eq!(only(older.clone()).await, 4);
    assert_eq!(only(Filter { from: Some(page[0].at), until: Some(page[0].at), ..Filter::default() }).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_cannot_be_written_down_does_not_leave() {
    let (app, ada, _grace) = school_day().await;
    let pool = app.database().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (_, screen) = ada.hear("Write to Mateo").await;
    let card = &screen.cards()[0];
    for kind in ["approval", "claim"] {
        let full = format!(
            "CREATE TRIGGER full BEFORE INSERT ON audit WHEN NEW.kind = '{kind}' \
             BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
        );
        run(&pool, &full).await;
        ada.decide(card, "send", &[]).await.with(500);
        assert!(app.accepted().is_empty(), "{kind}");
        run(&pool, "DROP TRIGGER full").await;
    }
    assert_eq!(ada.decide(card, "send", &[]).await.with(200).json()["state"], "sent");
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_cannot_be_written_down_tells_the_model_nothing() {
    let (app, ada, _grace) = school_day().await;
    let full = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    run(&app.database().await, full).await;
    app.mind.calls([("get_student", json!({ "student_id": MATEO }))]).says("He struggles.");
    let (_, screen) = ada.hear("How is Mateo?").await;
    assert_eq!(screen.state, "interrupted");
    assert_eq!(app.asked().len(), 1, "the model was not asked a second time, with what the tool had found");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_changes_or_takes_out_a_row() {
    let app = a_day_with_a_mail().await;
    let pool = app.database().await;
    let rows = "SELECT group_concat(seq || hash || outcome) FROM audit";
    let before: String = sqlx::query_scalar(rows).fetch_one(&pool).await.unwrap();
    for sql in ["UPDATE audit SET outcome = outcome", "DELETE FROM audit WHERE seq = 4", "DELETE FROM audit"] {
        let fault = sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.unwrap_err();
        assert!(fault.to_string().contains("rows of the audit are never"), "{fault}");
    }
    assert_eq!(sqlx::query_scalar::<_, String>(rows).fetch_one(&pool).await.unwrap(), before);
}

/// What somebody with a pen does to the file, and what the operator then reads.
#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_a_deleted_and_a_moved_row_is_named_and_so_is_an_end_that_was_cut_off() {
    let mut app = a_day_with_a_mail().await;
    app.stop().await;
    let whole = app.command(&["verify-audit"]);
    let told = String::from_utf8(whole.stdout).unwrap();
    assert!(whole.status.success() && told.contains("The audit is whole: 8 rows"), "{told}");
    let head = told.trim().rsplit(' ').next().unwrap().to_owned();
    app.verdict.excuse("somebody takes the whole audit back, and the mail is no longer in it");
    let pool = app.database().await;
    // Who holds the file can take off what keeps a row from being changed.
    run(&pool, "DROP TRIGGER audit_is_not_changed").await;
    run(&pool, "DROP TRIGGER audit_is_not_taken_out").await;
    let table = [
        ("UPDATE audit SET outcome = 'refused' WHERE seq = 3", "row 3 is not as it was written"),
        ("UPDATE audit SET teacher_id = 'eve' WHERE kind = 'sent'", "row 8 is not as it was written"),
        ("UPDATE audit SET detail = x'00' WHERE seq = 5", "row 5 is not as it was written"),
        ("DELETE FROM audit WHERE seq = 4", "row 4 is missing"),
        ("UPDATE audit SET seq = CASE seq WHEN 5 THEN 60 ELSE seq END", "row 5 is missing"),
        ("DELETE FROM audit WHERE seq > 6", "row 7 is missing"),
        ("DELETE FROM audit", "row 1 is missing"),
        ("UPDATE audit SET seq = 0 WHERE seq = 1", "row 0 was added by somebody else"),
        (
            "UPDATE audit_head SET seq = 7, hash = (SELECT hash FROM audit WHERE seq = 7)",
            "the mark of the last row was not made with this application's key",
        ),
    ];
    run(&pool, "CREATE TABLE kept AS SELECT * FROM audit").await;
    run(&pool, "CREATE TABLE kept_head AS SELECT * FROM audit_head").await;
    for (pen, words) in table {
        run(&pool, pen).await;
        let found = app.command(&["verify-audit"]);
        let told = String::from_utf8(found.stderr).unwrap();
        assert!(!found.status.success() && told.contains(words), "{pen}: {told}");
        run(&pool, "DELETE FROM audit").await;
        run(&pool, "INSERT INTO audit SELECT * FROM kept").await;
        run(&pool, "DELETE FROM audit_head").await;
        run(&pool, "INSERT INTO audit_head SELECT * FROM kept_head").await;
    }
    assert!(app.command(&["verify-audit", "--head", &head]).status.success());
    // All of it is taken out, head and all: that somebody had signed in tells.
    run(&pool, "DELETE FROM audit").await;
    run(&pool, "DELETE FROM audit_head").await;
    let found = app.command(&["verify-audit"]);
    assert!(String::from_utf8(found.stderr).unwrap().contains("row 1 is missing"));
    // A teacher of before there was an audit tells nothing.
    run(&pool, "UPDATE teachers SET created_at = 1000").await;
    assert!(app.command(&["verify-audit"]).status.success());
    // Everything is taken back: only what was noted elsewhere tells.
    run(&pool, "DELETE FROM teachers").await;
    assert!(app.command(&["verify-audit"]).status.success());
    let found = app.command(&["verify-audit", "--head", &head]);
    assert!(String::from_utf8(found.stderr).unwrap().contains("row 1 is missing"));
}
