//! The chat: pages of conversations, and the words a teacher posts.

mod onward;
mod quiet;
mod start;

use std::fmt::Display;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    },
    web::{Data, Form, Path, Query},
};
use askama::Template;
use jiff::Zoned;
use serde::Deserialize;
use serde_json::json;

pub use onward::onward;
pub use quiet::{FOR_A_PAGE, until_quiet};

use super::{
    conversations,
    error::{PageError, wants_json, whole_seconds},
    frame::{self, html},
    login::see,
    pages,
    parts::{self, Back, Composer, Place},
    present::{self, Overlay, Presenter},
    session::SignedInTeacher,
    state::State,
};
use crate::{
    assistant::{
        ClientId, ConversationId, SayError, TurnId, Words, WordsError, branches::Tree, conversation::StoredTurn,
        limits::Reached, turn::Status,
    },
    identity::Caller,
};

/// What a teacher posts.
#[derive(Debug, Deserialize)]
pub struct Post {
    words: String,
    client_id: Option<String>,
    /// The version that was looked at.
    through: Option<String>,
}

/// Which version of a turn is looked at, where it is not the chosen one.
#[derive(Debug, Deserialize)]
pub struct LookedAt {
    turn: Option<String>,
}

/// The address of a turn, on whichever way through its conversation.
pub fn address(conversation: &impl Display, turn: &impl Display) -> String {
    format!("/chat/{conversation}?turn={turn}#turn-{turn}")
}

/// The longest question that a page may prepare.
const LONGEST_PREPARED: usize = 500;

/// A question that a page prepared, or one that was asked before and is to be
/// asked here; the teacher still has to ask it.
#[derive(Debug, Deserialize)]
pub struct Prepared {
    #[serde(default)]
    words: String,
    from: Option<String>,
}

impl Prepared {
    async fn words(self, state: &State, caller: &Caller) -> anyhow::Result<String> {
        if let Some(turn) = self.from.as_deref().and_then(TurnId::parse)
            && let Some(stored) = state.conversations.turn(&caller.teacher.id, &turn).await?
        {
            return Ok(stored.turn.words);
        }
        Ok(self.words.chars().filter(|sign| !sign.is_control()).take(LONGEST_PREPARED).collect())
    }
}

/// `GET /chat`: a blank sheet, perhaps with words on it.
pub async fn blank(
    state: Data<State>,
    teacher: SignedInTeacher,
    prepared: Query<Prepared>,
) -> Result<HttpResponse, PageError> {
    let words = prepared.into_inner().words(&state, &teacher.0).await?;
    let page = blank_page(&state, &teacher.0, words, None).await?;
    html(&page, &state.token(&teacher.0))
}

async fn blank_page(
    state: &State,
    caller: &Caller,
    words: String,
    error: Option<String>,
) -> Result<pages::Chat, PageError> {
    let frame = frame::of(state, caller, "New conversation", Place::New, None).await?;
    let asks = start::suggestions(&state.school.students(&caller.teacher, state.clock.wall().date()));
    Ok(pages::Chat {
        frame,
        greeting: greeting(&state.clock.wall(), &caller.teacher.name),
        title: "New conversation".to_owned(),
        shelved: None,
        turns: Vec::new(),
        composer: Composer {
            conversation: None,
            client_id: fresh(state),
            words,
            error,
            through: None,
            running: None,
            asks,
        },
    })
}

fn greeting(now: &Zoned, name: &str) -> String {
    let time = match now.hour() {
        5..=11 => "Good morning",
        12..=17 => "Good afternoon",
        _ => "Good evening",
    };
    let first = name.split_whitespace().next().unwrap_or_default();
    format!("{time}, {first}")
}

fn fresh(state: &State) -> String {
    ClientId::fresh(&*state.ids).as_str().to_owned()
}

/// `GET /chat/{conversation}`
pub async fn show(
    state: Data<State>,
    teacher: SignedInTeacher,
    conversation: Path<String>,
    looked_at: Query<LookedAt>,
) -> Result<HttpResponse, PageError> {
    let id = ConversationId::parse(&conversation).ok_or(PageError::NotFound)?;
    let through = looked_at.turn.as_deref().and_then(TurnId::parse);
    let page = page(&state, &teacher.0, &id, Begun { through, ..Begun::default() }, None).await?;
    html(&page, &state.token(&teacher.0))
}

