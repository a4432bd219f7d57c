//! Why a task has not started.

use std::collections::HashMap;
use std::ops::Range;

use duly_core::dispatch::{Dispatch, KindId, LaneId};
use duly_core::explain::{self, End, Lanes, Reach, Standing};
use duly_core::{OrderKey, State, TaskId, Timestamp};

use super::{Explanation, NearMiss, Position, Reason, View};
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
        reasons.extend(explain::undefined(view.dispatch(), lane, |gate| {
            view.gate(gate)
        }));
        if task.state == State::Pending {
            let policy = view.dispatch().policy(queue.id);
            let key = task.vitals().key(policy, task.sequence);
            let standing = Standing {
                queue: queue.id,
                pending: queue.counts.of(State::Pending),
                mixed: queue.mixed,
                lane,
                key,
                at: view.now(),
            };
            let crew = &mut crew;
            let position = explain::position(&mut Scene { view, crew }, &standing)?;
            explanation.position = Some(Position {
                exact: position.exact && settled,
                ..position
            });
        }
        let (at, reasons) = (explanation.at, &explanation.reasons);
        explanation.estimated_start = explain::estimate(at, reasons, explanation.position, || {
            view.pace(&task.queue, EXPLAIN_EVENTS)
        })?;
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
    explain::closings(view.dispatch(), lane, view.now(), queue, |gate| {
        view.gate(gate)
    })
}

/// What stands in the lanes of a queue, and the workers that serve it.
struct Scene<'v, V> {
    view: &'v mut V,
    crew: &'v mut Crew,
}

impl<V: View> Lanes for Scene<'_, V> {
    type Error = V::Error;

    fn dispatch(&self) -> &Dispatch {
        self.view.dispatch()
    }

    fn count(&mut self, lane: LaneId, keys: &Range<OrderKey>, most: u64) -> Result<u64, V::Error> {
        self.view.count(lane, keys, most)
    }

    fn reach(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        end: End,
        most: u64,
    ) -> Result<Reach, V::Error> {
        self.view.reach(lane, keys, end, most)
    }

    fn is_closed(&mut self, kind: KindId) -> Result<bool, V::Error> {
        let reasons = self.crew.of_kind(self.view, kind)?;
        Ok(!reasons.is_empty())
    }
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
