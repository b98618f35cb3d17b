//! Text that means harm, in a browser for which every other host of the world is
//! a sink that counts who comes. Nobody comes: neither by what is shown, nor
//! while it streams, nor with one of the two layers taken away.
//!
//! The layers are taken away between the server and the browser, by a proxy of
//! this test: the application has no switch for either.

mod between;
mod well;

use serde_json::{Value, json};
use teachers_aide::sandbox::model::{Answer, Pace};

use self::{
    between::{Between, MARK},
    well::Well,
};
use super::{WIDE, driver, driver::Driver, left_out, tab::Tab};
use crate::{
    cast,
    harness::{TestApp, Wanted},
    payloads::PAYLOADS,
};

/// Each payload asks for a host of its own, so that one can tell who came.
fn payloads() -> Vec<String> {
    let mine = |(number, text): (usize, &&str)| {
        let host = format!("p{number}.evil.example");
        text.replace("evil.example", &host).replace("EVIL.EXAMPLE", &host.to_uppercase())
    };
    PAYLOADS.iter().enumerate().map(mine).collect()
}

/// A school in which everything that can be named is named with harm, and in
/// which Mateo wrote every payload there is, one in each of his classes.
fn hostile_school() -> Value {
    let mut school = cast::school();
    let notes = payloads().into_iter().enumerate().map(|(number, text)| {
        let seat = json!({ "student": cast::MATEO, "evaluations": [5.5, 6.1, null], "note": text });
        json!({
            "id": format!("c-{}", 1000 + number), "subject": format!("Subject {number}"), "group": "10B", "year": 2026,
            "semester": 2, "teacher": "ada@school.example", "roster": [seat],
        })
    });
    school["classes"].as_array_mut().unwrap().extend(notes);
    let names = [
        "<img src=http://evil.example/name1>",
        "<svg onload=\"location='http://evil.example/n'\"> X",
        "![x](http://evil.example/name2) Y",
    ];
    for (student, name) in school["students"].as_array_mut().unwrap().iter_mut().zip(names) {
        student["name"] = json!(name);
    }
    school["classes"][0]["subject"] = json!("<img src=http://evil.example/subject>");
    school["classes"][0]["group"] = json!("<b>10</b>");
    school
}

struct Scene {
    app: TestApp,
    well: Well,
    tab: Tab,
}

async fn in_a_hostile_world(test: impl AsyncFnOnce(&Scene)) {
    if let Some(missing) = driver::missing() {
        left_out(&format!("{missing} is not installed, so nothing hostile was shown in a browser"));
        return;
    }
    let app = TestApp::start_with(Wanted { school: Some(hostile_school()), ..Wanted::default() }).await;
    let well = Well::dig();
    let driver = Driver::with(&[well.every_host_leads_here()]);
    let tab = Tab::open(&driver, &app.base).await;
    tab.size(WIDE).await;
    let scene = Scene { app, well, tab };
    scene.sign_in().await;
    test(&scene).await;
    scene.tab.close().await;
}

impl Scene {
    async fn sign_in(&self) {
        self.tab.go("/auth/login").await;
        self.tab.click("button.person").await;
        self.tab.until("location.pathname === '/chat'").await;
    }

    /// Asks, and waits until so many turns are over; the conversation's path.
    async fn asks(&self, words: &str, turns: usize) -> String {
        self.tab.fill("#words", words).await;
        self.tab.press("#words", thirtyfour::Key::Enter).await;
        self.tab.until(&format!("document.querySelectorAll('[data-turn][data-state=done]').length === {turns}")).await;
        self.tab.path().await
    }

    /// A visit that is surely one: whoever was on the way before has arrived.
    async fn knocks(&self) {
        // A page that still leads elsewhere can be faster than the way to the door.
        for _ in 0..20 {
            self.tab.look_at("http://barrier.example/").await;
            if self.well.hears("barrier.example").await {
                return;
            }
        }
        panic!("nobody comes to the sink any more");
    }
}

