//! Requests as no browser writes them: ambiguous, slow, too large.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use crate::harness::{TestApp, Wanted};

/// What the server says to these bytes before it closes the connection; none
/// when it does neither for as long as nobody would wait.
fn says(app: &TestApp, bytes: &str) -> Option<String> {
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut said = Vec::new();
    match stream.read_to_end(&mut said) {
        Ok(_) => Some(String::from_utf8_lossy(&said).into_owned()),
        Err(fault) if fault.kind() == std::io::ErrorKind::ConnectionReset => {
            Some(String::from_utf8_lossy(&said).into_owned())
        }
        Err(_) => None,
    }
}

fn status(said: Option<&str>) -> &str {
    said.and_then(|said| said.split(' ').nth(1)).unwrap_or("nothing")
}

async fn impatient() -> TestApp {
    let settings = [("LIMIT_HEAD_SECONDS", "1".to_owned()), ("LIMIT_BODY_SECONDS", "1".to_owned())];
    TestApp::start_with(Wanted { settings: settings.into(), ..Wanted::default() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_two_readers_could_read_in_two_ways_is_refused() {
    let app = impatient().await;
    let post = |headers: &str, body: &str| format!("POST /chat HTTP/1.1\r\n{headers}\r\n\r\n{body}");
    let table = [
        ("length and chunks", post("Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        ("chunks twice", post("Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n")),
        ("two lengths", post("Host: a\r\nContent-Length: 1\r\nContent-Length: 2", "ab")),
        ("a signed length", post("Host: a\r\nContent-Length: +1", "a")),
        ("another encoding", post("Host: a\r\nTransfer-Encoding: gzip, chunked, identity", "0\r\n\r\n")),
        ("no host", post("Content-Length: 0", "")),
        ("two hosts", post("Host: a\r\nHost: b\r\nContent-Length: 0", "")),
        ("a space before the colon", post("Host: a\r\nContent-Length : 0", "")),
        ("a folded header", post("Host: a\r\nX-A: b\r\n c\r\nContent-Length: 0", "")),
    ];
    for (what, bytes) in table {
        let said = says(&app, &bytes);
        assert_eq!(status(said.as_deref()), "400", "{what}: {said:?}");
    }
    let many = (0..120).map(|n| format!("X-{n}: y")).collect::<Vec<_>>().join("\r\n");
    let said = says(&app, &format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n\r\n"));
    assert!(["400", "431"].contains(&status(said.as_deref())), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_drips_a_head_or_a_body_is_not_waited_for() {
    let app = impatient().await;
    let head = says(&app, "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    assert_eq!(status(head.as_deref()), "408", "{head:?}");
    let silent = says(&app, "");
    assert!(silent.is_some(), "a silent connection is closed");
    let form = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin";
    for length in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let body = says(&app, &format!("POST /chat HTTP/1.1\r\nHost: a\r\n{form}\r\n{length}\r\n\r\n5\r\nwords"));
        assert_eq!(status(body.as_deref()), "408", "{length}: {body:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_before_it_has_all_come() {
    let app = impatient().await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin";
    let said = says(&app, &format!("POST /chat HTTP/1.1\r\nHost: a\r\n{form}\r\nContent-Length: 300000\r\n\r\nwords"));
    assert_eq!(status(said.as_deref()), "413", "{said:?}");
    let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000)).repeat(5);
    let chunked = "Transfer-Encoding: chunked";
    let said = says(&app, &format!("POST /chat HTTP/1.1\r\nHost: a\r\n{form}\r\n{chunked}\r\n\r\n{chunk}"));
    assert_eq!(status(said.as_deref()), "413", "{said:?}");
    let long = "a".repeat(300_000);
    let said = says(&app, &format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert!(["400", "414", "431"].contains(&status(said.as_deref())), "{said:?}");
}

/// Whoever opens connections without end keeps others out for no longer than
/// they are held, and the server never has more of them than it should.
#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_operators_number_a_connection_waits_until_another_ends() {
    let settings = [("LIMIT_CONNECTIONS", "4".to_owned()), ("LIMIT_HEAD_SECONDS", "60".to_owned())];
    let app = TestApp::start_with(Wanted { settings: settings.into(), ..Wanted::default() }).await;
    let address = app.base.trim_start_matches("http://");
    let connect = |patience: u64| {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(patience))).unwrap();
        stream
    };
    let asks = |patience: u64| {
        let (mut stream, mut said) = (connect(patience), [0; 12]);
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_exact(&mut said).map(|()| String::from_utf8_lossy(&said).into_owned())
    };
    assert_eq!(asks(10).unwrap(), "HTTP/1.1 200");
    let held: Vec<TcpStream> = (0..64).map(|_| connect(1)).collect();
    for mut stream in &held {
        stream.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    }
    assert!(asks(2).is_err(), "all places are taken");
    drop(held);
    assert_eq!(asks(10).unwrap(), "HTTP/1.1 200", "and are free again");
}
