//! The demo model, played against a small school that answers its calls.

mod answers;
mod laws;
mod letters;
mod school;

use serde_json::{Value, json};

use super::super::wire::Conversation;
use super::scene::{Scene, Step};
use school::School;

/// A conversation between a teacher and the demo model, with a school that runs the tools.
pub(super) struct Chat {
    pub school: School,
    pub messages: Vec<Value>,
    /// The calls of the latest turn, round by round.
    pub rounds: Vec<Vec<(String, Value)>>,
    /// The texts that the numbers of an answer may come from.
    pub sources: String,
    next_id: usize,
}

pub(super) const TOOLS: [&str; 9] = [
    "list_teaching_classes",
    "get_teaching_class",
    "list_students",
    "get_student",
    "forecast_passing",
    "send_email_to_student",
    "show_chart",
    "list_events",
    "schedule_meeting",
];

impl Chat {
    pub fn new() -> Self {
        Self::at(School::sample())
    }

    pub fn at(school: School) -> Self {
        let system = json!({ "role": "system", "content": "You help a teacher.\nThe teacher's name is Ms. Ada Okafor. Be kind.\nToday is 2026-11-21; the current semester is the second." });
        Self { school, messages: vec![system], rounds: Vec::new(), sources: String::new(), next_id: 0 }
    }

    pub fn request(&self) -> Conversation {
        let tools: Vec<Value> = TOOLS
            .iter()
            .map(|name| json!({ "type": "function", "function": { "name": name, "parameters": {} } }))
            .collect();
        let body = json!({ "model": "demo", "messages": self.messages, "tools": tools });
        Conversation::parse(&body.into()).expect("the chat keeps the rules of the wire")
    }

    /// Says something and plays the turn to its end.
    pub fn say(&mut self, words: &str) -> String {
        self.messages.push(json!({ "role": "user", "content": words }));
        self.sources.push_str(words);
        self.sources.push('\n');
        self.rounds.clear();
        for _ in 0..=4 {
            let request = self.request();
            match super::next(&Scene::read(&request)) {
                Step::Say(text) => {
                    self.messages.push(json!({ "role": "assistant", "content": text }));
                    return text;
                }
                Step::Call(calls) => {
                    let calls = calls
                        .into_iter()
                        .map(|call| (call.name, serde_json::from_str(&call.arguments).expect("arguments are JSON")));
                    self.run(calls.collect());
                }
            }
        }
        panic!("the demo model went on calling tools: {:#?}", self.rounds);
    }

    fn run(&mut self, calls: Vec<(String, Value)>) {
        assert!(!calls.is_empty(), "a round without calls never ends");
        let mut wire = Vec::new();
        let mut results = Vec::new();
        for (name, arguments) in &calls {
            self.next_id += 1;
            let id = format!("call_{}", self.next_id);
            let function = json!({ "name": name, "arguments": arguments.to_string() });
            wire.push(json!({ "id": id, "type": "function", "function": function }));
            let result = self.school.run(name, arguments);
            self.sources.push_str(&result);
            self.sources.push('\n');
            results.push(json!({ "role": "tool", "tool_call_id": id, "content": result }));
        }
        self.messages.push(json!({ "role": "assistant", "content": null, "tool_calls": wire }));
        self.messages.extend(results);
        self.rounds.push(calls);
    }

    /// The names of the tools that the latest turn called, in order.
    pub fn called(&self) -> Vec<&str> {
        self.rounds.iter().flatten().map(|(name, _)| name.as_str()).collect()
    }

    /// The mails that the latest turn drafted: student id, subject, body.
    pub fn mails(&self) -> Vec<(String, String, String)> {
        let field = |arguments: &Value, name: &str| arguments[name].as_str().expect("a text").to_owned();
        let mails = self.rounds.iter().flatten().filter(|(name, _)| name == "send_email_to_student");
        mails.map(|(_, mail)| (field(mail, "student_id"), field(mail, "subject"), field(mail, "body"))).collect()
    }

    /// The students that the latest turn drafted mails to.
    pub fn recipients(&self) -> Vec<String> {
        self.mails().into_iter().map(|(id, _, _)| id).collect()
    }
}
