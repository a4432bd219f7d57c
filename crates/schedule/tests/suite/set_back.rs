//! Clocks that were ahead, and are set back: no tick fires twice, and none is lost that is still to come.

use std::collections::BTreeMap;
use std::time::Duration;

use duly_core::Timestamp;
use duly_schedule::bounds::{GRACE, PASSED_MAX};
use duly_schedule::{Missed, Overlap, Rule, Schedule, Seed, Terms};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::world::{at, cron, schedule, shown, step, told};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn hourly(start: &str, missed: Missed) -> Schedule {
    schedule("0 * * * *", start, |terms| terms.missed = missed)
}

#[test]
fn what_ran_ahead_does_not_run_again_and_what_was_passed_over_does() {
    let mut hourly = hourly("2026-01-01 00:30", Missed::Last);
    assert_eq!(told(&step(&mut hourly, "2026-01-01 01:00", false)), "01:00");
    // Half a day ahead: one stands for eleven, and another fires.
    assert_eq!(
        told(&step(&mut hourly, "2026-01-01 12:30", false)),
        "12:00*"
    );
    assert_eq!(told(&step(&mut hourly, "2026-01-01 13:00", false)), "13:00");
    // And back. Those that the clock was ahead of come, each at its instant.
    let back = at("2026-01-01 01:40");
    assert_eq!(hourly.look_at(back), Some(at("2026-01-01 02:00")));
    let set_back = step(&mut hourly, "2026-01-01 01:40", false);
    assert_eq!((told(&set_back).as_str(), set_back.dropped), ("", None));
    let mut fired = Vec::new();
    for hour in 2..16 {
        let now = format!("2026-01-01 {hour:02}:00");
        fired.push(told(&step(&mut hourly, &now, false)));
    }
    let expected = [
        "02:00", "03:00", "04:00", "05:00", "06:00", "07:00", "08:00", "09:00", "10:00", "11:00",
        "", "", "14:00", "15:00",
    ];
    assert_eq!(fired, expected);
    assert_eq!(hourly.progress.runs, 15, "each counts once");
}

#[test]
fn ticks_that_fired_ahead_count_once_against_the_number_of_runs() {
    let mut hourly = schedule("0 * * * *", "2026-01-01 00:30", |terms| {
        terms.max_runs = 4.try_into().ok();
    });
    for now in ["2026-01-01 01:00", "2026-01-01 02:00", "2026-01-01 03:00"] {
        step(&mut hourly, now, false);
    }
    let ahead: Vec<_> = hourly.preview(at("2026-01-01 00:40"), 9).collect();
    assert_eq!(ahead, [at("2026-01-01 04:00")], "one is left");
    for now in ["2026-01-01 00:40", "2026-01-01 01:00", "2026-01-01 03:00"] {
        assert_eq!(told(&step(&mut hourly, now, false)), "", "{now}");
    }
    assert_eq!(told(&step(&mut hourly, "2026-01-01 04:00", false)), "04:00");
    assert!(hourly.is_over());
}

#[test]
fn what_came_while_the_clock_was_ahead_is_missed_by_the_clock_as_it_is() {
    for (missed, expected) in [
        (Missed::Skip, ""),
        (Missed::Last, "13:00*"),
        (Missed::All { within: 3 * HOUR }, "12:00*, 13:00*"),
    ] {
        let mut hourly = hourly("2026-01-01 10:30", missed);
        step(&mut hourly, "2026-01-01 11:00", false);
        step(&mut hourly, "2026-01-11 11:00", false);
        let now = "2026-01-01 13:05";
        assert_eq!(told(&step(&mut hourly, now, false)), expected, "{missed}");
        assert_eq!(told(&step(&mut hourly, now, false)), "", "{missed}");
        let next = told(&step(&mut hourly, "2026-01-01 14:00", false));
        assert_eq!(next, "14:00", "{missed}");
    }
}

#[test]
fn one_that_was_over_by_the_clock_that_was_ahead_is_not() {
    let terms = Terms {
        missed: Missed::Skip,
        ..Terms::new(Rule::once(at("2026-01-05 09:00")))
    };
    let seed = Seed::from_bytes([1; 16]);
    let mut once = Schedule::new(terms, seed, at("2026-01-01")).unwrap();
    assert_eq!(told(&step(&mut once, "2026-02-01", false)), "");
    assert!(once.is_over());
    let back = at("2026-01-02");
    assert_eq!(once.look_at(back), Some(at("2026-01-05 09:00")));
    step(&mut once, "2026-01-02", false);
    assert_eq!(told(&step(&mut once, "2026-01-05 09:00", false)), "09:00");
    step(&mut once, "2026-01-02", false);
    assert!(once.is_over(), "it ran");
}

