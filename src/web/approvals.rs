//! The teacher's decision about a draft, by form or as JSON.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::{Bytes, Data, Path},
};
use askama::Template;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::form_urlencoded;
use utoipa::ToSchema;

use super::{
    api::RefusalsOrPages,
    chat::{self, Begun, until_quiet},
    error::{PageError, Refusal as Told, wants_json},
    frame::html,
    login::see,
    parts::Part,
    present::{Overlay, Presenter, UNSENT, key},
    session::SignedInTeacher,
    state::State,
    token::{self, Token},
};
use crate::{
    assistant::{
        ApprovalId, DecideError, Decision, TurnId,
        approval::{Approval, ApprovalState},
        caution::{TICK, Ticked},
        toolbox::Edits,
        turn::Pause,
    },
    identity::Caller,
};

/// How long a page without a script waits for the turn to go on.
const PATIENCE: std::time::Duration = chat::FOR_A_PAGE;

/// What came by form or as JSON: the same fields.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Posted {
    /// `send` or `discard` a draft; `again`, to lay a failed one before the
    /// teacher once more; `was_sent`, about one whose outcome is unknown.
    #[schema(pattern = "^(send|discard|again|was_sent)$")]
    decision: String,
    /// The hash of the draft as it was shown: it covers all that would leave.
    #[serde(default)]
    hash: String,
    /// The fields of the draft, and the ticks that stand on its card.
    #[serde(flatten)]
    edits: Edits,
}

impl Posted {
    fn read(request: &HttpRequest, body: &[u8]) -> Result<Self, PageError> {
        let bad = || PageError::BadRequest("A decision needs the fields decision and hash, each once.".to_owned());
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/json") {
            return serde_json::from_slice(body).map_err(|_| bad());
        }
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            if fields.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(bad());
            }
        }
        fields.remove(token::FIELD);
        let decision = fields.remove("decision").ok_or_else(bad)?;
        Ok(Self { decision, hash: fields.remove("hash").unwrap_or_default(), edits: fields })
    }

    /// Only what is there with a value counts as ticked.
    fn ticked(&mut self) -> Ticked {
        let ticks = self.edits.extract_if(.., |name, _| name.starts_with(TICK));
        ticks.filter(|(_, value)| !value.is_empty()).map(|(name, _)| name).collect()
    }

    fn decision(mut self) -> Result<Decision, PageError> {
        let ticked = self.ticked();
        let Self { decision, hash, edits } = self;
        match decision.as_str() {
            "send" => Ok(Decision::Send { hash, edits, ticked }),
            "discard" => Ok(Decision::Discard { hash }),
            "again" => Ok(Decision::Again),
            "was_sent" => Ok(Decision::WasSent),
            _ => Err(PageError::BadRequest("A decision is send, discard, again or was_sent.".to_owned())),
        }
    }
}

/// What became of a decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct Decided {
    /// The draft; another one where a new one took its place.
    approval_id: String,
    /// Where it stands now.
    state: ApprovalState,
    /// The hash of what stands there now.
    hash: String,
    /// What came of it, once something did.
    #[schema(value_type = Option<Object>)]
    outcome: Option<Value>,
    /// The turn in which it was proposed.
    turn: String,
    /// The pieces of the page that changed.
    parts: Vec<Changed>,
    /// Why the decision was not carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<WhyNot>,
}

/// A piece of the page that changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changed {
    /// Where it stands.
    key: String,
    /// What stands there now.
    html: String,
}

/// Why a decision was not carried out.
#[derive(Debug, Serialize, ToSchema)]
struct WhyNot {
    /// For the teacher.
    words: String,
}

/// A decision that was not carried out: about a draft that is there, or not at all.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it stands for the two in the document")]
enum NotCarriedOut {
    Draft(Decided),
    Refusal(Told),
}

