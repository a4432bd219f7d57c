//! The whole scheduler as one state machine in memory.

mod claim;
mod ids;
mod index;
mod keys;
mod kind;
mod lane;
mod slab;
mod step;

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use hashbrown::HashMap;

pub use ids::Ids;
use index::{Index, Places};
use keys::Keys;
pub use keys::{Displaced, Holder, Standing};
use slab::Slab;
pub use slab::Slot;
pub use step::{Effect, Refused};

use crate::bounds::LINES_MAX;
pub use crate::dispatch::{ClaimSpec, Dispatch, KindId, LaneId, LaneSpec, QueueId, Round, Terms};
use crate::explain::{End, Reach};
use crate::{HeldKey, Incarnation, OrderKey, OrderPolicy, State, TaskId, Timestamp, Vitals};

/// An unfinished task.
#[derive(Clone, Debug)]
pub struct Entry<P> {
    /// Its id.
    pub id: TaskId,
    /// The count of submissions at its own; the last part of its order key.
    pub sequence: i64,
    /// What the rules know of it.
    pub vitals: Vitals,
    /// The queue it waits in.
    pub queue: QueueId,
    /// Its kind.
    pub kind: KindId,
    /// Whose work it is, and the limits that it names, as [`Dispatch::terms`] gives them.
    pub terms: Terms,
    /// No two tasks of one kind hold this key at a time.
    pub unique: Option<Arc<HeldKey>>,
    /// The worker that holds it, or held it last.
    pub holder: Option<Incarnation>,
    /// What it carries.
    pub carry: P,
}

impl<P> Entry<P> {
    /// The lane that it belongs in.
    #[must_use]
    pub const fn lane(&self) -> LaneSpec {
        self.lane_at(&self.vitals)
    }

    /// The lane that it belongs in, were it as `vitals` says.
    const fn lane_at(&self, vitals: &Vitals) -> LaneSpec {
        LaneSpec {
            queue: self.queue,
            kind: self.kind,
            suspect: vitals.is_suspect(),
            terms: self.terms,
        }
    }
}

/// Why a task was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// Another task of the kind holds its unique key.
    Exists(TaskId),
    /// Its queue holds as many unfinished tasks as it may.
    Full,
    /// Its queue has lines for as many kinds as it may.
    Lines,
}

#[derive(Debug)]
struct Queue {
    /// The orders that keys of its tasks may still be of, the oldest first.
    former: Vec<OrderPolicy>,
    bound: u64,
    counts: [u64; State::COUNT],
    /// Its lines: how many tasks of each kind were ever taken in.
    lines: HashMap<KindId, u64>,
}

impl Queue {
    /// Takes a place in the line of a kind, unless there are lines for as many kinds as there may be.
    #[inline]
    fn enter(&mut self, kind: KindId) -> Result<(), Rejected> {
        if let Some(taken) = self.lines.get_mut(&kind) {
            *taken += 1;
            return Ok(());
        }
        if self.lines.len() >= LINES_MAX {
            return Err(Rejected::Lines);
        }
        self.lines.insert(kind, 1);
        Ok(())
    }
}

/// All unfinished tasks, and the rules that move them.
///
/// `P` is what a task carries: a payload, a closure, nothing. The engine has no clock and knows no
/// names: the driver (the memory store, the in-process scheduler, the simulation) passes instants in,
/// turns what comes out into events as far as it wants any, and keeps the history. Every operation is
/// O(log n) in the number of unfinished tasks, or better.
///
/// ```
/// use duly_core::engine::{ClaimSpec, Engine, Entry, KindId, Terms};
/// use duly_core::{Incarnation, Priority, TaskId, Timestamp, Vitals};
///
/// let mut engine = Engine::new();
/// let queue = engine.add_queue();
/// let now = Timestamp::from_micros(0);
/// for (n, priority) in [(1, Priority::Low), (2, Priority::Critical)] {
///     let entry = Entry {
///         id: TaskId::from_bytes([n; 16]),
///         sequence: engine.next_sequence(),
///         vitals: Vitals::submitted(priority, now, None, 3, now),
///         queue,
///         kind: KindId(0),
///         terms: Terms::NONE,
///         unique: None,
///         holder: None,
///         carry: format!("task {n}"),
///     };
///     engine.submit(entry, now).unwrap();
/// }
/// let mut leased = Vec::new();
/// let spec = ClaimSpec {
///     queues: &[queue],
///     kinds: &[KindId(0)],
///     run: 1,
///     ..ClaimSpec::default()
/// };
/// engine.claim(Incarnation::from_bytes([0; 16]), &spec, now, &mut leased);
/// assert_eq!(engine.entry(leased[0]).unwrap().carry, "task 2");
/// ```
#[derive(Debug)]
pub struct Engine<P> {
    entries: Slab<Entry<P>>,
    /// `None`: the driver remembers where its tasks lie.
    ids: Option<Ids<Slot>>,
    keys: Keys,
    index: Index,
    dispatch: Dispatch,
    queues: Vec<Queue>,
    sequence: i64,
    /// Where a claim keeps its heads, so that it need not make room each time.
    round: Option<Box<Round>>,
}

