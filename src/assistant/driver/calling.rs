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
        gate::{self, Account, Consent, Facts, Risk, Verdict},
        toolbox::{AnyTool, KeyFault, Preview, Ran, ToolError},
        turn::{Call, CallResult, CallState, Outcome, Pause},
    },
    audit::{Entry, Kind, classes_in, students_in},
    vault::{ConnectReason, Grant, Need, VaultError},
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
        let (account, grant) = match self.unless_stopped(self.account(&*tool)).await {
            Some(Ok(account)) => account,
            Some(Err(words)) => return self.finish_call(&call, Some(&*tool), CallResult::refused(&words)),
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

    /// Whether the account that a tool needs is there, and the grant if it is.
    /// Where the vault cannot tell, a tool that will ask the teacher goes on:
    /// the grant is asked for again after the yes. One that only looks has no
    /// such second moment; it ends here, with words that send nobody to connect.
    async fn account(&self, tool: &dyn AnyTool) -> Result<(Account, Option<Grant>), String> {
        let Some(need) = tool.need() else { return Ok((Account::Ready, None)) };
        let service = need.connection.name();
        match self.assistant.parts.vault.grant(&self.caller, &need).await {
            Ok(grant) => Ok((Account::Ready, Some(grant))),
            Err(VaultError::Connect { need, why }) => Ok((Account::Missing(need, why), None)),
            Err(VaultError::SignInAgain(_)) => Ok((Account::SignedOut, None)),
            Err(fault) if tool.card().risk > Risk::Reads => {
                tracing::warn!(error = %fault, tool = tool.card().name, "the vault cannot tell about an account");
                Ok((Account::Ready, None))
            }
            Err(fault @ VaultError::Wait { .. }) => {
                tracing::warn!(error = %fault, tool = tool.card().name, "no key for a look");
                Err(format!("The teacher's {service} account cannot be reached just now. Say so; they can ask again."))
            }
            Err(fault @ VaultError::Operator(_)) => {
                let reference = self.assistant.reference();
                tracing::error!(reference, error = %fault, "no key for a look, and only the operator can mend it");
                Err(format!(
                    "This site is not set up to use {service}. It is not the teacher's fault, and connecting again does \
                     not help. Say that whoever runs the site finds it under the reference {reference}."
                ))
            }
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
        let Some(first) = self.unless_stopped(self.run_once(tool, facts, &plan, grant)).await else { return Ok(()) };
        let ran = match first? {
            // A look may be repeated: once, with a fresh key.
            Err(ToolError::KeyRefused(KeyFault::NotTaken)) => {
                self.forget(tool).await;
                match self.unless_stopped(self.account(tool)).await {
                    Some(Ok((Account::Ready, fresh))) => {
                        let again = self.unless_stopped(self.run_once(tool, facts, &plan, fresh)).await;
                        let Some(again) = again else { return Ok(()) };
                        again?
                    }
                    Some(Ok((Account::Missing(need, why), _))) => {
                        return self.ask_connection(call, Pause::Connection { need, why });
                    }
                    Some(Ok((Account::SignedOut, _))) => return self.ask_connection(call, Pause::SignIn),
                    Some(Err(words)) => return self.finish_call(call, Some(tool), CallResult::refused(&words)),
                    None => return Ok(()),
                }
            }
            ran => ran,
        };
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let result = match ran {
            Ok(ran) => {
                let (said, did, shown) = (ran.said.into(), ran.did, ran.shown);
                CallResult { outcome: Outcome::Done, said, did, took_ms, shown }
            }
            Err(ToolError::Tell(words)) => CallResult::refused(&words),
            Err(ToolError::KeyRefused(fault)) => return self.key_refused(call, tool.need(), fault).await,
            Err(ToolError::Unreachable(_)) => CallResult::refused("The service cannot be reached just now."),
            Err(ToolError::Unknown(_)) => CallResult::refused("The service gave no clear answer."),
            Err(ToolError::Broken(fault)) => return Err(fault),
        };
        self.finish_call(call, Some(tool), result)
    }

    async fn run_once(
        &self,
        tool: &dyn AnyTool,
        facts: &Facts,
        plan: &Value,
        grant: Option<Grant>,
    ) -> anyhow::Result<Result<Ran, ToolError>> {
        let cleared = gate::pass(facts, plan.clone());
        let cleared = cleared.map_err(|verdict| anyhow::anyhow!("the gate says {verdict:?}"))?;
        let ran = tool.run(&self.assistant.scene(&self.caller), cleared, grant).await;
        if ran.is_ok() {
            self.assistant.note_use(&self.caller, tool).await;
        }
        Ok(ran)
    }

    async fn forget(&self, tool: &dyn AnyTool) {
        if let Some(need) = tool.need() {
            self.assistant.parts.vault.forget(&self.caller.teacher.id, need.connection).await;
        }
    }

    async fn key_refused(&mut self, call: &Call, need: Option<Need>, fault: KeyFault) -> anyhow::Result<()> {
        let Some(need) = need else { anyhow::bail!("a tool without a need refused its key") };
        self.assistant.parts.vault.forget(&self.caller.teacher.id, need.connection).await;
        let why = match fault {
            KeyFault::NotTaken => ConnectReason::Revoked,
            KeyFault::TooNarrow => ConnectReason::MissingScope,
        };
        self.ask_connection(call, Pause::Connection { need, why })
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
        let before = self.past.iter().take_while(|turn| turn.seq < self.stored.seq).count();
        let past = &self.past[..before];
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

    /// What the audit is told of a call: who was looked at, never what was said.
    fn entry(&self, call: &Call, tool: Option<&dyn AnyTool>, result: &CallResult) -> Entry {
        let need = tool.and_then(AnyTool::need);
        let said = serde_json::from_str(result.said.as_str()).unwrap_or_default();
        let asked = serde_json::from_str(&call.arguments).unwrap_or_default();
        let students = [students_in(&said), students_in(&asked)].concat();
        let classes = [classes_in(&said), classes_in(&asked)].concat();
        let classes = std::collections::BTreeSet::from_iter(classes);
        Entry {
            // A tool that is not there has a name of the model's own making.
            tool: tool.map(|tool| tool.card().name.to_owned()),
            students: std::collections::BTreeSet::from_iter(students).into_iter().collect(),
            connection: need.as_ref().map(|need| need.connection.as_str().to_owned()),
            scopes: need.iter().flat_map(|need| &need.scopes).map(ToString::to_string).collect(),
            conversation: Some(self.stored.conversation.to_string()),
            turn: Some(self.stored.turn.id.to_string()),
            call: Some(call.id.clone()),
            detail: serde_json::json!({ "took_ms": result.took_ms, "classes": classes }),
            ..Entry::by(&self.caller.teacher.id, Kind::ToolCall, result.outcome.as_str())
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
