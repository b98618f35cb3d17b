//! The connected accounts, in each of their states.

use super::{
    super::cast::{frame, text},
    keep,
};
use crate::web::{
    pages::{AccountCard, AccountState, Connections, Permission, Use},
    parts::Place,
};

pub(super) fn all() -> Vec<(String, String)> {
    let permission = |allows: &str, never: &str| Permission { allows: text(allows), never: text(never) };
    let tool = |tool: &str, words: &str, allowed, allows: &str, never: &str| Use {
        tool: text(tool),
        words: text(words),
        allowed,
        permissions: vec![permission(allows, never)],
    };
    let mail = "Send mail from your address, after you have approved it.";
    let account = |state, allowed: bool| AccountCard {
        key: text("google"),
        name: text("Google"),
        state,
        reference: (state == AccountState::Operator).then(|| text("5f0c2a9b")),
        since: allowed.then(|| text("21 November 2026")),
        last_use: allowed.then(|| text("14:02, to write to a student")),
        put_away: !allowed,
        scopes: if allowed { vec![text("Know your name and your address."), text(mail)] } else { Vec::new() },
        uses: vec![
            tool(
                "schedule_meeting",
                "schedule a meeting with a student",
                false,
                "See and add events in your calendars.",
                "It adds nothing that you have not approved.",
            ),
            tool("send_email_to_student", "write to a student", allowed, mail, "It cannot read your mail."),
        ],
    };
    let hung = |name: &str, state, allowed| {
        let frame = frame("Connections", Place::Connections, "");
        let accounts = vec![account(state, allowed)];
        keep(name, &Connections { frame, notice: None, accounts, by_sign_in: false })
    };
    vec![
        hung("connections", AccountState::Connected, true),
        hung("connections-none", AccountState::NotConnected, false),
        hung("connections-revoked", AccountState::Revoked, false),
        hung("connections-operator", AccountState::Operator, false),
    ]
}
