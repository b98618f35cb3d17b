//! Asking a question again, in the same words or in others, and turning from one
//! version of a turn to another.

use std::{sync::Arc, time::Duration};

use super::{
    Assistant, ClientId, SayError, TurnId, Words,
    conversation::{NewTurn, StoredTurn},
    turn::{Status, Turn},
};
use crate::identity::Caller;

/// How long a choice waits for the last moves of a turn.
const PATIENCE: Duration = Duration::from_secs(5);

impl Assistant {
    /// Asks in the place of a turn, with the words that it had or with others:
    /// the new turn follows the one that the old turn follows. The old one stays,
    /// with its drafts and all that came after it. What a script began is begun
    /// again as the script did: its words are no question to the model.
    pub async fn say_instead(
        self: &Arc<Self>,
        caller: &Caller,
        turn: &TurnId,
        words: Option<&Words>,
        client_id: ClientId,
    ) -> Result<StoredTurn, SayError> {
        let teacher = caller.teacher.id.clone();
        let old = self.parts.conversations.turn(&teacher, turn).await?.ok_or(SayError::NotFound)?;
        let (id, limits) = (TurnId::fresh(&*self.parts.ids), self.parts.limits.turn);
        let turn = match (words, old.turn.scripted()) {
            (None, Some(call)) => Turn::of_script(id, limits, old.turn.words.as_str(), call),
            (None, None) => Turn { limits, ..Turn::new(id, old.turn.words.as_str()) },
            (Some(words), _) => Turn { limits, ..Turn::new(id, words.as_str()) },
        };
        let new = NewTurn {
            teacher,
            conversation: old.conversation,
            title: None,
            follows: Some(old.parent),
            client_id,
            turn,
            at: self.parts.clock.now(),
            budget: self.turn_budget(),
            question: None,
        };
        self.begin_apart(caller, new, None).await
    }

    /// Shows and remembers the way through this turn from now on. What waits at
    /// the end of the way so far is set aside; its drafts stay usable.
    pub async fn choose(self: &Arc<Self>, caller: &Caller, turn: &TurnId) -> Result<StoredTurn, SayError> {
        let (teacher, conversations) = (&caller.teacher.id, &self.parts.conversations);
        let chosen = conversations.turn(teacher, turn).await?.ok_or(SayError::NotFound)?;
        let latest = || conversations.latest(teacher, &chosen.conversation);
        let runs = |latest: &StoredTurn| latest.turn.status == Status::Running && self.is_alive(&latest.turn.id);
        if latest().await?.is_some_and(|latest| runs(&latest)) {
            return Err(SayError::Busy);
        }
        let waited = tokio::time::timeout(PATIENCE, self.live.lock(&chosen.conversation)).await;
        let _lock = waited.map_err(|_| SayError::Busy)?;
        let tree = conversations.tree(teacher, &chosen.conversation).await?;
        if tree.chosen().contains(&turn) {
            return Ok(chosen);
        }
        let end = tree.end_through(turn).ok_or(SayError::NotFound)?;
        self.set_aside(caller, &chosen.conversation).await?;
        if !conversations.choose(teacher, &chosen.conversation, end).await? {
            return Err(SayError::Busy);
        }
        Ok(chosen)
    }
}
