//! Time and chance as things that can be held.
//!
//! Everything that asks "what time is it" or "give me something nobody can
//! guess" asks one of these two ports, so that a test can answer. Nothing else
//! in the house reads the system's clock or its random source. How long the
//! house waits for others stands here too, in one place.

use std::{sync::Mutex, time::Duration};

use jiff::{Timestamp, Zoned, tz::TimeZone};
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// The moment it is.
    fn now(&self) -> Timestamp;

    /// The time zone in which the school reads a clock.
    fn zone(&self) -> TimeZone;

    /// The moment it is, as the school's wall clock shows it.
    fn wall(&self) -> Zoned {
        self.now().to_zoned(self.zone())
    }
}

/// Makes identifiers and secrets.
pub trait Ids: Send + Sync + 'static {
    /// An identifier that sorts by the time it was made (RFC 9562, version 7).
    fn ordered(&self) -> Uuid;

    /// 32 bytes that nobody can guess.
    fn secret(&self) -> [u8; 32];
}

/// The computer's own clock, in the computer's own time zone.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn zone(&self) -> TimeZone {
        TimeZone::system()
    }
}

/// The computer's own source of chance.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks for chance")]
    fn ordered(&self) -> Uuid {
        Uuid::now_v7()
    }

    #[expect(clippy::expect_used, reason = "a computer without a random source can keep no secret; it must not go on")]
    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).expect("the system's random source answers");
        bytes
    }
}

/// How long the house waits for others before it says so. Each is a bound that a
/// teacher can meet; a test that wants to meet it holds it short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For the first sign of a model that was asked.
    pub first_word: Duration,
    /// For the next sign of a model that has begun to answer.
    pub next_word: Duration,
    /// Before a busy model is asked again; it doubles each time.
    pub model_again: Duration,
    /// For a whole turn, not counting the time that a person thinks.
    pub turn: Duration,
    /// For the token vault, with every retry.
    pub vault: Duration,
    /// For the mail service's answer to one mail.
    pub mail: Duration,
    /// Before a mail service that nobody reached is tried again; it doubles.
    pub mail_again: Duration,
    /// For what is on its way when the server goes down.
    pub farewell: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_word: Duration::from_secs(40),
            next_word: Duration::from_secs(25),
            model_again: Duration::from_millis(500),
            turn: Duration::from_mins(2),
            vault: Duration::from_secs(20),
            mail: Duration::from_secs(30),
            mail_again: Duration::from_millis(600),
            farewell: Duration::from_secs(25),
        }
    }
}

/// A clock that stands still until it is told to move. For tests.
#[derive(Debug)]
pub struct HeldClock(Mutex<Timestamp>);

impl HeldClock {
    /// A clock that shows `at` until it is moved.
    pub fn at(at: Timestamp) -> Self {
        Self(Mutex::new(at))
    }

    /// Moves the clock by `span`, backwards too.
    pub fn advance(&self, span: jiff::SignedDuration) {
        let mut now = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = now.saturating_add(span).unwrap_or(*now);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}
