//! What the memory store's lock guards.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use duly_core::engine::{Effect, Engine, Entry, Ids, KindId, QueueId, Slot};
use duly_core::{EventKind, Incarnation, State, TaskId, Timestamp};

use super::body::{self, Body, Finished, Seen};
use super::event::{self, Detail, Log, Subject};
use super::limit::Limits;
use super::roll::Roll;
use super::schedule::Schedules;
use super::snapshot::Watch;
use super::sparse::Sparse;
use super::unique::Replaced;
use super::worker::Worker;
use crate::{Counts, KindSettings, Name, QueueSettings, TaskRecord, TenantSettings, Totals};

/// Where a task is found by its sequence.
#[derive(Debug)]
pub(super) enum Place {
    Unfinished(Slot),
    Finished(Box<Finished>),
}

/// A queue's settings, and the counts of its finished tasks (the engine counts the others).
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) name: Name,
    pub(super) id: QueueId,
    pub(super) settings: QueueSettings,
    /// A task or a setting has made it; a submit that was refused has not.
    pub(super) made: bool,
    /// Up to which sequence tasks stand where its order has them, while those behind may not.
    pub(super) rekeyed_to: i64,
    pub(super) finished: Counts,
    pub(super) totals: Totals,
    /// Finished tasks by `(finished_at, sequence)`: completed ones, and failed ones.
    pub(super) history: [BTreeSet<(Timestamp, i64)>; 2],
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) engine: Engine<Body>,
    pub(super) tasks: Sparse<Place>,
    /// The sequences of all tasks, by id.
    pub(super) ids: Ids<i64>,
    /// When somebody may have to be told of which task.
    pub(super) alerts: BTreeSet<(Timestamp, i64)>,
    /// Submissions that have replaced what a task was to do.
    pub(super) replaced: Replaced,
    pub(super) log: Log,
    pub(super) queues: BTreeMap<Name, usize>,
    pub(super) queue_list: Vec<Queue>,
    /// Where queues stand that were added since [`forget_unmade`](Self::forget_unmade).
    queues_given: Vec<usize>,
    /// Where those stood whose names were forgotten: their places are given to others.
    queues_free: Vec<usize>,
    /// Stands for every queue that nobody has made yet; the engine's first, so that the others follow
    /// in the order of `queue_list`.
    pub(super) no_queue: QueueId,
    /// Where a kind has its place, the engine has its number.
    pub(super) kinds: Roll<KindSettings>,
    pub(super) tenants: Roll<TenantSettings>,
    pub(super) limits: Limits,
    pub(super) workers: BTreeMap<Incarnation, Worker>,
    pub(super) leaders: HashMap<Name, (Incarnation, Timestamp)>,
    pub(super) schedules: Schedules,
    /// What changes while a snapshot is taken.
    pub(super) watch: Watch,
    pub(super) closed: bool,
}

/// Which half of a queue's history a final state belongs to.
pub(super) const fn half(state: State) -> usize {
    matches!(state, State::Failed | State::TimedOut) as usize
}

fn kind_id(place: usize) -> KindId {
    KindId(u32::try_from(place).expect("kinds fit in memory"))
}

fn tenant_place(place: usize) -> u32 {
    u32::try_from(place).expect("tenants fit in memory")
}

impl World {
    pub(super) fn new() -> Self {
        let mut engine = Engine::without_ids();
        let no_queue = engine.add_queue();
        Self {
            engine,
            no_queue,
            tasks: Sparse::new(),
            ids: Ids::default(),
            alerts: BTreeSet::new(),
            replaced: Replaced::default(),
            log: Log::new(),
            queues: BTreeMap::new(),
            queue_list: Vec::new(),
            queues_given: Vec::new(),
            queues_free: Vec::new(),
            kinds: Roll::new(),
            tenants: Roll::new(),
            limits: Limits::default(),
            workers: BTreeMap::new(),
            leaders: HashMap::new(),
            schedules: Schedules::default(),
            watch: Watch::default(),
            closed: false,
        }
    }

    /// The queue of a name, made if there is none.
    pub(super) fn queue_mut(&mut self, name: &Name) -> &mut Queue {
        let index = if let Some(index) = self.queues.get(name) {
            *index
        } else if let Some(index) = self.queues_free.pop() {
            self.queue_list[index].name = name.clone();
            self.queues_given.push(index);
            self.queues.insert(name.clone(), index);
            index
        } else {
            let settings = QueueSettings::default();
            let id = self.engine.add_queue();
            self.engine.set_bound(id, settings.bound);
            self.queue_list.push(Queue {
                name: name.clone(),
                id,
                settings,
                made: false,
                rekeyed_to: 0,
                finished: Counts::default(),
                totals: Totals::default(),
                history: [BTreeSet::new(), BTreeSet::new()],
            });
            let index = self.queue_list.len() - 1;
            self.queues_given.push(index);
            self.queues.insert(name.clone(), index);
            index
        };
        &mut self.queue_list[index]
    }

