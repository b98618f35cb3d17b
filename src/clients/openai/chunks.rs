//! The chunks of a streamed answer, and how they are put together.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::assistant::model::{Finish, ModelCall, ModelError, ModelEvent, Usage};

/// One `chat.completion.chunk`, read leniently.
#[derive(Debug, Deserialize, Default)]
pub(super) struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    /// In the last chunk, after the finish reason, where it was asked for.
    usage: Option<Counted>,
    /// Some providers answer 200 and put the error into the stream.
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Counted {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

impl Chunk {
    /// What the service has counted, where this chunk tells.
    pub(super) fn usage(&self) -> Option<Usage> {
        let counted = self.usage.as_ref().filter(|counted| counted.prompt_tokens > 0)?;
        Some(Usage { input: counted.prompt_tokens, output: counted.completion_tokens })
    }
}

#[derive(Debug, Deserialize)]
struct Choice {
    #[serde(default)]
    index: u32,
    #[serde(default)]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize, Default)]
struct Delta {
    content: Option<String>,
    /// What a model says when it declines; it is text for the teacher.
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Debug, Deserialize)]
struct CallDelta {
    index: Option<u32>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Debug, Deserialize)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<String>,
}

/// The largest arguments of one call, in bytes.
const LARGEST_ARGUMENTS: usize = 64 * 1024;
/// The most calls that are put together; the turn's own budget is far below.
const MOST_CALLS: usize = 512;
/// The longest answer, in bytes.
const LONGEST_ANSWER: usize = 256 * 1024;

/// An answer while it is put together.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    calls: BTreeMap<u32, ModelCall>,
    last: u32,
    said: usize,
    ended: bool,
}

type Event = Result<ModelEvent, ModelError>;

impl Assembly {
    /// Whether the answer is whole.
    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Takes a chunk; what it makes known comes back.
    pub(super) fn take(&mut self, chunk: Chunk) -> Vec<Event> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return vec![Err(super::faults::in_stream(&error))];
        }
        let mut events = Vec::new();
        // Only the first choice is ours: one is all that was asked for.
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            self.take_choice(choice, &mut events);
        }
        // Arguments of a call take their time, and tell nothing until they are whole.
        if events.is_empty() {
            events.push(Ok(ModelEvent::Working));
        }
        events
    }

    fn take_choice(&mut self, choice: Choice, events: &mut Vec<Event>) {
        let delta = choice.delta.unwrap_or_default();
        for text in [delta.content, delta.refusal].into_iter().flatten().filter(|text| !text.is_empty()) {
            self.said += text.len();
            if self.said > LONGEST_ANSWER {
                return events.push(too_large());
            }
            events.push(Ok(ModelEvent::Text(text)));
        }
        for call in delta.tool_calls.unwrap_or_default() {
            self.take_call(call);
        }
        if self.calls.values().any(|call| call.arguments.len() > LARGEST_ARGUMENTS) {
            events.push(too_large());
        } else if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            events.push(self.finish(&reason));
        }
    }

    /// By index where one is given; else an id that is new opens a call and
    /// everything else continues the last one.
    fn take_call(&mut self, delta: CallDelta) {
        let id = delta.id.filter(|id| !id.is_empty());
        let at = delta.index.unwrap_or_else(|| self.place(id.as_deref()));
        if self.calls.len() >= MOST_CALLS && !self.calls.contains_key(&at) {
            return;
        }
        self.last = at;
        let call = self.calls.entry(at).or_insert_with(|| ModelCall {
            id: String::new(),
            tool: String::new(),
            arguments: String::new(),
        });
        if let Some(id) = id.filter(|_| call.id.is_empty()) {
            call.id = id;
        }
        let Some(function) = delta.function else { return };
        if let Some(name) = function.name.filter(|_| call.tool.is_empty()) {
            call.tool = name;
        }
        call.arguments.push_str(&function.arguments.unwrap_or_default());
    }

    fn place(&self, id: Option<&str>) -> u32 {
        match id {
            None => self.last,
            Some(id) => self
                .calls
                .iter()
                .find(|(_, call)| call.id == id)
                .map_or_else(|| self.calls.keys().next_back().map_or(0, |last| last.saturating_add(1)), |(at, _)| *at),
        }
    }

    fn finish(&mut self, reason: &str) -> Event {
        self.ended = true;
        let finish = match reason {
            "length" => Finish::Length,
            "content_filter" => Finish::Filtered,
            // "stop", "tool_calls", and whatever a compatible server invents.
            _ => Finish::Natural,
        };
        let calls: Vec<_> = std::mem::take(&mut self.calls).into_values().collect();
        // Arguments that were cut are not arguments.
        if finish == Finish::Length && !calls.is_empty() {
            return Err(ModelError::BrokenOff("it ran into its limit inside a call".to_owned()));
        }
        Ok(ModelEvent::End { calls, finish })
    }

    /// The stream is over, and the answer is not whole.
    pub(super) fn cut_off() -> Event {
        Err(ModelError::BrokenOff("the stream ended without a finish reason".to_owned()))
    }
}

