//! Spans of time, as sentences have them.

use core::fmt;
use core::time::Duration;

use crate::Timestamp;

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
        let seconds = self.0.as_secs();
        if seconds == 0 {
            return write!(f, "{}ms", self.0.as_micros().div_ceil(1_000));
        }
        let units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
        let mut left = seconds;
        let parts = units.map(|(name, length)| {
            let count = left / length;
            left %= length;
            (count, name)
        });
        let parts = parts.into_iter().skip_while(|(count, _)| *count == 0);
        let mut between = "";
        for (count, name) in parts.take(2).filter(|(count, _)| *count > 0) {
            write!(f, "{between}{count}{name}")?;
            between = " ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn spans_have_their_two_greatest_units() {
        for (millis, text) in [
            (0, "0ms"),
            (999, "999ms"),
            (1_500, "1s"),
            (90_000, "1m 30s"),
            (7_200_000, "2h"),
            (7_201_000, "2h"),
            (93_600_000, "1d 2h"),
        ] {
            assert_eq!(Span(Duration::from_millis(millis)).to_string(), text);
        }
        let [early, late] = [1, 5].map(Timestamp::from_micros);
        assert_eq!(Span::between(late, early).to_string(), "0ms");
        assert_eq!(Span::between(early, late).to_string(), "1ms");
    }
}
