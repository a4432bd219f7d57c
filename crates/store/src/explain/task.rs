//! Why a task has not started.

use std::collections::HashMap;

use duly_core::dispatch::{Closed, Closing, KindId, LaneId};
use duly_core::{State, TaskId, Timestamp};

use super::{Basis, Estimate, Explanation, NearMiss, Position, Reason, View, place};
use crate::bounds::{EXPLAIN_EVENTS, NEAR_MISSES_MAX};
use crate::{Name, TaskRecord, WorkerRecord};

/// Why a task has not started.
///
/// # Errors
/// The store's.
pub fn task<V: View>(view: &mut V, id: TaskId) -> Result<Option<Explanation>, V::Error> {
    let settled = view.settle()?;
    let Some((task, lane)) = view.task(id)? else {
        return Ok(None);
    };
    let mut explanation = Explanation {
        task: id,
        kind: task.kind.clone(),
        queue: task.queue.clone(),
        state: task.state,
        at: view.now(),
        reasons: begun(&task),
        position: None,
        estimated_start: None,
    };
    let waits = !task.state.is_leased() && !task.state.is_final();
    if let Some(lane) = lane.filter(|_| waits)
        && let Some(queue) = view.queue(&task.queue)?
    {
        let mut crew = Crew::new(task.queue.clone(), view.workers()?);
        let reasons = &mut explanation.reasons;
        reasons.extend(waiting(&task, view.now()));
        reasons.extend(closings(view, &task.queue, lane));
        let kind = view.dispatch().spec(lane).kind;
        reasons.extend(crew.of_kind(view, kind)?.iter().cloned());
        reasons.extend(crew.busy(&task.kind));
        reasons.extend(undefined(view, lane));
        if task.state == State::Pending {
            let policy = view.dispatch().policy(queue.id);
            let key = task.vitals().key(policy, task.sequence);
            let position = place::position(view, &mut crew, &queue, (lane, key))?;
            explanation.position = Some(Position {
                exact: position.exact && settled,
                ..position
            });
        }
        explanation.estimated_start = estimate(view, &explanation)?;
    }
    explanation
        .reasons
        .sort_by_key(|reason| !reason.is_closing());
    Ok(Some(explanation))
}

/// That it has begun, or ended.
fn begun(task: &TaskRecord) -> Vec<Reason> {
    let worker = task.worker.clone();
    let first = match task.state {
        State::Running => Some(Reason::Running {
            worker,
            since: task.started_at,
        }),
        State::Assigned => Some(Reason::Assigned { worker }),
        state if state.is_final() => Some(Reason::Ended { state }),
        _ => None,
    };
    let start_by = task.deadline.map(|at| Reason::StartBy { at });
    let finish_by = task.finish_by.map(|at| Reason::FinishBy { at });
    let reasons = first.into_iter();
    let reasons = reasons.chain(start_by.filter(|_| !task.state.is_leased()));
    let reasons = reasons.chain(finish_by);
    match task.state.is_final() {
        true => reasons.take(1).collect(),
        false => reasons.collect(),
    }
}

/// What of a task alone keeps it waiting.
fn waiting(task: &TaskRecord, now: Timestamp) -> Vec<Reason> {
    let not_due = Reason::NotDue { until: task.due_at };
    let suspect = Reason::Suspect {
        lost: task.lost,
        lost_max: task.lost_max,
    };
    let due = task.state != State::Pending && task.due_at > now;
    let all = [
        due.then_some(not_due),
        (task.state == State::Blocked).then_some(Reason::Blocked),
        (task.lost > 0).then_some(suspect),
    ];
    all.into_iter().flatten().collect()
}

/// What closes a lane, by name.
pub(super) fn closings<V: View>(view: &V, queue: &Name, lane: LaneId) -> Vec<Reason> {
    let dispatch = view.dispatch();
    let closings = dispatch.closings(lane, view.now()).into_iter();
    let reason = |closing| {
        Some(match closing {
            Closing::QueuePaused(_) => Reason::QueuePaused {
                queue: queue.clone(),
            },
            Closing::TenantPaused(tenant) => Reason::TenantPaused {
                tenant: view.gate(tenant.gate()),
            },
            Closing::Limit {
                limit,
                weight,
                closed,
            } => {
                let limit = view.gate(limit.gate());
                match closed {
                    Closed::Paused => return None,
                    Closed::Full { in_use, at_most } => Reason::LimitFull {
                        limit,
                        in_use,
                        at_most,
                        weight,
                    },
                    Closed::Rate { ready_at } => Reason::RateSpent {
                        limit,
                        until: ready_at,
                        weight,
                    },
                    Closed::TooHeavy { at_most } => Reason::TooHeavy {
                        limit,
                        weight,
                        at_most,
                    },
                }
            }
        })
    };
    let mut reasons: Vec<Reason> = closings.filter_map(reason).collect();
    reasons.sort_unstable();
    reasons
}