fn too_large() -> Event {
    Err(ModelError::BrokenOff("the answer is larger than any sensible one".to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(chunks: &[Value]) -> Vec<Event> {
        let mut assembly = Assembly::default();
        let mut events = Vec::new();
        for chunk in chunks {
            events.extend(assembly.take(serde_json::from_value(chunk.clone()).expect("a chunk")));
            if assembly.is_ended() {
                return events;
            }
        }
        events.push(Assembly::cut_off());
        events
    }

    fn delta(delta: &Value) -> Value {
        json!({ "choices": [{ "index": 0, "delta": delta }] })
    }

    fn stop(reason: &str) -> Value {
        json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
    }

    fn calls(events: &[Event]) -> Vec<(String, String)> {
        match events.last() {
            Some(Ok(ModelEvent::End { calls, .. })) => {
                calls.iter().map(|call| (call.tool.clone(), call.arguments.clone())).collect()
            }
            other => panic!("no end: {other:?}"),
        }
    }

    #[test]
    fn calls_that_come_in_interleaved_pieces_are_put_together_by_index() {
        let events = read(&[
            delta(
                &json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "one", "arguments": "" } }] }),
            ),
            delta(
                &json!({ "tool_calls": [{ "index": 1, "id": "b", "function": { "name": "two", "arguments": "{\"x\"" } }] }),
            ),
            delta(
                &json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "{}" } }, { "index": 1, "function": { "arguments": ":1}" } }] }),
            ),
            stop("tool_calls"),
        ]);
        assert_eq!(calls(&events), [("one".into(), "{}".into()), ("two".into(), "{\"x\":1}".into())]);
    }

    #[test]
    fn a_server_that_gives_ids_but_no_index_is_understood() {
        let events = read(&[
            delta(&json!({ "tool_calls": [{ "id": "a", "function": { "name": "one", "arguments": "{\"y\":" } }] })),
            delta(&json!({ "tool_calls": [{ "function": { "arguments": "2}" } }] })),
            delta(&json!({ "tool_calls": [{ "id": "b", "function": { "name": "two", "arguments": "{}" } }] })),
            stop("stop"),
        ]);
        assert_eq!(calls(&events), [("one".into(), "{\"y\":2}".into()), ("two".into(), "{}".into())]);
    }

    #[test]
    fn what_is_larger_than_any_sensible_answer_breaks_off() {
        let call = |at: usize, text: &str| {
            let function = json!({ "name": "one", "arguments": text });
            delta(&json!({ "tool_calls": [{ "index": at, "id": format!("c{at}"), "function": function }] }))
        };
        let say = |_: usize, text: &str| delta(&json!({ "content": text }));
        let breaks = |chunks: &[Value]| read(chunks).iter().any(Result::is_err);
        for (piece, most) in [(&call as &dyn Fn(usize, &str) -> Value, LARGEST_ARGUMENTS), (&say, LONGEST_ANSWER)] {
            let half = "x".repeat(most / 2);
            assert!(!breaks(&[piece(0, &half), piece(0, &half), stop("stop")]));
            assert!(breaks(&[piece(0, &half), piece(0, &half), piece(0, "x"), stop("stop")]));
        }
        let many: Vec<Value> = (0..MOST_CALLS + 9).map(|at| call(at, "{}")).chain([stop("stop")]).collect();
        assert_eq!(calls(&read(&many)).len(), MOST_CALLS);
    }

    #[test]
    fn a_stream_without_a_finish_reason_was_cut() {
        let events = read(&[delta(&json!({ "content": "Half" }))]);
        assert!(matches!(events.last(), Some(Err(ModelError::BrokenOff(_)))), "{events:?}");
    }

    #[test]
    fn an_error_inside_a_stream_is_an_error() {
        let events = read(&[json!({ "error": { "message": "overloaded", "code": 503 } })]);
        assert!(matches!(events.first(), Some(Err(_))), "{events:?}");
    }

    #[test]
    fn a_call_cut_by_the_output_limit_never_runs() {
        let open =
            json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "one", "arguments": "{\"x" } }] });
        let events = read(&[delta(&open), stop("length")]);
        assert!(matches!(events.last(), Some(Err(ModelError::BrokenOff(_)))), "{events:?}");
    }

    #[test]
    fn an_answer_without_measure_is_broken_off() {
        let open = json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "one", "arguments": "x".repeat(70_000) } }] });
        assert!(read(&[delta(&open)]).iter().any(|e| matches!(e, Err(ModelError::BrokenOff(_)))));
        let flood = vec![delta(&json!({ "content": "x".repeat(100_000) })); 3];
        assert!(read(&flood).iter().any(|e| matches!(e, Err(ModelError::BrokenOff(_)))));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn however_arguments_are_cut_they_come_out_whole(text in "\\PC{0,60}", cuts in prop::collection::vec(0usize..60, 0..6)) {
            let chars: Vec<char> = text.chars().collect();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(chars.len())).collect();
            cuts.extend([0, chars.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|w| chars[w[0]..w[1]].iter().collect::<String>());
            let mut chunks = vec![delta(&json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "one" } }] }))];
            chunks.extend(pieces.map(|p| delta(&json!({ "tool_calls": [{ "index": 0, "function": { "arguments": p } }] }))));
            chunks.push(stop("tool_calls"));
            prop_assert_eq!(calls(&read(&chunks)), vec![("one".to_owned(), text)]);
        }
    }

    /// Any JSON, with the words of the protocol in it more often than not.
    fn any_json() -> impl Strategy<Value = Value> {
        let word = prop_oneof![
            Just("choices"),
            Just("delta"),
            Just("content"),
            Just("tool_calls"),
            Just("index"),
            Just("id"),
            Just("function"),
            Just("name"),
            Just("arguments"),
            Just("finish_reason"),
            Just("error"),
            Just("message"),
            Just("stop"),
            Just("length"),
            Just("refusal"),
            Just("reasoning_content"),
            Just("usage"),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            word.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 8, 3, move |inner| {
            let key = prop_oneof![4 => word.clone().prop_map(str::to_owned), 1 => "\\PC{0,6}".prop_map(String::from)];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec((key, inner), 0..3).prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    /// A chunk of a stream in which some parts are anything at all.
    fn any_chunk() -> impl Strategy<Value = Value> {
        let call = (any_json(), any_json(), any_json(), any_json()).prop_map(|(index, id, name, arguments)| {
            json!({ "index": index, "id": id, "function": { "name": name, "arguments": arguments } })
        });
        let small = (0_i64..4, "[a-c]{1,2}", "[\\PC]{0,6}").prop_map(|(index, id, arguments)| {
            json!({ "index": index, "id": id, "function": { "name": "one", "arguments": arguments } })
        });
        prop_oneof![
            2 => any_json(),
            2 => any_json().prop_map(|inner| delta(&inner)),
            3 => prop::collection::vec(prop_oneof![call, small], 0..4).prop_map(|calls| delta(&json!({ "tool_calls": calls }))),
            1 => any_json().prop_map(|reason| json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })),
            1 => Just(stop("tool_calls")),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever comes, nothing panics, and an answer ends at most once.
        #[test]
        fn no_json_makes_the_assembly_panic(chunks in prop::collection::vec(any_chunk(), 0..4)) {
            let mut assembly = Assembly::default();
            let mut ends = 0;
            for chunk in chunks {
                if let Ok(chunk) = serde_json::from_str::<Chunk>(&chunk.to_string()) {
                    ends += assembly.take(chunk).iter().filter(|event| matches!(event, Ok(ModelEvent::End { .. }))).count();
                    if assembly.is_ended() {
                        break;
                    }
                }
            }
            prop_assert!(ends <= 1);
        }
    }
}
