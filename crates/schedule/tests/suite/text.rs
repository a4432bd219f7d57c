//! What is kept and read again.

use std::time::Duration;

use duly_schedule::{InvalidPolicy, Missed, Overlap, Rule};

use crate::world::{at, cron};

#[test]
fn rules_have_a_text_that_lasts() {
    let anchor = at("2026-01-01 00:07");
    for (rule, text) in [
        (
            cron("0  9 * * mon-fri", "europe/berlin"),
            "cron Europe/Berlin 0 9 * * mon-fri",
        ),
        (cron("@daily", "UTC"), "cron UTC @daily"),
        (cron("@every 15m", "Europe/Berlin"), "every 15m"),
        (
            Rule::every(Duration::from_millis(90_500), anchor).unwrap(),
            "every 90500ms from 2026-01-01T00:07:00Z",
        ),
        (
            Rule::once(at("2026-01-01 09:00:00.5")),
            "once 2026-01-01T09:00:00.5Z",
        ),
    ] {
        assert_eq!(rule.to_string(), text);
        assert_eq!(text.parse(), Ok(rule));
    }
}

#[test]
fn policies_have_names() {
    for overlap in Overlap::ALL {
        assert_eq!(overlap.name().parse(), Ok(overlap));
    }
    for (missed, text) in [
        (Missed::Skip, "skip"),
        (Missed::Last, "last"),
        (
            Missed::All {
                within: Duration::from_secs(3_600),
            },
            "all 1h",
        ),
    ] {
        assert_eq!(missed.to_string(), text);
        assert_eq!(text.parse(), Ok(missed));
    }
    for text in ["", "all", "all 1", "all  1h", "Skip"] {
        let error = text.parse::<Missed>().unwrap_err();
        assert!(
            error
                .to_string()
                .contains("expected skip, last or all with a duration"),
            "{error}"
        );
    }
    let error = "queue".parse::<Overlap>().unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"overlap "queue" is not valid: expected allow, skip, queue_one or cancel_old"#
    );
    assert!(matches!(error, InvalidPolicy::Overlap { .. }));
}

#[cfg(feature = "serde")]
mod json {
    use duly_core::Timestamp;
    use duly_schedule::{Backfill, Schedule, Seed, Terms};
    use serde_json::json;

    use super::*;
    use crate::world::schedule;

    #[test]
    fn a_schedule_is_written_as_it_always_was() {
        let mut schedule = schedule("0 9 * * *", "2026-01-01", |terms| {
            terms.missed = Missed::All {
                within: Duration::from_secs(60),
            };
            terms.overlap = Overlap::CancelOld;
            terms.jitter = Duration::from_millis(1_500);
            terms.start = Some(at("2026-01-01"));
            terms.max_runs = 5.try_into().ok();
        });
        schedule.progress.held = Some(at("2026-01-01 09:00"));
        let expected = json!({
            "terms": {
                "rule": "cron UTC 0 9 * * *",
                "missed": "all 1m",
                "overlap": "cancel_old",
                "jitter_ms": 1500,
                "start": 1_767_225_600_000_000_i64,
                "end": null,
                "max_runs": 5,
            },
            "seed": "07070707070707070707070707070707",
            "progress": {
                "decided": 1_767_225_600_000_000_i64,
                "runs": 0,
                "last": null,
                "held": 1_767_258_000_000_000_i64,
                "paused": false,
                "passed": [{
                    "after": Timestamp::MIN.as_micros(),
                    "until": 1_767_225_600_000_000_i64,
                    "skipped": true,
                }],
            },
        });
        assert_eq!(serde_json::to_value(&schedule).unwrap(), expected);
        assert_eq!(
            serde_json::from_value::<Schedule>(expected).unwrap(),
            schedule
        );
    }

    #[test]
    fn what_is_missing_has_its_default_and_what_is_wrong_is_told() {
        let terms: Terms = serde_json::from_value(json!({"rule": "every 15m"})).unwrap();
        assert_eq!(terms, Terms::new(cron("@every 15m", "UTC")));
        let wrong = json!({"rule": "cron UTC 0 25 * * *"});
        let error = serde_json::from_value::<Terms>(wrong).unwrap_err();
        assert!(
            error.to_string().contains(r#"hour "25" is not valid"#),
            "{error}"
        );
        let error = serde_json::from_value::<Seed>(json!(5)).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("expected a text: 32 hexadecimal digits"),
            "{error}"
        );
    }

    #[test]
    fn a_backfill_can_be_kept() {
        let rule = cron("0 * * * *", "UTC");
        let seed = Seed::from_bytes([9; 16]);
        let (from, to) = (at("2026-01-01"), at("2026-01-02"));
        let backfill = Backfill::new(&rule, from, to, Overlap::QueueOne, seed).unwrap();
        let text = serde_json::to_string(&backfill).unwrap();
        assert_eq!(serde_json::from_str::<Backfill>(&text).unwrap(), backfill);
    }
}
