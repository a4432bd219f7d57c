//! Instants: for people as far from now as they are, for pipes as in RFC 3339.

use std::time::Duration;

use duly_api::time;
use duly_core::Timestamp;

/// An instant, for people or for a pipe.
pub(crate) fn when(at: Timestamp, now: Timestamp, for_people: bool) -> String {
    if for_people {
        ago(at, now)
    } else {
        time::format(at)
    }
}

/// How far away an instant is: `in 5 m`, `3 s ago`, `now`.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let (before, after) = (now.since(at), at.since(now));
    if after >= Duration::from_secs(1) {
        format!("in {}", span(after))
    } else if before >= Duration::from_secs(1) {
        format!("{} ago", span(before))
    } else {
        "now".to_owned()
    }
}

/// A span of time in the largest unit that keeps two digits or so.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} m", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_how_far_and_pipes_see_when() {
        let now = Timestamp::from_micros(1_767_225_600_000_001);
        for (seconds, shown) in [
            (0_u64, "now"),
            (3, "in 3 s"),
            (300, "in 5 m"),
            (9_000, "in 2 h"),
            (9_000_000, "in 104 d"),
        ] {
            let span = Duration::from_secs(seconds);
            assert_eq!(when(now + span, now, true), shown);
        }
        assert_eq!(ago(now - Duration::from_secs(3), now), "3 s ago");
        assert_eq!(ago(now - Duration::from_millis(900), now), "now");
        assert_eq!(when(now, now, false), "2026-01-01T00:00:00.000001Z");
    }
}
