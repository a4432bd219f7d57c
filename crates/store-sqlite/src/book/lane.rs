//! Lanes, known by heart: those without conditions of each queue that was read, and of the others those
//! that were asked for, or in which somebody stands.

use duly_core::OrderKey;
use duly_core::dispatch::{Head, KindId, LaneId, LaneSpec, Terms};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::{Book, Mark, QueueSlot};
use crate::row;

/// Those in which somebody stands.
pub(crate) const STANDING: &str = "SELECT li.kind, la.id, la.suspect, la.tenant, la.limits
    FROM duly_line AS li INDEXED BY sqlite_autoindex_duly_line_1
    CROSS JOIN duly_lane AS la INDEXED BY sqlite_autoindex_duly_lane_1 ON la.line = li.id
    WHERE li.queue = ?1 AND (la.tenant <> '' OR la.limits <> '')
        AND EXISTS (SELECT 1 FROM duly_live AS s INDEXED BY duly_live_ready
            WHERE s.lane = la.id AND s.state = 2)";
pub(crate) const LANE: &str = "SELECT id FROM duly_lane INDEXED BY sqlite_autoindex_duly_lane_1
    WHERE line = ?1 AND suspect = ?2 AND tenant = ?3 AND limits = ?4";
pub(crate) const LANE_BY_ID: &str = "SELECT q.name, li.kind, la.suspect, la.tenant, la.limits
    FROM duly_lane AS la CROSS JOIN duly_line AS li ON li.id = la.line CROSS JOIN duly_queue AS q ON q.id = li.queue
    WHERE la.id = ?1";
const ADD_LINE: &str = "INSERT INTO duly_line (queue, kind) VALUES (?1, ?2)";
/// One with conditions has been empty since ever.
const ADD_LANE: &str = "INSERT INTO duly_lane (line, suspect, tenant, limits, empty_since)
    VALUES (?1, ?2, ?3, ?4, iif(?3 = '' AND ?4 = '', NULL, 0))";
/// A lane, by the number that dispatch gave it; good for one transaction.
pub(crate) type LaneSlot = LaneId;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    /// Its number; `None`: it was made, and then undone, or it was removed.
    pub(super) id: Option<i64>,
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
    /// Keeps a lane that there is a record of.
    fn keep_lane(&mut self, id: i64, line: Line, suspect: bool) -> LaneSlot {
        let lane = self.dispatch.lane(line.spec(suspect));
        let kept = Lane {
            id: Some(id),
            queue: line.queue,
            kind: line.kind,
            terms: line.terms,
        };
        if let Some(place) = self.lanes.get_mut(lane.index()) {
            let before = std::mem::replace(place, kept);
            // Removed elsewhere and made again, before this was told of either.
            if let Some(before) = before.id.filter(|before| *before != id) {
                self.lane_slots.remove(&before);
            }
        } else {
            debug_assert_eq!(lane.index(), self.lanes.len());
            self.lanes.push(kept);
        }
        self.lane_slots.insert(id, lane);
        lane
    }

    /// Keeps a lane without conditions; nothing is known of its head.
    pub(super) fn read_plain_lane(
        &mut self,
        id: i64,
        (queue, kind): (QueueSlot, i64),
        suspect: bool,
    ) {
        let terms = Terms::NONE;
        let lane = self.keep_lane(id, Line { queue, kind, terms }, suspect);
        self.dispatch.forget_head(lane);
    }

    /// Keeps a lane whose conditions stand in the columns that begin at `at`; nothing is known of its head.
    fn read_lane(
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
        let lane = self.keep_lane(id, Line { queue, kind, terms }, suspect);
        self.know_turns(connection, lane)?;
        self.dispatch.forget_head(lane);
        Ok(lane)
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
                self.read_lane(connection, (id, queue, row.get(0)?), row, 2)?;
            }
        }
        Ok(())
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
            self.know_turns(connection, lane)?;
            self.dispatch.forget_head(lane);
            return Ok(lane);
        }
        connection.prepare_cached(ADD_LANE)?.execute(values)?;
        let lane = self.keep_lane(connection.last_insert_rowid(), line, suspect);
        self.know_turns(connection, lane)?;
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
        if let Some(slot) = self.lane_slots.get(&id).copied() {
            self.know_queue(connection, self.lanes[slot.index()].queue)?;
            return Ok(slot);
        }
        let found = self.find_lane(connection, id)?;
        found.ok_or(rusqlite::Error::QueryReturnedNoRows)
    }

    /// The lane of a number that is not known by heart, if there is a record of it.
    fn find_lane(&mut self, connection: &Connection, id: i64) -> Result<Option<LaneSlot>> {
        let mut statement = connection.prepare_cached(LANE_BY_ID)?;
        let mut rows = statement.query([id])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let queue = self.queue_slot(connection, &row::name(row, 0)?)?;
        // One without conditions has come with its queue.
        if let Some(slot) = self.lane_slots.get(&id) {
            return Ok(Some(*slot));
        }
        let queue = queue.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let place = (id, queue, row.get(1)?);
        self.read_lane(connection, place, row, 2).map(Some)
    }

    /// A task of this key stands in a lane.
    pub(crate) fn offer(&mut self, lane: LaneSlot, key: OrderKey) {
        self.dispatch.offer(lane, key);
        // Each time: what came before may be of another operation, which is not undone with this one.
        self.offered.push(lane);
        self.tell_lane(lane);
    }

    /// A task stands in a lane no more, or elsewhere.
    pub(crate) fn leaves(&mut self, lane: LaneSlot, sequence: i64) {
        self.tell_lane(lane);
        if let Head::Known(head) = self.dispatch.head(lane)
            && head.sequence == sequence
        {
            self.dispatch.forget_head(lane);
        }
    }

    /// Others shall look who stands in a lane; in one without conditions they do so anyway.
    pub(crate) fn tell_lane(&mut self, lane: LaneSlot) {
        let lane = &self.lanes[lane.index()];
        if let Some(id) = lane.id.filter(|_| !lane.has_no_terms()) {
            self.tell_of_lane(id);
        }
    }

    /// Somebody may have come into a lane elsewhere, or left it.
    pub(super) fn follow_lane(&mut self, connection: &Connection, id: i64) -> Result<()> {
        if let Some(lane) = self.lane_slots.get(&id) {
            self.dispatch.forget_head(*lane);
            return Ok(());
        }
        // What stands in a queue that nobody has claimed from is looked up when somebody does.
        if self.queues.iter().any(|queue| queue.standing_known) {
            self.find_lane(connection, id)?;
        }
        Ok(())
    }

    /// Forgets lines and lanes that were made since, and what came into lanes.
    pub(super) fn undo_lanes(&mut self, mark: &Mark) {
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

    /// Its tasks name no conditions.
    pub(super) fn has_no_terms(&self) -> bool {
        self.terms == Terms::NONE
    }
}
