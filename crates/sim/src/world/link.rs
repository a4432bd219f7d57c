//! The link between processes and the store, and all that can go wrong on it.

use std::time::Duration;

use duly_core::Timestamp;

use super::agenda::Happening;
use super::{Went, World};
use crate::bounds::CALL;
use crate::check::Seen;
use crate::dice::Dice;
use crate::name::Who;
use crate::plan::Mishap;
use crate::wire::{Ask, Heard, Op};

/// A call on its way to the store.
#[derive(Debug)]
pub(super) struct Call {
    who: Who,
    /// Which start of the process has made it.
    starts: u32,
    tag: u32,
    ask: Ask,
    /// When its maker gives it up.
    ends_at: Timestamp,
    back: Back,
    /// How long the answer takes.
    latency: Duration,
    /// It takes effect although the store is away, if the store is away so.
    slips: bool,
}

/// What becomes of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Back {
    /// It is heard.
    Heard,
    /// Whoever asked has heard already that there was none, or has not asked for a second.
    Unwanted,
    /// It is lost.
    Lost,
    /// Whoever asked is gone as soon as the call has taken effect.
    Crash,
}

/// What a process is to hear of a call.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) who: Who,
    pub(super) starts: u32,
    pub(super) tag: u32,
    pub(super) heard: Heard,
}

impl World<'_> {
    pub(super) fn send(&mut self, who: Who, tag: u32, ask: Ask) -> Went {
        self.counts.calls += 1;
        let (real, seed) = (self.real, self.plan.seed);
        let host = self.host(who);
        host.calls += 1;
        let mut dice = Dice::of(&[seed, code(who), host.calls]);
        let (there, latency) = (wire_time(&mut dice), wire_time(&mut dice));
        let starts = host.starts;
        let mishap = take_mishap(&mut host.mishaps, ask.op());
        let is_cut = host.cut_until > real;
        let mut call = Call {
            who,
            starts,
            tag,
            ask,
            ends_at: real + CALL,
            back: Back::Heard,
            latency,
            slips: dice.once_in(2),
        };
        let mut arrives_at = real + there;
        match mishap {
            _ if is_cut => return self.lose(&call),
            Some(Mishap::Lost) => return self.lose(&call),
            Some(Mishap::CrashBefore) => return self.crash(who),
            Some(Mishap::AnswerLost) => call.back = Back::Lost,
            Some(Mishap::CrashAfter) => call.back = Back::Crash,
            Some(Mishap::Late(by)) => arrives_at = arrives_at + by,
            Some(Mishap::Still(lasts)) => {
                if call.slips {
                    call.back = Back::Lost;
                }
                self.freeze(who, lasts)?;
            }
            Some(Mishap::Twice(after)) => self.send_again(&call, arrives_at + after),
            None => {}
        }
        if arrives_at + latency > call.ends_at {
            self.lose(&call)?;
            call.back = Back::Unwanted;
        }
        self.agenda
            .add(arrives_at, Happening::Arrive(Box::new(call)));
        Ok(())
    }

    /// It arrives a second time. Nothing below the port repeats a claim: its answer carries work.
    fn send_again(&mut self, call: &Call, at: Timestamp) {
        if call.ask.op() == Op::Claim {
            return;
        }
        let echo = Call {
            ask: call.ask.clone(),
            back: Back::Unwanted,
            ..*call
        };
        self.agenda.add(at, Happening::Arrive(Box::new(echo)));
    }

    /// Whoever asked hears nothing until it gives the call up.
    fn lose(&mut self, call: &Call) -> Went {
        self.answer(call, call.ends_at.max(self.real), Heard::Lost);
        Ok(())
    }

    fn answer(&mut self, call: &Call, at: Timestamp, heard: Heard) {
        let told = Told {
            who: call.who,
            starts: call.starts,
            tag: call.tag,
            heard,
        };
        self.agenda.add(at, Happening::Hear(Box::new(told)));
    }

    /// A call reaches the store.
    pub(super) fn arrive(&mut self, call: Call) -> Went {
        let is_away = self.away.0 > self.real;
        if is_away && !(self.away.1 && call.slips) {
            if call.back != Back::Unwanted {
                self.answer(&call, self.real + call.latency, Heard::Away);
            }
            return Ok(());
        }
        let answer = self.perform(call.who, call.ask.clone())?;
        let real = self.real;
        let host = self.host(call.who);
        let is_cut = host.cut_until > real;
        match call.back {
            Back::Unwanted => Ok(()),
            Back::Crash if host.starts == call.starts => self.crash(call.who),
            Back::Heard if !is_cut && !is_away => {
                self.answer(&call, real + call.latency, Heard::Answer(answer));
                Ok(())
            }
            _ => self.lose(&call),
        }
    }

    /// A process hears of its call, if it is still the one that made it.
    pub(super) fn hear(&mut self, told: Told) -> Went {
        let who = told.who;
        let host = self.host(who);
        if host.starts != told.starts || host.actor.is_none() {
            return Ok(());
        }
        if host.frozen.is_some() {
            host.unheard.push(told);
            return Ok(());
        }
        if let Heard::Answer(answer) = &told.heard {
            let real = self.real;
            self.see(&Seen::Heard { answer, real })?;
        }
        let now = self.moment(who);
        if let Some(actor) = &mut self.host(who).actor {
            actor.process().hear(now, told.tag, told.heard);
        }
        self.turn(who)
    }
}

/// A way takes 50 µs to 2 ms.
fn wire_time(dice: &mut Dice) -> Duration {
    Duration::from_micros(dice.within(50, 2_000))
}

fn take_mishap(mishaps: &mut Vec<(Option<Op>, Mishap)>, op: Op) -> Option<Mishap> {
    let is_meant = |(aim, _): &(Option<Op>, Mishap)| aim.is_none_or(|aim| aim == op);
    let index = mishaps.iter().position(is_meant)?;
    Some(mishaps.remove(index).1)
}

const fn code(who: Who) -> u64 {
    match who {
        Who::Client => 0,
        Who::House(n) => 0x100 + n as u64,
        Who::Worker(n) => 0x200 + n as u64,
    }
}
