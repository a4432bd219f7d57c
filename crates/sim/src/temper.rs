//! How handlers behave: what each attempt does follows from its task and its number alone.

use std::time::Duration;

use duly_core::{AttemptRef, Outcome};
use duly_store::Payload;

use crate::dice::Dice;
use crate::name::number;

/// What a task does to its handler; carried in its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Temper {
    /// Is done soon.
    Steady,
    /// Fails half of the time.
    Flaky,
    /// Takes a while.
    Slow,
    /// Takes a while, and does not look at its token.
    Stubborn,
    /// Puts itself off a few times.
    Sleepy,
    /// Fails for good.
    Doomed,
    /// Kills its worker, every time.
    Poison,
    /// Kills its worker once.
    Clumsy,
}

/// What one attempt does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Script {
    /// How long it runs if nothing stops it.
    pub(crate) runs: Duration,
    /// What it says then.
    pub(crate) says: Outcome,
    /// It does not look at its token.
    pub(crate) stubborn: bool,
    /// Instead of saying anything it takes its worker down.
    pub(crate) kills: bool,
}

impl Temper {
    const ALL: [Self; 8] = [
        Self::Steady,
        Self::Flaky,
        Self::Slow,
        Self::Stubborn,
        Self::Sleepy,
        Self::Doomed,
        Self::Poison,
        Self::Clumsy,
    ];

    pub(crate) const fn draw(dice: &mut Dice) -> Self {
        match dice.below(20) {
            0..=8 => Self::Steady,
            9..=12 => Self::Flaky,
            13 | 14 => Self::Slow,
            15 => Self::Stubborn,
            16 => Self::Sleepy,
            17 => Self::Doomed,
            18 => Self::Poison,
            _ => Self::Clumsy,
        }
    }

    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    fn of(payload: &Payload) -> Self {
        Self::of_code(payload.bytes.first().copied().unwrap_or_default())
    }

    pub(crate) fn of_code(code: u8) -> Self {
        let temper = Self::ALL.into_iter().find(|temper| temper.code() == code);
        temper.unwrap_or(Self::Steady)
    }
}

/// What an attempt does, in the world of this seed.
pub(crate) fn script(seed: u64, attempt: AttemptRef, payload: &Payload) -> Script {
    let temper = Temper::of(payload);
    let mut dice = Dice::of(&[
        seed,
        u64::from(number(attempt.task)),
        u64::from(attempt.attempt),
    ]);
    let runs = match temper {
        Temper::Slow | Temper::Stubborn => dice.millis(1_000, 25_000),
        Temper::Flaky => dice.millis(1, 3_000),
        _ => dice.millis(1, 600),
    };
    let says = match temper {
        Temper::Flaky => *dice.pick(&[
            Outcome::Done,
            Outcome::Retry,
            Outcome::RetryAfter(Duration::from_millis(700)),
        ]),
        Temper::Sleepy if attempt.attempt < 4 => Outcome::Snooze(dice.millis(100, 3_000)),
        Temper::Doomed => Outcome::Fail,
        _ => Outcome::Done,
    };
    Script {
        runs,
        says,
        stubborn: temper == Temper::Stubborn,
        kills: temper == Temper::Poison || (temper == Temper::Clumsy && attempt.attempt == 1),
    }
}
