//! `Retry-After`: seconds, or a date.

use std::time::{Duration, UNIX_EPOCH};

use duly_core::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::bounds::RETRY_AFTER_MAX;

/// How long the answer asks to be left alone; `None` where it does not, or asks for no time at all,
/// which leaves it to the task's own policy.
pub(super) fn read(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => date(text)?.since(now),
    };
    Some(wait.min(RETRY_AFTER_MAX)).filter(|wait| !wait.is_zero())
}

fn date(text: &str) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(text).ok()?;
    let micros = date.duration_since(UNIX_EPOCH).ok()?.as_micros();
    Some(Timestamp::from_micros(i64::try_from(micros).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;

    /// Two minutes before the date that the tests give.
    const NOW: Timestamp = Timestamp::from_micros(1_445_412_360_000_000);

    fn wait(text: &'static str) -> Option<Duration> {
        let headers = [(RETRY_AFTER, HeaderValue::from_static(text))];
        read(&headers.into_iter().collect(), NOW)
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        assert_eq!(wait("120"), Some(Duration::from_secs(120)));
        assert_eq!(
            wait("Wed, 21 Oct 2015 07:28:00 GMT"),
            Some(Duration::from_secs(120))
        );
    }

    #[test]
    fn what_asks_for_nothing_or_is_nonsense_leaves_it_to_the_policy() {
        for text in ["0", "-1", "soon", "", "Wed, 21 Oct 2015 07:25:00 GMT"] {
            assert_eq!(wait(text), None, "{text}");
        }
        assert_eq!(read(&HeaderMap::new(), NOW), None);
    }

    #[test]
    fn nobody_is_put_off_for_ever() {
        assert_eq!(wait("99999999999"), Some(RETRY_AFTER_MAX));
        assert_eq!(wait("Wed, 31 Dec 2200 00:00:00 GMT"), Some(RETRY_AFTER_MAX));
    }

    proptest! {
        #[test]
        fn whatever_is_answered_the_wait_has_bounds(text in "[ -~]{0,40}|[0-9]{1,30}") {
            let value = HeaderValue::from_str(&text).unwrap();
            let wait = read(&[(RETRY_AFTER, value)].into_iter().collect(), NOW);
            prop_assert!(wait.is_none_or(|wait| !wait.is_zero() && wait <= RETRY_AFTER_MAX));
        }
    }
}
