//! Shapes, refusals, malformed streams, and a whole demo turn on the wire.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::super::{Answer, ApiError, Conversation, DemoMind, Ending, Fate, FinishReason, Pace, Raw, Reply, ToolCall};
use super::{Served, ask, ask_streamed};

#[actix_web::test]
async fn a_whole_answer_has_the_shape_of_a_chat_completion() {
    let (served, mind) = Served::scripted();
    mind.says("Good morning, everyone.");
    let answer: Value = served.post(&ask("Hello")).await.json().await.unwrap();
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["created"], 1_800_000_000);
    assert_eq!(answer["model"], "anything");
    assert!(answer["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert_eq!(answer["choices"][0]["message"]["content"], "Good morning, everyone.");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    let usage = &answer["usage"];
    let number = |name: &str| usage[name].as_u64().unwrap();
    assert_eq!(number("prompt_tokens") + number("completion_tokens"), number("total_tokens"));
}

#[actix_web::test]
async fn the_typed_client_of_the_house_reads_a_whole_answer() {
    let (served, mind) = Served::scripted();
    mind.calls([("get_student", json!({ "student_id": "s-1001" }))]);
    let body = ask("Hello");
    let answer: async_openai::types::chat::CreateChatCompletionResponse =
        served.openai().chat().create_byot(body).await.unwrap();
    let message = &answer.choices[0].message;
    assert!(message.content.is_none());
    assert_eq!(message.tool_calls.as_ref().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_stream_opens_with_the_role_and_ends_with_a_reason_usage_and_done() {
    let (served, mind) = Served::scripted();
    mind.says("One two three four five.");
    let mut body = ask_streamed("Hello");
    body["stream_options"] = json!({ "include_usage": true });
    let response = served.post(&body).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let text = response.text().await.unwrap();
    let mut events: Vec<&str> = text.split("\n\n").filter_map(|event| event.strip_prefix("data: ")).collect();
    assert_eq!(events.pop(), Some("[DONE]"));
    let chunks: Vec<Value> = events.iter().map(|event| serde_json::from_str(event).unwrap()).collect();
    let (usage, chunks) = chunks.split_last().unwrap();
    assert_eq!(usage["choices"], json!([]));
    assert!(usage["usage"]["total_tokens"].as_u64().unwrap() > 0);
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "stop");
    assert!(chunks.iter().all(|chunk| chunk["id"] == chunks[0]["id"] && chunk["object"] == "chat.completion.chunk"));
    assert!(chunks.iter().all(|chunk| chunk["usage"].is_null() && chunk.get("usage").is_some()));
    let pieces = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str());
    assert_eq!(pieces.collect::<String>(), "One two three four five.");
}

#[actix_web::test]
async fn without_the_option_a_stream_has_no_usage() {
    let (served, mind) = Served::scripted();
    mind.says("Yes.");
    let events = served.events(&ask_streamed("Hello")).await;
    assert!(!events.iter().any(|event| event.contains("usage")), "{events:?}");
}

#[actix_web::test]
async fn parallel_calls_come_interleaved_and_can_be_put_together_by_index() {
    let (served, mind) = Served::scripted();
    let body = "Dear Mateo, “bring” the book – ".repeat(4);
    let first = json!({ "student_id": "s-1001", "subject": "Hello", "body": body });
    let second = json!({ "student_id": "s-1002", "subject": "Hello", "body": body });
    let script = || {
        mind.calls([("send_email_to_student", first.clone()), ("send_email_to_student", second.clone())]);
    };
    script();
    let (text, calls, reason) = served.streamed(&ask_streamed("Write")).await;
    assert_eq!((text.as_str(), reason.as_deref()), ("", Some("tool_calls")));
    let arguments: Vec<Value> = calls.values().map(|call| serde_json::from_str(&call.2).unwrap()).collect();
    assert_eq!(arguments, [first.clone(), second.clone()]);
    assert!(calls.values().all(|call| call.0.starts_with("call_") && call.1 == "send_email_to_student"));
    assert_ne!(calls[&0].0, calls[&1].0);
    script();
    let events = served.events(&ask_streamed("Write")).await.join("\n");
    let order: Vec<char> = events.split("\"index\":").skip(1).filter_map(|rest| rest.chars().next()).collect();
    let switches = order.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(switches > 6, "both calls grow at the same time: {order:?}");
}

#[actix_web::test]
async fn words_and_calls_can_come_together_with_ids_of_the_script() {
    let (served, mind) = Served::scripted();
    let call = ToolCall { id: Some("call_own".into()), ..ToolCall::new("list_students", &json!({})) };
    let answer = Answer { calls: vec![call], ..Answer::text("Let me look.") };
    mind.push(answer.ending(FinishReason::Length));
    let (text, calls, reason) = served.streamed(&ask_streamed("Who is there?")).await;
    assert_eq!(text, "Let me look.");
    assert_eq!(calls[&0], ("call_own".into(), "list_students".into(), "{}".into()));
    assert_eq!(reason.as_deref(), Some("length"));
}

#[actix_web::test]
async fn a_request_without_a_key_is_refused() {
    let (served, mind) = Served::scripted();
    for path in ["chat/completions", "models"] {
        for key in [None, Some("Bearer "), Some("Basic abc")] {
            let url = format!("{}/v1/{path}", served.base);
            let request = if path == "models" { served.http.get(url) } else { served.http.post(url).json(&ask("Hi")) };
            let request = key.into_iter().fold(request, |request, key| request.header("authorization", key));
            let response = request.send().await.unwrap();
            assert_eq!(response.status().as_u16(), 401, "{path} {key:?}");
            let body: Value = response.json().await.unwrap();
            assert_eq!(body["error"]["type"], "invalid_request_error");
            assert!(body["error"].get("param").is_some() && body["error"].get("code").is_some());
        }
    }
    assert!(mind.requests().is_empty());
}

#[actix_web::test]
async fn malformed_requests_are_refused_with_the_field_at_fault() {
    let (served, mind) = Served::scripted();
    let call = json!({ "id": "a", "type": "function", "function": { "name": "f", "arguments": "{}" } });
    let with = |messages: Value| json!({ "model": "m", "messages": messages });
    let user = json!({ "role": "user", "content": "Hi" });
    let cases = [
        (json!({ "messages": [user] }), Some("model")),
        (json!({ "model": "m" }), Some("messages")),
        (with(json!([])), Some("messages")),
        (with(json!([{ "role": "robot", "content": "x" }])), Some("messages[0].role")),
        (with(json!([{ "role": "user", "content": null }])), Some("messages.[0].content")),
        (with(json!([{ "role": "assistant" }])), Some("messages.[0].content")),
        (with(json!([{ "role": "tool", "tool_call_id": "a", "content": "x" }])), Some("messages.[0].role")),
        (with(json!([user, { "role": "tool", "content": "x" }])), Some("messages.[1].tool_call_id")),
        (with(json!([user, { "role": "assistant", "tool_calls": [call] }])), Some("messages.[2].role")),
        (with(json!([user, { "role": "assistant", "tool_calls": [call] }, user])), Some("messages.[2].role")),
        (with(json!([user, { "role": "assistant", "tool_calls": [call, call] }])), Some("messages.[1].tool_calls")),
        (
            with(json!([user, { "role": "assistant", "tool_calls": [{ "id": "a" }] }])),
            Some("messages[1].tool_calls[0].function"),
        ),
        (
            json!({ "model": "m", "messages": [user], "tools": [{ "type": "function", "function": { "name": "a b" } }] }),
            Some("tools[0].function.name"),
        ),
        (json!({ "model": "m", "messages": "Hi" }), None),
        (json!("Hi"), None),
    ];
    for (body, param) in cases {
        let (status, error) = served.error(&body).await;
        assert_eq!((status, error["error"]["param"].as_str()), (400, param), "{body}: {error}");
        assert!(!error["error"]["message"].as_str().unwrap().is_empty());
    }
    assert!(mind.requests().is_empty(), "no mind hears a malformed request");
}

#[actix_web::test]
async fn what_is_not_json_is_refused_and_long_conversations_are_read() {
    let (served, mind) = Served::scripted();
    mind.says("That was long.");
    let url = format!("{}/v1/chat/completions", served.base);
    let response = served.http.post(url).bearer_auth("k").body("{not json").send().await.unwrap();
    assert_eq!(response.status().as_u16(), 400);
    assert!(response.json::<Value>().await.unwrap()["error"]["message"].as_str().unwrap().contains("JSON"));
    assert_eq!(served.post(&ask(&"long ".repeat(400_000))).await.status().as_u16(), 200);
}

#[actix_web::test]
async fn content_may_be_given_in_parts() {
    let (served, _) = Served::scripted();
    served.server.set_mind(Arc::new(|request: &Conversation| Reply::from(format!("{:?}", request.messages).as_str())));
    let parts = json!([{ "type": "text", "text": "Good " }, { "type": "text", "text": "morning" }]);
    let body = json!({ "model": "m", "messages": [{ "role": "developer", "content": parts }, { "role": "user", "content": parts }] });
    let answer: Value = served.post(&body).await.json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "[System(\"Good morning\"), User(\"Good morning\")]");
}

