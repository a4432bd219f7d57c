//! What the writer knows by heart: interned names, settings, counts and counters, so that most tasks
//! cost no look-up. It is exact as long as no other connection has committed; then it is read anew.

use std::collections::HashMap;

use duly_core::{Incarnation, State, TaskId};
use duly_store::{Name, QueueSettings};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use crate::row;

/// More names than this are not kept by heart between transactions.
const NAMES_MAX: usize = 20_000;
/// How many leases are kept by heart: task id to sequence.
const LEASES_MAX: usize = 100_000;

const COUNTERS: &str = "SELECT (SELECT value FROM duly_counter WHERE name = 'task'),
            (SELECT value FROM duly_counter WHERE name = 'event')";
const SET_COUNTER: &str = "UPDATE duly_counter SET value = ?2 WHERE name = ?1";
const QUEUE: &str = "SELECT id, paused, bound, retention_completed, retention_failed
    FROM duly_queue WHERE name = ?1";
const ADD_QUEUE: &str = "INSERT INTO duly_queue
    (name, paused, bound, retention_completed, retention_failed) VALUES (?1, ?2, ?3, ?4, ?5)";
const COUNTS: &str = "SELECT state, n FROM duly_count WHERE queue = ?1";
const SET_COUNT: &str = "INSERT INTO duly_count (queue, state, n) VALUES (?1, ?2, ?3)
    ON CONFLICT DO UPDATE SET n = excluded.n";
const LANES: &str = "SELECT k.id, k.name, li.id, la.id, la.suspect
    FROM duly_line AS li JOIN duly_kind AS k ON k.id = li.kind LEFT JOIN duly_lane AS la ON la.line = li.id
    WHERE li.queue = ?1";
const QUEUE_OF_LANE: &str = "SELECT q.name
    FROM duly_lane AS la JOIN duly_line AS li ON li.id = la.line JOIN duly_queue AS q ON q.id = li.queue
    WHERE la.id = ?1";
const ADD_LINE: &str = "INSERT INTO duly_line (queue, kind) VALUES (?1, ?2)";
const ADD_LANE: &str = "INSERT INTO duly_lane (line, suspect) VALUES (?1, ?2)";
const KIND: &str = "SELECT id FROM duly_kind WHERE name = ?1";
const ADD_KIND: &str = "INSERT INTO duly_kind (name) VALUES (?1)";
const NAME: &str = "SELECT id FROM duly_name WHERE name = ?1";
const ADD_NAME: &str = "INSERT INTO duly_name (name) VALUES (?1)";
const WORKER: &str = "SELECT w.id, n.id, n.name, w.beats, w.lapsed
    FROM duly_worker AS w JOIN duly_name AS n ON n.id = w.name WHERE w.incarnation = ?1";

/// A queue, as an index into the book; good for one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct QueueSlot(usize);

/// A lane, as an index into the book; good for one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LaneSlot(usize);

impl LaneSlot {
    /// Stands in until the lane is looked up.
    pub(crate) const UNKNOWN: Self = Self(usize::MAX);
}

#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) id: i64,
    pub(crate) name: Name,
    pub(crate) settings: QueueSettings,
    counts: [i64; State::COUNT],
    /// Which counts differ from what is stored.
    changed: [bool; State::COUNT],
    /// By kind.
    lines: HashMap<i64, Line>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    id: i64,
    /// Its lanes: of those that never lost a worker, and of suspects.
    lanes: [Option<LaneSlot>; 2],
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    pub(crate) id: i64,
    pub(crate) queue: QueueSlot,
    pub(crate) kind: i64,
    pub(crate) suspect: bool,
    /// A task may stand in it. False is certain, so that empty lanes cost a claim nothing.
    pub(crate) may_hold: bool,
}

/// How far the book had come at a savepoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    queues: usize,
    lanes: usize,
    kinds: usize,
}

/// A registered worker.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) id: i64,
    pub(crate) name_id: i64,
    pub(crate) name: Name,
    pub(crate) beats: i64,
    pub(crate) lapsed: bool,
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
    queue_slots: HashMap<Name, Option<QueueSlot>>,
    lanes: Vec<Lane>,
    lane_slots: HashMap<i64, LaneSlot>,
    kinds: HashMap<Name, i64>,
    kind_names: HashMap<i64, Name>,
    names: HashMap<Name, i64>,
    workers: HashMap<Incarnation, Option<Worker>>,
    /// Kinds made in this transaction.
    made_kinds: Vec<Name>,
    /// Sequences of tasks leased here. True for ever: no sequence and no id is used twice.
    leases: HashMap<TaskId, i64>,
}

