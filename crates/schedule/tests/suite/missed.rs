//! Ticks that nobody could fire in time.

use std::time::Duration;

use duly_schedule::bounds::{GRACE, STEP_TICKS_MAX};
use duly_schedule::{Dropped, Missed};

use crate::world::{MICROSECOND, at, schedule, step, told};

const HOUR: Duration = Duration::from_secs(3_600);

fn dropped(first: &str, last: &str) -> Option<Dropped> {
    let day = |time: &str| at(&format!("2026-01-01 {time}"));
    Some(Dropped {
        first: day(first),
        last: day(last),
    })
}

#[test]
fn within_the_grace_nothing_is_missed() {
    for missed in [Missed::Skip, Missed::Last, Missed::All { within: HOUR }] {
        let hourly = schedule("0 * * * *", "2026-01-01 00:30", |terms| {
            terms.missed = missed
        });
        let step = hourly.step(at("2026-01-01 01:00") + GRACE, false);
        assert_eq!(told(&step), "01:00", "{missed}");
        assert_eq!((step.dropped, step.more), (None, false));
        let often = schedule("*/20 * * * * *", "2026-01-01 01:00", |terms| {
            terms.missed = missed
        });
        let step = often.step(at("2026-01-01 01:01:05"), false);
        assert_eq!(told(&step), "01:00, 01:00, 01:01", "{missed}");
    }
}

#[test]
fn what_is_skipped_never_fires() {
    let mut hourly = schedule("0 * * * *", "2026-01-01 00:30", |terms| {
        terms.missed = Missed::Skip
    });
    let late = at("2026-01-01 01:00") + GRACE + MICROSECOND;
    assert_eq!(hourly.step(late, false).dropped, dropped("01:00", "01:00"));
    let passed = step(&mut hourly, "2026-01-01 05:30", false);
    assert_eq!(told(&passed), "");
    assert_eq!(passed.dropped, dropped("01:00", "05:00"));
    assert_eq!(hourly.next(), Some(at("2026-01-01 06:00")));
    assert_eq!(hourly.progress.runs, 0);
    let on_time = step(&mut hourly, "2026-01-01 08:00", false);
    assert_eq!(
        (told(&on_time).as_str(), on_time.dropped),
        ("08:00", dropped("06:00", "07:00"))
    );
}

#[test]
fn the_last_stands_for_all() {
    let mut hourly = schedule("0 * * * *", "2026-01-01 00:30", |_| {});
    let caught_up = step(&mut hourly, "2026-01-01 05:30", false);
    assert_eq!(told(&caught_up), "05:00*");
    assert_eq!(caught_up.dropped, dropped("01:00", "04:00"));
    assert_eq!(told(&step(&mut hourly, "2026-01-01 05:31", false)), "");
    // One that is due in time stands for those that were missed.
    let on_time = step(&mut hourly, "2026-01-01 08:00:10", false);
    assert_eq!(told(&on_time), "08:00");
    assert_eq!(on_time.dropped, dropped("06:00", "07:00"));
    assert_eq!(hourly.progress.runs, 2);
}

#[test]
fn all_are_run_that_are_young_enough() {
    let within = 3 * HOUR;
    let missed = Missed::All { within };
    let mut hourly = schedule("0 * * * *", "2026-01-01 00:30", |terms| {
        terms.missed = missed
    });
    let caught_up = step(&mut hourly, "2026-01-01 08:00", false);
    assert_eq!(told(&caught_up), "05:00*, 06:00*, 07:00*, 08:00");
    assert_eq!(caught_up.dropped, dropped("01:00", "04:00"));
    assert!(!caught_up.more);
}

#[test]
fn a_step_is_bounded_and_goes_on_where_it_ended() {
    let missed = Missed::All { within: 24 * HOUR };
    let mut often = schedule("* * * * *", "2026-01-01", |terms| terms.missed = missed);
    let mut ticks = Vec::new();
    loop {
        let step = step(&mut often, "2026-01-01 05:00:30", false);
        assert!(step.decided.len() <= STEP_TICKS_MAX);
        ticks.extend(step.decided.iter().map(|decided| decided.tick.at));
        if !step.more {
            break;
        }
    }
    assert_eq!(ticks.len(), 300);
    assert!(ticks.is_sorted() && ticks[0] == at("2026-01-01 00:01"));
    assert_eq!(often.progress.runs, 300);
}

#[test]
fn years_of_absence_cost_no_more_than_a_moment() {
    let mut often = schedule("* * * * * *", "1990-01-01", |_| {});
    let caught_up = step(&mut often, "2026-01-01", false);
    assert_eq!(caught_up.decided.len(), 61, "those within the grace");
    assert!(caught_up.dropped.is_some());
}

#[test]
fn a_clock_that_goes_back_fires_nothing_twice() {
    let mut hourly = schedule("0 * * * *", "2026-01-01 00:30", |_| {});
    assert_eq!(told(&step(&mut hourly, "2026-01-01 03:00", false)), "03:00");
    for now in ["2026-01-01 02:00", "2026-01-01 03:00", "2025-01-01 00:00"] {
        assert_eq!(told(&step(&mut hourly, now, false)), "", "{now}");
    }
    assert_eq!(told(&step(&mut hourly, "2026-01-01 04:00", false)), "04:00");
}