#[actix_web::test]
async fn the_models_are_listed_and_other_urls_are_unknown() {
    let (served, _) = Served::scripted();
    let get = |path: &str| served.http.get(format!("{}{path}", served.base)).bearer_auth("k").send();
    let models: Value = get("/v1/models").await.unwrap().json().await.unwrap();
    assert_eq!((models["object"].as_str(), models["data"][0]["object"].as_str()), (Some("list"), Some("model")));
    let unknown = get("/v1/embeddings").await.unwrap();
    assert_eq!(unknown.status().as_u16(), 404);
    assert!(unknown.json::<Value>().await.unwrap()["error"]["message"].as_str().unwrap().contains("Invalid URL"));
}

#[actix_web::test]
async fn a_script_is_played_in_order_remembers_what_it_heard_and_says_when_it_is_empty() {
    let (served, mind) = Served::scripted();
    mind.says("One").push(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "Slow down.").retry_after(2));
    assert_eq!(served.post(&ask("first")).await.status().as_u16(), 200);
    let refused = served.post(&ask("second")).await;
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "2"));
    assert_eq!(refused.json::<Value>().await.unwrap()["error"]["type"], "rate_limit_error");
    let (status, error) = served.error(&ask("third")).await;
    assert_eq!((status, error["error"]["code"].as_str()), (400, Some("script_is_empty")));
    let heard: Vec<Value> = mind.requests().iter().map(|body| body["messages"][0]["content"].clone()).collect();
    assert_eq!(heard, ["first", "second", "third"]);
    assert_eq!(mind.left(), 0);
    assert_eq!(served.server.requests()[0].authorization.as_deref(), Some("Bearer any-key"));
}

