//! What the tests have in common: instants as people write them, rules, schedules.

use std::time::Duration;

use duly_core::Timestamp;
use duly_schedule::{Decision, Rule, Schedule, Seed, Step, Terms};

pub(crate) const MICROSECOND: Duration = Duration::from_micros(1);

/// An instant: `2026-03-29 02:30:00 +02`, from which the offset (UTC), the time (midnight) and the
/// seconds may be missing.
pub(crate) fn at(text: &str) -> Timestamp {
    let mut words = text.split(' ');
    let date = words.next().unwrap_or_default();
    let time = words.next().unwrap_or("00:00");
    let offset = words.next().unwrap_or("+00");
    let at: jiff::Timestamp = format!("{date}T{time}{offset}")
        .parse()
        .unwrap_or_else(|e| panic!("{text}: {e}"));
    Timestamp::from_micros(at.as_microsecond())
}

/// An instant as RFC 3339 in UTC.
pub(crate) fn shown(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).expect("in range");
    at.to_string()
}

pub(crate) fn cron(pattern: &str, zone: &str) -> Rule {
    let zone = zone.parse().unwrap_or_else(|e| panic!("{e}"));
    Rule::cron(pattern, zone).unwrap_or_else(|e| panic!("{pattern}: {e}"))
}

/// A schedule in UTC that begins at an instant.
pub(crate) fn schedule(pattern: &str, start: &str, terms: impl FnOnce(&mut Terms)) -> Schedule {
    let mut given = Terms::new(cron(pattern, "UTC"));
    terms(&mut given);
    Schedule::new(given, Seed::from_bytes([7; 16]), at(start)).expect("good terms")
}

/// What a step decided: the time of day of each tick, with what to do, and a star if it is caught up.
pub(crate) fn told(step: &Step) -> String {
    let words = step.decided.iter().map(|decided| {
        let time = shown(decided.tick.at)[11..16].to_owned();
        let star = if decided.tick.caught_up { "*" } else { "" };
        match decided.decision {
            Decision::Fire => format!("{time}{star}"),
            Decision::CancelOldAndFire => format!("cancel {time}{star}"),
            Decision::Hold => format!("hold {time}{star}"),
            Decision::Skip => format!("skip {time}{star}"),
        }
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Steps, and keeps how far the schedule has come.
pub(crate) fn step(schedule: &mut Schedule, now: &str, unfinished: bool) -> Step {
    let step = schedule.step(at(now), unfinished);
    schedule.progress = step.after.clone();
    step
}
