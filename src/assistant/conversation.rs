//! Conversations as they are stored, and as the model reads them.
//!
//! The transcript is the one truth: what the model reads is computed here from
//! the same stored turns that the page shows.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    approval::{Approval, ApprovalState},
    branches::Tree,
    ids::{ApprovalId, ClientId, ConversationId, TurnId},
    model::{Message, ModelCall},
    trusted::Trusted,
    turn::{Call, CallState, Outcome, Step, Turn},
    untrusted::{self, Mark},
};
use crate::{
    audit::Entry,
    school::{StudentId, TeacherId},
};

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conversation {
    /// Its name.
    pub id: ConversationId,
    /// The first words, shortened, or the name that the teacher gave it.
    pub title: String,
    /// Whether the teacher keeps it at the top.
    pub pinned: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When something was last said in it.
    pub updated_at: Timestamp,
    /// The place of the last turn on the chosen way through its turns.
    #[serde(skip)]
    pub head: i64,
}

/// A turn with what the store knows about it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTurn {
    /// The turn itself.
    pub turn: Turn,
    /// Whose it is.
    pub teacher: TeacherId,
    /// Where it stands.
    pub conversation: ConversationId,
    /// Its place in the conversation, counted from 1.
    pub seq: i64,
    /// The place of the turn that it follows; 0 for one that begins.
    pub parent: i64,
    /// The browser's name for the message.
    pub client_id: ClientId,
    /// Counts the writes; a write with an old one is refused.
    pub version: i64,
    /// When the teacher asked.
    pub asked_at: Timestamp,
    /// What the audit is told with the next save.
    pub noted: Vec<Entry>,
}

/// Something that happened after the turn it belongs to had gone on, such as a
/// late decision about a draft. The model reads it; the application wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Written after the turn at this place had ended.
    pub after_seq: i64,
    /// The place of the turn that it tells of; 0 where that is not known.
    pub about: i64,
    /// No words of the model's or a student's.
    pub text: Trusted,
}

/// A turn to begin.
#[derive(Debug, Clone)]
pub struct NewTurn {
    /// Whose.
    pub teacher: TeacherId,
    /// In which conversation, and its title if it begins with this turn.
    pub conversation: ConversationId,
    /// The title of a new conversation; none when it exists.
    pub title: Option<String>,
    /// The place of the turn that it follows; none where that is the last one
    /// on the chosen way.
    pub follows: Option<i64>,
    /// The browser's name for the message.
    pub client_id: ClientId,
    /// The turn.
    pub turn: Turn,
    /// When the teacher asked.
    pub at: Timestamp,
}

/// What became of a turn that was to begin.
#[derive(Debug, Clone, PartialEq)]
pub enum Started {
    /// It is stored.
    New(StoredTurn),
    /// The same message was stored before: this is the turn that it made.
    Already(StoredTurn),
    /// Another turn of the conversation is running.
    Busy,
    /// There is no such conversation of this teacher's.
    NoSuchConversation,
}

