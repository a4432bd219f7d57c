//! Lanes in which nobody is: counted, removed from the file after a while, and forgotten by heart.

use duly_core::Timestamp;
use rusqlite::{Connection, Result, params};

use super::news::Item;
use super::{Book, LaneSlot};

/// More lanes, sets of conditions or limits than this and twice as many as are in use are not kept by heart
/// between transactions.
pub(crate) const LANES_KEPT_MAX: usize = if cfg!(test) { 500 } else { 250_000 };

pub(crate) const COUNT_LANE: &str = "UPDATE duly_lane SET unfinished = unfinished + ?2,
        empty_since = iif(unfinished + ?2 = 0, ?3, NULL) WHERE id = ?1";
/// The one of the greatest number stays, so that no number is ever given to another.
pub(crate) const EMPTY: &str = "SELECT id FROM duly_lane INDEXED BY duly_lane_empty
    WHERE empty_since <= ?1 AND id < (SELECT max(id) FROM duly_lane) ORDER BY empty_since LIMIT ?2";
pub(crate) const REMOVE_LANE: &str = "DELETE FROM duly_lane WHERE id = ?1";

impl Book {
    /// Whether the unfinished tasks of a lane are counted: not those without conditions.
    pub(crate) fn counts(&self, lane: LaneSlot) -> bool {
        !self.lanes[lane.index()].has_no_terms()
    }

    /// Notes that a lane whose tasks are counted has so many unfinished ones more.
    pub(crate) fn count_lane(&mut self, lane: LaneSlot, by: i64) {
        match self.lanes_won.last_mut() {
            Some((last, won)) if *last == lane => *won += by,
            _ => self.lanes_won.push((lane, by)),
        }
    }

    /// Writes the numbers of unfinished tasks that have changed, each once, as they lie in the file.
    pub(crate) fn flush_lanes(&mut self, connection: &Connection, now: Timestamp) -> Result<()> {
        if self.lanes_won.is_empty() {
            return Ok(());
        }
        let mut count = connection.prepare_cached(COUNT_LANE)?;
        let won = std::mem::take(&mut self.lanes_won);
        // What a lane had won that was undone was undone with it.
        let stored = |(lane, by): (LaneSlot, i64)| Some((self.lanes[lane.index()].id?, by));
        let mut won: Vec<(i64, i64)> = won.into_iter().filter_map(stored).collect();
        won.sort_unstable();
        for lane in won.chunk_by(|(one, _), (other, _)| one == other) {
            let by: i64 = lane.iter().map(|(_, by)| by).sum();
            if by != 0 {
                count.execute(params![lane[0].0, by, now.as_micros()])?;
            }
        }
        Ok(())
    }

    /// Removes lanes with conditions that have been empty since an instant, so many at most.
    pub(crate) fn remove_empty_lanes(
        &mut self,
        connection: &Connection,
        (since, now): (Timestamp, Timestamp),
        limit: usize,
    ) -> Result<()> {
        self.flush_lanes(connection, now)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut statement = connection.prepare_cached(EMPTY)?;
        let rows = statement.query_map([since.as_micros(), limit], |row| row.get(0))?;
        let empty: Vec<i64> = rows.collect::<Result<_>>()?;
        for id in empty {
            connection.prepare_cached(REMOVE_LANE)?.execute([id])?;
            self.tell(Item::Removed(id));
            self.drop_lane(id);
        }
        Ok(())
    }

    /// Forgets a lane that was removed.
    pub(super) fn drop_lane(&mut self, id: i64) {
        if let Some(lane) = self.lane_slots.remove(&id) {
            self.lanes[lane.index()].id = None;
            self.dispatch.set_head(lane, None);
            self.dispatch.drop_idle(lane);
        }
    }

    /// Forgets what is idle, if there is much of it. Looking costs as much as there is, so it is done again
    /// only when there is twice as much as was in use.
    pub(super) fn trim_lanes(&mut self) {
        let most = LANES_KEPT_MAX + 2 * self.lanes_in_use;
        let known = self.dispatch.lane_count().max(self.dispatch.terms_count());
        let counted = std::mem::take(&mut self.gates.counted);
        if !counted && known.max(self.gates.limits.len()) <= most {
            return;
        }
        let (dispatch, lanes) = (&mut self.dispatch, &mut self.lanes);
        self.lane_slots.retain(|_, lane| {
            let place = &mut lanes[lane.index()];
            let kept = place.has_no_terms() || !dispatch.drop_idle(*lane);
            if !kept {
                // Its place is another's from now on, and it may come back to another place.
                place.id = None;
            }
            kept
        });
        let undone = dispatch
            .lanes()
            .filter(|lane| lanes[lane.index()].id.is_none());
        for lane in undone.collect::<Vec<_>>() {
            dispatch.drop_idle(lane);
        }
        for limit in dispatch.forget_idle() {
            self.gates.forget_limit(limit);
        }
        let in_use = dispatch.lane_count().max(self.gates.limits.len());
        if dispatch.terms_count() > LANES_KEPT_MAX + 2 * in_use {
            // Tenants are not forgotten one by one, nor are the conditions of their tasks.
            self.forget();
        }
        self.lanes_in_use = in_use;
    }
}
