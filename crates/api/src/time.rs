//! Instants as text: RFC 3339, in UTC, with microseconds.

use duly_core::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de};

/// What a time should have looked like.
pub const EXPECTED: &str =
    "a time as in RFC 3339, with a zone, such as 2026-01-31T12:00:00Z (years 1684 to 2255)";

/// The text is not a time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time: expected {EXPECTED}")]
pub struct InvalidTime;

/// An instant as text.
///
/// ```
/// use duly_api::time;
/// use duly_core::Timestamp;
///
/// let text = time::format(Timestamp::from_micros(1_767_225_600_000_001));
/// assert_eq!(text, "2026-01-01T00:00:00.000001Z");
/// assert_eq!(time::parse(&text), Ok(Timestamp::from_micros(1_767_225_600_000_001)));
/// ```
#[must_use]
pub fn format(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros())
        .expect("the years 1684 to 2255 lie within what the calendar counts");
    format!("{at:.6}")
}

/// The instant that a text means; what lies between two microseconds is cut.
///
/// # Errors
/// [`InvalidTime`] if it is not RFC 3339, has no zone, or lies outside what Duly can count.
pub fn parse(text: &str) -> Result<Timestamp, InvalidTime> {
    let at: jiff::Timestamp = text.parse().map_err(|_| InvalidTime)?;
    let micros = at.as_microsecond();
    if micros < Timestamp::MIN.as_micros() || micros > Timestamp::MAX.as_micros() {
        return Err(InvalidTime);
    }
    Ok(Timestamp::from_micros(micros))
}

pub(crate) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format(*at))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(from)?;
    parse(&text).map_err(|_| de::Error::invalid_value(de::Unexpected::Str(&text), &EXPECTED))
}

/// The same for an instant that may be missing.
pub(crate) mod option {
    use super::{Deserialize, Deserializer, EXPECTED, Serializer, Timestamp, de, format, parse};

    pub(crate) fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => to.serialize_str(&format(*at)),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else {
            return Ok(None);
        };
        parse(&text)
            .map(Some)
            .map_err(|_| de::Error::invalid_value(de::Unexpected::Str(&text), &EXPECTED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instant_round_trips() {
        for micros in [
            Timestamp::MIN.as_micros(),
            -1,
            0,
            1,
            Timestamp::MAX.as_micros(),
        ] {
            let at = Timestamp::from_micros(micros);
            assert_eq!(parse(&format(at)), Ok(at), "{}", format(at));
        }
    }

    #[test]
    fn zones_are_understood_and_must_be_there() {
        let noon = parse("2026-01-31T12:00:00Z").unwrap();
        assert_eq!(parse("2026-01-31T14:00:00+02:00"), Ok(noon));
        assert_eq!(parse("2026-01-31 12:00:00Z"), Ok(noon));
        for text in [
            "2026-01-31T12:00:00",
            "2026-01-31",
            "tomorrow",
            "",
            "9000-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), Err(InvalidTime), "{text}");
        }
    }
}
