//! What stands at the end of a turn that did not simply end: one sentence, and
//! the one thing to do about it.

use super::super::parts::{Action, Notice, Tone};
use crate::assistant::{
    conversation::StoredTurn,
    model::Finish,
    turn::{Ending, Limit, Remedy, Status},
};

/// The name of the line on the page.
const KEY: &str = "notice";

/// The line at the end of a turn. Only the latest one can go on; what a teacher
/// can do about an older one stands below it anyway.
pub(super) fn notice(stored: &StoredTurn, alive: bool, is_latest: bool) -> Option<Notice> {
    let turn = stored.turn.id.as_str();
    let go_on = |text: &str| is_latest.then(|| go_on(turn, text));
    let interrupted = || Notice { action: go_on("Continue"), ..Notice::interrupted(KEY, turn) };
    match &stored.turn.status {
        Status::Running if !alive => Some(interrupted()),
        Status::Running | Status::Waiting => None,
        Status::Ended { ending } => match ending {
            Ending::Done | Ending::SetAside => cut_short(stored, is_latest),
            Ending::Stopped => Some(Notice { action: go_on("Continue"), ..Notice::stopped(KEY) }),
            Ending::Interrupted { words } => Some(Notice { words: words.clone(), ..interrupted() }),
            Ending::OverBudget { limit } => Some(over_budget(turn, *limit)),
            Ending::Failed { words, reference, remedy } => {
                let action = match remedy {
                    Remedy::Again => go_on("Try again"),
                    Remedy::Anew => Some(anew(turn)),
                };
                Some(Notice::failed(KEY, words, action, reference))
            }
        },
    }
}

fn go_on(turn: &str, text: &str) -> Action {
    Action::Post { text: text.to_owned(), path: format!("/turns/{turn}/resume") }
}

/// A new conversation with the same words in the box.
fn anew(turn: &str) -> Action {
    Action::Go { text: "Start a new conversation".to_owned(), href: format!("/chat?from={turn}") }
}

/// The form below the question, which a browser opens on the way there.
fn other_words(turn: &str) -> Action {
    Action::Go { text: "Change the question".to_owned(), href: format!("#edit-{turn}") }
}

fn warning(title: &str, words: &str, action: Option<Action>) -> Notice {
    Notice { title: title.to_owned(), words: words.to_owned(), tone: Tone::Warn, action, ..Notice::stopped(KEY) }
}

fn over_budget(turn: &str, limit: Limit) -> Notice {
    let words = match limit {
        Limit::ModelCalls => "This took more steps than one answer may. Ask again in smaller parts.",
        Limit::Time => "This took longer than one answer may. Ask again in smaller parts.",
        Limit::Output => "This became longer than one answer may. Ask again in smaller parts.",
        Limit::Day => "Today's share of the assistant is used up. It begins again at midnight.",
        Limit::Site => "This site has used up its budget for today. It begins again at midnight.",
    };
    let action = match limit {
        Limit::ModelCalls | Limit::Time | Limit::Output => other_words(turn),
        // What the grade book says can be had without the assistant.
        Limit::Day | Limit::Site => Action::Go { text: "Look at your classes".to_owned(), href: "/classes".to_owned() },
    };
    warning("Stopped by itself", words, Some(action))
}

/// The model ran into its limit of output, or the provider's filter cut it.
fn cut_short(stored: &StoredTurn, is_latest: bool) -> Option<Notice> {
    let turn = stored.turn.id.as_str();
    let (words, action) = match stored.turn.steps.last()?.finish? {
        Finish::Natural => return None,
        Finish::Length => {
            let can_go_on = is_latest && stored.turn.is_cut_short();
            ("The model reached its limit of output.", can_go_on.then(|| go_on(turn, "Continue")))
        }
        Finish::Filtered => {
            ("The model provider's filter stopped this answer. Other words may pass.", Some(other_words(turn)))
        }
    };
    Some(warning("Cut short", words, action))
}
