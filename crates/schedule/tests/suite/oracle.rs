//! Another implementation as the judge: croner, in UTC, of what both read alike. It takes only `*` itself for
//! a field that does not restrict, where this one takes whatever begins with a star.

use croner::Cron;
use duly_core::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::patterns::common;
use crate::world::{cron, shown};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn both_find_the_same_ticks(
        pattern in common(),
        second in 0..4_102_444_800_i64,
    ) {
        let rule = cron(&pattern, "UTC");
        let judge: Cron = pattern.parse().map_err(|e| TestCaseError::fail(format!("{pattern}: {e}")))?;
        let mut now = jiff::Timestamp::from_second(second).unwrap().to_zoned(TimeZone::UTC);
        let ticks = rule.ticks_after(Timestamp::from_micros(second * 1_000_000));
        for tick in ticks.take(5) {
            now = judge
                .find_next_occurrence::<Zoned>(&now, false)
                .map_err(|e| TestCaseError::fail(format!("{pattern}: {e}")))?;
            prop_assert_eq!(shown(tick), now.timestamp().to_string(), "{}", pattern);
        }
    }
}
