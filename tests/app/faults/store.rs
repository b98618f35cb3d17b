//! The database and the process around it: locked, full, broken, gone, doubled,
//! put back from a backup; and a process killed between two steps of a send.

use std::{path::Path, sync::Arc, time::Duration};

use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use teachers_aide::sandbox::{
    faults::{Effect, Fault, Gate, Route},
    model::{Mind, ScriptedMind},
};

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::{Asked, Browser, Card, Checker, Doubt, Launch, Server, Site, calls, eventually, in_time},
};

/// A draft that waits in a program of its own.
struct Story {
    site: Site,
    server: Server,
    ada: Browser,
    asked: Asked,
    card: Card,
}

impl Story {
    async fn with_a_draft() -> Self {
        let site = Site::new();
        let server = site.start().await;
        let ada = server.signed_in(&cast::ada()).await;
        let asked = ada.ask("Write to Mateo").await;
        let card = ada.follow_to_a_draft(&asked.turn).await;
        // Its pause is stored too, so that nothing else is written from now on.
        ada.follow(&asked.turn).await;
        Self { site, server, ada, asked, card }
    }

    /// A click on send; none when the server dies of it.
    async fn click(&self) -> Option<crate::harness::Answer> {
        let (tab, card) = (self.ada.clone(), self.card.clone());
        tokio::spawn(async move { tab.decide(&card, "send", &[]).await }).await.ok()
    }

    /// The click of a server that dies after so many syncs; then it starts again.
    async fn killed_after_syncs(mut self, syncs: u32) -> Self {
        self.site.order(Some(&format!("kill after sync {syncs}")));
        assert!(self.click().await.is_none(), "the server died of it");
        self.server.dies().await;
        self.site.order(None);
        self.again().await
    }

    async fn again(self) -> Self {
        let Self { site, server, ada, asked, card } = self;
        drop(server);
        let server = site.start().await;
        Self { ada: ada.moved_to(&server.base), site, server, asked, card }
    }

    async fn page(&self) -> crate::harness::Answer {
        self.ada.page(&self.asked.conversation).await
    }

