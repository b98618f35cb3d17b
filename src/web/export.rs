//! A conversation, or one answer, as Markdown to take along: the chosen way
//! through the turns, with what became of each draft. Like the page, the file
//! holds no link, no picture and no HTML of a model's.

use std::fmt::Write;

use actix_web::{
    HttpResponse,
    http::header::CONTENT_TYPE,
    web::{Data, Path},
};

use super::{
    error::PageError,
    markdown::{inert, literal},
    parts::{Part, capitalised},
    present::{Presenter, clock_time},
    session::SignedInTeacher,
    spreadsheet::attachment,
    state::State,
};
use crate::{
    assistant::{
        ConversationId, TurnId,
        approval::{Approval, ApprovalState},
        conversation::StoredTurn,
        turn::Call,
    },
    audit::{Entry, Kind},
};

/// `GET /chat/{conversation}/export.md`
pub async fn conversation(
    state: Data<State>,
    teacher: SignedInTeacher,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id = ConversationId::parse(&id).ok_or(PageError::NotFound)?;
    let teacher = &teacher.0.teacher;
    let conversation = state.conversations.conversation(&teacher.id, &id).await?.ok_or(PageError::NotFound)?;
    let taken = Entry::by(&teacher.id, Kind::Data, "conversation_taken_along");
    state.journal.note(Entry { conversation: Some(id.to_string()), ..taken }).await?;
    let tree = state.conversations.tree(&teacher.id, &id).await?;
    let chosen = tree.chosen();
    let approvals = state.approvals.of_conversation(&teacher.id, &id).await?;
    let writer = Writer { state: &state, approvals: &approvals };
    let mut text = format!("# {}\n\nTaken along on {}.", literal(&conversation.title), writer.today());
    text.push_str(" The answers were written by an assistant.\n");
    let turns = state.conversations.turns(&teacher.id, &id).await?;
    for stored in turns.iter().filter(|stored| chosen.contains(&&stored.turn.id)) {
        writer.question(&mut text, &teacher.name, stored);
        writer.answer(&mut text, stored);
    }
    Ok(file(&conversation.title, text))
}

/// `GET /turns/{turn}/answer.md`
pub async fn answer(
    state: Data<State>,
    teacher: SignedInTeacher,
    turn: Path<String>,
) -> Result<HttpResponse, PageError> {
    let turn = TurnId::parse(&turn).ok_or(PageError::NotFound)?;
    let teacher = &teacher.0.teacher.id;
    let stored = state.conversations.turn(teacher, &turn).await?.ok_or(PageError::NotFound)?;
    let taken = Entry::by(teacher, Kind::Data, "answer_taken_along");
    let (conversation, turn) = (Some(stored.conversation.to_string()), Some(turn.to_string()));
    state.journal.note(Entry { conversation, turn, ..taken }).await?;
    let approvals = state.approvals.of_conversation(teacher, &stored.conversation).await?;
    let mut text = String::new();
    Writer { state: &state, approvals: &approvals }.answer(&mut text, &stored);
    Ok(file("Answer", text.trim_start().to_owned()))
}

fn file(name: &str, text: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/markdown; charset=utf-8"))
        .insert_header(attachment(name, "md"))
        .body(text)
}

struct Writer<'a> {
    state: &'a State,
    approvals: &'a [Approval],
}

impl Writer<'_> {
    fn today(&self) -> String {
        self.state.clock.wall().strftime("%-d %B %Y").to_string()
    }

    fn question(&self, text: &mut String, name: &str, stored: &StoredTurn) {
        let when = stored.asked_at.to_zoned(self.state.clock.zone()).strftime("%-d %B %Y, %H:%M").to_string();
        add(text, &format!("## {}, {when}", literal(name)));
        let lines = stored.turn.words.lines().map(|line| format!("> {}", literal(line)).trim_end().to_owned());
        add(text, &lines.collect::<Vec<_>>().join("  \n"));
    }

    fn answer(&self, text: &mut String, stored: &StoredTurn) {
        for step in &stored.turn.steps {
            if !step.text.trim().is_empty() {
                add(text, &inert(&step.text));
            }
            for call in &step.calls {
                self.call(text, stored, call);
            }
        }
    }

    /// What a tool did, in the words of the page, and the drafts that came of it.
    fn call(&self, text: &mut String, stored: &StoredTurn, call: &Call) {
        let toolbox = &self.state.assistant.parts().toolbox;
        let presenter = Presenter::new(toolbox, &*self.state.clock);
        if let Some(Part::Did(did)) = presenter.finished(call) {
            add(text, &format!("*{}*", literal(&did.words)));
        }
        let own = |draft: &&Approval| draft.turn == stored.turn.id && draft.call == call.id;
        for draft in self.approvals.iter().filter(own) {
            self.draft(text, draft);
        }
    }

    fn draft(&self, text: &mut String, draft: &Approval) {
        add(text, &format!("**{}**", self.standing(draft)));
        let fields = draft.preview.fields.iter();
        let lines = fields.clone().filter(|field| !field.multiline).map(|field| (&field.label, &field.value));
        let rows = draft.preview.rows.iter().map(|row| (&row.label, &row.value)).chain(lines);
        let rows = rows.map(|(label, value)| format!("- {}: {}", literal(label), literal(value)));
        add(text, &rows.collect::<Vec<_>>().join("\n"));
        for field in fields.filter(|field| field.multiline) {
            add(text, &fenced(&field.value));
        }
    }

    /// From the stored state, never from anybody's words.
    fn standing(&self, draft: &Approval) -> String {
        let done = &draft.preview.outcomes.done;
        let when = clock_time(&*self.state.clock, draft.changed_at);
        match draft.state {
            ApprovalState::Proposed | ApprovalState::Approved => format!("Draft, not {done}"),
            ApprovalState::Claimed => "On its way".to_owned(),
            ApprovalState::Sent => format!("{}, {when}", capitalised(done)),
            ApprovalState::Failed => format!("Not {done}"),
            ApprovalState::Unknown => format!("Not known whether it was {done}, {when}"),
            ApprovalState::Rejected => format!("Discarded, not {done}"),
            ApprovalState::Superseded if draft.may_have_left() => {
                format!("Replaced by a newer draft; not known whether it was {done}, {when}")
            }
            ApprovalState::Superseded => format!("Replaced by a newer draft, not {done}"),
        }
    }
}

/// Adds a block behind an empty line.
fn add(text: &mut String, block: &str) {
    let gap = if text.is_empty() || text.ends_with('\n') { "\n" } else { "\n\n" };
    // Writing into a text cannot fail.
    let _written = writeln!(text, "{gap}{block}");
}

/// A text exactly as it is, in a fence that it cannot close.
fn fenced(body: &str) -> String {
    let longest = body.split(|sign| sign != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{body}\n{fence}")
}
