//! The shelf: what a teacher does with whole conversations. They are named,
//! pinned, put away with a way back, and searched; none is ever read here.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    conversation::{Conversation, StoredTurn},
    ids::ConversationId,
    search::Wanted,
};
use crate::school::TeacherId;

/// The name of a conversation: one line of up to 80 characters, with no sign in
/// it that is not seen or that turns the line around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// The longest, in characters.
    pub const LONGEST: usize = 80;

    /// Reads a name; none when nothing is left of it.
    pub fn parse(text: &str) -> Option<Self> {
        let turns = |sign: char| matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        let plain: String =
            text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).filter(|sign| !turns(*sign)).collect();
        let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = line.chars().take(Self::LONGEST).collect();
        let short = short.trim_end();
        (!short.is_empty()).then(|| Self(short.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What became of the wish to put a conversation away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutAway {
    /// It is away, and can be brought back.
    Done,
    /// An answer is being written in it, or a mail is on its way.
    Busy,
    /// There is no such conversation of this teacher's.
    NotThere,
}

/// A conversation in which something was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The conversation.
    pub conversation: Conversation,
    /// Its latest turn in which it was found; none where only the name has it.
    pub turn: Option<StoredTurn>,
}

/// How long a conversation that was put away can be brought back.
pub const WAY_BACK_HOURS: i64 = 24;

/// Where conversations are named, pinned, put away and searched. Each change is
/// one transaction with its row of the audit; `false` means that there is no
/// such conversation of this teacher's.
#[async_trait]
pub trait Shelf: Send + Sync + 'static {
    /// Gives a conversation another name.
    async fn rename(&self, teacher: &TeacherId, id: &ConversationId, title: &Title) -> anyhow::Result<bool>;
    /// Keeps a conversation at the top of the list, or no longer.
    async fn pin(&self, teacher: &TeacherId, id: &ConversationId, pinned: bool) -> anyhow::Result<bool>;
    /// Puts a conversation away: it answers like one that is not there.
    async fn put_away(&self, teacher: &TeacherId, id: &ConversationId, now: Timestamp) -> anyhow::Result<PutAway>;
    /// Brings a conversation back that was put away.
    async fn bring_back(&self, teacher: &TeacherId, id: &ConversationId) -> anyhow::Result<bool>;
    /// What is put away, the latest first.
    async fn away(&self, teacher: &TeacherId) -> anyhow::Result<Vec<Conversation>>;
    /// The conversations in which every word stands, in the name or in one
    /// turn, the latest first.
    async fn search(&self, teacher: &TeacherId, wanted: &Wanted, limit: i64) -> anyhow::Result<Vec<Hit>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_short_line_of_signs_that_are_seen() {
        let name = |text: &str| Title::parse(text).map(|title| title.0);
        assert_eq!(name("  Parents'\r\nevening \t"), Some("Parents' evening".to_owned()));
        assert_eq!(name("\u{202e}evil\u{200b}"), Some("evil".to_owned()));
        assert_eq!(name(" \u{200b}\n"), None);
        assert_eq!(name(&"é".repeat(500)).map(|title| title.chars().count()), Some(Title::LONGEST));
    }
}
