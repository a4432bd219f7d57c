//! Rules as sentences.

use std::time::Duration;

use duly_schedule::Rule;

use crate::world::{at, cron};

const SENTENCES: &[(&str, &str)] = &[
    ("0 9 * * mon-fri", "at 09:00 on weekdays"),
    ("30 8,20 * * *", "at 08:30 and 20:30 every day"),
    ("0 9 * * *", "at 09:00 every day"),
    ("30 0 9 * * *", "at 09:00:30 every day"),
    ("@daily", "at 00:00 every day"),
    ("@weekly", "at 00:00 on Sunday"),
    ("@monthly", "at 00:00 on the 1st of the month"),
    ("@yearly", "at 00:00 on the 1st of the month in January"),
    ("@hourly", "at minute 0 of every hour"),
    ("* * * * *", "every minute"),
    ("*/15 * * * *", "every 15 minutes"),
    ("0,15,30,45 * * * *", "every 15 minutes"),
    ("*/25 * * * *", "at minutes 0, 25 and 50 of every hour"),
    ("* * * * * *", "every second"),
    ("*/10 * * * * *", "every 10 seconds"),
    ("30 * * * * *", "at second 30 of every minute"),
    (
        "*/10 5 * * * *",
        "every 10 seconds of minute 5 of every hour",
    ),
    (
        "*/15 9-17 * * 1-5",
        "every 15 minutes between 09:00 and 17:59 on weekdays",
    ),
    ("0 */2 * * *", "at minute 0 of every 2nd hour"),
    ("* 1,5 * * *", "every minute of the hours 01 and 05"),
    ("* 7 * * *", "every minute of the hour 07"),
    ("0 0 L * *", "at 00:00 on the last day of the month"),
    (
        "0 0 L-1,L-5 * *",
        "at 00:00 on the day before the last and the day 5 days before the last of the month",
    ),
    (
        "0 0 15W * *",
        "at 00:00 on the weekday nearest to the 15th of the month",
    ),
    ("0 0 LW * *", "at 00:00 on the last weekday of the month"),
    (
        "0 0 1,2,23 * *",
        "at 00:00 on the 1st, the 2nd and the 23rd of the month",
    ),
    (
        "0 0 11-13 * *",
        "at 00:00 on the 11th to the 13th of the month",
    ),
    (
        "0 0 * * mon#2,friL",
        "at 00:00 on the 2nd Monday and the last Friday of the month",
    ),
    ("0 0 * * sat,sun", "at 00:00 on weekends"),
    ("0 0 * * tue-thu", "at 00:00 on Tuesday to Thursday"),
    (
        "0 0 * * mon,wed,fri",
        "at 00:00 on Monday, Wednesday and Friday",
    ),
    (
        "0 0 13 * fri",
        "at 00:00 on the 13th of the month or on Friday",
    ),
    (
        "0 0 1-7 * */7",
        "at 00:00 on the 1st to the 7th of the month, if that is Sunday",
    ),
    ("0 0 1-31 * mon", "at 00:00 every day"),
    ("0 0 13 * 0-6", "at 00:00 every day"),
    (
        "0 0 29 feb *",
        "at 00:00 on the 29th of the month in February",
    ),
    ("0 9 * jun-aug *", "at 09:00 every day in June to August"),
];

#[test]
fn patterns_are_told_in_words() {
    for (pattern, sentence) in SENTENCES {
        let told = cron(pattern, "Europe/Berlin").describe();
        assert_eq!(told, format!("{sentence}, Europe/Berlin"), "{pattern}");
    }
}

#[test]
fn other_rules_are_told_in_words() {
    assert_eq!(cron("@every 90s", "UTC").describe(), "every 90s");
    let period = Duration::from_secs(900);
    let every = Rule::every(period, at("2026-01-01 00:07")).unwrap();
    assert_eq!(
        every.describe(),
        "every 15m, counted from 2026-01-01T00:07:00Z"
    );
    let once = Rule::once(at("2026-01-01 09:00"));
    assert_eq!(once.describe(), "once, at 2026-01-01T09:00:00Z");
}
