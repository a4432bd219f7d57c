//! What is no rule, and what is said about it.

use std::time::{Duration, Instant};

use duly_schedule::bounds::PATTERN_BYTES_MAX;
use duly_schedule::{InvalidPattern, InvalidRule, InvalidZone, Pattern, Rule, Zone};

fn refusal(pattern: &str) -> String {
    match Rule::cron(pattern, Zone::UTC) {
        Ok(rule) => panic!("{pattern:?} was taken as {rule}"),
        Err(error) => error.to_string(),
    }
}

/// Patterns without a day.
const NEVER: &[&str] = &[
    "0 0 30 2 *",
    "0 0 31 2 *",
    "0 0 30,31 feb ?",
    "0 0 31 2,4,6,9,11 *",
    "0 0 31 4-6/2 *",
    "* * * 31 apr */2",
    "0 0 30W 2 *",
    "0 0 31w 9,11 *",
    "0 0 L-29 2 *",
    "0 0 L-30 4 *",
    "0 0 */31 * mon#2",
];

#[test]
fn what_never_comes_is_refused_at_once() {
    for pattern in NEVER {
        let refusal = refusal(pattern);
        assert!(
            refusal.contains("never comes: expected a day of month"),
            "{refusal}"
        );
        assert!(refusal.contains(pattern), "{refusal}");
    }
    // A search through all years would take half a second each.
    let started = Instant::now();
    for _ in 0..100 {
        assert!(
            NEVER
                .iter()
                .all(|pattern| pattern.parse::<Pattern>().is_err())
        );
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    for rare in [
        "0 0 29 2 */7",
        "0 0 L-28 2 *",
        "0 0 29W 2 *",
        "0 0 30 2 mon#5",
    ] {
        assert!(
            Rule::cron(rare, Zone::UTC).is_ok(),
            "{rare} comes sometimes"
        );
    }
}

#[test]
fn the_field_the_value_and_what_was_expected_are_named() {
    for (pattern, expected) in [
        (
            "60 * * * *",
            r#"minute "60" is not valid: expected *, or numbers from 0 to 59"#,
        ),
        ("60 * * * * *", r#"second "60" is not valid"#),
        (
            "* 24 * * *",
            r#"hour "24" is not valid: expected *, or numbers from 0 to 23"#,
        ),
        ("* * 0 * *", r#"day of month "0" is not valid"#),
        ("* * 32 * *", r#"day of month "32" is not valid"#),
        ("* * * 0 *", r#"month "0" is not valid"#),
        ("* * * 13 *", r#"month "13" is not valid"#),
        (
            "* * * january *",
            r#"month "january" is not valid: expected *, or numbers from 1 to 12 or names"#,
        ),
        (
            "* * * * 8",
            r#"day of week "8" is not valid: expected *, or numbers from 0 to 7"#,
        ),
        ("* * * * mon-", r#"day of week "mon-" is not valid"#),
        ("* mon * * *", r#"hour "mon" is not valid"#),
        ("-1 * * * *", r#"minute "-1" is not valid"#),
        ("+1 * * * *", r#"minute "+1" is not valid"#),
        ("1, * * * *", r#"minute "" is not valid"#),
        ("1,,2 * * * *", r#"minute "" is not valid"#),
        ("1.5 * * * *", r#"minute "1.5" is not valid"#),
        ("** * * * *", r#"minute "**" is not valid"#),
        ("? * * * *", r#"minute "?" is not valid"#),
        ("H * * * *", r#"minute "H" is not valid"#),
        ("*-5 * * * *", r#"minute "*-5" is not valid"#),
        ("1-2-3 * * * *", r#"minute "1-2-3" is not valid"#),
        ("300 * * * *", r#"minute "300" is not valid"#),
        (
            "*/0 * * * *",
            "expected a step from 1 to as many as the field counts",
        ),
        ("*/90 * * * *", "such as @every 90m"),
        ("*/ * * * *", r#"minute "*/" is not valid"#),
        ("*/2/2 * * * *", r#"minute "*/2/2" is not valid"#),
        (
            "* 22-2 * * *",
            "expected a range from the lower to the higher",
        ),
        ("* * * nov-feb *", "where it goes past the end, write two"),
        (
            "* * * * fri-mon",
            "expected a range from the lower to the higher",
        ),
        ("* * LL * *", r#"day of month "LL" is not valid"#),
        ("* * L-31 * *", r#"day of month "L-31" is not valid"#),
        ("* * W * *", r#"day of month "W" is not valid"#),
        ("* * 0W * *", r#"day of month "0W" is not valid"#),
        ("* * 1-5W * *", r#"day of month "1-5W" is not valid"#),
        ("* * ?,1 * *", r#"day of month "?" is not valid"#),
        ("* * * * L", "expected a weekday before L, such as friL"),
        ("* * * * mon#0", "expected a week from 1 to 5 after #"),
        ("* * * * mon#6", "expected a week from 1 to 5 after #"),
        ("* * * * #1", r##"day of week "#1" is not valid"##),
        ("* * * * 15W", r#"day of week "15W" is not valid"#),
        ("* * * * mon-friL", r#"day of week "mon-friL" is not valid"#),
        ("é * * * *", r#"minute "é" is not valid"#),
    ] {
        let refusal = refusal(pattern);
        assert!(refusal.contains(expected), "{pattern}: {refusal}");
    }
}

#[test]
fn what_is_no_pattern_at_all_is_told_what_one_is() {
    for (pattern, expected) in [
        (
            "",
            "has 0 fields: expected 5 (minute, hour, day of month, month, day of week), or 6",
        ),
        ("15m", "has 1 fields: expected 5"),
        ("15m", "an interval is written @every 15m"),
        ("* * * *", "has 4 fields"),
        (
            "0 0 0 1 1 * 2026",
            "years are no field: give the schedule a start and an end",
        ),
        (
            "@reboot",
            r#""@reboot" is not known: expected @yearly, @annually, @monthly"#,
        ),
        ("@every", r#""@every" is not known"#),
        ("@daily 5", r#""@daily 5" is not known"#),
        (
            "@every 5",
            r#"period "5" is not valid: expected a number with a unit"#,
        ),
        (
            "@every 500ms",
            r#"period "500ms" is not valid: expected a number with a unit"#,
        ),
        (
            "TZ=UTC 0 9 * * *",
            "names a time zone: expected the fields alone; give the zone beside",
        ),
        ("CRON_TZ=Europe/Berlin 0 9 * * *", "names a time zone"),
    ] {
        let refusal = refusal(pattern);
        assert!(refusal.contains(expected), "{pattern}: {refusal}");
    }
}

#[test]
fn long_patterns_are_refused_unread() {
    let long = "1,".repeat(PATTERN_BYTES_MAX) + "1 * * * *";
    let error = long.parse::<Pattern>().unwrap_err();
    assert_eq!(error, InvalidPattern::TooLong { bytes: long.len() });
    let fits = format!(
        "{} * * * *",
        vec!["1"; (PATTERN_BYTES_MAX - 8) / 2].join(",")
    );
    assert!(fits.parse::<Pattern>().is_ok());
}

#[test]
fn messages_quote_no_more_than_they_must() {
    let value = "9".repeat(200);
    let refusal = refusal(&format!("{value} * * * *"));
    assert!(refusal.contains("9…\"") && refusal.len() < 200, "{refusal}");
    assert!(!self::refusal("\u{1b}[31m * * * *").contains('\u{1b}'));
}

#[test]
fn zones_are_known_by_name() {
    for (name, known) in [
        ("UTC", "UTC"),
        ("utc", "UTC"),
        ("Etc/UTC", "Etc/UTC"),
        ("europe/berlin", "Europe/Berlin"),
        (
            "America/Argentina/Buenos_Aires",
            "America/Argentina/Buenos_Aires",
        ),
    ] {
        assert_eq!(name.parse::<Zone>().unwrap().name(), known);
    }
    assert!(Zone::names().count() > 500 && Zone::names().is_sorted());
    assert!(Zone::names().all(|name| name.parse::<Zone>().is_ok_and(|zone| zone.name() == name)));
}

#[test]
fn other_zones_are_refused_with_the_one_that_was_meant() {
    for (name, nearest) in [
        ("Europe/Berln", Some("Europe/Berlin")),
        ("berlin", Some("Europe/Berlin")),
        ("new york", Some("America/New_York")),
        ("Asia/Calcuta", Some("Asia/Calcutta")),
        ("+02:00", None),
        ("EST5EDT,M3.2.0,M11.1.0", None),
        ("../../etc/passwd", None),
        ("", None),
        ("Etc/Unknown", None),
        ("localtime", None),
    ] {
        let error = name.parse::<Zone>().unwrap_err();
        let InvalidZone { nearest: found, .. } = &error;
        if nearest.is_some() {
            assert_eq!(*found, nearest, "{name}");
        }
        let text = error.to_string();
        assert!(
            text.contains("is not a time zone: expected a name of the IANA database"),
            "{text}"
        );
        assert_eq!(text.contains("did you mean"), found.is_some(), "{text}");
    }
    assert_eq!(
        "x".repeat(10_000).parse::<Zone>().unwrap_err().nearest,
        None
    );
}

#[test]
fn text_of_a_rule_is_read_whole() {
    for text in [
        "",
        "cron",
        "cron UTC",
        "daily",
        "every 15m from",
        "every 15m from today",
        "once",
        "once tomorrow",
        "once 2300-01-01T00:00:00Z",
        "EVERY 15m",
    ] {
        let error = text.parse::<Rule>().unwrap_err();
        assert!(error.to_string().contains("expected"), "{text}: {error}");
    }
    let error = "cron Europe/Berln 0 9 * * *".parse::<Rule>();
    assert!(matches!(error, Err(InvalidRule::Zone(_))), "{error:?}");
    let error = "cron UTC 0 9 * *".parse::<Rule>();
    assert!(
        matches!(
            error,
            Err(InvalidRule::Pattern(InvalidPattern::Fields { .. }))
        ),
        "{error:?}"
    );
    let error = "every 15".parse::<Rule>();
    assert!(
        matches!(error, Err(InvalidRule::Period { .. })),
        "{error:?}"
    );
}
