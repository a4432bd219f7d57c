//! Rules against tables of published and hand-checked cases.

use duly_core::Timestamp;

use crate::world::{MICROSECOND, at, cron, shown};

#[test]
fn calendars() {
    let rows = rows(include_str!("calendar.txt"));
    for row in rows {
        let [pattern, after, ticks @ ..] = &row[..] else {
            panic!("{row:?}: expected a pattern and instants");
        };
        fires(pattern, "UTC", after, ticks);
    }
}

#[test]
fn zones() {
    let rows = rows(include_str!("zones.txt"));
    for row in rows {
        let [zone, pattern, after, ticks @ ..] = &row[..] else {
            panic!("{row:?}: expected a zone, a pattern and instants");
        };
        fires(pattern, zone, after, ticks);
    }
}

/// The columns of the lines that are no comment.
fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = table.lines().filter(|line| !line.is_empty());
    lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(" | ").collect())
}

/// After an instant, the rule fires at these and at no others between; seen from behind, too.
fn fires(pattern: &str, zone: &str, after: &str, expected: &[&str]) {
    let rule = cron(pattern, zone);
    let row = format!("{pattern} in {zone} after {after}");
    let after = at(after);
    let expected: Vec<_> = expected.iter().map(|text| at(text)).collect();
    assert!(!expected.is_empty(), "{row}");
    let found: Vec<_> = rule.ticks_after(after).take(expected.len()).collect();
    assert_eq!(words(&found), words(&expected), "{row}");

    let mut former = rule.last_until(after);
    for tick in expected {
        assert_eq!(rule.last_until(tick), Some(tick), "{row}");
        assert_eq!(rule.last_until(tick - MICROSECOND), former, "{row}");
        former = Some(tick);
    }
}

fn words(ticks: &[Timestamp]) -> Vec<String> {
    ticks.iter().map(|tick| shown(*tick)).collect()
}

#[test]
fn the_end_of_what_can_be_counted_is_the_end_of_ticks() {
    let rule = cron("0 0 1 1 *", "UTC");
    assert_eq!(rule.next_after(at("2255-01-01")), None);
    assert_eq!(rule.next_after(Timestamp::MAX), None);
    assert_eq!(rule.last_until(Timestamp::MIN), None);
    assert_eq!(rule.next_after(Timestamp::MIN), Some(at("1685-01-01")));
    assert_eq!(rule.last_until(Timestamp::MAX), Some(at("2255-01-01")));
}
