//! What the writer knows by heart: interned names, settings, counts, counters, and who is next, so that
//! most tasks cost no look-up. It is exact as long as no other connection has committed; then what may
//! have changed is read anew, as the [news](news) tell.

mod gate;
mod idle;
mod kind;
mod lane;
mod lease;
mod limit;
mod name;
mod news;
mod queue;
mod settings;
mod tenant;
mod turn;

use std::collections::HashSet;

use duly_core::dispatch::{Dispatch, Round};
use duly_core::{Incarnation, TaskId, Timestamp};
use duly_store::Name;
use hashbrown::HashMap;
use rusqlite::{Connection, Result, params};

#[cfg(test)]
pub(crate) use idle::{COUNT_LANE, EMPTY, LANES_KEPT_MAX, REMOVE_LANE};
#[cfg(test)]
pub(crate) use kind::HELD as HELD_KINDS;
pub(crate) use kind::settings as kind_settings;
use lane::Lane;
#[cfg(test)]
pub(crate) use lane::{LANE, LANE_BY_ID, STANDING};
pub(crate) use lane::{LaneSlot, Line, kind_id};
#[cfg(test)]
pub(crate) use lease::{HELD_BY, LEASED};
#[cfg(test)]
pub(crate) use limit::LIMIT;
pub(crate) use name::Worker;
#[cfg(test)]
pub(crate) use news::{NEWEST, SINCE};
#[cfg(test)]
pub(crate) use queue::PLAIN_LANES;
pub(crate) use queue::{Queue, QueueSlot};
pub(crate) use settings::{SETTINGS_WIDTH, order_columns, settings, settings_columns};
pub(crate) use tenant::{Tenant, settings as tenant_settings, tenants_are_full};

/// More names than this are not kept by heart between transactions.
const NAMES_MAX: usize = 20_000;
/// More records of tenants than this are not kept by heart between transactions.
const TENANTS_KEPT_MAX: usize = 200_000;
/// How many leases are kept by heart: task id to sequence.
const LEASES_MAX: usize = 100_000;

const COUNTERS: &str = "SELECT (SELECT value FROM duly_counter WHERE name = 'task'),
            (SELECT value FROM duly_counter WHERE name = 'event'),
            (SELECT value FROM duly_counter WHERE name = 'counted')";
const SET_TASK: &str = "UPDATE duly_counter SET value = ?1 WHERE name = 'task'";
/// Events are counted by the transaction that writes them.
const SET_EVENT: &str = "UPDATE duly_counter SET value = ?1 WHERE name IN ('event', 'counted')";
/// Counts the events that were written by a version that does not count them.
pub(crate) const CATCH_UP: &str = "INSERT INTO duly_total (queue, kind, n)
    SELECT t.queue, e.kind, count(*)
    FROM duly_event AS e CROSS JOIN duly_task AS t ON t.sequence = e.task
    WHERE e.sequence > ?1 AND e.sequence <= ?2 GROUP BY t.queue, e.kind
    ON CONFLICT DO UPDATE SET n = n + excluded.n";
const ADD_TOTAL: &str = "INSERT INTO duly_total (queue, kind, n) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET n = n + excluded.n";
const SET_COUNT: &str = "INSERT INTO duly_count (queue, state, n) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET n = excluded.n";

