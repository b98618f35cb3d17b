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
async fn an_address_that_is_none_is_explained_and_not_kept() {
    let (_app, ada, _grace) = school_day().await;
    for wrong in ["", "mateo", "a@b.example, c@d.example", "a@b.example\r\nBcc: eve@e.example"] {
        let page = change(&ada, MATEO, wrong).await.with(422);
        assert!(!page.text("#email-fault").is_empty(), "{wrong:?}: {}", page.body);
    }
    let page = ada.get(&format!("/students/{MATEO}")).await;
    assert_eq!(page.form(".address form").field("email"), "mateo.nguyen@example.com");
}
