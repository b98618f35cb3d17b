//! Every row of the outcomes of a send, over a real socket.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
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
            if body.len() >= length.parse::<usize>().unwrap() {
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
    let (clock, met) = (Arc::new(HeldClock::at(NOON)), Arc::new(Met::since(NOON)));
    GmailMailer::new(&clients, Some(base), clock, met).unwrap().with_patience(Duration::from_millis(400))
}

async fn outcome(far: Far) -> (Outcome, Arc<Seen>) {
    let (base, seen) = far_end(far).await;
    (mailer(&base).send(&key(), MAIL).await, seen)
}

type Outcome = Result<Accepted, MailError>;
type Row = (&'static str, Far, Outcome);

fn accepted(id: Option<&str>) -> Accepted {
    Accepted { id: id.map(str::to_owned) }
}

fn refused(words: &str) -> Outcome {
    Err(MailError::NotSent(NotSent::Refused(words.to_owned())))
}

fn limit(seconds: Option<i64>) -> Outcome {
    let until = seconds.map(|seconds| NOON + SignedDuration::from_secs(seconds));
    Err(MailError::NotSent(NotSent::Limit { until }))
}

fn unknown(why: &str) -> Outcome {
    Err(MailError::Unknown(why.to_owned()))
}

async fn each_means(table: Vec<Row>) {
    for (name, far, expected) in table {
        let (outcome, seen) = outcome(far).await;
        assert_eq!(outcome, expected, "{name}");
        assert_eq!(seen.connections.load(Ordering::SeqCst), 1, "{name}: one call, never another");
    }
}

#[tokio::test]
async fn a_yes_is_a_yes_even_when_the_rest_of_it_is_lost() {
    let cut = |body: &str| format!("HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{body}");
    let whole = r#"{"id":"18c","threadId":"18c","labelIds":["SENT"]}"#;
    each_means(vec![
        ("with an id", Far::Says(http(200, "", whole)), Ok(accepted(Some("18c")))),
        ("without an id", Far::Says(http(200, "", "{}")), Ok(accepted(None))),
        ("with an odd id", Far::Says(http(200, "", r#"{"id":"<b>"}"#)), Ok(accepted(None))),
        ("in HTML", Far::Says(http(200, "", "<html>")), Ok(accepted(None))),
        ("cut off", Far::Says(cut("{\"id\":")), Ok(accepted(None))),
        ("then silence", Far::SaysAndHangs(cut("{")), Ok(accepted(None))),
    ])
    .await;
}

#[tokio::test]
async fn a_limit_is_told_with_its_end_where_that_is_known() {
    let rate = |message: &str| Far::Says(google(403, "userRateLimitExceeded", message));
    let wait = |header: &str| Far::Says(http(429, header, ""));
    each_means(vec![
        ("403", rate("User-rate limit exceeded.  Retry after 2026-11-18T11:26:40.000Z"), limit(Some(1200))),
        ("403 without a time", Far::Says(google(403, "rateLimitExceeded", "slow down")), limit(None)),
        ("403 with an absurd time", rate("Retry after 2099-01-01T00:00:00Z"), limit(None)),
        ("403 with a time gone by", rate("Retry after 2020-01-01T00:00:00Z"), limit(None)),
        ("403 with odd letters", rate("ÄRetry after"), limit(None)),
        ("429", wait("retry-after: 60\r\n"), limit(Some(60))),
        ("429 with a date", wait("retry-after: Wed, 18 Nov 2026 11:08:40 GMT\r\n"), limit(Some(120))),
        ("429 with a word", wait("retry-after: soon\r\n"), limit(None)),
        ("429 in words", Far::Says(google(429, "x", "Retry after 2026-11-18T11:07:40Z.")), limit(Some(60))),
    ])
    .await;
}

#[tokio::test]
async fn what_the_teacher_can_mend_is_told_apart() {
    let newer = json!({ "error": { "code": 403, "status": "PERMISSION_DENIED", "details": [
        { "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT" }] } });
    let missing_scope = || Err(MailError::NotSent(NotSent::MissingScope));
    let token_refused = Err(MailError::NotSent(NotSent::TokenRefused));
    each_means(vec![
        ("401", Far::Says(google(401, "authError", "Invalid Credentials")), token_refused),
        ("403", Far::Says(google(403, "insufficientPermissions", "no")), missing_scope()),
        ("403 of the newer kind", Far::Says(http(403, "", &newer.to_string())), missing_scope()),
    ])
    .await;
}

#[tokio::test]
async fn a_refusal_is_told_in_our_own_words() {
    let row = |status, reason: &'static str, words: &str| -> Row {
        (reason, Far::Says(google(status, reason, "foreign words")), refused(&format!("{words} ({status} {reason})")))
    };
    let daily = "this application's daily limit at Gmail is used up; try again tomorrow, or tell the operator";
    let off = "the Gmail API is not switched on in this application's Google project; tell the operator";
    let odd = Far::Says(google(400, "<script>", "no"));
    each_means(vec![
        row(400, "invalidArgument", "Gmail could not read the message"),
        row(400, "failedPrecondition", "mail is not switched on for this Google account"),
        row(403, "dailyLimitExceeded", daily),
        row(403, "accessNotConfigured", off),
        row(403, "domainPolicy", "the Google administrator of this account's school does not allow it"),
        row(404, "notFound", "Gmail does not know this account's mailbox"),
        (
            "403 in HTML",
            Far::Says(http(403, "", "<html>")),
            refused("Gmail does not allow this account to send it (403)"),
        ),
        ("413", Far::Says(http(413, "", "")), refused("the message is too large for Gmail (413)")),
        ("an odd reason", odd, refused("Gmail could not read the message (400)")),
    ])
    .await;
}

#[tokio::test]
async fn whatever_is_not_sure_is_unknown() {
    const ENDED: &str = "the connection ended before an answer came";
    let late = Far::SaysLate(http(200, "", r#"{"id":"18c"}"#), Duration::from_secs(5));
    let elsewhere = Far::Says(http(307, "location: http://127.0.0.1:9/\r\n", ""));
    each_means(vec![
        ("408", Far::Says(http(408, "", "")), unknown("the mail service answered 408")),
        ("500", Far::Says(google(500, "backendError", "no")), unknown("the mail service answered 500")),
        ("503", Far::Says(http(503, "retry-after: 1\r\n", "<html>")), unknown("the mail service answered 503")),
        ("a redirect", elsewhere, unknown("the mail service answered 307")),
        ("late", late, unknown("no answer came in time")),
        ("hangs up at once", Far::HangsUp, unknown(ENDED)),
        ("hangs up after reading", Far::ReadsAndHangsUp, unknown(ENDED)),
        ("resets halfway", Far::ResetsHalfway, unknown(ENDED)),
        ("a head cut off", Far::Says("HTTP/1.1 200 OK\r\ncontent-le".to_owned()), unknown(ENDED)),
        ("not HTTP", Far::Says("SSH-2.0-x\r\n".to_owned()), unknown(ENDED)),
    ])
    .await;
}

#[tokio::test]
async fn nobody_there_is_surely_not_sent() {
    // Bound, so that nobody else gets the port; and nobody listens.
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let base = Url::parse(&format!("http://{}", closed.local_addr().unwrap())).unwrap();
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
        assert_eq!(mailer.send(&key(), MAIL).await, Ok(accepted(None)));
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
