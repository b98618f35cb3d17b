//! What a refusal of Google's means, decided by reason before status: Google
//! tells the same limit as 429 or as 403. Its own words go nowhere; they are
//! foreign text.

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use serde_json::Value;

/// An answer as far as it arrived.
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) retry_after: Option<&'a str>,
    pub(super) body: &'a [u8],
}

/// Why nothing was done, surely.
pub(super) enum Refusal {
    /// The token was refused (401): a fresh one may work.
    TokenRefused,
    /// The token lacks a scope (403).
    MissingScope,
    /// A limit, with the time when it lifts where it is known.
    Limit { until: Option<Timestamp> },
    /// For good, in plain words.
    Refused(String),
}

/// What one service's refusals are called.
pub(super) struct Words {
    pub(super) off: &'static str,
    pub(super) api: &'static str,
    pub(super) daily: &'static str,
    pub(super) unread: &'static str,
    pub(super) forbidden: &'static str,
    pub(super) missing: &'static str,
    pub(super) large: &'static str,
    pub(super) other: &'static str,
}

const RATE_LIMITS: [&str; 5] =
    ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED"];
const API_OFF: [&str; 2] = ["accessNotConfigured", "SERVICE_DISABLED"];
const SCOPE_MISSING: [&str; 2] = ["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"];

impl Answer<'_> {
    /// The body; null where it is no JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or_default()
    }

    /// Reads a refusal.
    pub(super) fn refusal(&self, body: &Value, now: Timestamp, words: &Words) -> Refusal {
        let reasons = reasons(body);
        let has = |known: &[&str]| reasons.iter().any(|reason| known.contains(reason));
        match self.status {
            401 => Refusal::TokenRefused,
            429 => Refusal::Limit { until: self.until(body, now) },
            403 if has(&SCOPE_MISSING) => Refusal::MissingScope,
            403 if has(&RATE_LIMITS) => Refusal::Limit { until: self.until(body, now) },
            status => Refusal::Refused(in_plain_words(status, &reasons, words)),
        }
    }

    /// Whether the project of this application may not use the API at all, which
    /// its operator alone can mend.
    pub(super) fn is_of_an_api_that_is_off(&self, body: &Value) -> bool {
        self.status == 403 && reasons(body).iter().any(|reason| API_OFF.contains(reason))
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
pub(super) fn is_id(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn in_plain_words(status: u16, reasons: &[&str], words: &Words) -> String {
    let has = |reason| reasons.contains(&reason);
    let words = if has("failedPrecondition") || has("FAILED_PRECONDITION") {
        words.off
    } else if API_OFF.iter().any(|reason| has(reason)) {
        words.api
    } else if has("dailyLimitExceeded") {
        words.daily
    } else if has("domainPolicy") {
        "the Google administrator of this account's school does not allow it"
    } else {
        match status {
            400 => words.unread,
            403 => words.forbidden,
            404 => words.missing,
            413 => words.large,
            _ => words.other,
        }
    };
    match reasons.first() {
        Some(reason) => format!("{words} ({status} {reason})"),
        None => format!("{words} ({status})"),
    }
}
