//! Limits and sets of conditions to which nothing refers any more: their numbers are given to others.
//!
//! Who has need of a set of conditions is counted as its tasks come and go; nothing is forgotten by that.
//! Whoever drives this asks now and then whether there is much to forget, at an instant at which it holds
//! no number that is not counted. Looking costs as much as there is, and is worth it only once a part of
//! that was made since it was done before: so each number pays for its own forgetting, once.

use alloc::vec;
use alloc::vec::Vec;

use super::gate::Bar;
use super::{Dispatch, LimitId, Terms};
use crate::RateState;
use crate::bounds::NAMES_IDLE_MAX;

impl Dispatch {
    /// One more unfinished task has these terms.
    #[inline]
    pub(crate) fn carry(&mut self, terms: Terms) {
        if terms == Terms::NONE {
            return;
        }
        let Some((conditions, carried)) = self.terms.carried_mut(terms) else {
            return;
        };
        carried.unfinished += 1;
        if carried.unfinished == 1 {
            for (limit, _) in &conditions.limits {
                self.limits_in_use += usize::from(self.gates[limit.0.index()].gains_use());
            }
        }
    }

    /// One unfinished task less has these terms.
    #[inline]
    pub(crate) fn put_down(&mut self, terms: Terms) {
        if terms == Terms::NONE {
            return;
        }
        let Some((conditions, carried)) = self.terms.carried_mut(terms) else {
            return;
        };
        carried.unfinished -= 1;
        if carried.unfinished == 0 {
            for (limit, _) in &conditions.limits {
                self.limits_in_use -= usize::from(self.gates[limit.0.index()].loses_use());
            }
        }
    }

    /// Keeps these terms for something else than an unfinished task of the engine: once more for each
    /// time, until [`let_go`](Self::let_go).
    #[inline]
    pub fn keep(&mut self, terms: Terms) {
        if let Some((_, carried)) = self.terms.carried_mut(terms) {
            carried.kept += 1;
        }
    }

    /// These terms are not kept any more, once.
    #[inline]
    pub fn let_go(&mut self, terms: Terms) {
        if let Some((_, carried)) = self.terms.carried_mut(terms) {
            carried.kept -= 1;
        }
    }

    /// How many limits are defined, attached to something, or named by unfinished tasks of the engine.
    #[must_use]
    pub const fn limits_in_use(&self) -> usize {
        self.limits_in_use
    }

    /// Whether a limit is defined, attached to something, or named by an unfinished task of the engine.
    #[must_use]
    pub fn is_in_use(&self, limit: LimitId) -> bool {
        self.gates[limit.0.index()].uses > 0
    }

    pub(super) fn use_limit(&mut self, limit: LimitId) {
        self.limits_in_use += usize::from(self.gates[limit.0.index()].gains_use());
    }

    pub(super) fn give_up_limit(&mut self, limit: LimitId) {
        self.limits_in_use -= usize::from(self.gates[limit.0.index()].loses_use());
    }

    /// Whether there may be so much to forget that it is worth looking for.
    #[inline]
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        let made = self.terms.made + self.limits_made;
        made > NAMES_IDLE_MAX
            && made - NAMES_IDLE_MAX > (self.gates.len() + self.terms.len() + self.lanes.len()) / 2
    }

    /// Forgets the terms that name limits and that no lane, unfinished task or [`keep`](Self::keep) has, and
    /// the limits that are neither defined, nor attached, nor named by terms. Answers which limits: their
    /// numbers, like those of the terms, are given to others.
    pub fn forget_idle(&mut self) -> Vec<LimitId> {
        self.terms.made = 0;
        self.limits_made = 0;
        let lanes: hashbrown::HashSet<Terms> = self.lanes().map(|id| self.spec(id).terms).collect();
        for terms in self.terms.idle(|terms| lanes.contains(&terms)) {
            self.terms.forget(terms);
        }
        let mut used = vec![false; self.gates.len()];
        let attached = self.attached.values().flatten().map(|(limit, _)| *limit);
        let free = self.free_limits.iter().copied();
        for limit in self.terms.named().chain(attached).chain(free) {
            used[limit.0.index()] = true;
        }
        let gates = self.gates.iter().zip(used).enumerate();
        let idle = gates.filter(|(_, (gate, used))| !used && matches!(gate.bar, Bar::Limit(None)));
        let idle = idle.map(|(at, _)| LimitId(super::GateId::new(at)));
        let idle: Vec<LimitId> = idle.collect();
        for limit in &idle {
            let gate = &mut self.gates[limit.0.index()];
            debug_assert!(gate.groups.is_empty() && gate.in_use == 0 && gate.uses == 0);
            gate.rate = RateState::default();
            if let Some(at) = gate.timer.take() {
                self.timers.remove(&(at, limit.0));
            }
        }
        self.free_limits.extend(&idle);
        idle
    }
}
