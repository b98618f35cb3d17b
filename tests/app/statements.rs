//! What a teacher's day asks of the database: no statement of it walks through a
//! table that grows with the site, whatever it is asked about.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::{
    cast::{self, MATEO},
    harness::{Browser, Launch, Site, rows::connection},
};

/// Short by their nature: what is in them ends by itself.
const SHORT: [&str; 3] = ["logout_tokens", "authorizations", "sign_ins"];

/// Every page and every kind of decision that there is, and a question to go on with.
async fn day(ada: &Browser) {
    let (asked, screen) = ada.hear("Write to Mateo").await;
    ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    let chat = format!("/chat/{}", asked.conversation);
    let more = ada.ask_in(&asked.conversation, "Write to Mateo again").await;
    let card = ada.follow_to_a_draft(&more.turn).await;
    ada.decide(&card, "discard", &[]).await.with(200);
    ada.follow_to_the_end(&more.turn).await;
    ada.post(&format!("{chat}/title"), &[("title", "Mateo")]).await.with(303);
    ada.post(&format!("{chat}/pin"), &[("pinned", "yes")]).await.with(303);
    let student = format!("/students/{MATEO}");
    ada.post(&format!("{student}/address"), &[("email", "mateo@home.example")]).await;
    for page in [
        "/chat",
        &chat,
        &format!("{chat}/export.md"),
        &format!("/turns/{}/seen", asked.turn),
        "/conversations",
        "/conversations?q=mateo",
        "/classes",
        "/classes/c-01",
        &student,
        "/connections",
        "/activity",
        "/settings",
        "/api/tools",
    ] {
        ada.get(page).await.with(200);
    }
    ada.post(&format!("{chat}/delete"), &[]).await.with(303);
    ada.post(&format!("{chat}/restore"), &[]).await.with(303);
    ada.post("/auth/logout", &[]).await.with(303);
}

/// The statements that the log tells of, each once.
fn statements(log: &str) -> BTreeSet<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let whole = lines.filter(|line| line["target"] == "sqlx::query").filter_map(|line| {
        let text = |field: &str| line[field].as_str().map(str::trim).filter(|text| !text.is_empty());
        text("db.statement").or_else(|| text("summary")).map(str::to_owned)
    });
    whole.flat_map(|batch| batch.split("; ").map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// What a statement walks through: a table, or the name that the statement gave it.
async fn walked(database: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let plan = sqlx::raw_sql(explain).fetch_all(database).await.unwrap_or_else(|fault| panic!("{statement}: {fault}"));
    let details = plan.iter().map(|step| step.get::<String, _>("detail"));
    let scans = details.filter_map(|detail| detail.strip_prefix("SCAN ").map(str::to_owned));
    let names = scans.filter_map(|scan| scan.split(' ').next().map(str::to_owned));
    // "SCAN CONSTANT ROW" and "SCAN 3-ROW VALUES CLAUSE" are no walks.
    names.filter(|name| name.starts_with(|sign: char| sign.is_ascii_lowercase())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_question_of_a_teachers_day_walks_through_a_table() {
    let site = Site::new();
    let launch = Launch { log: Some("info,sqlx::query=debug"), ..Launch::default() };
    let server = site.launch(&launch).await.unwrap();
    let before = site.said().len();
    day(&server.signed_in(&cast::ada()).await).await;
    server.kill();
    let statements = statements(&site.said()[before..]);
    let mut database = connection(&site.database()).await;
    let mut found = Vec::new();
    let mut read = 0;
    for statement in statements.iter().filter(|statement| !statement.starts_with("PRAGMA")) {
        read += 1;
        for table in walked(&mut database, statement).await {
            if !SHORT.contains(&table.as_str()) {
                found.push(format!("{table}: {statement}"));
            }
        }
    }
    assert!(read > 40, "the log tells of the statements: {read}");
    assert!(found.is_empty(), "{found:#?}");
}
