//! Rows 41, 58 and 59: the file is gone, damaged, newer, in use, or of yesterday.

use sqlx::{ConnectOptions, Connection, Executor, sqlite::SqliteConnectOptions};
use teachers_aide::sandbox::faults::{Effect, Fault, Gate, Route};

use super::Story;
use crate::harness::{Doubt, Launch, Site, eventually};

/// SQLite's pages have this many bytes, unless one says otherwise.
const PAGE: usize = 4096;

/// What a server says that does not start, with the files as it found them.
async fn refusal(site: &Site) -> String {
    let files = || {
        let mut all: Vec<(String, Vec<u8>)> = std::fs::read_dir(site.folder())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains("aide.db"))
            .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
            .collect();
        all.sort();
        all
    };
    let before = files();
    let died = site.launch(&Launch::default()).await.err().unwrap();
    assert!(!died.status.success());
    assert!(before == files(), "not one byte of the database's files was touched");
    died.said.lines().last().unwrap_or_default().to_owned()
}

/// A site whose server was there and went down.
async fn left_behind() -> Site {
    let story = Story::with_a_draft().await;
    story.server.kill();
    story.site
}

#[tokio::test(flavor = "multi_thread")]
async fn row_41_a_database_that_is_gone_is_not_replaced_by_an_empty_one() {
    let site = left_behind().await;
    std::fs::rename(site.database(), site.folder().join("elsewhere")).unwrap();
    assert!(refusal(&site).await.contains("-wal is still there"), "its log would be thrown away");
    std::fs::rename(site.folder().join("aide.db-wal"), site.folder().join("elsewhere-wal")).unwrap();
    let words = refusal(&site).await;
    assert!(words.contains("the file is gone or empty") && words.contains("restore the database"), "{words}");
    // Put back, all is there again.
    std::fs::rename(site.folder().join("elsewhere"), site.database()).unwrap();
    std::fs::rename(site.folder().join("elsewhere-wal"), site.folder().join("aide.db-wal")).unwrap();
    site.start().await;
    assert_eq!(site.findings(Doubt::None).await.count("proposed"), 1);
    // Whoever wants an empty one does as told.
    for name in ["aide.db", "aide.db-wal", "aide.db-shm", "aide.db.lock"] {
        let _perhaps_not_there = std::fs::remove_file(site.folder().join(name));
    }
    site.start().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_41_a_damaged_database_is_refused_with_a_reason_and_left_alone() {
    let site = left_behind().await;
    site.verdict.excuse("the database is damaged by hand");
    site.start().await;
    // A clean end brings everything into the one file.
    let mut other = SqliteConnectOptions::new().filename(site.database()).connect().await.unwrap();
    other.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    // A table that no start reads: whoever does not look for damage serves it.
    let sql = "SELECT rootpage FROM sqlite_master WHERE name = 'budgets'";
    let page: i64 = sqlx::query_scalar(sql).fetch_one(&mut other).await.unwrap();
    other.close().await.unwrap();
    let mut bytes = std::fs::read(site.database()).unwrap();
    let begins = usize::try_from(page - 1).unwrap() * PAGE;
    bytes[begins..begins + PAGE].fill(0x5a);
    std::fs::write(site.database(), &bytes).unwrap();
    let words = refusal(&site).await;
    assert!(words.contains("the file is damaged") && words.contains("restore it from a backup"), "{words}");
    std::fs::write(site.database(), b"these are somebody's notes, and no database at all".repeat(200)).unwrap();
    assert!(refusal(&site).await.contains("not a database"));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_41_a_database_of_a_newer_program_is_refused_and_left_alone() {
    let site = left_behind().await;
    let mut other = SqliteConnectOptions::new().filename(site.database()).connect().await.unwrap();
    other
        .execute("INSERT INTO _sqlx_migrations VALUES (9999, 'later', CURRENT_TIMESTAMP, TRUE, x'00', 1)")
        .await
        .unwrap();
    other.close().await.unwrap();
    let words = refusal(&site).await;
    assert!(words.contains("written by another version of this program"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_58_a_second_server_on_the_same_database_refuses_to_start_and_disturbs_nothing() {
    let story = Story::with_a_draft().await;
    let died = story.site.launch(&Launch::default()).await.err().unwrap();
    let words = died.said.lines().last().unwrap();
    assert!(words.contains(&format!("another server (process {}) is using it", story.server.process())), "{words}");
    assert!(words.contains("aide.db") && words.contains("DATABASE_URL"), "{words}");
    // The first goes on as if nothing had been: its turn was not called interrupted.
    story.click().await.unwrap().with(200);
    assert_eq!(story.ada.follow_to_the_end(&story.asked.turn).await.state, "done");
    // Its death lets go of the database, however it died.
    story.server.kill();
    story.site.start().await;
    story.site.findings(Doubt::None).await.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_59_a_restored_backup_calls_what_was_on_its_way_unknown_and_sends_nothing_again() {
    let story = Story::with_a_draft().await;
    let gate = Gate::default();
    story.site.sandbox.faults().add(Fault::on(Route::GmailSend).times(1).then(Effect::Until(gate.clone())));
    let (tab, card) = (story.ada.clone(), story.card.clone());
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    eventually("the mail is on its way", || story.site.sandbox.log().count(Route::GmailSend) == 1).await;
    let mut other = SqliteConnectOptions::new().filename(story.site.database()).connect().await.unwrap();
    let backup = story.site.folder().join("backup");
    other.execute(sqlx::AssertSqlSafe(format!("VACUUM INTO '{}'", backup.display()))).await.unwrap();
    other.close().await.unwrap();
    gate.open();
    assert_eq!(click.await.unwrap().with(200).json()["state"], "sent");

    let Story { site, server, ada, asked, card } = story;
    server.kill();
    for name in ["aide.db-wal", "aide.db-shm"] {
        let _perhaps_not_there = std::fs::remove_file(site.folder().join(name));
    }
    std::fs::rename(backup, site.database()).unwrap();
    let server = site.start().await;
    let story = Story { ada: ada.moved_to(&server.base), site, server, asked, card };
    story.is_sound(Doubt::Possible).await;
    assert_eq!(story.site.findings(Doubt::Possible).await.count("unknown"), 1);
    story.click().await.unwrap().with(200);
    assert_eq!(story.site.accepted().len(), 1, "no start and no old page sends it again");
}
