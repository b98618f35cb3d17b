//! The database and the process around it. Here: a process killed between two
//! steps of a send. Below: a database that is locked, a disk that is full or
//! breaks, a file that is gone, damaged, doubled or put back from a backup, and
//! a computer that takes no log or opens no more files.

mod disk;
mod file;
mod held;
mod limits;

use teachers_aide::sandbox::faults::{Effect, Fault, Route};

use crate::{
    cast,
    harness::{Answer, Asked, Browser, Card, Checker, Doubt, Server, Site, calls, eventually},
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
    async fn click(&self) -> Option<Answer> {
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

    async fn page(&self) -> Answer {
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