/// How far the book had come at a savepoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    queues: usize,
    lines: usize,
    lanes: usize,
    offered: usize,
    kinds: usize,
    tenants: usize,
    names: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Counters {
    pub(crate) task: i64,
    pub(crate) event: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Book {
    counters: Option<(Counters, Counters)>,
    queues: Vec<Queue>,
    queue_slots: HashMap<Name, QueueSlot>,
    queue_ids: HashMap<i64, QueueSlot>,
    /// Places of queues that were made and undone, to be used again.
    gone_queues: Vec<QueueSlot>,
    /// Those that may have something to be written.
    counted_queues: Vec<QueueSlot>,
    /// Names of which there is no queue.
    no_queues: HashSet<Name>,
    /// What was read of a queue in another reading may be outdated.
    reading: u64,
    lanes: Vec<Lane>,
    lane_slots: HashMap<i64, LaneSlot>,
    /// Lanes whose numbers of unfinished tasks have changed, and by how much.
    lanes_won: Vec<(LaneSlot, i64)>,
    /// Who is next: it knows queues and lanes by the same numbers.
    pub(crate) dispatch: Dispatch,
    pub(crate) round: Round,
    no_queue: Option<QueueSlot>,
    gates: gate::Gates,
    held: lease::Held,
    news: news::News,
    kinds: HashMap<Name, i64>,
    kind_names: HashMap<i64, Name>,
    kind_roll: kind::Kinds,
    tenants: tenant::Tenants,
    names: HashMap<Name, i64>,
    workers: HashMap<Incarnation, Option<Worker>>,
    /// Queues made in this transaction.
    made_queues: Vec<QueueSlot>,
    /// Lines made in this transaction.
    made_lines: Vec<(QueueSlot, i64)>,
    /// Lanes made in this transaction.
    made_lanes: Vec<LaneSlot>,
    /// Lanes into which tasks came in this transaction.
    offered: Vec<LaneSlot>,
    /// Kinds made in this transaction.
    made_kinds: Vec<Name>,
    /// Tenants made in this transaction.
    made_tenants: Vec<Name>,
    /// Names made in this transaction.
    made_names: Vec<Name>,
    /// Sequences of tasks leased here. True once committed: no sequence is used twice, and a claim names it anew.
    leases: HashMap<TaskId, i64>,
    /// How many lanes were in use when idle ones were last forgotten.
    lanes_in_use: usize,
}

impl Book {
    /// Forgets everything: a transaction was undone, and with it perhaps names and tasks that it had made;
    /// their numbers are given to others.
    pub(crate) fn forget(&mut self) {
        let most = self.gates.limits_most;
        *self = Self::default();
        self.gates.limits_most = most;
    }

    /// How far it has come.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            queues: self.made_queues.len(),
            lines: self.made_lines.len(),
            lanes: self.made_lanes.len(),
            offered: self.offered.len(),
            kinds: self.made_kinds.len(),
            tenants: self.made_tenants.len(),
            names: self.made_names.len(),
        }
    }

    /// Forgets what was made since.
    pub(crate) fn undo_to(&mut self, mark: Mark) {
        self.undo_lanes(&mark);
        for slot in self.made_queues.drain(mark.queues..) {
            let queue = &mut self.queues[slot.index()];
            self.queue_slots.remove(&queue.name);
            self.queue_ids.remove(&queue.id);
            queue.leave();
            self.gone_queues.push(slot);
        }
        for kind in self.made_kinds.drain(mark.kinds..) {
            if let Some(id) = self.kinds.remove(&kind) {
                self.kind_names.remove(&id);
                self.kind_roll.drop(id);
            }
        }
        for tenant in self.made_tenants.drain(mark.tenants..) {
            self.tenants.remove(&tenant);
        }
        for name in self.made_names.drain(mark.names..) {
            self.names.remove(&name);
        }
    }

    /// Keeps itself small, between transactions.
    pub(crate) fn trim(&mut self) {
        self.made_queues.clear();
        self.made_lines.clear();
        self.made_lanes.clear();
        self.offered.clear();
        self.made_kinds.clear();
        self.made_tenants.clear();
        self.made_names.clear();
        if self.names.len() + self.workers.len() + self.no_queues.len() > NAMES_MAX {
            self.names.clear();
            self.workers.clear();
            self.no_queues.clear();
        }
        if self.tenants.len() > TENANTS_KEPT_MAX {
            self.tenants.clear();
        }
        if self.leases.len() > LEASES_MAX {
            self.leases.clear();
        }
        self.trim_lanes();
    }

    /// A queue that stands for those that nobody has made.
    pub(crate) fn no_queue(&mut self) -> QueueSlot {
        if let Some(slot) = self.no_queue {
            return slot;
        }
        let slot = self.add_nobody();
        self.no_queue = Some(slot);
        slot
    }

    /// Of which lane the head is next in the claim that was begun.
    pub(crate) fn next(&mut self) -> Option<duly_core::dispatch::Pick> {
        self.dispatch.next(&mut self.round)
    }

    pub(crate) fn counters(&mut self, connection: &Connection) -> Result<&mut Counters> {
        if self.counters.is_none() {
            let mut statement = connection.prepare_cached(COUNTERS)?;
            let (counters, counted) = statement.query_row([], |row| {
                let (task, event) = (row.get(0)?, row.get(1)?);
                Ok((Counters { task, event }, row.get::<_, i64>(2)?))
            })?;
            if counted < counters.event {
                let missed = params![counted, counters.event];
                connection.prepare_cached(CATCH_UP)?.execute(missed)?;
                let mut set = connection.prepare_cached(SET_EVENT)?;
                set.execute([counters.event])?;
            }
            self.counters = Some((counters, counters));
        }
        let (counters, _) = self.counters.as_mut().expect("it was just filled in");
        Ok(counters)
    }

    /// Writes the counters, counts and totals that have changed, and the news of it.
    pub(crate) fn flush(&mut self, connection: &Connection, now: Timestamp) -> Result<()> {
        if let Some((now, stored)) = &mut self.counters {
            if now.task != stored.task {
                connection.prepare_cached(SET_TASK)?.execute([now.task])?;
            }
            if now.event != stored.event {
                connection.prepare_cached(SET_EVENT)?.execute([now.event])?;
            }
            *stored = *now;
        }
        let mut set = connection.prepare_cached(SET_COUNT)?;
        let mut add = connection.prepare_cached(ADD_TOTAL)?;
        for slot in std::mem::take(&mut self.counted_queues) {
            let queue = &mut self.queues[slot.index()];
            if !queue.is_to_be_written() {
                continue;
            }
            for (state, n) in queue.take_changed() {
                set.execute(params![queue.id, state.code(), n])?;
            }
            for (kind, n) in queue.take_happened() {
                add.execute(params![queue.id, kind.code(), n])?;
            }
        }
        self.flush_rates(connection)?;
        self.flush_turns(connection)?;
        self.flush_kinds(connection)?;
        self.flush_lanes(connection, now)?;
        self.flush_news(connection, now)
    }
}