/// Decides about a draft. Only the teacher whose draft it is can.
#[utoipa::path(
    post,
    path = "/approvals/{approval}",
    tag = "the assistant",
    operation_id = "decide",
    params(("approval" = String, Path, description = "The draft.")),
    request_body = Posted,
    responses(
        RefusalsOrPages,
        (status = 200, description = "It was carried out.", body = Decided),
        (status = 409, description = "The draft has changed, or something must be done first.", body = NotCarriedOut),
        (status = 422, description = "A correction cannot be taken over.", body = NotCarriedOut),
        (status = 429, description = "A limit is reached.", body = NotCarriedOut),
        (status = 503, description = "Not just now.", body = NotCarriedOut),
    ),
)]
pub async fn decide(
    request: HttpRequest,
    state: Data<State>,
    teacher: SignedInTeacher,
    id: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, PageError> {
    let id = ApprovalId::parse(&id).ok_or(PageError::NotFound)?;
    let posted = Posted::read(&request, &body)?;
    let mut edits = posted.edits.clone();
    edits.retain(|name, _| !name.starts_with(TICK));
    let decided = state.assistant.decide(&teacher.0, &id, posted.decision()?).await;
    let mut verdict = Verdict::of(decided)?;
    if verdict.approval.id != id {
        verdict.replaced = state.approvals.approval(&teacher.0.teacher.id, &id).await?;
    }
    if wants_json(&request) {
        let unsent = unsent(&state, &teacher.0, &verdict.approval).await?;
        return verdict.as_json(&state, &teacher.0, unsent);
    }
    verdict.into_page(&state, &teacher.0, edits).await
}

/// What became of a decision, for the one who made it.
struct Verdict {
    approval: Approval,
    /// The draft whose place it took.
    replaced: Option<Approval>,
    /// None when it was carried out.
    refusal: Option<Refusal>,
}

struct Refusal {
    status: StatusCode,
    words: String,
    /// What the teacher has to do first.
    pause: Option<Pause>,
}

/// The line at the end of a turn that is over, as it stands after a decision;
/// none where no page shows it.
async fn unsent(state: &State, caller: &Caller, approval: &Approval) -> Result<Option<Changed>, PageError> {
    let (teacher, conversation) = (&caller.teacher.id, &approval.conversation);
    let stored = state.conversations.turn(teacher, &approval.turn).await?;
    let Some(stored) = stored.filter(|stored| stored.turn.is_over()) else { return Ok(None) };
    if !state.conversations.tree(teacher, conversation).await?.chosen().contains(&&approval.turn) {
        return Ok(None);
    }
    let presenter = Presenter::new(&state.assistant.parts().toolbox, &*state.clock);
    let line = presenter.unsent(&stored, &state.approvals.of_conversation(teacher, conversation).await?);
    let html =
        line.map(|line| line.render_with_values(&state.token(caller))).transpose().map_err(anyhow::Error::from)?;
    Ok(Some(Changed { key: UNSENT.to_owned(), html: html.unwrap_or_default() }))
}

/// Why a click came too late, by what stands there now.
fn changed(approval: &Approval) -> &'static str {
    match approval.state {
        ApprovalState::Proposed => "This draft has changed since it was shown. Look at it again; nothing was sent.",
        ApprovalState::Rejected => "This draft was discarded meanwhile. Nothing was sent.",
        ApprovalState::Approved | ApprovalState::Claimed => "This draft is being sent already, as it stands there now.",
        ApprovalState::Sent => "This was sent meanwhile, as it stands there now.",
        ApprovalState::Failed | ApprovalState::Unknown | ApprovalState::Superseded => {
            "This was decided meanwhile. What stands there now is how it went."
        }
    }
}

/// What is missing before a click counts.
fn unticked(approval: &Approval) -> &'static str {
    match approval.caution.ticks.len() {
        0 => "This draft is sent with its own button. Nothing was sent.",
        1 => "Tick the box if you mean it, then send. Nothing was sent.",
        _ => "Tick the boxes if you mean it, then send. Nothing was sent.",
    }
}

