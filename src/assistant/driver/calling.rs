//! Handling one call: prepare, judge, and then run, ask, connect or refuse.

use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;

use super::Drive;
use crate::{
    assistant::{
        ApprovalId,
        approval::{Approval, ApprovalState},
        caution::{Caution, Look},
        event::Event,
        gate::{self, Consent, Facts, Risk, Verdict},
        looking::{self, Looked},
        toolbox::{AnyTool, Preview, ToolError},
        turn::{Call, CallResult, CallState, Outcome, Pause},
    },
    audit::Entry,
    vault::Grant,
};

impl Drive {
    pub(super) async fn handle_call(&mut self, step: usize, at: usize) -> anyhow::Result<()> {
        let call = self.stored.turn.steps[step].calls[at].clone();
        let Some(tool) = self.assistant.parts.toolbox.find(&call.tool).map(Arc::clone) else {
            let words = self.assistant.parts.toolbox.unknown(&call.tool);
            return self.finish_call(&call, None, CallResult::refused(&words));
        };
        let doing = tool.card().verbs.doing.to_owned();
        self.live.publish(Event::CallStarted { call: call.id.clone(), tool: call.tool.clone(), doing });
        let begun = Instant::now();
        let plan = match tool.prepare(&self.assistant.scene(&self.caller), &call.arguments) {
            Ok(plan) => plan,
            Err(ToolError::Tell(words)) => return self.finish_call(&call, Some(&*tool), CallResult::refused(&words)),
            Err(fault) => return Err(fault.into()),
        };
        let (account, grant) = match self.unless_stopped(self.assistant.account(&self.caller, &*tool)).await {
            Some(Ok(account)) => account,
            Some(Err(fault)) => {
                return self.finish_call(&call, Some(&*tool), CallResult::refused(&fault.for_model()));
            }
            None => return Ok(()),
        };
        let facts = Facts {
            risk: tool.card().risk,
            drafts_left: self.drafts() < self.stored.turn.limits.drafts,
            account,
            consent: Consent::NotAsked,
        };
        match gate::judge(&facts) {
            Verdict::Run => self.run_call(&call, &*tool, &facts, plan, grant, begun).await,
            Verdict::Ask => self.ask_teacher(&call, &*tool, plan).await,
            Verdict::Refuse(words) => self.finish_call(&call, Some(&*tool), CallResult::refused(words)),
            Verdict::Connect(need, why) => self.ask_connection(&call, Pause::Connection { need, why }),
            Verdict::SignIn => self.ask_connection(&call, Pause::SignIn),
        }
    }

    /// How many drafts this turn has laid before the teacher, decided or not:
    /// a turn whose drafts are approved as they come must end as well.
    fn drafts(&self) -> usize {
        let toolbox = &self.assistant.parts.toolbox;
        let asks = |call: &&Call| toolbox.find(&call.tool).is_some_and(|tool| tool.card().risk > Risk::Reads);
        self.stored.turn.calls().filter(asks).filter(|call| was_laid_before_the_teacher(call)).count()
    }

    /// What comes of something that waits for others, unless the turn is stopped
    /// meanwhile: then it is let go, and the call stays as it is.
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            done = work => Some(done),
        }
    }

    async fn run_call(
        &mut self,
        call: &Call,
        tool: &dyn AnyTool,
        facts: &Facts,
        plan: Value,
        grant: Option<Grant>,
        begun: Instant,
    ) -> anyhow::Result<()> {
        // Only what reads runs without a yes, so that letting it go changes nothing.
        let look = self.assistant.look(&self.caller, tool, facts, &plan, grant);
        let Some(looked) = self.unless_stopped(look).await else { return Ok(()) };
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        match looked? {
            Looked::Found(ran) => self.finish_call(call, Some(tool), CallResult::done(ran, took_ms)),
            Looked::Refused(words) => self.finish_call(call, Some(tool), CallResult::refused(&words)),
            Looked::Waits(pause) => self.ask_connection(call, pause),
        }
    }

    /// Lays a draft before the teacher. It is stored before it is shown.
    async fn ask_teacher(&mut self, call: &Call, tool: &dyn AnyTool, plan: Value) -> anyhow::Result<()> {
        let preview = tool.preview(&plan)?;
        anyhow::ensure!(!preview.rows.is_empty(), "{} shows nothing that a person could approve", call.tool);
        let caution = self.caution(call, tool, &plan, &preview)?;
        let now = self.assistant.parts.clock.now();
        let approval = Approval {
            id: ApprovalId::fresh(&*self.assistant.parts.ids),
            teacher: self.caller.teacher.id.clone(),
            conversation: self.stored.conversation.clone(),
            turn: self.stored.turn.id.clone(),
            call: call.id.clone(),
            tool: call.tool.clone(),
            student: tool.recipients(&plan)?.into_iter().next(),
            preview,
            plan,
            caution,
            state: ApprovalState::Proposed,
            revision: 1,
            outcome: None,
            created_at: now,
            changed_at: now,
        };
        self.stored.turn.pause(&call.id, Pause::Approval { approval: approval.id.clone() })?;
        self.save(std::slice::from_ref(&approval)).await?;
        self.live.publish(Event::ApprovalNeeded { approval: Box::new(approval) });
        Ok(())
    }

    /// The second look at a draft.
    fn caution(&self, call: &Call, tool: &dyn AnyTool, plan: &Value, preview: &Preview) -> anyhow::Result<Caution> {
        let before = self.past.turns.iter().take_while(|turn| turn.seq < self.stored.seq).count();
        let past = &self.past.turns[..before];
        let recipients = tool.recipients(plan)?;
        let (scene, call) = (self.assistant.scene(&self.caller), call.id.as_str());
        let turn = &self.stored.turn;
        Ok(Look { scene: &scene, past, turn, call, recipients: &recipients, preview }.caution())
    }

    fn ask_connection(&mut self, call: &Call, pause: Pause) -> anyhow::Result<()> {
        self.stored.turn.pause(&call.id, pause.clone())?;
        self.live.publish(Event::ConnectionNeeded { call: call.id.clone(), tool: call.tool.clone(), pause });
        Ok(())
    }

    fn finish_call(&mut self, call: &Call, tool: Option<&dyn AnyTool>, result: CallResult) -> anyhow::Result<()> {
        let entry = self.entry(call, tool, &result);
        self.stored.noted.push(entry);
        self.stored.turn.call_finished(&call.id, result)?;
        let finished = self.stored.turn.calls().find(|c| c.id == call.id).cloned();
        if let Some(call) = finished {
            self.live.publish(Event::CallFinished { call: Box::new(call) });
        }
        Ok(())
    }

    fn entry(&self, call: &Call, tool: Option<&dyn AnyTool>, result: &CallResult) -> Entry {
        let mut entry = looking::entry(&self.caller.teacher.id, tool, &call.arguments, result);
        if self.stored.turn.by_script {
            entry.detail["by"] = serde_json::json!("script");
        }
        Entry {
            conversation: Some(self.stored.conversation.to_string()),
            turn: Some(self.stored.turn.id.to_string()),
            call: Some(call.id.clone()),
            ..entry
        }
    }
}

fn was_laid_before_the_teacher(call: &Call) -> bool {
    match &call.state {
        CallState::Open => false,
        CallState::Waiting { pause } => matches!(pause, Pause::Approval { .. }),
        CallState::Finished { result } => match result.outcome {
            Outcome::Done | Outcome::Declined | Outcome::Undecided | Outcome::Failed | Outcome::Unknown => true,
            Outcome::Refused | Outcome::NotRun => false,
        },
    }
}
