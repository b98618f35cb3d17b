//! One reading of the environment: it asks for variables and collects every
//! fault, so that an operator mends them all at once. A fault never repeats
//! the value of a secret.

use std::fmt;

use super::variables;

/// One thing to mend, in words that say what to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable to set or to change.
    pub variable: &'static str,
    /// What is wrong with it and what would be right.
    pub problem: String,
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFaults(pub Vec<Fault>);

impl fmt::Display for SettingsFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let things = if self.0.len() == 1 { "One setting needs" } else { "Some settings need" };
        write!(f, "{things} your attention before Teacher's Aide can start:")?;
        for Fault { variable, problem } in &self.0 {
            write!(f, "\n  - {variable} {problem}")?;
        }
        f.write_str("\nEvery variable is explained in .env.sample.")
    }
}

impl std::error::Error for SettingsFaults {}

/// Asks for variables, and notes what is wrong with the answers.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, faults: Vec::new() }
    }

    /// The value without the white space around it; an empty one counts as unset.
    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        debug_assert!(variables::find(name).is_some(), "{name} is missing from VARIABLES");
        let value = (self.lookup)(name)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    pub(super) fn is_set(&self, name: &'static str) -> bool {
        self.text(name).is_some()
    }

    /// What `parse` makes of the value: none when unset or when it was a fault.
    pub(super) fn parsed<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = self.text(name)?;
        let parsed =
            if value.chars().any(char::is_control) { Err(CONTROL_CHARACTER.to_owned()) } else { parse(&value) };
        parsed.map_err(|problem| self.fault(name, problem)).ok()
    }

    /// As [`Reader::parsed`], with the default from the list of variables when unset.
    pub(super) fn or_default<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.is_set(name) {
            return self.parsed(name, parse);
        }
        parse(variables::default_of(name)).map_err(|problem| self.fault(name, problem)).ok()
    }

    pub(super) fn fault(&mut self, variable: &'static str, problem: impl Into<String>) {
        self.faults.push(Fault { variable, problem: problem.into() });
    }

    pub(super) fn finish<T>(self, settings: Option<T>) -> Result<T, SettingsFaults> {
        match settings {
            Some(settings) if self.faults.is_empty() => Ok(settings),
            _ => Err(SettingsFaults(self.faults)),
        }
    }
}

const CONTROL_CHARACTER: &str = "contains a line break or another control character; write it on one line";

/// A value for a message: short, with every odd character escaped, and without
/// what stands before an `@`, which in a URL may be a password.
pub fn quoted(value: &str) -> String {
    let (hidden, value) = value.rsplit_once('@').map_or(("", value), |(_, rest)| ("…@", rest));
    let short: String = value.chars().take(60).collect();
    let more = if short.len() < value.len() { "…" } else { "" };
    format!("{:?}", format!("{hidden}{short}{more}"))
}
