//! What a check finds out by itself.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Part;

/// How good one part looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It works.
    Good,
    /// The sandbox stands in.
    Sandbox,
    /// It may work; the words say what to look at.
    Doubt,
    /// It does not work.
    Bad,
}

/// What was found out about one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub about: &'static str,
    /// How good it looks.
    pub mark: Mark,
    /// In plain words, with what to do. They stand on a page: no secret, and no student.
    pub words: String,
    /// What the terminal says instead, where that names students.
    pub in_terminal: Option<String>,
    /// Where the guide tells more.
    pub part: Part,
}

/// One of the settings, without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// The heading under which it stands.
    pub section: &'static str,
    /// Whether the operator has set it.
    pub set: bool,
}

/// All that was found, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When it was looked at.
    pub at: Timestamp,
    /// Part by part.
    pub findings: Vec<Finding>,
    /// Which settings are set.
    pub variables: Vec<Variable>,
}

/// Looks at the set-up. Whoever asks often is told what was seen a moment ago:
/// nobody can make it ask the services again and again.
#[async_trait]
pub trait Doctor: Send + Sync + 'static {
    /// What it looks like now, or did a moment ago.
    async fn report(&self) -> Arc<Report>;
}
