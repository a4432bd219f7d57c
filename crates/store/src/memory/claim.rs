//! Claiming work, and beginning what was prefetched.

use duly_core::bounds::{EXPIRE_MAX, PROMOTE_MAX};
use duly_core::engine::{ClaimSpec, KindId, QueueId, Slot};
use duly_core::{AttemptRef, EventKind, State, Timestamp};

use super::event::Detail;
use super::world::World;
use crate::{Claim, ClaimError, Claimed, Lease, Name, Promote, Promoted, SettleError, validate};

impl World {
    pub(super) fn claim(&mut self, request: &Claim, now: Timestamp) -> Result<Claimed, ClaimError> {
        validate::claim(request)?;
        if self
            .workers
            .get(&request.incarnation)
            .is_none_or(|worker| worker.lapsed)
        {
            return Err(ClaimError::WorkerNotFound);
        }
        let mut moved = Vec::new();
        let more_due = self.engine.promote_due(now, PROMOTE_MAX, &mut moved);
        if self.expire(now, EXPIRE_MAX).1 {
            return Ok(Claimed {
                leases: Vec::new(),
                next_at: Some(now),
                at: now,
            });
        }
        let mut leased = Vec::new();
        let (queues, weights, kinds) = self.named(request);
        let turns = match weights.is_empty() {
            true => queues.len().max(1),
            false => usize::MAX,
        };
        let spec = ClaimSpec {
            queues: &queues,
            weights: &weights,
            kinds: &kinds,
            run: request.run as usize,
            prefetch: request.prefetch as usize,
            suspect: request.suspect,
            turn: request.turn as usize % turns,
        };
        let gave_up = self
            .engine
            .claim(request.incarnation, &spec, now, &mut leased);
        let leases = leased
            .into_iter()
            .map(|slot| self.lease(slot, now))
            .collect();
        let next_at = if more_due || gave_up {
            Some(now)
        } else {
            let opens = self.engine.dispatch().next_open();
            self.engine.next_due().into_iter().chain(opens).min()
        };
        Ok(Claimed {
            leases,
            next_at,
            at: now,
        })
    }

    /// The queues with their weights, and the kinds that a claim names, as the engine knows them, in order;
    /// without kinds that are paused.
    fn named(&mut self, request: &Claim) -> (Vec<QueueId>, Vec<u32>, Vec<KindId>) {
        let (queues, weights) = weighed(&request.queues, &request.weights);
        let queues = queues.into_iter().map(|name| self.queue_id(name)).collect();
        let kinds = unique(&request.kinds)
            .into_iter()
            .filter(|name| !self.kinds.settings(name).paused)
            .filter_map(|name| self.known_kind(name))
            .collect();
        (queues, weights, kinds)
    }

    /// A queue that nobody has made yet has no tasks, but its place in the turns.
    fn queue_id(&mut self, name: &Name) -> QueueId {
        match self.queues.get(name) {
            Some(index) => self.queue_list[*index].id,
            None => self.no_queue,
        }
    }

    fn lease(&mut self, slot: Slot, now: Timestamp) -> Lease {
        let started = self
            .engine
            .entry(slot)
            .is_some_and(|e| e.vitals.state == State::Running);
        self.begin(slot, started, now);
        let entry = self
            .engine
            .entry(slot)
            .expect("a task just leased is unfinished");
        let (vitals, body) = (&entry.vitals, &entry.carry);
        Lease {
            attempt: AttemptRef {
                task: entry.id,
                attempt: vitals.attempt,
            },
            started,
            kind: self.kind_name(entry.kind).clone(),
            queue: self.queue_name(entry.queue).clone(),
            payload: body.payload.clone(),
            priority: vitals.priority,
            spent: vitals.spent,
            lost: vitals.lost,
            retry: body.retry(),
            timeout: body.rare.as_ref().and_then(|rare| rare.timeout),
            deadline: vitals.deadlines.start(),
            finish_by: vitals.deadlines.finish(),
            due_at: vitals.due_at,
            submitted_at: body.submitted_at,
            labels: body
                .rare
                .as_ref()
                .map(|rare| rare.labels.clone())
                .unwrap_or_default(),
        }
    }

    /// Notes that an attempt was handed out, or has begun.
    fn begin(&mut self, slot: Slot, started: bool, now: Timestamp) {
        if let Some(entry) = self.engine.entry(slot) {
            self.watch.mark(entry.sequence);
        }
        let Some(body) = self.engine.carry_mut(slot) else {
            return;
        };
        if let Some(rare) = &mut body.rare {
            rare.progress = None;
        }
        if started {
            body.started_at = Some(now);
            let holder = self.engine.entry(slot).and_then(|entry| entry.holder);
            let worker = self.holder_name(holder);
            self.write(slot, EventKind::Started, now, Detail::worker(worker));
        }
    }

    pub(super) fn promote(&mut self, request: &Promote, now: Timestamp) -> Promoted {
        let attempts = match validate::batch("attempts", request.attempts.len()) {
            Err(refused) => request
                .attempts
                .iter()
                .map(|_| Err(refused.clone().into()))
                .collect(),
            Ok(()) => request
                .attempts
                .iter()
                .map(|attempt| self.promote_one(*attempt, request, now))
                .collect(),
        };
        Promoted { attempts, at: now }
    }

    fn promote_one(
        &mut self,
        attempt: AttemptRef,
        request: &Promote,
        now: Timestamp,
    ) -> Result<(), SettleError> {
        let slot = self
            .engine
            .start(attempt, request.incarnation)
            .map_err(|refused| self.settle_error(refused, attempt, now))?;
        self.begin(slot, true, now);
        Ok(())
    }
}

/// Each queue once, with the first weight that is named for it.
fn weighed<'a>(queues: &'a [Name], weights: &[u32]) -> (Vec<&'a Name>, Vec<u32>) {
    let mut seen = std::collections::BTreeSet::new();
    let firsts = queues.iter().enumerate();
    let firsts = firsts.filter(|(_, name)| seen.insert(*name));
    let (places, queues): (Vec<usize>, _) = firsts.unzip();
    let weights = places.iter().filter_map(|at| weights.get(*at).copied());
    (queues, weights.collect())
}

fn unique(names: &[Name]) -> Vec<&Name> {
    let mut seen = std::collections::BTreeSet::new();
    names.iter().filter(|name| seen.insert(*name)).collect()
}
