//! What Gmail's answer means for the message, decided by reason before status:
//! Google tells the same limit as 429 or as 403. Its own words go nowhere; they
//! are foreign text.

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use serde_json::Value;

use crate::mail::{Accepted, MailError, NotSent};

/// An answer as far as it arrived.
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) retry_after: Option<&'a str>,
    pub(super) body: &'a [u8],
}

const RATE_LIMITS: [&str; 5] =
    ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"];
const SCOPE_MISSING: [&str; 2] = ["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"];

impl Answer<'_> {
    pub(super) fn judge(&self, now: Timestamp) -> Result<Accepted, MailError> {
        let body: Value = serde_json::from_slice(self.body).unwrap_or_default();
        match self.status {
            200..=299 => Ok(Accepted { id: body["id"].as_str().filter(|id| is_id(id)).map(str::to_owned) }),
            // Nobody knows how far a 408 got: it may be a gateway's own.
            400..=407 | 409..=499 => Err(MailError::NotSent(self.refusal(&body, now))),
            status => Err(MailError::Unknown(format!("the mail service answered {status}"))),
        }
    }

    fn refusal(&self, body: &Value, now: Timestamp) -> NotSent {
        let reasons = reasons(body);
        let has = |known: &[&str]| reasons.iter().any(|reason| known.contains(reason));
        match self.status {
            401 => NotSent::TokenRefused,
            429 => NotSent::Limit { until: self.until(body, now) },
            403 if has(&SCOPE_MISSING) => NotSent::MissingScope,
            403 if has(&RATE_LIMITS) => NotSent::Limit { until: self.until(body, now) },
            status => NotSent::Refused(in_plain_words(status, &reasons)),
        }
    }

    /// When the limit lifts: mostly there is no header, and the message says
    /// "Retry after 2026-11-21T10:00:00.000Z".
    fn until(&self, body: &Value, now: Timestamp) -> Option<Timestamp> {
        let header = self.retry_after.and_then(|value| {
            let seconds = value.trim().parse::<u32>().ok();
            let later = seconds.and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds.into())).ok());
            later.or_else(|| rfc2822::parse(value).ok().map(|date| date.timestamp()))
        });
        let told = || told_in_words(body["error"]["message"].as_str()?);
        let week = SignedDuration::from_hours(7 * 24);
        header.or_else(told).filter(|until| *until > now && until.duration_since(now) <= week)
    }
}

fn told_in_words(message: &str) -> Option<Timestamp> {
    const MARK: &str = "retry after ";
    // ASCII lower case keeps every byte where it was.
    let at = message.to_ascii_lowercase().find(MARK)? + MARK.len();
    let time: &str = message.get(at..)?.split_whitespace().next()?;
    time.trim_end_matches(['.', ',', ')']).parse().ok()
}

/// Every reason in the answer; newer answers carry theirs in `details`.
fn reasons(body: &Value) -> Vec<&str> {
    let error = &body["error"];
    let listed = |list: &'static str| error[list].as_array().into_iter().flatten();
    let each = listed("details").chain(listed("errors")).filter_map(|entry| entry["reason"].as_str());
    each.chain(error["status"].as_str()).filter(|reason| is_id(reason)).collect()
}

/// Whether foreign text is a plain word, fit for a log and a page.
fn is_id(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn in_plain_words(status: u16, reasons: &[&str]) -> String {
    let has = |reason| reasons.contains(&reason);
    let words = if has("failedPrecondition") || has("FAILED_PRECONDITION") {
        "mail is not switched on for this Google account"
    } else if has("accessNotConfigured") || has("SERVICE_DISABLED") {
        "the Gmail API is not switched on in this application's Google project; tell the operator"
    } else if has("dailyLimitExceeded") {
        "this application's daily limit at Gmail is used up; try again tomorrow, or tell the operator"
    } else if has("domainPolicy") {
        "the Google administrator of this account's school does not allow it"
    } else {
        match status {
            400 => "Gmail could not read the message",
            403 => "Gmail does not allow this account to send it",
            404 => "Gmail does not know this account's mailbox",
            413 => "the message is too large for Gmail",
            _ => "Gmail did not take the message",
        }
    };
    match reasons.first() {
        Some(reason) => format!("{words} ({status} {reason})"),
        None => format!("{words} ({status})"),
    }
}