#[test]
fn one_that_began_ahead_begins_by_the_clock_as_it_is() {
    let mut hourly = hourly("2026-01-11 00:30", Missed::Last);
    let back = at("2026-01-01 05:30");
    let first: Vec<_> = hourly.preview(back, 1).collect();
    assert_eq!(first, [at("2026-01-01 06:00")]);
    assert_eq!(told(&step(&mut hourly, "2026-01-01 05:30", false)), "");
    assert_eq!(told(&step(&mut hourly, "2026-01-01 06:00", false)), "06:00");
    // Who looks too late does not fire what came before the beginning by the other clock.
    let late = at("2026-01-01 09:30");
    assert_eq!(told(&step(&mut hourly, "2026-01-01 09:30", false)), "");
    assert_eq!(hourly.look_at(late), Some(at("2026-01-01 10:00")));
    // A clock that is set back by less than the grace does not bring what was before the beginning.
    let soon = schedule("* * * * * *", "2026-01-01 00:00:30", |_| {});
    let step = soon.step(at("2026-01-01 00:00:30") - GRACE / 2, false);
    assert_eq!((told(&step).as_str(), step.after), ("", soon.progress));
}

#[test]
fn a_clock_that_was_behind_brings_nothing_again() {
    let mut weekly = schedule("0 9 * * mon", "2026-01-01", |_| {});
    assert_eq!(told(&step(&mut weekly, "2026-01-05 09:00", false)), "09:00");
    // It was off for a month: one stands for all.
    assert_eq!(told(&step(&mut weekly, "2026-02-10", false)), "09:00*");
    let before = weekly.progress.runs;
    // A machine that begins in 1970, and is told the time.
    assert_eq!(told(&step(&mut weekly, "1970-01-01 00:01", false)), "");
    assert_eq!(told(&step(&mut weekly, "2026-02-11", false)), "");
    assert_eq!(weekly.progress.runs, before);
    assert_eq!(weekly.next(), Some(at("2026-02-16 09:00")));
}

#[test]
fn a_pause_and_other_terms_count_by_the_clock_as_it_is() {
    let all = Missed::All { within: DAY };
    let mut hourly = hourly("2026-01-01 00:30", all);
    hourly.pause();
    hourly.resume(at("2026-01-11 00:30"));
    // The clock was ahead when it was resumed: what came while it was paused stays skipped.
    assert_eq!(told(&step(&mut hourly, "2026-01-01 05:30", false)), "");
    assert_eq!(told(&step(&mut hourly, "2026-01-01 06:00", false)), "06:00");

    let mut terms = hourly.terms.clone();
    terms.rule = cron("30 * * * *", "UTC");
    hourly.change(terms, at("2026-01-21")).unwrap();
    assert_eq!(told(&step(&mut hourly, "2026-01-01 08:15", false)), "");
    assert_eq!(told(&step(&mut hourly, "2026-01-01 08:30", false)), "08:30");

    // Paused ahead, and resumed when the clock is right.
    let mut paused = self::hourly("2026-01-01 00:30", Missed::Last);
    step(&mut paused, "2026-01-11 00:30", false);
    paused.pause();
    assert_eq!(paused.look_at(at("2026-01-01 05:30")), None);
    paused.resume(at("2026-01-01 05:30"));
    assert_eq!(paused.next(), Some(at("2026-01-01 06:00")));
}

#[test]
fn what_was_decided_ahead_is_decided() {
    for (overlap, expected) in [
        (Overlap::Skip, "skip 11:00"),
        (Overlap::QueueOne, "hold 11:00"),
    ] {
        let mut hourly = schedule("0 * * * *", "2026-01-01 00:30", |terms| {
            terms.overlap = overlap;
        });
        let ahead = told(&step(&mut hourly, "2026-01-01 11:00", true));
        assert_eq!(ahead, expected);
        let back = told(&step(&mut hourly, "2026-01-01 09:30", true));
        assert_eq!(back, "skip 09:00*");
        assert_eq!(hourly.next(), Some(at("2026-01-01 10:00")), "{overlap}");
        let due = step(&mut hourly, "2026-01-01 11:00:30", true);
        assert!(!told(&due).contains("11:00"), "{overlap}: {}", told(&due));
    }
}

#[test]
fn what_was_passed_over_is_remembered_within_bounds() {
    let mut hourly = hourly("2026-01-01 00:30", Missed::Skip);
    // Outages without end, each longer than the one before.
    for day in 2..30_u32 {
        let hours = day.min(20);
        step(
            &mut hourly,
            &format!("2026-01-{day:02} {hours:02}:00"),
            false,
        );
        assert!(hourly.progress.passed.len() <= PASSED_MAX);
    }
    assert_eq!(hourly.progress.passed.len(), PASSED_MAX);
    // The last is among them: the clock was ahead.
    step(&mut hourly, "2026-01-28 20:30", false);
    assert_eq!(hourly.next(), Some(at("2026-01-28 21:00")));
}

