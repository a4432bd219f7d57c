//! Rates of limits: what they have given out, and when they have permits again.

use alloc::vec::Vec;

use super::gate::{Bar, Gate};
use super::{Dispatch, GateId, LimitId};
use crate::bounds::RATE_GRACE;
use crate::{Rate, RateState, Timestamp};

impl Gate {
    const fn rate_of(bar: &Bar) -> Option<&Rate> {
        match bar {
            Bar::Limit(Some(limit)) => limit.rate.as_ref(),
            _ => None,
        }
    }

    pub(super) const fn has_rate(&self) -> bool {
        Self::rate_of(&self.bar).is_some()
    }

    /// Cuts the account of its rate to what can be believed at `now`; answers whether it was more.
    fn cut_rate(&mut self, now: Timestamp) -> bool {
        let Some(rate) = Self::rate_of(&self.bar) else {
            return false;
        };
        let believed = self.rate.believed(rate, now);
        core::mem::replace(&mut self.rate, believed) != believed
    }

    /// Counts a claim.
    pub(super) fn pass(&mut self, weight: u32, now: Timestamp) {
        if let Some(rate) = Self::rate_of(&self.bar) {
            // Who asks has seen it open at the same instant.
            let _taken = self.rate.take_many(rate, weight, now);
        }
    }
}

impl Dispatch {
    /// What the rate of a limit has given out.
    #[must_use]
    pub fn rate_state(&self, limit: LimitId) -> RateState {
        self.gates[limit.0.index()].rate
    }

    /// Goes on from what a rate had given out, as far as that can be [believed](RateState::believed).
    pub fn set_rate_state(&mut self, limit: LimitId, state: RateState, now: Timestamp) {
        self.furthest = self.furthest.max(now + RATE_GRACE);
        let gate = &mut self.gates[limit.0.index()];
        gate.rate = state;
        gate.cut_rate(now);
        self.wake(limit.0, now);
    }

    /// Looks at a gate again at this instant, unless it does so before.
    pub(super) fn set_timer(&mut self, gate: GateId, at: Timestamp) {
        let timer = &mut self.gates[gate.index()].timer;
        if timer.is_some_and(|before| before <= at) {
            return;
        }
        if let Some(before) = timer.replace(at) {
            self.timers.remove(&(before, gate));
        }
        self.timers.insert((at, gate));
    }

    /// Cuts what rates have given out to what can be [believed](RateState::believed) at `now`, and answers
    /// which had more. A claim does so first; whoever writes accounts down does so before it, to write these,
    /// too. Costs nothing unless the clock was set back.
    pub fn cut_rates(&mut self, now: Timestamp) -> Vec<LimitId> {
        let mut cut = Vec::new();
        if now + RATE_GRACE < self.furthest {
            self.furthest = now + RATE_GRACE;
            for gate in (0..self.gates.len()).map(GateId::new) {
                if self.gates[gate.index()].cut_rate(now) {
                    cut.push(LimitId(gate));
                    self.wake(gate, now);
                }
            }
        }
        self.furthest = self.furthest.max(now);
        cut
    }

    /// Opens the gates whose rates have a permit at `now`.
    pub(super) fn ring(&mut self, now: Timestamp) {
        while let Some((at, gate)) = self.timers.first().copied()
            && at <= now
        {
            self.timers.pop_first();
            self.gates[gate.index()].timer = None;
            self.wake(gate, now);
        }
    }
}
