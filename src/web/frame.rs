//! What stands around every page: the banner, the side bar, the teacher's name.

use actix_web::HttpResponse;
use askama::{Template, Values};
use jiff::{Timestamp, ToSpan, civil::Date};

use super::{
    error::PageError,
    parts::{Demo, Frame, Past, PastGroup, Place, Side},
    state::State,
};
use crate::{
    assistant::conversation::Conversation,
    clock::Clock,
    identity::{Caller, Preferences},
};

/// How many conversations the side bar shows.
const SHOWN: i64 = 30;

/// The frame of a page for somebody who is not signed in.
pub fn alone(title: &str, demo: Option<Demo>) -> Frame {
    Frame { title: title.to_owned(), demo, side: None, chosen: Preferences::default() }
}

/// The frame of a page for a teacher; `current` is the conversation on it.
pub async fn of(
    state: &State,
    caller: &Caller,
    title: &str,
    place: Place,
    current: Option<&str>,
) -> anyhow::Result<Frame> {
    let latest = state.conversations.list(&caller.teacher.id, SHOWN).await?;
    let past = by_time(&latest, &*state.clock)
        .into_iter()
        .map(|(title, group)| PastGroup {
            title: title.to_owned(),
            items: group.into_iter().map(|conversation| past(conversation, current)).collect(),
        })
        .collect();
    let teacher = &caller.teacher;
    let side = Side {
        teacher: teacher.id.as_str().to_owned(),
        name: teacher.name.clone(),
        email: teacher.email.clone(),
        place,
        past,
    };
    let chosen = state.preferences.preferences(&teacher.id).await?;
    Ok(Frame { title: title.to_owned(), demo: state.demo.clone(), side: Some(side), chosen })
}

fn past(conversation: &Conversation, current: Option<&str>) -> Past {
    Past {
        id: conversation.id.to_string(),
        title: conversation.title.clone(),
        current: current == Some(conversation.id.as_str()),
    }
}

/// Conversations by stretch of time, for a reader: they come newest first, and
/// the pinned ones before all others.
pub fn by_time<'a>(conversations: &'a [Conversation], clock: &dyn Clock) -> Vec<(&'static str, Vec<&'a Conversation>)> {
    let today = clock.wall().date();
    let mut groups: Vec<(&'static str, Vec<&Conversation>)> = Vec::new();
    for conversation in conversations {
        let stretch = if conversation.pinned { "Pinned" } else { stretch(conversation.updated_at, today, clock) };
        match groups.last_mut() {
            Some((title, group)) if *title == stretch => group.push(conversation),
            _ => groups.push((stretch, vec![conversation])),
        }
    }
    groups
}

fn stretch(at: Timestamp, today: Date, clock: &dyn Clock) -> &'static str {
    let date = at.to_zoned(clock.zone()).date();
    let since = |days: i64| today.saturating_sub(days.days());
    if date >= today {
        "Today"
    } else if date >= since(1) {
        "Yesterday"
    } else if date >= since(7) {
        "Last seven days"
    } else if date >= since(30) {
        "Last thirty days"
    } else {
        "Earlier"
    }
}

/// A rendered page as an answer; its forms carry the token of whoever reads it.
pub fn html(page: &impl Template, token: &impl Values) -> Result<HttpResponse, PageError> {
    let html = page.render_with_values(token).map_err(anyhow::Error::from)?;
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(html))
}
