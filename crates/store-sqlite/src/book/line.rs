//! Queues, and the lanes in them, known by heart.

use std::collections::HashMap;

use duly_core::dispatch::{KindId, LaneId, LaneSpec, QueueId, Terms};
use duly_core::{EventKind, OrderKey, OrderPolicy, State};
use duly_store::{Name, QueueSettings};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::Book;
use crate::row;

/// The columns that [`settings`] reads, in its order.
macro_rules! settings_columns {
    () => {
        "paused, draining, bound, retention_completed, retention_failed, ordering, span, fair"
    };
}
pub(crate) use settings_columns;

/// How many columns [`settings_columns`] names.
pub(crate) const SETTINGS_WIDTH: usize = 8;

const QUEUE: &str = concat!(
    "SELECT id, ",
    settings_columns!(),
    " FROM duly_queue WHERE name = ?1"
);
const ADD_QUEUE: &str = "INSERT INTO duly_queue
    (name, paused, draining, bound, retention_completed, retention_failed)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const COUNTS: &str = "SELECT state, n FROM duly_count WHERE queue = ?1";
/// Lanes with conditions are looked up when they are needed: there may be many.
const LANES: &str = "SELECT k.id, k.name, li.id, la.id, la.suspect
    FROM duly_line AS li CROSS JOIN duly_kind AS k ON k.id = li.kind
    LEFT JOIN duly_lane AS la ON la.line = li.id AND la.tenant = '' AND la.limits = ''
    WHERE li.queue = ?1";
/// Those in which somebody stands.
pub(crate) const STANDING: &str = "SELECT li.kind, la.id, la.suspect, la.tenant, la.limits
    FROM duly_line AS li INDEXED BY sqlite_autoindex_duly_line_1
    CROSS JOIN duly_lane AS la INDEXED BY sqlite_autoindex_duly_lane_1 ON la.line = li.id
    WHERE li.queue = ?1 AND (la.tenant <> '' OR la.limits <> '')
        AND EXISTS (SELECT 1 FROM duly_live AS s INDEXED BY duly_live_ready
            WHERE s.lane = la.id AND s.state = 2)";
pub(crate) const LANE: &str = "SELECT id FROM duly_lane INDEXED BY sqlite_autoindex_duly_lane_1
    WHERE line = ?1 AND suspect = ?2 AND tenant = ?3 AND limits = ?4";
const LANE_BY_ID: &str = "SELECT q.name, li.kind, la.suspect, la.tenant, la.limits
    FROM duly_lane AS la CROSS JOIN duly_line AS li ON li.id = la.line CROSS JOIN duly_queue AS q ON q.id = li.queue
    WHERE la.id = ?1";
const ADD_LINE: &str = "INSERT INTO duly_line (queue, kind) VALUES (?1, ?2)";
const ADD_LANE: &str =
    "INSERT INTO duly_lane (line, suspect, tenant, limits) VALUES (?1, ?2, ?3, ?4)";

/// A queue, by the number that dispatch gave it; good for one transaction.
pub(crate) type QueueSlot = QueueId;

/// A lane, by the number that dispatch gave it; good for one transaction.
pub(crate) type LaneSlot = LaneId;

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
    /// The number of its line, by kind.
    lines: HashMap<i64, i64>,
    /// All its lanes in which somebody stands are known.
    standing_known: bool,
    /// It was made, and then undone: its number is not used again.
    gone: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    /// Its number; `None`: it was made, and then undone.
    id: Option<i64>,
    pub(crate) queue: QueueSlot,
    pub(crate) kind: i64,
    pub(crate) terms: Terms,
}

/// What a line is: a queue, a kind, and the conditions of its tasks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) queue: QueueSlot,
    pub(crate) kind: i64,
    pub(crate) terms: Terms,
}

