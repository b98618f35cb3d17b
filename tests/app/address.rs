//! A student's address: changed by the teacher, and where the next mail goes.

use crate::{
    cast::{MATEO, OLENA, mail_to, school_day},
    harness::Answer,
};

async fn change(teacher: &crate::harness::Browser, student: &str, email: &str) -> Answer {
    let page = teacher.get(&format!("/students/{student}")).await.with(200);
    teacher.submit(&page.form(".address form").fill("email", email)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_address_is_where_the_next_mail_goes() {
    let (app, ada, grace) = school_day().await;
    change(&ada, MATEO, "mateo@home.example").await.leads_to(&format!("/students/{MATEO}?saved"));
    let page = ada.get(&format!("/students/{MATEO}?saved")).await;
    assert!(page.text(".saved").contains("Saved"));
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (_, screen) = ada.hear("Write to Mateo").await;
    assert_eq!(screen.cards()[0].to, "Mateo Nguyen · mateo@home.example");
    ada.decide(&screen.cards()[0], "send", &[]).await.with(200);
    assert_eq!(app.accepted()[0].recipients, ["mateo@home.example"]);
    grace.get(&format!("/students/{OLENA}")).await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_from_before_the_change_is_not_sent_but_shown_again() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    change(&ada, MATEO, "mateo@home.example").await.with(303);
    let told = ada.decide(&screen.cards()[0], "send", &[]).await.with(409).json();
    assert!(told["error"]["words"].as_str().unwrap().contains("changed since it was shown"), "{told}");
    assert!(app.accepted().is_empty());
    let card = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!(card.to, "Mateo Nguyen · mateo@home.example");
    ada.decide(&card, "send", &[]).await.with(200);
    assert_eq!(app.accepted()[0].recipients, ["mateo@home.example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_explained_and_not_kept() {
    let (_app, ada, _grace) = school_day().await;
    for wrong in ["", "mateo", "a@b.example, c@d.example", "a@b.example\r\nBcc: eve@e.example"] {
        let page = change(&ada, MATEO, wrong).await.with(422);
        assert!(!page.text("#email-fault").is_empty(), "{wrong:?}: {}", page.body);
    }
    let page = ada.get(&format!("/students/{MATEO}")).await;
    assert_eq!(page.form(".address form").field("email"), "mateo.nguyen@example.com");
}
