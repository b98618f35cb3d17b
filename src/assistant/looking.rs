//! What a call stands on, whoever makes it: the account that its tool needs,
//! the run of a tool that only looks, and what the audit is told.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tracing::{error, warn};

use super::{
    Assistant,
    gate::{self, Account, Facts, Risk},
    toolbox::{AnyTool, KeyFault, Ran, ToolError},
    turn::{CallResult, Pause},
};
use crate::{
    audit::{Entry, Kind, classes_in, students_in},
    identity::Caller,
    school::TeacherId,
    vault::{ConnectReason, Grant, Need, VaultError},
};

/// Why it cannot be told whether an account is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoKey {
    /// Nothing to do but wait.
    NotNow {
        /// The account, by the name that the teacher knows.
        service: &'static str,
    },
    /// Only the operator can mend it, who finds it under the reference.
    SetUpWrongly {
        /// The account, by the name that the teacher knows.
        service: &'static str,
        /// In the log.
        reference: String,
    },
}

impl NoKey {
    /// For the model, in words that send nobody to connect.
    pub(super) fn for_model(&self) -> String {
        match self {
            Self::NotNow { service } => {
                format!("The teacher's {service} account cannot be reached just now. Say so; they can ask again.")
            }
            Self::SetUpWrongly { service, reference } => format!(
                "This site is not set up to use {service}. It is not the teacher's fault, and connecting again does \
                 not help. Say that whoever runs the site finds it under the reference {reference}."
            ),
        }
    }
}

/// What a look came to.
pub(super) enum Looked {
    /// It ran.
    Found(Ran),
    /// It could not; the words tell why.
    Refused(String),
    /// The teacher must do something first.
    Waits(Pause),
}

impl Assistant {
    /// Whether the account that a tool needs is there, and the grant if it is.
    /// Where the vault cannot tell, a tool that will ask the teacher goes on:
    /// the grant is asked for again after the yes. One that only looks has no
    /// such second moment; it ends here.
    pub(super) async fn account(&self, caller: &Caller, tool: &dyn AnyTool) -> Result<(Account, Option<Grant>), NoKey> {
        let Some(need) = tool.need() else { return Ok((Account::Ready, None)) };
        let service = need.connection.name();
        match self.parts.vault.grant(caller, &need).await {
            Ok(grant) => Ok((Account::Ready, Some(grant))),
            Err(VaultError::Connect { need, why }) => Ok((Account::Missing(need, why), None)),
            Err(VaultError::SignInAgain(_)) => Ok((Account::SignedOut, None)),
            Err(fault) if tool.card().risk > Risk::Reads => {
                warn!(error = %fault, tool = tool.card().name, "the vault cannot tell about an account");
                Ok((Account::Ready, None))
            }
            Err(fault @ VaultError::Wait { .. }) => {
                warn!(error = %fault, tool = tool.card().name, "no key for a look");
                Err(NoKey::NotNow { service })
            }
            Err(fault @ VaultError::Operator(_)) => {
                let reference = self.reference();
                error!(reference, error = %fault, "no key for a look, and only the operator can mend it");
                Err(NoKey::SetUpWrongly { service, reference })
            }
        }
    }

    /// Runs a tool that the gate lets run without a yes. Such a look may be
    /// repeated: once, with a fresh key.
    pub(super) async fn look(
        &self,
        caller: &Caller,
        tool: &dyn AnyTool,
        facts: &Facts,
        plan: &Value,
        grant: Option<Grant>,
    ) -> anyhow::Result<Looked> {
        let ran = match self.run_once(caller, tool, facts, plan, grant).await? {
            Err(ToolError::KeyRefused(KeyFault::NotTaken)) => {
                self.forget_key(caller, tool).await;
                match self.account(caller, tool).await {
                    Ok((Account::Ready, fresh)) => self.run_once(caller, tool, facts, plan, fresh).await?,
                    Ok((Account::Missing(need, why), _)) => return Ok(Looked::Waits(Pause::Connection { need, why })),
                    Ok((Account::SignedOut, _)) => return Ok(Looked::Waits(Pause::SignIn)),
                    Err(fault) => return Ok(Looked::Refused(fault.for_model())),
                }
            }
            ran => ran,
        };
        let refused = |words: &str| Ok(Looked::Refused(words.to_owned()));
        match ran {
            Ok(ran) => Ok(Looked::Found(ran)),
            Err(ToolError::Tell(words)) => refused(&words),
            Err(ToolError::KeyRefused(fault)) => {
                self.forget_key(caller, tool).await;
                let Some(need) = tool.need() else { anyhow::bail!("a tool without a need refused its key") };
                Ok(Looked::Waits(wants_connecting(need, fault)))
            }
            Err(ToolError::Unreachable(_)) => refused("The service cannot be reached just now."),
            Err(ToolError::Unknown(_)) => refused("The service gave no clear answer."),
            Err(ToolError::Broken(fault)) => Err(fault),
        }
    }

    async fn run_once(
        &self,
        caller: &Caller,
        tool: &dyn AnyTool,
        facts: &Facts,
        plan: &Value,
        grant: Option<Grant>,
    ) -> anyhow::Result<Result<Ran, ToolError>> {
        let cleared = gate::pass(facts, plan.clone());
        let cleared = cleared.map_err(|verdict| anyhow::anyhow!("the gate says {verdict:?}"))?;
        let ran = tool.run(&self.scene(caller), cleared, grant).await;
        if ran.is_ok() {
            self.note_use(caller, tool).await;
        }
        Ok(ran)
    }

    async fn forget_key(&self, caller: &Caller, tool: &dyn AnyTool) {
        if let Some(need) = tool.need() {
            self.parts.vault.forget(&caller.teacher.id, need.connection).await;
        }
    }
}

fn wants_connecting(need: Need, fault: KeyFault) -> Pause {
    let why = match fault {
        KeyFault::NotTaken => ConnectReason::Revoked,
        KeyFault::TooNarrow => ConnectReason::MissingScope,
    };
    Pause::Connection { need, why }
}

/// What the audit is told of a call: who was looked at, never what was said.
pub(super) fn entry(teacher: &TeacherId, tool: Option<&dyn AnyTool>, arguments: &str, result: &CallResult) -> Entry {
    let need = tool.and_then(AnyTool::need);
    let said = serde_json::from_str(result.said.as_str()).unwrap_or_default();
    let asked = serde_json::from_str(arguments).unwrap_or_default();
    let students = [students_in(&said), students_in(&asked)].concat();
    let classes = BTreeSet::from_iter([classes_in(&said), classes_in(&asked)].concat());
    Entry {
        // A tool that is not there has a name of the model's own making.
        tool: tool.map(|tool| tool.card().name.to_owned()),
        students: BTreeSet::from_iter(students).into_iter().collect(),
        connection: need.as_ref().map(|need| need.connection.as_str().to_owned()),
        scopes: need.iter().flat_map(|need| &need.scopes).map(ToString::to_string).collect(),
        detail: json!({ "took_ms": result.took_ms, "classes": classes }),
        ..Entry::by(teacher, Kind::ToolCall, result.outcome.as_str())
    }
}
