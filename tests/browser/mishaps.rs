//! What goes wrong elsewhere, as the teacher meets it: each row of the table
//! asserts the sentence, where the focus is, and that the button works. Rows of
//! which the button leads elsewhere are in `remedies.rs`.

use std::time::Duration;

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use teachers_aide::{
    clock::Patience,
    sandbox::{
        faults::{Answer as Reply, Effect, Fault, Route},
        model::{Answer, ApiError, Ending, FinishReason, Raw, ScriptedMind, ToolCall},
    },
};
use thirtyfour::Key;

use super::{Desk, at_a_desk_with};

/// One mishap at the model.
struct Row {
    name: &'static str,
    /// What the model does first; then it answers as it should.
    befalls: fn(&Desk, &ScriptedMind),
    says: &'static str,
    button: &'static str,
}

pub const GOOD: &str = "Mateo needs 7.25.";

pub fn refusal(status: u16) -> ApiError {
    ApiError::new(StatusCode::from_u16(status).unwrap(), "In the provider's own words")
}

fn chunk(text: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": { "content": text } }] })
}

const AT_THE_MODEL: [Row; 13] = [
    Row {
        name: "a bad key",
        befalls: |_, mind| _ = mind.push(refusal(401)),
        says: "does not accept this site's key",
        button: "Try again",
    },
    Row {
        name: "a key without the right",
        befalls: |_, mind| _ = mind.push(refusal(403)),
        says: "does not accept this site's key",
        button: "Try again",
    },
    Row {
        name: "a quota used up",
        befalls: |_, mind| _ = mind.push(refusal(429).code("insufficient_quota")),
        says: "budget with its model provider is used up",
        button: "Try again",
    },
    Row {
        name: "always busy",
        befalls: |_, mind| (0..4).for_each(|_| _ = mind.push(refusal(503))),
        says: "too busy to answer. Your message is kept",
        button: "Try again",
    },
    Row {
        name: "a question that is refused",
        befalls: |_, mind| _ = mind.push(refusal(400)),
        says: "provider refused the question",
        button: "Try again",
    },
    Row {
        name: "a model without tools",
        befalls: |_, mind| {
            let words = "registry.ollama.ai/library/gemma3:4b does not support tools, In the provider's own words";
            mind.push(ApiError::new(StatusCode::BAD_REQUEST, words));
        },
        says: "This model cannot use tools, so it cannot look anything up. Whoever runs this site has to choose another",
        button: "Try again",
    },
    Row {
        name: "a model that cannot be reached",
        befalls: |desk, _| {
            let asked = 4;
            _ = desk.demo.sandbox.faults().add(Fault::on(Route::ModelChat).times(asked).then(Effect::HangUp));
        },
        says: "The model cannot be reached. Your message is kept",
        button: "Try again",
    },
    Row {
        name: "the limit of output",
        befalls: |_, mind| _ = mind.push(Answer::text("The first half").ending(FinishReason::Length)),
        says: "reached its limit of output",
        button: "Continue",
    },
    Row {
        name: "nothing at all",
        befalls: |_, mind| _ = mind.push(Raw::bytes("").ending(Ending::Stall)),
        says: "did not answer in time. Your message is kept",
        button: "Try again",
    },
    Row {
        name: "a stream that is cut",
        befalls: |_, mind| _ = mind.push(Raw::events([chunk("The first half")]).ending(Ending::Cut)),
        says: "broke off. What had arrived is kept",
        button: "Continue",
    },
    Row {
        name: "a stream that stalls",
        befalls: |_, mind| _ = mind.push(Raw::events([chunk("The first half")]).ending(Ending::Stall)),
        says: "broke off. What had arrived is kept",
        button: "Continue",
    },
    Row {
        name: "an error inside the stream",
        befalls: |_, mind| _ = mind.push(Raw::events([chunk("So far"), json!({ "error": { "message": "x" } })])),
        says: "broke off. What had arrived is kept",
        button: "Continue",
    },
    Row {
        name: "what is no answer",
        befalls: |_, mind| _ = mind.push(Raw::events([json!([1, 2, 3])])),
        says: "broke off",
        button: "Continue",
    },
];

