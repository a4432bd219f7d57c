//! Ticks while a former run is unfinished.

use std::time::Duration;

use duly_schedule::{Decision, Missed, Overlap, Schedule};

use crate::world::{at, schedule, step, told};

fn minutely(overlap: Overlap) -> Schedule {
    schedule("* * * * *", "2026-01-01 09:00", |terms| {
        terms.overlap = overlap
    })
}

#[test]
fn the_table_of_decisions() {
    use Decision::{CancelOldAndFire, Fire, Hold, Skip};
    for (overlap, idle, busy, busy_and_held) in [
        (Overlap::Allow, Fire, Fire, Fire),
        (Overlap::Skip, Fire, Skip, Skip),
        (Overlap::QueueOne, Fire, Hold, Skip),
        (Overlap::CancelOld, Fire, CancelOldAndFire, CancelOldAndFire),
    ] {
        assert_eq!(overlap.decide(false, false), idle, "{overlap}");
        assert_eq!(overlap.decide(true, false), busy, "{overlap}");
        assert_eq!(overlap.decide(true, true), busy_and_held, "{overlap}");
    }
}

#[test]
fn allow_skip_and_cancel() {
    for (overlap, expected) in [
        (Overlap::Allow, "09:01"),
        (Overlap::Skip, "skip 09:01"),
        (Overlap::CancelOld, "cancel 09:01"),
    ] {
        let mut schedule = minutely(overlap);
        assert_eq!(
            told(&step(&mut schedule, "2026-01-01 09:01", true)),
            expected
        );
        let ran = u64::from(overlap != Overlap::Skip);
        assert_eq!(
            schedule.progress.runs, ran,
            "{overlap}: what is skipped is no run"
        );
        assert_eq!(
            told(&step(&mut schedule, "2026-01-01 09:02", false)),
            "09:02"
        );
    }
}

#[test]
fn one_is_held_until_the_former_is_over() {
    let mut schedule = minutely(Overlap::QueueOne);
    assert_eq!(
        told(&step(&mut schedule, "2026-01-01 09:01", false)),
        "09:01"
    );
    assert_eq!(
        told(&step(&mut schedule, "2026-01-01 09:02", true)),
        "hold 09:02"
    );
    assert_eq!(
        told(&step(&mut schedule, "2026-01-01 09:03", true)),
        "skip 09:03"
    );
    assert_eq!(schedule.progress.held, Some(at("2026-01-01 09:02")));
    let now = at("2026-01-01 09:03:10");
    assert_eq!(
        schedule.look_at(now),
        Some(at("2026-01-01 09:03:11")),
        "soon"
    );

    let id = schedule.seed.task_id(at("2026-01-01 09:02"));
    let released = step(&mut schedule, "2026-01-01 09:03:20", false);
    assert_eq!(told(&released), "09:02");
    assert_eq!(
        released.decided[0].tick.id, id,
        "whenever it fires, it is that tick's task"
    );
    assert_eq!((schedule.progress.held, schedule.progress.runs), (None, 2));
    assert_eq!(schedule.look_at(now), Some(at("2026-01-01 09:04")));
}

#[test]
fn what_is_held_goes_first() {
    let mut schedule = minutely(Overlap::QueueOne);
    step(&mut schedule, "2026-01-01 09:01", true);
    let both = step(&mut schedule, "2026-01-01 09:02", false);
    assert_eq!(told(&both), "09:01, hold 09:02");
}

#[test]
fn ticks_of_one_step_overlap_too() {
    for (overlap, expected) in [
        (Overlap::Allow, "09:01*, 09:02*, 09:03"),
        (Overlap::Skip, "09:01*, skip 09:02*, skip 09:03"),
        (Overlap::QueueOne, "09:01*, hold 09:02*, skip 09:03"),
        (Overlap::CancelOld, "09:01*, cancel 09:02*, cancel 09:03"),
    ] {
        let mut schedule = schedule("* * * * *", "2026-01-01 09:00", |terms| {
            terms.overlap = overlap;
            terms.missed = Missed::All {
                within: Duration::from_secs(3_600),
            };
        });
        assert_eq!(
            told(&step(&mut schedule, "2026-01-01 09:03:30", false)),
            expected
        );
    }
}

#[test]
fn a_run_that_is_held_is_one_of_the_number() {
    let mut schedule = schedule("* * * * *", "2026-01-01 09:00", |terms| {
        terms.overlap = Overlap::QueueOne;
        terms.max_runs = 2.try_into().ok();
    });
    assert_eq!(
        told(&step(&mut schedule, "2026-01-01 09:01", false)),
        "09:01"
    );
    assert_eq!(
        told(&step(&mut schedule, "2026-01-01 09:02", true)),
        "hold 09:02"
    );
    assert_eq!((schedule.next(), schedule.is_over()), (None, false));
    assert_eq!(told(&step(&mut schedule, "2026-01-01 09:03", true)), "");
    assert_eq!(
        told(&step(&mut schedule, "2026-01-01 09:04", false)),
        "09:02"
    );
    assert!(schedule.is_over());
}
