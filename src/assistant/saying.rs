//! Speaking to the assistant: begin a turn, follow it, stop it, take it up.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout};

use super::{
    Assistant, ClientId, ConversationId, TurnId, Words,
    conversation::{NewTurn, Started, StoredTurn},
    driver::{Drive, Past},
    event::Event,
    limits::Reached,
    live::{ConversationLock, LiveTurn},
    turn::{Call, CallState, Ending, Next, Pause, Status, Turn},
};
use crate::{identity::Caller, school::TeacherId};

/// Why a message did not begin a turn.
#[derive(Debug, thiserror::Error)]
pub enum SayError {
    /// An answer is still being written in this conversation.
    #[error("an answer is still being written in this conversation")]
    Busy,
    /// A limit is reached.
    #[error("a limit is reached: {}", .0.as_str())]
    Limited(Reached),
    /// No such conversation or turn of this teacher's.
    #[error("there is no such conversation")]
    NotFound,
    /// For the operator.
    #[error(transparent)]
    Broken(#[from] anyhow::Error),
}

/// A turn as it stands, and its log if it is alive.
#[derive(Debug)]
pub struct Watch {
    /// The stored value; behind the log by what happened in the last moment.
    pub stored: StoredTurn,
    /// The log of what goes on.
    pub live: Option<Arc<LiveTurn>>,
}

/// How long a new message waits for the last moves of the turn before.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long until it looks whether another one got in.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

impl Assistant {
    /// The teacher says something: stores it, then begins to answer. The same
    /// `client_id` twice makes one turn.
    pub async fn say(
        self: &Arc<Self>,
        caller: &Caller,
        conversation: Option<ConversationId>,
        words: &Words,
        client_id: ClientId,
    ) -> Result<StoredTurn, SayError> {
        self.say_behind(caller, conversation, None, words, client_id).await
    }

    /// The teacher says something in a conversation, at the end of the way through
    /// a version that was looked at, if that is another than the chosen one. That
    /// way is chosen as the turn begins, and stays as it is where none begins.
    pub async fn say_in(
        self: &Arc<Self>,
        caller: &Caller,
        conversation: &ConversationId,
        through: Option<&TurnId>,
        words: &Words,
        client_id: ClientId,
    ) -> Result<StoredTurn, SayError> {
        self.say_behind(caller, Some(conversation.clone()), through, words, client_id).await
    }

    async fn say_behind(
        self: &Arc<Self>,
        caller: &Caller,
        conversation: Option<ConversationId>,
        through: Option<&TurnId>,
        words: &Words,
        client_id: ClientId,
    ) -> Result<StoredTurn, SayError> {
        let ids = &*self.parts.ids;
        let title = conversation.is_none().then(|| words.title());
        let conversation = conversation.unwrap_or_else(|| ConversationId::fresh(ids));
        let limits = self.parts.limits.turn;
        let turn = Turn { limits, ..Turn::new(TurnId::fresh(ids), words.as_str()) };
        let teacher = caller.teacher.id.clone();
        let (at, budget) = (self.parts.clock.now(), self.turn_budget());
        let new = NewTurn { teacher, conversation, title, follows: None, client_id, turn, at, budget, question: None };
        self.begin_apart(caller, new, through).await
    }

    /// Begins a turn; at the end of the way through a version where one is named.
    pub(super) async fn begin_apart(
        self: &Arc<Self>,
        caller: &Caller,
        new: NewTurn,
        through: Option<&TurnId>,
    ) -> Result<StoredTurn, SayError> {
        // In a task of its own: a browser that goes away in the middle must not
        // leave a stored turn that nobody drives.
        let (this, caller, through) = (Arc::clone(self), caller.clone(), through.cloned());
        let begun = self.spawn(async move { this.begin(&caller, new, through.as_ref()).await }).await;
        begun.map_err(|panic| anyhow::Error::from(panic).context("a turn did not begin"))?
    }

    async fn begin(
        self: &Arc<Self>,
        caller: &Caller,
        new: NewTurn,
        through: Option<&TurnId>,
    ) -> Result<StoredTurn, SayError> {
        let again = NewTurn { client_id: ClientId::fresh(&*self.parts.ids), ..new.clone() };
        match self.begin_once(caller, new, through).await? {
            Some(stored) => Ok(stored),
            None => self.begin_once(caller, again, through).await?.ok_or(SayError::Busy),
        }
    }

