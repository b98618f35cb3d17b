//! The conversation as the demo model reads it: past turns, and the present one.
//!
//! A flow asks for tool results as if they were there and leaves by `?` when
//! they are not: the [`Step`] it leaves with is the model's next message. So a
//! turn is always resumed from the wire alone, and nothing is kept between
//! two requests.

use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::reply::ToolCall;
use super::super::wire::{Conversation, Message, OfferedTool};
use super::words::Words;

/// After so many rounds of calls the model answers with what it has.
const ROUNDS: usize = 4;

/// The one tool that writes to somebody.
pub const SEND: &str = "send_email_to_student";
/// The one tool that invites somebody.
pub const SCHEDULE: &str = "schedule_meeting";

/// What the model does next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// It calls tools, all at once.
    Call(Vec<ToolCall>),
    /// It answers.
    Say(String),
}

/// A question to a tool: its name and arguments.
pub type Question = (&'static str, Value);

/// A person's words with all that followed them.
#[derive(Debug, Default)]
pub struct Turn<'a> {
    /// What the person said.
    pub words: Words,
    /// The calls that have a result.
    pub calls: Vec<Finished<'a>>,
    /// What the model said, all together.
    pub said: String,
    rounds: usize,
}

/// A call with its result.
#[derive(Debug)]
pub struct Finished<'a> {
    /// The tool.
    pub name: &'a str,
    /// What it was asked.
    pub arguments: &'a Value,
    /// What it answered.
    pub result: Value,
}

/// A conversation, cut into turns.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The turn that waits for the next message.
    pub present: Turn<'a>,
    /// The turns before it, oldest first.
    pub past: Vec<Turn<'a>>,
    /// The teacher's name, when the instructions tell it.
    pub teacher: Option<String>,
    /// The day that it is, when the instructions tell it.
    pub today: Option<Date>,
    tools: &'a [OfferedTool],
}

impl<'a> Scene<'a> {
    /// Reads a request.
    pub fn read(request: &'a Conversation) -> Self {
        let mut past: Vec<Turn<'a>> = Vec::new();
        let (mut teacher, mut today) = (None, None);
        for message in &request.messages {
            match message {
                Message::System(text) => {
                    teacher = teacher_in(text).or(teacher);
                    today = today_in(text).or(today);
                }
                Message::User(text) => past.push(Turn { words: Words::read(text), ..Turn::default() }),
                Message::Assistant { text, calls } => {
                    if let Some(turn) = past.last_mut() {
                        turn.said.push_str(text);
                        turn.rounds += usize::from(!calls.is_empty());
                    }
                }
                Message::Tool { call_id, content } => finish(&mut past, request, call_id, content),
            }
        }
        let present = past.pop().unwrap_or_default();
        Self { present, past, teacher, today, tools: &request.tools }
    }

    /// Whether nothing was answered in this conversation before.
    pub fn is_first_answer(&self) -> bool {
        self.past.iter().all(|turn| turn.said.trim().is_empty())
    }

    /// The results of all `questions`, in order, asking in one round for those that are missing.
    pub fn ask_all<T: DeserializeOwned>(&self, questions: &[Question]) -> Result<Vec<T>, Step> {
        self.have(questions)?;
        questions.iter().map(|question| self.ask(question)).collect()
    }

    /// The result of one question.
    pub fn ask<T: DeserializeOwned>(&self, question: &Question) -> Result<T, Step> {
        self.have(std::slice::from_ref(question))?;
        let result = self.present.answer_to(question).unwrap_or(&Value::Null);
        if let Some(trouble) = trouble(result) {
            let tool = question.0;
            return Err(Step::Say(format!("I could not finish this: the tool `{tool}` answered “{trouble}”.")));
        }
        serde_json::from_value(result.clone()).map_err(|_| {
            Step::Say(format!(
                "The tool `{}` answered in a form that I cannot read, so I would rather stop here.",
                question.0
            ))
        })
    }

    /// Goes on only when every question has a result, of whatever kind.
    pub fn have(&self, questions: &[Question]) -> Result<(), Step> {
        let missing: Vec<&Question> =
            questions.iter().filter(|question| self.present.answer_to(question).is_none()).collect();
        match missing.first() {
            None => Ok(()),
            Some((tool, _)) if !self.tools.iter().any(|offered| offered.name == *tool) => {
                Err(Step::Say(format!("For this I need the tool `{tool}`, and this application did not offer it to me.")))
            }
            Some(_) if self.present.rounds >= ROUNDS => {
                Err(Step::Say("I have looked up a lot for this question without reaching an answer, so I stop here. Please ask for one student or one class at a time.".into()))
            }
            Some(_) => {
                Err(Step::Call(missing.into_iter().map(|(tool, arguments)| ToolCall::new(*tool, arguments)).collect()))
            }
        }
    }
}

