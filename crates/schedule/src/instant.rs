//! Instants as text: RFC 3339 in UTC, exact to the microsecond, as short as may be.

use duly_core::Timestamp;

/// An instant by RFC 3339 in UTC, exact to the microsecond, as short as may be.
///
/// ```
/// let start = duly_core::Timestamp::from_micros(1_767_225_600_000_000);
/// assert_eq!(duly_schedule::format_instant(start), "2026-01-01T00:00:00Z");
/// ```
#[must_use]
pub fn format(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros())
        .expect("the years 1684 to 2255 lie within what the calendar counts");
    at.to_string()
}

/// `None`: it is not RFC 3339, or past what Duly counts.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let micros = text.parse::<jiff::Timestamp>().ok()?.as_microsecond();
    let at = Timestamp::from_micros(micros);
    (at.as_micros() == micros).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_767_225_600_000_001, "2026-01-01T00:00:00.000001Z"),
            (Timestamp::MIN.as_micros(), "1684-07-28T00:12:25.259008Z"),
            (Timestamp::MAX.as_micros(), "2255-06-05T23:47:34.740992Z"),
        ] {
            let at = Timestamp::from_micros(micros);
            assert_eq!(format(at), text);
            assert_eq!(parse(text), Some(at));
        }
        for text in ["", "today", "2026-01-01T00:00:00", "2255-06-06T00:00:00Z"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
