//! How often one may ask: for each teacher, and for each address.
//!
//! An address is that of the connection. What a request says about addresses
//! before it (`X-Forwarded-For`) is believed of the proxies alone that the
//! operator named.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

use super::{error::PageError, state::State};
use crate::school::TeacherId;

/// More keys than this at once, and those that are rested are forgotten.
const KEYS: usize = 10_000;

/// How often one may ask.
#[derive(Debug, Clone)]
pub struct RateLimits {
    /// Requests of one teacher in a minute.
    pub teacher: NonZeroU32,
    /// Requests from one address in a minute.
    pub address: NonZeroU32,
    /// Whose word about addresses is believed.
    pub proxies: Vec<IpAddr>,
}

/// Counts who asks how often.
pub struct Rates {
    teachers: DefaultKeyedRateLimiter<TeacherId>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    proxies: Vec<IpAddr>,
}

impl Rates {
    /// Nobody has asked yet.
    pub fn new(limits: RateLimits) -> Self {
        Self {
            teachers: RateLimiter::keyed(Quota::per_minute(limits.teacher)),
            addresses: RateLimiter::keyed(Quota::per_minute(limits.address)),
            proxies: limits.proxies,
        }
    }

    /// A teacher asks; the error is how long to wait.
    pub fn teacher(&self, teacher: &TeacherId) -> Result<(), Duration> {
        check(&self.teachers, teacher)
    }

    fn address(&self, address: IpAddr) -> Result<(), Duration> {
        check(&self.addresses, &address)
    }

    /// Where a request comes from: the nearest address that is no proxy of ours.
    fn origin(&self, peer: IpAddr, forwarded: Option<&str>) -> IpAddr {
        if !self.proxies.contains(&peer) {
            return peer;
        }
        let told = forwarded.into_iter().flat_map(|list| list.rsplit(','));
        let addresses = told.map_while(|part| part.trim().parse().ok());
        addresses.into_iter().find(|address| !self.proxies.contains(address)).unwrap_or(peer)
    }
}

fn check<K: std::hash::Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Duration> {
    if limiter.len() > KEYS {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
}

/// Middleware: refuses an address that asks too often, before anything is read.
pub async fn guard(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse, Error> {
    let forwarded = request.headers().get_all("x-forwarded-for").last().and_then(|value| value.to_str().ok());
    let wait = match (request.app_data::<Data<State>>(), request.peer_addr()) {
        (Some(state), Some(peer)) => {
            let rates = &state.rates;
            rates.address(rates.origin(peer.ip().to_canonical(), forwarded)).err()
        }
        _ => None,
    };
    if let Some(wait) = wait {
        return Ok(request.error_response(PageError::too_often(wait)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(teacher: u32, proxies: &[&str]) -> Rates {
        let number = |number| NonZeroU32::new(number).expect("not zero");
        let proxies = proxies.iter().map(|proxy| proxy.parse().expect("an address")).collect();
        Rates::new(RateLimits { teacher: number(teacher), address: number(3), proxies })
    }

    #[test]
    fn who_asks_too_often_waits_and_nobody_else_does() {
        let rates = rates(2, &[]);
        let (ada, grace) = (TeacherId::new("ada"), TeacherId::new("grace"));
        assert!(rates.teacher(&ada).is_ok() && rates.teacher(&ada).is_ok());
        let wait = rates.teacher(&ada).expect_err("the third one is too many");
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(30), "{wait:?}");
        assert!(rates.teacher(&grace).is_ok());
    }

    #[test]
    fn only_the_operators_own_proxies_are_believed() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let alone = rates(1, &[]);
        assert_eq!(alone.origin(address("192.0.2.9"), Some("198.51.100.7")), address("192.0.2.9"));
        let behind = rates(1, &["10.0.0.1", "10.0.0.2"]);
        for (peer, told, origin) in [
            ("192.0.2.9", Some("198.51.100.7"), "192.0.2.9"),
            ("10.0.0.1", Some("198.51.100.7"), "198.51.100.7"),
            ("10.0.0.1", Some("203.0.113.5, 198.51.100.7"), "198.51.100.7"),
            ("10.0.0.1", Some("198.51.100.7, 10.0.0.2"), "198.51.100.7"),
            ("10.0.0.1", Some("198.51.100.7, rubbish"), "10.0.0.1"),
            ("10.0.0.1", None, "10.0.0.1"),
        ] {
            assert_eq!(behind.origin(address(peer), told), address(origin), "{peer} {told:?}");
        }
    }
}
