//! What the token vault's refusals mean, by what one can do about each.
//!
//! The error code decides, then the status; never the description, which is
//! prose. A cause that a new consent cannot mend is never called a missing
//! connection: the teacher would be sent to Google again and again.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use jiff::Timestamp;
use serde::Deserialize;

use super::wire::quote;
use crate::{
    setup::{Fault, Flaw},
    vault::{ConnectError, ConnectReason, Need, VaultError},
};

/// The longest wait that is passed on.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// An exchange that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// Worth another try at once.
    Passing { retry_after: Option<Duration>, reason: String },
    /// Another try would end the same way.
    Settled(VaultError),
}

impl From<Failure> for VaultError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Passing { retry_after, reason } => Self::Wait { retry_after, reason },
            Failure::Settled(error) => error,
        }
    }
}

impl Failure {
    /// Without a word on when to come back.
    pub(super) fn passing(reason: String) -> Self {
        Self::Passing { retry_after: None, reason }
    }
}

/// Both shapes in which Auth0 writes an error: OAuth's own, and that of its limits.
#[derive(Debug, Default, Deserialize)]
struct Said {
    #[serde(default)]
    error: Option<String>,
    #[serde(default, rename = "errorCode")]
    error_code: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

/// Reads an answer that is not a success.
pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], need: &Need, now: Timestamp) -> Failure {
    let said: Option<Said> = serde_json::from_slice(body).ok();
    let told = said.unwrap_or_default();
    let code = told.error_code.or(told.error).unwrap_or_default();
    let reason = format!("{status} {} {}", quote(&code), quote(&told.error_description.unwrap_or_default()));
    let reason = reason.trim_end().to_owned();
    let wait = || wait(headers, now);
    by_code(&code, &reason, need, wait).unwrap_or_else(|| by_status(status, code.is_empty(), reason, wait))
}

/// Reads a refusal to trade the refresh token for one of the My Account API.
pub(super) fn of_my_account(status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> ConnectError {
    let told: Said = serde_json::from_slice(body).unwrap_or_default();
    let code = told.error_code.or(told.error).unwrap_or_default();
    let reason = format!("{status} {} {}", quote(&code), quote(&told.error_description.unwrap_or_default()));
    let reason = reason.trim_end().to_owned();
    let busy = status.is_server_error()
        || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
        || matches!(
            code.as_str(),
            "too_many_requests" | "too_many_attempts" | "server_error" | "temporarily_unavailable"
        );
    let operator = |flaw| {
        ConnectError::Operator(Fault::of(flaw, format!("Auth0 refused a token for its My Account API ({reason})")))
    };
    match code.as_str() {
        _ if busy => ConnectError::Wait { retry_after: wait(headers, now), reason },
        "invalid_grant" => ConnectError::SignInAgain("the refresh token is revoked, expired or unknown"),
        "expired_token" => ConnectError::SignInAgain("the refresh token has expired"),
        "unmet_authentication_requirements" => ConnectError::SignInAgain("the tenant asks for a second factor"),
        "mfa_required" => operator(Flaw::SecondFactor),
        "unauthorized_client" | "unsupported_grant_type" => operator(Flaw::SignInGrants),
        "invalid_client" => operator(Flaw::Credentials),
        "access_denied" if status == StatusCode::UNAUTHORIZED => operator(Flaw::Credentials),
        // Whatever else it is, a new consent does not mend it.
        _ => operator(Flaw::Policy),
    }
}

fn by_code(code: &str, reason: &str, need: &Need, wait: impl Fn() -> Option<Duration>) -> Option<Failure> {
    let connect = |why| Failure::Settled(VaultError::Connect { need: need.clone(), why });
    let again = |why| Failure::Settled(VaultError::SignInAgain(why));
    let operator = |flaw| operator(reason, flaw);
    Some(match code {
        "federated_connection_refresh_token_not_found" | "tokenset_not_found" | "user_not_found" => {
            connect(ConnectReason::NotConnected)
        }
        "federated_connection_refresh_token_flow_failed" => connect(ConnectReason::Revoked),
        "invalid_grant" => again("the refresh token is revoked, expired or unknown"),
        "expired_token" => again("the refresh token has expired"),
        "unmet_authentication_requirements" => again("the tenant asks for a second factor"),
        "mfa_required" => operator(Flaw::SecondFactor),
        "unauthorized_client" | "unsupported_grant_type" => operator(Flaw::VaultGrant),
        "invalid_client" | "access_denied" => operator(Flaw::Credentials),
        // "Token Vault is not enabled for the provided connection".
        "invalid_request" => operator(Flaw::Purpose),
        "too_many_requests" | "too_many_attempts" => {
            Failure::Settled(VaultError::Wait { retry_after: wait(), reason: reason.to_owned() })
        }
        "server_error" | "temporarily_unavailable" => {
            Failure::Passing { retry_after: wait(), reason: reason.to_owned() }
        }
        _ => return None,
    })
}

fn by_status(status: StatusCode, wordless: bool, reason: String, wait: impl Fn() -> Option<Duration>) -> Failure {
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        Failure::Passing { retry_after: wait(), reason }
    } else if status == StatusCode::TOO_MANY_REQUESTS {
        Failure::Settled(VaultError::Wait { retry_after: wait(), reason })
    } else if status.is_redirection() || (wordless && status == StatusCode::NOT_FOUND) {
        operator(&format!("{reason}; no token endpoint answers there"), Flaw::Address)
    } else if wordless {
        // A page of some gateway in between, not a word of Auth0.
        Failure::passing(reason)
    } else {
        // The usual cause of a refusal without a code of its own.
        operator(&reason, Flaw::Purpose)
    }
}

fn operator(reason: &str, flaw: Flaw) -> Failure {
    let seen = format!("Auth0 refused the token exchange ({reason})");
    Failure::Settled(VaultError::Operator(Fault::of(flaw, seen)))
}

/// When to come back: `Retry-After` in seconds or as a date, else the moment
/// at which Auth0's own limit is reset.
pub(super) fn wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let until = |then: i64| u64::try_from(then.saturating_sub(now.as_second())).unwrap_or(0);
    let date = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|date| until(date.timestamp().as_second()));
    let asked = text(RETRY_AFTER.as_str()).and_then(|text| text.parse::<u64>().ok().or_else(|| date(text)));
    let reset = || text("x-ratelimit-reset").and_then(|text| text.parse::<i64>().ok()).map(until);
    asked.or_else(reset).map(Duration::from_secs).map(|wait| wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn waits(headers: &[(&'static str, &str)]) -> Option<Duration> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        wait(&map, Timestamp::from_second(NOW).unwrap())
    }

    #[test]
    fn the_time_to_come_back_is_read_from_whichever_header_tells() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let reset = (NOW + 9).to_string();
        assert_eq!(waits(&[]), None);
        assert_eq!(waits(&[("retry-after", "7")]), seconds(7));
        assert_eq!(waits(&[("retry-after", "Fri, 15 Jan 2027 08:00:30 GMT")]), seconds(30));
        assert_eq!(waits(&[("x-ratelimit-reset", &reset)]), seconds(9));
        assert_eq!(waits(&[("retry-after", "7"), ("x-ratelimit-reset", &reset)]), seconds(7));
        assert_eq!(waits(&[("retry-after", "soon"), ("x-ratelimit-reset", &reset)]), seconds(9));
        assert_eq!(waits(&[("x-ratelimit-reset", "1")]), seconds(0), "already past");
        assert_eq!(waits(&[("retry-after", "99999999")]), Some(LONGEST_WAIT));
        assert_eq!(waits(&[("retry-after", "-3")]), None);
    }
}
