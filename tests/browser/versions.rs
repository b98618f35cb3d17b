//! What a teacher does with a turn and with a conversation, by mouse in a real
//! browser: asks again, changes a question, turns back, copies, names, deletes.

use super::{NARROW, at_a_desk};

const ANSWERS: &str = "[...document.querySelectorAll('.answer')].map((answer) => answer.innerText.trim())";

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_again_changed_and_turned_back_to_without_waiting_for_a_page() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        let mind = desk.script();
        mind.says("The first answer.");
        desk.ask("How is Mateo?").await;
        desk.done(1).await;
        mind.says("The second answer.");
        tab.click(".tools form[action$='/again'] button").await;
        tab.until("document.querySelector('.answer')?.innerText.includes('second')").await;
        desk.done(1).await;
        assert_eq!(tab.ask::<Vec<String>>(ANSWERS).await, ["The second answer."]);
        assert_eq!(tab.text(".versions").await.trim(), "2 of 2");
        tab.shots("versions-1-again").await;

        mind.says("About James.");
        tab.click(".edit > summary").await;
        tab.fill(".edit textarea", "How is James?").await;
        tab.shots("versions-2-edit").await;
        tab.click(".edit button.primary").await;
        tab.until("document.querySelector('.answer')?.innerText.includes('James')").await;
        desk.done(1).await;
        assert_eq!(tab.text(".said p").await, "How is James?");
        assert_eq!(tab.text(".versions").await.trim(), "3 of 3");

        tab.click(".versions button").await;
        tab.until("document.querySelector('.answer')?.innerText.includes('second')").await;
        assert_eq!(tab.text(".said p").await, "How is Mateo?");
        assert_eq!(tab.count(".turn").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_find_leads_to_the_version_where_it_stands_and_on_from_there() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.script().says("A zygomorphic answer.").says("A plain one.").says("On from there.");
        desk.ask("How is Mateo?").await;
        desk.done(1).await;
        tab.click(".tools form[action$='/again'] button").await;
        tab.until("document.querySelector('.answer')?.innerText.includes('plain')").await;
        desk.done(1).await;
        tab.go("/conversations?q=zygomorphic").await;
        tab.click(".lines a").await;
        tab.until("document.querySelector('.turn:target .answer')?.innerText.includes('zygomorphic')").await;
        assert_eq!(tab.text(".versions").await.trim(), "1 of 2");
        // A line of its own at the left of it, that is within the page.
        let line = "getComputedStyle(document.querySelector('.turn:target'), '::before')";
        let left = "document.querySelector('.turn:target').getBoundingClientRect().left";
        let mark = format!("{line}.borderLeftStyle === 'solid' && {left} + parseFloat({line}.left) >= 0");
        assert!(tab.ask::<bool>(&mark).await, "it is marked");
        tab.shots("versions-3-found").await;
        tab.size(NARROW).await;
        assert!(tab.ask::<bool>(&mark).await, "on a phone as well");
        tab.shots("versions-3-found").await;
        desk.ask("And then?").await;
        desk.done(2).await;
        tab.go(&tab.path().await).await;
        assert_eq!(tab.ask::<Vec<String>>(ANSWERS).await, ["A zygomorphic answer.", "On from there."]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_to_the_clipboard_as_it_looks_and_as_markdown() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.script().says("**Two** need help:\n\n| Student | Needs |\n|---|--:|\n| Mateo | 9.40 |\n| =1+1 | 8.00 |\n");
        desk.ask("Who needs help?").await;
        desk.done(1).await;
        tab.run::<()>(
            "window.kept = {}; navigator.clipboard.write = async ([item]) => {
                for (const kind of item.types) window.kept[kind] = await (await item.getType(kind)).text();
            };",
            Vec::new(),
        )
        .await;
        tab.click("[data-copy]").await;
        tab.until("document.querySelector('[data-copy]').innerText.includes('Copied')").await;
        let html: String = tab.ask("window.kept['text/html']").await;
        assert!(html.contains("<strong>Two</strong>") && html.contains("9.40"), "{html}");
        assert!(!html.contains("<button") && !html.contains("<a "), "no control goes along: {html}");
        assert!(html.contains("'=1+1"), "no formula goes along: {html}");
        let plain: String = tab.ask("window.kept['text/plain']").await;
        assert!(plain.contains("Two need help"), "{plain}");
        tab.click("[data-copy-markdown]").await;
        tab.until("window.kept['text/plain'].includes('**Two** need help')").await;
        tab.until("document.querySelector('[data-status]').textContent === 'Copied'").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_conversation_has_its_name_at_once_and_can_be_renamed_deleted_and_brought_back() {
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.script().says("Well.");
        desk.ask("How are they?").await;
        desk.done(1).await;
        tab.find("[data-heading] .shelved").await;
        assert_eq!(tab.text("h1").await, "How are they?");
        assert_eq!(tab.count("h1").await, 1);
        tab.click(".shelved > summary").await;
        tab.fill(".shelved [name=title]", "The third evaluation").await;
        tab.shots("shelf-1-menu").await;
        tab.click(".shelved form[action$='/title'] button").await;
        tab.until("document.querySelector('h1').innerText === 'The third evaluation'").await;
        tab.click(".shelved > summary").await;
        tab.click(".shelved .danger").await;
        tab.find(".undo button").await;
        tab.shots("shelf-2-deleted").await;
        tab.click(".undo button").await;
        tab.until("location.pathname.startsWith('/chat/')").await;
        assert_eq!(tab.text("h1").await, "The third evaluation");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_conversation_stands_under_today_below_what_is_pinned() {
    const HEADS: &str = "[...document.querySelectorAll('[data-past] h2')].map((head) => head.textContent)";
    const TODAY: &str = "[...document.querySelectorAll('[data-past] ul:last-child a')].map((item) => item.textContent)";
    at_a_desk(async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.script().says("Well.").says("Fine.").says("Good.");
        desk.ask("First").await;
        desk.done(1).await;
        tab.find("[data-heading] .shelved").await;
        tab.click(".shelved > summary").await;
        tab.click(".shelved form[action$='/pin'] button").await;
        tab.until("document.querySelector('[data-past] h2')?.textContent === 'Pinned'").await;
        for (words, listed) in [("Second", vec!["Second"]), ("Third", vec!["Third", "Second"])] {
            tab.go("/chat").await;
            desk.ask(words).await;
            desk.done(1).await;
            assert_eq!(tab.ask::<Vec<String>>(HEADS).await, ["Pinned", "Today"]);
            assert_eq!(tab.ask::<Vec<String>>(TODAY).await, listed);
        }
    })
    .await;
}