fn undefined<V: View>(view: &V, lane: LaneId) -> Vec<Reason> {
    let dispatch = view.dispatch();
    let limits = dispatch.limits_on(lane).map(|(limit, _)| limit);
    let undefined = limits.filter(|limit| dispatch.limit(*limit).is_none());
    let mut reasons: Vec<Reason> = undefined
        .map(|limit| Reason::LimitUndefined {
            limit: view.gate(limit.gate()),
        })
        .collect();
    reasons.sort_unstable();
    reasons
}

/// When it may start.
fn estimate<V: View>(
    view: &mut V,
    explanation: &Explanation,
) -> Result<Option<Estimate>, V::Error> {
    let reasons = &explanation.reasons;
    if reasons.iter().any(Reason::is_lasting) {
        return Ok(None);
    }
    let opens = reasons.iter().filter_map(Reason::until);
    let opens = opens.fold(explanation.at, Timestamp::max);
    let at_once = Some(Estimate {
        at: opens,
        basis: Basis::Opens,
    });
    let Some(position) = explanation.position else {
        return Ok(at_once);
    };
    if let Some(pace) = view.pace(&explanation.queue, EXPLAIN_EVENTS)? {
        let turn = explanation.at + pace.time_for(position.ahead + 1);
        return Ok(Some(Estimate {
            at: opens.max(turn),
            basis: Basis::Pace(pace),
        }));
    }
    let unknown = |reason: &Reason| {
        matches!(
            reason,
            Reason::LimitFull { .. } | Reason::WorkersBusy { .. }
        )
    };
    let next = position.ahead == 0 && !reasons.iter().any(unknown);
    Ok(at_once.filter(|_| next))
}

/// The workers, and what they mean for each kind of a queue.
pub(super) struct Crew {
    queue: Name,
    workers: Vec<WorkerRecord>,
    kinds: HashMap<KindId, (Name, Vec<Reason>)>,
}

impl Crew {
    pub(super) fn new(queue: Name, workers: Vec<WorkerRecord>) -> Self {
        Self {
            queue,
            workers,
            kinds: HashMap::new(),
        }
    }

    /// What closes all tasks of a kind in the queue, beside the queue.
    pub(super) fn of_kind<V: View>(
        &mut self,
        view: &mut V,
        kind: KindId,
    ) -> Result<&[Reason], V::Error> {
        Ok(&self.known(view, kind)?.1)
    }

    pub(super) fn name_of<V: View>(
        &mut self,
        view: &mut V,
        kind: KindId,
    ) -> Result<Name, V::Error> {
        Ok(self.known(view, kind)?.0.clone())
    }

    fn known<V: View>(
        &mut self,
        view: &mut V,
        kind: KindId,
    ) -> Result<&(Name, Vec<Reason>), V::Error> {
        if !self.kinds.contains_key(&kind) {
            let (name, paused) = view.kind(kind)?;
            let held = paused.then(|| Reason::KindPaused { kind: name.clone() });
            let reasons = held.into_iter().chain(self.nobody(&name)).collect();
            self.kinds.insert(kind, (name, reasons));
        }
        Ok(&self.kinds[&kind])
    }

    fn serve<'a>(&'a self, kind: &'a Name) -> impl Iterator<Item = &'a WorkerRecord> {
        let both = |worker: &&WorkerRecord| self.serves(worker, kind) == (true, true);
        self.workers.iter().filter(both)
    }

    /// Whether a worker serves the queue, and the kind.
    fn serves(&self, worker: &WorkerRecord, kind: &Name) -> (bool, bool) {
        let names = &worker.registration;
        (
            names.queues.contains(&self.queue),
            names.kinds.contains(kind),
        )
    }

    /// That nobody serves a kind, if so.
    fn nobody(&self, kind: &Name) -> Option<Reason> {
        if self.serve(kind).next().is_some() {
            return None;
        }
        let misses = self.workers.iter().filter_map(|worker| {
            let (queue, kind) = self.serves(worker, kind);
            (queue != kind).then(|| NearMiss {
                worker: worker.registration.name.clone(),
                lacks_kind: queue,
            })
        });
        Some(Reason::NoWorker {
            queue: self.queue.clone(),
            kind: kind.clone(),
            misses: misses.take(NEAR_MISSES_MAX).collect(),
        })
    }

    /// That all who serve a kind run as much as they can, if so.
    pub(super) fn busy(&self, kind: &Name) -> Option<Reason> {
        let mut workers = 0;
        let (mut running, mut capacity) = (0, 0);
        for worker in self.serve(kind) {
            if worker.running < worker.registration.capacity {
                return None;
            }
            workers += 1;
            running += u64::from(worker.running);
            capacity += u64::from(worker.registration.capacity);
        }
        (workers > 0).then_some(Reason::WorkersBusy {
            workers,
            running,
            capacity,
        })
    }
}
