//! What has become due is done.

use std::time::Duration;

use duly_core::Timestamp;
use duly_store::{Claim, Heartbeat, Promote, Settle};
use tracing::warn;

use super::Coordinator;
use crate::ending::Stop;
use crate::worker::Shutdown;
use crate::worker::claims::Ask;
use crate::worker::departure::Retiring;

impl Coordinator {
    /// Does all that is due, and answers the time.
    pub(super) fn turn(&mut self) -> Timestamp {
        let now = self.timeline.now();
        self.attempts.fire(now);
        self.mind_leases(now);
        self.mind_stock(now);
        self.mind_departure(now);
        self.register(now);
        if self.life.is_registered() {
            self.renew(now);
            self.introduce(now);
            self.look_for_cancels(now);
            self.settle(now);
            self.promote(now);
            self.compare(now);
            self.claim(now);
            self.retire(now);
        }
        now
    }

    /// How long nothing will become due. What is due already was done, or waits for an event.
    pub(super) fn nap(&self, now: Timestamp) -> Duration {
        let wakes = [
            self.life.wake(now),
            self.attempts.next_timer(),
            self.outbox.wake(),
            self.stock.retries.at(),
            self.stock.expiry(),
            self.audit.wake(),
            self.claims.wake(),
            self.leaving.as_ref().and_then(|leaving| leaving.wake(now)),
            self.stop_at(),
        ];
        let to_come = wakes.into_iter().flatten().filter(|at| *at > now);
        to_come.min().map_or(self.settings.poll, |at| at.since(now))
    }

    /// When leases could be taken back by others although this worker cannot renew them.
    fn stop_at(&self) -> Option<Timestamp> {
        let is_alone = self.store.traits().shared_fate || self.attempts.is_empty();
        (!is_alone).then(|| self.life.stop_at())
    }

    fn mind_leases(&mut self, now: Timestamp) {
        let is_late = self.stop_at().is_some_and(|at| at <= now);
        if !is_late || !self.life.is_registered() {
            return;
        }
        let stopped = self.attempts.abort_all(Stop::GivenBack);
        if stopped > 0 {
            let worker = &self.settings.name;
            warn!(%worker, stopped, "the leases could not be renewed: what runs is stopped");
        }
    }

    /// What is too late to begin goes back, and expires in the store.
    fn mind_stock(&mut self, now: Timestamp) {
        for held in self.stock.expired(now) {
            self.give_back(held.attempt);
        }
    }

    fn mind_departure(&mut self, now: Timestamp) {
        let Some(leaving) = &self.leaving else {
            return;
        };
        if leaving.abort_at <= now {
            self.attempts.abort_all(Stop::GivenBack);
        } else if leaving.trip_at <= now {
            self.attempts.stop_all(Stop::GivenBack, now);
        }
    }

    fn register(&mut self, now: Timestamp) {
        if self.leaving.is_none() && self.life.must_register(now) {
            self.life.registering();
            let registration = self.settings.registration(self.life.incarnation);
            self.calls.register(registration, now);
        }
    }

    fn renew(&mut self, now: Timestamp) {
        if !self.life.must_beat(now) {
            return;
        }
        self.life.beating(now);
        let mut progress = self.attempts.take_progress();
        let later = progress.split_off(progress.len().min(duly_store::bounds::BATCH_MAX));
        self.attempts.put_back(later);
        self.saying.clone_from(&progress);
        let incarnation = self.life.incarnation;
        self.calls.heartbeat(
            Heartbeat {
                incarnation,
                progress,
            },
            now,
        );
    }

    fn introduce(&mut self, now: Timestamp) {
        if self.leaving.is_none() && self.life.introduction.is_due(now) {
            self.life.introduction.began();
            let registration = self.settings.registration(self.life.incarnation);
            self.calls.introduce(registration);
        }
    }

