//! Durations as people write them: `500ms`, `30s`, `5m`, `2h`, `7d`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use crate::named::error;

/// What a duration should have looked like.
pub const EXPECTED: &str = "a number with a unit, such as 500ms, 30s, 5m, 2h or 7d";

/// The units, the smallest first, with their milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// The text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidDuration;

error!(InvalidDuration, "not a duration: expected {EXPECTED}");

/// The duration that a text means: a whole number and its unit. A bare number is refused, because
/// nobody knows what it counts.
///
/// ```
/// use core::time::Duration;
///
/// assert_eq!(duly_core::duration::parse("5m"), Ok(Duration::from_secs(300)));
/// assert!(duly_core::duration::parse("300").is_err());
/// ```
///
/// # Errors
/// [`InvalidDuration`] if it is no number with a unit, or more milliseconds than 64 bits count.
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| InvalidDuration)?;
    let (_, ms) = UNITS
        .into_iter()
        .find(|(name, _)| *name == unit)
        .ok_or(InvalidDuration)?;
    let total = number.checked_mul(ms).ok_or(InvalidDuration)?;
    Ok(Duration::from_millis(total))
}

/// A duration as text that [`parse`] understands: in the largest unit that needs no fraction. What
/// lies between two milliseconds is cut.
///
/// ```
/// use core::time::Duration;
///
/// assert_eq!(duly_core::duration::format(Duration::from_secs(7_200)), "2h");
/// assert_eq!(duly_core::duration::format(Duration::from_millis(90_500)), "90500ms");
/// ```
#[must_use]
pub fn format(duration: Duration) -> String {
    let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if ms == 0 {
        return "0s".to_owned();
    }
    let (unit, size) = UNITS
        .into_iter()
        .rfind(|(_, size)| ms.is_multiple_of(*size))
        .expect("a millisecond is a multiple of one");
    format!("{}{unit}", ms / size)
}

/// A duration as a message quotes it: as [`format()`] has it, but nothing is cut.
///
/// ```
/// use core::time::Duration;
///
/// assert_eq!(duly_core::duration::exact(Duration::from_secs(172_800)), "2d");
/// assert_eq!(duly_core::duration::exact(Duration::from_micros(1_500)), "1.5ms");
/// ```
#[must_use]
pub fn exact(duration: Duration) -> String {
    if duration.subsec_nanos().is_multiple_of(1_000_000) {
        format(duration)
    } else {
        format!("{duration:?}")
    }
}

/// How long something has lasted or will last, to be read by people: its two greatest units, and no parts of a
/// second from one second on.
///
/// ```
/// use core::time::Duration;
///
/// assert_eq!(duly_core::duration::rough(Duration::from_millis(90_500)), "1m 30s");
/// assert_eq!(duly_core::duration::rough(Duration::from_secs(93_601)), "1d 2h");
/// ```
#[must_use]
pub fn rough(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds == 0 {
        return format!("{}ms", duration.as_micros().div_ceil(1_000));
    }
    let units = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
    let mut left = seconds;
    let parts = units.map(|(name, length)| {
        let count = left / length;
        left %= length;
        (count, name)
    });
    let parts = parts.into_iter().skip_while(|(count, _)| *count == 0);
    let parts = parts.take(2).filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts
        .map(|(count, name)| format!("{count}{name}"))
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn numbers_with_units_are_understood() {
        for (text, ms) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("7d", 604_800_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
            assert_eq!(format(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        for text in [
            "",
            "30",
            "s",
            "-1s",
            "+1s",
            "1.5h",
            "1 h",
            "1w",
            "1S",
            "99999999999999999999s",
            "9999999999999999d",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains("30s"), "{text}");
        }
    }

    #[test]
    fn what_is_formatted_is_parsed_to_the_same() {
        for ms in [1, 999, 1_000, 59_999, 90_000, 86_400_001, u64::MAX] {
            let duration = Duration::from_millis(ms);
            assert_eq!(parse(&format(duration)), Ok(duration), "{ms}");
        }
        assert_eq!(format(Duration::from_nanos(999)), "0s");
    }

    #[test]
    fn what_is_quoted_is_not_cut() {
        for (micros, text) in [
            (0, "0s"),
            (999, "999µs"),
            (1_500_000, "1500ms"),
            (172_800_000_000, "2d"),
            (172_800_000_001, "172800.000001s"),
        ] {
            assert_eq!(exact(Duration::from_micros(micros)), text);
        }
    }

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
            assert_eq!(rough(Duration::from_millis(millis)), text);
        }
    }
}
