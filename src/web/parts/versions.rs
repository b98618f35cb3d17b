use askama::{Template, filters::HtmlSafe};

/// Which version of a turn is shown, and the way to the others.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "parts/versions.html")]
pub struct Versions {
    /// Which one, counted from 1.
    pub at: usize,
    /// Of how many.
    pub of: usize,
    /// The turn before it.
    pub previous: Option<String>,
    /// The turn after it.
    pub next: Option<String>,
}

impl HtmlSafe for Versions {}
