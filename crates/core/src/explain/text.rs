//! Spans of time, as sentences have them.

use core::fmt;
use core::time::Duration;

use crate::{Timestamp, duration};

/// A span of time to be read by people: its two greatest units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span(pub(super) Duration);

impl Span {
    /// From the one to the other; nothing, if that is the wrong way round.
    pub(super) const fn between(from: Timestamp, to: Timestamp) -> Self {
        let micros = to.as_micros().saturating_sub(from.as_micros());
        let micros = if micros < 0 { 0 } else { micros.unsigned_abs() };
        Self(Duration::from_micros(micros))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration::rough(self.0))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_span_of_the_wrong_way_round_is_nothing() {
        let [early, late] = [1, 5].map(Timestamp::from_micros);
        assert_eq!(Span::between(late, early).to_string(), "0ms");
        assert_eq!(Span::between(early, late).to_string(), "1ms");
    }
}
