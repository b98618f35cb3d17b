//! The audit in plain words: what happened, and what came of it.

use crate::{assistant::toolbox::Card, audit::Kind, web::parts::Tone};

/// Kinds that a teacher looks for together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Looks,
    Drafts,
    Sends,
    Accounts,
    SignIns,
    Data,
    Limits,
}

impl Group {
    pub const ALL: [Self; 7] =
        [Self::Looks, Self::Drafts, Self::Sends, Self::Accounts, Self::SignIns, Self::Data, Self::Limits];

    /// As it stands in an address.
    pub fn word(self) -> &'static str {
        match self {
            Self::Looks => "looks",
            Self::Drafts => "drafts",
            Self::Sends => "sends",
            Self::Accounts => "accounts",
            Self::SignIns => "sign-ins",
            Self::Data => "data",
            Self::Limits => "limits",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Looks => "What the assistant looked at",
            Self::Drafts => "Drafts and decisions",
            Self::Sends => "What was sent or added",
            Self::Accounts => "Accounts and permissions",
            Self::SignIns => "Signing in and out",
            Self::Data => "Settings and data",
            Self::Limits => "Limits",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.word() == word)
    }

    pub fn kinds(self) -> Vec<Kind> {
        Kind::ALL.iter().copied().filter(|kind| Self::of(*kind) == Some(self)).collect()
    }

    fn of(kind: Kind) -> Option<Self> {
        Some(match kind {
            Kind::ToolCall => Self::Looks,
            Kind::Drafted | Kind::Redrafted | Kind::Approved | Kind::HandedBack | Kind::Rejected | Kind::Superseded => {
                Self::Drafts
            }
            Kind::Claimed | Kind::Sent | Kind::Failed | Kind::Unknown => Self::Sends,
            Kind::Exchanged | Kind::Connected | Kind::Disconnected => Self::Accounts,
            Kind::SignedIn | Kind::SignedOut | Kind::Refused => Self::SignIns,
            Kind::Setting | Kind::Data => Self::Data,
            Kind::Limit => Self::Limits,
            // Of nobody's own rows.
            Kind::Operator => return None,
        })
    }
}

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// As it was meant.
    Done,
    /// Somebody or something said no, or it was not needed any more.
    Stopped,
    /// It could not be done.
    Failed,
    /// Nobody knows.
    Unclear,
}

impl End {
    pub const ALL: [Self; 4] = [Self::Done, Self::Stopped, Self::Failed, Self::Unclear];

    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Unclear => "unclear",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Stopped => "Stopped or declined",
            Self::Failed => "Failed",
            Self::Unclear => "Nobody knows",
        }
    }

    pub fn tone(self) -> Tone {
        match self {
            Self::Done => Tone::Good,
            Self::Stopped => Tone::Plain,
            Self::Failed => Tone::Bad,
            Self::Unclear => Tone::Warn,
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|end| end.word() == word)
    }

    pub fn outcomes(self) -> Vec<(Kind, String)> {
        let own = OUTCOMES.iter().filter(|(.., end)| *end == self);
        own.map(|(kind, word, ..)| (*kind, (*word).to_owned())).collect()
    }
}

