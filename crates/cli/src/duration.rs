//! Durations as people write them: `500ms`, `30s`, `5m`, `2h`, `7d`.

use std::time::Duration;

/// A duration with its unit; a bare number is refused, because nobody knows what it counts.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number with a unit, such as 500ms, 30s, 5m, 2h or 7d".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| expected())?;
    let ms: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(expected()),
    };
    let total = number.checked_mul(ms).ok_or_else(expected)?;
    Ok(Duration::from_millis(total))
}

/// A duration for people, in the largest unit that keeps two digits or so.
pub(crate) fn show(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{}ms", duration.as_millis()),
        1..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
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
        }
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        for text in [
            "",
            "30",
            "s",
            "-1s",
            "1.5h",
            "1 h",
            "1w",
            "99999999999999999999s",
            "9999999999999999d",
        ] {
            assert!(parse(text).unwrap_err().contains("30s"), "{text}");
        }
    }

    #[test]
    fn durations_are_shown_in_the_unit_that_fits() {
        for (text, shown) in [
            ("7ms", "7ms"),
            ("119s", "119s"),
            ("300s", "5m"),
            ("9h", "9h"),
            ("72h", "3d"),
        ] {
            assert_eq!(show(parse(text).unwrap()), shown);
        }
    }
}
