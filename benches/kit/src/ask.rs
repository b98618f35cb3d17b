//! What a client asks of the mock model. It travels in the teacher's words, so
//! that one running application serves every kind of turn.

use std::{fmt, time::Duration};

/// One kind of turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ask {
    /// Chunks of text in the second answer.
    pub(crate) chunks: u64,
    /// Before the first byte of each of the two answers.
    pub(crate) delay: Duration,
    /// Between two chunks of text.
    pub(crate) pace: Duration,
    /// In the middle of the text.
    pub(crate) stall: Duration,
}

/// The first word of every answer, and of nothing else.
pub(crate) const FIRST: &str = "Zuallererst";
/// The last word of every answer.
pub(crate) const LAST: &str = "Schlusswort";

impl Ask {
    /// A turn whose answer comes as fast as the line takes it.
    pub(crate) fn of(chunks: u64) -> Self {
        Self { chunks, delay: Duration::ZERO, pace: Duration::ZERO, stall: Duration::ZERO }
    }

    /// Reads the words back out of a request's body; the latest count.
    pub(crate) fn find(body: &str) -> Self {
        let words = body.rfind("bench chunks=").map_or("", |at| &body[at..]);
        let number = |name: &str| {
            let at = words.find(name).map_or(words.len(), |at| at + name.len());
            let digits = words[at..].split(|sign: char| !sign.is_ascii_digit()).next();
            digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        let millis = |name| Duration::from_millis(number(name));
        Self { chunks: number("chunks="), delay: millis("delay="), pace: millis("pace="), stall: millis("stall=") }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chunks, delay, pace, stall } = self;
        let [delay, pace, stall] = [delay, pace, stall].map(Duration::as_millis);
        write!(f, "bench chunks={chunks} delay={delay} pace={pace} stall={stall}")
    }
}
