//! A schedule from its beginning to its end.

use std::collections::HashSet;
use std::time::Duration;

use duly_core::TaskId;
use duly_schedule::bounds::{JITTER_MAX, PREVIEW_MAX, WITHIN_MAX};
use duly_schedule::{InvalidTerms, Missed, Overlap, Rule, Schedule, Seed, Terms};

use crate::world::{MICROSECOND, at, cron, schedule, step, told};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn it_fires_each_tick_once_whoever_looks_and_whenever() {
    let mut hourly = schedule("0 * * * *", "2026-01-01", |_| {});
    let first = hourly.step(at("2026-01-01 01:00"), false);
    let again = hourly.step(at("2026-01-01 01:00:20"), false);
    assert_eq!(
        first.decided, again.decided,
        "of two leaders: the same task, and as far"
    );
    assert_eq!(first.after, again.after);
    hourly.progress = first.after;
    assert_eq!(told(&step(&mut hourly, "2026-01-01 01:00:20", true)), "");
}

#[test]
fn a_tick_at_the_very_beginning_is_none_of_its() {
    let hourly = schedule("0 * * * *", "2026-01-01 01:00", |_| {});
    assert_eq!(hourly.next(), Some(at("2026-01-01 02:00")));
}

#[test]
fn start_is_the_first_instant_and_end_the_first_no_longer() {
    let mut daily = schedule("0 9 * * *", "2026-01-01", |terms| {
        terms.start = Some(at("2026-01-03 09:00"));
        terms.end = Some(at("2026-01-05 09:00"));
    });
    assert_eq!(daily.next(), Some(at("2026-01-03 09:00")));
    assert_eq!(told(&daily.step(at("2026-01-03"), false)), "");
    assert_eq!(told(&step(&mut daily, "2026-01-03 09:00", false)), "09:00");
    assert_eq!(told(&step(&mut daily, "2026-01-04 09:00", false)), "09:00");
    assert!(daily.is_over());
    assert_eq!(told(&step(&mut daily, "2026-01-05 09:00", false)), "");
    assert_eq!(daily.look_at(at("2026-01-05")), None);
}

#[test]
fn what_was_missed_before_the_end_is_caught_up_after_it() {
    let mut daily = schedule("0 9 * * *", "2026-01-01", |terms| {
        terms.end = Some(at("2026-01-05 09:00"));
    });
    let late = step(&mut daily, "2026-02-01", false);
    assert_eq!(
        (told(&late).as_str(), late.decided[0].tick.at),
        ("09:00*", at("2026-01-04 09:00"))
    );
    assert!(daily.is_over());
}

#[test]
fn a_number_of_runs_is_an_end_too() {
    let mut daily = schedule("0 9 * * *", "2026-01-01", |terms| {
        terms.max_runs = 2.try_into().ok();
        terms.missed = Missed::All { within: WITHIN_MAX };
    });
    assert_eq!(daily.preview(at("2026-01-01"), 10).count(), 2);
    let late = step(&mut daily, "2026-02-01", false);
    assert_eq!((told(&late).as_str(), late.more), ("09:00*, 09:00*", false));
    assert!(daily.is_over());
    assert_eq!(daily.preview(at("2026-01-01"), 10).count(), 0);
}

#[test]
fn one_instant_fires_once_and_is_over() {
    let terms = Terms::new(Rule::once(at("2026-01-01 09:00")));
    let seed = Seed::from_bytes([1; 16]);
    let mut once = Schedule::new(terms.clone(), seed, at("2026-01-01")).unwrap();
    assert_eq!(told(&step(&mut once, "2026-01-01 09:00", false)), "09:00");
    assert!(once.is_over());
    assert!(
        Schedule::new(terms, seed, at("2026-01-02"))
            .unwrap()
            .is_over()
    );
}

#[test]
fn paused_it_fires_nothing_and_resumed_it_goes_on_from_there() {
    let all = Missed::All { within: WITHIN_MAX };
    let mut hourly = schedule("0 * * * *", "2026-01-01", |terms| terms.missed = all);
    hourly.pause();
    assert_eq!(hourly.look_at(at("2026-01-01")), None);
    let nothing = step(&mut hourly, "2026-01-01 05:00", false);
    assert_eq!(
        (told(&nothing).as_str(), nothing.dropped, nothing.more),
        ("", None, false)
    );
    hourly.resume(at("2026-01-01 05:30"));
    assert_eq!(
        hourly.next(),
        Some(at("2026-01-01 06:00")),
        "those before are skipped"
    );
    hourly.resume(at("2026-01-01 07:30"));
    assert_eq!(
        hourly.next(),
        Some(at("2026-01-01 06:00")),
        "it was not paused"
    );
}

#[test]
fn a_pause_gives_up_what_was_held() {
    let mut minutely = schedule("* * * * *", "2026-01-01", |terms| {
        terms.overlap = Overlap::QueueOne;
    });
    step(&mut minutely, "2026-01-01 00:01", true);
    minutely.pause();
    minutely.resume(at("2026-01-01 00:01:30"));
    assert_eq!(told(&step(&mut minutely, "2026-01-01 00:01:40", false)), "");
}

