//! Rows 42 and 43: the computer takes no line of the log, or opens no more files.

use crate::{
    cast,
    harness::{Doubt, Launch, Site, eventually},
};

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
