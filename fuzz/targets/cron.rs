//! Cron patterns, zones and whole rules as text: what is read is written and read again as the same, its
//! ticks are in order and the same from both sides, and what is refused is told with what was expected.
#![no_main]

use duly_core::Timestamp;
use duly_schedule::{InvalidRule, Rule, Zone};
use libfuzzer_sys::fuzz_target;

/// Ticks that are looked at.
const TICKS: usize = 3;
/// Instants from which ticks are looked for, in seconds: before a change of clocks, within an hour that
/// is shown twice, at the ends.
const FROM: [i64; 5] = [i64::MIN, 0, 1_774_699_200, 1_793_514_600, 9_000_000_000];

fuzz_target!(|input: &str| {
    // The first line is a zone, the second a pattern; or all of it is one rule.
    let rule = match input.split_once('\n') {
        Some((zone, pattern)) => match zone.parse::<Zone>() {
            Ok(zone) => Rule::cron(pattern, zone),
            Err(error) => Err(error.into()),
        },
        None => input.parse(),
    };
    match rule {
        Ok(rule) => look_at(&rule),
        Err(error) => refused(&error),
    }
});

fn look_at(rule: &Rule) {
    let text = rule.to_string();
    assert_eq!(text.parse::<Rule>().as_ref(), Ok(rule), "{text}");
    let sentence = rule.describe();
    assert!(
        !sentence.is_empty() && !sentence.contains("  "),
        "{sentence}"
    );
    for second in FROM {
        let from = Timestamp::from_micros(second.saturating_mul(1_000_000));
        let mut former = rule.last_until(from);
        assert!(former.is_none_or(|tick| tick <= from), "{text}");
        for tick in rule.ticks_after(from).take(TICKS) {
            assert!(
                tick > from && former.is_none_or(|former| former < tick),
                "{text}"
            );
            assert_eq!(rule.last_until(tick), Some(tick), "{text}");
            let before = tick - std::time::Duration::from_micros(1);
            assert_eq!(rule.last_until(before), former, "{text}");
            former = Some(tick);
        }
    }
    if let Rule::Cron { .. } = rule {
        assert!(
            rule.next_after(Timestamp::default()).is_some(),
            "{text}: it never comes"
        );
    }
}

fn refused(error: &InvalidRule) {
    let text = error.to_string();
    assert!(text.contains("expected"), "{text}");
    assert!(
        text.len() < 1_000 && !text.chars().any(char::is_control),
        "{text:?}"
    );
}