impl Turn<'_> {
    /// The result of the same question asked before in this turn.
    ///
    /// A mail is found by its student alone: the application may have put the
    /// teacher's edits into the arguments, and must not be asked to send twice.
    pub fn answer_to(&self, question: &Question) -> Option<&Value> {
        let same = |asked: &Value| {
            if [SEND, SCHEDULE].contains(&question.0) {
                asked.get("student_id") == question.1.get("student_id")
            } else {
                given(asked) == given(&question.1)
            }
        };
        self.calls.iter().find(|call| call.name == question.0 && same(call.arguments)).map(|call| &call.result)
    }

    /// The mails that the model asked to send in this turn.
    pub fn mails(&self) -> impl Iterator<Item = &Finished<'_>> {
        self.calls.iter().filter(|call| call.name == SEND)
    }
}

/// The questions that several flows ask.
pub mod questions {
    use super::{Question, SEND, Value, json};

    pub fn classes() -> Question {
        ("list_teaching_classes", json!({}))
    }

    pub fn students() -> Question {
        ("list_students", json!({ "class_id": null }))
    }

    pub fn class(id: &str) -> Question {
        ("get_teaching_class", json!({ "class_id": id }))
    }

    pub fn student(id: &str) -> Question {
        ("get_student", json!({ "student_id": id }))
    }

    pub fn forecast(class_id: Option<&str>) -> Question {
        ("forecast_passing", json!({ "class_id": class_id, "student_id": null }))
    }

    pub fn mail(arguments: Value) -> Question {
        (SEND, arguments)
    }
}

/// What went wrong, when a result says that something did.
pub fn trouble(result: &Value) -> Option<String> {
    match result {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => {
            let error = fields.get("error").filter(|error| !error.is_null())?;
            let text = error.as_str().or_else(|| error.get("message")?.as_str());
            Some(text.map_or_else(|| error.to_string(), str::to_owned))
        }
        Value::Null => Some("nothing".into()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => Some(result.to_string()),
    }
}

/// The arguments that were really given: strict schemas make models send `null` for the rest.
fn given(arguments: &Value) -> Vec<(&String, &Value)> {
    let mut given: Vec<_> = arguments.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()).collect();
    given.sort_by_key(|(name, _)| *name);
    given
}

fn finish<'a>(turns: &mut [Turn<'a>], request: &'a Conversation, id: &str, content: &str) {
    let calls = request.messages.iter().rev().filter_map(|message| match message {
        Message::Assistant { calls, .. } => calls.iter().find(|call| call.id == id),
        Message::System(_) | Message::User(_) | Message::Tool { .. } => None,
    });
    if let (Some(turn), Some(call)) = (turns.last_mut(), calls.into_iter().next()) {
        let result = serde_json::from_str(content).unwrap_or_else(|_| Value::String(content.to_owned()));
        turn.calls.push(Finished { name: &call.name, arguments: &call.arguments, result });
    }
}

/// Reads "Today is 2026-11-21;".
fn today_in(instructions: &str) -> Option<Date> {
    let (_, rest) = instructions.split_once("Today is ")?;
    rest.get(..10)?.parse().ok()
}

/// Reads "The teacher's name is Ms. Ada Okafor." up to the end of the sentence.
fn teacher_in(instructions: &str) -> Option<String> {
    let plain = instructions.replace('’', "'");
    let (_, rest) = plain.split_once("teacher's name is ")?;
    let line = rest.lines().next().unwrap_or_default();
    let mut name: Vec<&str> = Vec::new();
    for word in line.split_whitespace() {
        name.push(word);
        let bare = word.trim_end_matches(['.', ',', ';', '"']);
        let title = ["Mr", "Ms", "Mrs", "Mx", "Dr", "Prof"].contains(&bare) || bare.chars().count() == 1;
        if bare.len() < word.len() && !title {
            break;
        }
    }
    let name = name.join(" ");
    let name = name.trim_matches(['.', ',', ';', '"', ' ']);
    (!name.is_empty()).then(|| name.to_owned())
}
