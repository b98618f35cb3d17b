//! `/connections`: each account, what it may be used for, and the way out.

use actix_session::Session;
use actix_web::{
    HttpResponse,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use tracing::{error, info, warn};

use super::super::{
    error::PageError,
    frame::{self, html},
    login::see,
    pages::{AccountCard, AccountState, Connections, Permission, Use},
    parts::{Notice, Place, Tone},
    present::clock_time,
    session::SignedInTeacher,
    state::State,
};
use crate::{
    assistant::toolbox::{AnyTool, Toolbox},
    clock::Clock,
    identity::Caller,
    vault::{AccountNotes, Connection, LetGo, Scope, State as Standing},
};

/// What was just done.
#[derive(Debug, Deserialize)]
pub struct Done {
    done: Option<String>,
}

/// `GET /connections`
pub async fn page(state: Data<State>, teacher: SignedInTeacher, done: Query<Done>) -> Result<HttpResponse, PageError> {
    let caller = teacher.0;
    let frame = frame::of(&state, &caller, "Connections", Place::Connections, None).await?;
    let mut accounts = Vec::new();
    for connection in Connection::ALL {
        accounts.push(account(&state, &caller, connection).await?);
    }
    let notice = done.done.as_deref().and_then(notice);
    let by_sign_in = state.connections.by() == crate::vault::ConnectBy::SignIn;
    html(&Connections { frame, notice, accounts, by_sign_in }, &state.token(&caller))
}

fn notice(done: &str) -> Option<Notice> {
    let (title, words, tone) = match done {
        "connected" => ("Google was asked.", "What you agreed to stands below.", Tone::Good),
        "disconnected" => (
            "Disconnected.",
            "This site holds no key to your Google account any more, and it will not ask for one by itself.",
            Tone::Good,
        ),
        "left" => (
            "Disconnected here.",
            "This site no longer uses your Google account. But the sign-in service did not answer, so its vault may \
             still hold the key. Press Disconnect once more in a while.",
            Tone::Warn,
        ),
        _ => return None,
    };
    Some(Notice { title: title.to_owned(), words: words.to_owned(), tone, ..Notice::stopped("done") })
}

async fn account(state: &State, caller: &Caller, connection: Connection) -> Result<AccountCard, PageError> {
    let (standing, notes) = state.connections.state(caller, connection).await?;
    let toolbox = &state.assistant.parts().toolbox;
    let (state_word, scopes, since, reference) = match standing {
        Standing::Connected { scopes, since } => (AccountState::Connected, scopes, since, None),
        Standing::NotConnected => (AccountState::NotConnected, Vec::new(), None, None),
        Standing::Revoked => (AccountState::Revoked, Vec::new(), None, None),
        Standing::SignInAgain => (AccountState::SignInAgain, Vec::new(), None, None),
        Standing::Unreachable => (AccountState::Unreachable, Vec::new(), None, None),
        Standing::Operator(fault) => {
            let reference = hex::encode(&state.ids.secret()[..4]);
            error!(reference, error = %fault, "an account cannot be looked at, and only the operator can mend it");
            (AccountState::Operator, Vec::new(), None, Some(reference))
        }
    };
    Ok(AccountCard {
        key: connection.as_str().to_owned(),
        name: connection.name().to_owned(),
        state: state_word,
        reference,
        since: since.map(|since| since.to_zoned(state.clock.zone()).strftime("%-d %B %Y").to_string()),
        last_use: last_use(toolbox, &*state.clock, &notes),
        put_away: notes.put_away_at.is_some(),
        scopes: scopes.iter().filter_map(|scope| in_plain_words(toolbox, scope)).collect(),
        uses: uses(toolbox, connection, &scopes),
    })
}

fn last_use(toolbox: &Toolbox, clock: &dyn Clock, notes: &AccountNotes) -> Option<String> {
    let (at, tool) = notes.last_use.as_ref()?;
    let ask = toolbox.find(tool).map_or(tool.as_str(), |tool| tool.card().verbs.ask);
    Some(format!("{}, to {ask}", clock_time(clock, *at)))
}

/// A scope in plain words. Those that only tell who somebody is are said once,
/// by one of them.
pub fn in_plain_words(toolbox: &Toolbox, scope: &Scope) -> Option<String> {
    if let Some(permission) = toolbox.permission(scope) {
        return Some(permission.allows.to_owned());
    }
    match scope.as_str() {
        "openid" => Some("Know your name and your address.".to_owned()),
        _ if Scope::named("email").is_same_as(scope) || Scope::named("profile").is_same_as(scope) => None,
        other => Some(format!("Use the permission {other}.")),
    }
}

/// What the assistant can do with the account, one line a tool.
fn uses(toolbox: &Toolbox, connection: Connection, granted: &[Scope]) -> Vec<Use> {
    let of = |tool: &std::sync::Arc<dyn AnyTool>| {
        let need = tool.need().filter(|need| need.connection == connection)?;
        let permissions = tool.permissions().iter();
        Some(Use {
            tool: tool.card().name.to_owned(),
            words: tool.card().verbs.ask.to_owned(),
            allowed: need.is_within(granted),
            permissions: permissions
                .map(|permission| Permission { allows: permission.allows.into(), never: permission.never.into() })
                .collect(),
        })
    };
    toolbox.iter().filter_map(of).collect()
}

/// `POST /connections/{connection}/disconnect`
pub async fn disconnect(
    state: Data<State>,
    _: Session,
    teacher: SignedInTeacher,
    connection: Path<String>,
) -> Result<HttpResponse, PageError> {
    let caller = teacher.0;
    let connection = Connection::parse(&connection).ok_or(PageError::NotFound)?;
    let LetGo { left_over, refresh_token } = state.connections.let_go(&caller, connection).await?;
    if let Some(token) = refresh_token
        && let Err(fault) = state.provider.revoke(&token).await
    {
        warn!(error = %fault, "a refresh token could not be taken back at the provider; it is gone from here");
    }
    info!(teacher = %caller.teacher.id, connection = connection.as_str(), "account disconnected");
    match left_over {
        None => Ok(see("/connections?done=disconnected")),
        Some(fault) => {
            error!(error = %fault, "an account was put away here, and its tokens may still be in the vault");
            Ok(see("/connections?done=left"))
        }
    }
}
