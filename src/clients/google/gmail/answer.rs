//! What Gmail's answer means for the message.

use jiff::Timestamp;

use super::super::answer::{Answer, Refusal, Words, is_id};
use crate::mail::{Accepted, MailError, NotSent};

const WORDS: Words = Words {
    off: "mail is not switched on for this Google account",
    api: "the Gmail API is not switched on in this application's Google project; tell the operator",
    daily: "this application's daily limit at Gmail is used up; try again tomorrow, or tell the operator",
    unread: "Gmail could not read the message",
    forbidden: "Gmail does not allow this account to send it",
    missing: "Gmail does not know this account's mailbox",
    large: "the message is too large for Gmail",
    other: "Gmail did not take the message",
};

/// Says "not sent" only when that is sure.
pub(super) fn judge(answer: &Answer<'_>, now: Timestamp) -> Result<Accepted, MailError> {
    let body = answer.json();
    match answer.status {
        200..=299 => Ok(Accepted { id: body["id"].as_str().filter(|id| is_id(id)).map(str::to_owned) }),
        // Nobody knows how far a 408 got: it may be a gateway's own.
        400..=407 | 409..=499 => Err(MailError::NotSent(answer.refusal(&body, now, &WORDS).into())),
        status => Err(MailError::Unknown(format!("the mail service answered {status}"))),
    }
}

impl From<Refusal> for NotSent {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::TokenRefused => Self::TokenRefused,
            Refusal::MissingScope => Self::MissingScope,
            Refusal::Limit { until } => Self::Limit { until },
            Refusal::Refused(words) => Self::Refused(words),
        }
    }
}