    /// Forgets the queues, kinds and tenants that nothing has made: only what was refused has named them.
    /// Before an operation.
    pub(super) fn forget_unmade(&mut self) {
        self.kinds.forget_unmade();
        let tenants = self.tenants.forget_unmade();
        self.forget_tenants(&tenants);
        for index in std::mem::take(&mut self.queues_given) {
            let queue = &self.queue_list[index];
            if !queue.made {
                self.queues.remove(&queue.name);
                self.queues_free.push(index);
            }
        }
    }

    /// Where a queue stands in `queue_list`.
    pub(super) const fn place_of(id: QueueId) -> usize {
        id.index() - 1
    }

    pub(super) fn queue_of(&mut self, id: QueueId) -> &mut Queue {
        &mut self.queue_list[Self::place_of(id)]
    }

    pub(super) fn queue_name(&self, id: QueueId) -> &Name {
        &self.queue_list[Self::place_of(id)].name
    }

    pub(super) fn kind(&mut self, name: &Name) -> KindId {
        kind_id(self.kinds.place(name))
    }

    /// The place of a tenant in their roll; it gets one if it has none.
    pub(super) fn tenant(&mut self, name: &Name) -> u32 {
        tenant_place(self.tenants.place(name))
    }

    /// The place of a tenant, if it has one.
    pub(super) fn known_tenant(&self, name: &Name) -> Option<u32> {
        self.tenants.find(name).map(tenant_place)
    }

    /// The number of a kind, if it has one.
    pub(super) fn known_kind(&self, name: &Name) -> Option<KindId> {
        self.kinds.find(name).map(kind_id)
    }

    pub(super) fn kind_name(&self, kind: KindId) -> &Name {
        &self.kinds.at(kind.0 as usize).name
    }

    /// The queues for which a limit or a tenant has opened.
    pub(super) fn take_woken(&mut self) -> Vec<Name> {
        let woken = self.engine.dispatch_mut().take_woken().into_iter();
        woken.map(|queue| self.queue_name(queue).clone()).collect()
    }

    /// The name of the worker that holds an entry.
    pub(super) fn holder_name(&self, holder: Option<Incarnation>) -> Option<Name> {
        Some(self.workers.get(&holder?)?.registration.name.clone())
    }

    /// Writes an event of an unfinished task.
    pub(super) fn write(&mut self, slot: Slot, kind: EventKind, at: Timestamp, detail: Detail) {
        let Some(entry) = self.engine.entry(slot) else {
            return;
        };
        let row = event::Entry {
            task: entry.sequence,
            kind,
            at,
            attempt: entry.vitals.attempt,
        };
        let queue = entry.queue;
        self.watch.mark(entry.sequence);
        let last = self.log.write(&row, entry.carry.last_event, detail);
        if let Some(body) = self.engine.carry_mut(slot) {
            body.last_event = last;
        }
        self.queue_of(queue).totals.add(kind, 1);
    }

    /// An unfinished task has come, or goes on after it had ended: its kind and its tenant have one more.
    pub(super) fn enters(&mut self, kind: KindId, tenant: Option<u32>) {
        self.kinds.enters(kind.0 as usize);
        if let Some(tenant) = tenant {
            self.tenants.enters(tenant as usize);
        }
    }

    /// An unfinished task has ended.
    fn leaves(&mut self, kind: KindId, tenant: Option<u32>) {
        self.kinds.leaves(kind.0 as usize);
        if let Some(tenant) = tenant {
            self.tenants.leaves(tenant as usize);
        }
    }

    /// Whose work a task is, by name.
    fn tenant_name(&self, entry: &Entry<Body>) -> Option<Name> {
        let place = entry.carry.tenant?;
        Some(self.tenants.at(place as usize).name.clone())
    }

    /// Records what an operation did to a task, and keeps it if it has ended.
    pub(super) fn record(
        &mut self,
        effect: Effect<Body>,
        now: Timestamp,
        detail: Detail,
        worker: Option<Name>,
        result: Option<crate::Payload>,
    ) {
        match effect {
            Effect::Moved { slot, event } => {
                if let Some(error) = &detail.error
                    && let Some(body) = self.engine.carry_mut(slot)
                {
                    body.rare_mut().error = Some(error.clone());
                }
                if let Some(event) = event {
                    self.write(slot, event, now, detail);
                }
            }
            Effect::Finished { entry, event } => {
                self.leaves(entry.kind, entry.carry.tenant);
                let finished = Finished {
                    entry,
                    finished_at: now,
                    worker,
                    result,
                };
                self.finish(finished, event, detail);
            }
        }
    }

    pub(super) fn finish(&mut self, mut finished: Finished, event: EventKind, detail: Detail) {
        let entry = &mut finished.entry;
        if entry.vitals.state == State::Completed {
            if let Some(rare) = &mut entry.carry.rare {
                rare.error = None;
            }
        } else if let Some(error) = &detail.error {
            entry.carry.rare_mut().error = Some(error.clone());
        }
        let row = event::Entry {
            task: entry.sequence,
            kind: event,
            at: finished.finished_at,
            attempt: entry.vitals.attempt,
        };
        entry.carry.last_event = self.log.write(&row, entry.carry.last_event, detail);
        self.queue_of(finished.entry.queue).totals.add(event, 1);
        self.keep(finished);
    }

