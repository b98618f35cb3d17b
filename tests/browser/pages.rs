//! Every page, looked at in every way: wide and narrow, light and dark.

use super::{
    Desk, NARROW, WIDE, at_a_desk, axe, left_out,
    story::{ORDER, QUESTION},
    tab::Scheme,
};

/// As narrow as a page is ever asked to be (WCAG 1.4.10): a window of 640 px at
/// 200 %, or one of 1280 px at 400 %.
const NARROWEST: (u32, u32) = (320, 640);
/// A tablet's window, in which letters of twice the size still have their place (WCAG 1.4.4).
const TABLET: (u32, u32) = (768, 1024);

#[tokio::test(flavor = "multi_thread")]
async fn no_page_shuts_anybody_out_or_scrolls_sideways() {
    at_a_desk(async |desk| {
        let mut looks = Looks::begin(desk);
        looks.outside().await;
        desk.sign_in().await;
        looks.inside().await;
        looks.end();
        let complaints = desk.tab.console().await;
        // The one page that is not there says so.
        assert!(complaints.iter().all(|words| words.contains("/nowhere")), "{complaints:?}");
        for (url, page) in desk.tab.requests().await {
            assert_eq!(url.origin(), page.origin(), "{page} asked for {url}");
        }
    })
    .await;
}

/// What was found on the pages so far.
pub struct Looks<'a> {
    pub desk: &'a Desk,
    axe: Option<String>,
    faults: Vec<String>,
}

impl<'a> Looks<'a> {
    /// Nothing so far.
    pub fn begin(desk: &'a Desk) -> Self {
        let axe = axe::script();
        if axe.is_none() {
            left_out("axe-core is not installed (npm ci --prefix tests/browser), so no page was checked with it");
        }
        Self { desk, axe, faults: Vec::new() }
    }

    /// Fails with all that was found.
    pub fn end(&self) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n\n"));
    }

    /// The pages for everybody.
    async fn outside(&mut self) {
        self.at("door", "/").await;
        self.at("provider", "/auth/login").await;
    }

    /// The pages of a teacher who has asked, sent a mail and has one more waiting.
    async fn inside(&mut self) {
        self.at("blank", "/chat").await;
        let tab = &self.desk.tab;
        self.desk.ask(QUESTION).await;
        self.desk.done(1).await;
        self.desk.ask(ORDER).await;
        tab.find(".send-all").await;
        tab.click(".letter button[value=send]").await;
        tab.find(".receipt .stamp").await;
        // Evidence is there to be opened.
        let open = "document.querySelectorAll('details').forEach((part) => { part.open = true; })";
        self.here("conversation").await;
        tab.ask::<()>(open).await;
        self.here("conversation-open").await;
        self.desk.ask("What is on my calendar this week?").await;
        tab.find(".card a.primary").await;
        self.here("connect-card").await;
        tab.click(".card a.primary").await;
        tab.find("button[value=connect]").await;
        self.here("connect-provider").await;
        tab.click("button[value=connect]").await;
        tab.until("location.pathname.startsWith('/chat/')").await;
        self.desk.ask("Schedule a meeting with Mateo on Tuesday at 15:00").await;
        tab.find(".letter input[name=starts]").await;
        self.here("meeting-card").await;
        self.at("connections", "/connections").await;
        let calendar = self.desk.demo.sandbox.calendar_url();
        self.at("calendar", &calendar).await;
        self.at("conversations", "/conversations").await;
        self.at("activity", "/activity").await;
        tab.ask::<()>(open).await;
        self.here("activity-open").await;
        self.at("activity-none", "/activity?outcome=unclear").await;
        self.at("set-up", "/setup").await;
        self.at("set-up-guide", "/setup/guide").await;
        self.at("classes", "/classes").await;
        self.at("class", "/classes/c-01").await;
        self.at("student", "/students/s-1001").await;
        self.desk.tab.go("/chat").await;
        self.desk.ask("Show me a chart of 10B").await;
        self.desk.done(1).await;
        self.here("charts").await;
        tab.ask::<()>(open).await;
        self.here("charts-open").await;
        self.shelf(open).await;
        self.at("settings", "/settings").await;
        tab.ask::<()>(open).await;
        self.here("settings-open").await;
        tab.click("input[value=dark]").await;
        tab.click("form[action='/settings/appearance'] button").await;
        tab.find(".saved").await;
        self.here("settings-dark").await;
        self.at("class-dark", "/classes/c-02").await;
        self.at("message", "/nowhere").await;
        let outbox = self.desk.demo.sandbox.outbox_url();
        self.at("outbox", &outbox).await;
    }

    /// Versions of a turn, and the conversations as a list: found, opened, deleted.
    async fn shelf(&mut self, open: &str) {
        let tab = &self.desk.tab;
        tab.go("/chat").await;
        self.desk.ask(QUESTION).await;
        self.desk.done(1).await;
        tab.click(".tools form[action$='/again'] button").await;
        tab.find(".versions").await;
        self.desk.done(1).await;
        self.here("versions").await;
        tab.ask::<()>(open).await;
        self.here("versions-open").await;
        self.at("search", "/conversations?q=mateo").await;
        self.at("search-nothing", "/conversations?q=zygomorphic").await;
        tab.go("/conversations").await;
        tab.ask::<()>("document.querySelectorAll('.shelved').forEach((part) => part.removeAttribute('name'))").await;
        tab.ask::<()>(open).await;
        self.here("conversations-open").await;
        tab.click(".lines form[action$='/delete'] button").await;
        tab.find(".undo").await;
        self.here("deleted").await;
        tab.click(".undo button").await;
        tab.find("[data-heading]").await;
    }

    async fn at(&mut self, name: &str, address: &str) {
        self.desk.tab.go(address).await;
        self.here(name).await;
    }

    /// The page as it stands, in every way.
    pub async fn here(&mut self, name: &str) {
        self.within(name).await;
        self.seen(name, &[NARROW, WIDE]).await;
    }

    /// That it does not scroll sideways.
    async fn within(&mut self, name: &str) {
        let tab = &self.desk.tab;
        tab.size(NARROWEST).await;
        let beyond: i32 = tab.ask("document.documentElement.scrollWidth - innerWidth").await;
        if beyond > 0 {
            self.faults.push(format!("{name}: {beyond} px stand beyond a window of 320 px"));
        }
        for size in [TABLET, WIDE] {
            tab.size(size).await;
            tab.run::<()>("document.documentElement.style.fontSize = '200%'", Vec::new()).await;
            let beyond: i32 = tab.ask("document.documentElement.scrollWidth - innerWidth").await;
            tab.run::<()>("document.documentElement.style.fontSize = ''", Vec::new()).await;
            if beyond > 0 {
                self.faults.push(format!("{name}: with letters twice as large {beyond} px stand beyond {} px", size.0));
            }
        }
    }

    /// That it shuts nobody out, in windows of these sizes.
    pub async fn seen(&mut self, name: &str, sizes: &[(u32, u32)]) {
        let tab = &self.desk.tab;
        for size in sizes.iter().copied() {
            tab.size(size).await;
            for scheme in Scheme::BOTH {
                tab.scheme(scheme).await;
                let view = format!("{name}-{}-{}", size.0, scheme.word());
                tab.unroll().await;
                tab.whole(&format!("page-{view}")).await;
                if let Some(axe) = &self.axe {
                    let found = axe::violations(tab, axe).await;
                    self.faults.extend(found.into_iter().map(|fault| format!("{view}: {fault}")));
                }
                tab.size(size).await;
            }
        }
        tab.scheme(Scheme::Light).await;
    }
}
