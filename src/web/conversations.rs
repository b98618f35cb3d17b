//! The conversations of a teacher as a list: found, named, pinned, put away and
//! brought back. Every form works without a script.

use actix_web::{
    HttpResponse,
    web::{Data, Form, Path, Query},
};
use serde::Deserialize;

use super::{
    chat,
    error::PageError,
    frame::{self, html},
    login::see,
    markdown,
    pages::{self, Away, Found, Stretch},
    parts::{Back, Place, Shelved},
    present::clock_time,
    session::SignedInTeacher,
    state::State,
};
use crate::{
    assistant::{
        ConversationId, Words,
        conversation::{Conversation, StoredTurn},
        search::{Piece, Wanted},
        shelf::{Hit, PutAway, Title},
    },
    identity::Caller,
};

/// As many as a page shows.
const SHOWN: usize = 500;
/// As many finds as a reader looks through.
const FOUND: i64 = 50;

/// What is looked for, and what was just done.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    deleted: String,
}

/// `GET /conversations`
pub async fn list(
    state: Data<State>,
    teacher: SignedInTeacher,
    asked: Query<Asked>,
) -> Result<HttpResponse, PageError> {
    let (caller, Asked { q, deleted }) = (&teacher.0, asked.into_inner());
    let away: Vec<Away> = state.shelf.away(&caller.teacher.id).await?.into_iter().map(away).collect();
    let stretches = stretches(&state, caller).await?;
    let page = pages::Conversations {
        frame: frame::of(&state, caller, "Conversations", Place::Conversations, None).await?,
        found: found(&state, caller, &q).await?,
        query: q,
        deleted: away.iter().find(|conversation| conversation.id == deleted).cloned(),
        whole: stretches.iter().map(|stretch| stretch.items.len()).sum::<usize>() < SHOWN,
        stretches,
        away,
    };
    html(&page, &state.token(caller))
}

fn away(conversation: Conversation) -> Away {
    Away { id: conversation.id.to_string(), title: conversation.title }
}

async fn stretches(state: &State, caller: &Caller) -> anyhow::Result<Vec<Stretch>> {
    let conversations = state.conversations.list(&caller.teacher.id, i64::try_from(SHOWN)?).await?;
    let open = state.approvals.waiting(&caller.teacher.id).await?;
    let item = |conversation: &Conversation| pages::Conversation {
        shelved: shelved(conversation, Back::List),
        when: clock_time(&*state.clock, conversation.updated_at),
        at: conversation.updated_at.to_string(),
        waiting: match open.get(&conversation.id).copied().unwrap_or(0) {
            0 => String::new(),
            1 => "1 draft waiting".to_owned(),
            many => format!("{many} drafts waiting"),
        },
    };
    let stretch = |(title, group): (&str, Vec<&Conversation>)| Stretch {
        title: title.to_owned(),
        items: group.into_iter().map(item).collect(),
    };
    Ok(frame::by_time(&conversations, &*state.clock).into_iter().map(stretch).collect())
}

/// What can be done with a conversation.
pub fn shelved(conversation: &Conversation, back: Back) -> Shelved {
    Shelved { id: conversation.id.to_string(), title: conversation.title.clone(), pinned: conversation.pinned, back }
}

/// None when there is no word to look for.
async fn found(state: &State, caller: &Caller, query: &str) -> anyhow::Result<Option<Vec<Found>>> {
    let Some(wanted) = Wanted::parse(query) else { return Ok(None) };
    let hits = state.shelf.search(&caller.teacher.id, &wanted, FOUND).await?;
    Ok(Some(hits.iter().map(|hit| find(state, &wanted, hit)).collect()))
}

fn find(state: &State, wanted: &Wanted, hit: &Hit) -> Found {
    let conversation = &hit.conversation;
    Found {
        href: match &hit.turn {
            Some(stored) => chat::address(&conversation.id, &stored.turn.id),
            None => format!("/chat/{}", conversation.id),
        },
        title: wanted.marked(&conversation.title),
        excerpt: hit.turn.as_ref().and_then(|stored| excerpt(wanted, stored)).unwrap_or_default(),
        when: clock_time(&*state.clock, conversation.updated_at),
        at: conversation.updated_at.to_string(),
    }
}

