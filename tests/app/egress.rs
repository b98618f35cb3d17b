//! Whom the server calls, and how much of an answer it takes: nobody but the
//! services of its settings, and no more than it can hold.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use teachers_aide::sandbox::faults::{Answer, Effect, Fault, Route};

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::{TestApp, Wanted},
};

/// A host that nobody has any business with: it counts who comes.
struct Stranger {
    address: String,
    visits: Arc<AtomicUsize>,
}

impl Stranger {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        thread::spawn(move || {
            for _visitor in listener.incoming() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, visits }
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::SeqCst)
    }

    /// Comes by oneself, so that a count of none means something.
    fn is_there(&self) -> bool {
        let before = self.visits();
        let _held = TcpStream::connect(self.address.trim_start_matches("http://")).unwrap();
        (0..10_000).any(|_| {
            thread::sleep(std::time::Duration::from_millis(2));
            self.visits() > before
        })
    }
}

const SERVICES: [Route; 8] = [
    Route::Discovery,
    Route::Jwks,
    Route::CodeGrant,
    Route::Userinfo,
    Route::Exchange,
    Route::ModelChat,
    Route::GmailSend,
    Route::Revoke,
];

/// The whole story, as far as it goes.
async fn story(app: &TestApp) {
    app.sandbox.auth0().visitor_signs_in(&cast::ada().subject);
    let ada = app.browser();
    let away = ada.get("/auth/login").await;
    if away.status == 303 {
        let back = ada.open_elsewhere(away.location()).await.with(303);
        ada.come_back(back.location()).await;
    }
    if ada.get("/chat").await.status != 200 {
        return;
    }
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Done.");
    let (_, screen) = ada.hear("Write to Mateo").await;
    for card in screen.cards() {
        ada.decide(&card, "send", &[]).await;
    }
    ada.post("/auth/logout", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_points_elsewhere_is_not_followed() {
    let stranger = Stranger::open();
    for (statuses, routes) in
        [(&[302, 307][..], &SERVICES[..]), (&[301, 303, 308], &[Route::CodeGrant, Route::Exchange])]
    {
        for (status, route) in statuses.iter().flat_map(|status| routes.iter().map(|route| (*status, *route))) {
            let app = TestApp::start().await;
            let elsewhere = Answer::status(status).header("location", format!("{}/{route:?}", stranger.address));
            let fault = app.sandbox.faults().add(Fault::on(route).then(Effect::Answer(elsewhere)));
            story(&app).await;
            let struck = app.sandbox.faults().struck(fault) > 0;
            assert!(struck || route == Route::Userinfo, "{route:?} was never asked");
            assert!(app.accepted().is_empty() || route == Route::Revoke || route == Route::Userinfo, "{route:?}");
        }
    }
    assert_eq!(stranger.visits(), 0);
    assert!(stranger.is_there());
}

/// A host that answers every request with a head and then for ever with more.
struct Endless {
    address: String,
    sent: Arc<AtomicUsize>,
    heads: Arc<std::sync::Mutex<Vec<String>>>,
}

/// Above this nobody could call it a small answer: a read limit and what lies
/// in the buffers of two sockets.
const SMALL: usize = 16 << 20;
const ALL: usize = 1 << 30;

impl Endless {
    fn open(head: &'static str, chunk: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (sent, heads) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let (counted, noted) = (Arc::clone(&sent), Arc::clone(&heads));
        thread::spawn(move || {
            for visitor in listener.incoming().flatten() {
                let (counted, noted, chunk) = (Arc::clone(&counted), Arc::clone(&noted), chunk.clone());
                thread::spawn(move || pour(visitor, head, &chunk, &counted, &noted));
            }
        });
        Self { address, sent, heads }
    }
}

fn pour(mut visitor: TcpStream, head: &str, chunk: &[u8], sent: &AtomicUsize, heads: &std::sync::Mutex<Vec<String>>) {
    let mut asked = vec![0; 16 << 10];
    let read = visitor.read(&mut asked).unwrap_or_default();
    heads.lock().unwrap().push(String::from_utf8_lossy(&asked[..read]).to_lowercase());
    if visitor.write_all(head.as_bytes()).is_err() {
        return;
    }
    let mut mine = 0;
    while mine < ALL && visitor.write_all(chunk).is_ok() {
        mine += chunk.len();
        sent.fetch_add(chunk.len(), Ordering::SeqCst);
    }
}

const JSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1073741824\r\n\r\n";
const STREAM: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
const ZIPPED: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_never_stops_talking_is_cut_short() {
    for (head, chunk) in [(JSON, vec![b' '; 64 << 10]), (ZIPPED, vec![0; 64 << 10])] {
        let endless = Endless::open(head, chunk);
        let app =
            TestApp::start_with(Wanted { issuer: Some(format!("{}/", endless.address)), ..Wanted::default() }).await;
        let refused = app.browser().get("/auth/login").await.with(503);
        assert_eq!(refused.text("h1"), "The sign-in service does not answer");
        assert!(
            endless.sent.load(Ordering::SeqCst) < SMALL,
            "{} bytes were taken",
            endless.sent.load(Ordering::SeqCst)
        );
        // What is not asked for need not be unpacked, and is not.
        assert!(endless.heads.lock().unwrap().iter().all(|head| !head.contains("accept-encoding")));
    }
}

/// So many calls in one answer, each with a name and an id of its own.
fn calls(count: usize) -> Vec<u8> {
    let call = |at| serde_json::json!({ "index": at, "id": format!("c{at}"), "function": { "name": "list_students", "arguments": "{}" } });
    let chunk = |at| serde_json::json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [call(at)] } }] });
    (0..count).map(|at| format!("data: {}\n\n", chunk(at)).into_bytes()).collect::<Vec<_>>().concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_never_stops_talking_is_cut_short_and_said_to_be() {
    let one_line = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"".to_vec();
    let lines = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}}]}\n\n"
        .repeat(500);
    let arguments =
        b"data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\
        \"name\":\"get_student\",\"arguments\":\"xxxxxxxxxxxxxxxx\"}}]}}]}\n\n"
            .repeat(500);
    for (what, chunk) in [
        ("one line without an end", [one_line, vec![b'x'; 60_000]].concat()),
        ("line after line", lines),
        ("arguments without an end", arguments),
        ("call after call", calls(2_000)),
        ("nothing but comments", b": still here\n\n".repeat(2_000)),
    ] {
        let endless = Endless::open(STREAM, chunk);
        let model = Some(format!("{}/v1", endless.address));
        let app = TestApp::start_with(Wanted { model, ..Wanted::default() }).await;
        let ada = app.signed_in(&cast::ada()).await;
        let (_, screen) = ada.hear("Tell me everything").await;
        assert!(["failed", "interrupted", "done"].contains(&screen.state.as_str()), "{what}: {}", screen.state);
        let sent = endless.sent.load(Ordering::SeqCst);
        assert!(sent < 4 * SMALL, "{what}: {sent} bytes were taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailer_that_never_stops_talking_is_cut_short_and_nothing_false_is_said() {
    let endless = Endless::open(JSON, vec![b' '; 64 << 10]);
    let google = Some(endless.address.clone());
    let app = TestApp::start_with(Wanted { google, ..Wanted::default() }).await;
    app.verdict.excuse("the mail goes to somebody else than the sandbox's Google, whose book has none");
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Done.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    ada.decide(&screen.cards()[0], "send", &[]).await;
    // Google said 200: it took the mail, whatever else it says.
    let page = ada.page(&asked.conversation).await;
    assert!(page.text(".receipt .stamp").starts_with("Sent "), "{}", page.text(".turn"));
    assert!(endless.sent.load(Ordering::SeqCst) < SMALL);
}

/// Nothing of a foreign answer, of the house or of the database stands in what a
/// teacher reads; the reference that she reads stands in the log.
#[tokio::test(flavor = "multi_thread")]
async fn what_broke_inside_is_a_reference_outside() {
    let (app, ada, _grace) = school_day().await;
    app.store.close().await;
    for path in ["/chat", "/conversations", "/classes", "/students/s-1001", "/turns/0123/events"] {
        for accept in ["text/html", "application/json"] {
            let request = ada.request(&reqwest::Method::GET, path).header("accept", accept);
            let page = ada.send(request).await.with(500);
            for word in
                ["sqlx", "SELECT", "pool", "Pool", "panicked", ".rs", "src/", "/tmp", "aide.db", "sqlite", "backtrace"]
            {
                assert!(!page.body.contains(word), "{path}: {word}: {}", page.body);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_says_about_its_fault_is_not_told_to_the_teacher() {
    let foreign = "internal-host-7 SELECT secret FROM users <b>at /srv/app.py:12</b>";
    let told =
        serde_json::json!({ "error": { "message": foreign, "code": foreign, "status": foreign }, "message": foreign });
    for route in [Route::ModelChat, Route::Exchange, Route::GmailSend, Route::Discovery, Route::CodeGrant] {
        for status in [400, 403, 500] {
            let app = TestApp::start().await;
            app.sandbox.faults().add(Fault::on(route).then(Effect::Answer(Answer::status(status).json(&told))));
            app.sandbox.auth0().visitor_signs_in(&cast::ada().subject);
            let ada = app.browser();
            let mut seen = String::new();
            let away = ada.get("/auth/login").await;
            seen.push_str(&away.body);
            if away.status == 303 {
                let back = ada.open_elsewhere(away.location()).await.with(303);
                seen.push_str(&ada.come_back(back.location()).await.body);
            }
            if ada.get("/chat").await.status == 200 {
                app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Done.");
                let (asked, screen) = ada.hear("Write to Mateo").await;
                for card in screen.cards() {
                    seen.push_str(&ada.decide(&card, "send", &[]).await.body);
                }
                seen.push_str(&screen.html());
                seen.push_str(&ada.page(&asked.conversation).await.body);
            }
            for word in ["internal-host-7", "SELECT", "app.py"] {
                assert!(!seen.contains(word), "{route:?} {status}: {seen}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_written_into_a_request_one_line_of_the_log_stays_one_line() {
    use crate::harness::log::{MARK, broken_lines, marked_lines};
    let (app, ada, _grace) = school_day().await;
    let paint =
        format!("{MARK}\u{1b}[31mred\u{9b}2J\r\n{{\"level\":\"ERROR\",\"message\":\"forged\"}}\u{202e}\u{2028}");
    let encoded: String = url::form_urlencoded::byte_serialize(paint.as_bytes()).collect();
    ada.get(&format!("/chat/{}", encoded.replace('+', "%20"))).await.with(404);
    ada.get(&format!("/auth/callback?error={encoded}&state={encoded}")).await;
    ada.get(&format!("/{MARK}/{}", "x".repeat(7_000))).await.with(404);
    ada.post("/chat", &[("words", &paint)]).await;
    ada.post(&format!("/students/{MATEO}/address"), &[("email", &paint)]).await;
    let agent = ada.request(&reqwest::Method::GET, "/chat").header("user-agent", format!("{MARK}\u{9b}31m"));
    ada.send(agent).await;
    // Services that answer with the same, each in the way in which it tells a fault.
    let told = serde_json::json!({ "error": paint, "error_description": paint, "message": paint });
    let fault = serde_json::json!({ "error": { "message": paint, "code": paint, "status": paint } });
    for (route, told) in [(Route::ModelChat, &fault), (Route::Exchange, &told), (Route::GmailSend, &fault)] {
        app.sandbox.faults().add(Fault::on(route).times(1).then(Effect::Answer(Answer::status(400).json(told))));
        app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
        let (_, screen) = ada.hear("Write to Mateo").await;
        for card in screen.cards() {
            ada.decide(&card, "send", &[]).await;
        }
    }
    let escaped = marked_lines().iter().filter(|line| line.contains("\\u202e")).count();
    assert!(escaped > 0, "what turns a line around was logged, written out: {:#?}", marked_lines());
    assert!(!marked_lines().is_empty(), "something of it was logged");
    assert_eq!(broken_lines(), Vec::<String>::new());
}
