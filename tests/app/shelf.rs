//! Whole conversations: named, pinned, put away with a way back, and found; and
//! nobody else's.

use jiff::SignedDuration;
use teachers_aide::sandbox::model::{Ending, Raw};

use crate::{
    cast::{self, MATEO, mail_to, school_day},
    harness::{Asked, Browser, TestApp, eventually},
};

/// Says something, and hears what the model is told to say.
async fn told(app: &TestApp, browser: &Browser, words: &str, answer: &str) -> Asked {
    app.mind.says(answer);
    browser.hear(words).await.0
}

fn path(asked: &Asked, what: &str) -> String {
    format!("/chat/{}/{what}", asked.conversation)
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_names_a_conversation_and_it_is_called_so_everywhere() {
    let (app, ada, _grace) = school_day().await;
    let asked = told(&app, &ada, "How are they?", "Well.").await;
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.text("h1"), "How are they?");
    let form = page.form(".shelved form[action$='/title']").fill("title", "  The <b>third</b>\tevaluation ");
    ada.submit(&form).await.leads_to(&format!("/chat/{}", asked.conversation));
    let page = ada.page(&asked.conversation).await;
    assert_eq!(page.text("h1"), "The <b>third</b> evaluation");
    assert!(page.text("title").starts_with("The <b>third</b> evaluation"), "{}", page.text("title"));
    assert_eq!(page.text(".side [aria-current]"), "The <b>third</b> evaluation");
    let list = ada.get("/conversations").await;
    assert_eq!(list.text(".lines .title"), "The <b>third</b> evaluation");
    let form = list.form(".shelved form[action$='/title']").fill("title", "");
    ada.submit(&form).await.leads_to("/conversations");
    assert_eq!(ada.get("/conversations").await.text(".lines .title"), "How are they?", "its first words again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ada_pins_stands_before_what_is_newer() {
    let (app, ada, _grace) = school_day().await;
    let old = told(&app, &ada, "The old one", "Yes.").await;
    told(&app, &ada, "The new one", "Yes.").await;
    let titles = async || ada.get("/conversations").await.texts(".lines .title");
    assert_eq!(titles().await, ["The new one", "The old one"]);
    let form = ada.page(&old.conversation).await.form(".shelved form[action$='/pin']");
    ada.submit(&form.fill("pinned", "yes")).await.leads_to(&format!("/chat/{}", old.conversation));
    assert_eq!(titles().await, ["The old one", "The new one"]);
    assert_eq!(ada.get("/conversations").await.texts(".page h2"), ["Pinned", "Today"]);
    assert_eq!(ada.get("/chat").await.texts(".past h2"), ["Pinned", "Today"], "and at the side");
    ada.post(&path(&old, "pin"), &[("pinned", "no")]).await.with(303);
    assert_eq!(titles().await, ["The new one", "The old one"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ada_deletes_is_gone_everywhere_and_comes_back_whole_by_undo() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    let (asked, screen) = ada.hear("Write to Mateo").await;
    let card = &screen.cards()[0];
    let form = ada.page(&asked.conversation).await.form(".shelved form[action$='/delete']");
    let away = ada.submit(&form).await.with(303);
    let notice = ada.get(away.location()).await.with(200);
    assert!(notice.text(".undo[role=status]").starts_with("Deleted."), "{}", notice.text(".undo"));
    assert!(!notice.has(".page section"), "it is in no list");
    assert!(!notice.has(&format!(".past a[href='/chat/{}']", asked.conversation)));
    for gone in [
        format!("/chat/{}", asked.conversation),
        format!("/turns/{}/events", asked.turn),
        format!("/turns/{}/tables/0-0.csv", asked.turn),
    ] {
        ada.get(&gone).await.with(404);
    }
    ada.post(&format!("/chat/{}", asked.conversation), &[("words", "And now?")]).await.with(404);
    ada.decide(card, "send", &[]).await.with(404);
    ada.post(&path(&asked, "title"), &[("title", "x")]).await.with(404);
    ada.post(&path(&asked, "delete"), &[]).await.with(404);
    assert!(!ada.get("/settings/data.json").await.body.contains("Dear Mateo"));
    assert!(!ada.get("/conversations?q=mateo").await.has(".lines a"), "and is not found");
    assert!(app.accepted().is_empty(), "a draft in it does not leave");

    let undo = notice.form(".undo form");
    ada.submit(&undo).await.leads_to(&format!("/chat/{}", asked.conversation));
    let card = &ada.cards(&asked.conversation).await[0];
    app.mind.says("Sent.");
    ada.decide(card, "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1, "the draft waits as before");
    ada.post(&path(&asked, "restore"), &[]).await.with(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_put_away_while_an_answer_is_written_in_it() {
    let (app, ada, _grace) = school_day().await;
    app.mind.push(Raw::events([]).ending(Ending::Stall));
    let asked = ada.ask("Tell me").await;
    eventually("the model is asked", || !app.asked().is_empty()).await;
    let refused = ada.post(&path(&asked, "delete"), &[]).await.with(409);
    assert!(refused.body.contains("Nothing was deleted."), "{}", refused.body);
    ada.page(&asked.conversation).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_away_is_deleted_for_good_a_day_later_and_no_word_of_it_stays_in_the_file() {
    let (mut app, clock) = TestApp::start_held().await;
    let ada = app.signed_in(&cast::ada()).await;
    let gone = told(&app, &ada, "A question about zygomorphic daffodils", "The answer is quokkaflower.").await;
    let kept = told(&app, &ada, "Another question", "Another answer: marmalade.").await;
    ada.post(&path(&gone, "delete"), &[]).await.with(303);
    assert!(ada.get("/conversations").await.has(".away li"), "it can be brought back");
    clock.advance(SignedDuration::from_hours(23));
    let again = async |app: TestApp| {
        let mut app = app;
        app.stop().await;
        app.start_again().await
    };
    app = again(app).await;
    let ada = app.signed_in(&cast::ada()).await;
    assert!(ada.get("/conversations").await.has(".away li"), "still");
    clock.advance(SignedDuration::from_hours(1));
    let ada = {
        app = again(app).await;
        app.signed_in(&cast::ada()).await
    };
    for _ in 0..200 {
        if !ada.get("/conversations").await.has(".away li") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    ada.post(&path(&gone, "restore"), &[]).await.with(404);
    ada.page(&kept.conversation).await;
    app.stop().await;
    let file = std::fs::read(app.database_file()).unwrap();
    let stands = |word: &str| file.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()));
    assert!(stands("marmalade"), "what is kept is in the file as it is");
    for word in ["quokkaflower", "zygomorphic"] {
        assert!(!stands(word), "{word} is still in the file");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ada_finds_what_was_said_whatever_the_accents_and_only_hers() {
    let (app, ada, grace) = school_day().await;
    let asked = told(&app, &ada, "How is Mateo?", "Mateo needs **9.40**. Ask <Zoë & Dvořák> for 100% help.").await;
    told(&app, &ada, "Something else", "Nothing about anybody.").await;
    told(&app, &grace, "Where is Dvořák?", "Mateo is not here.").await;
    let find = async |query: &str| {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        ada.get(&format!("/conversations?q={query}")).await.with(200)
    };
    let page = find("dvorak MATEO").await;
    assert_eq!(page.attrs(".lines a", "href"), [format!("/chat/{}?turn={1}#turn-{1}", asked.conversation, asked.turn)]);
    assert_eq!(page.texts(".lines .title mark"), ["Mateo"]);
    assert_eq!(page.texts(".excerpt mark"), ["Mateo", "Dvořák"]);
    let excerpt = page.text(".excerpt");
    assert!(excerpt.contains("needs 9.40. Ask <Zoë & Dvořák> for"), "the words as they are read: {excerpt}");
    assert_eq!(page.text("#found"), "Found in 1 conversation");
    assert_eq!(find("100%").await.texts(".lines a").len(), 1);
    for nothing in ["0%4", "ma_eo", "mateo biology", "' OR 1=1 --", "status", "<script>"] {
        let page = find(nothing).await;
        assert_eq!((page.texts(".lines a").len(), page.text("#found")), (0, "Nothing found".to_owned()), "{nothing}");
        assert_eq!(page.attrs("#q", "value"), [nothing], "what was typed stays");
    }
    assert!(!find("   ").await.has("#found"), "nothing was looked for");
    ada.post(&path(&asked, "title"), &[("title", "Ünïcorn")]).await.with(303);
    assert_eq!(find("unicorn").await.texts(".lines mark"), ["Ünïcorn"], "by its name");
}
