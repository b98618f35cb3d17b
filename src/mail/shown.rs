//! What a person reads in the bytes of a mail, decoded by a parser that had no
//! part in building them. Bytes that hold more than the card can show are
//! refused: another header, a second recipient, a second part.

use std::fmt;

use mail_parser::{Address, Message, MessageParser, MimeHeaders, PartType};

use super::{Draft, EmailAddress, PersonName};

/// A person in a mail's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The name, where there is one.
    pub name: Option<String>,
    /// The address.
    pub address: String,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// What the card shows: all that is in the mail, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Who writes.
    pub from: Party,
    /// Who gets it: one person.
    pub to: Party,
    /// The subject.
    pub subject: String,
    /// The words, lines ended by `\n`.
    pub body: String,
}

/// Why bytes cannot be shown truly.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotShowable {
    /// Not a mail at all.
    #[error("the bytes are not a mail")]
    NotAMail,
    /// A header that the builder does not write, or one of its own twice.
    #[error("the header {0:?} has no place in this mail")]
    Header(String),
    /// A header that is missing or cannot be read as one value.
    #[error("the header {0:?} is missing or is not one value")]
    Missing(&'static str),
    /// Not plain text of one part.
    #[error("the mail is not plain text of one part")]
    NotPlainText,
}

/// Every header of a mail of this house, each once.
const HEADERS: [&str; 8] =
    ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"];

impl Shown {
    pub(super) fn read(raw: &[u8]) -> Result<Self, NotShowable> {
        let message = MessageParser::default().parse(raw).ok_or(NotShowable::NotAMail)?;
        refuse_other_headers(&message)?;
        Ok(Self {
            from: one(message.from(), "From")?,
            to: one(message.to(), "To")?,
            subject: message.subject().ok_or(NotShowable::Missing("Subject"))?.to_owned(),
            body: plain_text(&message)?,
        })
    }
}

fn refuse_other_headers(message: &Message<'_>) -> Result<(), NotShowable> {
    let mut left = HEADERS.to_vec();
    for (name, _) in message.headers_raw() {
        match left.iter().position(|known| known.eq_ignore_ascii_case(name)) {
            Some(index) => drop(left.swap_remove(index)),
            None => return Err(NotShowable::Header(name.to_owned())),
        }
    }
    left.first().map_or(Ok(()), |missing| Err(NotShowable::Missing(missing)))
}

fn one(address: Option<&Address<'_>>, header: &'static str) -> Result<Party, NotShowable> {
    let Some(Address::List(list)) = address else { return Err(NotShowable::Missing(header)) };
    let [party] = list.as_slice() else { return Err(NotShowable::Missing(header)) };
    let address = party.address.as_deref().ok_or(NotShowable::Missing(header))?;
    Ok(Party { name: party.name.as_deref().map(str::to_owned), address: address.to_owned() })
}

fn plain_text(message: &Message<'_>) -> Result<String, NotShowable> {
    let plain = message.content_type().is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case("text") && kind.subtype().is_some_and(|sub| sub.eq_ignore_ascii_case("plain"))
    });
    match message.parts.as_slice() {
        [part] if plain => match &part.body {
            // Lines end with CRLF on the wire, and the last of them ends the message.
            PartType::Text(text) => Ok(text.replace("\r\n", "\n").trim_end_matches('\n').to_owned()),
            _ => Err(NotShowable::NotPlainText),
        },
        _ => Err(NotShowable::NotPlainText),
    }
}

impl Draft {
    /// What the card must show for this draft.
    pub(super) fn as_shown(&self) -> Shown {
        let party = |name: Option<&PersonName>, address: &EmailAddress| Party {
            name: name.map(|name| name.as_str().to_owned()),
            address: address.as_str().to_owned(),
        };
        Shown {
            from: party(self.from_name.as_ref(), &self.from),
            to: party(Some(&self.to_name), &self.to),
            subject: self.subject.as_str().to_owned(),
            body: self.body.as_str().to_owned(),
        }
    }
}
