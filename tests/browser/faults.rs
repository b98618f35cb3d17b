//! The rows of the fault matrix that need a browser: two tabs of one teacher,
//! a tab that is closed, a page that is loaded again and again, a lost line.

use std::time::Duration;

use serde_json::json;
use teachers_aide::sandbox::model::{Ending, Raw};

use super::{
    Desk, at_a_desk,
    reader::at_pace,
    story::{ORDER, subjects},
};
use crate::harness::{Move, Plan};

const ANSWER: &str = "The class did *well* this term.\n\n- Mateo went up\n- James went up too\n\n\
    | Student | Average |\n|---|---|\n| Mateo | 5.80 |\n| James | 6.10 |\n| Thandiwe | 6.88 |\n\n\
    **Next:** write to both of them, and ask them to come by on Monday.\n";

/// What the teacher said, in the order in which it stands there.
const SAID: &str = "[...document.querySelectorAll('.said p')].map((said) => said.innerText)";

#[tokio::test(flavor = "multi_thread")]
async fn row_45_of_a_yes_in_one_tab_and_other_words_in_another_one_wins_and_the_other_tab_says_so() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.ask(ORDER).await;
        tab.find(".send-all").await;
        let page = tab.path().await;
        tab.another().await;
        tab.go(&page).await;
        tab.fill(".letter input[name=subject]", "Of the second tab").await;
        // The second tab does not hear of what the first one does.
        tab.run::<()>("document.querySelector('.letter').dataset.key = 'lost'", Vec::new()).await;
        tab.turn_to(0).await;
        tab.fill(".letter input[name=subject]", "Of the first tab").await;
        tab.click(".letter button[value=send]").await;
        tab.find(".receipt .stamp").await;
        tab.turn_to(1).await;
        tab.click(".letter[data-key=lost] button[value=send]").await;
        tab.until("document.querySelector('.letter[data-key=lost] .fault')").await;
        let told = tab.text(".letter[data-key=lost] .fault").await;
        assert!(told.contains("sent meanwhile, as it stands there now"), "{told}");
        tab.shots("faults-1-changed-meanwhile").await;
        assert_eq!(subjects(&desk.demo), ["Of the first tab"]);
        // The tab that does hear shows the receipt by itself.
        tab.find(".receipt .stamp").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_46_a_second_tab_that_speaks_into_an_answer_is_told_to_wait_and_keeps_its_words() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        let mind = desk.script();
        mind.says("Hello.");
        desk.ask("Hello").await;
        desk.done(1).await;
        let page = tab.path().await;
        tab.another().await;
        tab.go(&page).await;
        tab.turn_to(0).await;
        let begun = json!({ "choices": [{ "index": 0, "delta": { "content": "Still at it" } }] });
        mind.push(Raw::events([begun]).ending(Ending::Stall));
        desk.ask("First").await;
        tab.until("document.querySelector('[data-turn][data-state=running] .answer')").await;
        tab.turn_to(1).await;
        desk.ask("Second").await;
        let told = tab.text("#words-fault").await;
        assert!(told.contains("still being written"), "{told}");
        assert_eq!(tab.ask::<String>("document.getElementById('words').value").await, "Second");
        tab.turn_to(0).await;
        tab.click("[data-stop]").await;
        tab.find("[data-turn][data-state=stopped]").await;
        mind.says("And the second.");
        tab.turn_to(1).await;
        tab.press("#words", thirtyfour::Key::Enter).await;
        tab.until("[...document.querySelectorAll('.answer')].at(-1)?.innerText.includes('And the second.')").await;
        tab.reload().await;
        assert_eq!(tab.ask::<Vec<String>>(SAID).await, ["Hello", "First", "Second"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_47_a_tab_that_is_closed_in_the_middle_finds_the_whole_answer_when_it_is_opened_again() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.script().push(at_pace(ANSWER, 20));
        desk.ask("How did they do?").await;
        tab.until("document.querySelector('.answer') && location.pathname !== '/chat'").await;
        let page = tab.path().await;
        tab.another().await;
        tab.turn_to(0).await;
        tab.shut().await;
        tab.go(&page).await;
        desk.done(1).await;
        let words: String = tab.ask("document.querySelector('.answer').innerText").await;
        assert!(words.trim_end().ends_with("come by on Monday."), "{words}");
    })
    .await;
}

/// The turn as it stands in the end, after what happened to it meanwhile.
async fn ended(desk: &Desk, meanwhile: impl AsyncFnOnce()) -> String {
    desk.script().push(at_pace(ANSWER, 40));
    desk.tab.go("/chat").await;
    desk.ask("How did they do?").await;
    desk.tab.until("document.querySelector('[data-turn]') && location.pathname !== '/chat'").await;
    meanwhile().await;
    desk.done(1).await;
    // Every turn has a name of its own in the addresses of its tables.
    let bare =
        "document.querySelector('.parts').innerHTML.replace(/\\s+/g, ' ').replace(/turns\\/[0-9a-f]+/g, 'turns/x')";
    desk.tab.ask(bare).await
}

#[tokio::test(flavor = "multi_thread")]
async fn row_48_a_page_that_is_loaded_again_every_moment_ends_as_any_other() {
    at_a_desk(async |desk| {
        desk.sign_in().await;
        let uncut = ended(desk, async || {}).await;
        let again = ended(desk, async || {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_millis(200)).await;
                desk.tab.reload().await;
            }
        });
        assert_eq!(again.await, uncut);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_49_a_page_whose_line_is_lost_for_a_while_catches_up_and_says_nothing_twice() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        let uncut = ended(desk, async || {}).await;
        // In the middle of an answer.
        let again = ended(desk, async || {
            tab.until("document.querySelector('.answer')").await;
            desk.demo.line.close().await;
            tab.until("document.querySelector('[data-busy]')?.innerText.includes('connection broke')").await;
            tab.shots("faults-2-offline").await;
            desk.demo.line.open().await;
        });
        assert_eq!(again.await, uncut);
        // With a message on its way: its answer is lost, and it is said once more.
        let mind = desk.script();
        mind.says("Only once.");
        let asked = desk.demo.sandbox.model().requests().len();
        tab.fill("#words", "Say it once").await;
        desk.demo.line.close().await;
        desk.demo.line.open().await;
        desk.demo.line.always(Plan::default().down(Move::CutAfter(0)));
        tab.press("#words", thirtyfour::Key::Enter).await;
        tab.until("document.querySelector('#words-fault').innerText.includes('The connection broke')").await;
        assert_eq!(tab.ask::<String>("document.getElementById('words').value").await, "Say it once");
        desk.demo.line.always(Plan::default());
        tab.press("#words", thirtyfour::Key::Enter).await;
        desk.done(2).await;
        assert_eq!(tab.ask::<Vec<String>>(SAID).await, ["How did they do?", "Say it once"]);
        assert_eq!(desk.demo.sandbox.model().requests().len(), asked + 1, "it was answered once");
    })
    .await;
}
