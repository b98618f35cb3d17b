//! The operator's page, and the guide.

use super::{
    super::cast::{frame, text},
    keep,
};
use crate::web::{
    frame::alone,
    markdown,
    pages::{Checked, Flawed, Given, Guide, GuidePart, SetUp},
    parts::{Place, Tone},
};

const APPLICATION: &str = "2. Auth0: the application";

pub(super) fn all() -> Vec<(String, String)> {
    let calm = SetUp {
        frame: alone("Set-up", None),
        works: Tone::Good,
        seen: text("14:02"),
        found: vec![
            checked("Sign-in, vault and mail", ("Stand-in", Tone::Plain), "Local stand-ins; no mail leaves."),
            checked("Model", ("Works", Tone::Good), "https://api.openai.com/v1 knows \"gpt-4.1-mini\"."),
        ],
        since: text("09:30"),
        met: Vec::new(),
        settings: settings(),
    };
    let troubled = SetUp {
        frame: frame("Set-up", Place::Elsewhere, ""),
        works: Tone::Bad,
        found: vec![
            checked("Application", ("Works", Tone::Good), "The client secret is taken."),
            checked("Token Vault", ("Does not work", Tone::Bad), "Not allowed. Grant Types: tick Token Vault."),
            checked("Model", ("Look at this", Tone::Warn), "It does not list \"gpt-4.1-mini\"."),
        ],
        met: vec![
            met("Refresh tokens are not good for the My Account API", ("Met", Tone::Bad), "3 times, last at 13:58"),
            met(
                "Google ended a permission a week after it was given",
                ("Likely", Tone::Warn),
                "Once, at 2 October, 08:11",
            ),
        ],
        ..calm.clone()
    };
    let part = |heading: &str, anchor: &str, body: &str| GuidePart {
        anchor: text(anchor),
        heading: text(heading),
        body: markdown::render(body),
    };
    let guide = Guide {
        frame: alone("From a new tenant to a sent mail", None),
        title: text("From a new tenant to a sent mail"),
        lead: markdown::render("This takes about half an hour."),
        parts: vec![
            part(
                APPLICATION,
                "2-auth0-the-application",
                "1. **Settings**: note *Domain*.\n2. Save.\n\n### At the door",
            ),
            part(
                "4. The settings",
                "4-the-settings",
                "```sh\nAUTH0_DOMAIN=TENANT\n```\n\n| seen | mends |\n|-|-|\n| a | b |",
            ),
        ],
    };
    vec![keep("set-up", &calm), keep("set-up-troubled", &troubled), keep("set-up-guide", &guide)]
}

fn checked(about: &str, (state, tone): (&'static str, Tone), words: &str) -> Checked {
    let part = (tone != Tone::Good).then(|| (text("/setup/guide#2-auth0-the-application"), APPLICATION));
    Checked { about: text(about), state, tone, words: text(words), part }
}

fn met(title: &str, (state, tone): (&'static str, Tone), often: &str) -> Flawed {
    Flawed {
        title: text(title),
        state,
        tone,
        often: text(often),
        last: text("2026-10-05T13:58:00Z"),
        mend: text("Auth0, Applications > APIs > My Account API: activate it."),
        part: (text("/setup/guide#2-auth0-the-application"), APPLICATION),
    }
}

fn settings() -> Vec<(&'static str, Vec<Given>)> {
    let given = |name, set| Given { name, meaning: "What it is for", set };
    vec![
        ("Sign-in and vault (Auth0)", vec![given("AUTH0_DOMAIN", true), given("AUTH0_ISSUER", false)]),
        ("Language model", vec![given("OPENAI_API_KEY", false)]),
    ]
}