/// From the answer before the question, which the name often repeats.
fn excerpt(wanted: &Wanted, stored: &StoredTurn) -> Option<Vec<Piece>> {
    let answers = stored.turn.steps.iter().rev().map(|step| markdown::words(&step.text));
    answers.chain([stored.turn.words.clone()]).find_map(|text| wanted.excerpt(&text))
}

/// Where a form leads back to; the list where it does not say.
#[derive(Debug, Deserialize)]
pub struct From {
    #[serde(default)]
    back: String,
}

impl From {
    fn see(&self, id: &ConversationId) -> HttpResponse {
        if self.back == Back::Chat.word() { see(&format!("/chat/{id}")) } else { see("/conversations") }
    }
}

/// A name for a conversation.
#[derive(Debug, Deserialize)]
pub struct Named {
    title: String,
    #[serde(flatten)]
    from: From,
}

/// `POST /chat/{conversation}/title`: an empty name brings its first words back.
pub async fn rename(
    state: Data<State>,
    teacher: SignedInTeacher,
    id: Path<String>,
    form: Form<Named>,
) -> Result<HttpResponse, PageError> {
    let (id, caller) = (parse(&id)?, &teacher.0);
    let title = match Title::parse(&form.title) {
        Some(title) => title,
        None => first_words(&state, caller, &id).await?.ok_or(PageError::NotFound)?,
    };
    found_it(state.shelf.rename(&caller.teacher.id, &id, &title).await?)?;
    Ok(form.from.see(&id))
}

async fn first_words(state: &State, caller: &Caller, id: &ConversationId) -> anyhow::Result<Option<Title>> {
    let turns = state.conversations.turns(&caller.teacher.id, id).await?;
    let words = turns.first().and_then(|stored| Words::parse(&stored.turn.words).ok());
    Ok(words.and_then(|words| Title::parse(&words.title())))
}

/// Whether a conversation is to be at the top.
#[derive(Debug, Deserialize)]
pub struct Pinned {
    pinned: String,
    #[serde(flatten)]
    from: From,
}

/// `POST /chat/{conversation}/pin`
pub async fn pin(
    state: Data<State>,
    teacher: SignedInTeacher,
    id: Path<String>,
    form: Form<Pinned>,
) -> Result<HttpResponse, PageError> {
    let id = parse(&id)?;
    found_it(state.shelf.pin(&teacher.0.teacher.id, &id, form.pinned == "yes").await?)?;
    Ok(form.from.see(&id))
}

/// `POST /chat/{conversation}/delete`
pub async fn put_away(
    state: Data<State>,
    teacher: SignedInTeacher,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id = parse(&id)?;
    match state.shelf.put_away(&teacher.0.teacher.id, &id, state.clock.now()).await? {
        PutAway::Done => Ok(see(&format!("/conversations?deleted={id}"))),
        PutAway::NotThere => Err(PageError::NotFound),
        PutAway::Busy => Err(PageError::Conflict(
            "An answer is still being written there, or a mail is on its way. Wait for it, then delete. Nothing was \
             deleted."
                .to_owned(),
        )),
    }
}

/// `POST /chat/{conversation}/restore`
pub async fn bring_back(
    state: Data<State>,
    teacher: SignedInTeacher,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id = parse(&id)?;
    found_it(state.shelf.bring_back(&teacher.0.teacher.id, &id).await?)?;
    Ok(see(&format!("/chat/{id}")))
}

fn parse(id: &str) -> Result<ConversationId, PageError> {
    ConversationId::parse(id).ok_or(PageError::NotFound)
}

fn found_it(found: bool) -> Result<(), PageError> {
    if found { Ok(()) } else { Err(PageError::NotFound) }
}