#[actix_web::test]
async fn raw_bytes_are_played_as_they_are() {
    let (served, mind) = Served::scripted();
    mind.push(Raw::bytes(&b"data: {\"broken\r\n\xff\xfe"[..]));
    let played = served.post(&ask_streamed("Hi")).await.bytes().await.unwrap();
    assert_eq!(&played[..], b"data: {\"broken\r\n\xff\xfe");
    mind.push(Raw::events([json!({ "error": { "message": "overloaded" } })]).done());
    assert_eq!(served.events(&ask_streamed("Hi")).await, ["{\"error\":{\"message\":\"overloaded\"}}", "[DONE]"]);
}

#[actix_web::test]
async fn a_cut_stream_ends_in_an_error_and_not_in_an_end() {
    let (served, mind) = Served::scripted();
    mind.push(Raw::bytes("data: {}\n\n").ending(Ending::Cut));
    assert!(served.post(&ask_streamed("Hi")).await.bytes().await.is_err());
    mind.push(Raw::bytes("data: {}\n\n"));
    assert!(served.post(&ask_streamed("Hi")).await.bytes().await.is_ok());
}

#[actix_web::test]
async fn a_stream_that_nobody_reads_any_more_is_seen_to_be_abandoned() {
    let (served, mind) = Served::scripted();
    mind.push(Raw::bytes("data: {}\n\n").ending(Ending::Stall));
    let mut stream = served.post(&ask_streamed("Hi")).await.bytes_stream();
    assert!(stream.next().await.unwrap().is_ok());
    let fate = || served.server.requests()[0].fate();
    assert_eq!(fate(), Fate::Open);
    drop(stream);
    for _ in 0..100 {
        if fate() == Fate::Abandoned {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(fate(), Fate::Abandoned);
    mind.says("All of it.");
    served.events(&ask_streamed("Hi")).await;
    assert_eq!(served.server.requests()[1].fate(), Fate::Finished);
}

#[actix_web::test]
async fn the_pace_is_kept() {
    let (served, mind) = Served::scripted();
    let slow = Pace { first: Duration::from_millis(40), piece: Duration::from_millis(20) };
    mind.push(Answer::text("one two three four five six").at(slow));
    let begun = std::time::Instant::now();
    let events = served.events(&ask_streamed("Hi")).await;
    let least = 40 + 20 * (u64::try_from(events.len()).unwrap() - 1);
    assert!(begun.elapsed() >= Duration::from_millis(least), "{:?} for {} events", begun.elapsed(), events.len());
}

#[actix_web::test]
async fn the_mind_can_be_exchanged_while_the_server_runs() {
    let (served, mind) = Served::scripted();
    mind.says("scripted");
    assert!(served.events(&ask_streamed("Hi")).await.concat().contains("scripted"));
    served.server.set_mind(Arc::new(DemoMind::default()));
    let (text, _, _) = served.streamed(&ask_streamed("Hello")).await;
    assert!(text.contains("I am the demo model"), "{text}");
}

#[actix_web::test]
async fn the_demo_model_asks_for_tools_over_the_wire_and_answers_from_their_results() {
    let served = Served::new(Arc::new(DemoMind::default()));
    let mut body = ask_streamed("How are my students going this semester?");
    let tool =
        |name: &str| json!({ "type": "function", "function": { "name": name, "parameters": { "type": "object" } } });
    body["tools"] = json!([tool("list_teaching_classes"), tool("forecast_passing"), tool("get_teaching_class")]);
    let classes = json!({ "classes": [{ "class_id": "c-01", "title": "Algebra I · 10B", "current": true, "students": 24, "average": "7.41", "at_risk": 0 }] });
    let forecast = json!({ "pass_mark": "7.00", "students": [{ "student_id": "s-1", "name": "Mateo Nguyen", "class_id": "c-01", "class": "Algebra I · 10B", "needed": "9.40", "standing": "at_risk" }] });
    for (name, result) in [("list_teaching_classes", classes), ("forecast_passing", forecast)] {
        let (_, calls, reason) = served.streamed(&body).await;
        let (id, called, arguments) = &calls[&0];
        assert_eq!((called.as_str(), reason.as_deref()), (name, Some("tool_calls")));
        let messages = body["messages"].as_array_mut().unwrap();
        let function = json!({ "name": called, "arguments": arguments });
        messages.push(json!({ "role": "assistant", "content": null, "tool_calls": [{ "id": id, "type": "function", "function": function }] }));
        messages.push(json!({ "role": "tool", "tool_call_id": id, "content": result.to_string() }));
    }
    let (text, calls, reason) = served.streamed(&body).await;
    assert!(calls.is_empty() && reason.as_deref() == Some("stop"));
    assert!(text.contains("| Mateo Nguyen | Algebra I · 10B | 9.40 | at risk |"), "{text}");
    assert!(text.contains("(24 students): average 7.41"), "{text}");
}
