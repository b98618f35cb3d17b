//! Asking the model: one step of a turn, with patience for a busy model.

use std::time::Duration;

use futures_util::{StreamExt, stream::iter};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tracing::warn;

use super::{Drive, Past};
use crate::{
    assistant::{
        Assistant,
        context::{as_messages, tokens},
        conversation::StoredTurn,
        event::Event,
        limits::{Reached, Spending, estimated_tokens},
        model::{ModelError, ModelEvent, ModelRequest, ModelStream, Question},
        prompt,
        turn::{Ending, Limit, Remedy, Step},
        untrusted::Mark,
    },
    clock::Patience,
    identity::Caller,
};

/// How often a busy model is asked again.
const RETRIES: u32 = 3;
/// The longest wait that a provider can impose before the teacher is told.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How many pieces that arrived together are told together.
const TOGETHER: usize = 64;
/// How much of an answer a dying server may lose.
const SAVE_EVERY: Duration = Duration::from_millis(500);

impl Drive {
    /// One question and its answer; `Err` is how the turn ends without one.
    pub(super) async fn ask_model(&mut self) -> anyhow::Result<Result<(), Ending>> {
        let question = match self.first.take() {
            Some(question) => question,
            None => match self.keep_question().await? {
                Ok(question) => question,
                Err(ending) => return Ok(Err(ending)),
            },
        };
        let step = self.stored.turn.begin_step();
        let outcome = match self.open_stream(&question.request).await {
            Ok(stream) => self.read_answer(step, stream).await,
            Err(ending) => Ok(Err(ending)),
        };
        self.settle_up(step, question.read.tokens);
        outcome
    }

    /// The teacher can read what was asked, whatever comes of it; nothing that a
    /// tool found reaches the model before the audit knows; and it is counted
    /// before a word leaves, so that a server that dies has not asked for free.
    async fn keep_question(&mut self) -> anyhow::Result<Result<Question, Ending>> {
        let unsaved = self.stored.unsaved_tokens();
        match self.assistant.has_tokens(&self.caller.teacher.id, unsaved).await? {
            Ok(()) => {}
            Err(Reached::Site) => return Ok(Err(Ending::OverBudget { limit: Limit::Site })),
            Err(_) => return Ok(Err(Ending::OverBudget { limit: Limit::Day })),
        }
        let question = self.assistant.question(&self.caller, &self.stored, &self.past);
        self.clock_in();
        self.assistant.parts.seen.keep(&mut self.stored, &mut self.kept, &question).await?;
        Ok(Ok(question))
    }

    pub(super) fn spend(&mut self, tokens: i64) {
        self.stored.spent.push(Spending { day: self.assistant.today(), tokens });
    }

    /// Counts what was written, and corrects what was estimated by what the
    /// service has counted, where it tells.
    fn settle_up(&mut self, step: usize, read: i64) {
        let written = self.stored.turn.steps.get(step).map_or(0, written);
        let (input, output) = match self.counted.take() {
            Some(usage) => (i64::try_from(usage.input).unwrap_or(i64::MAX), usage.output),
            None => (read, written),
        };
        self.stored.turn.used.output_tokens += output;
        self.spend(input.saturating_sub(read).saturating_add(i64::try_from(output).unwrap_or(i64::MAX)));
    }

    /// Only the opening is ever retried: nothing was said yet.
    async fn open_stream(&mut self, request: &ModelRequest) -> Result<ModelStream, Ending> {
        let mut attempt = 0;
        loop {
            let fault = match self.open_once(request).await? {
                Ok(stream) => return Ok(stream),
                Err(fault) => fault,
            };
            let pause = self.assistant.parts.patience.model_again;
            let wait = patience(&fault, pause, attempt, self.assistant.parts.ids.secret()[0]);
            let Some(wait) = wait.filter(|wait| Instant::now() + *wait < self.deadline) else {
                return Err(self.without_answer(&fault));
            };
            warn!(error = %fault, attempt, wait_ms = wait.as_millis(), "the model is asked again");
            self.live.publish(Event::ModelBusy { seconds: wait.as_secs().max(1) });
            self.rest(wait).await?;
            attempt += 1;
        }
    }

