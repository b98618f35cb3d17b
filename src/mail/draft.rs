//! A mail not yet approved, and the bytes it becomes.
//!
//! There is one builder. It is given the date and the Message-ID, so that the
//! bytes depend on nothing else; it knows no Cc, no Bcc and no second
//! recipient.

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use lettre::message::{
    Body as Encoded, Mailbox, Message,
    header::{ContentTransferEncoding, ContentType, MIME_VERSION_1_0},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use uuid::Uuid;

use super::{Body, EmailAddress, PersonName, Shown, Subject, shown::NotShowable};

/// A mail as it is being written: from one person, to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The recipient's name.
    pub to_name: PersonName,
    /// The recipient's address, from the roster.
    pub to: EmailAddress,
    /// The teacher's name, where the identity provider told one.
    pub from_name: Option<PersonName>,
    /// The teacher's own address.
    pub from: EmailAddress,
    /// The subject.
    pub subject: Subject,
    /// The words.
    pub body: Body,
}

/// Why a draft could not be made into a mail; never seen, and checked all the same.
#[derive(Debug, thiserror::Error)]
pub enum FreezeError {
    /// The builder refused.
    #[error("the mail could not be built: {0}")]
    Build(#[from] lettre::error::Error),
    /// The bytes cannot be read back.
    #[error("the built mail cannot be read back: {0}")]
    Read(#[from] NotShowable),
    /// The bytes say something else than the draft.
    #[error("the built mail does not say what the draft says")]
    Differs,
}

impl Draft {
    /// Makes the bytes that will be shown, approved and sent. They are read
    /// back by another parser, and refused unless they say what the draft says.
    pub fn freeze(&self, at: Timestamp, id: Uuid) -> Result<FrozenMail, FreezeError> {
        let message_id = format!("<{id}@{}>", self.from.domain());
        let raw = self.build(at, message_id.clone())?.formatted();
        let frozen = FrozenMail { raw, message_id, frozen_at: at };
        if frozen.shown()? == self.as_shown() { Ok(frozen) } else { Err(FreezeError::Differs) }
    }

    fn build(&self, at: Timestamp, message_id: String) -> Result<Message, lettre::error::Error> {
        let mailbox = |name: Option<&PersonName>, address: &EmailAddress| {
            Mailbox::new(name.map(|name| name.as_str().to_owned()), address.as_lettre().clone())
        };
        Message::builder()
            .from(mailbox(self.from_name.as_ref(), &self.from))
            .to(mailbox(Some(&self.to_name), &self.to))
            .subject(self.subject.as_str())
            .date(at.into())
            .message_id(Some(message_id))
            .header(MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .body(encoded(self.body.as_str()))
    }
}

/// Plain 7bit would do for much text, but on the way it loses its trailing
/// spaces: what arrives would not be what was approved.
fn encoded(text: &str) -> Encoded {
    let automatic = Encoded::new(text.to_owned());
    let encoding = match automatic.encoding() {
        ContentTransferEncoding::Base64 => ContentTransferEncoding::Base64,
        _ => ContentTransferEncoding::QuotedPrintable,
    };
    Encoded::new_with_encoding(text.to_owned(), encoding).unwrap_or(automatic)
}

/// The bytes of one mail, made once: what is stored, shown, approved and sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenMail {
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    raw: Vec<u8>,
    message_id: String,
    frozen_at: Timestamp,
}

impl FrozenMail {
    /// The whole RFC 5322 message.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The Message-ID, in its angle brackets.
    pub fn message_id(&self) -> &str {
        &self.message_id
    }

    /// When the bytes were made: the mail's Date.
    pub fn frozen_at(&self) -> Timestamp {
        self.frozen_at
    }

    /// What a person reads in these bytes: the card is made from this.
    pub fn shown(&self) -> Result<Shown, NotShowable> {
        Shown::read(&self.raw)
    }
}

fn to_base64<S: Serializer>(raw: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(raw))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
}