/// How a conversation's page begins.
#[derive(Debug, Default)]
pub struct Begun {
    /// What came back because it could not be taken, and why.
    words: String,
    error: Option<String>,
    /// The version that is looked at.
    through: Option<TurnId>,
}

/// The page of a conversation; the overlay is what was typed into a draft.
pub async fn page(
    state: &State,
    caller: &Caller,
    id: &ConversationId,
    begun: Begun,
    overlay: Option<&Overlay>,
) -> Result<pages::Chat, PageError> {
    let teacher = &caller.teacher.id;
    let conversation = state.conversations.conversation(teacher, id).await?.ok_or(PageError::NotFound)?;
    let tree = state.conversations.tree(teacher, id).await?;
    let tree = begun.through.iter().fold(tree, Tree::looking_at);
    let shown = tree.shown();
    let mut turns = state.conversations.turns(teacher, id).await?;
    turns.retain(|stored| shown.contains(&&stored.turn.id));
    // Asked once for each: what ends a moment later is still shown as running, and followed to its end.
    let alive: Vec<bool> = turns.iter().map(|stored| state.assistant.is_alive(&stored.turn.id)).collect();
    // A turn that nobody drives any more was cut off, or came to its end since it was read: it is read once more.
    for (stored, alive) in turns.iter_mut().zip(&alive) {
        if stored.turn.status == Status::Running && !alive {
            *stored = state.conversations.turn(teacher, &stored.turn.id).await?.ok_or(PageError::NotFound)?;
        }
    }
    let approvals = state.approvals.of_conversation(teacher, id).await?;
    let presenter = Presenter { overlay, ..Presenter::new(&state.assistant.parts().toolbox, &*state.clock) };
    let running = turns.iter().zip(&alive).find(|(stored, alive)| stored.turn.status == Status::Running && **alive);
    let composer = Composer {
        conversation: Some(id.to_string()),
        client_id: fresh(state),
        words: begun.words,
        error: begun.error,
        through: begun.through.filter(|turn| shown.contains(&turn)).map(|turn| turn.to_string()),
        running: running.map(|(stored, _)| stored.turn.id.to_string()),
        asks: Vec::new(),
    };
    Ok(pages::Chat {
        frame: frame::of(state, caller, &conversation.title, Place::Elsewhere, Some(id.as_str())).await?,
        greeting: greeting(&state.clock.wall(), &caller.teacher.name),
        shelved: Some(conversations::shelved(&conversation, Back::Chat)),
        title: conversation.title,
        turns: turns
            .iter()
            .zip(alive)
            .map(|(stored, alive)| parts::Turn {
                asks: onward(state, caller, stored, &tree),
                ..presenter.turn(stored, &approvals, &tree, alive)
            })
            .collect(),
        composer,
    })
}

/// `POST /chat`: the first words of a conversation.
pub async fn begin(
    request: HttpRequest,
    state: Data<State>,
    teacher: SignedInTeacher,
    post: Form<Post>,
) -> Result<HttpResponse, PageError> {
    said(&request, &state, &teacher.0, Where::New, post.into_inner()).await
}

/// `POST /chat/{conversation}`
pub async fn reply(
    request: HttpRequest,
    state: Data<State>,
    teacher: SignedInTeacher,
    conversation: Path<String>,
    post: Form<Post>,
) -> Result<HttpResponse, PageError> {
    let id = ConversationId::parse(&conversation).ok_or(PageError::NotFound)?;
    said(&request, &state, &teacher.0, Where::In(id), post.into_inner()).await
}

/// Where something is said.
#[derive(Debug, Clone)]
pub enum Where {
    /// At the beginning of a new conversation.
    New,
    /// At the end of one.
    In(ConversationId),
    /// In one, in the place of what was said there.
    InPlaceOf(ConversationId, TurnId),
}

impl Where {
    fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::New => None,
            Self::In(conversation) | Self::InPlaceOf(conversation, _) => Some(conversation.clone()),
        }
    }
}