/// Every element and attribute that a message was ever made of, as `tag` and `tag attribute=value`.
const WATCH: &str = "window.seen = new Set();
    const note = (part) => {
        if (!(part instanceof Element) || !part.closest('.blocks, .tail, .said')) return;
        for (const one of [part, ...part.querySelectorAll('*')]) {
            if (one.matches('.blocks, .tail, .said, .said *')) continue;
            seen.add(one.tagName.toLowerCase());
            for (const attribute of one.attributes) seen.add(`${one.tagName.toLowerCase()} ${attribute.name}=${attribute.value}`);
        }
    };
    document.querySelectorAll('.blocks *, .tail *').forEach(note);
    new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach(note)))
        .observe(document.body, { childList: true, subtree: true });";

const TAGS: [&str; 23] = [
    "p",
    "br",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "del",
    "code",
    "pre",
    "blockquote",
    "hr",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "div",
];

fn is_allowed(seen: &str) -> bool {
    let Some((part, value)) = seen.split_once('=') else { return TAGS.contains(&seen) };
    match part {
        "td class" => ["n", "c", "good", "warn", "bad", "plain"].contains(&value),
        "th class" => ["n", "c"].contains(&value),
        "th scope" => value == "col",
        "ol start" => value.bytes().all(|sign| sign.is_ascii_digit()),
        "div class" => value == "sheet",
        "div role" => value == "region",
        "div tabindex" => value == "0",
        "div aria-label" => value.starts_with("Table: "),
        _ => false,
    }
}

/// What the page itself puts at a table: buttons that sort and copy, and links
/// to the table as a file of this site.
fn is_our_own(seen: &str) -> bool {
    let Some((part, value)) = seen.split_once('=') else { return ["a", "button", "span"].contains(&seen) };
    match part {
        "a href" => {
            let file = value.strip_prefix("/turns/").and_then(|rest| rest.rsplit_once('.'));
            let plain = |path: &str| path.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"/-".contains(&sign));
            file.is_some_and(|(path, ending)| plain(path) && ["csv", "xlsx"].contains(&ending))
        }
        "a download" | "div data-ready" => value.is_empty(),
        "p class" => value == "files",
        "button type" => value == "button",
        "span class" => value == "sr",
        _ => false,
    }
}

async fn census(tab: &Tab) {
    let seen: Vec<String> = tab.ask("[...seen]").await;
    let strange: Vec<_> = seen.iter().filter(|part| !is_allowed(part) && !is_our_own(part)).collect();
    assert!(strange.is_empty(), "a message was made of {strange:?}");
    assert!(seen.len() > 10, "the census sees: {seen:?}");
    let controls: usize = tab
        .ask(
            "document.querySelectorAll('.blocks :is(form, input, img), .letter, .receipt').length
             + [...document.querySelectorAll('.blocks :is(a, button)')].filter(part => !part.closest('.sheet + .files, .sheet th')).length",
        )
        .await;
    assert_eq!(controls, 0, "no control, no card and no receipt comes from words");
}

impl Scene {
    /// Every payload in one answer, sign by sign, so that there is a cut everywhere.
    fn streams_everything(&self) {
        let pieces = payloads().join("\n\nAnd then:\n\n").chars().map(String::from).collect();
        self.app.mind.push(Answer { text: pieces, pace: Pace::default(), ..Answer::default() });
    }
}

/// Whether a script runs that stands in the page itself: its policy says no.
const RUNS: &str = "(() => { const script = document.createElement('script'); script.textContent = 'window.ran = true';
    document.body.append(script); script.remove(); return window.ran === true; })()";