    /// None when the client id stands for other words: the answer to those was
    /// lost, and the teacher wrote them anew.
    async fn begin_once(
        self: &Arc<Self>,
        caller: &Caller,
        mut new: NewTurn,
        through: Option<&TurnId>,
    ) -> Result<Option<StoredTurn>, SayError> {
        let conversation = new.conversation.clone();
        let teacher = caller.teacher.id.clone();
        let words = new.turn.words.clone();
        let (posted, client_id) = (&self.parts.conversations, new.client_id.clone());
        let posted = async || posted.posted(&teacher, &client_id).await;
        // What was posted before is not in its own way. Where nothing can be in the
        // way, the store finds it.
        if new.title.is_none()
            && let Some(stored) = posted().await?
        {
            return Ok(of_these_words(Some(stored), &words));
        }
        // The lock before the place: who waits for a lock holds up nobody.
        let lock = match self.way_in(&new).await {
            Ok(lock) => lock,
            Err(SayError::Busy) => return of_these_words(posted().await?, &words).ok_or(SayError::Busy).map(Some),
            Err(fault) => return Err(fault),
        };
        if let Some(turn) = through {
            new.follows = self.end_through(&teacher, &conversation, turn).await?;
        }
        let _door = self.places.door(&teacher, &new.client_id).await;
        let place = match self.may_begin(&teacher).await? {
            Ok(place) => place,
            // The same may have been posted twice at once.
            Err(reached) => match of_these_words(posted().await?, &words) {
                Some(stored) => return Ok(Some(stored)),
                None => return Err(self.limited(&teacher, reached).await?),
            },
        };
        if new.title.is_none() {
            self.set_aside(caller, &conversation).await?;
        }
        let most = new.budget.most;
        if new.title.is_some() && new.turn.next() == Next::AskModel {
            new.question = Some(self.question(caller, &new.at(1, 0), &Past::default()));
        }
        let question = new.question.clone();
        match self.parts.conversations.start(new).await? {
            Started::New(stored, kept) => {
                let live = self.live_turn(&stored);
                let first = question.map(|question| (question, kept));
                Drive::start(self, caller, stored.clone(), live, (lock, place), first);
                Ok(Some(stored))
            }
            Started::Already(stored) => Ok(of_these_words(Some(stored), &words)),
            Started::Busy => Err(SayError::Busy),
            Started::NoSuchConversation => Err(SayError::NotFound),
            Started::NoneLeft => Err(self.limited(&teacher, Reached::Turns(most)).await?),
        }
    }

    /// Where the way through a turn ends, if that is another than the chosen one.
    /// With the conversation's lock in hand no other message makes it longer.
    async fn end_through(
        &self,
        teacher: &TeacherId,
        conversation: &ConversationId,
        turn: &TurnId,
    ) -> Result<Option<i64>, SayError> {
        let tree = self.parts.conversations.tree(teacher, conversation).await?;
        let end = tree.end_through(turn).ok_or(SayError::NotFound)?;
        Ok(Some(end).filter(|_| !tree.chosen().contains(&turn)))
    }

    /// The lock of the conversation, which the turn before may be about to let go
    /// of. Busy where a turn is at work in it, or begins meanwhile.
    async fn way_in(&self, new: &NewTurn) -> Result<ConversationLock, SayError> {
        let until = Instant::now() + PATIENCE;
        loop {
            if new.title.is_none() && self.is_at_work_in(&new.teacher, &new.conversation).await? {
                return Err(SayError::Busy);
            }
            if let Ok(lock) = timeout(LOOK_AGAIN, self.live.lock(&new.conversation)).await {
                return Ok(lock);
            }
            if Instant::now() >= until {
                return Err(SayError::Busy);
            }
        }
    }

    /// Whether a turn is at work in a conversation that was not told to stop. One
    /// that says it runs and that nobody drives was cut off.
    async fn is_at_work_in(&self, teacher: &TeacherId, conversation: &ConversationId) -> anyhow::Result<bool> {
        let latest = self.parts.conversations.latest(teacher, conversation).await?;
        let running = latest.filter(|latest| latest.turn.status == Status::Running);
        let live = running.and_then(|latest| self.live.find(&latest.turn.id));
        Ok(live.is_some_and(|live| !live.is_stopping()))
    }

    pub(super) async fn limited(&self, teacher: &TeacherId, reached: Reached) -> anyhow::Result<SayError> {
        self.parts.journal.note(reached.entry(teacher)).await?;
        Ok(SayError::Limited(reached))
    }

    /// The conversation goes on while drafts wait: their calls get a result
    /// that says so, and the cards stay.
    pub(super) async fn set_aside(&self, caller: &Caller, conversation: &ConversationId) -> anyhow::Result<()> {
        let latest = self.parts.conversations.latest(&caller.teacher.id, conversation).await?;
        let Some(mut stored) = latest.filter(|latest| !latest.turn.is_over()) else { return Ok(()) };
        if stored.turn.status == Status::Running && self.is_alive(&stored.turn.id) {
            return Ok(());
        }
        self.close(&mut stored, Ending::SetAside).await?;
        if let Some(live) = self.live.find(&stored.turn.id) {
            live.publish(Event::TurnFinished { ending: Ending::SetAside });
        }
        self.live.close(&stored.turn.id);
        Ok(())
    }

