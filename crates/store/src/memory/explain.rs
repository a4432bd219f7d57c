//! What explanations see of the memory store.

use std::convert::Infallible;
use std::ops::Range;
use std::time::Duration;

use duly_core::bounds::{EXPIRE_MAX, PROMOTE_MAX};
use duly_core::dispatch::{Dispatch, GateId, KindId, LaneId};
use duly_core::engine::Entry;
use duly_core::explain::{End, Reach};
use duly_core::{EventKind, OrderKey, TaskId, Timestamp};

use super::world::World;
use crate::explain::{self, Pace, QueueView, View};
use crate::{
    Counts, Explanation, Name, QueueExplanation, TaskRecord, WorkerExplanation, WorkerRecord,
};

/// The world at one instant.
struct Scene<'w> {
    world: &'w mut World,
    now: Timestamp,
    /// The lane of the task that is explained: it may have been made to look at it.
    lane: Option<LaneId>,
}

impl Drop for Scene<'_> {
    fn drop(&mut self) {
        if let Some(lane) = self.lane {
            self.world.engine.dispatch_mut().drop_idle(lane);
        }
    }
}

fn sure<T>(answer: Result<T, Infallible>) -> T {
    match answer {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

impl World {
    const fn scene(&mut self, now: Timestamp) -> Scene<'_> {
        Scene {
            world: self,
            now,
            lane: None,
        }
    }

    pub(super) fn explain_task(&mut self, id: TaskId, now: Timestamp) -> Option<Explanation> {
        sure(explain::task(&mut self.scene(now), id))
    }

    pub(super) fn explain_queue(
        &mut self,
        name: &Name,
        now: Timestamp,
    ) -> Option<QueueExplanation> {
        sure(explain::queue(&mut self.scene(now), name))
    }

    pub(super) fn explain_worker(&mut self, name: &str, now: Timestamp) -> Vec<WorkerExplanation> {
        sure(explain::worker(&mut self.scene(now), name))
    }
}

impl View for Scene<'_> {
    type Error = Infallible;

    fn settle(&mut self) -> Result<bool, Infallible> {
        let mut moved = Vec::new();
        let engine = &mut self.world.engine;
        let more_due = engine.promote_due(self.now, PROMOTE_MAX, &mut moved);
        let (_, more_overdue) = self.world.expire(self.now, EXPIRE_MAX);
        Ok(!more_due && !more_overdue)
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn dispatch(&self) -> &Dispatch {
        self.world.engine.dispatch()
    }

    fn task(&mut self, id: TaskId) -> Result<Option<(TaskRecord, Option<LaneId>)>, Infallible> {
        let Some(record) = self.world.task(id, self.now) else {
            return Ok(None);
        };
        let slot = self.world.slot(id);
        let engine = &mut self.world.engine;
        let entry = slot.and_then(|slot| engine.entry(slot));
        let spec = entry.map(Entry::lane);
        self.lane = spec.map(|spec| engine.dispatch_mut().lane(spec));
        Ok(Some((record, self.lane)))
    }

    fn queue(&mut self, name: &Name) -> Result<Option<QueueView>, Infallible> {
        let place = self.world.queues.get(name);
        let queue = place.map(|place| &self.world.queue_list[*place]);
        Ok(queue.filter(|queue| queue.made).map(|queue| QueueView {
            id: queue.id,
            mixed: self.world.engine.is_mixed(queue.id),
            counts: Counts::new(*self.world.engine.counts(queue.id)),
        }))
    }

    fn kind(&mut self, kind: KindId) -> Result<(Name, bool), Infallible> {
        let name = self.world.kind_name(kind).clone();
        let paused = self.world.kinds.settings(&name).paused;
        Ok((name, paused))
    }

    fn gate(&self, gate: GateId) -> Name {
        self.world.gate_name(gate)
    }

    fn workers(&mut self) -> Result<Vec<WorkerRecord>, Infallible> {
        let workers = self.world.worker_records().into_iter();
        let claims = |worker: &WorkerRecord| {
            let known = self.world.workers.get(&worker.registration.incarnation);
            known.is_some_and(|known| !known.lapsed)
        };
        Ok(workers.filter(claims).collect())
    }

    fn count(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        most: u64,
    ) -> Result<u64, Infallible> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(self.world.engine.count_in(lane, keys, most) as u64)
    }

    fn reach(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        end: End,
        most: u64,
    ) -> Result<Reach, Infallible> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(self.world.engine.reach_in(lane, keys, end, most))
    }

    fn pace(&mut self, queue: &Name, events: u32) -> Result<Option<Pace>, Infallible> {
        let mut started = 0;
        let mut oldest = None;
        for (kind, at, task) in self.world.log.newest_of_all(events) {
            let Some(subject) = self.world.subject(task) else {
                continue;
            };
            oldest = Some(oldest.map_or(at, |oldest: Timestamp| oldest.min(at)));
            started += u32::from(kind == EventKind::Started && subject.queue == queue);
        }
        let span = oldest.map_or(Duration::ZERO, |oldest| self.now.since(oldest));
        Ok((started > 0).then_some(Pace { started, span }))
    }
}
