//! What a store shows of one instant.

use std::ops::Range;

use duly_core::dispatch::{Dispatch, GateId, KindId, LaneId, QueueId};
use duly_core::explain::{End, Pace, Reach};
use duly_core::{OrderKey, TaskId, Timestamp};

use crate::{Counts, Name, TaskRecord, WorkerRecord};

/// A store at one instant, in one transaction. It begins as a claim does, with what time has done: what has
/// become due stands in line, and what waits beyond a deadline has expired.
pub trait View {
    /// What can go wrong.
    type Error;

    /// Does what time has done. Answers whether that was all: it is done in bounded steps.
    ///
    /// # Errors
    /// The store's.
    fn settle(&mut self) -> Result<bool, Self::Error>;

    /// The instant.
    fn now(&self) -> Timestamp;

    /// What its claims go by.
    fn dispatch(&self) -> &Dispatch;

    /// A task, and, unless it has ended, its lane.
    ///
    /// # Errors
    /// The store's.
    fn task(&mut self, id: TaskId) -> Result<Option<(TaskRecord, Option<LaneId>)>, Self::Error>;

    /// A queue with all its lanes in which somebody stands.
    ///
    /// # Errors
    /// The store's.
    fn queue(&mut self, name: &Name) -> Result<Option<QueueView>, Self::Error>;

    /// The name of a kind, and whether it is paused.
    ///
    /// # Errors
    /// The store's.
    fn kind(&mut self, kind: KindId) -> Result<(Name, bool), Self::Error>;

    /// The name of a limit or a tenant.
    fn gate(&self, gate: GateId) -> Name;

    /// All workers that may claim, by incarnation.
    ///
    /// # Errors
    /// The store's.
    fn workers(&mut self) -> Result<Vec<WorkerRecord>, Self::Error>;

    /// How many tasks stand in a lane with keys in a range, counted to `most`.
    ///
    /// # Errors
    /// The store's.
    fn count(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        most: u64,
    ) -> Result<u64, Self::Error>;

    /// How far `most` tasks reach, from one end of those that stand in a lane with keys in a range; fewer, if
    /// there are no more.
    ///
    /// # Errors
    /// The store's.
    fn reach(
        &mut self,
        lane: LaneId,
        keys: &Range<OrderKey>,
        end: End,
        most: u64,
    ) -> Result<Reach, Self::Error>;

    /// The starts of a queue among the newest `events`; `None`: there are none.
    ///
    /// # Errors
    /// The store's.
    fn pace(&mut self, queue: &Name, events: u32) -> Result<Option<Pace>, Self::Error>;
}

/// A queue, as dispatch knows it.
#[derive(Clone, Copy, Debug)]
pub struct QueueView {
    /// Its number.
    pub id: QueueId,
    /// Its order was changed, and not all tasks stand where it has them.
    pub mixed: bool,
    /// How many tasks are in each state.
    pub counts: Counts,
}
