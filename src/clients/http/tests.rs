//! The house rules of every client, over real sockets.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

/// Says the same to everybody, and counts them.
async fn far_end(words: Vec<u8>) -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let words = words.clone();
            tokio::spawn(async move {
                let _ = socket.read(&mut [0; 4096]).await;
                let _ = socket.write_all(&words).await;
            });
        }
    });
    (url, count)
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[tokio::test]
async fn an_answer_is_read_up_to_its_limit_and_no_further() {
    let clients = HttpClients::new(&Outbound::default()).unwrap();
    for (length, fits) in [(ANSWER_LIMIT, true), (ANSWER_LIMIT + 1, false)] {
        let (url, _) = far_end(answer("200 OK", &vec![b'x'; length])).await;
        let read = read_answer(clients.api.get(url).send().await.unwrap()).await;
        assert_eq!(read.is_ok_and(|body| body.len() == length), fits, "{length}");
    }
}

#[tokio::test]
async fn an_error_is_told_without_its_url() {
    let clients = HttpClients::new(&Outbound::default()).unwrap();
    let (url, _) = far_end(b"not HTTP".to_vec()).await;
    let error = send(clients.api.get(below(&url, "callback?code=canary"))).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let clients = HttpClients::new(&Outbound::default()).unwrap();
    let (url, _) = far_end(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_vec()).await;
    let answer = read_answer(clients.api.get(url).send().await.unwrap()).await;
    assert!(matches!(answer, Err(AnswerError::Broken(_))));
}

#[tokio::test]
async fn no_client_follows_a_redirect() {
    let clients = HttpClients::new(&Outbound::default()).unwrap();
    let (sink, hits) = far_end(answer("200 OK", b"")).await;
    let (url, _) = far_end(answer(&format!("302 Found\r\nlocation: {sink}"), b"")).await;
    for client in [&clients.api, &clients.stream, &clients.once] {
        assert_eq!(client.get(url.clone()).send().await.unwrap().status(), 302);
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_proxy_gets_https_to_other_hosts_and_nothing_that_stays_here() {
    let (proxy, asked) = far_end(answer("502 Bad Gateway", b"")).await;
    let clients = HttpClients::new(&Outbound { https_proxy: Some(proxy.as_str().into()) }).unwrap();
    let (here, _) = far_end(answer("200 OK", b"")).await;
    assert!(clients.api.get(here.clone()).send().await.is_ok());
    assert!(clients.api.get(here.as_str().replace("http:", "https:")).send().await.is_err(), "it speaks no TLS");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    assert!(clients.api.get("https://service.invalid/").send().await.is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_path_is_put_below_a_base_with_or_without_a_slash() {
    for base in ["https://x.example/v1", "https://x.example/v1/"] {
        assert_eq!(
            below(&Url::parse(base).unwrap(), "/chat/completions").as_str(),
            "https://x.example/v1/chat/completions"
        );
    }
    assert_eq!(below(&Url::parse("https://x.example").unwrap(), "models").as_str(), "https://x.example/models");
}