    async fn open_once(&self, request: &ModelRequest) -> Result<Result<ModelStream, ModelError>, Ending> {
        let first_word = self.assistant.parts.patience.first_word;
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(self.stopped()),
            () = sleep_until(self.deadline) => Err(Ending::OverBudget { limit: Limit::Time }),
            opened = timeout(first_word, self.assistant.parts.model.ask(request)) => {
                Ok(opened.unwrap_or(Err(ModelError::Silent(first_word))))
            }
        }
    }

    async fn rest(&self, wait: Duration) -> Result<(), Ending> {
        tokio::select! {
            () = self.stop.cancelled() => Err(self.stopped()),
            () = sleep(wait) => Ok(()),
        }
    }

    /// Reads the answer to its end. Text is told at once and stored twice a
    /// second, so that a server that dies loses half a second of it.
    async fn read_answer(&mut self, step: usize, stream: ModelStream) -> anyhow::Result<Result<(), Ending>> {
        let mut stream = stream.ready_chunks(TOGETHER).map(joined).flat_map(iter);
        let waits = self.assistant.parts.patience;
        let mut save_at: Option<Instant> = None;
        let (mut heard, mut silent_at) = (false, Instant::now() + waits.first_word);
        loop {
            let item = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(Err(self.stopped())),
                () = sleep_until(self.deadline) => return Ok(Err(Ending::OverBudget { limit: Limit::Time })),
                () = sleep_until(save_at.unwrap_or(silent_at)), if save_at.is_some() => {
                    self.save(&[]).await?;
                    save_at = None;
                    continue;
                }
                item = timeout_at(silent_at, stream.next()) => item,
            };
            let Ok(item) = item else { return Ok(Err(self.without_answer(&fell_silent(heard, &waits)))) };
            (heard, silent_at) = (true, Instant::now() + waits.next_word);
            match item {
                Some(Ok(ModelEvent::Working)) => {}
                Some(Ok(ModelEvent::Text(text))) => {
                    self.stored.turn.add_text(&text);
                    let used = self.stored.turn.used.output_tokens + written(&self.stored.turn.steps[step]);
                    if used > self.stored.turn.limits.output_tokens {
                        self.live.publish(Event::TextDelta { step, text });
                        return Ok(Err(Ending::OverBudget { limit: Limit::Output }));
                    }
                    self.live.publish(Event::TextDelta { step, text });
                    save_at.get_or_insert_with(|| Instant::now() + SAVE_EVERY);
                }
                Some(Ok(ModelEvent::Usage(usage))) => self.counted = Some(usage),
                Some(Ok(ModelEvent::End { calls, finish })) => {
                    self.stored.turn.model_said(calls, finish);
                    return Ok(Ok(()));
                }
                Some(Err(fault)) => return Ok(Err(self.without_answer(&fault))),
                None => return Ok(Err(self.without_answer(&ModelError::BrokenOff("it ended early".into())))),
            }
        }
    }

    /// By the teacher, or because the server goes down under it.
    pub(super) fn stopped(&self) -> Ending {
        if self.assistant.is_going_down() {
            let words = "The server is being restarted. What had arrived is kept.".to_owned();
            return Ending::Interrupted { words };
        }
        Ending::Stopped
    }

    /// How a turn ends without a (whole) answer, in words for the teacher.
    fn without_answer(&self, fault: &ModelError) -> Ending {
        let words = match fault {
            ModelError::BrokenOff(_) => {
                warn!(error = %fault, "the model's answer broke off");
                return Ending::Interrupted { words: "The answer broke off. What had arrived is kept.".to_owned() };
            }
            ModelError::Busy { .. } => "The model is too busy to answer. Your message is kept; try again in a moment.",
            ModelError::Silent(_) => "The model did not answer in time. Your message is kept; try again in a moment.",
            ModelError::Unreachable(_) => "The model cannot be reached. Your message is kept; try again in a moment.",
            ModelError::QuotaUsedUp => {
                "The assistant's budget with its model provider is used up. Whoever runs this site has to top it up."
            }
            ModelError::BadKey => {
                "The model provider does not accept this site's key. Whoever runs this site has to mend that."
            }
            ModelError::NoTools => {
                "This model cannot use tools, so it cannot look anything up. Whoever runs this site has to choose \
                 another one."
            }
            ModelError::TooLong => {
                "This conversation is too long for the model. Ask it in a new one, where your question waits for you."
            }
            ModelError::Refused(_) => {
                "The model provider refused the question. Whoever runs this site finds out why by the reference."
            }
        };
        let reference = self.assistant.reference();
        tracing::error!(reference, error = %fault, "the model did not answer");
        let remedy = if *fault == ModelError::TooLong { Remedy::Anew } else { Remedy::Again };
        Ending::Failed { words: words.to_owned(), reference, remedy }
    }
}