    /// Store, page and Google tell one story.
    async fn is_sound(&self, doubt: Doubt) {
        self.site.findings(doubt).await.none();
        let checker = Checker::at(&self.site.database()).await;
        assert_eq!(checker.compare_page(&self.ada, &self.asked.conversation).await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_30_a_server_killed_between_the_yes_and_the_claim_sends_nothing_and_asks_once_more() {
    if !calls::can_be_spoiled() {
        return;
    }
    let story = Story::with_a_draft().await.killed_after_syncs(1).await;
    assert!(story.site.accepted().is_empty());
    assert_eq!(story.site.findings(Doubt::None).await.count("approved"), 1);
    story.is_sound(Doubt::None).await;
    let card = story.page().await.cards().remove(0);
    assert!(card.fault.contains("You approved this") && card.fault.contains("Nothing was sent"), "{card:?}");
    let told = story.ada.decide(&card, "send", &[]).await.with(200).json();
    assert_eq!((told["state"].as_str(), story.site.accepted().len()), (Some("sent"), 1));
    story.ada.follow_to_the_end(&story.asked.turn).await;
    story.is_sound(Doubt::None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_31_a_server_killed_between_the_claim_and_the_first_byte_calls_it_unknown() {
    if !calls::can_be_spoiled() {
        return;
    }
    let story = Story::with_a_draft().await.killed_after_syncs(2).await;
    assert_eq!(story.site.sandbox.log().count(Route::GmailSend), 0, "not one byte had left, and none leaves now");
    assert_eq!(story.site.findings(Doubt::Possible).await.count("unknown"), 1);
    story.is_sound(Doubt::Possible).await;
    let receipt = story.page().await.text(".receipt");
    assert!(receipt.contains("May have been sent") && receipt.contains("Look in your sent mail"), "{receipt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_32_a_server_killed_after_google_took_the_mail_calls_it_unknown_and_sends_no_second() {
    let story = Story::with_a_draft().await;
    story.site.sandbox.faults().add(Fault::on(Route::GmailSend).times(1).then(Effect::Accept).then(Effect::Stall));
    let (tab, card) = (story.ada.clone(), story.card.clone());
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    eventually("Google has it", || story.site.accepted().len() == 1).await;
    let story = story.again().await;
    assert!(click.await.is_err(), "nobody was told anything");
    assert_eq!(story.site.findings(Doubt::Possible).await.count("unknown"), 1);
    story.is_sound(Doubt::Possible).await;
    // The same click once more, from a page that was not loaded again.
    let told = story.click().await.unwrap().json();
    assert_eq!((told["state"].as_str(), story.site.accepted().len()), (Some("unknown"), 1), "{told}");
}

/// Another process that holds the database's write lock.
async fn somebody_else(database: &Path) -> SqliteConnection {
    let mut other = SqliteConnectOptions::new().filename(database).connect().await.unwrap();
    other.execute("BEGIN EXCLUSIVE").await.unwrap();
    other
}

#[tokio::test(flavor = "multi_thread")]
async fn row_37_a_database_that_another_process_holds_for_a_moment_makes_a_message_slow_and_no_more() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("All well.");
    let other = somebody_else(&app.database_file()).await;
    let tab = ada.clone();
    let asking = tokio::spawn(async move { tab.ask("How is the class?").await });
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!asking.is_finished(), "nothing is acknowledged that is not stored");
    other.close().await.unwrap();
    let asked = asking.await.unwrap();
    assert_eq!(ada.follow(&asked.turn).await.text(), "All well.");
    app.findings(Doubt::None).await.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_37_a_database_that_another_process_keeps_is_told_with_a_time_to_come_back() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let other = somebody_else(&app.database_file()).await;
    let (card, words) = (screen.cards().remove(0), [("words", "Are you there?")]);
    let (message, click) = tokio::join!(ada.post("/chat", &words), ada.decide(&card, "send", &[]));
    for answer in [message, click] {
        let told = answer.with(503);
        assert_eq!(told.header("retry-after"), "5");
        let words = told.json()["error"]["words"].as_str().unwrap().to_owned();
        assert!(words.contains("nothing was sent") && words.contains("busy"), "{words}");
    }
    // What is there can be read meanwhile.
    ada.page(&asked.conversation).await;
    other.close().await.unwrap();
    assert!(app.accepted().is_empty());
    assert_eq!(app.findings(Doubt::None).await.count("proposed"), 1, "nothing is half written");
    assert!(!ada.get("/conversations").await.with(200).body.contains("Are you there?"));
    ada.decide(&card, "send", &[]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    app.findings(Doubt::None).await.none();
}

/// SQLite's pages have this many bytes, unless one says otherwise.
const PAGE: usize = 4096;
const NO_SPACE: i32 = 28;
const IO_ERROR: i32 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn row_38_a_disk_that_is_full_before_the_claim_sends_nothing_and_says_so() {
    if !calls::can_be_spoiled() {
        return;
    }
    let story = Story::with_a_draft().await;
    story.site.order(Some(&format!("fail write {NO_SPACE}")));
    let told = story.click().await.unwrap().with(503);
    assert!(told.json()["error"]["words"].as_str().unwrap().contains("no room left"), "{}", told.body);
    assert!(told.body.contains("nothing was sent") && !told.header("retry-after").is_empty());
    assert!(story.site.accepted().is_empty());
    assert_eq!(story.ada.post("/chat", &[("words", "Hello?")]).await.status, 503, "no message is taken either");
    story.site.order(None);
    assert_eq!(story.site.findings(Doubt::None).await.count("proposed"), 1);
    story.click().await.unwrap().with(200);
    assert_eq!(story.site.accepted().len(), 1, "with room again the same click sends");
    story.ada.follow_to_the_end(&story.asked.turn).await;
    story.is_sound(Doubt::None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_in_the_middle_of_an_answer_is_told_and_the_conversation_goes_on_when_there_is_room() {
    if !calls::can_be_spoiled() {
        return;
    }
    let mind = ScriptedMind::new();
    let site = Site::with(vec![cast::ada()], &cast::school(), Arc::clone(&mind) as Arc<dyn Mind>);
    let server = site.start().await;
    let ada = server.signed_in(&cast::ada()).await;
    let gate = Gate::default();
    site.sandbox.faults().add(Fault::on(Route::ModelChat).times(1).then(Effect::Until(gate.clone())));
    mind.says("An answer that nobody can keep.");
    let asked = ada.ask("Tell me").await;
    eventually("the model is asked", || site.sandbox.log().count(Route::ModelChat) == 1).await;
    site.order(Some(&format!("fail write {NO_SPACE}")));
    gate.open();
    let screen = ada.follow(&asked.turn).await;
    assert_eq!(screen.state, "interrupted", "what is not stored is not called done");
    assert_eq!(site.turn_row(&asked.turn).await.status, "running", "nothing of its end could be written");
    ada.page(&asked.conversation).await;

    site.order(None);
    in_time("its end is stored after all", async || site.turn_row(&asked.turn).await.status == "ended").await;
    // No connection was left in the transaction that failed, and nobody waits for a turn that is over.
    mind.says("Here I am again.");
    let next = ada.ask_in(&asked.conversation, "And now?").await;
    assert_eq!(ada.follow(&next.turn).await.state, "done");
    site.findings(Doubt::None).await.none();
}

/// Google takes the mail, and before it answers the disk is full.
async fn full_after_the_accept(story: &Story) -> crate::harness::Answer {
    let gate = Gate::default();
    let held = Fault::on(Route::GmailSend).times(1).then(Effect::Accept).then(Effect::Until(gate.clone()));
    story.site.sandbox.faults().add(held);
    let (tab, card) = (story.ada.clone(), story.card.clone());
    let click = tokio::spawn(async move { tab.decide(&card, "send", &[]).await });
    eventually("Google has it", || story.site.accepted().len() == 1).await;
    story.site.order(Some(&format!("fail write {NO_SPACE}")));
    gate.open();
    click.await.unwrap().with(503)
}

#[tokio::test(flavor = "multi_thread")]
async fn row_39_an_outcome_that_a_full_disk_does_not_take_is_unknown_after_a_restart() {
    if !calls::can_be_spoiled() {
        return;
    }
    let story = Story::with_a_draft().await;
    let told = full_after_the_accept(&story).await;
    assert!(told.body.contains("Do not send it again") && !told.body.contains("nothing was sent"), "{}", told.body);
    assert_eq!(told.json()["state"], "claimed", "nobody is told that it was sent, nor that it was not");
    let Story { site, server, ada, asked, card } = story;
    server.kill();
    site.order(None);
    let server = site.start().await;
    let story = Story { ada: ada.moved_to(&server.base), site, server, asked, card };
    assert_eq!(story.site.findings(Doubt::Possible).await.count("unknown"), 1);
    story.is_sound(Doubt::Possible).await;
    assert_eq!(story.site.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_39_an_outcome_is_stored_after_all_when_there_is_room_again() {
    if !calls::can_be_spoiled() {
        return;
    }
    let story = Story::with_a_draft().await;
    full_after_the_accept(&story).await;
    story.site.order(None);
    assert_eq!(story.ada.follow_to_the_end(&story.asked.turn).await.state, "done", "the turn goes on by itself");
    story.is_sound(Doubt::None).await;
    assert_eq!(story.site.findings(Doubt::None).await.count("sent"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_40_a_disk_that_breaks_its_promise_once_is_not_believed_again() {
    if !calls::can_be_spoiled() {
        return;
    }
    let story = Story::with_a_draft().await;
    story.site.order(Some(&format!("fail sync {IO_ERROR}")));
    let told = story.click().await.unwrap().with(503);
    assert!(told.body.contains("nothing was sent") && !told.header("retry-after").is_empty(), "{}", told.body);
    // It works again, or says so; what it dropped meanwhile nobody knows.
    story.site.order(None);
    story.click().await.unwrap().with(503);
    assert_eq!(story.ada.post("/chat", &[("words", "Hello?")]).await.status, 503);
    assert_eq!(story.ada.get("/healthz").await.status, 503, "the operator is told");
    story.page().await;
    assert_eq!(story.site.sandbox.log().count(Route::GmailSend), 0);
    let story = story.again().await;
    story.is_sound(Doubt::Possible).await;
    assert!(!story.ada.get("/conversations").await.body.contains("Hello?"));
    let card = story.page().await.cards().remove(0);
    assert_eq!(story.ada.decide(&card, "send", &[]).await.with(200).json()["state"], "sent");
}

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
async fn row_42_a_log_that_takes_nothing_stops_nobody() {
    let site = Site::new();
    let launch = Launch { log_to: Some("/dev/full"), ..Launch::default() };
    let server = site.launch(&launch).await.unwrap();
    let ada = server.signed_in(&cast::ada()).await;
    let asked = ada.ask("Write to Mateo").await;
    let card = ada.follow_to_a_draft(&asked.turn).await;
    assert_eq!(ada.decide(&card, "send", &[]).await.with(200).json()["state"], "sent");
    assert_eq!(ada.follow_to_the_end(&asked.turn).await.state, "done");
    site.findings(Doubt::None).await.none();
}

#[tokio::test(flavor = "multi_thread")]
async fn row_43_a_server_that_may_open_no_more_files_recovers_when_it_may() {
    let site = Site::new();
    let launch = Launch { open_files: Some(64), ..Launch::default() };
    let server = site.launch(&launch).await.unwrap();
    let ada = server.signed_in(&cast::ada()).await;
    let asked = ada.ask("Write to Mateo").await;
    let card = ada.follow_to_a_draft(&asked.turn).await;
    let address = server.base.trim_start_matches("http://").to_owned();
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(std::net::TcpStream::connect(&address).unwrap());
    }
    let open = || std::fs::read_dir(format!("/proc/{}/fd", server.process())).unwrap().count();
    eventually("it has all the files open that it may", || open() >= 64).await;
    drop(idle);
    eventually("they are closed again", || open() < 50).await;
    assert_eq!(ada.decide(&card, "send", &[]).await.with(200).json()["state"], "sent");
    ada.follow_to_the_end(&asked.turn).await;
    site.findings(Doubt::None).await.none();
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
