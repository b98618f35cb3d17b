//! Rows 1 to 13: the model is busy, broken, silent, cut, or without an end.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    time::Duration,
};

use actix_web::http::StatusCode;
use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use teachers_aide::{
    clock::Patience,
    sandbox::{
        faults::Route,
        model::{Answer, ApiError, Ending, Fate, FinishReason, Pace, Raw},
    },
};

use super::{behind_lines, chunk, stalls_after, start, with_patience};
use crate::{
    cast::{MATEO, mail_to},
    harness::{Browser, HeldPort, Move, Plan, Screen, TestApp, Wanted, eventually},
};

/// A model that is asked again soon.
fn quick() -> Patience {
    Patience { model_again: Duration::from_millis(20), ..Patience::default() }
}

fn refusal(status: u16) -> ApiError {
    ApiError::new(StatusCode::from_u16(status).unwrap(), "no")
}

/// What the page says at the end of the turn, whose row must tell the same.
async fn notice(app: &TestApp, ada: &Browser, words: &str, screen: &str, ending: &str) -> String {
    let (asked, heard) = ada.hear(words).await;
    assert_eq!(heard.state, screen);
    let row = app.turn_row(&asked.turn).await;
    assert_eq!((row.status.as_str(), row.ending.as_str()), ("ended", ending), "{:?}", row.body);
    assert_eq!(row.words, words, "the message is kept");
    ada.page(&asked.conversation).await.text(".notice")
}