/// Every outcome that is written down: its word in the audit, and the plain ones.
const OUTCOMES: &[(Kind, &str, &str, End)] = &[
    (Kind::SignedIn, "signed_in", "Done", End::Done),
    (Kind::SignedOut, "signed_out", "By you", End::Done),
    (Kind::SignedOut, "signed_out_everywhere", "By you, everywhere", End::Done),
    (Kind::SignedOut, "replaced", "A newer sign-in took its place", End::Done),
    (Kind::SignedOut, "ran_out", "It ran out", End::Done),
    (Kind::SignedOut, "ended_by_provider", "By the sign-in service", End::Done),
    (Kind::ToolCall, "done", "Done", End::Done),
    (Kind::ToolCall, "refused", "Not possible as asked", End::Failed),
    (Kind::ToolCall, "declined", "You declined", End::Stopped),
    (Kind::ToolCall, "undecided", "Nothing was decided", End::Stopped),
    (Kind::ToolCall, "not_run", "The answer ended before it", End::Stopped),
    (Kind::ToolCall, "failed", "Did not happen", End::Failed),
    (Kind::ToolCall, "unknown", "Nobody knows", End::Unclear),
    (Kind::Drafted, "proposed", "Laid before you", End::Done),
    (Kind::Redrafted, "proposed", "Laid before you again", End::Done),
    (Kind::Approved, "approved", "You said yes", End::Done),
    (Kind::HandedBack, "proposed", "Nothing left; the draft waits again", End::Stopped),
    (Kind::Rejected, "rejected", "You said no", End::Stopped),
    (Kind::Superseded, "superseded", "Replaced", End::Stopped),
    (Kind::Claimed, "claimed", "Handed over", End::Done),
    (Kind::Sent, "sent", "Accepted by the service", End::Done),
    (Kind::Failed, "failed", "Surely nothing left", End::Failed),
    (Kind::Unknown, "unknown", "Nobody knows", End::Unclear),
    (Kind::Exchanged, "granted", "Given", End::Done),
    (Kind::Exchanged, "not_connected", "Not connected", End::Stopped),
    (Kind::Exchanged, "signed_out", "Your sign-in had ended", End::Stopped),
    (Kind::Exchanged, "unavailable", "No answer", End::Failed),
    (Kind::Exchanged, "set_up_wrongly", "This site is not set up for it", End::Failed),
    (Kind::Connected, "done", "Done", End::Done),
    (Kind::Disconnected, "done", "Done", End::Done),
    (Kind::Setting, "changed", "Saved", End::Done),
    (Kind::Data, "table_taken_along", "Taken along", End::Done),
    (Kind::Data, "activity_taken_along", "Taken along", End::Done),
    (Kind::Data, "conversation_taken_along", "Taken along", End::Done),
    (Kind::Data, "answer_taken_along", "Taken along", End::Done),
    (Kind::Data, "exported", "Taken along", End::Done),
    (Kind::Data, "address_changed", "Saved", End::Done),
    (Kind::Data, "conversations_deleted", "Deleted", End::Done),
    (Kind::Data, "conversation_renamed", "Saved", End::Done),
    (Kind::Data, "conversation_pinned", "Saved", End::Done),
    (Kind::Data, "conversation_unpinned", "Saved", End::Done),
    (Kind::Data, "conversation_put_away", "To be deleted in a day", End::Done),
    (Kind::Data, "conversation_brought_back", "Brought back", End::Done),
    (Kind::Limit, "model_calls", "The answer was stopped", End::Stopped),
    (Kind::Limit, "turn_seconds", "The answer was stopped", End::Stopped),
    (Kind::Limit, "output_tokens", "The answer was stopped", End::Stopped),
    (Kind::Limit, "turns_per_day", "No more questions that day", End::Stopped),
    (Kind::Limit, "tokens_per_day", "No more answers that day", End::Stopped),
    (Kind::Limit, "site_tokens_per_day", "No more answers on this site that day", End::Stopped),
    (Kind::Limit, "sends_per_day", "No more mails that day", End::Stopped),
    (Kind::Limit, "running_turns", "Too many answers at once", End::Stopped),
];

/// What came of something, in plain words; a word from a later version as it stands.
pub(super) fn outcome(kind: Kind, word: &str) -> (String, End) {
    let known = OUTCOMES.iter().find(|(of, known, ..)| *of == kind && *known == word);
    known.map_or_else(|| (word.replace('_', " "), End::Stopped), |(.., words, end)| ((*words).to_owned(), *end))
}

/// What happened.
pub(super) fn event(kind: Kind, outcome: &str, tool: Option<&Card>) -> String {
    let words = match kind {
        Kind::ToolCall | Kind::Drafted => return called(kind, outcome, tool),
        Kind::SignedIn => "Signed in",
        Kind::SignedOut => "Signed out",
        Kind::Refused => "Turned away",
        Kind::Redrafted => "A draft was shown afresh",
        Kind::Approved => "A draft was approved",
        Kind::HandedBack => "An approval came to nothing",
        Kind::Rejected => "A draft was discarded",
        Kind::Superseded => "A newer draft took the place of one",
        Kind::Claimed => "An approved draft was on its way",
        Kind::Sent => "An approved draft went out",
        Kind::Failed => "An approved draft did not go out",
        Kind::Unknown => "An approved draft may have gone out",
        Kind::Exchanged => "The key of your account was asked for",
        Kind::Connected => "An account was connected",
        Kind::Disconnected => "An account was disconnected",
        Kind::Setting => "A setting was changed",
        Kind::Data => data(outcome),
        Kind::Limit => "A limit was reached",
        Kind::Operator => "The operator did something",
    };
    words.to_owned()
}

fn called(kind: Kind, outcome: &str, tool: Option<&Card>) -> String {
    let Some(Card { verbs, .. }) = tool else { return "Something was called that is not there".to_owned() };
    match (kind, outcome) {
        (Kind::Drafted, _) | (_, "done") => verbs.done.to_owned(),
        (_, "refused" | "failed") => format!("Could not {}", verbs.ask),
        (_, "unknown") => format!("May have been able to {}", verbs.ask),
        _ => format!("Did not {}", verbs.ask),
    }
}

fn data(outcome: &str) -> &'static str {
    match outcome {
        "table_taken_along" => "A table was downloaded",
        "activity_taken_along" => "This activity was downloaded",
        "conversation_taken_along" => "A conversation was downloaded",
        "answer_taken_along" => "An answer was downloaded",
        "exported" => "Your data were downloaded",
        "address_changed" => "An address was changed",
        "conversations_deleted" => "Conversations were deleted",
        "conversation_renamed" => "A conversation was renamed",
        "conversation_pinned" => "A conversation was pinned",
        "conversation_unpinned" => "A conversation was unpinned",
        "conversation_put_away" => "A conversation was put away",
        "conversation_brought_back" => "A conversation was brought back",
        _ => "Data were changed",
    }
}

#[cfg(test)]
mod tests;
