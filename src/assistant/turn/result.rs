//! The results of calls: of one that ran, and of those that did not.

use serde_json::json;

use super::{CallResult, Outcome, Pause};
use crate::assistant::toolbox::Ran;

impl CallResult {
    /// The call ran.
    pub fn done(ran: Ran, took_ms: u64) -> Self {
        Self { outcome: Outcome::Done, said: ran.said.into(), did: ran.did, took_ms, shown: ran.shown }
    }

    /// The call cannot run as asked; `words` tell the model what would be right.
    pub fn refused(words: &str) -> Self {
        Self {
            outcome: Outcome::Refused,
            said: json!({ "error": words }).into(),
            did: String::new(),
            took_ms: 0,
            shown: None,
        }
    }

    pub(super) fn not_run() -> Self {
        let said = json!({ "status": "not_run", "note": "The turn ended before this call ran. Nothing was sent." });
        Self { outcome: Outcome::NotRun, said: said.into(), did: String::new(), took_ms: 0, shown: None }
    }

    pub(super) fn undecided(pause: &Pause) -> Self {
        let note = match pause {
            Pause::Approval { .. } => "The teacher has not decided yet. Nothing was sent. The draft still waits.",
            Pause::Connection { .. } => "The teacher has not connected the account. Nothing was sent.",
            Pause::SignIn => "The teacher has not signed in again. Nothing was sent.",
        };
        let said = json!({ "status": "not_decided", "note": note });
        Self { outcome: Outcome::Undecided, said: said.into(), did: String::new(), took_ms: 0, shown: None }
    }
}
