//! **Shares of queues.** Of a worker that serves its queues by weight, over any stretch of its claims in which
//! each of them always has a task that could start, what each gets differs from its share by no more tasks
//! than it weighs. A stretch ends when one of them has none, and when the worker does not go on counting where
//! it was (its answer was lost, or it has begun anew).

use std::collections::BTreeMap;

use duly_core::Incarnation;
use duly_store::{Claim, Claimed, Name};

use super::choice::Choice;
use super::{Check, Seen, Verdict, demand};
use crate::ledger::Ledger;
use crate::name;
use crate::wire::{Answer, Ask};

#[derive(Debug, Default)]
struct Share {
    workers: BTreeMap<Incarnation, Stretch>,
}

#[derive(Debug, Default)]
struct Stretch {
    /// Where the worker goes on counting.
    turn: u32,
    had: BTreeMap<Name, Had>,
}

/// What a queue had more than its share, in tasks times the weight of all: now, at least and at most.
#[derive(Clone, Copy, Debug, Default)]
struct Had {
    excess: i64,
    least: i64,
    most: i64,
}

pub(super) fn new() -> impl Check {
    Share::default()
}

impl Check for Share {
    fn see(&mut self, seen: &Seen<'_>, ledger: &Ledger) -> Verdict {
        let Seen::Step(step) = seen else {
            return Ok(());
        };
        match (&step.ask, &step.answer) {
            (Ask::Claim(request), Answer::Claim(Ok(claimed))) if !request.weights.is_empty() => {
                self.claimed(request, claimed, ledger)
            }
            _ => Ok(()),
        }
    }
}

impl Share {
    fn claimed(&mut self, request: &Claim, claimed: &Claimed, ledger: &Ledger) -> Verdict {
        let stretch = self.workers.entry(request.incarnation).or_default();
        if stretch.turn != request.turn {
            stretch.had.clear();
        }
        let got = u32::try_from(claimed.leases.len()).unwrap_or(u32::MAX);
        stretch.turn = request.turn.wrapping_add(got);
        let mut choice = Choice::of(request, ledger, claimed.at);
        for (place, lease) in claimed.leases.iter().enumerate() {
            let starts = place < request.run as usize;
            let mut queues = choice.queues().iter();
            if queues.all(|queue| !choice.heads(queue, starts).is_empty()) {
                stretch.count(request, &lease.queue)?;
            } else {
                stretch.had.clear();
            }
            choice.take(lease.attempt.task);
        }
        Ok(())
    }
}

impl Stretch {
    fn count(&mut self, request: &Claim, whose: &Name) -> Verdict {
        let all: i64 = request
            .weights
            .iter()
            .map(|weight| i64::from(*weight))
            .sum();
        for (queue, weight) in request.queues.iter().zip(&request.weights) {
            let weight = i64::from(*weight);
            let had = self.had.entry(queue.clone()).or_default();
            had.excess += if queue == whose { all } else { 0 } - weight;
            had.least = had.least.min(had.excess);
            had.most = had.most.max(had.excess);
            demand(had.most - had.least <= weight * all, || {
                let worker = name::life(request.incarnation);
                let apart = had.most - had.least;
                format!(
                    "queue {queue} is {apart}/{all} tasks from its share of what {worker} gets, and weighs {weight}"
                )
            })?;
        }
        Ok(())
    }
}
