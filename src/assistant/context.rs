//! The context: what the model reads.
//!
//! The transcript is the one truth: what the model reads is computed here from
//! the same stored turns that the page shows.

use super::{
    conversation::{Note, StoredTurn},
    model::{Message, ModelCall},
    trusted::Trusted,
    turn::{Call, CallState, Outcome, Step},
    untrusted::{self, Mark},
};

/// How much of the past the model reads, in estimated tokens.
pub const HISTORY_TOKENS: usize = 24_000;

/// The conversation as the model reads it: the rules, as many past turns as fit
/// (whole ones, so that no call is without its result), and the present turn.
///
/// The past is the way to the present turn alone: what stands on another version
/// of a turn is not remembered, and a note about it is not read.
///
/// This is the one place where a context is built. The application's own words
/// become system messages, the teacher's become user messages, and all that a
/// tool found becomes tool messages, foreign text in it between this turn's marks.
pub fn as_messages(system: Trusted, past: &[StoredTurn], notes: &[Note], present: &StoredTurn) -> Vec<Message> {
    let mark = Mark::of(&present.turn.id);
    let past: Vec<&StoredTurn> = past.iter().filter(|turn| turn.seq < present.seq).collect();
    let notes = Placed::on(&past, present, notes);
    let present_messages = turn_messages(present, &notes, &mark);
    let mut budget = HISTORY_TOKENS.saturating_sub(present_messages.iter().map(tokens).sum());
    let mut kept = Vec::new();
    for turn in past.into_iter().rev() {
        let messages = turn_messages(turn, &notes, &mark);
        let cost = messages.iter().map(tokens).sum::<usize>();
        if cost > budget {
            break;
        }
        budget -= cost;
        kept.push(messages);
    }
    let mut all = vec![Message::System { content: system }];
    all.extend(notes.behind(0));
    all.extend(kept.into_iter().rev().flatten());
    all.extend(present_messages);
    all
}

/// Notes, each behind the turn on the way that it was written after.
struct Placed<'a>(Vec<(i64, &'a Note)>);

impl<'a> Placed<'a> {
    fn on(past: &[&StoredTurn], present: &StoredTurn, notes: &'a [Note]) -> Self {
        let way: Vec<i64> = past.iter().map(|turn| turn.seq).chain([present.seq]).collect();
        let on_the_way = notes.iter().filter(|note| note.about == 0 || way.contains(&note.about));
        let behind = |note: &Note| way.iter().copied().filter(|seq| *seq <= note.after_seq).max().unwrap_or(0);
        Self(on_the_way.map(|note| (behind(note), note)).collect())
    }

    /// The messages behind a turn; 0 stands for the beginning.
    fn behind(&self, seq: i64) -> impl Iterator<Item = Message> + '_ {
        let here = self.0.iter().filter(move |(behind, _)| *behind == seq);
        here.map(|(_, note)| Message::System { content: note.text.clone() })
    }
}

fn turn_messages(turn: &StoredTurn, notes: &Placed<'_>, mark: &Mark) -> Vec<Message> {
    let mut messages = vec![Message::User { content: turn.turn.words.clone() }];
    messages.extend(turn.turn.steps.iter().flat_map(|step| step_messages(turn.seq, step, mark)));
    messages.extend(notes.behind(turn.seq));
    messages
}

fn step_messages(seq: i64, step: &Step, mark: &Mark) -> Vec<Message> {
    if step.text.is_empty() && step.calls.is_empty() {
        return Vec::new();
    }
    let calls = step.calls.iter().map(|call| model_call(seq, call)).collect();
    let mut messages = vec![Message::Assistant { content: step.text.clone(), calls }];
    messages.extend(step.calls.iter().filter_map(|call| match &call.state {
        CallState::Finished { result } => {
            let content = match result.outcome {
                Outcome::Done => untrusted::for_model(&result.said, mark),
                // Our own words about what was not done.
                Outcome::Refused
                | Outcome::Declined
                | Outcome::Undecided
                | Outcome::Failed
                | Outcome::Unknown
                | Outcome::NotRun => result.said.as_str().to_owned(),
            };
            Some(Message::Tool { call_id: wire_id(seq, &call.id), content })
        }
        CallState::Open | CallState::Waiting { .. } => None,
    }));
    messages
}

fn model_call(seq: i64, call: &Call) -> ModelCall {
    ModelCall { id: wire_id(seq, &call.id), tool: call.tool.clone(), arguments: call.arguments.clone() }
}

/// Our own id goes back to the model: its own may repeat or be missing, and the
/// provider only wants the pair to match. Unique in the conversation, so that a
/// later note can name the call.
pub fn wire_id(seq: i64, call: &str) -> String {
    format!("call-{seq}-{call}")
}

