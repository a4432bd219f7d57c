//! Why what stands in a queue does not start, and why a worker is idle.

use std::collections::{BTreeMap, HashSet};

use duly_core::dispatch::LaneId;
use duly_core::{OrderKey, State};

use super::task::{Crew, closings};
use super::{QueueExplanation, Reason, ReasonCount, View, WorkerExplanation};
use crate::bounds::{EXPLAIN_LANES_MAX, POSITION_MAX};
use crate::{Name, WorkerRecord};

/// Reasons of many tasks, summed.
struct Sum {
    reasons: BTreeMap<Reason, u64>,
    ready: u64,
    exact: bool,
    /// How many lanes may still be looked at.
    lanes: usize,
    /// How many tasks may still be counted.
    tasks: u64,
}

impl Sum {
    const fn new(exact: bool) -> Self {
        Self {
            reasons: BTreeMap::new(),
            ready: 0,
            exact,
            lanes: EXPLAIN_LANES_MAX,
            tasks: POSITION_MAX,
        }
    }

    fn add(&mut self, reasons: Vec<Reason>, tasks: u64) {
        if reasons.is_empty() {
            self.ready += tasks;
        }
        for reason in reasons {
            *self.reasons.entry(reason).or_default() += tasks;
        }
    }

    /// The lanes of those that `most` of may be looked at; and whether these are all.
    fn some(&mut self, lanes: impl Iterator<Item = LaneId>, most: usize) -> (Vec<LaneId>, bool) {
        let mut lanes: Vec<LaneId> = lanes.take(most + 1).collect();
        let all = lanes.len() <= most;
        self.exact &= all;
        lanes.truncate(most);
        self.lanes -= lanes.len();
        (lanes, all)
    }

    /// How many tasks stand in each of these lanes: of each first an equal share of what may be counted,
    /// then more where there are more.
    fn count<V: View>(&mut self, view: &mut V, lanes: &[LaneId]) -> Result<Vec<u64>, V::Error> {
        let all = OrderKey::FIRST..OrderKey::LAST;
        let share = (self.tasks / lanes.len().max(1) as u64).max(1);
        let mut counts = Vec::with_capacity(lanes.len());
        for lane in lanes {
            let count = view.count(*lane, &all, share + 1)?;
            self.tasks = self.tasks.saturating_sub(count);
            counts.push(count);
        }
        for (lane, count) in lanes.iter().zip(&mut counts) {
            if *count <= share {
                continue;
            }
            if self.tasks == 0 {
                self.exact = false;
                break;
            }
            let found = view.count(*lane, &all, *count + self.tasks + 1)?;
            let more = found - *count;
            self.exact &= more <= self.tasks;
            self.tasks = self.tasks.saturating_sub(more);
            *count = found;
        }
        Ok(counts)
    }

    /// What closes comes first, then what most tasks have.
    fn counts(self) -> Vec<ReasonCount> {
        let reasons = self.reasons.into_iter();
        let mut counts: Vec<_> = reasons
            .map(|(reason, tasks)| ReasonCount { reason, tasks })
            .collect();
        counts.sort_by_key(|count| (!count.reason.is_closing(), std::cmp::Reverse(count.tasks)));
        counts
    }
}

/// Why what stands in a queue does not start; `None`: there is no such queue.
///
/// # Errors
/// The store's.
pub fn queue<V: View>(view: &mut V, name: &Name) -> Result<Option<QueueExplanation>, V::Error> {
    let settled = view.settle()?;
    let Some(queue) = view.queue(name)? else {
        return Ok(None);
    };
    let mut crew = Crew::new(name.clone(), view.workers()?);
    let mut sum = Sum::new(settled);
    let (lanes, _) = sum.some(view.dispatch().lanes_of(queue.id), EXPLAIN_LANES_MAX);
    let counts = sum.count(view, &lanes)?;
    for (lane, tasks) in lanes.into_iter().zip(counts) {
        if tasks == 0 {
            continue;
        }
        let kind = view.dispatch().spec(lane).kind;
        let mut reasons = closings(view, name, lane);
        reasons.extend(crew.of_kind(view, kind)?.iter().cloned());
        let kind = crew.name_of(view, kind)?;
        reasons.extend(crew.busy(&kind));
        sum.add(reasons, tasks);
    }
    let of = |state| queue.counts.of(state);
    Ok(Some(QueueExplanation {
        queue: name.clone(),
        at: view.now(),
        pending: of(State::Pending),
        waiting: of(State::Scheduled) + of(State::Retrying) + of(State::Blocked),
        assigned: of(State::Assigned),
        running: of(State::Running),
        ready: sum.ready,
        exact: sum.exact,
        reasons: sum.counts(),
    }))
}

/// Why the workers of a name, or the one of an incarnation, have no more to do; by incarnation.
///
/// # Errors
/// The store's.
pub fn worker<V: View>(view: &mut V, name: &str) -> Result<Vec<WorkerExplanation>, V::Error> {
    let settled = view.settle()?;
    let workers = view.workers()?;
    let named = workers.into_iter().filter(|worker| {
        let named = &worker.registration;
        named.name.as_str() == name || named.incarnation.to_string() == name
    });
    named.map(|worker| idle(view, &worker, settled)).collect()
}

fn idle<V: View>(
    view: &mut V,
    worker: &WorkerRecord,
    settled: bool,
) -> Result<WorkerExplanation, V::Error> {
    let named = &worker.registration;
    let mut sum = Sum::new(settled);
    for (at, name) in named.queues.iter().enumerate() {
        // What one queue does not need is left to those that follow.
        let most = sum.lanes / (named.queues.len() - at);
        if !in_queue(view, worker, name, (&mut sum, most))? {
            let queue = name.clone();
            sum.reasons.insert(Reason::NothingWaits { queue }, 0);
        }
    }
    Ok(WorkerExplanation {
        worker: named.name.clone(),
        incarnation: named.incarnation,
        at: view.now(),
        capacity: named.capacity,
        running: worker.running,
        assigned: worker.assigned,
        ready: sum.ready,
        exact: sum.exact,
        reasons: sum.counts(),
    })
}

/// Sums what a queue has for a worker, in so many lanes at most. Answers whether there is, or may be, anything.
fn in_queue<V: View>(
    view: &mut V,
    worker: &WorkerRecord,
    name: &Name,
    (sum, most): (&mut Sum, usize),
) -> Result<bool, V::Error> {
    let Some(queue) = view.queue(name)? else {
        return Ok(false);
    };
    let mut crew = Crew::new(name.clone(), vec![worker.clone()]);
    let mut kinds = HashSet::new();
    for kind in view.dispatch().kinds_of(queue.id).collect::<Vec<_>>() {
        let known = crew.name_of(view, kind)?;
        if worker.registration.kinds.contains(&known) {
            kinds.insert(kind);
        }
    }
    let lanes = view
        .dispatch()
        .lanes_of_kinds(queue.id, |kind| kinds.contains(&kind));
    let (lanes, all) = sum.some(lanes, most);
    let mut waits = !all;
    let counts = sum.count(view, &lanes)?;
    for (lane, tasks) in lanes.into_iter().zip(counts) {
        if tasks == 0 {
            continue;
        }
        waits = true;
        let kind = view.dispatch().spec(lane).kind;
        let mut reasons = closings(view, name, lane);
        reasons.extend(crew.of_kind(view, kind)?.iter().cloned());
        sum.add(reasons, tasks);
    }
    Ok(waits)
}