#[tokio::test(flavor = "multi_thread")]
async fn row_01_a_model_that_says_come_back_in_two_seconds_is_waited_for_and_the_page_says_so() {
    let (app, ada) = with_patience(quick()).await;
    app.mind.push(refusal(429).retry_after(2)).says("Now I can.");
    let (asked, screen) = ada.hear("How is Mateo?").await;
    assert_eq!((screen.state.as_str(), screen.text().as_str()), ("done", "Now I can."));
    assert!(screen.seen.iter().any(|key| key == "busy"), "the page was told of the wait");
    assert!(!screen.has("[data-key=busy]"), "and that it was over");
    let log = app.sandbox.log().of(Route::ModelChat);
    assert_eq!(log.iter().map(|ask| ask.status).collect::<Vec<_>>(), [Some(429), Some(200)]);
    assert!(log[1].at.duration_since(log[0].at).as_millis() >= 2_000, "it came back when it was told to");
    assert_eq!(app.turn_row(&asked.turn).await.ending, "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_02_a_used_up_budget_is_told_and_not_tried_again() {
    let (app, ada) = with_patience(quick()).await;
    app.mind.push(refusal(429).code("insufficient_quota"));
    let told = notice(&app, &ada, "How is Mateo?", "failed", "failed").await;
    assert!(told.contains("budget with its model provider is used up"), "{told}");
    assert_eq!(app.asked().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_03_a_model_that_stumbles_twice_answers_in_the_end() {
    let (app, ada) = with_patience(quick()).await;
    for stumble in [500, 502, 503] {
        app.mind.push(refusal(stumble)).push(refusal(stumble)).says("Now I can.");
        let (asked, screen) = ada.hear("How is Mateo?").await;
        assert_eq!((screen.state.as_str(), screen.text().as_str()), ("done", "Now I can."));
        assert_eq!(app.turn_row(&asked.turn).await.ending, "done");
    }
    assert_eq!(app.asked().len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_04_a_model_that_is_always_down_is_given_up_and_the_message_can_be_tried_again() {
    let (app, ada) = with_patience(quick()).await;
    for _ in 0..9 {
        app.mind.push(refusal(500));
    }
    let told = notice(&app, &ada, "How is Mateo?", "failed", "failed").await;
    assert!(told.contains("too busy to answer") && told.contains("Try again"), "{told}");
    assert_eq!(app.asked().len(), 4, "once, and three times more");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_05_a_model_that_no_connection_reaches_is_told_as_such() {
    let closed = HeldPort::take();
    let places = [
        ("refused", format!("http://127.0.0.1:{}/v1", closed.number())),
        ("no such name", "https://model.invalid/v1".to_owned()),
        ("a certificate of its own making", format!("https://127.0.0.1:{}/v1", an_impostor())),
    ];
    for (place, base) in places {
        let variables = vec![("OPENAI_BASE_URL", base)];
        let (app, ada) = start(Wanted { patience: Some(quick()), variables, ..Wanted::default() }).await;
        let told = notice(&app, &ada, "How is Mateo?", "failed", "failed").await;
        assert!(told.contains("cannot be reached") && told.contains("Try again"), "{place}: {told}");
        assert_eq!(app.asked().len(), 0, "{place}");
    }
}

/// Speaks TLS under a certificate that nobody vouches for; its key is no
/// secret, for this test alone trusts nobody with it. It answers any request.
fn an_impostor() -> u16 {
    let certificate = "MIIBkTCCATagAwIBAgIUadcLYhw3YutPFVkJNwbGYaH2NRUwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJMTI3LjAuMC4xMC\
        AXDTI2MTEyMTA0MTIyMVoYDzIxMjYxMDI4MDQxMjIxWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASB\
        wq2JZyI7TsdUi8I4YC9HIrZTLIDgfzcCFkP4HRej/LOOnrB9uRTJpewQ8/Ek08/CBPn9S0Q+GMDgEDXz01TZo2QwYjAdBgNVHQ4EFgQU3PqqZ0r8\
        Fl9m7juRgT0gABAbXbowHwYDVR0jBBgwFoAU3PqqZ0r8Fl9m7juRgT0gABAbXbowDwYDVR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoG\
        CCqGSM49BAMCA0kAMEYCIQCClb7fLBpOraBvNb+YwQvyPBCD+dmLPVO2K80pa2VRJAIhAORgaixp/j6m0E0F1UFxeWM406KAf/il3R8Az33ZnMfd";
    let key = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgwBxZ+zTRNaNqvjDwzs5hgaiZPTlyWS0JO7gPel3IdxShRANCAASBwq2J\
        ZyI7TsdUi8I4YC9HIrZTLIDgfzcCFkP4HRej/LOOnrB9uRTJpewQ8/Ek08/CBPn9S0Q+GMDgEDXz01TZ";
    let bytes = |text: &str| STANDARD.decode(text).unwrap();
    let chain = vec![CertificateDer::from(bytes(certificate))];
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(bytes(key)));
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut line = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::Stream::new(&mut line, &mut socket);
            // Whoever checks the certificate never comes so far.
            if stream.read(&mut [0; 4096]).is_ok() {
                let answer = format!("data: {}\n\ndata: [DONE]\n\n", chunk("Trust me."));
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
                let _gone = stream.write_all(format!("{head}{answer}").as_bytes());
            }
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn row_06_a_model_that_says_nothing_at_all_is_given_up_and_the_page_says_why() {
    let patience = Patience { first_word: Duration::from_millis(500), ..quick() };
    let (app, ada) = behind_lines(patience).await;
    app.model_line().next(Plan::default().down(Move::StallAfter(0)));
    let told = notice(&app, &ada, "How is Mateo?", "failed", "failed").await;
    assert!(told.contains("did not answer in time") && told.contains("Try again"), "{told}");
    // The same when it has taken the question and sent the head of an answer.
    app.mind.push(Raw::bytes("").ending(Ending::Stall));
    let told = notice(&app, &ada, "How is James?", "failed", "failed").await;
    assert!(told.contains("did not answer in time"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_07_a_stream_that_stalls_keeps_the_part_and_says_interrupted() {
    let (app, ada) = with_patience(Patience { next_word: Duration::from_millis(500), ..quick() }).await;
    app.mind.push(stalls_after("The first half"));
    let (asked, screen) = ada.hear("How is Mateo?").await;
    assert_eq!((screen.state.as_str(), screen.text().as_str()), ("interrupted", "The first half"));
    let page = ada.page(&asked.conversation).await;
    assert!(page.text(".notice").contains("Continue"), "{}", page.text(".notice"));
    let row = app.turn_row(&asked.turn).await;
    assert_eq!((row.ending.as_str(), row.text().as_str()), ("interrupted", "The first half"));
    eventually("the silent stream is closed", || app.asked()[0].fate() == Fate::Abandoned).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_writes_a_long_letter_is_not_taken_for_a_silent_one() {
    let wait = Duration::from_millis(1_500);
    let (app, ada) = with_patience(Patience { first_word: wait, next_word: wait, ..quick() }).await;
    let (name, arguments) = mail_to(MATEO, "Hello", &"Dear Mateo, go on. ".repeat(50));
    let call = teachers_aide::sandbox::model::ToolCall::new(name, &arguments);
    // Twenty pieces of arguments, none of which says anything to the page.
    let pace = Pace { first: Duration::ZERO, piece: Duration::from_millis(150) };
    app.mind.push(Answer::calls([call]).at(pace));
    let (_, screen) = ada.hear("Write to Mateo").await;
    assert_eq!((screen.state.as_str(), screen.cards().len()), ("waiting", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_08_an_answer_whose_stream_is_cut_is_never_shown_as_complete() {
    let (app, ada) = behind_lines(quick()).await;
    let whole = "All students of 10B did well in this part of the term. ".repeat(60);
    for cut in [Move::CutAfter(6_000), Move::ResetAfter(6_000)] {
        app.model_line().next(Plan::default().down(cut));
        app.mind.push(Answer::text(&whole).at(Pace { first: Duration::ZERO, piece: Duration::from_millis(2) }));
        let (asked, screen) = ada.hear("How are they?").await;
        let row = app.turn_row(&asked.turn).await;
        assert_eq!((screen.state.as_str(), row.ending.as_str()), ("interrupted", "interrupted"), "{cut:?}");
        assert!(whole.starts_with(&row.text()) && row.text().len() < whole.len(), "{cut:?}: {}", row.text());
        assert!(row.body["steps"][0]["finish"].is_null(), "{cut:?}: {}", row.body);
        assert!(ada.page(&asked.conversation).await.text(".notice").contains("broke off"));
    }
    // A stream that ends in an orderly way, and says neither why nor that it is done.
    app.mind.push(Raw::events([chunk("Half an answer")]));
    let (asked, screen) = ada.hear("How are they?").await;
    assert_eq!((screen.state.as_str(), screen.text().as_str()), ("interrupted", "Half an answer"));
    assert_eq!(app.turn_row(&asked.turn).await.ending, "interrupted");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_keeps_its_part_and_goes_on_from_there() {
    let (app, ada) = with_patience(quick()).await;
    let half = Raw::events([chunk("The first half")]).then(Duration::from_millis(100), "data: {").ending(Ending::Cut);
    app.mind.push(half);
    let (asked, screen) = ada.hear("How is Mateo?").await;
    assert_eq!((screen.state.as_str(), screen.text().as_str()), ("interrupted", "The first half"));
    let page = ada.page(&asked.conversation).await;
    assert!(page.text(".notice").contains("Continue"), "{}", page.text(".notice"));
    app.mind.says("and the second.");
    let go_on = page.form(".notice form");
    ada.post(&go_on.action, &[]).await.with(200);
    let screen = ada.follow_to_the_end(&asked.turn).await;
    assert_eq!((screen.state.as_str(), screen.text().as_str()), ("done", "The first half\nand the second."));
    assert!(app.last_question().contains("The first half"), "the model reads how far it had come");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_09_an_error_inside_the_stream_is_shown_as_one() {
    let (app, ada) = with_patience(quick()).await;
    let error = json!({ "error": { "message": "The engine is overloaded", "type": "server_error", "code": 503 } });
    for said in ["", "The first half"] {
        // It even ends as if all were well.
        let end = json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] });
        app.mind.push(Raw::events([chunk(said), error.clone(), end]).done());
        let (asked, screen) = ada.hear("How is Mateo?").await;
        assert_eq!((screen.state.as_str(), screen.text().as_str()), ("interrupted", said));
        let row = app.turn_row(&asked.turn).await;
        assert_eq!((row.ending.as_str(), row.text().as_str()), ("interrupted", said));
        let page = ada.page(&asked.conversation).await;
        assert!(page.text(".notice").contains("broke off"), "{}", page.text(".notice"));
        assert!(!page.body.contains("overloaded"), "the provider's own words are for the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_10_a_call_whose_arguments_were_cut_is_never_made() {
    let (app, ada) = behind_lines(quick()).await;
    let cuts = [Plan::default().down(Move::CutAfter(5_000)), Plan::default().down(Move::ResetAfter(5_000))];
    for cut in cuts {
        app.model_line().next(cut);
        app.mind.calls([mail_to(MATEO, "Hello", &"Dear Mateo, go on. ".repeat(200))]);
        let (asked, screen) = ada.hear("Write to Mateo").await;
        assert_eq!((screen.state.as_str(), screen.cards().len()), ("interrupted", 0));
        let row = app.turn_row(&asked.turn).await;
        assert_eq!((row.ending.as_str(), row.calls()), ("interrupted", 0));
    }
    // The limit of output cuts it too, and says so.
    app.mind.push(Raw::events([
        json!({ "choices": [{ "index": 0, "delta": { "tool_calls": [{ "index": 0, "id": "a", "type": "function",
            "function": { "name": "send_email_to_student", "arguments": "{\"student_id\":\"s-1001\"" } }] } }] }),
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "length" }] }),
    ]));
    let (_, screen) = ada.hear("Write to Mateo").await;
    assert_eq!((screen.state.as_str(), screen.cards().len()), ("interrupted", 0));
    assert!(app.draft_rows().await.is_empty());
    assert_eq!((app.sandbox.log().count(Route::Exchange), app.accepted().len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_11_what_no_model_should_say_interrupts_the_answer_and_nothing_of_it_is_shown() {
    let (app, ada) = with_patience(quick()).await;
    let megabyte = "x".repeat(1024 * 1024);
    let mut broken_utf8 = b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"".to_vec();
    broken_utf8.extend(b"\xff\xfe\"}}]}\n\n");
    let cases: [(&str, Raw); 4] = [
        ("not JSON", Raw::events([chunk("So far.")]).then(Duration::ZERO, "data: {\"choices\":[{]}\n\n")),
        ("not UTF-8", Raw::events([chunk("So far.")]).then(Duration::ZERO, broken_utf8)),
        ("a megabyte of text", Raw::events([chunk("So far."), chunk(&megabyte)])),
        ("not a chunk", Raw::events([chunk("So far."), json!([1, 2, 3])])),
    ];
    for (case, raw) in cases {
        app.mind.push(raw.ending(Ending::Stall));
        let (asked, screen) = ada.hear("How is Mateo?").await;
        assert_eq!((screen.state.as_str(), screen.text().as_str()), ("interrupted", "So far."), "{case}");
        let row = app.turn_row(&asked.turn).await;
        assert_eq!((row.ending.as_str(), row.text().as_str()), ("interrupted", "So far."), "{case}");
    }
    // A line without an end is not waited for: it would fill the memory.
    app.mind.push(Raw::bytes(format!("data: {megabyte}")).ending(Ending::Stall));
    assert!(notice(&app, &ada, "And now?", "interrupted", "interrupted").await.contains("broke off"));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_12_an_answer_that_a_limit_or_a_filter_ended_says_so() {
    let (app, ada) = with_patience(quick()).await;
    let ends = [(FinishReason::Length, "limit of output"), (FinishReason::ContentFilter, "filter stopped this answer")];
    for (reason, hint) in ends {
        app.mind.push(Answer::text("A long story").ending(reason));
        let told = notice(&app, &ada, "Tell me", "done", "done").await;
        assert!(told.contains("Cut short") && told.contains(hint), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_12_an_answer_that_was_cut_short_goes_on_where_it_ended() {
    let (app, ada) = with_patience(quick()).await;
    app.mind.push(Answer::text("Once upon").ending(FinishReason::Length)).says("a time.");
    let (asked, _) = ada.hear("Tell me").await;
    let go_on = ada.page(&asked.conversation).await.form(".notice form");
    ada.submit(&go_on).await.with(303);
    assert_eq!(ada.follow_to_the_end(&asked.turn).await.state, "done");
    let page = ada.page(&asked.conversation).await;
    assert_eq!(
        (page.texts(".answer"), page.texts(".notice").len()),
        (vec!["Once upon".to_owned(), "a time.".to_owned()], 0)
    );
    let messages = app.mind.requests().pop().unwrap()["messages"].clone();
    assert_eq!(messages.as_array().unwrap().last().unwrap()["content"], "Once upon", "the model reads what it wrote");
    // One that is whole stays as it is, and so does one that something followed.
    ada.submit(&go_on).await.with(303);
    assert_eq!(app.asked().len(), 2);
    app.mind.push(Answer::text("Half of it").ending(FinishReason::Length)).says("Another.");
    let half = ada.ask_in(&asked.conversation, "More").await;
    ada.follow_to_the_end(&half.turn).await;
    ada.follow_to_the_end(&ada.ask_in(&asked.conversation, "Enough").await.turn).await;
    let page = ada.page(&asked.conversation).await;
    assert!(page.text(".notice").contains("Cut short") && !page.has(".notice form"), "{}", page.text(".notice"));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_13_a_model_without_an_end_is_shown_word_by_word_and_stopped_by_the_clock() {
    let (app, ada) = with_patience(Patience { turn: Duration::from_millis(1_500), ..quick() }).await;
    let whole = "word ".repeat(2_000);
    app.mind.push(Answer::text(&whole).at(Pace { first: Duration::ZERO, piece: Duration::from_millis(50) }));
    let asked = ada.ask("Tell me").await;
    let early = ada.follow_until(&asked.turn, |screen: &Screen| !screen.text().is_empty()).await;
    assert_eq!(early.state, "", "it streams while it goes on");
    let screen = ada.follow_to_the_end(&asked.turn).await;
    assert_eq!(screen.state, "done");
    assert!(ada.page(&asked.conversation).await.text(".notice").contains("longer than one answer may"));
    let row = app.turn_row(&asked.turn).await;
    assert_eq!(row.ending, "over_budget");
    assert!(!row.text().is_empty() && row.text().len() < whole.len());
    eventually("the model's stream is closed", || app.asked()[0].fate() == Fate::Abandoned).await;
}