/// How many tokens a message has: a cautious estimate, by which three bytes make
/// a token and each message costs a few.
pub fn tokens(message: &Message) -> usize {
    let bytes = match message {
        Message::System { content } => content.as_str().len(),
        Message::User { content } | Message::Tool { content, .. } => content.len(),
        Message::Assistant { content, calls } => {
            content.len() + calls.iter().map(|call| call.tool.len() + call.arguments.len() + 16).sum::<usize>()
        }
    };
    bytes / 3 + 8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{
        assistant::{
            ids::{ClientId, ConversationId, TurnId},
            model::Finish,
            turn::{CallResult, Ending, Turn},
        },
        clock::{Clock, SystemClock, SystemIds},
        school::TeacherId,
    };

    fn stored(seq: i64, calls: usize, size: usize) -> StoredTurn {
        let mut turn = Turn::new(TurnId::fresh(&SystemIds), format!("question {seq}"));
        turn.begin_step();
        let call = |n: usize| ModelCall { id: String::new(), tool: "list".into(), arguments: n.to_string() };
        turn.model_said((0..calls).map(call).collect(), Finish::Natural);
        for n in 0..calls {
            let said = json!("x".repeat(size));
            let (said, did) = (said.into(), String::new());
            let result = CallResult { outcome: Outcome::Done, said, did, took_ms: 0, shown: None };
            turn.call_finished(&format!("0-{n}"), result).expect("the call is open");
        }
        turn.begin_step();
        turn.add_text("answer");
        turn.model_said(vec![], Finish::Natural);
        turn.close(Ending::Done);
        StoredTurn {
            turn,
            teacher: TeacherId::new("t"),
            conversation: ConversationId::fresh(&SystemIds),
            seq,
            parent: seq - 1,
            client_id: ClientId::fresh(&SystemIds),
            version: 0,
            asked_at: SystemClock.now(),
            noted: Vec::new(),
            spent: Vec::new(),
        }
    }

    #[test]
    fn a_note_stands_behind_its_turn() {
        let (first, second) = (stored(1, 0, 0), stored(2, 0, 0));
        let notes = [Note { after_seq: 1, about: 1, text: Trusted::from("sent later") }];
        let messages = as_messages("rules".into(), &[first], &notes, &second);
        let note = messages.iter().position(|m| *m == Message::System { content: Trusted::from("sent later") });
        assert_eq!(note, Some(3), "{messages:?}");
    }

    #[test]
    fn a_note_about_another_version_is_not_read_and_one_that_came_later_is() {
        let (first, present) = (stored(1, 0, 0), StoredTurn { parent: 1, ..stored(4, 0, 0) });
        let note = |after_seq, about, text: &'static str| Note { after_seq, about, text: Trusted::from(text) };
        // 2 and 3 stand on another version of what follows the first turn.
        let notes = [note(3, 2, "beside"), note(3, 1, "of the first"), note(0, 0, "before all")];
        let messages = as_messages("rules".into(), &[first], &notes, &present);
        let place =
            |text: &'static str| messages.iter().position(|m| *m == Message::System { content: Trusted::from(text) });
        assert_eq!(
            (place("before all"), place("of the first"), place("beside")),
            (Some(1), Some(4), None),
            "{messages:?}"
        );
    }

    proptest! {
        #[test]
        fn a_call_is_never_split_from_its_result(sizes in prop::collection::vec((0usize..6, 0usize..9_000), 1..20)) {
            let past: Vec<_> = sizes.iter().zip(1..).map(|((calls, size), seq)| stored(seq, *calls, *size)).collect();
            let present = stored(1_000, 2, 10);
            let messages = as_messages("rules".into(), &past, &[], &present);
            let mut owed: Vec<String> = Vec::new();
            for message in &messages {
                match message {
                    Message::Assistant { calls, .. } => {
                        prop_assert!(owed.is_empty());
                        owed = calls.iter().map(|call| call.id.clone()).collect();
                    }
                    Message::Tool { call_id, .. } => {
                        prop_assert_eq!(Some(call_id), owed.first());
                        owed.remove(0);
                    }
                    Message::User { .. } | Message::System { .. } => prop_assert!(owed.is_empty()),
                }
            }
            prop_assert!(owed.is_empty());
            prop_assert!(messages.iter().map(tokens).sum::<usize>() < HISTORY_TOKENS + 100);
            let present_question = Message::User { content: "question 1000".to_owned() };
            prop_assert!(messages.contains(&present_question));
        }
    }
}