impl Verdict {
    fn of(decided: Result<Approval, DecideError>) -> Result<Self, PageError> {
        let refusal = |status, words: String, pause| Some(Refusal { status, words, pause });
        let (approval, refusal) = match decided {
            Ok(approval) => return Ok(Self { approval, replaced: None, refusal: None }),
            Err(DecideError::NotFound) => return Err(PageError::NotFound),
            Err(DecideError::Broken(fault)) => return Err(PageError::Broken(fault)),
            Err(DecideError::Changed(approval)) => {
                let words = changed(&approval).to_owned();
                (approval, refusal(StatusCode::CONFLICT, words, None))
            }
            Err(DecideError::Unticked(approval)) => {
                let words = unticked(&approval).to_owned();
                (approval, refusal(StatusCode::CONFLICT, words, None))
            }
            Err(DecideError::BadEdit { words, approval }) => {
                (approval, refusal(StatusCode::UNPROCESSABLE_ENTITY, words, None))
            }
            Err(DecideError::NotNow { words, approval }) => {
                (approval, refusal(StatusCode::SERVICE_UNAVAILABLE, words, None))
            }
            Err(DecideError::Limited { reached, approval }) => {
                (approval, refusal(StatusCode::TOO_MANY_REQUESTS, reached.words(), None))
            }
            Err(DecideError::NotKept(unkept)) => {
                let words = "This mail left, or may have left, but what came of it could not be saved. Do not send it \
                              again; look in your sent mail. This page will tell as soon as it can.";
                (Box::new(unkept.claimed), refusal(StatusCode::SERVICE_UNAVAILABLE, words.to_owned(), None))
            }
            Err(DecideError::Connect { need, why, approval }) => {
                let words = format!("{} is not connected for this. Nothing was sent.", need.connection.name());
                (approval, refusal(StatusCode::CONFLICT, words, Some(Pause::Connection { need, why })))
            }
            Err(DecideError::SignIn(approval)) => {
                let words = "Your sign-in has ended over there. Sign in again; nothing was sent.".to_owned();
                (approval, refusal(StatusCode::CONFLICT, words, Some(Pause::SignIn)))
            }
        };
        Ok(Self { approval: *approval, replaced: None, refusal })
    }

    /// For the page's script and for any other: the outcome, and the parts of
    /// the page that changed.
    fn as_json(&self, state: &State, caller: &Caller, unsent: Option<Changed>) -> Result<HttpResponse, PageError> {
        let presenter = Presenter::new(&state.assistant.parts().toolbox, &*state.clock);
        let outcome = self.approval.outcome.as_ref().map(|outcome| outcome.said.clone());
        let mut parts = self.changed_parts(&presenter, &state.token(caller))?;
        // The last part is the one that the page turns to.
        if let Some(unsent) = unsent {
            parts.insert(parts.len().saturating_sub(1), unsent);
        }
        let decided = Decided {
            approval_id: self.approval.id.to_string(),
            state: self.approval.state,
            hash: self.approval.hash(),
            outcome,
            turn: self.approval.turn.to_string(),
            parts,
            error: self.refusal.as_ref().map(|refusal| WhyNot { words: refusal.words.clone() }),
        };
        let status = self.refusal.as_ref().map_or(StatusCode::OK, |refusal| refusal.status);
        Ok(HttpResponse::build(status).json(decided))
    }

    /// The card as it stands now, and what must be done first. A card whose
    /// corrections were not taken over stays as it was typed.
    fn changed_parts(&self, presenter: &Presenter<'_>, token: &Token) -> Result<Vec<Changed>, PageError> {
        if self.refusal.as_ref().is_some_and(|refusal| refusal.status == StatusCode::UNPROCESSABLE_ENTITY) {
            return Ok(Vec::new());
        }
        let part = |key: String, part: &Part| {
            let html = part.render_with_values(token).map_err(anyhow::Error::from)?;
            Ok::<_, PageError>(Changed { key, html })
        };
        let approval = &self.approval;
        let drafts = self.replaced.iter().chain([approval]);
        let mut parts =
            drafts.map(|draft| part(key(draft), &presenter.approval(draft))).collect::<Result<Vec<_>, _>>()?;
        if let Some(pause) = self.refusal.as_ref().and_then(|refusal| refusal.pause.as_ref()) {
            let card = presenter.connection(approval.turn.as_str(), &approval.call, &approval.tool, pause);
            parts.extend(card.map(|card| part(format!("connect-{}", approval.call), &card)).transpose()?);
        }
        Ok(parts)
    }

