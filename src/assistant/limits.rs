//! The limits: how much one turn, one teacher and the whole site may use.
//!
//! What a turn has used is kept in the turn, what a day has used in the store:
//! a restart gives nothing back. A limit is looked at before something is
//! begun; nothing that left is ever taken back because of one.

use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Assistant, places::Place};
use crate::{
    audit::{Entry, Kind},
    clock::Clock,
    school::TeacherId,
};

/// How much one turn may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnLimits {
    /// Questions to the model.
    pub model_calls: usize,
    /// Calls of tools.
    pub tool_calls: usize,
    /// Drafts that wait for the teacher.
    pub drafts: usize,
    /// Seconds at work, not counting the time that a person thinks.
    pub seconds: u64,
    /// Tokens that the model writes.
    pub output_tokens: u64,
}

impl Default for TurnLimits {
    fn default() -> Self {
        Self { model_calls: 8, tool_calls: 24, drafts: 10, seconds: 120, output_tokens: 16_000 }
    }
}

/// What one turn has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Used {
    /// Milliseconds at work.
    pub worked_ms: u64,
    /// Tokens that the model wrote.
    pub output_tokens: u64,
}

/// How much one teacher, and all of them together, may use in a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayLimits {
    /// Turns of a teacher.
    pub turns: u64,
    /// Tokens of a teacher, read and written by the model.
    pub tokens: u64,
    /// Mails of a teacher.
    pub sends: u64,
    /// Tokens of the whole site; with 0 the model is asked nothing.
    pub site_tokens: u64,
    /// Turns of a teacher at the same time.
    pub running: usize,
}

impl Default for DayLimits {
    fn default() -> Self {
        Self { turns: 200, tokens: 2_000_000, sends: 100, site_tokens: 20_000_000, running: 2 }
    }
}

/// All limits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// Of one turn.
    pub turn: TurnLimits,
    /// Of one day.
    pub day: DayLimits,
}

/// What is counted one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Turns that begin.
    Turns,
    /// Mails that are about to leave.
    Sends,
}

/// What a day has used so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Turns of the teacher.
    pub turns: u64,
    /// Tokens of the teacher.
    pub tokens: u64,
    /// Mails of the teacher.
    pub sends: u64,
    /// Tokens of the whole site.
    pub site_tokens: u64,
}

/// Where it is kept what a day has used.
#[async_trait]
pub trait Budgets: Send + Sync + 'static {
    /// Counts one more, unless that would be more than `most`; says whether it did.
    async fn take(&self, teacher: &TeacherId, day: Date, what: Counted, most: u64) -> anyhow::Result<bool>;
    /// Counts one less: it did not come about.
    async fn give_back(&self, teacher: &TeacherId, day: Date, what: Counted) -> anyhow::Result<()>;
    /// What the day has used so far.
    async fn spent(&self, teacher: &TeacherId, day: Date) -> anyhow::Result<Spent>;
}

/// How many turns a teacher may begin on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnBudget {
    /// Which day.
    pub day: Date,
    /// How many.
    pub most: u64,
}

/// Tokens that were used. They are told with what they were used for: see
/// [`StoredTurn::spent`](super::conversation::StoredTurn).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spending {
    /// On which day.
    pub day: Date,
    /// How many; fewer than none where an estimate was too high.
    pub tokens: i64,
}

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Turns of a teacher in a day.
    Turns(u64),
    /// Tokens of a teacher in a day.
    Tokens,
    /// Mails of a teacher in a day.
    Sends(u64),
    /// Tokens of the whole site in a day.
    Site,
    /// Turns of a teacher at the same time.
    Running(usize),
}

impl Reached {
    /// As it stands in the audit.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Turns(_) => "turns_per_day",
            Self::Tokens => "tokens_per_day",
            Self::Sends(_) => "sends_per_day",
            Self::Site => "site_tokens_per_day",
            Self::Running(_) => "running_turns",
        }
    }

    /// For the teacher.
    pub fn words(self) -> String {
        match self {
            Self::Turns(most) => format!(
                "You have asked {most} questions today, which is as many as one teacher can here. It begins again at \
                 midnight; everything else works as ever."
            ),
            Self::Tokens => "You have used up today's share of the assistant. It begins again at midnight; your \
                             classes, drafts and conversations are there as ever."
                .to_owned(),
            Self::Sends(most) => format!(
                "You have sent {most} mails today, which is as many as one teacher can here. Nothing was sent; the \
                 draft waits, and can go after midnight."
            ),
            Self::Site => "The assistant rests: this site has used up its budget for today. It begins again at \
                           midnight; your classes, drafts and conversations are there as ever."
                .to_owned(),
            Self::Running(most) => format!(
                "{most} answers are being written for you already. Wait for one of them, or stop it, then send this."
            ),
        }
    }

    /// When it is worth trying again.
    pub fn wait(self, clock: &dyn Clock) -> Duration {
        match self {
            Self::Running(_) => Duration::from_secs(5),
            Self::Turns(_) | Self::Tokens | Self::Sends(_) | Self::Site => until_midnight(clock),
        }
    }

    /// What the audit is told.
    pub fn entry(self, teacher: &TeacherId) -> Entry {
        Entry::by(teacher, Kind::Limit, self.as_str())
    }
}

