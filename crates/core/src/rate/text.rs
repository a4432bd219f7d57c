//! Rates as people write them: `50/1s`.

use core::str::FromStr;

use super::Rate;
use crate::bounds::LIMIT_WEIGHT_MAX;
use crate::named::error;
use crate::{DELAY_MAX, duration};

/// The text is no rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRate;

error!(
    InvalidRate,
    "not a rate: expected so many per period, such as 50/1s or 1000/1h, at most 1000000 per at most \
     366 days"
);

/// So many per period, with a burst as large.
///
/// ```
/// use core::time::Duration;
/// use duly_core::Rate;
///
/// assert_eq!("50/1s".parse(), Ok(Rate::new(50, Duration::from_secs(1))));
/// assert!("50".parse::<Rate>().is_err());
/// ```
impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let (permits, period) = text.split_once('/').ok_or(InvalidRate)?;
        let is_plain = permits.bytes().all(|byte| byte.is_ascii_digit());
        let permits: u32 = permits.parse().map_err(|_| InvalidRate)?;
        let period = duration::parse(period).map_err(|_| InvalidRate)?;
        let is_good = is_plain
            && (1..=LIMIT_WEIGHT_MAX).contains(&permits)
            && !period.is_zero()
            && period <= DELAY_MAX;
        is_good
            .then(|| Self::new(permits, period))
            .ok_or(InvalidRate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::time::Duration;

    #[test]
    fn a_rate_is_so_many_per_period() {
        for (text, permits, period) in [
            ("50/1s", 50, Duration::from_secs(1)),
            ("1/1ms", 1, Duration::from_millis(1)),
            ("1000000/366d", 1_000_000, DELAY_MAX),
        ] {
            assert_eq!(text.parse(), Ok(Rate::new(permits, period)), "{text}");
        }
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "",
            "50",
            "50/",
            "/1s",
            "50/1",
            "50/s",
            "0/1s",
            "50/0s",
            "+5/1s",
            "1000001/1s",
            "5/367d",
            "5 / 1s",
            "5/1us",
            "4294967296/1s",
        ] {
            assert_eq!(text.parse::<Rate>(), Err(InvalidRate), "{text}");
        }
    }
}