/// The number of a kind in dispatch: that of its record.
pub(crate) fn kind_id(kind: i64) -> KindId {
    KindId(u32::try_from(kind).expect("there are at most KINDS_MAX records, numbered from 1"))
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
        let slot = self.dispatch.add_queue();
        self.tell_dispatch(slot, &settings);
        let mut queue = Queue::new(id, name.clone(), settings);
        let mut statement = connection.prepare_cached(COUNTS)?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            queue.counts[usize::from(row::state(row, 0)?.code())] = row.get(1)?;
        }
        let mut statement = connection.prepare_cached(LANES)?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            self.load_plain_lane(row, slot, &mut queue)?;
        }
        debug_assert_eq!(slot.index(), self.queues.len());
        self.queues.push(queue);
        if self.dispatch.is_fair(slot) {
            self.load_turns(connection, slot)?;
        }
        Ok(slot)
    }

    /// A queue that is none.
    pub(super) fn add_nobody(&mut self) -> QueueSlot {
        let slot = self.dispatch.add_queue();
        self.queues.push(Queue {
            gone: true,
            ..Queue::new(0, Name::default(), QueueSettings::default())
        });
        slot
    }

    /// Lets claims see what holds for a queue.
    pub(crate) fn tell_dispatch(&mut self, queue: QueueSlot, settings: &QueueSettings) {
        self.dispatch.set_paused(queue, settings.paused);
        self.dispatch.set_policy(queue, settings.order);
        self.dispatch.set_fair(queue, settings.fair);
    }

    fn load_plain_lane(&mut self, row: &Row<'_>, slot: QueueSlot, queue: &mut Queue) -> Result<()> {
        let kind: i64 = row.get(0)?;
        let name = row::name(row, 1)?;
        self.kinds.insert(name.clone(), kind);
        self.kind_names.insert(kind, name);
        queue.lines.insert(kind, row.get(2)?);
        if let Some(id) = row.get::<_, Option<i64>>(3)? {
            let line = Line {
                queue: slot,
                kind,
                terms: Terms::NONE,
            };
            let lane = self.keep_lane(id, line, row.get(4)?);
            self.dispatch.forget_head(lane);
        }
        Ok(())
    }

    /// Keeps a lane that there is a record of; nothing is known of its head.
    fn keep_lane(&mut self, id: i64, line: Line, suspect: bool) -> LaneSlot {
        let lane = self.dispatch.lane(line.spec(suspect));
        let kept = Lane {
            id: Some(id),
            queue: line.queue,
            kind: line.kind,
            terms: line.terms,
        };
        if let Some(place) = self.lanes.get_mut(lane.index()) {
            *place = kept;
        } else {
            debug_assert_eq!(lane.index(), self.lanes.len());
            self.lanes.push(kept);
        }
        self.lane_slots.insert(id, lane);
        lane
    }

    /// Sees to it that all lanes of a queue are known in which somebody stands.
    pub(crate) fn know_standing(
        &mut self,
        connection: &Connection,
        queue: QueueSlot,
    ) -> Result<()> {
        if std::mem::replace(&mut self.queue_mut(queue).standing_known, true) {
            return Ok(());
        }
        let mut statement = connection.prepare_cached(STANDING)?;
        let mut rows = statement.query([self.queue(queue).id])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(1)?;
            if !self.lane_slots.contains_key(&id) {
                self.load_lane(connection, (id, queue, row.get(0)?), row, 2)?;
            }
        }
        Ok(())
    }

    /// Keeps a lane whose conditions stand in the columns that begin at `at`.
    fn load_lane(
        &mut self,
        connection: &Connection,
        (id, queue, kind): (i64, QueueSlot, i64),
        row: &Row<'_>,
        at: usize,
    ) -> Result<LaneSlot> {
        let suspect = row.get(at)?;
        let tenant = row.get_ref(at + 1)?.as_str()?;
        let limits = row.get_ref(at + 2)?.as_str()?;
        let terms = self.terms_of_text(connection, tenant, limits)?;
        let line = Line { queue, kind, terms };
        let lane = self.keep_lane(id, line, suspect);
        self.dispatch.forget_head(lane);
        Ok(lane)
    }

    pub(crate) fn queue(&self, slot: QueueSlot) -> &Queue {
        &self.queues[slot.index()]
    }

    pub(crate) fn queue_mut(&mut self, slot: QueueSlot) -> &mut Queue {
        &mut self.queues[slot.index()]
    }

    pub(crate) fn lane(&self, slot: LaneSlot) -> &Lane {
        &self.lanes[slot.index()]
    }

    /// The number of a lane.
    pub(crate) fn lane_id(&self, slot: LaneSlot) -> Result<i64> {
        let id = self.lanes[slot.index()].id;
        id.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// The lane of a line, made if there is none.
    pub(crate) fn make_lane(
        &mut self,
        connection: &Connection,
        line: Line,
        suspect: bool,
    ) -> Result<LaneSlot> {
        if let Some(lane) = self.dispatch.find_lane(&line.spec(suspect))
            && self.lanes[lane.index()].id.is_some()
        {
            return Ok(lane);
        }
        let number = self.make_line(connection, line.queue, line.kind)?;
        let (tenant, limits) = self.terms_text(line.terms);
        let values = params![number, suspect, tenant, limits];
        let found = connection
            .prepare_cached(LANE)?
            .query_row(values, |row| row.get(0))
            .optional()?;
        if let Some(id) = found {
            let lane = self.keep_lane(id, line, suspect);
            self.dispatch.forget_head(lane);
            return Ok(lane);
        }
        connection.prepare_cached(ADD_LANE)?.execute(values)?;
        let lane = self.keep_lane(connection.last_insert_rowid(), line, suspect);
        self.made_lanes.push(lane);
        Ok(lane)
    }

    fn make_line(&mut self, connection: &Connection, queue: QueueSlot, kind: i64) -> Result<i64> {
        if let Some(line) = self.queue(queue).lines.get(&kind) {
            return Ok(*line);
        }
        let values = params![self.queue(queue).id, kind];
        connection.prepare_cached(ADD_LINE)?.execute(values)?;
        let line = connection.last_insert_rowid();
        self.queue_mut(queue).lines.insert(kind, line);
        self.made_lines.push((queue, kind));
        Ok(line)
    }

    /// The lane of a number that a task carries.
    pub(crate) fn lane_by_id(&mut self, connection: &Connection, id: i64) -> Result<LaneSlot> {
        if let Some(slot) = self.lane_slots.get(&id) {
            return Ok(*slot);
        }
        let mut statement = connection.prepare_cached(LANE_BY_ID)?;
        let mut rows = statement.query([id])?;
        let missing = || rusqlite::Error::QueryReturnedNoRows;
        let row = rows.next()?.ok_or_else(missing)?;
        let queue = self.queue_slot(connection, &row::name(row, 0)?)?;
        if let Some(slot) = self.lane_slots.get(&id) {
            return Ok(*slot);
        }
        let place = (id, queue.ok_or_else(missing)?, row.get(1)?);
        self.load_lane(connection, place, row, 2)
    }

    /// A task of this key stands in a lane.
    pub(crate) fn offer(&mut self, lane: LaneSlot, key: OrderKey) {
        self.dispatch.offer(lane, key);
        if self.offered.last() != Some(&lane) {
            self.offered.push(lane);
        }
    }

    /// A task stands in a lane no more, or elsewhere.
    pub(crate) fn leaves(&mut self, lane: LaneSlot, sequence: i64) {
        if let duly_core::dispatch::Head::Known(head) = self.dispatch.head(lane)
            && head.sequence == sequence
        {
            self.dispatch.forget_head(lane);
        }
    }

    /// Forgets queues, lines and lanes that were made since, and what came into lanes.
    pub(super) fn undo_lanes(&mut self, mark: &super::Mark) {
        for lane in self.offered.drain(mark.offered..) {
            self.dispatch.forget_head(lane);
        }
        for lane in self.made_lanes.drain(mark.lanes..) {
            self.dispatch.set_head(lane, None);
            if let Some(id) = self.lanes[lane.index()].id.take() {
                self.lane_slots.remove(&id);
            }
        }
        for (queue, kind) in self.made_lines.drain(mark.lines..) {
            self.queues[queue.index()].lines.remove(&kind);
        }
        for queue in &mut self.queues[mark.queues..] {
            self.queue_slots.remove(&queue.name);
            queue.gone = true;
        }
    }

    /// How many kinds a queue holds lines for.
    pub(crate) fn line_count(&self, queue: QueueSlot) -> usize {
        self.queue(queue).lines.len()
    }

    pub(crate) fn has_line(&self, queue: QueueSlot, kind: i64) -> bool {
        self.queue(queue).lines.contains_key(&kind)
    }
}

