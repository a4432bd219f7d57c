//! What tasks, queues and schedules are told.

use std::num::NonZero;
use std::time::Duration;

use duly_core::{Backoff, Jitter, OrderPolicy, Rate, RetryPolicy};
use duly_schedule::{Missed, Overlap, Seed, Terms};
use duly_store::{OnConflict, Replace, Unique, UniqueScope};

use crate::bounds::EPOCH;
use crate::dice::Dice;
use crate::tick::Beat;

pub(super) fn beat(dice: &mut Dice) -> Beat {
    match dice.once_in(2) {
        true => Beat::Every(few(dice, 1, 12)),
        false => Beat::Seconds(few(dice, 2, 40)),
    }
}

pub(super) fn terms(dice: &mut Dice, beat: Beat) -> Terms {
    let start = EPOCH + dice.millis(0, 60_000);
    Terms {
        start: Some(start),
        end: Some(start + dice.millis(1_000, 70_000)),
        max_runs: NonZero::new(dice.below(13)),
        overlap: *dice.pick(&Overlap::ALL),
        jitter: Duration::from_millis(*dice.pick(&[0, 0, 700, 5_000])),
        missed: match dice.below(3) {
            0 => Missed::Skip,
            1 => Missed::Last,
            _ => Missed::All {
                within: Duration::from_secs(dice.within(1, 600)),
            },
        },
        ..Terms::new(beat.rule())
    }
}

pub(super) fn seed(dice: &mut Dice) -> Seed {
    let mut seed = [0; 16];
    seed[..8].copy_from_slice(&dice.roll().to_be_bytes());
    seed[8..].copy_from_slice(&dice.roll().to_be_bytes());
    Seed::from_bytes(seed)
}

pub(super) fn unique(dice: &mut Dice) -> Unique {
    let [payload, priority] = [dice.once_in(2), dice.once_in(2)];
    let due = dice.once_in(2) || !(payload || priority);
    let replace = Replace {
        payload,
        priority,
        due,
    };
    Unique {
        scope: match dice.below(4) {
            0 => UniqueScope::Waiting,
            1 => UniqueScope::Period(dice.millis(100, 20_000)),
            _ => UniqueScope::Unfinished,
        },
        on_conflict: *dice.pick(&[
            OnConflict::Reject,
            OnConflict::Keep,
            OnConflict::Replace(replace),
        ]),
        ..Unique::new(*dice.pick(&["a", "b"]))
    }
}

pub(super) fn few(dice: &mut Dice, low: u64, high: u64) -> u32 {
    u32::try_from(dice.within(low, high)).unwrap_or(u32::MAX)
}

pub(super) fn order(dice: &mut Dice) -> OrderPolicy {
    match dice.below(3) {
        0 => OrderPolicy::Strict,
        1 => OrderPolicy::Aging {
            step: dice.millis(50, 5_000),
        },
        _ => OrderPolicy::Deadline {
            default_slack: dice.millis(100, 20_000),
        },
    }
}

/// Its burst is never less than the heaviest task weighs.
pub(super) fn rate(dice: &mut Dice) -> Rate {
    let (permits, period) = (few(dice, 1, 6), dice.millis(500, 4_000));
    Rate::new(permits, period).burst(few(dice, 3, 5))
}

pub(super) fn retry(dice: &mut Dice) -> RetryPolicy {
    let base = dice.millis(0, 2_000);
    let ceiling = Duration::from_secs(4);
    RetryPolicy {
        attempts_max: u32::try_from(dice.within(1, 5)).unwrap_or(1),
        backoff: match dice.below(3) {
            0 => Backoff::Fixed { delay: base },
            1 => Backoff::Linear {
                step: base,
                ceiling,
            },
            _ => Backoff::Exponential { base, ceiling },
        },
        jitter: *dice.pick(&[
            Jitter::None,
            Jitter::Full,
            Jitter::Equal,
            Jitter::Proportional { permille: 100 },
        ]),
    }
}