impl Assistant {
    /// What the model is asked next in a turn.
    pub(in super::super) fn question(&self, caller: &Caller, stored: &StoredTurn, past: &Past) -> Question {
        let system = prompt::system(&self.scene(caller), Mark::of(&stored.turn.id));
        let messages = as_messages(system, &past.turns, &past.notes, stored);
        let read = messages.iter().map(tokens).sum::<usize>() + self.parts.toolbox.schema_tokens();
        let read = Spending { day: self.today(), tokens: i64::try_from(read).unwrap_or(i64::MAX) };
        let user = self.parts.pseudonyms.of(&caller.teacher.id);
        let request = ModelRequest { messages, tools: self.parts.toolbox.schemas(), user };
        Question { request, model: self.parts.model.name().to_owned(), read }
    }
}

fn written(step: &Step) -> u64 {
    let calls = step.calls.iter().map(|call| estimated_tokens(&call.arguments)).sum::<u64>();
    estimated_tokens(&step.text) + calls
}

/// Nothing at all came, or nothing more.
fn fell_silent(heard: bool, waits: &Patience) -> ModelError {
    if heard {
        ModelError::BrokenOff(format!("no word for {} ms", waits.next_word.as_millis()))
    } else {
        ModelError::Silent(waits.first_word)
    }
}

type Piece = Result<ModelEvent, ModelError>;

/// Joins neighbouring pieces of text: each event wakes every page that follows.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::with_capacity(2);
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Ok(ModelEvent::Text(text))), Ok(ModelEvent::Text(more))) => text.push_str(&more),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

/// How long to wait before asking again; none when that would not help.
fn patience(fault: &ModelError, pause: Duration, attempt: u32, chance: u8) -> Option<Duration> {
    let asked = match fault {
        ModelError::Busy { retry_after, .. } => *retry_after,
        ModelError::Unreachable(_) => None,
        ModelError::QuotaUsedUp
        | ModelError::BadKey
        | ModelError::TooLong
        | ModelError::NoTools
        | ModelError::Refused(_)
        | ModelError::Silent(_)
        | ModelError::BrokenOff(_) => return None,
    };
    if attempt >= RETRIES || asked.is_some_and(|asked| asked > LONGEST_WAIT) {
        return None;
    }
    // Up to a quarter more, so that many turns do not come back at once.
    let backoff = pause * 2u32.pow(attempt);
    let jitter = backoff.mul_f64(f64::from(chance) / 1020.0);
    Some(asked.unwrap_or_default().max(backoff) + jitter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::model::Finish;

    const PAUSE: Duration = Duration::from_millis(500);

    fn busy(seconds: Option<u64>) -> ModelError {
        ModelError::Busy { retry_after: seconds.map(Duration::from_secs), reason: "429".into() }
    }

    #[test]
    fn a_busy_model_is_asked_again_when_it_says_so() {
        assert_eq!(patience(&busy(Some(2)), PAUSE, 0, 0), Some(Duration::from_secs(2)));
        assert_eq!(patience(&busy(None), PAUSE, 0, 0), Some(Duration::from_millis(500)));
        assert_eq!(patience(&busy(None), PAUSE, 2, 0), Some(Duration::from_secs(2)));
        assert_eq!(patience(&busy(None), PAUSE, RETRIES, 0), None);
        assert_eq!(patience(&busy(Some(3600)), PAUSE, 0, 0), None, "an hour is not waited for");
        assert!(patience(&busy(None), PAUSE, 0, 255).is_some_and(|wait| wait <= Duration::from_millis(625)));
    }

    #[test]
    fn text_that_arrives_together_is_told_together() {
        let text = |text: &str| Ok(ModelEvent::Text(text.into()));
        let end = || Ok(ModelEvent::End { calls: Vec::new(), finish: Finish::Natural });
        assert_eq!(joined(vec![text("Ma"), text("te"), text("o"), end()]), [text("Mateo"), end()]);
        assert_eq!(
            joined(vec![end(), text("a"), Err(busy(None)), text("b")]),
            [end(), text("a"), Err(busy(None)), text("b")]
        );
    }

    #[test]
    fn what_waiting_does_not_mend_is_not_asked_again() {
        for fault in [ModelError::QuotaUsedUp, ModelError::BadKey, ModelError::TooLong, ModelError::NoTools] {
            assert_eq!(patience(&fault, PAUSE, 0, 0), None);
        }
    }
}
