//! The main job from beginning to end, as the demo shows it with nothing set.

use mail_parser::MessageParser;
use serde_json::Value;
use teachers_aide::sandbox::Person;

use crate::harness::{Browser, Demo, canary::Leaks};

#[tokio::test(flavor = "multi_thread")]
async fn a_teacher_signs_in_asks_corrects_a_draft_and_sends_it() {
    let demo = Demo::start().await;
    let [mary, _] = <[Person; 2]>::try_from(Person::cast()).unwrap();
    let browser = Browser::watched(&demo.base, &demo.base, &Leaks::default());

    // The front door says that this is a demo, and leads to the sign-in.
    let door = browser.get("/").await.with(200);
    assert!(door.text(".banner").contains("Nothing leaves this computer"), "{}", door.body);
    let button = door.attrs("a.google", "href");
    browser.sign_in(&button[0], &mary).await.leads_to("/chat");
    let blank = browser.get("/chat").await.with(200);
    assert!(blank.text("h1").ends_with(", Mary"));

    // She asks, and the answer arrives in pieces, with a table.
    let (asked, screen) = browser.hear(&blank.texts("[data-asks] button")[0]).await;
    assert_eq!(screen.state, "done");
    assert!(screen.has("table"), "{}", screen.html());
    assert!(screen.frames > 10, "it came in {} frames", screen.frames);
    let streamed: String = screen.streamed.split_whitespace().collect();
    let shown: String = screen.text().split_whitespace().collect();
    assert_eq!(without_markup(&streamed), without_markup(&shown), "what was streamed is what stands there");

    // Two students are to be written to: two cards, and nothing is sent.
    let asked = browser.ask_in(&asked.conversation, "Mateo and James need some motivation, write to them").await;
    let waiting = browser.follow(&asked.turn).await;
    assert!(waiting.has("form.send-all"), "two drafts can be sent at once");
    let cards = browser.cards(&asked.conversation).await;
    let to: Vec<&str> = cards.iter().map(|card| card.to.as_str()).collect();
    assert_eq!(to, ["Mateo Nguyen · mateo.nguyen@example.com", "James Martinez · james.martinez@example.com"]);
    assert!(demo.sandbox.google().accepted().is_empty());

    // She corrects one and sends it, and discards the other.
    let body = "Dear Mateo,\n\nyour second evaluation went up: keep going!\n\nMary Okafor";
    let edits = [("subject", "Well done, Mateo – go on"), ("body", body)];
    let sent = browser.decide(&cards[0], "send", &edits).await.with(200).json();
    assert_eq!(sent["state"], "sent", "{sent}");
    assert!(sent["parts"][0]["html"].as_str().unwrap().contains("stamp"));
    assert_eq!(browser.decide(&cards[1], "discard", &[]).await.with(200).json()["state"], "rejected");

    // Google accepted exactly one mail: hers, to him, with her words.
    let accepted = demo.sandbox.google().accepted();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0].owner, mary.email);
    assert_eq!(accepted[0].recipients, ["mateo.nguyen@example.com"]);
    let mail = MessageParser::default().parse(&*accepted[0].raw).unwrap();
    assert_eq!(mail.from().unwrap().first().unwrap().address(), Some(mary.email.as_str()));
    assert_eq!(mail.subject(), Some("Well done, Mateo – go on"));
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), body);

    // The turn goes on, the model was told her words, and the page keeps the receipt.
    let ended = browser.follow_to_the_end(&asked.turn).await;
    assert_eq!(ended.state, "done");
    let told = told(&demo);
    assert!(told.contains("keep going!") && told.contains("discarded"), "{told}");
    let page = browser.page(&asked.conversation).await;
    assert!(page.text(".receipt .stamp").starts_with("Sent "), "{}", page.body);
    assert!(page.cards().is_empty());
    assert!(page.text(".copy .body").contains("keep going!"));

    // The outbox shows it to whoever looks.
    let outbox = browser.open_elsewhere(&door.attrs(".banner a", "href")[0]).await.with(200);
    assert!(outbox.body.contains("Well done, Mateo"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_of_google_reaches_the_model_the_page_or_the_disk() {
    let (app, ada, _grace) = crate::cast::school_day().await;
    app.mind.calls([crate::cast::mail_to(crate::cast::MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let sent = ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
    let page = ada.follow_to_the_end(&asked.turn).await.html()
        + ada.page(&asked.conversation).await.body.as_str()
        + sent.body.as_str();
    let used = app
        .sandbox
        .log()
        .all()
        .iter()
        .find_map(|r| r.header("authorization")?.strip_prefix("Bearer ya29").map(str::to_owned));
    let used = used.unwrap();
    let asked: String = app.asked().iter().map(|asked| asked.body.to_string()).collect();
    assert!(!asked.contains(&used) && !page.contains(&used) && !app.disk_holds(&used));
    assert!(!asked.contains("@example.com"), "the model knows no address");
    assert_eq!(app.accepted().len(), 1);
}

/// What the model was told in its latest question.
fn told(demo: &Demo) -> String {
    let asked = demo.sandbox.model().requests();
    let messages: &Value = &asked.last().unwrap().body["messages"];
    messages.to_string()
}

/// A table is streamed as its source; only its words count here.
fn without_markup(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}
