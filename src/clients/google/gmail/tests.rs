//! Every row of the outcomes of a send, over a real socket.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Mutex,
};

use super::*;
use crate::{
    clock::HeldClock,
    settings::Outbound,
    vault::{Authority, Grant, Scope},
};

const NOON: jiff::Timestamp = jiff::Timestamp::constant(1_795_000_000, 0);
const MAIL: &[u8] = b"From: a@x.example\r\nTo: b@x.example\r\n\r\nHi \xe2\x9c\x93?>\r\n";

/// What the far end does with a connection.
#[derive(Clone)]
enum Far {
    /// Reads the whole request and says this.
    Says(String),
    /// The same, after a while.
    SaysLate(String, Duration),
    /// Says this and then keeps the connection open, silent.
    SaysAndHangs(String),
    /// Hangs up without reading.
    HangsUp,
    /// Reads the whole request and hangs up.
    ReadsAndHangsUp,
    /// Reads a part of the body and resets.
    ResetsHalfway,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Vec<u8>>>,
    connections: AtomicUsize,
}

async fn far_end(far: Far) -> (Url, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let seen = Arc::new(Seen::default());
    let log = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            log.connections.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(behave(socket, far.clone(), Arc::clone(&log)));
        }
    });
    (base, seen)
}

async fn behave(mut socket: TcpStream, far: Far, log: Arc<Seen>) {
    if matches!(far, Far::HangsUp) {
        return;
    }
    if matches!(far, Far::ResetsHalfway) {
        let _ = socket.read(&mut [0; 200]).await;
        // Closing with unread bytes in the buffer makes the kernel send a reset.
        return;
    }
    log.requests.lock().await.push(whole_request(&mut socket).await);
    match far {
        Far::Says(words) => drop(socket.write_all(words.as_bytes()).await),
        Far::SaysLate(words, wait) => {
            tokio::time::sleep(wait).await;
            drop(socket.write_all(words.as_bytes()).await);
        }
        Far::SaysAndHangs(words) => {
            drop(socket.write_all(words.as_bytes()).await);
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
        Far::HangsUp | Far::ReadsAndHangsUp | Far::ResetsHalfway => {}
    }
}

async fn whole_request(socket: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() >= length.parse().unwrap() {
                return request;
            }
        }
        if socket.read_buf(&mut request).await.unwrap() == 0 {
            return request;
        }
    }
}

