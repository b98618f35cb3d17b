use askama::Template;

use super::parts::{Frame, Notice};

/// The front door.
#[derive(Debug, Clone, Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignIn {
    /// What is around the page.
    pub frame: Frame,
    /// Where the button leads: `/auth/login`, perhaps with a way back.
    pub href: String,
    /// Why one is here: "You have signed out".
    pub notice: Option<Notice>,
}