impl<P> Default for Engine<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P> Engine<P> {
    /// An engine without tasks.
    #[must_use]
    pub fn new() -> Self {
        Self {
            entries: Slab::new(),
            ids: Some(Ids::default()),
            keys: Keys::default(),
            index: Index::default(),
            dispatch: Dispatch::default(),
            queues: Vec::new(),
            sequence: 0,
            round: None,
        }
    }

    /// An engine for a driver that remembers itself where its tasks lie and who holds them: here,
    /// [`find`](Self::find) and [`held_by`](Self::held_by) find nothing. It costs less memory, and no
    /// look at a table that grows with the backlog.
    #[must_use]
    pub fn lean() -> Self {
        let mut engine = Self::new();
        engine.ids = None;
        engine.index.forget_holders();
        engine
    }

    /// An engine for a driver that has a table of ids of its own, as it keeps finished tasks too: here,
    /// [`find`](Self::find) finds leased tasks only.
    #[must_use]
    pub fn without_ids() -> Self {
        Self {
            ids: None,
            ..Self::new()
        }
    }

    /// Makes a queue: not paused, without a bound.
    pub fn add_queue(&mut self) -> QueueId {
        self.queues.push(Queue {
            former: Vec::new(),
            bound: u64::MAX,
            counts: [0; State::COUNT],
            lines: HashMap::new(),
        });
        self.dispatch.add_queue()
    }

    /// Who is next: queues, limits and tenants as claims see them.
    #[must_use]
    pub const fn dispatch(&self) -> &Dispatch {
        &self.dispatch
    }

    /// The same, to change queues, limits and tenants. Heads and leases are the engine's; so is the order of a
    /// queue ([`set_policy`](Self::set_policy)).
    pub const fn dispatch_mut(&mut self) -> &mut Dispatch {
        &mut self.dispatch
    }

    /// Pauses or resumes a queue: while paused, nothing starts from it.
    pub fn set_paused(&mut self, queue: QueueId, paused: bool) {
        self.dispatch.set_paused(queue, paused);
    }

    /// Changes how a queue orders its tasks. It counts at once for those that come into line from now on;
    /// those that stand there are moved by [`rekey`](Self::rekey), one by one.
    pub fn set_policy(&mut self, queue: QueueId, policy: OrderPolicy) {
        let before = self.dispatch.policy(queue);
        if before == policy {
            return;
        }
        let former = &mut self.queues[queue.index()].former;
        former.retain(|other| *other != before);
        former.push(before);
        self.dispatch.set_policy(queue, policy);
    }

    /// Whether keys of tasks of a queue may be of an order that it had before.
    #[must_use]
    pub fn is_mixed(&self, queue: QueueId) -> bool {
        !self.queues[queue.index()].former.is_empty()
    }

    /// All that stand in line in a queue have been moved to where its order has them.
    pub fn rekeyed(&mut self, queue: QueueId) {
        self.queues[queue.index()].former = Vec::new();
    }

    /// Bounds how many unfinished tasks a queue may hold.
    pub fn set_bound(&mut self, queue: QueueId, bound: u64) {
        self.queues[queue.index()].bound = bound;
    }

    /// How many unfinished tasks of a queue are in each state, as stored.
    #[must_use]
    pub fn counts(&self, queue: QueueId) -> &[u64; State::COUNT] {
        &self.queues[queue.index()].counts
    }

    /// Of the tasks of a queue that stand in line, the earliest instant that one was due. Looks at one
    /// task per lane and priority.
    #[must_use]
    pub fn oldest_due(&self, queue: QueueId) -> Option<Timestamp> {
        let lanes = self.dispatch.lanes_of(queue);
        lanes
            .flat_map(|lane| self.index.firsts(lane))
            .filter_map(|slot| Some(self.entry(slot)?.vitals.due_at))
            .min()
    }

    /// How many tasks are unfinished.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no task is unfinished.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The next sequence. What is not used leaves a gap, unless it is given back by
    /// [`set_sequence`](Self::set_sequence).
    pub const fn next_sequence(&mut self) -> i64 {
        self.sequence += 1;
        self.sequence
    }

    /// The newest sequence that was given out.
    #[must_use]
    pub const fn sequence(&self) -> i64 {
        self.sequence
    }

    /// Sets the newest sequence: to go on from a saved state, or to undo a batch.
    pub const fn set_sequence(&mut self, sequence: i64) {
        self.sequence = sequence;
    }

    /// Takes a task in.
    ///
    /// # Errors
    /// [`Rejected`], with the entry, if its unique key is taken or its queue is full.
    pub fn submit(
        &mut self,
        entry: Entry<P>,
        now: Timestamp,
    ) -> Result<Slot, (Rejected, Entry<P>)> {
        if let Some(existing) = self.rival(&entry, &entry.vitals, now) {
            return Err((Rejected::Exists(existing), entry));
        }
        let queue = &mut self.queues[entry.queue.index()];
        if queue.counts.iter().sum::<u64>() >= queue.bound {
            return Err((Rejected::Full, entry));
        }
        match queue.enter(entry.kind) {
            Ok(()) => Ok(self.admit(entry, now)),
            Err(rejected) => Err((rejected, entry)),
        }
    }

