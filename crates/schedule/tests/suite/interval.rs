//! Intervals and single instants.

use std::time::Duration;

use duly_core::Timestamp;
use duly_schedule::Rule;
use duly_schedule::bounds::{PERIOD_MAX, PERIOD_MIN};

use crate::world::{MICROSECOND, at};

#[test]
fn an_interval_does_not_drift() {
    let rule = Rule::every(Duration::from_millis(1_001), at("2026-01-01")).unwrap();
    let year_later = at("2027-01-01 00:00:00.5");
    let tick = rule.next_after(year_later).unwrap();
    let since = tick.since(at("2026-01-01"));
    assert_eq!(since.as_micros() % 1_001_000, 0, "still a multiple");
    assert!(tick.since(year_later) <= Duration::from_millis(1_001));
}

#[test]
fn an_interval_has_ticks_before_its_anchor_too() {
    let rule = Rule::every(Duration::from_secs(3_600), at("2026-01-01 00:10")).unwrap();
    assert_eq!(
        rule.next_after(at("2025-12-31 21:30")),
        Some(at("2025-12-31 22:10"))
    );
    assert_eq!(
        rule.next_after(at("2025-12-31 22:10")),
        Some(at("2025-12-31 23:10"))
    );
    assert_eq!(
        rule.last_until(at("2025-12-31 22:10")),
        Some(at("2025-12-31 22:10"))
    );
    let before = at("2025-12-31 22:10") - MICROSECOND;
    assert_eq!(rule.last_until(before), Some(at("2025-12-31 21:10")));
}

#[test]
fn an_interval_ends_where_instants_do() {
    let rule = Rule::every(PERIOD_MAX, Timestamp::MAX).unwrap();
    assert_eq!(
        rule.next_after(Timestamp::MAX - MICROSECOND),
        Some(Timestamp::MAX)
    );
    assert_eq!(rule.next_after(Timestamp::MAX), None);
    assert!(
        rule.last_until(Timestamp::MIN)
            .is_none_or(|tick| tick == Timestamp::MIN)
    );
    assert_eq!(
        rule.ticks_after(Timestamp::MIN).count(),
        6,
        "571 years hold six centuries' ends"
    );
}

#[test]
fn periods_are_bounded_and_whole_milliseconds() {
    for period in [
        Duration::ZERO,
        PERIOD_MIN - Duration::from_millis(1),
        PERIOD_MAX + Duration::from_millis(1),
        Duration::from_micros(1_000_001),
        Duration::MAX,
    ] {
        let error = Rule::every(period, Timestamp::default()).unwrap_err();
        assert!(
            error.to_string().contains("from 1s to 36600d, in whole"),
            "{error}"
        );
    }
    for period in [PERIOD_MIN, PERIOD_MAX, Duration::from_millis(1_500)] {
        assert!(Rule::every(period, Timestamp::default()).is_ok());
    }
}

#[test]
fn one_instant_comes_once() {
    let instant = at("2026-01-01 09:00");
    let rule = Rule::once(instant);
    assert_eq!(rule.next_after(instant - MICROSECOND), Some(instant));
    assert_eq!(rule.next_after(instant), None);
    assert_eq!(rule.last_until(instant), Some(instant));
    assert_eq!(rule.last_until(instant - MICROSECOND), None);
    assert_eq!(rule.ticks_after(Timestamp::MIN).count(), 1);
}
