//! What has become due is done.

use std::time::Duration;

use duly_core::Timestamp;
use duly_store::bounds::HOUSEKEEPING_MAX;
use duly_store::{Claim, Heartbeat, Name, Promote, Registration, Settle, TakeBack};

use super::handlers::Stop;
use super::standing::State;
use super::{Retiring, Worker};
use crate::bounds::{CANCEL_LOOK, HEARTBEAT, POLL};
use crate::mutant::Mutant;
use crate::process::Act;
use crate::wire::{Ask, Op};

impl Worker {
    pub(super) fn do_due(&mut self, real: Timestamp, now: Timestamp) -> Duration {
        self.mind_leases(now);
        self.fire(real, now);
        self.mind_departure(real, now);
        self.register(now);
        if self.standing.is_registered() {
            self.renew(now);
            self.look_for_cancels(now);
            self.settle(now);
            self.promote(real, now);
            self.compare(now);
            self.claim(now);
            self.retire(now);
        }
        if self.has_left(now) {
            self.forsake_all();
            self.acts.push(Act::Left);
        }
        self.nap(real, now)
    }

    fn call(&mut self, ask: Ask) {
        let tag = self.tag(ask.op());
        self.acts.push(Act::Call { tag, ask });
    }

    fn nap(&self, real: Timestamp, now: Timestamp) -> Duration {
        let (ends_at, timer_at) = self.next_end();
        let audit_at =
            (!self.audit.under_way).then(|| self.audit.due_at.max(self.audit.retries.at()));
        let stop_at = (!self.running.is_empty()).then(|| self.standing.tenure.stop_at());
        let mut wakes = vec![
            self.standing.wake(),
            timer_at,
            (!self.outbox.is_empty())
                .then(|| self.settles.at())
                .flatten(),
            self.promotes.at(),
            audit_at.flatten(),
            self.claim_wake(),
            stop_at,
        ];
        if let Some(leaving) = &self.leaving {
            wakes.extend([
                Some(leaving.trip_at),
                Some(leaving.abort_at),
                Some(leaving.end_at),
                leaving.retries.at(),
            ]);
        }
        let own = wakes.into_iter().flatten().filter(|at| *at > now).min();
        let own = own.map_or(POLL, |at| at.since(now));
        ends_at.map_or(own, |at| own.min(at.since(real)))
    }

    fn claim_wake(&self) -> Option<Timestamp> {
        if self.claims.asked.is_some() {
            return None;
        }
        match self.claims.retries.at() {
            Some(retry_at) if self.claims.wanted => Some(retry_at),
            Some(retry_at) => Some(retry_at.max(self.claims.next_at)),
            None => Some(self.claims.next_at),
        }
    }

    /// What runs stops before its lease could be taken back.
    fn mind_leases(&mut self, now: Timestamp) {
        let is_late = self.standing.tenure.stop_at() <= now;
        let heeds = !self.switch.is(Mutant::OutlivesLeases);
        if is_late && heeds && self.standing.is_registered() {
            self.abort_all(now);
        }
    }

    fn mind_departure(&mut self, real: Timestamp, now: Timestamp) {
        let Some(leaving) = &self.leaving else {
            return;
        };
        if leaving.abort_at <= now {
            self.abort_all(now);
        } else if leaving.trip_at <= now {
            self.trip_all(Stop::GivenBack, real, now);
        }
    }

    fn register(&mut self, now: Timestamp) {
        let is_due = self.standing.state == State::Unknown && self.standing.retries.allows(now);
        if self.leaving.is_none() && is_due {
            self.standing.state = State::Registering;
            self.standing.registering_at = now;
            let registration = self.registration();
            self.call(Ask::Register(registration));
        }
    }

    fn registration(&self) -> Registration {
        Registration {
            incarnation: self.incarnation,
            name: self.name(),
            queues: self.spec.queues.clone(),
            kinds: self.spec.kinds.clone(),
            labels: duly_store::Labels::new(),
            capacity: self.spec.concurrency,
        }
    }

    fn name(&self) -> Name {
        self.who.to_string().into()
    }

    fn renew(&mut self, now: Timestamp) {
        if !self.standing.must_beat(now) {
            return;
        }
        self.standing.beating = Some(now);
        self.standing.beat_at = now + HEARTBEAT;
        let incarnation = self.incarnation;
        self.call(Ask::Heartbeat(Heartbeat {
            incarnation,
            progress: Vec::new(),
        }));
    }

    fn look_for_cancels(&mut self, now: Timestamp) {
        if !self.running.is_empty() && self.standing.must_look(now) {
            self.standing.look_wanted = false;
            self.standing.looking = true;
            self.standing.look_allowed_at = now + CANCEL_LOOK;
            self.call(Ask::CancelRequests(self.incarnation));
        }
    }