/// A schedule as it is kept: what was written before the clock was thought of is read, and says no more than it did.
#[cfg(feature = "serde")]
#[test]
fn what_was_kept_by_a_former_version_is_read() {
    let old = r#"{"decided":1767229200000000,"runs":3,"last":1767229200000000,"held":null,"paused":false}"#;
    let progress: duly_schedule::Progress = serde_json::from_str(old).unwrap();
    assert_eq!(progress.decided, at("2026-01-01 01:00"));
    assert_eq!(
        (progress.runs, progress.reached, progress.passed.len()),
        (3, None, 0)
    );
    let mut hourly = hourly("2026-01-01 00:30", Missed::Last);
    hourly.progress = progress;
    assert_eq!(told(&step(&mut hourly, "2026-01-01 00:40", false)), "");
    assert_eq!(told(&step(&mut hourly, "2026-01-01 01:00", false)), "");
    assert_eq!(told(&step(&mut hourly, "2026-01-01 02:00", false)), "02:00");
    step(&mut hourly, "2026-01-01 09:00", false);
    step(&mut hourly, "2026-01-01 04:30", false);
    let text = serde_json::to_string(&hourly.progress).unwrap();
    let again: duly_schedule::Progress = serde_json::from_str(&text).unwrap();
    assert_eq!(again, hourly.progress, "{text}");
}

/// Where a clock goes: on by so many minutes, or set by as many, and back again later.
#[derive(Clone, Copy, Debug)]
enum Clock {
    Passes(u32),
    Set(i32),
}

fn clock() -> impl Strategy<Value = Clock> {
    prop_oneof![
        3 => (1_u32..20).prop_map(Clock::Passes),
        1 => (20_u32..200).prop_map(Clock::Passes),
        1 => (-5_000_i32..5_000).prop_map(Clock::Set),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever the clock does, no tick is decided twice, none before its instant, and runs are counted once; and
    /// once it goes on from some instant and is set no more, each tick that never was decided comes at its own.
    #[test]
    fn each_tick_is_decided_once_whatever_the_clock_does(
        moves in vec(clock(), 1..25),
        period in 7_u32..90,
        missed in 0_u32..3,
        busy in vec(any::<bool>(), 8),
        overlap in prop::sample::select(&Overlap::ALL[..]),
    ) {
        let minute = Duration::from_secs(60);
        let rule = Rule::every(period * minute, Timestamp::default()).unwrap();
        let mut terms = Terms::new(rule);
        terms.overlap = overlap;
        terms.missed = match missed {
            0 => Missed::Skip,
            1 => Missed::Last,
            _ => Missed::All { within: 100 * minute },
        };
        let start = at("2026-01-01");
        let mut schedule = Schedule::new(terms, Seed::from_bytes([7; 16]), start).unwrap();
        let mut now = start;
        let mut decided: BTreeMap<Timestamp, u32> = BTreeMap::new();
        let mut held = None;
        let (mut fired, mut may_forget) = (0, false);
        let mut look = |schedule: &mut Schedule, now: Timestamp, unfinished: bool| {
            let step = schedule.step(now, unfinished);
            for one in &step.decided {
                let is_released = held == Some(one.tick.at);
                if !is_released {
                    *decided.entry(one.tick.at).or_default() += 1;
                    prop_assert!(one.tick.at <= now, "{} at {}", shown(one.tick.at), shown(now));
                }
                fired += u64::from(one.decision.fires());
            }
            schedule.progress = step.after;
            held = schedule.progress.held;
            let passed = schedule.progress.passed.len();
            prop_assert!(passed <= PASSED_MAX && schedule.progress.runs == fired);
            may_forget |= passed == PASSED_MAX;
            Ok(())
        };
        for (one, unfinished) in moves.iter().zip(busy.iter().cycle()) {
            match one {
                Clock::Passes(minutes) => now = now + *minutes * minute,
                Clock::Set(by) if *by < 0 => now = now - by.unsigned_abs() * minute,
                Clock::Set(by) => now = now + by.unsigned_abs() * minute,
            }
            look(&mut schedule, now, *unfinished)?;
        }
        schedule.progress.held = None;
        let from = now;
        for _ in 0..300 {
            now = now + 5 * minute;
            // As often as the clock has to be looked at for nothing to be late.
            while let Some(next) = schedule.look_at(now).filter(|next| *next <= now) {
                look(&mut schedule, next.max(from), false)?;
            }
        }
        for (tick, count) in &decided {
            prop_assert_eq!(*count, 1, "the tick at {}", shown(*tick));
        }
        for tick in schedule.terms.rule.ticks_after(from).take_while(|tick| *tick <= now) {
            prop_assert!(may_forget || decided.contains_key(&tick), "the tick at {} is lost", shown(tick));
        }
    }
}
