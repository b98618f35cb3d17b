//! Where values come from: the process's environment, then `.env`.
//!
//! A set environment variable wins, even an empty one, so that
//! `OPENAI_API_KEY= teachers-aide` switches off what `.env` says. The process's
//! own environment is never changed.

use std::{collections::BTreeMap, fs, io, path::Path};

use super::variables;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The process's environment.
    Environment,
    /// The file `.env`.
    DotEnv,
    /// Nowhere: the default counts.
    Default,
}

/// Why `.env` could not be read. It never repeats a line, which may hold a secret.
#[derive(Debug, thiserror::Error)]
pub enum DotEnvError {
    /// A line that is not `NAME=value`.
    #[error("line {line} of .env cannot be read; write NAME=value, and put quotes around a value with spaces or a $")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// The file is there but cannot be opened, or is not UTF-8.
    #[error(".env cannot be read: {0}")]
    File(io::Error),
}

/// Every value an operator gave, and where it was given.
///
/// It has no `Debug`: it holds secrets as plain text.
pub struct Environment {
    process: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
}

impl Environment {
    /// The process's environment, and `.env` in the working directory where there is one.
    pub fn load() -> Result<Self, DotEnvError> {
        let text = match fs::read_to_string(Path::new(".env")) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(DotEnvError::File(error)),
        };
        Self::of(from_process, &text)
    }

    /// The same from a lookup and the text of a `.env`.
    pub fn of(process: impl Fn(&str) -> Option<String>, dot_env: &str) -> Result<Self, DotEnvError> {
        let named = |name: &'static str| process(name).map(|value| (name.to_owned(), value));
        let process = variables::VARIABLES.iter().filter_map(|variable| named(variable.name)).collect();
        Ok(Self { process, file: parse(dot_env)? })
    }

    /// The value that counts: for [`super::Settings::read`].
    pub fn get(&self, name: &str) -> Option<String> {
        self.process.get(name).or_else(|| self.file.get(name)).cloned()
    }

    /// Where that value came from.
    pub fn source(&self, name: &str) -> Source {
        if self.process.contains_key(name) {
            Source::Environment
        } else if self.file.contains_key(name) {
            Source::DotEnv
        } else {
            Source::Default
        }
    }

    /// Names in `.env` that nothing reads: mostly misspellings.
    pub fn unknown(&self) -> impl Iterator<Item = &str> {
        self.file.keys().map(String::as_str).filter(|name| variables::find(name).is_none())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads a variable")]
fn from_process(name: &str) -> Option<String> {
    match std::env::var(name) {
        Ok(value) => Some(value),
        Err(std::env::VarError::NotPresent) => None,
        Err(std::env::VarError::NotUnicode(value)) => Some(value.to_string_lossy().into_owned()),
    }
}

/// As every reader of `.env` does, the first of two lines with one name counts.
fn parse(text: &str) -> Result<BTreeMap<String, String>, DotEnvError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut values = BTreeMap::new();
    for item in dotenvy::from_read_iter(text.as_bytes()) {
        let (name, value) = item.map_err(|_| DotEnvError::Line { line: broken_line(text) })?;
        values.entry(name).or_insert(value);
    }
    Ok(values)
}

/// The parser tells no number. The line after the longest beginning that can be
/// read is where the broken statement begins; a value may span several lines.
fn broken_line(text: &str) -> usize {
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let reads = |count: &usize| dotenvy::from_read_iter(lines[..*count].concat().as_bytes()).all(|item| item.is_ok());
    (0..lines.len()).rev().find(reads).unwrap_or(0) + 1
}
