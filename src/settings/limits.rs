//! How much of everything: each limit is a number with a default that a school
//! can live with.

use std::net::IpAddr;

use super::{
    Sessions,
    reader::{Reader, quoted},
};

/// How much one turn, one teacher, one address and the site may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// `LIMIT_MODEL_CALLS`
    pub model_calls: u32,
    /// `LIMIT_TOOL_CALLS`
    pub tool_calls: u32,
    /// `LIMIT_DRAFTS`
    pub drafts: u32,
    /// `LIMIT_TURN_SECONDS`
    pub turn_seconds: u32,
    /// `LIMIT_OUTPUT_TOKENS`
    pub output_tokens: u32,
    /// `LIMIT_RUNNING_TURNS`
    pub running_turns: u32,
    /// `LIMIT_TURNS_PER_DAY`
    pub turns_per_day: u32,
    /// `LIMIT_TOKENS_PER_DAY`
    pub tokens_per_day: u32,
    /// `LIMIT_SENDS_PER_DAY`
    pub sends_per_day: u32,
    /// `LIMIT_SITE_TOKENS_PER_DAY`
    pub site_tokens_per_day: u32,
    /// `LIMIT_REQUESTS_PER_MINUTE`; never 0.
    pub requests_per_minute: u32,
    /// `LIMIT_ADDRESS_REQUESTS_PER_MINUTE`; never 0.
    pub address_requests_per_minute: u32,
    /// `LIMIT_HEAD_SECONDS`; never 0.
    pub head_seconds: u32,
    /// `LIMIT_BODY_SECONDS`; never 0.
    pub body_seconds: u32,
    /// `LIMIT_CONNECTIONS`; never 0.
    pub connections: u32,
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: Vec<IpAddr>,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Limits> {
    let mut number = |name, least| reader.or_default(name, |text| at_least(text, least));
    let (model_calls, tool_calls) = (number("LIMIT_MODEL_CALLS", 1), number("LIMIT_TOOL_CALLS", 0));
    let (drafts, turn_seconds) = (number("LIMIT_DRAFTS", 0), number("LIMIT_TURN_SECONDS", 1));
    let (output_tokens, running_turns) = (number("LIMIT_OUTPUT_TOKENS", 1), number("LIMIT_RUNNING_TURNS", 1));
    let (turns_per_day, tokens_per_day) = (number("LIMIT_TURNS_PER_DAY", 0), number("LIMIT_TOKENS_PER_DAY", 0));
    let (sends_per_day, site_tokens) = (number("LIMIT_SENDS_PER_DAY", 0), number("LIMIT_SITE_TOKENS_PER_DAY", 0));
    let (requests, addresses) =
        (number("LIMIT_REQUESTS_PER_MINUTE", 1), number("LIMIT_ADDRESS_REQUESTS_PER_MINUTE", 1));
    let (head_seconds, body_seconds) = (number("LIMIT_HEAD_SECONDS", 1), number("LIMIT_BODY_SECONDS", 1));
    let connections = number("LIMIT_CONNECTIONS", 1);
    Some(Limits {
        trusted_proxies: reader.parsed("TRUSTED_PROXIES", addresses_of).unwrap_or_default(),
        model_calls: model_calls?,
        tool_calls: tool_calls?,
        drafts: drafts?,
        turn_seconds: turn_seconds?,
        output_tokens: output_tokens?,
        running_turns: running_turns?,
        turns_per_day: turns_per_day?,
        tokens_per_day: tokens_per_day?,
        sends_per_day: sends_per_day?,
        site_tokens_per_day: site_tokens?,
        requests_per_minute: requests?,
        address_requests_per_minute: addresses?,
        head_seconds: head_seconds?,
        body_seconds: body_seconds?,
        connections: connections?,
    })
}

/// Who may sign in, and for how long.
pub(super) fn sessions(reader: &mut Reader<'_>) -> Option<Sessions> {
    let idle_minutes = reader.or_default("SESSION_IDLE_MINUTES", |text| between(text, 1, 7 * 24 * 60));
    let hours = reader.or_default("SESSION_HOURS", |text| between(text, 1, 7 * 24));
    let allowed_accounts = reader.parsed("ALLOWED_ACCOUNTS", accounts).unwrap_or_default();
    let operator_accounts = reader.parsed("OPERATOR_ACCOUNTS", accounts).unwrap_or_default();
    Some(Sessions { idle_minutes: idle_minutes?, hours: hours?, allowed_accounts, operator_accounts })
}

fn between(text: &str, least: u32, most: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("is {}; set a whole number from {least} to {most}", quoted(text)))
}

/// A list that reads as none must not let everybody in.
fn accounts(text: &str) -> Result<Vec<String>, String> {
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let is_account = |part: &&str| part.split_once('@').is_some_and(|(_, domain)| domain.contains('.'));
    match parts.iter().find(|part| !is_account(part)) {
        Some(part) => Err(format!("has {part:?}; set addresses, or domains as @school.example, with commas")),
        None if parts.is_empty() => Err("has no account in it; set one, or leave it unset".to_owned()),
        None => Ok(parts.into_iter().map(str::to_owned).collect()),
    }
}

fn at_least(text: &str, least: u32) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| *number >= least);
    number.ok_or_else(|| format!("is {}; set a whole number of at least {least}", quoted(text)))
}

fn addresses_of(text: &str) -> Result<Vec<IpAddr>, String> {
    let address = |part: &str| {
        part.parse().map_err(|_| format!("has {}, which is no IP address; set the proxies', with commas", quoted(part)))
    };
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(address).collect()
}
