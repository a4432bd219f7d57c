//! What goes wrong.

use std::time::Duration;

use super::Drawing;
use crate::dice::Dice;
use crate::name::Who;
use crate::plan::{Deed, Mishap};
use crate::wire::Op;

/// A kind of fault.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Crash,
    Stop,
    Away,
    Cut,
    Freeze,
    Jump,
    Mishap,
}

impl Fault {
    pub(super) const ALL: [Self; 9] = [
        Self::Crash,
        Self::Stop,
        Self::Away,
        Self::Cut,
        Self::Freeze,
        Self::Jump,
        Self::Mishap,
        Self::Mishap,
        Self::Mishap,
    ];
}

/// What may go wrong with a call, with times that are drawn anew for each.
pub(super) const MISHAPS: [Mishap; 7] = [
    Mishap::Lost,
    Mishap::AnswerLost,
    Mishap::Late(Duration::ZERO),
    Mishap::Twice(Duration::ZERO),
    Mishap::CrashBefore,
    Mishap::CrashAfter,
    Mishap::Still(Duration::ZERO),
];

impl Drawing<'_> {
    /// Something that goes wrong.
    pub(super) fn fault(&mut self) {
        let who = self.who();
        let dice = &mut self.dice;
        let deed = match *dice.pick(&self.faults) {
            Fault::Crash => Deed::Crash {
                who: not_client(who),
            },
            Fault::Stop => Deed::Stop {
                who: not_client(who),
                within: dice.millis(0, 10_000),
            },
            Fault::Away => Deed::Away {
                lasts: dice.millis(100, 20_000),
                unknown: dice.once_in(2),
            },
            Fault::Cut => Deed::Cut {
                who,
                lasts: dice.millis(500, 25_000),
            },
            Fault::Freeze => Deed::Freeze {
                who: not_client(who),
                lasts: dice.millis(500, 25_000),
            },
            Fault::Jump => self.jump(),
            Fault::Mishap => Deed::Mishap {
                who,
                op: op(dice, who),
                mishap: mishap(dice, &self.mishaps, who),
            },
        };
        self.add(deed);
    }

    fn who(&mut self) -> Who {
        match self.dice.below(8) {
            0 => Who::Client,
            1 | 2 => Who::House(u8::try_from(self.dice.below(u64::from(self.houses))).unwrap_or(0)),
            _ => Who::Worker(u8::try_from(self.dice.below(u64::from(self.workers))).unwrap_or(0)),
        }
    }

    fn jump(&mut self) -> Deed {
        let whose = match self.dice.below(3) {
            0 => None,
            _ => Some(not_client(self.who())),
        };
        let most = if whose.is_none() { 120 } else { 3_600 };
        let by = self.dice.millis(1, most * 1_000);
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        let micros = if self.dice.once_in(2) {
            micros
        } else {
            -micros
        };
        Deed::Jump { whose, micros }
    }
}

/// The client is whoever there is: it does not die.
const fn not_client(who: Who) -> Who {
    match who {
        Who::Client => Who::Worker(0),
        other => other,
    }
}

fn op(dice: &mut Dice, who: Who) -> Option<Op> {
    let all: &[Op] = match who {
        Who::Client => &[Op::Submit, Op::Change, Op::Configure],
        Who::House(_) => &[
            Op::Workers,
            Op::Lead,
            Op::TakeBack,
            Op::KeepHouse,
            Op::DueSchedules,
            Op::Schedules,
            Op::Living,
            Op::Advance,
        ],
        Who::Worker(_) => &[
            Op::Register,
            Op::Heartbeat,
            Op::Claim,
            Op::Claim,
            Op::Promote,
            Op::Settle,
            Op::Settle,
            Op::Held,
            Op::TakeBack,
            Op::CancelRequests,
        ],
    };
    (!dice.once_in(5)).then(|| *dice.pick(all))
}

fn mishap(dice: &mut Dice, all: &[Mishap], who: Who) -> Mishap {
    let mishap = match *dice.pick(all) {
        Mishap::Late(_) => Mishap::Late(dice.millis(10, 8_000)),
        Mishap::Twice(_) => Mishap::Twice(dice.millis(0, 5_000)),
        // About as long as a lease: it may be gone by then, or may not.
        Mishap::Still(_) => Mishap::Still(dice.millis(7_000, 15_000)),
        other => other,
    };
    match mishap {
        Mishap::CrashBefore | Mishap::CrashAfter | Mishap::Still(_) if who == Who::Client => {
            Mishap::AnswerLost
        }
        other => other,
    }
}