fn until_midnight(clock: &dyn Clock) -> Duration {
    let now = clock.wall();
    let next = now.tomorrow().and_then(|tomorrow| tomorrow.start_of_day());
    let left = next.map(|next| next.timestamp().duration_since(now.timestamp()));
    left.ok().and_then(|left| Duration::try_from(left).ok()).unwrap_or(Duration::from_hours(24))
}

/// How many tokens a text has, roughly: nobody needs to know exactly, and
/// every model counts in another way.
pub fn estimated_tokens(text: &str) -> u64 {
    u64::try_from(text.len() / 4 + 1).unwrap_or(u64::MAX)
}

impl Assistant {
    pub(super) fn today(&self) -> Date {
        self.parts.clock.wall().date()
    }

    /// Whether the model may be asked for this teacher now, who has used so many
    /// tokens that the budget does not know of yet.
    pub(super) async fn has_tokens(&self, teacher: &TeacherId, unsaved: i64) -> anyhow::Result<Result<(), Reached>> {
        let spent = self.parts.budgets.spent(teacher, self.today()).await?;
        Ok(self.within_tokens(&spent, unsaved))
    }

    fn within_tokens(&self, spent: &Spent, unsaved: i64) -> Result<(), Reached> {
        let day = self.parts.limits.day;
        if spent.site_tokens.saturating_add_signed(unsaved) >= day.site_tokens {
            Err(Reached::Site)
        } else if spent.tokens.saturating_add_signed(unsaved) >= day.tokens {
            Err(Reached::Tokens)
        } else {
            Ok(())
        }
    }

    /// What a turn that begins now is counted in.
    pub(super) fn turn_budget(&self) -> TurnBudget {
        TurnBudget { day: self.today(), most: self.parts.limits.day.turns }
    }

    /// A place for a turn to begin, unless a limit is reached. The turn is counted
    /// when it does.
    pub(super) async fn may_begin(&self, teacher: &TeacherId) -> anyhow::Result<Result<Place, Reached>> {
        let day = self.parts.limits.day;
        let place = match self.may_go_on(teacher).await {
            Ok(place) => place,
            Err(reached) => return Ok(Err(reached)),
        };
        let spent = self.parts.budgets.spent(teacher, self.today()).await?;
        if spent.turns >= day.turns {
            return Ok(Err(Reached::Turns(day.turns)));
        }
        Ok(self.within_tokens(&spent, 0).map(|()| place))
    }

    /// The same for a turn that goes on, whatever it has used.
    pub(super) async fn may_go_on(&self, teacher: &TeacherId) -> Result<Place, Reached> {
        let most = self.parts.limits.day.running;
        self.places.take(teacher, most).await.ok_or(Reached::Running(most))
    }

    /// Counts a look for a script, which is a turn of its own, and gives it a
    /// place, unless a limit is reached.
    pub(super) async fn may_look(&self, teacher: &TeacherId) -> anyhow::Result<Result<Place, Reached>> {
        let place = match self.may_begin(teacher).await? {
            Ok(place) => place,
            Err(reached) => return Ok(Err(reached)),
        };
        let TurnBudget { day, most } = self.turn_budget();
        let taken = self.parts.budgets.take(teacher, day, Counted::Turns, most).await?;
        Ok(if taken { Ok(place) } else { Err(Reached::Turns(most)) })
    }

    /// Counts a mail that is about to leave, unless the limit is reached.
    pub(super) async fn may_send(&self, teacher: &TeacherId) -> anyhow::Result<Result<(), Reached>> {
        let most = self.parts.limits.day.sends;
        if self.parts.budgets.take(teacher, self.today(), Counted::Sends, most).await? {
            return Ok(Ok(()));
        }
        let reached = Reached::Sends(most);
        self.parts.journal.note(reached.entry(teacher)).await?;
        Ok(Err(reached))
    }

    /// What a teacher has left today.
    pub async fn left(&self, teacher: &TeacherId) -> anyhow::Result<Spent> {
        let (spent, day) = (self.parts.budgets.spent(teacher, self.today()).await?, self.parts.limits.day);
        Ok(Spent {
            turns: day.turns.saturating_sub(spent.turns),
            tokens: day.tokens.saturating_sub(spent.tokens),
            sends: day.sends.saturating_sub(spent.sends),
            site_tokens: day.site_tokens.saturating_sub(spent.site_tokens),
        })
    }
}
