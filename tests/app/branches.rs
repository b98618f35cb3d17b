//! Versions of a turn: asked again, in the same words or in others, and turned
//! back to. Nothing of an older version is lost, and nothing of it is sent again.

use serde_json::{Value, json};
use teachers_aide::sandbox::model::{Ending, Raw};

use crate::{
    cast::{JAMES, MATEO, mail_to, school_day},
    harness::{Asked, Browser, Form, TestApp, eventually},
};

/// What the model was told last, without the rules: who said what.
fn told(app: &TestApp) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let requests = app.mind.requests();
    let messages = requests.last().unwrap()["messages"].as_array().unwrap();
    messages.iter().skip(1).map(|message| (text(&message["role"]), text(&message["content"]))).collect()
}

fn said(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(role, words)| ((*role).to_owned(), (*words).to_owned())).collect()
}

/// Submits a form of a turn and hears the answer.
async fn submit(browser: &Browser, form: &Form) -> Asked {
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let taken = browser.post(&form.action, &fields).await.with(200).json();
    let text = |name: &str| taken[name].as_str().unwrap().to_owned();
    let asked = Asked { conversation: text("conversation"), turn: text("turn") };
    browser.follow(&asked.turn).await;
    asked
}

async fn form(browser: &Browser, asked: &Asked, what: &str) -> Form {
    browser.page(&asked.conversation).await.form(&format!("form[action='/turns/{}/{what}']", asked.turn))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_can_be_asked_for_again_and_the_model_remembers_the_chosen_way_alone() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("First answer.");
    let (first, _) = ada.hear("First question").await;
    app.mind.says("Second answer, a poor one.");
    let second = ada.ask_in(&first.conversation, "Second question").await;
    ada.follow(&second.turn).await;
    app.mind.says("Second answer, a better one.");
    let better = submit(&ada, &form(&ada, &second, "again").await).await;
    let memory = [("user", "First question"), ("assistant", "First answer."), ("user", "Second question")];
    assert_eq!(told(&app), said(&memory), "the poor answer is not remembered");
    let page = ada.page(&first.conversation).await;
    assert_eq!(page.texts(".answer"), ["First answer.", "Second answer, a better one."]);
    assert_eq!(page.attrs(".versions", "aria-label"), ["Version 2 of 2"]);

    // Back to the older one, by its form, and on from there.
    let back = page.form(&format!("#turn-{} .versions form", better.turn));
    ada.submit(&back).await.leads_to(&format!("/chat/{}#turn-{}", first.conversation, second.turn));
    let page = ada.page(&first.conversation).await;
    assert_eq!(page.texts(".answer"), ["First answer.", "Second answer, a poor one."]);
    assert_eq!(page.attrs(".versions", "aria-label"), ["Version 1 of 2"]);
    app.mind.says("Third answer.");
    let third = ada.ask_in(&first.conversation, "Third question").await;
    ada.follow(&third.turn).await;
    let on = [("assistant", "Second answer, a poor one."), ("user", "Third question")];
    assert_eq!(told(&app), said(&[&memory[..], &on].concat()), "the chosen way is remembered");

    // The other version is there with all that it had, and so is this one.
    ada.post(&format!("/turns/{}/choose", better.turn), &[]).await.with(200);
    let shown = async || ada.page(&first.conversation).await.texts(".answer");
    assert_eq!(shown().await, ["First answer.", "Second answer, a better one."]);
    ada.post(&format!("/turns/{}/choose", second.turn), &[]).await.with(200);
    assert_eq!(shown().await, ["First answer.", "Second answer, a poor one.", "Third answer."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_another_version_of_a_first_turn_is_in_sight_while_it_goes_on() {
    let (app, ada, _grace) = school_day().await;
    let half = || Raw::events([json!({ "choices": [{ "index": 0, "delta": { "content": "Half of it" } }] })]);
    app.mind.push(half().ending(Ending::Cut));
    let (first, _) = ada.hear("Write to Mateo").await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]);
    submit(&ada, &form(&ada, &first, "again").await).await;
    ada.post(&format!("/turns/{}/choose", first.turn), &[]).await.with(200);
    app.mind.push(half().ending(Ending::Stall));
    ada.post(&format!("/turns/{}/resume", first.turn), &[]).await.with(200);
    let screen = ada.follow_until(&first.turn, |screen| !screen.html().is_empty()).await;
    assert!(screen.state.is_empty() && screen.has(".beside"), "{} {}", screen.state, screen.html());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_in_another_version_is_opened_there_and_chosen_only_by_going_on() {
    let (app, ada, grace) = school_day().await;
    app.mind.says("A poor answer.");
    let (first, _) = ada.hear("A question").await;
    app.mind.says("What followed.");
    ada.follow(&ada.ask_in(&first.conversation, "And then?").await.turn).await;
    app.mind.says("A better answer.");
    submit(&ada, &form(&ada, &first, "again").await).await;
    let usual = async || ada.page(&first.conversation).await.texts(".answer");
    assert_eq!(usual().await, ["A better answer."]);

    let found = ada.get("/conversations?q=poor").await.attrs(".lines a", "href").remove(0);
    let (page, place) = found.split_once('#').unwrap();
    assert_eq!(place, format!("turn-{}", first.turn));
    let looked_at = ada.get(page).await.with(200);
    assert_eq!(looked_at.texts(".answer"), ["A poor answer.", "What followed."], "with all that followed it");
    assert!(looked_at.has(&format!("#{place}")));
    assert_eq!(usual().await, ["A better answer."], "to look changes nothing");
    grace.get(page).await.with(404);

    // What is said there goes on from there, and that version is chosen.
    app.mind.says("On from the poor one.");
    submit(&ada, &looked_at.form("form.write").fill("words", "And now?")).await;
    let way = [("user", "A question"), ("assistant", "A poor answer."), ("user", "And then?")];
    let end = [("assistant", "What followed."), ("user", "And now?")];
    assert_eq!(told(&app), said(&[&way[..], &end].concat()));
    assert_eq!(usual().await, ["A poor answer.", "What followed.", "On from the poor one."]);

    // A turn of another conversation is no way through this one.
    app.mind.says("Elsewhere.");
    let (other, _) = ada.hear("Something else").await;
    let astray = [("words", "Hello"), ("through", other.turn.as_str())];
    ada.post(&format!("/chat/{}", first.conversation), &astray).await.with(404);
    let page = format!("/chat/{}?turn={}", first.conversation, other.turn);
    let page = ada.get(&page).await;
    assert_eq!(page.texts(".answer"), usual().await);
    assert!(!page.has(".sought"), "it is the page as it is without");
    app.mind.says("Hello.");
    ada.submit(&page.form("form.write").fill("words", "Hello")).await.with(303);
    assert_eq!(usual().await.last().unwrap(), "Hello.", "what is said there is taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_posted_twice_on_another_way_are_one_turn() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("A poor answer.");
    let (first, _) = ada.hear("A question").await;
    app.mind.says("A better answer.");
    submit(&ada, &form(&ada, &first, "again").await).await;
    let begun = json!({ "choices": [{ "index": 0, "delta": { "content": "Still at it" } }] });
    app.mind.push(Raw::events([begun]).ending(Ending::Stall));
    let page = ada.get(&format!("/chat/{}?turn={}", first.conversation, first.turn)).await;
    let form = page.form("form.write").fill("words", "And now?");
    let fields: Vec<(&str, &str)> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let post = async || ada.post(&form.action, &fields).await.with(200).json()["turn"].clone();
    let turn = post().await;
    eventually("it is being written", || app.asked().len() == 3).await;
    assert_eq!(post().await, turn, "the answer to the first was lost on the way");
    ada.post(&format!("/turns/{}/stop", turn.as_str().unwrap()), &[]).await.with(200);
    assert_eq!(post().await, turn, "and when it is over");
    assert_eq!(ada.page(&first.conversation).await.texts(".said p"), ["A question", "And now?"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_posted_twice_leave_the_draft_waiting_to_which_they_led() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("Well.");
    let (first, _) = ada.hear("A question").await;
    app.mind.calls([mail_to(MATEO, "Hello", "Dear Mateo")]).says("It has left.");
    let order = [("words", "Write to Mateo"), ("client_id", "one-message")];
    let post = async || ada.post(&format!("/chat/{}", first.conversation), &order).await.with(200).json();
    let turn = post().await["turn"].as_str().unwrap().to_owned();
    let cards = ada.follow(&turn).await.cards();
    assert_eq!(post().await["turn"], turn.as_str());
    ada.decide(&cards[0], "send", &[]).await.with(200);
    ada.follow_to_the_end(&turn).await;
    assert_eq!(ada.page(&first.conversation).await.texts(".answer"), ["Well.", "It has left."], "the answer goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_words_in_the_place_of_the_first_ones_begin_anew_without_a_script() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("About nobody.");
    let (first, _) = ada.hear("How is Mtaeo?").await;
    let edit = form(&ada, &first, "edit").await;
    assert_eq!(edit.field("words").trim_start_matches('\n'), "How is Mtaeo?", "the old words stand in the box");
    let empty = ada.submit(&edit.clone().fill("words", " ")).await.with(422);
    assert!(empty.text("#words-fault").starts_with("Write something"), "{}", empty.text("#words-fault"));
    app.mind.says("About Mateo.");
    let led = ada.submit(&edit.clone().fill("words", "How is Mateo?")).await.with(303);
    assert_eq!(told(&app), said(&[("user", "How is Mateo?")]));
    let page = ada.get(led.location().split('#').next().unwrap()).await;
    assert_eq!(
        (page.texts(".said p"), page.texts(".answer")),
        (vec!["How is Mateo?".into()], vec!["About Mateo.".into()])
    );
    // The same click once more makes nothing new.
    let requests = app.asked().len();
    ada.submit(&edit.fill("words", "How is Mateo?")).await.leads_to(led.location());
    assert_eq!(app.asked().len(), requests);
    assert_eq!(ada.page(&first.conversation).await.attrs(".versions", "aria-label"), ["Version 2 of 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_an_answer_is_written_no_version_is_made_or_chosen() {
    let (app, ada, _grace) = school_day().await;
    app.mind.says("One.");
    let (first, _) = ada.hear("A question").await;
    app.mind.says("Two.");
    submit(&ada, &form(&ada, &first, "again").await).await;
    let begun = json!({ "choices": [{ "index": 0, "delta": { "content": "Still at it" } }] });
    app.mind.push(Raw::events([begun]).ending(Ending::Stall));
    let running = ada.ask_in(&first.conversation, "Another").await;
    eventually("it is being written", || app.asked().len() == 3).await;
    for what in ["again", "choose"] {
        let told = ada.post(&format!("/turns/{}/{what}", first.turn), &[]).await.with(409);
        assert!(told.body.contains("still being written"), "{what}: {}", told.body);
    }
    ada.post(&format!("/turns/{}/edit", first.turn), &[("words", "Other words")]).await.with(409);
    assert_eq!(ada.page(&first.conversation).await.texts(".said p"), ["A question", "Another"]);
    ada.post(&format!("/turns/{}/stop", running.turn), &[]).await.with(200);
    ada.post(&format!("/turns/{}/choose", first.turn), &[]).await.with(200);
    assert_eq!(ada.page(&first.conversation).await.texts(".answer"), ["One."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_left_from_another_version_stays_in_sight_and_what_waits_there_can_still_be_sent_once() {
    let (app, ada, _grace) = school_day().await;
    app.mind.calls([mail_to(MATEO, "Sent first", "Dear Mateo"), mail_to(JAMES, "Waits", "Dear James")]);
    let (first, screen) = ada.hear("Write to Mateo and James").await;
    let cards = screen.cards();
    ada.decide(&cards[0], "send", &[]).await.with(200);
    assert_eq!(app.accepted().len(), 1);

    app.mind.says("I could write to them.");
    submit(&ada, &form(&ada, &first, "again").await).await;
    let memory = told(&app);
    assert!(
        memory[0].1.contains("may repeat what has left already"),
        "the model is told that something left: {memory:?}"
    );
    assert!(!memory.iter().any(|(_, words)| words.contains("Sent first")), "and remembers nothing of it");
    let page = ada.page(&first.conversation).await;
    assert_eq!(page.texts(".parts .answer"), ["I could write to them."]);
    assert!(page.text(".beside .stamp").starts_with("Sent"), "{}", page.body);
    let waiting = page.cards();
    assert_eq!((waiting.len(), waiting[0].subject.as_str()), (1, "Waits"));
    assert_eq!(app.accepted().len(), 1, "nothing was sent again");

    // The draft of the other version, from here; a second click changes nothing.
    ada.decide(&waiting[0], "send", &[]).await.with(200);
    ada.decide(&waiting[0], "send", &[]).await;
    assert_eq!(app.accepted().len(), 2);
    let page = ada.page(&first.conversation).await;
    assert_eq!(page.texts(".beside .stamp").len(), 2);

    // In its own version the model reads what became of it.
    ada.post(&format!("/turns/{}/choose", first.turn), &[]).await.with(200);
    let page = ada.page(&first.conversation).await;
    assert_eq!((page.texts(".parts .stamp").len(), page.has(".beside")), (2, false));
    app.mind.says("Both have left.");
    let more = ada.ask_in(&first.conversation, "And now?").await;
    ada.follow(&more.turn).await;
    let notes: Vec<_> = told(&app).into_iter().filter(|(role, _)| role == "system").collect();
    assert!(notes.iter().any(|(_, words)| words.contains("it was sent")), "{notes:?}");
    assert_eq!(app.accepted().len(), 2);
}
