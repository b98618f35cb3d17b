//! `POST /api/tools/{tool}/execute`: a look is done at once; what writes or
//! sends becomes a draft, and waits for the teacher's own click.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Json, Path},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    super::{chat::until_quiet, error::PageError, session::SignedInTeacher, state::State},
    address,
    document::Refusals,
    toolbox,
};
use crate::{
    assistant::{
        ExecuteError, Executed, NoKey,
        conversation::StoredTurn,
        turn::{CallState, Pause},
    },
    identity::Caller,
    vault::{Authorization, Need},
};

/// Longer than it takes to lay a draft.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a script wants done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The tool's arguments, such as its `parameters` describe them.
    #[serde(default)]
    #[schema(value_type = Object, required = false)]
    input: Map<String, Value>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Execution {
    /// It ran.
    Completed {
        /// What it found.
        output: Value,
    },
    /// The teacher must let this application use an account first. Nothing was
    /// kept of the order: give it again when the authorization is completed.
    AuthorizationRequired {
        /// The authorization, to wait for.
        id: String,
        /// Where the teacher answers, in the browser session that asked.
        url: String,
    },
    /// A draft waits for the teacher. Nothing was sent, and nothing is sent
    /// before the teacher's own click on the page.
    ApprovalRequired {
        /// The draft.
        id: String,
        /// The page on which it lies.
        url: String,
        /// What a decision about the draft must name: it covers all that would leave.
        hash: String,
    },
}

impl Execution {
    fn asks_for(state: &State, asked: &Authorization) -> Self {
        Self::AuthorizationRequired { id: asked.id.as_str().to_owned(), url: address(state, &asked.path()) }
    }

    /// What is not done yet is only accepted.
    fn answer(&self) -> HttpResponse {
        let status = match self {
            Self::Completed { .. } => StatusCode::OK,
            Self::AuthorizationRequired { .. } | Self::ApprovalRequired { .. } => StatusCode::ACCEPTED,
        };
        HttpResponse::build(status).json(self)
    }
}

/// Runs a tool. One that only reads is run at once. One that writes or sends
/// lays a draft before the teacher, on a page of its own.
#[utoipa::path(
    post,
    path = "/api/tools/{tool}/execute",
    tag = "tools",
    operation_id = "execute_tool",
    params(("tool" = String, Path, description = "The tool's name.")),
    request_body = Order,
    responses(
        (status = 200, description = "It ran.", body = Execution),
        (status = 202, description = "The teacher must do something first.", body = Execution),
        Refusals,
    ),
)]
pub async fn execute(
    state: Data<State>,
    teacher: SignedInTeacher,
    tool: Path<String>,
    order: Json<Order>,
) -> Result<HttpResponse, PageError> {
    let caller = &teacher.0;
    let arguments = Value::Object(order.into_inner().input).to_string();
    let executed = state.assistant.execute(caller, &tool, arguments).await;
    let execution = match executed.map_err(|fault| refusal(&state, fault))? {
        Executed::Done(output) => Execution::Completed { output },
        Executed::Connect(need) => ask(&state, caller, &need, &tool, None).await?,
        Executed::Laid(stored) => {
            let stored = until_quiet(&state, caller, &stored.turn.id, PATIENCE).await?;
            laid(&state, caller, &tool, &stored).await?
        }
    };
    Ok(execution.answer())
}

async fn ask(
    state: &State,
    caller: &Caller,
    need: &Need,
    tool: &str,
    turn: Option<&str>,
) -> Result<Execution, PageError> {
    let asked = state.connections.ask(caller, need, Some(tool), turn).await?;
    Ok(Execution::asks_for(state, &asked))
}

/// How the one call of a script's turn stands.
async fn laid(state: &State, caller: &Caller, tool: &str, stored: &StoredTurn) -> Result<Execution, PageError> {
    let turn = stored.turn.id.as_str();
    let lost = || PageError::Broken(anyhow::anyhow!("the draft of turn {turn} was not laid"));
    let call = stored.turn.calls().next().ok_or_else(lost)?;
    match &call.state {
        CallState::Waiting { pause: Pause::Approval { approval } } => {
            let found = state.approvals.approval(&caller.teacher.id, approval).await?.ok_or_else(lost)?;
            let page = format!("/chat/{}#turn-{turn}", stored.conversation);
            Ok(Execution::ApprovalRequired { id: found.id.to_string(), url: address(state, &page), hash: found.hash() })
        }
        // The account went away while the draft was being made: the turn goes
        // on by itself when it is back.
        CallState::Waiting { pause: Pause::Connection { need, .. } } => {
            ask(state, caller, need, tool, Some(turn)).await
        }
        CallState::Waiting { pause: Pause::SignIn } => {
            let need = toolbox(state).find(tool).and_then(|tool| tool.need()).ok_or_else(lost)?;
            ask(state, caller, &need, tool, Some(turn)).await
        }
        CallState::Finished { result } => {
            let said = result.said.value();
            Err(not_now(said["error"].as_str().ok_or_else(lost)?))
        }
        CallState::Open => Err(lost()),
    }
}

fn not_now(words: &str) -> PageError {
    PageError::Unavailable { words: words.to_owned(), status: StatusCode::SERVICE_UNAVAILABLE, reference: None }
}

fn refusal(state: &State, fault: ExecuteError) -> PageError {
    match fault {
        ExecuteError::NoSuchTool(words) => PageError::NoSuchTool(words),
        ExecuteError::BadArguments(words) => PageError::BadArguments(words),
        ExecuteError::Refused(words) => not_now(&words),
        ExecuteError::NoKey(NoKey::NotNow { service }) => {
            not_now(&format!("Your {service} account cannot be reached just now. Try again in a moment."))
        }
        ExecuteError::NoKey(NoKey::SetUpWrongly { service, reference }) => PageError::Unavailable {
            words: format!("This site is not set up to use {service}. Tell whoever runs it, with the reference."),
            status: StatusCode::BAD_GATEWAY,
            reference: Some(reference),
        },
        ExecuteError::Limited(reached) => PageError::limited(reached, &*state.clock),
        ExecuteError::Broken(fault) => PageError::Broken(fault),
    }
}
