//! `GET /api/tools`: what can be run, and what each tool needs.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    super::{error::PageError, session::SignedInTeacher, state::State},
    document::Refusals,
    toolbox,
};
use crate::{
    assistant::{gate::Risk, toolbox::AnyTool},
    identity::Caller,
    vault::{Connection, Need, Scope, VaultError},
};

/// What can be run.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tools {
    tools: Vec<Tool>,
}

/// One tool.
#[derive(Debug, Serialize, ToSchema)]
struct Tool {
    /// Its name in the addresses.
    #[schema(example = "list_teaching_classes")]
    name: String,
    /// What it does.
    description: String,
    /// What it can do to the world: `reads` runs at once, `writes` and `sends`
    /// lay a draft before the teacher.
    risk: Risk,
    /// The account that it needs, if it needs one.
    need: Option<Needed>,
    /// The JSON schema (draft 2020-12) of its `input`.
    #[schema(value_type = Object)]
    parameters: Value,
    /// Whether this teacher has authorised it; null when that cannot be told
    /// just now.
    authorized: Option<bool>,
}

/// An account, and what must be allowed there.
#[derive(Debug, Serialize, ToSchema)]
pub struct Needed {
    connection: Connection,
    /// The permissions, as the service names them.
    scopes: Vec<String>,
}

impl From<&Need> for Needed {
    fn from(need: &Need) -> Self {
        Self { connection: need.connection, scopes: need.scopes.iter().map(ToString::to_string).collect() }
    }
}

/// The tools of this teacher's assistant, ordered by name.
#[utoipa::path(
    get,
    path = "/api/tools",
    tag = "tools",
    operation_id = "list_tools",
    responses((status = 200, description = "The tools.", body = Tools), Refusals),
)]
pub async fn list(state: Data<State>, teacher: SignedInTeacher) -> Result<HttpResponse, PageError> {
    let mut granted = BTreeMap::new();
    for connection in Connection::ALL {
        granted.insert(connection, scopes(&state, &teacher.0, connection).await);
    }
    let authorized = |need: Option<&Need>| match need {
        None => Some(true),
        Some(need) => granted.get(&need.connection)?.as_ref().map(|scopes| need.is_within(scopes)),
    };
    let tools = toolbox(&state).iter().map(|tool| shown(&**tool, authorized)).collect();
    Ok(HttpResponse::Ok().json(Tools { tools }))
}

fn shown(tool: &dyn AnyTool, authorized: impl Fn(Option<&Need>) -> Option<bool>) -> Tool {
    let (schema, need) = (tool.schema(), tool.need());
    Tool {
        name: schema.name,
        description: schema.description,
        risk: tool.card().risk,
        authorized: authorized(need.as_ref()),
        need: need.as_ref().map(Needed::from),
        parameters: schema.parameters,
    }
}

/// What is granted at an account; none when that cannot be told just now.
async fn scopes(state: &State, caller: &Caller, connection: Connection) -> Option<Vec<Scope>> {
    match state.vault.grant(caller, &Need { connection, scopes: Vec::new() }).await {
        Ok(grant) => Some(grant.scopes),
        Err(VaultError::Connect { .. } | VaultError::SignInAgain(_)) => Some(Vec::new()),
        Err(fault @ (VaultError::Wait { .. } | VaultError::Operator(_))) => {
            tracing::warn!(error = %fault, connection = connection.as_str(), "what is authorised cannot be told");
            None
        }
    }
}
