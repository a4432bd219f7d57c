//! Why what waits waits, from the very lanes and gates that workers take from.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

use duly_core::dispatch::{Dispatch, KindId, LaneId};
use duly_core::engine::{Engine, Slot};
use duly_core::explain::{self, End, Lanes, Position, Reach, Reason, Standing};
use duly_core::{Name, OrderKey, State as Stored, TaskId, Timestamp, Vitals};

use super::completions::Buffer;
use super::state::State;
use super::{Scheduler, Shared};
use crate::explain::Explanation;
use crate::sync::{Wakes, lock};
use crate::task::cell::Job;
use crate::task::life::Phase;

/// What stands in the lanes, to be counted.
struct Scene<'e>(&'e Engine<Arc<dyn Job>>);

impl Lanes for Scene<'_> {
    type Error = Infallible;

    fn dispatch(&self) -> &Dispatch {
        self.0.dispatch()
    }

    fn count(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        most: u64,
    ) -> Result<u64, Infallible> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(self.0.count_in(lane, keys, most) as u64)
    }

    fn reach(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        end: End,
        most: u64,
    ) -> Result<Reach, Infallible> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(self.0.reach_in(lane, keys, end, most))
    }

    fn is_closed(&mut self, _: KindId) -> Result<bool, Infallible> {
        // All workers take all names.
        Ok(false)
    }
}

fn sure<T>(answer: Result<T, Infallible>) -> T {
    match answer {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

/// What can be said of a task that no scheduler has.
pub(crate) fn gone(job: &dyn Job, at: Timestamp) -> Explanation {
    let head = job.head();
    let (phase, status) = head.life(|life| (life.phase, life.status()));
    let state = match phase {
        Phase::Queued | Phase::Running | Phase::Retrying | Phase::Returned => None,
        Phase::Completed => Some(Stored::Completed),
        Phase::Failed => Some(Stored::Failed),
        Phase::TimedOut => Some(Stored::TimedOut),
        Phase::Expired => Some(Stored::Expired),
        Phase::Cancelled | Phase::Aborted => Some(Stored::Cancelled),
    };
    let reason = state.map_or(Reason::NotRunning, |state| Reason::Ended { state });
    Explanation {
        task: head.id,
        name: Name::from(&*head.name),
        status,
        at,
        reasons: vec![reason],
        position: None,
        estimated_start: None,
    }
}

impl Scheduler {
    /// Why a task has not started; `None`: there is no unfinished one of this id. It looks for it among
    /// all tasks: [`Handle::explain`](crate::Handle::explain) knows where its own is.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use duly_local::explain::Reason;
    /// # use duly_local::{Scheduler, Task};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let scheduler = Scheduler::builder().workers(1).start();
    /// let task = Task::new("remind", async {}).after(Duration::from_secs(60));
    /// let id = task.id();
    /// scheduler.submit(task).await?;
    /// let why = scheduler.explain(id).ok_or("it is there")?;
    /// assert!(matches!(why.reasons[0], Reason::NotDue { .. }));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn explain(&self, id: TaskId) -> Option<Explanation> {
        let shared = self.shared();
        let job = lock(&shared.state).job(id)?;
        Some(shared.explain(&job))
    }
}

impl Shared {
    /// Why a task has not started.
    pub(crate) fn explain(&self, job: &Arc<dyn Job>) -> Explanation {
        let mut wakes = Wakes::default();
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let settled = !state.stage.begins() || state.pass_time(now, &mut wakes);
        let mut explanation = gone(&**job, now);
        if let Some(slot) = state.find(job.head()) {
            let held = self.completions().map_or(0, Buffer::held);
            state.explain(slot, now, held, &mut explanation);
        }
        if let Some(position) = &mut explanation.position {
            position.exact &= settled;
        }
        drop(state);
        wakes.wake();
        explanation
    }
}

impl State {
    fn job(&self, id: TaskId) -> Option<Arc<dyn Job>> {
        let mut all = self.engine.iter();
        let (_, entry) = all.find(|(_, entry)| entry.id == id)?;
        Some(entry.carry.clone())
    }

    /// Why a task that is here has not started. So many workers are held until somebody reads what ended.
    fn explain(&mut self, slot: Slot, now: Timestamp, held: usize, explanation: &mut Explanation) {
        let Some(entry) = self.engine.entry(slot) else {
            return;
        };
        let (vitals, spec, sequence) = (entry.vitals, entry.lane(), entry.sequence);
        let mut reasons: Vec<Reason> = self.running_reason(explanation.task).into_iter().collect();
        let waits = !vitals.state.is_leased();
        if waits {
            let lane = self.engine.dispatch_mut().lane(spec);
            reasons.extend(self.waiting_reasons(&vitals, lane, now));
            reasons.extend(self.busy(held));
            if vitals.state == Stored::Pending {
                let key = vitals.key(self.engine.dispatch().policy(self.queue), sequence);
                explanation.position = Some(self.position(lane, key, now));
            }
            self.engine.dispatch_mut().drop_idle(lane);
        }
        let deadlines = vitals.deadlines;
        let start_by = deadlines.start().map(|at| Reason::StartBy { at });
        reasons.extend(start_by.filter(|_| waits));
        reasons.extend(deadlines.finish().map(|at| Reason::FinishBy { at }));
        reasons.sort_by_key(|reason| !reason.is_closing());
        if waits {
            let pace = || Ok(self.meters.pace(now));
            let start = explain::estimate(now, &reasons, explanation.position, pace);
            explanation.estimated_start = sure(start);
        }
        explanation.reasons = reasons;
    }

    fn running_reason(&self, id: TaskId) -> Option<Reason> {
        let mut workers = self.current.iter().enumerate();
        let (worker, since) = workers.find_map(|(worker, current)| {
            let current = current.as_ref()?;
            (current.attempt.task == id).then_some((worker, current.started))
        })?;
        Some(Reason::Running {
            worker: Some(format!("duly-{worker}").into()),
            since: Some(since),
        })
    }

    fn waiting_reasons(&self, vitals: &Vitals, lane: LaneId, now: Timestamp) -> Vec<Reason> {
        let dispatch = self.engine.dispatch();
        let name = |gate| self.book.name(gate);
        let mut reasons = Vec::new();
        if vitals.state_at(now).is_waiting() {
            let until = vitals.due_at;
            reasons.push(Reason::NotDue { until });
        }
        if !self.stage.begins() {
            reasons.push(Reason::NotRunning);
        }
        let queue = Name::default();
        reasons.extend(explain::closings(dispatch, lane, now, &queue, name));
        reasons.extend(explain::undefined(dispatch, lane, name));
        reasons
    }

    fn busy(&self, held: usize) -> Option<Reason> {
        let workers = self.current.len();
        let busy = self.stage.begins() && self.running() + held >= workers;
        busy.then(|| Reason::WorkersBusy {
            workers: u32::try_from(workers).unwrap_or(u32::MAX),
            running: self.running() as u64,
            capacity: workers as u64,
        })
    }

    fn position(&self, lane: LaneId, key: OrderKey, at: Timestamp) -> Position {
        let standing = Standing {
            queue: self.queue,
            pending: self.pending() as u64,
            mixed: false,
            lane,
            key,
            at,
        };
        sure(explain::position(&mut Scene(&self.engine), &standing))
    }
}