    fn look_for_cancels(&mut self, now: Timestamp) {
        if !self.attempts.is_empty() && self.life.must_look(now) {
            self.life.looking(now);
            self.calls.cancels(self.life.incarnation);
        }
    }

    fn settle(&mut self, now: Timestamp) {
        if let Some(settlements) = self.outbox.next(now) {
            self.calls.settle(Settle {
                incarnation: self.life.incarnation,
                settlements,
            });
        }
    }

    fn promote(&mut self, now: Timestamp) {
        if !self.stock.retries.allows(now) {
            return;
        }
        let free = self.free() as usize;
        let attempts = self.stock.promote(free);
        if !attempts.is_empty() {
            let incarnation = self.life.incarnation;
            self.calls.promote(Promote {
                incarnation,
                attempts,
            });
        }
    }

    /// Compares what the store says this worker holds with what it knows, if it is in doubt.
    fn compare(&mut self, now: Timestamp) {
        if self.audit.is_due(now) && !self.claims.is_under_way() {
            self.audit.began();
            self.calls
                .audit(self.life.incarnation, self.settings.name.clone());
        }
    }

    fn claim(&mut self, now: Timestamp) {
        if !self.claims.is_due(now) || !self.may_claim(now) {
            return;
        }
        let ask = self.ask();
        if ask.run + ask.prefetch == 0 {
            return;
        }
        let turn = self.claims.asked(ask);
        self.calls.claim(Claim {
            incarnation: self.life.incarnation,
            queues: self.settings.queues.clone(),
            weights: self.settings.weights.clone(),
            kinds: self.settings.kinds.clone(),
            run: ask.run,
            prefetch: ask.prefetch,
            suspect: ask.run > 0 && !self.attempts.has_suspect(),
            turn,
        });
    }

    fn may_claim(&self, now: Timestamp) -> bool {
        let is_shaky = !self.store.traits().shared_fate && self.life.is_shaky(now);
        let is_open = self.leaving.is_none() && !is_shaky;
        is_open && !self.outbox.is_full() && !self.audit.forbids_claims(now)
    }

    /// Enough for the free slots that what is in store does not fill, and to fill up the store, unless
    /// that would be a trifle.
    fn ask(&self) -> Ask {
        let waiting = u32::try_from(self.stock.waiting()).unwrap_or(u32::MAX);
        let run = self.free().saturating_sub(waiting);
        let stock = self
            .pace
            .stock(self.settings.concurrency, self.settings.prefetch_max);
        let prefetch = if waiting <= stock / 2 {
            stock - waiting
        } else {
            0
        };
        Ask::bounded(run, prefetch)
    }

    /// Says goodbye to the store once there is nothing left to say.
    fn retire(&mut self, now: Timestamp) {
        let is_done = self.is_done();
        let Some(leaving) = &mut self.leaving else {
            return;
        };
        if is_done && leaving.retiring == Retiring::NotYet && leaving.retries.allows(now) {
            leaving.retiring = Retiring::UnderWay;
            self.calls.retire(self.life.incarnation);
        }
    }

    /// Nothing runs, and the store has heard of everything.
    fn is_done(&self) -> bool {
        // A registration that came after the goodbye would stand for a worker that is gone.
        let is_waiting = self.claims.is_under_way()
            || self.audit.is_open()
            || self.life.introduction.is_under_way();
        self.attempts.is_empty()
            && self.outbox.len() == 0
            && self.stock.promoting() == 0
            && !is_waiting
    }

    /// What became of everything, once the worker has left.
    pub(super) fn report(&self, now: Timestamp) -> Option<Shutdown> {
        let leaving = self.leaving.as_ref()?;
        let has_left = if self.life.is_registered() {
            leaving.retiring == Retiring::Done
        } else {
            self.attempts.is_empty() && !self.life.is_registering()
        };
        (has_left || leaving.end_at <= now).then(|| Shutdown {
            abandoned: self.attempts.len() + self.outbox.len(),
            ..leaving.report
        })
    }
}
