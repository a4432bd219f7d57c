//! Durations as people like to read them.

use std::time::Duration;

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
    use duly_api::duration::parse;

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
