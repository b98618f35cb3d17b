//! The operator's numbers as the rooms that keep to them know them.

use std::num::NonZeroU32;

use crate::{
    assistant::limits::{DayLimits, Limits, TurnLimits},
    identity::Operators,
    settings,
    web::{rates::RateLimits, session::Lifetimes},
};

/// What a turn and a day may use.
pub(super) fn of_the_assistant(limits: &settings::Limits) -> Limits {
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Limits {
        turn: TurnLimits {
            model_calls: count(limits.model_calls),
            tool_calls: count(limits.tool_calls),
            drafts: count(limits.drafts),
            seconds: limits.turn_seconds.into(),
            output_tokens: limits.output_tokens.into(),
        },
        day: DayLimits {
            turns: limits.turns_per_day.into(),
            tokens: limits.tokens_per_day.into(),
            sends: limits.sends_per_day.into(),
            site_tokens: limits.site_tokens_per_day.into(),
            running: count(limits.running_turns),
        },
    }
}

/// Who may see how the site is set up: on this computer, whoever reaches it.
pub(super) fn operators(settings: &settings::Settings) -> Operators {
    if settings::is_loopback(&settings.web.public_url) {
        Operators::Everybody
    } else {
        Operators::Listed(settings.sessions.operator_accounts.clone())
    }
}

/// How long a session lasts.
pub(super) fn of_a_session(sessions: &settings::Sessions) -> Lifetimes {
    let (idle, whole) = (i64::from(sessions.idle_minutes) * 60, i64::from(sessions.hours) * 3600);
    Lifetimes { idle, whole }
}

/// How often one may ask.
pub(super) fn of_the_web(limits: &settings::Limits) -> RateLimits {
    let rate = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
    RateLimits {
        teacher: rate(limits.requests_per_minute),
        address: rate(limits.address_requests_per_minute),
        proxies: limits.trusted_proxies.clone(),
    }
}
