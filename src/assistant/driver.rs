//! The driver: asks the turn "what next?" and does it. The one place that
//! awaits on behalf of a turn.

mod asking;
mod calling;

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info, info_span};

use super::{
    Assistant, TurnId,
    approval::Approval,
    branches,
    conversation::{Note, StoredTurn},
    event::Event,
    live::{ConversationLock, LiveTurn},
    model::{Question, Usage},
    places::Place,
    seen::Kept,
    turn::{Ending, Limit, Next, Remedy, Status},
};
use crate::{
    audit::{Entry, Kind},
    identity::Caller,
};

/// How long between two tries to store the end of a turn.
const LATER: Duration = Duration::from_secs(1);

const LEFT_BESIDE: &str = "Note from the application: the teacher also has another version of what follows, and from \
    there something was approved and has left, or may have left. You do not see it, and the teacher does. Do not say \
    that nothing was sent. If you draft a mail or a meeting, say that it may repeat what has left already.";

/// What a conversation has before a turn.
#[derive(Default)]
pub(super) struct Past {
    pub(super) turns: Vec<StoredTurn>,
    pub(super) notes: Vec<Note>,
}

/// A turn while it is driven.
pub(super) struct Drive {
    assistant: Arc<Assistant>,
    caller: Caller,
    stored: StoredTurn,
    live: Arc<LiveTurn>,
    past: Past,
    /// What is kept of the conversation, whose lock this drive holds.
    kept: Kept,
    /// A question that is kept and was not asked yet.
    first: Option<Question>,
    begun: Instant,
    /// How long the turn had worked before, in milliseconds.
    worked_before: u64,
    deadline: Instant,
    /// What the model's service says it has counted for this question.
    counted: Option<Usage>,
    stop: CancellationToken,
}

impl Drive {
    /// Drives a turn on the server's own runtime until it pauses or is over; what
    /// is held meanwhile is let go of then. `first` is a question that is kept
    /// with the turn already, and as much as is kept of it.
    pub(super) fn start(
        assistant: &Arc<Assistant>,
        caller: &Caller,
        stored: StoredTurn,
        live: Arc<LiveTurn>,
        mut held: (ConversationLock, Place),
        first: Option<(Question, Kept)>,
    ) {
        let (first, kept) = first.map_or_else(|| (None, Kept::default()), |(first, kept)| (Some(first), kept));
        held.1.begin_to_work();
        let span = info_span!("turn", turn = %stored.turn.id, teacher = %caller.teacher.id);
        let stop = live.begin_drive();
        if assistant.is_going_down() {
            stop.cancel();
        }
        let (begun, worked_before) = (Instant::now(), stored.turn.used.worked_ms);
        let left = (stored.turn.limits.seconds * 1000).saturating_sub(worked_before);
        let drive = Self {
            assistant: Arc::clone(assistant),
            caller: caller.clone(),
            stored,
            stop,
            live,
            past: Past::default(),
            kept,
            first,
            begun,
            worked_before,
            deadline: begun + Duration::from_millis(left).min(assistant.parts.patience.turn),
            counted: None,
        };
        let running = async move {
            drive.run().await;
            drop(held);
        };
        drop(assistant.spawn(running.instrument(span)));
    }

    async fn run(mut self) {
        let outcome = AssertUnwindSafe(self.steps()).catch_unwind().await;
        let ending = match outcome {
            Ok(Ok(ending)) => ending,
            Ok(Err(fault)) => Some(self.broken(&fault)),
            Err(_panic) => Some(self.broken(&anyhow::anyhow!("the turn panicked"))),
        };
        if let Some(ending) = ending {
            self.finish(ending).await;
        }
    }

    /// Goes on until the turn is over (an ending) or pauses (none).
    async fn steps(&mut self) -> anyhow::Result<Option<Ending>> {
        self.remember().await?;
        loop {
            let next = self.stored.turn.next();
            if matches!(next, Next::AskModel | Next::HandleCall(..)) {
                if self.stop.is_cancelled() {
                    return Ok(Some(self.stopped()));
                }
                if Instant::now() >= self.deadline {
                    return Ok(Some(Ending::OverBudget { limit: Limit::Time }));
                }
            }
            match next {
                Next::AskModel => {
                    if let Err(ending) = self.ask_model().await? {
                        return Ok(Some(ending));
                    }
                }
                Next::HandleCall(step, call) => self.handle_call(step, call).await?,
                Next::Paused => {
                    if !self.collect_decisions().await? {
                        return self.pause().await.map(|()| None);
                    }
                }
                Next::OverBudget(limit) => return Ok(Some(Ending::OverBudget { limit })),
                Next::Done => return Ok(Some(Ending::Done)),
            }
        }
    }

