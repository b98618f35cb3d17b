//! The settings page: what a teacher can choose, take along and delete.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Form, Query},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    activity,
    error::PageError,
    frame::{self, html},
    login::see,
    pages::{Choice, Settings},
    parts::Place,
    session::SignedInTeacher,
    spreadsheet::attachment,
    state::State,
};
use crate::{
    assistant::conversation::{Conversation, Forgotten},
    audit::{Entry, Kind},
    identity::{Appearance, Caller, Preferences, Retention},
};

/// What was just done.
#[derive(Debug, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

/// `GET /settings`
pub async fn show(state: Data<State>, teacher: SignedInTeacher, done: Query<Done>) -> Result<HttpResponse, PageError> {
    html(&page(&state, &teacher.0, done.into_inner().done, None).await?, &state.token(&teacher.0))
}

/// The page; `typed` are days that could not be taken over, and why.
async fn page(
    state: &State,
    caller: &Caller,
    done: String,
    typed: Option<(String, String)>,
) -> Result<Settings, PageError> {
    let chosen = state.preferences.preferences(&caller.teacher.id).await?;
    let count = all(state, caller).await?.len();
    let (days, fault) = typed.map_or((chosen.retention.days().to_string(), None), |(days, why)| (days, Some(why)));
    Ok(Settings {
        frame: frame::of(state, caller, "Settings", Place::Settings, None).await?,
        looks: Appearance::ALL.map(|look| choice(look, chosen.appearance)).into(),
        shortcuts: chosen.shortcuts,
        days,
        most_days: Retention::LONGEST,
        fault,
        conversations: match count {
            0 => String::new(),
            1 => "1 conversation".to_owned(),
            many => format!("{many} conversations"),
        },
        operator: state.operators.include(Some(&caller.teacher.email)),
        done,
    })
}

async fn all(state: &State, caller: &Caller) -> anyhow::Result<Vec<Conversation>> {
    state.conversations.list(&caller.teacher.id, i64::MAX).await
}

fn choice(look: Appearance, chosen: Appearance) -> Choice {
    let label = match look {
        Appearance::Auto => "As this device",
        Appearance::Light => "Light",
        Appearance::Dark => "Dark",
    };
    Choice { value: look.as_str(), label, chosen: look == chosen }
}

/// How pages are to look.
#[derive(Debug, Deserialize)]
pub struct Look {
    appearance: String,
}

/// `POST /settings/appearance`
pub async fn appearance(
    state: Data<State>,
    teacher: SignedInTeacher,
    form: Form<Look>,
) -> Result<HttpResponse, PageError> {
    let wrong = || PageError::BadRequest("Choose auto, light or dark.".to_owned());
    let appearance = Appearance::parse(&form.appearance).ok_or_else(wrong)?;
    prefer(&state, &teacher.0, |chosen| Preferences { appearance, ..chosen }).await?;
    Ok(see("/settings?done=appearance"))
}

/// Whether single keys are to do something; a box that is not ticked is not posted.
#[derive(Debug, Deserialize)]
pub struct Keys {
    #[serde(default)]
    shortcuts: String,
}

/// `POST /settings/shortcuts`
pub async fn shortcuts(
    state: Data<State>,
    teacher: SignedInTeacher,
    form: Form<Keys>,
) -> Result<HttpResponse, PageError> {
    let shortcuts = form.shortcuts == "on";
    prefer(&state, &teacher.0, |chosen| Preferences { shortcuts, ..chosen }).await?;
    Ok(see("/settings?done=shortcuts"))
}

/// How long conversations are to be kept.
#[derive(Debug, Deserialize)]
pub struct Days {
    days: String,
}

/// `POST /settings/retention`
pub async fn retention(
    state: Data<State>,
    teacher: SignedInTeacher,
    form: Form<Days>,
) -> Result<HttpResponse, PageError> {
    match Retention::parse(&form.days) {
        Ok(retention) => {
            prefer(&state, &teacher.0, |chosen| Preferences { retention, ..chosen }).await?;
            Ok(see("/settings?done=retention"))
        }
        Err(fault) => {
            let typed = Some((form.days.clone(), fault.to_string()));
            let mut answer = html(&page(&state, &teacher.0, String::new(), typed).await?, &state.token(&teacher.0))?;
            *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(answer)
        }
    }
}

async fn prefer(
    state: &State,
    caller: &Caller,
    change: impl FnOnce(Preferences) -> Preferences + Send,
) -> anyhow::Result<()> {
    let chosen = state.preferences.preferences(&caller.teacher.id).await?;
    state.preferences.prefer(&caller.teacher.id, change(chosen)).await
}

/// `POST /settings/forget`: all conversations, or none.
pub async fn forget(state: Data<State>, teacher: SignedInTeacher) -> Result<HttpResponse, PageError> {
    match state.forgetting.forget_all(&teacher.0.teacher.id).await? {
        Forgotten::Gone(conversations) => {
            tracing::info!(teacher = %teacher.0.teacher.id, conversations, "deleted all conversations");
            Ok(see("/settings?done=forget"))
        }
        Forgotten::Busy => Err(PageError::Conflict(
            "An answer is still being written, or a mail is on its way. Wait for it, then delete. Nothing was deleted."
                .to_owned(),
        )),
    }
}

/// `GET /settings/data.json`: all that is kept about a teacher and that is theirs to read.
pub async fn data(state: Data<State>, teacher: SignedInTeacher) -> Result<HttpResponse, PageError> {
    let caller = &teacher.0;
    state.journal.note(Entry::by(&caller.teacher.id, Kind::Data, "exported")).await?;
    let mut conversations = Vec::new();
    for conversation in all(&state, caller).await? {
        conversations.push(whole(&state, caller, &conversation).await?);
    }
    let all = json!({
        "exported_at": state.clock.now(),
        "teacher": { "name": caller.teacher.name, "email": caller.teacher.email },
        "preferences": state.preferences.preferences(&caller.teacher.id).await?,
        "changed_addresses": state.address_changes.kept_by(&caller.teacher.id).await?,
        "conversations": conversations,
        "activity": activity::whole(&state, caller).await?,
    });
    let text = serde_json::to_string_pretty(&all).map_err(anyhow::Error::from)?;
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(attachment("Teachers Aide data", "json"))
        .body(text))
}

async fn whole(state: &State, caller: &Caller, conversation: &Conversation) -> anyhow::Result<Value> {
    let teacher = &caller.teacher.id;
    let turns = state.conversations.turns(teacher, &conversation.id).await?;
    let drafts = state.approvals.of_conversation(teacher, &conversation.id).await?;
    let turns: Vec<Value> =
        turns.iter().map(|stored| json!({ "asked_at": stored.asked_at, "turn": stored.turn })).collect();
    let seen = state.seen.seen(teacher, &conversation.id).await?;
    Ok(json!({ "conversation": conversation, "turns": turns, "drafts": drafts, "what_the_model_saw": seen }))
}