/// Where conversations are kept.
#[async_trait]
pub trait Conversations: Send + Sync + 'static {
    /// Stores a turn that begins, with its conversation where that is new.
    async fn start(&self, new: NewTurn) -> anyhow::Result<Started>;
    /// Stores a turn, the approvals that it newly waits for and what the audit
    /// is told of both, in one transaction. The version is checked and counted up.
    async fn save(&self, turn: &mut StoredTurn, proposed: &[Approval]) -> anyhow::Result<()>;
    /// One conversation.
    async fn conversation(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Option<Conversation>>;
    /// The latest conversations, the pinned ones first, then newest first.
    async fn list(&self, teacher: &TeacherId, limit: i64) -> anyhow::Result<Vec<Conversation>>;
    /// The turns of a conversation, oldest first.
    async fn turns(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Vec<StoredTurn>>;
    /// The places of a conversation's turns, and the chosen way through them.
    async fn tree(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Tree>;
    /// Chooses the way that ends at a place, unless a turn runs or waits; says
    /// whether it did.
    async fn choose(&self, teacher: &TeacherId, id: &ConversationId, head: i64) -> anyhow::Result<bool>;
    /// One turn.
    async fn turn(&self, teacher: &TeacherId, id: &TurnId) -> anyhow::Result<Option<StoredTurn>>;
    /// The turn that a message made which the browser gave this name.
    async fn posted(&self, teacher: &TeacherId, id: &ClientId) -> anyhow::Result<Option<StoredTurn>>;
    /// The last turn on the chosen way through a conversation. No other turn
    /// of it ever runs or waits.
    async fn latest(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Option<StoredTurn>>;
    /// The notes of a conversation, oldest first.
    async fn notes(&self, id: &ConversationId) -> anyhow::Result<Vec<Note>>;
    /// Writes a note about the turn at a place, behind the latest turn.
    async fn add_note(&self, id: &ConversationId, about: i64, text: &Trusted, at: Timestamp) -> anyhow::Result<()>;
    /// All turns that are not over, whoever's: for the start of the server.
    async fn unfinished(&self) -> anyhow::Result<Vec<StoredTurn>>;
}

/// Where approvals are kept.
#[async_trait]
pub trait Approvals: Send + Sync + 'static {
    /// One approval.
    async fn approval(&self, teacher: &TeacherId, id: &ApprovalId) -> anyhow::Result<Option<Approval>>;
    /// The approvals of a conversation, oldest first.
    async fn of_conversation(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<Vec<Approval>>;
    /// The approvals about a student in which something was done or may have
    /// been done, newest first.
    async fn about(&self, teacher: &TeacherId, student: &StudentId) -> anyhow::Result<Vec<Approval>>;
    /// How many approvals of a teacher wait for a decision, by conversation.
    async fn waiting(&self, teacher: &TeacherId) -> anyhow::Result<BTreeMap<ConversationId, i64>>;
    /// Stores `next` in the place of one that still stands at `from`, which
    /// becomes `old`: both or neither. Says whether it did.
    async fn replace(&self, from: Standing, old: &Approval, next: &Approval) -> anyhow::Result<bool>;
    /// Stores `next`, and tells the audit, if the approval still stands at
    /// `from`; says whether it did.
    /// A claim is durable when this returns.
    async fn advance(&self, from: Standing, next: &Approval) -> anyhow::Result<bool>;
    /// All approvals in a state, whoever's: for the start of the server.
    async fn in_state(&self, state: ApprovalState) -> anyhow::Result<Vec<Approval>>;
}

/// What became of the wish to delete everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgotten {
    /// So many conversations are gone, with all that was in them.
    Gone(u64),
    /// Nothing is gone: an answer is being written, or a mail is on its way.
    Busy,
}

/// Deleting conversations with their turns, drafts and notes.
#[async_trait]
pub trait Forgetting: Send + Sync + 'static {
    /// Deletes all conversations of a teacher, or none.
    async fn forget_all(&self, teacher: &TeacherId) -> anyhow::Result<Forgotten>;
    /// Deletes the conversations of all teachers that are older than each of
    /// them wants, or that were put away a day ago; says how many. What is at
    /// work is left for the next time.
    async fn forget_old(&self, now: Timestamp) -> anyhow::Result<u64>;
}

/// Where an approval stood when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its state then.
    pub state: ApprovalState,
    /// Its revision then.
    pub revision: i64,
}

impl Approval {
    /// Where it stands, for the compare-and-set.
    pub fn standing(&self) -> Standing {
        Standing { state: self.state, revision: self.revision }
    }
}

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

/// A cautious estimate: three bytes make a token, and each message costs a few.
/// How many tokens a message has, roughly.
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
            model::Finish,
            turn::{CallResult, Ending, Outcome},
        },
        clock::{Clock, SystemClock, SystemIds},
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