/// As patient as a test can wait for.
pub fn soon() -> Patience {
    Patience {
        first_word: Duration::from_secs(3),
        next_word: Duration::from_secs(3),
        model_again: Duration::from_millis(50),
        vault: Duration::from_secs(3),
        ..Patience::default()
    }
}

pub const FOCUS: &str =
    "document.activeElement.id || document.activeElement.className || document.activeElement.tagName";

#[tokio::test(flavor = "multi_thread")]
async fn whatever_befalls_the_model_is_one_sentence_and_one_button_that_works() {
    at_a_desk_with(soon(), async |desk| {
        desk.sign_in().await;
        for Row { name, befalls, says, button } in AT_THE_MODEL {
            let tab = &desk.tab;
            tab.go("/chat").await;
            let mind = desk.script();
            befalls(desk, &mind);
            mind.says(GOOD);
            desk.ask("How is Mateo?").await;
            tab.until(&format!("document.querySelector('.notice')?.innerText.includes({says:?})")).await;
            let told = tab.text(".notice").await;
            assert!(told.contains(button), "{name}: {told}");
            assert!(!told.contains("own words"), "{name}: the provider's words are for the log: {told}");
            assert_eq!(tab.count(".notice button, .notice a").await, 1, "{name}: one thing to do");
            assert_eq!(tab.ask::<String>(FOCUS).await, "words", "{name}: who waits is where one writes");
            assert_eq!(tab.count("[data-busy], [data-stop]:not([hidden])").await, 0, "{name}: nothing goes on");
            tab.click(".notice button").await;
            tab.until(&format!("document.querySelector('.parts').innerText.includes({GOOD:?})")).await;
            desk.done(1).await;
            assert_eq!(tab.count(".notice").await, 0, "{name}: it is over");
            tab.until(&format!("({FOCUS}) === 'words'")).await;
            let said: usize = tab.ask("document.querySelectorAll('.said').length").await;
            assert_eq!(said, 1, "{name}: it was said once");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_shows_what_it_is_for_how_long_it_takes_and_a_stop() {
    at_a_desk_with(soon(), async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        // Asked to come back in three seconds: the page counts them.
        desk.script().push(refusal(429).retry_after(3)).says(GOOD);
        desk.ask("How is Mateo?").await;
        assert!(tab.text(".notice").await.starts_with("The model is busy, trying again in"));
        let first: u32 = tab.ask("Number(document.querySelector('.count').textContent)").await;
        tab.until(&format!("Number(document.querySelector('.count').textContent) < {first}")).await;
        tab.find("[data-stop]").await;
        desk.done(1).await;
        assert_eq!(tab.count(".notice").await, 0);
        // Nothing is heard for a while: the time that it takes is shown, and can be ended.
        desk.script().push(Raw::bytes("").ending(Ending::Stall)).says(GOOD);
        desk.ask("And James?").await;
        tab.until("/^[2-9] s$/.test(document.querySelector('[data-busy] .time')?.innerText)").await;
        tab.click("[data-stop]").await;
        tab.find("[data-state=stopped]").await;
        assert!(tab.text("[data-state=stopped] .notice").await.contains("Stopped"));
        assert_eq!(tab.ask::<String>(FOCUS).await, "words");
        // Who thinks better of it lets it go on.
        tab.click("[data-state=stopped] .notice button").await;
        desk.done(2).await;
        assert!(tab.text(".turn:last-child .answer").await.contains(GOOD));
    })
    .await;
}

pub fn letter() -> Answer {
    let arguments = json!({ "student_id": "s-1001", "subject": "Hello", "body": "Dear Mateo" });
    Answer::calls([ToolCall::new("send_email_to_student", &arguments)])
}

/// Something that happens at the vault.
type Mishap = fn(&Desk);

const MARY: &str = "mary@school.example";

/// The id at the provider of the teacher who sits here.
fn mary(desk: &Desk) -> String {
    let auth0 = desk.demo.sandbox.auth0();
    auth0.people().iter().find(|person| person.email == MARY).unwrap().subject.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_befalls_the_vault_is_one_card_and_its_button_leads_back_to_the_draft() {
    let rows: [(&str, Mishap, &str); 3] = [
        ("not in the vault", |desk| desk.demo.sandbox.auth0().forget_google(&mary(desk)), "Connect Google"),
        ("a scope is missing", |desk| desk.demo.sandbox.auth0().narrow_google(&mary(desk), &[]), "One more permission"),
        ("the sign-in is taken back", |desk| desk.demo.sandbox.auth0().revoke_all(&mary(desk)), "Sign in again"),
    ];
    for (name, befalls, title) in rows {
        at_a_desk_with(soon(), async |desk| {
            let tab = &desk.tab;
            desk.sign_in().await;
            befalls(desk);
            desk.script().push(letter()).says("Sent.");
            desk.ask("Write to Mateo").await;
            assert!(tab.text(".card h3").await.contains(title), "{name}");
            assert_eq!(tab.count(".card .button").await, 1, "{name}: one thing to do");
            assert_eq!(tab.ask::<String>(FOCUS).await, "words", "{name}");
            tab.click(".card .button").await;
            tab.click("button[value=connect], button[value=allow], button.person").await;
            tab.until("location.pathname.startsWith('/chat/')").await;
            tab.click(".letter button[value=send]").await;
            tab.find(".receipt .stamp").await;
            assert_eq!(desk.demo.sandbox.google().accepted().len(), 1, "{name}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_befalls_a_mail_is_told_on_its_receipt_and_can_be_done_again() {
    let refused = |status, reason: &str| {
        let body = json!({ "error": { "code": status, "message": "x", "errors": [{ "reason": reason }] } });
        Effect::Answer(Reply::status(status).json(&body))
    };
    let rows = [
        ("forbidden by the school", vec![refused(403, "domainPolicy")], "administrator", "again"),
        ("Gmail's limit", vec![Effect::Answer(Reply::status(429).header("retry-after", "600"))], "limit", "again"),
        ("nobody knows", vec![Effect::Accept, Effect::Answer(Reply::status(503))], "May have been sent", "was_sent"),
    ];
    at_a_desk_with(soon(), async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        for (name, effects, says, button) in rows {
            tab.go("/chat").await;
            let fault = effects.into_iter().fold(Fault::on(Route::GmailSend).times(1), Fault::then);
            desk.demo.sandbox.faults().add(fault);
            desk.script().push(letter()).says("Done.");
            desk.ask("Write to Mateo").await;
            tab.click(".letter button[value=send]").await;
            let told = tab.text(".receipt").await;
            assert!(told.contains(says), "{name}: {told}");
            assert_eq!(tab.count(".receipt .stamp").await, 0, "{name}");
            assert!(tab.ask::<bool>("document.activeElement.matches('.receipt')").await, "{name}: the focus is on it");
            desk.done(1).await;
            desk.demo.sandbox.faults().clear();
            tab.click(&format!(".receipt button[value={button}]")).await;
            if button == "again" {
                tab.until("document.activeElement.matches('.letter')").await;
                tab.click(".letter button[value=send]").await;
            }
            tab.find(".receipt .stamp").await;
        }
        assert_eq!(desk.demo.sandbox.google().accepted().len(), 3, "each of them once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_a_network_keeps_the_words_and_says_them_once() {
    at_a_desk_with(soon(), async |desk| {
        let tab = &desk.tab;
        desk.sign_in().await;
        desk.script().says(GOOD);
        tab.fill("#words", "How is Mateo?").await;
        desk.demo.line.close().await;
        tab.press("#words", Key::Enter).await;
        let told = tab.text("#words-fault").await;
        assert!(told.contains("The connection broke. Try again"), "{told}");
        assert_eq!(tab.ask::<String>(FOCUS).await, "words");
        desk.demo.line.open().await;
        tab.click("[data-send]").await;
        desk.done(1).await;
        assert!(tab.text(".answer").await.contains(GOOD));
        assert_eq!((tab.count(".said").await, tab.count("#words-fault:not([hidden])").await), (1, 0));
    })
    .await;
}
