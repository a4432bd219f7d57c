//! Queues, and the lanes in them, known by heart.

use std::collections::HashMap;

use duly_core::{EventKind, State};
use duly_store::{Name, QueueSettings};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::Book;
use crate::row;

const QUEUE: &str = "SELECT id, paused, draining, bound, retention_completed, retention_failed
    FROM duly_queue WHERE name = ?1";
const ADD_QUEUE: &str = "INSERT INTO duly_queue
    (name, paused, draining, bound, retention_completed, retention_failed)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const COUNTS: &str = "SELECT state, n FROM duly_count WHERE queue = ?1";
const LANES: &str = "SELECT k.id, k.name, li.id, la.id, la.suspect
    FROM duly_line AS li CROSS JOIN duly_kind AS k ON k.id = li.kind LEFT JOIN duly_lane AS la ON la.line = li.id
    WHERE li.queue = ?1";
const QUEUE_OF_LANE: &str = "SELECT q.name
    FROM duly_lane AS la CROSS JOIN duly_line AS li ON li.id = la.line CROSS JOIN duly_queue AS q ON q.id = li.queue
    WHERE la.id = ?1";
const ADD_LINE: &str = "INSERT INTO duly_line (queue, kind) VALUES (?1, ?2)";
const ADD_LANE: &str = "INSERT INTO duly_lane (line, suspect) VALUES (?1, ?2)";

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
    /// Events of each kind that are not counted in its totals yet.
    happened: [u32; EventKind::COUNT],
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

impl Book {
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
            settings.draining,
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
            happened: [0; EventKind::COUNT],
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
}

impl Queue {
    pub(crate) fn count(&mut self, state: State, by: i64) {
        let at = usize::from(state.code());
        self.counts[at] += by;
        self.changed[at] = true;
    }

    /// Notes that an event was written about one of its tasks.
    pub(crate) fn note(&mut self, kind: EventKind) {
        self.happened[usize::from(kind.code())] += 1;
    }

    /// The counts that differ from what is stored; it counts on from them.
    pub(super) fn take_changed(&mut self) -> impl Iterator<Item = (State, i64)> + use<> {
        let changed = std::mem::take(&mut self.changed);
        let states = State::ALL.into_iter().zip(changed).zip(self.counts);
        states.filter_map(|((state, changed), n)| changed.then_some((state, n)))
    }

    /// How many events of each kind are to be added to its totals; none are from then on.
    pub(super) fn take_happened(&mut self) -> impl Iterator<Item = (EventKind, u32)> + use<> {
        let happened = std::mem::take(&mut self.happened);
        let kinds = EventKind::ALL.iter().copied().zip(happened);
        kinds.filter(|(_, n)| *n > 0)
    }

    /// Forgets a lane that was made, and its line if that has no other.
    pub(super) fn drop_lane(&mut self, lane: &Lane) {
        if let Some(line) = self.lines.get_mut(&lane.kind) {
            line.lanes[usize::from(lane.suspect)] = None;
            if line.lanes == [None; 2] {
                self.lines.remove(&lane.kind);
            }
        }
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
        draining: row.get(at + 1)?,
        bound: row.get::<_, i64>(at + 2)?.cast_unsigned(),
        retention_completed: row::duration(row, at + 3)?,
        retention_failed: row::duration(row, at + 4)?,
    })
}