impl Book {
    /// Forgets what another connection may have changed. Interned names stay: they are never removed.
    pub(crate) fn refresh(&mut self) {
        self.counters = None;
        self.queues.clear();
        self.queue_slots.clear();
        self.lanes.clear();
        self.lane_slots.clear();
        self.workers.clear();
    }

    /// Forgets everything: a transaction was undone, and with it perhaps names that it had made.
    pub(crate) fn forget(&mut self) {
        *self = Self {
            leases: std::mem::take(&mut self.leases),
            ..Self::default()
        };
    }

    /// How far it has come.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            queues: self.queues.len(),
            lanes: self.lanes.len(),
            kinds: self.made_kinds.len(),
        }
    }

    /// Forgets what was made or read since.
    pub(crate) fn undo_to(&mut self, mark: Mark) {
        for lane in self.lanes.drain(mark.lanes..) {
            self.lane_slots.remove(&lane.id);
            let lines = &mut self.queues[lane.queue.0].lines;
            if let Some(line) = lines.get_mut(&lane.kind) {
                line.lanes[usize::from(lane.suspect)] = None;
                if line.lanes == [None; 2] {
                    lines.remove(&lane.kind);
                }
            }
        }
        for queue in self.queues.drain(mark.queues..) {
            self.queue_slots.remove(&queue.name);
        }
        for kind in self.made_kinds.drain(mark.kinds..) {
            if let Some(id) = self.kinds.remove(&kind) {
                self.kind_names.remove(&id);
            }
        }
    }

    /// Keeps itself small, between transactions.
    pub(crate) fn trim(&mut self) {
        self.made_kinds.clear();
        let names =
            self.kinds.len() + self.names.len() + self.queue_slots.len() + self.workers.len();
        if names > NAMES_MAX {
            self.forget();
        }
        if self.leases.len() > LEASES_MAX {
            self.leases.clear();
        }
    }

    pub(crate) fn counters(&mut self, connection: &Connection) -> Result<&mut Counters> {
        if self.counters.is_none() {
            let counters = connection.prepare_cached(COUNTERS)?.query_row([], |row| {
                Ok(Counters {
                    task: row.get(0)?,
                    event: row.get(1)?,
                })
            })?;
            self.counters = Some((counters, counters));
        }
        let (counters, _) = self.counters.as_mut().expect("it was just filled in");
        Ok(counters)
    }

    /// Writes the counters and counts that have changed.
    pub(crate) fn flush(&mut self, connection: &Connection) -> Result<()> {
        if let Some((now, stored)) = &mut self.counters {
            let mut set = connection.prepare_cached(SET_COUNTER)?;
            if now.task != stored.task {
                set.execute(params!["task", now.task])?;
            }
            if now.event != stored.event {
                set.execute(params!["event", now.event])?;
            }
            *stored = *now;
        }
        let mut set = connection.prepare_cached(SET_COUNT)?;
        for queue in &mut self.queues {
            for state in State::ALL {
                let at = usize::from(state.code());
                if std::mem::take(&mut queue.changed[at]) {
                    set.execute(params![queue.id, state.code(), queue.counts[at]])?;
                }
            }
        }
        Ok(())
    }

    /// The queue of a name, if it was made.
    pub(crate) fn queue_slot(
        &mut self,
        connection: &Connection,
        name: &Name,
    ) -> Result<Option<QueueSlot>> {
        if let Some(slot) = self.queue_slots.get(name) {
            return Ok(*slot);
        }
        let found = connection
            .prepare_cached(QUEUE)?
            .query_row([name.as_str()], |row| Ok((row.get(0)?, settings(row, 1)?)))
            .optional()?;
        let slot = match found {
            Some((id, settings)) => Some(self.load_queue(connection, id, name, settings)?),
            None => None,
        };
        self.queue_slots.insert(name.clone(), slot);
        Ok(slot)
    }

    /// The queue of a name, made if there is none.
    pub(crate) fn make_queue(&mut self, connection: &Connection, name: &Name) -> Result<QueueSlot> {
        if let Some(slot) = self.queue_slot(connection, name)? {
            return Ok(slot);
        }
        let settings = QueueSettings::default();
        connection.prepare_cached(ADD_QUEUE)?.execute(params![
            name.as_str(),
            settings.paused,
            settings.bound.cast_signed(),
            row::micros(settings.retention_completed),
            row::micros(settings.retention_failed),
        ])?;
        let slot = self.load_queue(connection, connection.last_insert_rowid(), name, settings)?;
        self.queue_slots.insert(name.clone(), Some(slot));
        Ok(slot)
    }

    fn load_queue(
        &mut self,
        connection: &Connection,
        id: i64,
        name: &Name,
        settings: QueueSettings,
    ) -> Result<QueueSlot> {
        let slot = QueueSlot(self.queues.len());
        let mut queue = Queue {
            id,
            name: name.clone(),
            settings,
            counts: [0; State::COUNT],
            changed: [false; State::COUNT],
            lines: HashMap::new(),
        };
        let mut statement = connection.prepare_cached(COUNTS)?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            queue.counts[usize::from(row::state(row, 0)?.code())] = row.get(1)?;
        }
        let mut statement = connection.prepare_cached(LANES)?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            self.load_lane(row, slot, &mut queue)?;
        }
        self.queues.push(queue);
        Ok(slot)
    }

    fn load_lane(&mut self, row: &Row<'_>, slot: QueueSlot, queue: &mut Queue) -> Result<()> {
        let kind: i64 = row.get(0)?;
        let name = row::name(row, 1)?;
        self.kinds.insert(name.clone(), kind);
        self.kind_names.insert(kind, name);
        let id = row.get(2)?;
        let line = queue.lines.entry(kind).or_insert(Line {
            id,
            lanes: [None; 2],
        });
        if let Some(lane) = row.get::<_, Option<i64>>(3)? {
            let suspect: bool = row.get(4)?;
            line.lanes[usize::from(suspect)] = Some(self.keep_lane(Lane {
                id: lane,
                queue: slot,
                kind,
                suspect,
                may_hold: true,
            }));
        }
        Ok(())
    }

    fn keep_lane(&mut self, lane: Lane) -> LaneSlot {
        let slot = LaneSlot(self.lanes.len());
        self.lane_slots.insert(lane.id, slot);
        self.lanes.push(lane);
        slot
    }

    pub(crate) fn queue(&self, slot: QueueSlot) -> &Queue {
        &self.queues[slot.0]
    }

    pub(crate) fn queue_mut(&mut self, slot: QueueSlot) -> &mut Queue {
        &mut self.queues[slot.0]
    }

    pub(crate) fn lane(&self, slot: LaneSlot) -> &Lane {
        &self.lanes[slot.0]
    }

    pub(crate) fn lane_mut(&mut self, slot: LaneSlot) -> &mut Lane {
        &mut self.lanes[slot.0]
    }

    /// The lane of a kind in a queue, if a task ever stood in it.
    pub(crate) fn lane_slot(&self, queue: QueueSlot, kind: i64, suspect: bool) -> Option<LaneSlot> {
        self.queues[queue.0].lines.get(&kind)?.lanes[usize::from(suspect)]
    }

    /// The lane of a kind in a queue, made if there is none.
    pub(crate) fn make_lane(
        &mut self,
        connection: &Connection,
        queue: QueueSlot,
        kind: i64,
        suspect: bool,
    ) -> Result<LaneSlot> {
        if let Some(slot) = self.lane_slot(queue, kind, suspect) {
            return Ok(slot);
        }
        let line = match self.queues[queue.0].lines.get(&kind) {
            Some(line) => line.id,
            None => {
                let values = params![self.queues[queue.0].id, kind];
                connection.prepare_cached(ADD_LINE)?.execute(values)?;
                connection.last_insert_rowid()
            }
        };
        connection
            .prepare_cached(ADD_LANE)?
            .execute(params![line, suspect])?;
        let lane = self.keep_lane(Lane {
            id: connection.last_insert_rowid(),
            queue,
            kind,
            suspect,
            may_hold: true,
        });
        let line = self.queues[queue.0].lines.entry(kind).or_insert(Line {
            id: line,
            lanes: [None; 2],
        });
        line.lanes[usize::from(suspect)] = Some(lane);
        Ok(lane)
    }

    /// The lane of a number that a task carries.
    pub(crate) fn lane_by_id(&mut self, connection: &Connection, id: i64) -> Result<LaneSlot> {
        if let Some(slot) = self.lane_slots.get(&id) {
            return Ok(*slot);
        }
        let name = connection
            .prepare_cached(QUEUE_OF_LANE)?
            .query_row([id], |row| row::name(row, 0))?;
        self.queue_slot(connection, &name)?;
        self.lane_slots
            .get(&id)
            .copied()
            .ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// How many kinds a queue holds lines for.
    pub(crate) fn line_count(&self, queue: QueueSlot) -> usize {
        self.queues[queue.0].lines.len()
    }

    pub(crate) fn has_line(&self, queue: QueueSlot, kind: i64) -> bool {
        self.queues[queue.0].lines.contains_key(&kind)
    }

    /// The number of a kind, if it is known by heart: the kinds of all loaded lanes are.
    pub(crate) fn known_kind(&self, name: &Name) -> Option<i64> {
        self.kinds.get(name).copied()
    }

    /// The number of a kind, if it has one.
    pub(crate) fn kind(&mut self, connection: &Connection, name: &Name) -> Result<Option<i64>> {
        if let Some(id) = self.kinds.get(name) {
            return Ok(Some(*id));
        }
        let id = connection
            .prepare_cached(KIND)?
            .query_row([name.as_str()], |row| row.get(0))
            .optional()?;
        if let Some(id) = id {
            self.kinds.insert(name.clone(), id);
            self.kind_names.insert(id, name.clone());
        }
        Ok(id)
    }

    pub(crate) fn make_kind(&mut self, connection: &Connection, name: &Name) -> Result<i64> {
        if let Some(id) = self.kind(connection, name)? {
            return Ok(id);
        }
        connection
            .prepare_cached(ADD_KIND)?
            .execute([name.as_str()])?;
        let id = connection.last_insert_rowid();
        self.kinds.insert(name.clone(), id);
        self.kind_names.insert(id, name.clone());
        self.made_kinds.push(name.clone());
        Ok(id)
    }

    /// The name of a kind of a loaded lane.
    pub(crate) fn kind_name(&self, kind: i64) -> Name {
        self.kind_names.get(&kind).cloned().unwrap_or_default()
    }

    /// The number of a worker's name, made if there is none.
    pub(crate) fn make_name(&mut self, connection: &Connection, name: &Name) -> Result<i64> {
        if let Some(id) = self.names.get(name) {
            return Ok(*id);
        }
        let known = connection
            .prepare_cached(NAME)?
            .query_row([name.as_str()], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => {
                connection
                    .prepare_cached(ADD_NAME)?
                    .execute([name.as_str()])?;
                connection.last_insert_rowid()
            }
        };
        self.names.insert(name.clone(), id);
        Ok(id)
    }

    /// A worker, if it is registered.
    pub(crate) fn worker(
        &mut self,
        connection: &Connection,
        incarnation: Incarnation,
    ) -> Result<Option<Worker>> {
        if let Some(worker) = self.workers.get(&incarnation) {
            return Ok(worker.clone());
        }
        let worker = connection
            .prepare_cached(WORKER)?
            .query_row([incarnation.as_bytes()], |row| {
                Ok(Worker {
                    id: row.get(0)?,
                    name_id: row.get(1)?,
                    name: row::name(row, 2)?,
                    beats: row.get(3)?,
                    lapsed: row.get(4)?,
                })
            })
            .optional()?;
        self.workers.insert(incarnation, worker.clone());
        Ok(worker)
    }

    /// Forgets a worker that was changed.
    pub(crate) fn drop_worker(&mut self, incarnation: Incarnation) {
        self.workers.remove(&incarnation);
    }

    pub(crate) fn keep_lease(&mut self, id: TaskId, sequence: i64) {
        self.leases.insert(id, sequence);
    }

    pub(crate) fn lease(&self, id: TaskId) -> Option<i64> {
        self.leases.get(&id).copied()
    }

    pub(crate) fn drop_lease(&mut self, id: TaskId) {
        self.leases.remove(&id);
    }
}

impl Queue {
    pub(crate) fn count(&mut self, state: State, by: i64) {
        let at = usize::from(state.code());
        self.counts[at] += by;
        self.changed[at] = true;
    }

    /// How many of its tasks are not finished.
    pub(crate) fn unfinished(&self) -> u64 {
        let unfinished = State::ALL.into_iter().filter(|state| !state.is_final());
        let sum: i64 = unfinished
            .map(|state| self.counts[usize::from(state.code())])
            .sum();
        u64::try_from(sum).unwrap_or(0)
    }
}

/// A queue's settings, from the columns that begin at `at`.
pub(crate) fn settings(row: &Row<'_>, at: usize) -> Result<QueueSettings> {
    Ok(QueueSettings {
        paused: row.get(at)?,
        bound: row.get::<_, i64>(at + 1)?.cast_unsigned(),
        retention_completed: row::duration(row, at + 2)?,
        retention_failed: row::duration(row, at + 3)?,
    })
}
