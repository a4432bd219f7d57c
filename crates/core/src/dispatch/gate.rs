//! Gates: what can close lanes, and what was parked under them.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::line::LineId;
use super::{Dispatch, GateId, LaneId, LimitId, QueueId, TenantId};
use crate::{Limit, RateState, Timestamp};

/// Why a gate lets nobody of a weight through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The tenant is paused.
    Paused,
    /// As much is leased as may be.
    Full {
        /// How much is in use.
        in_use: u64,
        /// How much may be.
        at_most: u32,
    },
    /// There is no permit before this instant.
    Rate {
        /// From when on there is one.
        ready_at: Timestamp,
    },
    /// The task weighs more than the limit ever lets through: it never opens, unless it is changed.
    TooHeavy {
        /// How much the limit lets through at most.
        at_most: u32,
    },
}

#[derive(Debug)]
pub(super) enum Bar {
    /// `None`: nobody has said what it bounds.
    Limit(Option<Limit>),
    Tenant {
        weight: u32,
        paused: bool,
    },
}

#[derive(Debug)]
pub(super) struct Gate {
    pub(super) bar: Bar,
    /// How much is leased: the sum over the lanes of attempts × weight.
    pub(super) in_use: u64,
    pub(super) rate: RateState,
    /// The groups that were parked under it: line and weight.
    pub(super) groups: BTreeSet<(LineId, u32)>,
    pub(super) timer: Option<Timestamp>,
    /// Of a limit: how often it is defined, attached, or in terms that unfinished tasks have.
    pub(super) uses: u32,
}

impl Gate {
    fn new(bar: Bar) -> Self {
        Self {
            bar,
            in_use: 0,
            rate: RateState::default(),
            groups: BTreeSet::new(),
            timer: None,
            uses: 0,
        }
    }

    /// Answers whether it had none.
    pub(super) const fn gains_use(&mut self) -> bool {
        self.uses += 1;
        self.uses == 1
    }

    /// Answers whether it has none any more.
    pub(super) const fn loses_use(&mut self) -> bool {
        self.uses -= 1;
        self.uses == 0
    }

    /// Why it lets nobody of this weight through at `now`, if so.
    pub(super) fn closed(&self, weight: u32, now: Timestamp) -> Option<Closed> {
        let limit = match &self.bar {
            Bar::Tenant { paused, .. } => return paused.then_some(Closed::Paused),
            Bar::Limit(limit) => limit.as_ref()?,
        };
        if let Some(at_most) = limit.concurrency {
            if weight > at_most {
                return Some(Closed::TooHeavy { at_most });
            }
            let in_use = self.in_use;
            if in_use + u64::from(weight) > u64::from(at_most) {
                return Some(Closed::Full { in_use, at_most });
            }
        }
        let rate = limit.rate.as_ref()?;
        if weight > rate.bursts() {
            let at_most = rate.bursts();
            return Some(Closed::TooHeavy { at_most });
        }
        let ready_at = self.rate.ready_at_for(rate, weight, now);
        (ready_at > now).then_some(Closed::Rate { ready_at })
    }
}

impl Dispatch {
    /// Makes a limit that bounds nothing yet.
    pub fn add_limit(&mut self) -> LimitId {
        self.limits_made += 1;
        if let Some(limit) = self.free_limits.pop() {
            return limit;
        }
        LimitId(self.add_gate(Bar::Limit(None)))
    }

    /// Makes a tenant: of weight 1, not paused.
    pub fn add_tenant(&mut self) -> TenantId {
        TenantId(self.add_gate(Bar::Tenant {
            weight: 1,
            paused: false,
        }))
    }

    fn add_gate(&mut self, bar: Bar) -> GateId {
        let id = GateId::new(self.gates.len());
        self.gates.push(Gate::new(bar));
        id
    }

