//! What holds for every rule, zone and instant.

use std::collections::BTreeSet;
use std::time::Duration;

use duly_core::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proptest::collection::btree_set;
use proptest::prelude::*;
use proptest::sample::select;

use crate::patterns::pattern;
use crate::world::{MICROSECOND, at, cron, shown};

/// Zones whose clocks have been changed in every way that there is.
const ZONES: &[&str] = &[
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "America/Caracas",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kwajalein",
];

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Fields as sets, so that whether a time fits is plain. `None`: a star.
#[derive(Clone, Debug)]
struct Fields {
    minutes: BTreeSet<i8>,
    hours: Option<BTreeSet<i8>>,
    days: Option<BTreeSet<i8>>,
    weekdays: Option<BTreeSet<i8>>,
}

impl Fields {
    fn text(&self) -> String {
        let minutes = list(Some(&self.minutes));
        let [hours, days, weekdays] =
            [&self.hours, &self.days, &self.weekdays].map(|set| list(set.as_ref()));
        format!("{minutes} {hours} {days} * {weekdays}")
    }

    fn fit(&self, wall: DateTime) -> bool {
        let holds = |set: &Option<BTreeSet<i8>>, number| {
            set.as_ref().is_none_or(|set| set.contains(&number))
        };
        let by_month = holds(&self.days, wall.day());
        let by_week = holds(&self.weekdays, wall.weekday().to_sunday_zero_offset());
        let day = if self.days.is_some() && self.weekdays.is_some() {
            by_month || by_week
        } else {
            by_month && by_week
        };
        day && holds(&self.hours, wall.hour()) && self.minutes.contains(&wall.minute())
    }
}

fn list(set: Option<&BTreeSet<i8>>) -> String {
    set.map_or("*".to_owned(), |set| {
        let numbers: Vec<_> = set.iter().map(ToString::to_string).collect();
        numbers.join(",")
    })
}

fn fields() -> impl Strategy<Value = Fields> {
    let set = |numbers| btree_set(numbers, 1..4);
    let sets = (
        btree_set(0_i8..60, 1..6),
        proptest::option::of(btree_set(0_i8..24, 1..8)),
        proptest::option::weighted(0.3, set(1_i8..32)),
        proptest::option::weighted(0.3, set(0_i8..7)),
    );
    sets.prop_map(|(minutes, hours, days, weekdays)| Fields {
        minutes,
        hours,
        days,
        weekdays,
    })
}

/// Seconds before a change of the clocks: often within the hour after it, which may be shown twice.
fn before() -> impl Strategy<Value = i64> {
    prop_oneof![-3_600..0_i64, -12 * 3_600..36 * 3_600_i64]
}

/// An instant from 1973 to 2150; if the clocks of the zone are ever changed after it, about when they are.
fn near_a_change(zone: &TimeZone, second: i64, before: i64) -> Timestamp {
    let from = jiff::Timestamp::from_second(second).expect("in range");
    let mut changes = zone.following(from);
    let change = changes.next().map_or(from, |change| change.timestamp());
    let minute = (change.as_second() - before).div_euclid(60) * 60;
    Timestamp::from_micros(minute * 1_000_000)
}

fn wall(zone: &TimeZone, at: Timestamp) -> DateTime {
    let at = jiff::Timestamp::from_microsecond(at.as_micros());
    zone.to_datetime(at.expect("in range"))
}

/// The ticks in a period, found by looking at the clocks every minute: those minutes at which they show a
/// fitting time, or one past it, for the first time.
fn watched(fields: &Fields, zone: &TimeZone, after: Timestamp, until: Timestamp) -> Vec<Timestamp> {
    let mut now = after - 3 * DAY;
    let mut latest = wall(zone, now);
    let mut ticks = Vec::new();
    while now < until {
        now = now + MINUTE;
        let shown = wall(zone, now);
        let mut fits = false;
        while latest < shown {
            latest = latest.checked_add(1.minute()).expect("in range");
            fits |= fields.fit(latest);
        }
        if fits && now > after {
            ticks.push(now);
        }
    }
    ticks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// The rule of clocks that are changed, against somebody who watches them.
    #[test]
    fn a_rule_fires_when_its_time_is_first_shown_or_passed(
        fields in fields(),
        name in select(ZONES),
        second in 94_694_400..5_680_281_600_i64,
        before in before(),
    ) {
        let zone = TimeZone::get(name).unwrap();
        let after = near_a_change(&zone, second, before);
        let until = after + 3 * DAY;
        let rule = cron(&fields.text(), name);
        let ticks: Vec<_> = rule.ticks_after(after).take_while(|tick| *tick <= until).collect();
        let shown = |ticks: &[Timestamp]| ticks.iter().map(|t| shown(*t)).collect::<Vec<_>>();
        prop_assert_eq!(shown(&ticks), shown(&watched(&fields, &zone, after, until)), "{}", rule);
    }

    /// Looked at from both sides, the ticks are the same, and there is none between.
    #[test]
    fn next_and_last_are_inverse(
        pattern in pattern(),
        name in select(ZONES),
        second in 94_694_400..5_680_281_600_i64,
        before in before(),
        micros in 0..1_000_000_i64,
    ) {
        let zone = TimeZone::get(name).unwrap();
        let after = Timestamp::from_micros(near_a_change(&zone, second, before).as_micros() + micros);
        let rule = cron(&pattern, name);
        let mut former = rule.last_until(after);
        prop_assert!(former.is_none_or(|tick| tick <= after), "{rule}");
        if let Some(former) = former {
            prop_assert_eq!(rule.next_after(former - MICROSECOND), Some(former), "{}", rule);
        }
        for tick in rule.ticks_after(after).take(10) {
            prop_assert!(tick > after && former.is_none_or(|former| tick > former), "{rule}");
            prop_assert_eq!(tick.as_micros() % 1_000_000, 0, "{}", rule);
            prop_assert_eq!(rule.last_until(tick), Some(tick), "{}", rule);
            prop_assert_eq!(rule.last_until(tick - MICROSECOND), former, "{}", rule);
            former = Some(tick);
        }
    }

    /// What a rule says of itself is the rule.
    #[test]
    fn text_is_the_rule(pattern in pattern(), name in select(ZONES), second in 0..4_102_444_800_i64) {
        let rule = cron(&pattern, name);
        let again = rule.to_string().parse().map_err(|e| TestCaseError::fail(format!("{rule}: {e}")))?;
        prop_assert_eq!(&rule, &again);
        let after = Timestamp::from_micros(second * 1_000_000);
        prop_assert_eq!(rule.next_after(after), again.next_after(after));
    }
}

#[test]
fn no_rule_walks_far() {
    let started = std::time::Instant::now();
    for _ in 0..100 {
        // The rarest days there are, and an hour that is shown twice, second by second.
        let rare = cron("0 0 29 2 */7", "Europe/Berlin");
        assert!(rare.next_after(at("2088-03-01")).is_some());
        let fold = cron("* * * * * *", "Pacific/Kwajalein");
        assert!(fold.next_after(at("1969-09-30 12:00")).is_some());
    }
    // Second by second, the hours alone would take minutes.
    assert!(started.elapsed() < Duration::from_secs(10));
}
