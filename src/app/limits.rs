//! The operator's numbers as the rooms that keep to them know them.

use std::num::NonZeroU32;

use crate::{
    assistant::limits::{DayLimits, Limits, TurnLimits},
    identity::{Allowed, Operators},
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

/// Who may see how the site is set up: whoever reaches it, where browsers come
/// from this computer and nothing from elsewhere is listened to.
pub(super) fn operators(settings: &settings::Settings) -> Operators {
    let settings::Web { public_url, host, .. } = &settings.web;
    if settings::is_loopback(public_url) && host.to_canonical().is_loopback() {
        Operators::Everybody
    } else {
        Operators::Listed(Allowed::new(settings.sessions.operator_accounts.clone()))
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

#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests {
    use super::*;

    #[test]
    fn whoever_reaches_it_is_an_operator_only_where_nobody_reaches_it_from_elsewhere() {
        let operators = |url: &str, host: &str| {
            let mut settings = settings::Settings::read(|_| None).unwrap();
            (settings.web.public_url, settings.web.host) = (url.parse().unwrap(), host.parse().unwrap());
            settings.sessions.operator_accounts = vec!["ops@school.example".to_owned()];
            operators(&settings)
        };
        let listed = Operators::Listed(Allowed::new(["ops@school.example".to_owned()]));
        let (here, elsewhere) = ("http://localhost:8000", "https://aide.school.example");
        for host in ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(operators(here, host), Operators::Everybody, "{host}");
            assert_eq!(operators(elsewhere, host), listed, "{host} behind a proxy");
        }
        for host in ["0.0.0.0", "::", "192.168.1.7", "::ffff:0.0.0.0"] {
            assert_eq!(operators(here, host), listed, "{host}");
            assert_eq!(operators(elsewhere, host), listed, "{host}");
        }
    }
}