    /// A task has come: from now on it is found, by its sequence and by its id.
    pub(super) fn add(&mut self, id: TaskId, sequence: i64, slot: Slot) {
        self.tasks.insert(sequence, Place::Unfinished(slot));
        self.ids.insert(id, sequence);
    }

    /// As if an unfinished task had never come.
    pub(super) fn undo_add(&mut self, slot: Slot) {
        if let Some(entry) = self.engine.entry(slot) {
            self.tasks.remove(entry.sequence);
            self.ids.remove(entry.id, entry.sequence);
        }
        self.engine.undo(slot);
    }

    /// Where a task is found.
    pub(super) fn place(&self, id: TaskId) -> Option<&Place> {
        let place = |sequence| {
            let place = self.tasks.get(sequence)?;
            (self.entry_at(place)?.id == id).then_some(place)
        };
        place(self.ids.find(id, |sequence| place(sequence).is_some())?)
    }

    /// Where an unfinished task lies.
    pub(super) fn slot(&self, id: TaskId) -> Option<Slot> {
        match self.place(id)? {
            Place::Unfinished(slot) => Some(*slot),
            Place::Finished(_) => None,
        }
    }

    /// Adds a finished task to the history.
    pub(super) fn keep(&mut self, finished: Finished) {
        let sequence = finished.entry.sequence;
        let state = finished.entry.vitals.state;
        self.watch.mark(sequence);
        self.engine.dispatch_mut().keep(finished.entry.terms);
        let queue = self.queue_of(finished.entry.queue);
        queue.finished.add(state, 1);
        queue.history[half(state)].insert((finished.finished_at, sequence));
        self.tasks
            .insert(sequence, Place::Finished(Box::new(finished)));
    }

    /// Takes a finished task out of the history.
    pub(super) fn unfinish(&mut self, sequence: i64) -> Option<Finished> {
        let Some(Place::Finished(_)) = self.tasks.get(sequence) else {
            return None;
        };
        let Some(Place::Finished(finished)) = self.tasks.remove(sequence) else {
            return None;
        };
        let state = finished.entry.vitals.state;
        self.engine.dispatch_mut().let_go(finished.entry.terms);
        let queue = self.queue_of(finished.entry.queue);
        queue.finished.take(state, 1);
        queue.history[half(state)].remove(&(finished.finished_at, sequence));
        Some(*finished)
    }

    /// Removes a finished task with its events.
    pub(super) fn remove(&mut self, sequence: i64) -> Option<Finished> {
        let finished = self.unfinish(sequence)?;
        self.ids.remove(finished.entry.id, sequence);
        self.watch.mark(sequence);
        self.forget_alert(&finished.entry);
        self.replaced.forget(finished.entry.id);
        self.log.remove(finished.entry.carry.last_event);
        Some(finished)
    }

    pub(super) fn task(&self, id: TaskId, now: Timestamp) -> Option<TaskRecord> {
        self.show(self.place(id)?, now)
    }

    pub(super) fn show(&self, place: &Place, now: Timestamp) -> Option<TaskRecord> {
        match place {
            Place::Unfinished(slot) => Some(self.show_unfinished(self.engine.entry(*slot)?, now)),
            Place::Finished(finished) => {
                let entry = &finished.entry;
                let seen = Seen {
                    kind: self.kind_name(entry.kind),
                    queue: self.queue_name(entry.queue),
                    tenant: self.tenant_name(entry),
                    worker: finished.worker.clone(),
                    holder: None,
                    finished: Some(finished),
                    limits: self.limit_uses(entry.terms),
                    state: entry.vitals.state,
                };
                Some(body::record(entry, seen))
            }
        }
    }

    fn show_unfinished(&self, entry: &Entry<Body>, now: Timestamp) -> TaskRecord {
        let holder = entry.holder.filter(|_| entry.vitals.state.is_leased());
        let seen = Seen {
            kind: self.kind_name(entry.kind),
            queue: self.queue_name(entry.queue),
            tenant: self.tenant_name(entry),
            worker: self.holder_name(holder),
            holder,
            finished: None,
            limits: self.limit_uses(entry.terms),
            state: entry.vitals.state_at(now),
        };
        body::record(entry, seen)
    }

    /// What lies at a place.
    pub(super) fn entry_at<'a>(&'a self, place: &'a Place) -> Option<&'a Entry<Body>> {
        match place {
            Place::Unfinished(slot) => self.engine.entry(*slot),
            Place::Finished(finished) => Some(&finished.entry),
        }
    }

    /// What the events of a task say of it, by its sequence.
    pub(super) fn subject(&self, sequence: i64) -> Option<Subject<'_>> {
        Some(self.subject_of(self.entry_at(self.tasks.get(sequence)?)?))
    }

    pub(super) fn subject_of(&self, entry: &Entry<Body>) -> Subject<'_> {
        Subject {
            id: entry.id,
            kind: self.kind_name(entry.kind),
            queue: self.queue_name(entry.queue),
        }
    }
}