impl Line {
    fn spec(&self, suspect: bool) -> LaneSpec {
        LaneSpec {
            queue: self.queue,
            kind: kind_id(self.kind),
            suspect,
            terms: self.terms,
        }
    }
}

impl Lane {
    /// The line that it is of.
    pub(crate) const fn line(&self) -> Line {
        Line {
            queue: self.queue,
            kind: self.kind,
            terms: self.terms,
        }
    }
}

impl Queue {
    fn new(id: i64, name: Name, settings: QueueSettings) -> Self {
        Self {
            id,
            name,
            settings,
            counts: [0; State::COUNT],
            changed: [false; State::COUNT],
            happened: [0; EventKind::COUNT],
            lines: HashMap::new(),
            standing_known: false,
            gone: false,
        }
    }

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

    /// It was made, and then undone.
    pub(super) const fn is_gone(&self) -> bool {
        self.gone
    }

    /// How many of its tasks are not finished.
    /// How many of its tasks are in a state.
    pub(crate) fn count_of(&self, state: State) -> u64 {
        self.counts[usize::from(state.code())].max(0).unsigned_abs()
    }

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
        order: order(row, at + 5)?,
        fair: row.get(at + 7)?,
    })
}

/// The order of a queue, from its two columns.
fn order(row: &Row<'_>, at: usize) -> Result<OrderPolicy> {
    let span = row::duration(row, at + 1)?;
    match row.get::<_, i64>(at)? {
        0 => Ok(OrderPolicy::Strict),
        1 => Ok(OrderPolicy::Aging { step: span }),
        2 => Ok(OrderPolicy::Deadline {
            default_slack: span,
        }),
        other => Err(rusqlite::Error::IntegralValueOutOfRange(at, other)),
    }
}

/// The two columns of an order.
pub(crate) fn order_columns(order: OrderPolicy) -> (i64, i64) {
    match order {
        OrderPolicy::Strict => (0, 0),
        OrderPolicy::Aging { step } => (1, row::micros(step)),
        OrderPolicy::Deadline { default_slack } => (2, row::micros(default_slack)),
    }
}