    /// Says what a limit bounds; `None`: nothing. What is leased stays leased, and counts.
    pub fn set_limit(&mut self, limit: LimitId, bounds: Option<Limit>, now: Timestamp) {
        self.furthest = self.furthest.max(now);
        let gate = &mut self.gates[limit.0.index()];
        let rate_of = |bar: &Bar| match bar {
            Bar::Limit(Some(limit)) => limit.rate,
            _ => None,
        };
        let (from, to) = (rate_of(&gate.bar), bounds.and_then(|limit| limit.rate));
        gate.rate = match (from, to) {
            (Some(from), Some(to)) => gate.rate.moved(&from, &to, now),
            _ => RateState::default(),
        };
        let was = core::mem::replace(&mut gate.bar, Bar::Limit(bounds));
        match (matches!(was, Bar::Limit(Some(_))), bounds.is_some()) {
            (false, true) => self.use_limit(limit),
            (true, false) => self.give_up_limit(limit),
            _ => {}
        }
        self.wake(limit.0, now);
    }

    /// What a limit bounds, if anything.
    #[must_use]
    pub fn limit(&self, limit: LimitId) -> Option<Limit> {
        match self.gates[limit.0.index()].bar {
            Bar::Limit(bounds) => bounds,
            Bar::Tenant { .. } => None,
        }
    }

    /// How much of a limit is leased.
    #[must_use]
    pub fn in_use(&self, limit: LimitId) -> u64 {
        self.gates[limit.0.index()].in_use
    }

    /// Changes what a tenant weighs in turns (0 counts as 1), and whether anything of it may start.
    pub fn set_tenant(&mut self, tenant: TenantId, weight: u32, paused: bool, now: Timestamp) {
        self.gates[tenant.0.index()].bar = Bar::Tenant {
            weight: weight.max(1),
            paused,
        };
        self.wake(tenant.0, now);
    }

    /// What a tenant weighs in turns, and whether it is paused.
    #[must_use]
    pub fn tenant(&self, tenant: TenantId) -> (u32, bool) {
        match self.gates[tenant.0.index()].bar {
            Bar::Tenant { weight, paused } => (weight, paused),
            Bar::Limit(_) => (1, false),
        }
    }

    /// An attempt of this lane is leased.
    pub fn lease(&mut self, lane: LaneId) {
        self.use_gates(lane, 1);
    }

    /// So many attempts of this lane are leased: it was counted.
    pub fn set_leased(&mut self, lane: LaneId, attempts: u32) {
        while self.lanes[lane.index()].leased > attempts {
            self.release(lane);
        }
        let more = attempts - self.lanes[lane.index()].leased;
        self.use_gates(lane, more);
    }

    fn use_gates(&mut self, lane: LaneId, attempts: u32) {
        let Self { lanes, gates, .. } = self;
        let lane = &mut lanes[lane.index()];
        lane.leased += attempts;
        for (gate, weight) in &lane.gates {
            gates[gate.index()].in_use += u64::from(*weight) * u64::from(attempts);
        }
    }

    /// An attempt of this lane has ended, however: its permits come back. What waits for a permit of a
    /// rate besides is looked at by the next claim.
    pub fn release(&mut self, lane: LaneId) {
        let place = &mut self.lanes[lane.index()];
        place.leased = place.leased.saturating_sub(1);
        for at in 0..place.gates.len() {
            let (gate, weight) = self.lanes[lane.index()].gates[at];
            let found = &mut self.gates[gate.index()];
            found.in_use = found.in_use.saturating_sub(u64::from(weight));
            self.wake(gate, self.now);
        }
    }

    /// Puts into line what a gate does not close any more.
    pub(super) fn wake(&mut self, gate: GateId, now: Timestamp) {
        if self.gates[gate.index()].groups.is_empty() {
            return;
        }
        let groups: Vec<_> = self.gates[gate.index()].groups.iter().copied().collect();
        for (line, weight) in groups {
            match self.gates[gate.index()].closed(weight, now) {
                None => {
                    if self.lines[line.index()].show((gate, weight)) {
                        self.wakes(self.lines[line.index()].queue);
                    }
                }
                Some(Closed::Rate { ready_at }) => self.set_timer(gate, ready_at),
                Some(_) => {}
            }
        }
    }

    fn wakes(&mut self, queue: QueueId) {
        let found = &mut self.queues[queue.index()];
        if !core::mem::replace(&mut found.woken, true) {
            self.woken.push(queue);
        }
    }
}