#[tokio::test(flavor = "multi_thread")]
async fn what_streams_asks_for_nothing_on_a_page_without_a_policy() {
    in_a_hostile_world(async |scene| {
        let tab = &scene.tab;
        assert!(!tab.ask::<bool>(RUNS).await, "the policy is there");
        tab.without_policies().await;
        tab.go("/chat").await;
        assert!(tab.ask::<bool>(RUNS).await, "and now it is not");
        tab.run::<()>(WATCH, Vec::new()).await;
        scene.streams_everything();
        scene.asks("Tell me everything", 1).await;
        census(tab).await;
        scene.knocks().await;
        assert_eq!(scene.well.visitors(), Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_shown_or_streamed_nobody_is_asked_for_anything() {
    in_a_hostile_world(async |scene| {
        let (tab, app, all) = (&scene.tab, &scene.app, payloads());
        tab.run::<()>(WATCH, Vec::new()).await;
        scene.streams_everything();
        let conversation = scene.asks("Tell me everything", 1).await;
        census(tab).await;
        // The same as the teacher's own words, and once more as a whole page.
        app.mind.says(&all[..40].join("\n\n"));
        // A line's end would send them.
        scene.asks(&all.join(" ").replace(['\n', '\t', '\r', '\0'], " "), 2).await;
        // A mail with what cannot be seen is refused before it is shown.
        let seen = all.iter().filter(|text| !text.contains(['\0', '\t', '\u{202e}'])).cloned().collect::<Vec<_>>();
        // What the students wrote is looked up on the way.
        app.mind.calls([
            ("get_student", json!({ "student_id": cast::MATEO })),
            cast::mail_to(cast::MATEO, &all[0], &seen.join("\n")),
        ]);
        tab.fill("#words", "Write to them").await;
        tab.press("#words", thirtyfour::Key::Enter).await;
        tab.find(".letter").await;
        let through = Between::stand_before(&app.base);
        for base in [&app.base, &through.without_policy()] {
            for path in [&conversation, "/chat", "/classes", "/classes/c-01", "/students/s-1001", "/conversations"] {
                tab.go(&format!("{base}{path}")).await;
                tab.until("document.readyState === 'complete'").await;
                let shown: String = tab.ask("document.body.innerText").await;
                assert!(
                    path == "/chat" || shown.contains("evil.example") || shown.contains("Tell me"),
                    "{path}: {shown}"
                );
                if path.starts_with("/students") {
                    assert_eq!(tab.count(".notes blockquote").await, all.len(), "every payload stands there");
                    assert_eq!(tab.count(".notes blockquote *").await, 0, "as text and nothing else");
                }
            }
        }
        scene.knocks().await;
        assert_eq!(scene.well.visitors(), Vec::<String>::new());
    })
    .await;
}

/// What a policy for what a page loads does not cover: where the page goes.
const LEADS_AWAY: &str = "http-equiv=refresh";
/// What makes Chromium open a connection before it asks the policy: the name of
/// a host leaves, and no request.
const KNOCKS: [&str; 2] = ["rel=preconnect", "<iframe src=https"];

#[tokio::test(flavor = "multi_thread")]
async fn either_layer_alone_holds_but_for_what_a_policy_cannot_stop() {
    in_a_hostile_world(async |scene| {
        scene.app.mind.says(MARK);
        let conversation = scene.asks("Hello", 1).await;
        let between = Between::stand_before(&scene.app.base);
        // A dialog would hold the browser up.
        let all: Vec<String> = payloads().iter().map(|text| text.replace("alert(", "void(")).collect();
        let raw = async |base: String| {
            for payload in &all {
                between.shows(payload);
                scene.tab.look_at(&format!("{base}{conversation}")).await;
            }
            scene.knocks().await;
            scene.well.emptied()
        };
        let held = raw(between.with_policy()).await;
        let open = raw(between.without_policy()).await;
        assert!(open.asked.len() > 20, "with both layers off the sink is full: {open:?}");
        let said = |number: &usize| all[*number].to_lowercase().replace(['\'', '"'], "");
        let leads_away = |number: &usize| said(number).contains(LEADS_AWAY);
        let knocks = |number: &usize| KNOCKS.iter().any(|word| said(number).contains(word));
        let through: Vec<_> = held.came.iter().filter(|n| !leads_away(n) && !knocks(n)).map(|n| &all[*n]).collect();
        assert!(through.is_empty(), "the policy let through: {through:?}");
        assert!(held.asked.iter().all(leads_away), "the policy let a request through: {held:?}");
        assert!(held.asked.iter().any(leads_away), "a refresh is beyond the policy: that is why there are two layers");
    })
    .await;
}
