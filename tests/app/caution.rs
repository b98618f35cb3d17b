//! The second look: what a card asks to be ticked, and that nothing leaves without.

use serde_json::json;
use teachers_aide::sandbox::faults::Route;

use crate::{
    cast::{self, JAMES, MATEO, mail_to, school_day},
    harness::{Answer, TestApp, Wanted},
};

const AMARA: &str = "s-1003";

#[track_caller]
fn words(answer: &Answer) -> String {
    answer.json()["error"]["words"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_names_another_student_does_not_leave_without_a_tick_that_names_them() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Your work", "Dear Mateo, James Martinez does better.")]).says("Sent.");
    let (_, screen) = ada.hear("Write to Mateo").await;
    let card = &screen.cards()[0];
    assert_eq!(card.ticks, ["tick-other-s-1002"]);
    assert_eq!(card.doubts, ["It names James Martinez and goes to Mateo Nguyen. Send it anyway."]);
    for ticks in [&[][..], &[("tick-other-s-1003", "yes")], &[("tick-other-s-1002", "")], &[("tick-", "yes")]] {
        let told = ada.decide_unticked(card, "send", ticks).await.with(409);
        assert!(words(&told).starts_with("Tick the box"), "{told:?}");
    }
    assert_eq!((app.accepted().len(), app.sandbox.log().count(Route::GmailSend)), (0, 0));
    ada.decide(card, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tick_works_without_a_script() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Your work", "Dear Mateo, James does better.")]).says("Sent.");
    let (asked, _) = ada.hear("Write to Mateo").await;
    let form = ada.page(&asked.conversation).await.form("form.letter").fill("decision", "send");
    let page = ada.submit(&form).await.with(409);
    assert!(page.cards()[0].fault.starts_with("Tick the box"), "{}", page.body);
    assert!(app.accepted().is_empty());
    let form = page.form("form.letter").fill("decision", "send").fill("tick-other-s-1002", "yes");
    ada.submit(&form).await.with(303);
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_teacher_changes_is_looked_at_afresh() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Your work", "Dear Mateo, go on.")]).says("Sent.");
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let old = screen.cards().remove(0);
    assert_eq!(old.ticks, Vec::<String>::new());
    let named = [("body", "Dear Mateo, Amara Nwosu will help you.")];
    let told = ada.decide(&old, "send", &named).await.with(409);
    assert!(told.body.contains("It names Amara Nwosu"), "{told:?}");
    // The correction is kept, and the card asks now.
    let now = ada.cards(&asked.conversation).await.remove(0);
    assert_eq!((now.body.as_str(), now.ticks.as_slice()), (named[0].1, &["tick-other-s-1003".to_owned()][..]));
    // A tick on what was shown before covers nothing.
    ada.decide_unticked(&old, "send", &[("tick-other-s-1003", "yes")]).await.with(409);
    assert!(app.accepted().is_empty());
    // Without the name there is nothing to tick.
    ada.decide_unticked(&now, "send", &[("body", "Dear Mateo, somebody will help you.")]).await.with(200);
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grade_from_another_record_and_a_block_of_code_are_asked_about() {
    let (app, ada, _grace) = school_day().await;
    let look = ("get_student", json!({ "student_id": JAMES }));
    let block = "QW1hcmEgTndvc3U6IDkuMDAsIDkuNTA7IEphbWVzIE1hcnRpbmV6OiA1LjgwLCA2LjQw";
    app.mind.calls([look]).calls([mail_to(MATEO, "Another had 5.80", block)]).says("Sent.");
    let (_, screen) = ada.hear("Write to Mateo").await;
    assert_eq!(screen.cards()[0].ticks, ["tick-other-s-1002", "tick-other-s-1003", "tick-encoded"]);
    assert!(screen.cards()[0].doubts[1].contains("Amara Nwosu"), "the block was read: {:?}", screen.cards()[0]);
    let half = [("tick-other-s-1002", "yes")];
    let told = ada.decide_unticked(&screen.cards()[0], "send", &half).await.with(409);
    assert!(words(&told).starts_with("Tick the boxes"), "{told:?}");
    assert!(app.accepted().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_whom_nobody_asked_for_is_unticked_and_left_out_of_the_click_for_all() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([
        mail_to(MATEO, "One", "Dear Mateo"),
        mail_to(JAMES, "Two", "Dear James"),
        mail_to(AMARA, "Three", "Dear Amara"),
    ]);
    let (asked, screen) = ada.hear("Mateo and James need some motivation, write to them").await;
    let cards = screen.cards();
    let ticks: Vec<_> = cards.iter().map(|card| card.ticks.clone()).collect();
    assert_eq!(ticks, [vec![], vec![], vec!["tick-whom-s-1003".to_owned()]]);
    assert!(cards[2].doubts[0].ends_with("I want to write to Amara Nwosu."), "{:?}", cards[2].doubts);
    let bar = ada.page(&asked.conversation).await.form("form.send-all");
    assert_eq!(bar.fields.iter().filter(|(name, _)| name == "approval").count(), 2, "{bar:?}");
    // Nor does a request of one's own make.
    let all: Vec<String> = cards.iter().map(|card| format!("{}:{}", card.id, card.hash)).collect();
    let fields: Vec<(&str, &str)> = all.iter().map(|value| ("approval", value.as_str())).collect();
    app.mind.says("Two went.");
    let sent = ada.post(&bar.action, &fields).await.with(200).json();
    assert_eq!(sent["refused"].as_array().unwrap().len(), 1, "{sent}");
    let to: Vec<_> = app.accepted().iter().flat_map(|mail| mail.recipients.clone()).collect();
    assert_eq!(to, ["mateo.nguyen@example.com", "james.martinez@example.com"]);
    ada.decide(&ada.cards(&asked.conversation).await[0], "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 3, "with her tick it goes");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_students_own_words_were_read_each_mail_has_a_click_of_its_own() {
    let mut school = cast::school();
    school["classes"][0]["roster"][2]["note"] = json!("I want to learn more.");
    let app = TestApp::start_with(Wanted { school: Some(school), ..Wanted::default() }).await;
    let ada = app.signed_in(&cast::ada()).await;
    let mails = || [mail_to(MATEO, "One", "Dear Mateo"), mail_to(JAMES, "Two", "Dear James")];
    app.mind.calls(mails());
    let (_, before) = ada.hear("Write to Mateo and James").await;
    assert!(before.has("form.send-all"));
    app.mind.calls([("get_student", json!({ "student_id": AMARA }))]).calls(mails());
    let (asked, after) = ada.hear("Write to Mateo and James").await;
    assert!(!after.has("form.send-all"));
    assert_eq!(after.cards()[0].ticks, Vec::<String>::new(), "one click each is enough");
    let all: Vec<String> = after.cards().iter().map(|card| format!("{}:{}", card.id, card.hash)).collect();
    let fields: Vec<(&str, &str)> = all.iter().map(|value| ("approval", value.as_str())).collect();
    let refused = ada.post(&format!("/turns/{}/approvals", asked.turn), &fields).await.with(200).json();
    assert_eq!(refused["refused"].as_array().unwrap().len(), 2, "{refused}");
    assert!(app.accepted().is_empty());
    ada.decide_unticked(&after.cards()[0], "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_is_told_what_it_must_tick() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(JAMES, "Hello", "Dear James")]).says("Sent.");
    let waiting = ada.prompt(&json!({ "prompt": "How is the class?" })).await;
    let draft = &waiting["drafts"][0];
    assert_eq!(draft["ticks"][0]["name"], "tick-whom-s-1002", "{draft}");
    let id = draft["approval_id"].as_str().unwrap();
    let yes = json!({ "decision": "send", "hash": draft["hash"] });
    ada.post_json(&format!("/approvals/{id}"), &yes).await.with(409);
    let yes = json!({ "decision": "send", "hash": draft["hash"], "tick-whom-s-1002": "yes" });
    ada.post_json(&format!("/approvals/{id}"), &yes).await.with(200);
    assert_eq!(app.accepted().len(), 1);
}

/// Amara's average, by every tool that tells it, and in a mail to Mateo without her name.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_any_tool_told_of_another_student_is_known_as_theirs() {
    let chart = |kind: &str, class: Option<&str>, student: Option<&str>| {
        ("show_chart", json!({ "kind": kind, "class_id": class, "student_id": student }))
    };
    let (app, ada, _grace) = school_day().await;
    for (tool, told) in [
        (("get_student", json!({ "student_id": AMARA })), "9.25"),
        (("get_teaching_class", json!({ "class_id": "c-01" })), "9.25"),
        (("forecast_passing", json!({ "class_id": "c-01", "student_id": null })), "9.25"),
        (chart("averages", Some("c-01"), None), "9.25"),
        (chart("averages", None, Some(AMARA)), "9.25"),
        (chart("trend", None, Some(AMARA)), "9.50"),
    ] {
        app.mind.calls([tool.clone()]).calls([mail_to(MATEO, "Your work", &format!("The best has {told}."))]);
        let (_, screen) = ada.hear("Write to Mateo").await;
        assert!(app.last_question().contains(told), "{tool:?} tells it: {}", app.last_question());
        let card = &screen.cards()[0];
        assert_eq!(card.ticks, ["tick-other-s-1003"], "{tool:?}: {:?}", card.doubts);
        assert!(card.doubts[0].contains("read from the record of Amara Nwosu"), "{tool:?}: {:?}", card.doubts);
    }
    assert!(app.accepted().is_empty());
}
