//! What a teacher chooses, takes along and deletes; and nobody else's.

use jiff::SignedDuration;
use serde_json::{Value, json};
use teachers_aide::sandbox::model::{Ending, Raw};

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::{TestApp, eventually, in_time},
};

#[tokio::test(flavor = "multi_thread")]
async fn ada_chooses_the_dark_look_and_grace_keeps_hers() {
    let (_app, ada, grace) = school_day().await;
    let page = ada.get("/settings").await.with(200);
    assert!(!page.has("html[data-look]"));
    let form = page.form("form[action='/settings/appearance']").fill("appearance", "dark");
    ada.submit(&form).await.leads_to("/settings?done=appearance");
    let page = ada.get("/settings?done=appearance").await;
    assert_eq!(page.attrs("html", "data-look"), ["dark"]);
    assert_eq!(page.attrs("meta[name=color-scheme]", "content"), ["dark"]);
    assert!(page.has("input[value=dark][checked]") && page.has(".saved[role=status]"));
    assert_eq!(ada.get("/chat").await.attrs("html", "data-look"), ["dark"], "on every page");
    assert!(!grace.get("/settings").await.has("html[data-look]"));
    ada.submit(&form.fill("appearance", "purple")).await.with(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_turns_the_single_keys_off_and_keeps_her_other_choices() {
    let (_app, ada, grace) = school_day().await;
    ada.post("/settings/appearance", &[("appearance", "dark")]).await.with(303);
    let page = ada.get("/settings").await.with(200);
    assert!(page.has("input[name=shortcuts][checked]") && !page.has("html[data-shortcuts]"));
    // A box without its tick is not posted at all.
    ada.post("/settings/shortcuts", &[]).await.leads_to("/settings?done=shortcuts");
    let page = ada.get("/settings?done=shortcuts").await;
    assert_eq!(page.attrs("html", "data-shortcuts"), ["off"]);
    assert!(!page.has("input[name=shortcuts][checked]") && page.has("html[data-look=dark]"));
    assert!(page.text("#shortcuts").contains("turned off for you"), "{}", page.text("#shortcuts"));
    assert!(!grace.get("/settings").await.has("html[data-shortcuts]"));
    let form = page.form("form[action='/settings/shortcuts']").fill("shortcuts", "on");
    ada.submit(&form).await.with(303);
    assert!(!ada.get("/chat").await.has("html[data-shortcuts]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_are_none_come_back_with_the_reason() {
    let (_app, ada, _grace) = school_day().await;
    let form = ada.get("/settings").await.form("form[action='/settings/retention']");
    assert_eq!(form.field("days"), "0");
    let page = ada.submit(&form.clone().fill("days", "a week")).await.with(422);
    assert!(page.text(".fault").starts_with("Give a whole number of days"), "{}", page.body);
    assert_eq!(page.attrs("#days", "value"), ["a week"]);
    ada.submit(&form.fill("days", "30")).await.leads_to("/settings?done=retention");
    assert_eq!(ada.get("/settings").await.attrs("#days", "value"), ["30"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ada_keeps_for_a_week_is_gone_after_eight_days_and_what_grace_keeps_stays() {
    let (mut app, clock) = TestApp::start_held().await;
    let (ada, grace) = (app.signed_in(&cast::ada()).await, app.signed_in(&cast::grace()).await);
    app.mind.says("Old answer of Ada's.").says("Old answer of Grace's.");
    let (old, _) = ada.hear("An old question").await;
    let (hers, _) = grace.hear("A question of Grace's").await;
    ada.post("/settings/retention", &[("days", "7")]).await.with(303);
    clock.advance(SignedDuration::from_hours(6 * 24));
    let ada = app.signed_in(&cast::ada()).await;
    app.mind.says("New answer.");
    let (new, _) = ada.hear("A new question").await;
    clock.advance(SignedDuration::from_hours(2 * 24));
    // The daily look happens at the start, too.
    app.stop().await;
    let app = app.start_again().await;
    let (ada, grace) = (app.signed_in(&cast::ada()).await, app.signed_in(&cast::grace()).await);
    let old = format!("/chat/{}", old.conversation);
    in_time("it is forgotten", async || ada.get(&old).await.status == 404).await;
    ada.get(&format!("/chat/{}", new.conversation)).await.with(200);
    grace.get(&format!("/chat/{}", hers.conversation)).await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_deletes_all_her_conversations_and_grace_has_hers() {
    let (app, ada, grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (asked, screen) = ada.hear("Write to Mateo").await;
    app.mind.says("Hello Grace.");
    let (hers, _) = grace.hear("Hello").await;
    let page = ada.get("/settings").await;
    assert_eq!(page.text(".danger"), "Delete 1 conversation");
    ada.submit(&page.form("form[action='/settings/forget']")).await.leads_to("/settings?done=forget");
    ada.get(&format!("/chat/{}", asked.conversation)).await.with(404);
    assert!(ada.get("/conversations").await.has(".empty"));
    ada.decide(&screen.cards()[0], "send", &[]).await.with(404);
    assert!(app.accepted().is_empty());
    assert!(!ada.get("/settings").await.has(".danger"), "there is nothing left to delete");
    grace.get(&format!("/chat/{}", hers.conversation)).await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_while_an_answer_is_written() {
    let (app, ada, _grace) = school_day().await;
    app.mind.push(Raw::events([]).ending(Ending::Stall));
    let asked = ada.ask("Tell me").await;
    eventually("the model is asked", || !app.asked().is_empty()).await;
    let refused = ada.post("/settings/forget", &[]).await.with(409);
    assert!(refused.body.contains("Nothing was deleted."), "{}", refused.body);
    ada.get(&format!("/chat/{}", asked.conversation)).await.with(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn adas_data_is_hers_and_whole_and_without_a_secret() {
    let (app, ada, grace) = school_day().await;
    let page = ada.get(&format!("/students/{MATEO}")).await;
    ada.submit(&page.form(".address form").fill("email", "new@example.com")).await.with(303);
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    ada.decide(&screen.cards()[0], "send", &[("subject", "Corrected")]).await.with(200);
    ada.follow_to_the_end(&asked.turn).await;
    app.mind.says("A secret of Grace's.");
    grace.hear("Hello").await;
    let answer = ada.get("/settings/data.json").await.with(200);
    assert!(answer.header("content-disposition").starts_with("attachment; filename="), "{:?}", answer.headers);
    let data = answer.json();
    assert_eq!(data["teacher"], json!({ "name": "Ada Byron", "email": "ada@school.example" }));
    assert_eq!(data["changed_addresses"][0]["email"], "new@example.com");
    let conversation = &data["conversations"][0];
    assert_eq!(conversation["turns"][0]["turn"]["words"], "Write to Mateo");
    assert_eq!(conversation["drafts"][0]["state"], "sent");
    assert_eq!(data["conversations"].as_array().unwrap().len(), 1);
    // All that her page of activity has, as its file has it.
    let csv = ada.get("/activity/table.csv").await.with(200).body;
    let activity = data["activity"].as_array().unwrap();
    assert!(activity.len() > 5 && activity.len() < csv.lines().count(), "{activity:?}");
    for event in activity {
        assert!(csv.contains(event["reference"].as_str().unwrap()), "{event}");
    }
    let sent: Vec<&Value> = activity.iter().filter(|event| event["outcome"] == "Accepted by the service").collect();
    assert!(sent.iter().any(|event| event["approved_by"] == "Ada Byron" && event["ids"] == MATEO), "{activity:?}");
    for secret in ["Grace", "refresh", "access_token", "id_token"] {
        assert!(!answer.body.contains(secret), "{secret} in {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_students_page_tells_what_was_sent_to_them_and_nothing_else() {
    let (app, ada, _grace) = school_day().await;
    assert!(ada.get(&format!("/students/{MATEO}")).await.text(".mails").contains("None were sent from here yet."));
    app.mind.calls([mail_to(MATEO, "First", "Dear Mateo"), mail_to(cast::JAMES, "Other", "Dear James")]).says("Done.");
    let (asked, screen) = ada.hear("Write to both").await;
    for card in screen.cards() {
        let decision = if card.subject == "First" { "send" } else { "discard" };
        ada.decide(&card, decision, &[("subject", "As corrected")]).await;
    }
    let page = ada.get(&format!("/students/{MATEO}")).await;
    assert_eq!(page.texts(".mails li").len(), 1);
    assert!(page.text(".mails li").starts_with("As corrected"), "{}", page.text(".mails li"));
    assert_eq!(page.text(".mails .chip"), "Sent");
    let href = page.attrs(".mails li a", "href").remove(0);
    // It leads to the version in which the mail was written.
    assert_eq!(href, format!("/chat/{0}?turn={1}#turn-{1}", asked.conversation, asked.turn));
    assert!(!ada.get(&format!("/students/{}", cast::JAMES)).await.has(".mails li"), "what was discarded was not sent");
}