fn http(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

fn google(status: u16, reason: &str, message: &str) -> String {
    let errors = json!([{ "domain": "usageLimits", "reason": reason, "message": message }]);
    http(status, "", &json!({ "error": { "code": status, "message": message, "errors": errors } }).to_string())
}

fn key() -> GmailSend {
    let scopes = vec![Scope::GMAIL_SEND];
    let grant = Grant { token: "canary-token".into(), scopes, expires_at: NOON };
    GmailSend::from_grant(Some(grant)).unwrap()
}

fn mailer(base: &Url) -> GmailMailer {
    let clients = HttpClients::new(&Outbound::default()).unwrap();
    let clock = Arc::new(HeldClock::at(NOON));
    GmailMailer::new(&clients, Some(base), clock).unwrap().with_patience(Duration::from_millis(400))
}

async fn outcome(far: Far) -> (Result<Accepted, MailError>, Arc<Seen>) {
    let (base, seen) = far_end(far).await;
    (mailer(&base).send(&key(), MAIL).await, seen)
}

fn accepted(id: Option<&str>) -> Result<Accepted, MailError> {
    Ok(Accepted { id: id.map(str::to_owned) })
}

fn refused(words: &str) -> Result<Accepted, MailError> {
    Err(MailError::NotSent(NotSent::Refused(words.to_owned())))
}

fn limit(seconds: Option<i64>) -> Result<Accepted, MailError> {
    let until = seconds.map(|seconds| NOON + SignedDuration::from_secs(seconds));
    Err(MailError::NotSent(NotSent::Limit { until }))
}

fn unknown(why: &str) -> Result<Accepted, MailError> {
    Err(MailError::Unknown(why.to_owned()))
}

#[tokio::test]
async fn each_answer_has_one_meaning() {
    const NO_TIME: &str = "no answer came in time";
    const ENDED: &str = "the connection ended before an answer came";
    let scope_in_details = json!({ "error": { "code": 403, "status": "PERMISSION_DENIED",
        "details": [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT" }] } });
    let daily = "this application's daily limit at Gmail is used up; try again tomorrow, or tell the operator";
    let off = "the Gmail API is not switched on in this application's Google project; tell the operator";
    let missing_scope = || Err(MailError::NotSent(NotSent::MissingScope));
    let table: Vec<(&str, Far, Result<Accepted, MailError>)> = vec![
        (
            "yes",
            Far::Says(http(200, "", r#"{"id":"18c","threadId":"18c","labelIds":["SENT"]}"#)),
            accepted(Some("18c")),
        ),
        ("yes without id", Far::Says(http(200, "", "{}")), accepted(None)),
        ("yes with an odd id", Far::Says(http(200, "", r#"{"id":"<b>"}"#)), accepted(None)),
        ("yes in HTML", Far::Says(http(200, "", "<html>")), accepted(None)),
        (
            "yes, cut off",
            Far::Says("HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"id\":".to_owned()),
            accepted(None),
        ),
        (
            "yes, then silence",
            Far::SaysAndHangs("HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{".to_owned()),
            accepted(None),
        ),
        (
            "401",
            Far::Says(google(401, "authError", "Invalid Credentials")),
            Err(MailError::NotSent(NotSent::TokenRefused)),
        ),
        ("403 scope", Far::Says(google(403, "insufficientPermissions", "no")), missing_scope()),
        ("403 scope, newer", Far::Says(http(403, "", &scope_in_details.to_string())), missing_scope()),
        (
            "403 rate",
            Far::Says(google(
                403,
                "userRateLimitExceeded",
                "User-rate limit exceeded.  Retry after 2026-11-18T11:26:40.000Z",
            )),
            limit(Some(1200)),
        ),
        ("403 rate, no time", Far::Says(google(403, "rateLimitExceeded", "slow down")), limit(None)),
        (
            "403 rate, absurd time",
            Far::Says(google(403, "rateLimitExceeded", "Retry after 2099-01-01T00:00:00Z")),
            limit(None),
        ),
        ("429", Far::Says(http(429, "retry-after: 60\r\n", "")), limit(Some(60))),
        (
            "429 with a date",
            Far::Says(http(429, "retry-after: Wed, 18 Nov 2026 11:08:40 GMT\r\n", "")),
            limit(Some(120)),
        ),
        (
            "429 in words",
            Far::Says(google(429, "rateLimitExceeded", "Retry after 2026-11-18T11:07:40Z.")),
            limit(Some(60)),
        ),
        ("429 without a time", Far::Says(http(429, "retry-after: soon\r\n", "")), limit(None)),
        (
            "403 daily",
            Far::Says(google(403, "dailyLimitExceeded", "no")),
            refused(&format!("{daily} (403 dailyLimitExceeded)")),
        ),
        (
            "403 policy",
            Far::Says(google(403, "domainPolicy", "no")),
            refused("the Google administrator of this account's school does not allow it (403 domainPolicy)"),
        ),
        (
            "403 API off",
            Far::Says(google(403, "accessNotConfigured", "no")),
            refused(&format!("{off} (403 accessNotConfigured)")),
        ),
        (
            "403 in HTML",
            Far::Says(http(403, "", "<html>")),
            refused("Gmail does not allow this account to send it (403)"),
        ),
        (
            "400",
            Far::Says(google(400, "invalidArgument", "Recipient address required")),
            refused("Gmail could not read the message (400 invalidArgument)"),
        ),
        (
            "400 no mail",
            Far::Says(google(400, "failedPrecondition", "Mail service not enabled")),
            refused("mail is not switched on for this Google account (400 failedPrecondition)"),
        ),
        (
            "400 foreign words",
            Far::Says(google(400, "<script>", "no")),
            refused("Gmail could not read the message (400)"),
        ),
        (
            "404",
            Far::Says(google(404, "notFound", "no")),
            refused("Gmail does not know this account's mailbox (404 notFound)"),
        ),
        ("413", Far::Says(http(413, "", "")), refused("the message is too large for Gmail (413)")),
        ("408", Far::Says(http(408, "", "")), unknown("the mail service answered 408")),
        ("500", Far::Says(google(500, "backendError", "no")), unknown("the mail service answered 500")),
        ("503", Far::Says(http(503, "retry-after: 1\r\n", "<html>")), unknown("the mail service answered 503")),
        (
            "elsewhere",
            Far::Says(http(307, "location: http://127.0.0.1:9/\r\n", "")),
            unknown("the mail service answered 307"),
        ),
        ("late", Far::SaysLate(http(200, "", r#"{"id":"18c"}"#), Duration::from_secs(5)), unknown(NO_TIME)),
        ("hangs up at once", Far::HangsUp, unknown(ENDED)),
        ("hangs up after reading", Far::ReadsAndHangsUp, unknown(ENDED)),
        ("resets halfway", Far::ResetsHalfway, unknown(ENDED)),
        ("head cut off", Far::Says("HTTP/1.1 200 OK\r\ncontent-le".to_owned()), unknown(ENDED)),
        ("not HTTP", Far::Says("SSH-2.0-x\r\n".to_owned()), unknown(ENDED)),
    ];
    for (name, far, expected) in table {
        let (outcome, seen) = outcome(far).await;
        assert_eq!(outcome, expected, "{name}");
        assert_eq!(seen.connections.load(Ordering::SeqCst), 1, "{name}: one call, never another");
    }
}

#[tokio::test]
async fn nobody_there_is_surely_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    for base in [base, Url::parse("http://nobody.invalid").unwrap()] {
        assert_eq!(mailer(&base).send(&key(), MAIL).await, Err(MailError::NotSent(NotSent::Unreachable)), "{base}");
    }
}

#[tokio::test]
async fn the_call_is_gmails_own_and_carries_the_bytes_as_they_are() {
    let (_, seen) = outcome(Far::Says(http(200, "", "{}"))).await;
    let requests = seen.requests.lock().await;
    let request = String::from_utf8(requests[0].clone()).unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /gmail/v1/users/me/messages/send HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer canary-token\r\n"));
    assert!(head.contains("content-type: application/json"));
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(URL_SAFE.decode(body["raw"].as_str().unwrap()).unwrap(), MAIL);
    assert_eq!(body.as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn each_mail_has_a_connection_of_its_own() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}".to_owned();
    let (base, seen) = far_end(Far::SaysAndHangs(answer)).await;
    let mailer = mailer(&base);
    for _ in 0..3 {
        assert_eq!(mailer.send(&key(), MAIL).await, accepted(None));
    }
    assert_eq!(seen.connections.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_token_that_cannot_stand_in_a_header_goes_nowhere() {
    let (base, seen) = far_end(Far::Says(http(200, "", "{}"))).await;
    let grant = Grant { token: "a\nb".into(), scopes: vec![Scope::GMAIL_SEND], expires_at: NOON };
    let key = GmailSend::from_grant(Some(grant)).unwrap();
    assert_eq!(mailer(&base).send(&key, MAIL).await, Err(MailError::NotSent(NotSent::TokenRefused)));
    assert_eq!(seen.connections.load(Ordering::SeqCst), 0);
}