    /// Reads the past of the conversation; a first turn has none.
    async fn remember(&mut self) -> anyhow::Result<()> {
        let conversations = &self.assistant.parts.conversations;
        // What is kept of a question that comes with the turn came with it; of one
        // that is taken up again it may have been kept in vain.
        if self.first.is_none() {
            self.kept = self.assistant.parts.seen.kept(&self.stored.conversation).await?;
        }
        // A turn that begins a conversation has no past; one that is taken up
        // again may have notes about its own drafts.
        if self.stored.seq > 1 || !self.stored.turn.steps.is_empty() {
            let turns = conversations.turns(&self.caller.teacher.id, &self.stored.conversation).await?;
            let all = turns.len();
            self.past.turns = branches::before(turns, &self.stored);
            self.past.notes = conversations.notes(&self.stored.conversation).await?;
            if self.past.turns.len() + 1 < all {
                self.note_what_left_beside().await?;
            }
        }
        Ok(())
    }

    /// The model must not say that nothing was sent when something was, from a
    /// version of this conversation that it does not remember.
    async fn note_what_left_beside(&mut self) -> anyhow::Result<()> {
        let approvals = &self.assistant.parts.approvals;
        let drafts = approvals.of_conversation(&self.caller.teacher.id, &self.stored.conversation).await?;
        let remembered =
            |turn: &TurnId| self.past.turns.iter().chain([&self.stored]).any(|stored| stored.turn.id == *turn);
        if drafts.iter().any(|draft| draft.may_have_left() && !remembered(&draft.turn)) {
            let after_seq = self.past.turns.last().map_or(0, |stored| stored.seq);
            self.past.notes.push(Note { after_seq, about: 0, text: LEFT_BESIDE.into() });
        }
        Ok(())
    }

    async fn pause(&mut self) -> anyhow::Result<()> {
        self.stored.turn.wait();
        self.save(&[]).await?;
        self.live.publish(Event::TurnWaiting);
        Ok(())
    }

    /// Takes in decisions that were made while the turn was still at work.
    /// Says whether there were any.
    async fn collect_decisions(&mut self) -> anyhow::Result<bool> {
        self.assistant.take_in_decisions(&mut self.stored, false).await
    }

    async fn finish(mut self, ending: Ending) {
        self.clock_in();
        if let Some(first) = self.first.take() {
            // It never left.
            self.spend(-first.read.tokens);
        }
        if let Ending::OverBudget { limit } = &ending {
            let entry = Entry::by(&self.caller.teacher.id, Kind::Limit, limit.as_str());
            let (conversation, turn) = (self.stored.conversation.to_string(), self.stored.turn.id.to_string());
            self.stored.noted.push(Entry { conversation: Some(conversation), turn: Some(turn), ..entry });
        }
        let stored = self.assistant.close(&mut self.stored, ending.clone()).await;
        info!(ending = ending_word(&ending), "turn over");
        if stored.is_ok() {
            self.live.stored_at_the_end(self.stored.clone());
        }
        // While the end is not stored, the page shows the turn as interrupted.
        self.live.publish(match ending.clone() {
            Ending::Failed { words, reference, .. } => Event::TurnFailed { words, reference },
            ending => Event::TurnFinished { ending },
        });
        self.assistant.live.close(&self.stored.turn.id);
        if let Err(fault) = stored {
            error!(error = format!("{fault:#}"), "a turn that is over could not be stored; it is tried again");
            self.close_later(ending).await;
        }
    }

    /// Goes on trying until the end is stored or the server goes down, whose next
    /// start mends it: until then the conversation would be busy with a turn that
    /// nobody drives.
    async fn close_later(&mut self, ending: Ending) {
        while !self.assistant.is_going_down() && self.is_left_running().await {
            sleep(LATER).await;
            if self.assistant.close(&mut self.stored, ending.clone()).await.is_ok() {
                return info!("the end of a turn could be stored after all");
            }
        }
    }

    /// Whether the store still has it as running; what cannot be read may be.
    async fn is_left_running(&self) -> bool {
        let found = self.assistant.parts.conversations.turn(&self.stored.teacher, &self.stored.turn.id).await;
        found.map_or(true, |found| found.is_some_and(|found| found.turn.status == Status::Running))
    }

    /// How long the turn has worked is kept with it.
    fn clock_in(&mut self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.stored.turn.used.worked_ms = self.worked_before.saturating_add(now);
    }

    async fn save(&mut self, proposed: &[Approval]) -> anyhow::Result<()> {
        self.clock_in();
        self.assistant.parts.conversations.save(&mut self.stored, proposed).await
    }

    /// Writes the fault into the log once, and makes the words for the teacher.
    fn broken(&self, fault: &anyhow::Error) -> Ending {
        let reference = self.assistant.reference();
        error!(reference, error = format!("{fault:#}"), "turn failed");
        let words = "Something went wrong on our side. Your message is kept; the cards show what was sent.".to_owned();
        Ending::Failed { words, reference, remedy: Remedy::Again }
    }
}

fn ending_word(ending: &Ending) -> &'static str {
    match ending {
        Ending::Done => "done",
        Ending::SetAside => "set aside",
        Ending::Stopped => "stopped",
        Ending::Interrupted { .. } => "interrupted",
        Ending::OverBudget { .. } => "over budget",
        Ending::Failed { .. } => "failed",
    }
}