/// Takes words, or gives them back with the reason.
pub async fn said(
    request: &HttpRequest,
    state: &State,
    caller: &Caller,
    place: Where,
    post: Post,
) -> Result<HttpResponse, PageError> {
    let client_id = post.client_id.as_deref().and_then(ClientId::parse);
    let client_id = client_id.unwrap_or_else(|| ClientId::fresh(&*state.ids));
    let conversation = place.conversation();
    let through = post.through.as_deref().and_then(TurnId::parse);
    let begun = |words: &str| Begun { words: words.to_owned(), error: None, through: through.clone() };
    let back = |why| give_back(request, state, caller, conversation.clone(), begun(&post.words), why);
    let words = match Words::parse(&post.words) {
        Ok(words) => words,
        Err(fault) => return back(Turned::Words(fault)).await,
    };
    let said = match &place {
        Where::InPlaceOf(_, turn) => state.assistant.say_instead(caller, turn, Some(&words), client_id).await,
        Where::New => state.assistant.say(caller, None, &words, client_id).await,
        Where::In(id) => state.assistant.say_in(caller, id, through.as_ref(), &words, client_id).await,
    };
    match said {
        Ok(stored) if wants_json(request) => Ok(HttpResponse::Ok().json(answer(state, caller, &stored).await?)),
        Ok(stored) => {
            until_quiet(state, caller, &stored.turn.id, quiet::FOR_A_PAGE).await?;
            Ok(see(&format!("/chat/{}#turn-{}", stored.conversation, stored.turn.id)))
        }
        Err(SayError::Busy) => back(Turned::Busy).await,
        Err(SayError::Limited(reached)) => back(Turned::Limited(reached)).await,
        Err(SayError::NotFound) => Err(PageError::NotFound),
        Err(SayError::Broken(fault)) => Err(PageError::Broken(fault)),
    }
}

/// The turns around one. The first of a conversation is alone while it runs for
/// the first time; one that is taken up again was stored more than once.
pub async fn around(state: &State, caller: &Caller, stored: &StoredTurn) -> anyhow::Result<Tree> {
    if stored.seq == 1 && stored.version == 1 && stored.turn.status == Status::Running {
        return Ok(Tree::of_one(&stored.turn.id));
    }
    state.conversations.tree(&caller.teacher.id, &stored.conversation).await
}

/// What the page's script puts in place: the turn, from which it follows on.
async fn answer(state: &State, caller: &Caller, stored: &StoredTurn) -> Result<serde_json::Value, PageError> {
    let tree = around(state, caller, stored).await?;
    let presenter = Presenter::new(&state.assistant.parts().toolbox, &*state.clock);
    let turn = presenter.turn(stored, &[], &tree, true);
    let turn = turn.render_with_values(&state.token(caller)).map_err(anyhow::Error::from)?;
    Ok(json!({ "conversation": stored.conversation, "turn": stored.turn.id, "html": turn }))
}

/// Why words come back to the one who typed them.
enum Turned {
    Words(WordsError),
    Busy,
    Limited(Reached),
}

impl Turned {
    fn words(&self) -> String {
        match self {
            Self::Words(fault) => fault.to_string(),
            Self::Busy => "An answer is still being written here. Wait for it, or stop it, then send this.".to_owned(),
            Self::Limited(reached) => reached.words(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Words(WordsError::Empty) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Words(WordsError::TooLong { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy => StatusCode::CONFLICT,
            Self::Limited(_) => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    fn waits(&self, state: &State, mut answer: HttpResponse) -> HttpResponse {
        if let Self::Limited(reached) = self {
            let wait = whole_seconds(reached.wait(&*state.clock));
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait));
        }
        answer
    }
}

/// Nothing typed is lost: the words stand in the composer again, with the reason.
async fn give_back(
    request: &HttpRequest,
    state: &State,
    caller: &Caller,
    conversation: Option<ConversationId>,
    begun: Begun,
    why: Turned,
) -> Result<HttpResponse, PageError> {
    if wants_json(request) {
        let answer = HttpResponse::build(why.status()).json(json!({ "error": { "words": why.words() } }));
        return Ok(why.waits(state, answer));
    }
    let error = Some(why.words());
    let page = match conversation {
        Some(id) => page(state, caller, &id, Begun { error, ..begun }, None).await?,
        None => blank_page(state, caller, begun.words, error).await?,
    };
    let mut answer = html(&page, &state.token(caller))?;
    *answer.status_mut() = why.status();
    Ok(why.waits(state, answer))
}

/// The state word of a turn for scripts: done, waiting or failed.
pub fn script_word(stored: &StoredTurn) -> &'static str {
    match present::state(&stored.turn.status, false) {
        parts::TurnState::Waiting => "waiting",
        parts::TurnState::Done | parts::TurnState::Stopped => "done",
        parts::TurnState::Running | parts::TurnState::Failed | parts::TurnState::Interrupted => "failed",
    }
}