#[test]
fn other_terms_hold_from_now_on() {
    let mut hourly = schedule("0 * * * *", "2026-01-01", |_| {});
    let mut terms = Terms::new(cron("*/10 * * * *", "UTC"));
    hourly
        .change(terms.clone(), at("2026-01-01 03:05"))
        .unwrap();
    assert_eq!(
        hourly.next(),
        Some(at("2026-01-01 03:10")),
        "what came before is none of its"
    );

    terms.overlap = Overlap::Skip;
    hourly
        .change(terms.clone(), at("2026-01-01 03:10:01"))
        .unwrap();
    assert_eq!(
        hourly.next(),
        Some(at("2026-01-01 03:10")),
        "what is due stays due"
    );

    terms.end = Some(at("2026-01-01 03:00"));
    hourly
        .change(terms.clone(), at("2026-01-01 03:11"))
        .unwrap();
    assert!(hourly.is_over());
    terms.end = None;
    hourly
        .change(terms.clone(), at("2026-01-01 05:11"))
        .unwrap();
    assert_eq!(
        hourly.next(),
        Some(at("2026-01-01 05:20")),
        "what came while it was over is not"
    );

    terms.jitter = 2 * JITTER_MAX;
    let before = hourly.clone();
    assert!(hourly.change(terms, at("2026-01-01 05:12")).is_err());
    assert_eq!(hourly, before);
}

#[test]
fn jitter_delays_a_tick_always_by_the_same() {
    let jitter = 300 * SECOND;
    let hourly = schedule("0 * * * *", "2026-01-01", |terms| terms.jitter = jitter);
    let mut delays = HashSet::new();
    for hour in 1..24 {
        let now = at(&format!("2026-01-01 {hour:02}:00"));
        let due = hourly.step(now, false);
        let tick = due.decided.last().unwrap().tick;
        let delay = tick.run_at.since(tick.at);
        assert!(delay <= jitter);
        let later = hourly.step(now + SECOND, false);
        assert_eq!(later.decided.last().unwrap().tick, tick);
        delays.insert(delay);
    }
    assert!(delays.len() > 20, "spread");
    let other = Seed::from_bytes([8; 16]).jitter(at("2026-01-01 01:00"), jitter);
    assert_ne!(hourly.seed.jitter(at("2026-01-01 01:00"), jitter), other);
}

#[test]
fn a_preview_is_bounded_and_knows_the_end() {
    let mut often = schedule("* * * * * *", "2026-01-01", |_| {});
    assert_eq!(
        often.preview(at("2026-01-01"), usize::MAX).count(),
        PREVIEW_MAX
    );
    often.terms.end = Some(at("2026-01-01 00:00:05"));
    let ticks: Vec<_> = often.preview(at("2026-01-01 00:00:02"), 10).collect();
    assert_eq!(
        ticks,
        [3, 4].map(|second| at("2026-01-01") + second * SECOND)
    );
}

#[test]
fn a_trigger_is_no_tick() {
    let id = TaskId::from_bytes([5; 16]);
    let now = at("2026-01-01 00:30");
    let tick = Schedule::trigger(now, id);
    assert_eq!(
        (tick.at, tick.run_at, tick.id, tick.caught_up),
        (now, now, id, false)
    );
}

#[test]
fn terms_that_cannot_be_are_refused() {
    let rule = || Terms::new(cron("0 * * * *", "UTC"));
    let refused = |change: &dyn Fn(&mut Terms)| {
        let mut terms = rule();
        change(&mut terms);
        let made = Schedule::new(terms, Seed::from_bytes([1; 16]), at("2026-01-01"));
        made.unwrap_err().to_string()
    };
    assert_eq!(
        refused(&|terms| terms.jitter = JITTER_MAX + SECOND),
        "jitter 86401s is not valid: expected at most 1d, in whole milliseconds"
    );
    assert!(refused(&|terms| terms.jitter = 2 * JITTER_MAX).starts_with("jitter 2d is"));
    assert_eq!(
        refused(&|terms| terms.jitter = MICROSECOND),
        "jitter 1µs is not valid: expected at most 1d, in whole milliseconds"
    );
    let within = WITHIN_MAX + SECOND;
    assert_eq!(
        refused(&|terms| terms.missed = Missed::All { within }),
        "missed all 31622401s is not valid: expected at most 366d, in whole milliseconds"
    );
    let mut terms = rule();
    terms.start = Some(at("2026-01-02"));
    terms.end = terms.start;
    let error = terms.check().unwrap_err();
    assert!(matches!(error, InvalidTerms::EndBeforeStart { .. }));
    assert_eq!(
        error.to_string(),
        "end 2026-01-02T00:00:00Z is not valid: expected an instant after the start, 2026-01-02T00:00:00Z"
    );
}
