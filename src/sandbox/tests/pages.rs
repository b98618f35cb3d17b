//! What holds for every page.

use std::net::Ipv4Addr;

use scraper::{Html, Selector};
use tokio::net::TcpSocket;

use super::kit::{client, stage, stage_at};

#[actix_web::test]
async fn the_sign_in_page_offers_each_person_and_lets_its_answer_go_to_the_app() {
    let stage = stage();
    let answer = stage.authorize(&[]).await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("form-action 'self' http://localhost:8000;"), "{policy}");
    assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
    let page = Html::parse_document(&answer.text().await.unwrap());
    let values = |selector: &str| -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        page.select(&selector).map(|found| found.attr("value").unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(values("button[name=person]"), [stage.mary.subject.clone(), stage.daniel.subject.clone()]);
    assert_eq!(values("input[type=checkbox][checked]"), ["https://www.googleapis.com/auth/gmail.send"]);
    assert!(values("[style], script").is_empty(), "the policy would refuse them");
}

#[actix_web::test]
async fn the_hinted_person_comes_first() {
    let stage = stage();
    let page = stage.authorize(&[("login_hint", "daniel@school.example")]).await.text().await.unwrap();
    let (daniel, mary) = (page.find("Daniel Brooks").unwrap(), page.find("Mary Okafor").unwrap());
    assert!(daniel < mary);
}

#[actix_web::test]
async fn a_name_that_somebody_pointed_at_this_computer_gets_nothing() {
    let stage = stage();
    let request = stage.client.get(stage.sandbox.outbox_url()).header("host", "evil.example");
    assert_eq!(request.send().await.unwrap().status(), 421);
}

#[actix_web::test]
async fn a_stopped_sandbox_answers_nobody() {
    let port = held_port();
    let mut stage = stage_at(port.local_addr().unwrap().port());
    let url = stage.sandbox.outbox_url();
    assert_eq!(stage.client.get(&url).send().await.unwrap().status(), 200);
    stage.sandbox.stop();
    assert!(stage.client.get(&url).send().await.is_err(), "the open connection is closed too");
    assert!(client().get(&url).send().await.unwrap_err().is_connect());
}

/// A free port that no other test is given while this lives, for a sandbox
/// that asks for it by number: the system hands out no port that somebody has
/// bound, listening or not.
fn held_port() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    socket
}