    /// Takes a place in a line for a finished task that the driver keeps: it could come back. It is given
    /// up by [`leave_line`](Self::leave_line).
    ///
    /// # Errors
    /// [`Rejected::Lines`].
    pub fn enter_line(&mut self, queue: QueueId, kind: KindId) -> Result<(), Rejected> {
        self.queues[queue.index()].enter(kind)
    }

    /// As if a task of this kind had never been taken in.
    pub fn leave_line(&mut self, queue: QueueId, kind: KindId) {
        let lines = &mut self.queues[queue.index()].lines;
        if let Some(taken) = lines.get_mut(&kind) {
            *taken -= 1;
            if *taken == 0 {
                lines.remove(&kind);
            }
        }
    }

    /// Takes a finished task in again, as it is; bounds do not count for it.
    ///
    /// # Errors
    /// The task that has its unique key now, with the entry.
    pub fn readmit(&mut self, entry: Entry<P>, now: Timestamp) -> Result<Slot, (TaskId, Entry<P>)> {
        if let Some(existing) = self.rival(&entry, &entry.vitals, now) {
            return Err((existing, entry));
        }
        let lines = &mut self.queues[entry.queue.index()].lines;
        *lines.entry(entry.kind).or_default() += 1;
        Ok(self.admit(entry, now))
    }

    #[inline]
    fn admit(&mut self, entry: Entry<P>, now: Timestamp) -> Slot {
        let queue = &mut self.queues[entry.queue.index()];
        queue.counts[usize::from(entry.vitals.state.code())] += 1;
        let (id, has_key) = (entry.id, entry.unique.is_some());
        self.dispatch.carry(entry.terms);
        let former = &queue.former;
        let slot = self.entries.insert(entry);
        let places = self.entries.get(slot).map(Places::of);
        let dispatch = &mut self.dispatch;
        self.index
            .update(slot, None, places.as_ref(), dispatch, former);
        if let Some(ids) = &mut self.ids {
            ids.insert(id, slot);
        }
        if has_key {
            self.take_key(slot, now);
        }
        slot
    }

    /// Takes a task out as if it had never been taken in.
    pub fn undo(&mut self, slot: Slot) {
        let Some(entry) = self.withdraw(slot) else {
            return;
        };
        self.release(&entry);
        self.leave_line(entry.queue, entry.kind);
    }

    /// Takes a task out, whatever its state. A key that is held until an instant stays held.
    #[inline]
    pub fn withdraw(&mut self, slot: Slot) -> Option<Entry<P>> {
        let entry = self.entries.remove(slot)?;
        self.dispatch.put_down(entry.terms);
        // What has ended stands nowhere any more.
        if !entry.vitals.state.is_final() {
            let former = &self.queues[entry.queue.index()].former;
            let places = Places::of(&entry);
            self.index
                .update(slot, Some(&places), None, &mut self.dispatch, former);
        }
        self.queues[entry.queue.index()].counts[usize::from(entry.vitals.state.code())] -= 1;
        if let Some(ids) = &mut self.ids {
            ids.remove(entry.id, slot);
        }
        self.key_of_ended(&entry);
        Some(entry)
    }

    /// Where an unfinished task lies.
    #[must_use]
    pub fn find(&self, id: TaskId) -> Option<Slot> {
        let is = |slot| self.entry(slot).is_some_and(|entry| entry.id == id);
        let leased = self.index.leased(id, is);
        leased.or_else(|| self.ids.as_ref()?.find(id, is))
    }

    /// An unfinished task.
    #[must_use]
    pub fn entry(&self, slot: Slot) -> Option<&Entry<P>> {
        self.entries.get(slot)
    }

    /// What an unfinished task carries, to change it.
    pub fn carry_mut(&mut self, slot: Slot) -> Option<&mut P> {
        self.entries.get_mut(slot).map(|entry| &mut entry.carry)
    }

    /// All unfinished tasks, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &Entry<P>)> {
        self.entries.iter()
    }

    /// How many pending tasks of a lane have keys in a range, counted to `most`.
    #[must_use]
    pub fn count_in(&self, lane: LaneId, keys: &Range<OrderKey>, most: usize) -> usize {
        self.index.count(lane, keys, most)
    }

    /// How far `most` pending tasks of a lane reach, from one end of those with keys in a range.
    #[must_use]
    pub fn reach_in(&self, lane: LaneId, keys: &Range<OrderKey>, end: End, most: usize) -> Reach {
        self.index.reach(lane, keys, end, most)
    }

    /// What a worker holds, by sequence.
    pub fn held_by(&self, holder: Incarnation) -> impl Iterator<Item = Slot> {
        self.index.held_by(holder)
    }
}