    pub(super) fn live_turn(&self, stored: &StoredTurn) -> Arc<LiveTurn> {
        self.live.open(stored, || self.reference())
    }

    /// The log of a turn of this teacher's that is being worked on. It tells all
    /// that there is to know of it; its conversation cannot go away meanwhile.
    pub fn at_work(&self, caller: &Caller, turn: &TurnId) -> Option<Arc<LiveTurn>> {
        self.live.find(turn).filter(|live| live.base.teacher == caller.teacher.id && live.is_at_work())
    }

    /// A turn as it stands, and its log while it runs or waits.
    pub async fn watch(&self, caller: &Caller, turn: &TurnId) -> Result<Watch, SayError> {
        // The log first: a turn that ends in between is then read to its end
        // from the log, never missed in both.
        let live = self.live.find(turn);
        let stored = self.parts.conversations.turn(&caller.teacher.id, turn).await?.ok_or(SayError::NotFound)?;
        let live = match &stored.turn.status {
            Status::Waiting if live.is_none() => {
                let live = self.live_turn(&stored);
                live.publish(Event::TurnWaiting);
                Some(live)
            }
            Status::Running | Status::Waiting | Status::Ended { .. } => live,
        };
        Ok(Watch { stored, live })
    }

    /// Stops a turn: the model's connection is closed, and the part is kept.
    /// A send that is on its way is not stopped.
    pub async fn stop(&self, caller: &Caller, turn: &TurnId) -> Result<(), SayError> {
        let watch = self.watch(caller, turn).await?;
        if let Some(live) = watch.live {
            live.stop();
        }
        Ok(())
    }

    /// Takes up a turn that waits for an account, was cut off or cut short. A
    /// turn that runs, or that is over for good, stays as it is.
    pub async fn resume(self: &Arc<Self>, caller: &Caller, turn: &TurnId) -> Result<StoredTurn, SayError> {
        // In a task of its own, as a message is.
        let (this, caller, turn) = (Arc::clone(self), caller.clone(), turn.clone());
        let resumed = self.spawn(async move { this.resume_now(&caller, &turn).await }).await;
        resumed.map_err(|panic| anyhow::Error::from(panic).context("a turn was not taken up"))?
    }

    async fn resume_now(self: &Arc<Self>, caller: &Caller, turn: &TurnId) -> Result<StoredTurn, SayError> {
        let found = || async { self.parts.conversations.turn(&caller.teacher.id, turn).await };
        let stored = found().await?.ok_or(SayError::NotFound)?;
        let Ok(lock) = tokio::time::timeout(PATIENCE, self.live.lock(&stored.conversation)).await else {
            return Ok(stored);
        };
        let mut stored = found().await?.ok_or(SayError::NotFound)?;
        let is_latest = async || -> anyhow::Result<bool> {
            let latest = self.parts.conversations.latest(&caller.teacher.id, &stored.conversation).await?;
            Ok(latest.is_some_and(|latest| latest.seq == stored.seq))
        };
        if !can_go_on(&stored.turn) || !is_latest().await? {
            return Ok(stored);
        }
        let place = match self.may_go_on(&caller.teacher.id).await {
            Ok(place) => place,
            Err(reached) => return Err(self.limited(&caller.teacher.id, reached).await?),
        };
        reopen(&mut stored.turn);
        self.parts.conversations.save(&mut stored, &[]).await?;
        let live = self.live_turn(&stored);
        live.publish(Event::TurnResumed);
        Drive::start(self, caller, stored.clone(), live, (lock, place), None);
        Ok(stored)
    }
}

/// The turn of a message, unless it stands for other words.
fn of_these_words(posted: Option<StoredTurn>, words: &str) -> Option<StoredTurn> {
    posted.filter(|stored| stored.turn.words == words)
}

fn waits_for_account(call: &Call) -> bool {
    match &call.state {
        CallState::Waiting { pause: Pause::Connection { .. } | Pause::SignIn } => true,
        CallState::Waiting { pause: Pause::Approval { .. } } | CallState::Open | CallState::Finished { .. } => false,
    }
}

fn can_go_on(turn: &Turn) -> bool {
    match &turn.status {
        // Its conversation's lock is free, so nobody drives it: it was cut off.
        Status::Running => true,
        Status::Waiting => turn.calls().any(waits_for_account),
        Status::Ended { ending } => match ending {
            Ending::Interrupted { .. } | Ending::Failed { .. } | Ending::Stopped => true,
            Ending::Done => turn.is_cut_short(),
            Ending::SetAside | Ending::OverBudget { .. } => false,
        },
    }
}

fn reopen(turn: &mut Turn) {
    let waiting: Vec<String> = turn.calls().filter(|call| waits_for_account(call)).map(|c| c.id.clone()).collect();
    for call in waiting {
        // The call was found waiting in this very value.
        let _open = turn.resume(&call);
    }
    turn.take_up();
}
