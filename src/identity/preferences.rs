//! What a teacher has chosen for themselves.

use async_trait::async_trait;
use serde::Serialize;

use crate::school::TeacherId;

/// What a teacher has chosen; the defaults hold until they choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Preferences {
    /// How pages look.
    pub appearance: Appearance,
    /// How long conversations are kept.
    pub retention: Retention,
    /// Whether single keys do something on the pages.
    pub shortcuts: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { appearance: Appearance::default(), retention: Retention::default(), shortcuts: true }
    }
}

/// How pages look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Appearance {
    /// As the device does.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// How many days a conversation is kept after its last turn; 0 is for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Retention(u16);

/// A text that is no number of days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Give a whole number of days from 0 to {}. 0 keeps conversations for ever.", Retention::LONGEST)]
pub struct RetentionError;

impl Appearance {
    /// All there are, as they are offered.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// The word for it, in forms and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

impl Retention {
    /// The longest time that can be named: ten years.
    pub const LONGEST: u16 = 3650;

    /// Reads a number of days, as a person types it.
    pub fn parse(text: &str) -> Result<Self, RetentionError> {
        let days: u16 = text.trim().parse().map_err(|_| RetentionError)?;
        (days <= Self::LONGEST).then_some(Self(days)).ok_or(RetentionError)
    }

    /// The number of days; 0 is for ever.
    pub fn days(self) -> u16 {
        self.0
    }
}

/// Where preferences are kept.
#[async_trait]
pub trait PreferencesStore: Send + Sync + 'static {
    /// What a teacher has chosen.
    async fn preferences(&self, teacher: &TeacherId) -> anyhow::Result<Preferences>;
    /// Keeps a choice in the place of the earlier one.
    async fn prefer(&self, teacher: &TeacherId, chosen: Preferences) -> anyhow::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_a_person_types_them_and_nothing_else_is() {
        for (text, days) in [("0", 0), ("30", 30), (" 90 ", 90), ("3650", 3650)] {
            assert_eq!(Retention::parse(text).map(Retention::days), Ok(days));
        }
        for text in ["", "-1", "3651", "1.5", "ten", "99999999999999999999"] {
            assert!(Retention::parse(text).is_err(), "{text:?}");
        }
    }
}
