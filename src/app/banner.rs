//! What is real and what is a stand-in, told to the teacher and the operator.

use std::fmt::Write;

use super::{App, limits, services::Services};
use crate::{identity::Operators, settings::Settings, web::parts::Demo};

/// The banner of the page; none when everything is real.
pub(super) fn demo(settings: &Settings, services: &Services) -> Option<Demo> {
    let words = match (services.real_identity, services.real_model) {
        (true, true) => return None,
        (false, false) => "Nothing leaves this computer: the school is invented, and mail goes to the outbox.",
        (false, true) => "The model is real; sign-in and mail are stand-ins. No mail leaves this computer.",
        (true, false) => "The model is a stand-in, a script. Sign-in and mail are real: what you send arrives.",
    };
    let outbox = if services.real_identity { None } else { outbox(services) };
    let set_up = limits::operators(settings) == Operators::Everybody;
    Some(Demo { words: words.to_owned(), outbox, set_up })
}

#[cfg(feature = "sandbox")]
fn outbox(services: &Services) -> Option<String> {
    services.sandbox.as_ref().map(|sandbox| sandbox.outbox_url())
}

#[cfg(not(feature = "sandbox"))]
fn outbox(_: &Services) -> Option<String> {
    None
}

/// Where the operator finds how it is set up, and who may look there.
fn set_up(app: &App) -> String {
    let who = match &app.state.operators {
        Operators::Everybody => "",
        Operators::Listed(accounts) if accounts.is_empty() => " (for nobody: OPERATOR_ACCOUNTS is not set)",
        Operators::Listed(_) => " (for OPERATOR_ACCOUNTS)",
    };
    format!("{}setup{who}", app.settings.web.public_url)
}

/// What the terminal says when the server is up.
pub fn welcome(app: &App) -> String {
    let services = &app.services;
    let real = |real: bool| if real { "real" } else { "sandbox" };
    let mut text = format!("\n  Teacher's Aide is at {}\n\n", app.settings.web.public_url);
    let mut line = |what: &str, which: String| {
        // Writing to a String cannot fail.
        let _written = writeln!(text, "    {what:<15} {which}");
    };
    line("sign-in, vault", format!("{} ({})", real(services.real_identity), services.issuer));
    line(
        "mail",
        match (&services.real_identity, outbox(services)) {
            (false, Some(outbox)) => format!("sandbox, outbox at {outbox}"),
            _ => "real (Gmail)".to_owned(),
        },
    );
    line("model", real(services.real_model).to_owned());
    line("data", app.settings.data.database.display().to_string());
    line("set-up", set_up(app));
    text.push_str("\n  Ctrl-C stops it.\n");
    text
}