    fn settle(&mut self, now: Timestamp) {
        if !self.sent.is_empty() || self.outbox.is_empty() || !self.settles.allows(now) {
            return;
        }
        self.sent.extend(self.outbox.drain(..));
        let settlements = self.sent.clone();
        let incarnation = self.incarnation;
        self.call(Ask::Settle(Settle {
            incarnation,
            settlements,
        }));
    }

    fn promote(&mut self, real: Timestamp, now: Timestamp) {
        if !self.promotes.allows(now) || !self.promoting.is_empty() {
            return;
        }
        let count = (self.free() as usize).min(self.stock.len());
        if count == 0 {
            return;
        }
        let leases: Vec<_> = self.stock.drain(..count).collect();
        if self.switch.is(Mutant::BeginsUnpromoted) {
            return leases
                .into_iter()
                .for_each(|lease| self.begin(real, now, lease));
        }
        let attempts = leases.iter().map(|held| held.lease.attempt).collect();
        self.promoting = leases;
        let incarnation = self.incarnation;
        self.call(Ask::Promote(Promote {
            incarnation,
            attempts,
        }));
    }

    /// Compares what the store says it holds with what it knows, if it is in doubt.
    fn compare(&mut self, now: Timestamp) {
        let audit = &self.audit;
        let is_due = audit.due_at.is_some_and(|at| at <= now) && audit.retries.allows(now);
        if is_due && !audit.under_way && self.claims.asked.is_none() {
            self.audit.under_way = true;
            self.call(Ask::Held(self.name()));
        }
    }

    fn claim(&mut self, now: Timestamp) {
        let claims = &self.claims;
        let is_due = (claims.wanted || claims.next_at <= now) && claims.retries.allows(now);
        let may = self.leaving.is_none()
            && !self.standing.tenure.is_shaky(now)
            && !self.audit.forbids_claims(now);
        if claims.asked.is_some() || !is_due || !may {
            return;
        }
        let (run, prefetch) = self.amounts();
        if run + prefetch == 0 {
            return;
        }
        let suspect = run > 0 && (!self.has_suspect() || self.switch.is(Mutant::ManySuspects));
        self.claims.asked = Some((run, prefetch));
        self.claims.wanted = false;
        self.claims.slots_unasked = run == 0;
        self.call(Ask::Claim(Claim {
            weights: self.spec.weights.clone(),
            incarnation: self.incarnation,
            queues: self.spec.queues.clone(),
            kinds: self.spec.kinds.clone(),
            run,
            prefetch,
            suspect,
            turn: self.claims.turn,
        }));
    }

    /// For the free slots that the stock does not fill, and to fill up the stock.
    fn amounts(&self) -> (u32, u32) {
        let waiting = u32::try_from(self.stock.len()).unwrap_or(u32::MAX);
        let stock = self.spec.prefetch;
        let prefetch = if waiting <= stock / 2 {
            stock - waiting
        } else {
            0
        };
        (self.free().saturating_sub(waiting), prefetch)
    }

    /// Says goodbye to the store once there is nothing left to say.
    fn retire(&mut self, now: Timestamp) {
        let is_done = self.is_done();
        let Some(leaving) = &mut self.leaving else {
            return;
        };
        if is_done && leaving.retiring == Retiring::NotYet && leaving.retries.allows(now) {
            leaving.retiring = Retiring::UnderWay;
            self.say_goodbye();
        }
    }

    pub(super) fn say_goodbye(&mut self) {
        self.call(Ask::TakeBack(TakeBack {
            incarnation: self.incarnation,
            beats: None,
            limit: HOUSEKEEPING_MAX,
        }));
    }

    fn is_done(&self) -> bool {
        let waits = self.claims.asked.is_some() || self.audit.urgent || self.audit.under_way;
        self.running.is_empty()
            && self.outbox.is_empty()
            && self.sent.is_empty()
            && self.promoting.is_empty()
            && !waits
    }

    fn has_left(&self, now: Timestamp) -> bool {
        let Some(leaving) = &self.leaving else {
            return false;
        };
        let is_out = match self.standing.state {
            State::Registered => leaving.retiring == Retiring::Done,
            State::Unknown => self.running.is_empty(),
            State::Registering => false,
        };
        is_out || leaving.end_at <= now
    }

    pub(super) const fn looked(&mut self) {
        self.standing.looking = false;
    }

    /// The op that a tag names.
    pub(super) const fn is(tag: u32, op: Op) -> bool {
        tag == op as u32
    }
}