    /// For a page without a script: back to the conversation when the turn has
    /// gone on, or the same page with the reason and all that was typed.
    async fn into_page(self, state: &State, caller: &Caller, edits: Edits) -> Result<HttpResponse, PageError> {
        let approval = self.approval;
        let Some(refusal) = self.refusal else {
            until_quiet(state, caller, &approval.turn, PATIENCE).await?;
            return Ok(see(&format!("/chat/{}#turn-{}", approval.conversation, approval.turn)));
        };
        // The way to the account is a link on the page, not a redirect: a
        // browser holds the redirects after a form to the page's own policy.
        let Refusal { status, words, pause } = refusal;
        let overlay = Overlay { approval: approval.id.clone(), edits, words, pause };
        let page = chat::page(state, caller, &approval.conversation, Begun::default(), Some(&overlay)).await?;
        let mut answer = html(&page, &state.token(caller))?;
        *answer.status_mut() = status;
        Ok(answer)
    }
}

/// `POST /turns/{turn}/approvals`: sends several drafts, each as it was shown.
pub async fn send_all(
    request: HttpRequest,
    state: Data<State>,
    teacher: SignedInTeacher,
    turn: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, PageError> {
    let turn = TurnId::parse(&turn).ok_or(PageError::NotFound)?;
    let stored = state.conversations.turn(&teacher.0.teacher.id, &turn).await?.ok_or(PageError::NotFound)?;
    let approvals = state.approvals.of_conversation(&teacher.0.teacher.id, &stored.conversation).await?;
    let mut verdicts = Vec::new();
    for (id, hash) in ticked(&body)? {
        if !approvals.iter().any(|approval| approval.id == id && approval.turn == turn) {
            return Err(PageError::NotFound);
        }
        // One after the other: a fault in one leaves the others as they are.
        let decision = Decision::SendWithOthers { hash };
        let decided = state.assistant.decide(&teacher.0, &id, decision).await;
        match Verdict::of(decided) {
            Ok(verdict) => verdicts.push(verdict),
            // What the others came to must be seen, whatever broke here.
            Err(fault) if verdicts.is_empty() => return Err(fault),
            Err(fault) => tracing::error!(error = %fault, approval = %id, "one of several decisions broke"),
        }
    }
    if !wants_json(&request) {
        if let Some(refused) = verdicts.into_iter().find(|verdict| verdict.refusal.is_some()) {
            return refused.into_page(&state, &teacher.0, Edits::new()).await;
        }
        until_quiet(&state, &teacher.0, &turn, PATIENCE).await?;
        return Ok(see(&format!("/chat/{}#turn-{turn}", stored.conversation)));
    }
    let presenter = Presenter::new(&state.assistant.parts().toolbox, &*state.clock);
    let (mut parts, token) = (Vec::new(), state.token(&teacher.0));
    for verdict in &verdicts {
        parts.extend(verdict.changed_parts(&presenter, &token)?);
    }
    let refused: Vec<&str> = verdicts.iter().filter_map(|v| v.refusal.as_ref()).map(|r| r.words.as_str()).collect();
    Ok(HttpResponse::Ok().json(json!({ "turn": turn, "parts": parts, "refused": refused })))
}

fn ticked(body: &[u8]) -> Result<Vec<(ApprovalId, String)>, PageError> {
    let bad = || PageError::BadRequest("The list of drafts is not of the form id:hash.".to_owned());
    let fields = form_urlencoded::parse(body).filter(|(name, _)| name == "approval");
    fields
        .map(|(_, value)| {
            let (id, hash) = value.split_once(':').ok_or_else(bad)?;
            Ok((ApprovalId::parse(id).ok_or_else(bad)?, hash.to_owned()))
        })
        .collect()
}
