//! What a teacher writes, reads and sends, and who they are, is not told to the
//! log: not at its most talkative, nor by what goes wrong.

use serde_json::json;
use teachers_aide::sandbox::faults::{Answer, Effect, Fault, Route};

use crate::{
    cast::{MATEO, mail_to, school_day},
    harness::{
        Browser, TestApp,
        log::{lines_written, told_lines, watch},
    },
};

/// Words that stand nowhere else, one for each place where one could be written.
const WORDS: [&str; 6] = ["asked-7731", "answered-7731", "titled-7731", "wrote-7731", "corrected-7731", "echoed-7731"];
/// An address of a student's, and one that is none.
const ADDRESSES: [&str; 2] = ["mateo-7731@example.com", "not-an-address-7731"];

async fn story(app: &TestApp, ada: &Browser) {
    let [asked, answered, titled, wrote, corrected, echoed] = WORDS;
    let address = format!("/students/{MATEO}/address");
    ada.post(&address, &[("email", ADDRESSES[1])]).await;
    ada.post(&address, &[("email", ADDRESSES[0])]).await;
    app.mind.says(answered);
    ada.hear(asked).await;
    app.mind.calls([("get_student", json!({ "student_id": MATEO })), mail_to(MATEO, titled, wrote)]).says(answered);
    let (turn, screen) = ada.hear(&format!("Write to Mateo, {asked}")).await;
    let card = screen.cards().remove(0);
    // Each service repeats what it was sent, as some do.
    let echo = json!({ "error": { "message": format!("{echoed} {wrote} {}", ADDRESSES[0]), "code": "bad" } });
    app.sandbox
        .faults()
        .add(Fault::on(Route::GmailSend).times(1).then(Effect::Answer(Answer::status(400).json(&echo))));
    ada.decide(&card, "send", &[("body", corrected)]).await;
    let failed = ada.page(&turn.conversation).await.form("form.choices").fill("decision", "again");
    ada.submit(&failed).await;
    for card in ada.cards(&turn.conversation).await {
        ada.decide(&card, "send", &[]).await.with(200);
    }
    app.sandbox
        .faults()
        .add(Fault::on(Route::ModelChat).times(1).then(Effect::Answer(Answer::status(401).json(&echo))));
    ada.hear(asked).await;
    ada.page(&turn.conversation).await;
    ada.get("/settings/data.json").await.with(200);
    ada.post("/auth/logout", &[]).await.with(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_of_the_log_has_an_address_a_mails_text_a_token_or_a_cookie() {
    let (app, ada, _grace) = school_day().await;
    let session = ada.cookie_values().into_iter().chain(ada.form_token());
    let known = WORDS.into_iter().chain(ADDRESSES).chain(["ada@school.example"]).map(str::to_owned);
    let watched: Vec<String> = known.chain(session).collect();
    assert!(watched.len() >= 11 && watched.iter().all(|word| word.len() > 8), "{watched:?}");
    watch(&watched);
    let before = lines_written();
    story(&app, &ada).await;
    assert!(lines_written() > before, "the log was written");
    assert_eq!(app.accepted().len(), 1, "and there was something to be told");
    assert_eq!(told_lines(), Vec::<String>::new());
}
