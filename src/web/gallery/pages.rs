//! Every page, with and without something on it.

mod activity;
mod chats;
mod connections;
mod conversations;
mod front;
mod school;
mod seen;
mod settings;
mod setup;

use super::{cast::text, hang};

/// Renders all, and gives each page's name and HTML.
pub(super) fn all() -> Vec<(String, String)> {
    let pages = [
        chats::all(),
        front::all(),
        connections::all(),
        conversations::all(),
        school::all(),
        settings::all(),
        activity::all(),
        seen::all(),
        setup::all(),
    ];
    pages.into_iter().flatten().collect()
}

fn keep(name: &str, page: &impl askama::Template) -> (String, String) {
    (text(name), hang(name, page))
}
