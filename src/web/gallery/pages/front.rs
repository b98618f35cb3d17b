//! Before anybody has signed in, and what is said when a page is not to be had.

use super::{
    super::cast::{demo, frame, text},
    keep,
};
use crate::{
    identity::{Appearance, Preferences},
    web::{
        pages::{Message, SignIn},
        parts::{Frame, Notice, Place},
    },
};

pub(super) fn all() -> Vec<(String, String)> {
    let chosen = Preferences { appearance: Appearance::Dark, ..Preferences::default() };
    let out = |title: &str| Frame { title: text(title), demo: None, side: None, chosen };
    let message = |frame, title: &str, words: &str, next: &str, reference: Option<&str>| Message {
        frame,
        title: text(title),
        words: text(words),
        next: text(next),
        href: text("/"),
        reference: reference.map(text),
        typed: Vec::new(),
    };
    let stale = "Nothing was changed, and nothing was sent. Load the page again, and do it once more.";
    let missing = "It may have been deleted, or the link may be wrong.";
    let refused = "Google says that you did not agree. Nothing was changed. You can try again whenever you like.";
    let signed_out = Notice { title: text("You have signed out."), words: String::new(), ..Notice::stopped("out") };
    vec![
        keep("sign-in", &SignIn { frame: out("Sign in"), href: text("/auth/login"), notice: None }),
        keep(
            "sign-in-demo",
            &SignIn {
                frame: Frame { demo: Some(demo()), ..out("Sign in") },
                href: text("/auth/login"),
                notice: Some(signed_out),
            },
        ),
        keep(
            "message",
            &message(
                frame("Not here", Place::Elsewhere, ""),
                "This page is not here",
                missing,
                "Go to the start",
                None,
            ),
        ),
        keep(
            "message-stale",
            &Message {
                typed: vec![text("A word before Friday"), text("Dear Mateo,\n\nyour last essay was good.")],
                ..message(
                    out("Stale"),
                    "This page is from before you last signed in",
                    stale,
                    "Load the page again",
                    None,
                )
            },
        ),
        keep(
            "message-out",
            &message(out("Not signed in"), "You were not signed in", refused, "Try again", Some("7f3a-19c2")),
        ),
    ]
}
