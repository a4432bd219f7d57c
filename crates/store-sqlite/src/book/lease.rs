//! What workers hold, lane by lane: what a limit has in use is the sum of it.
//!
//! It is derived from the leased rows, and never stored: counted worker by worker when limits are first
//! defined, then followed lease by lease. After a commit of another process each worker that it names is
//! counted anew from its rows, so that nothing can drift: a miscount would not outlive the next look.
//! While no limit is defined nobody counts, and nobody tells.

use std::collections::BTreeSet;

use duly_core::dispatch::LaneId;
use hashbrown::HashMap;
use rusqlite::{Connection, Result};

use super::{Book, LaneSlot};
use crate::book::news::Item;

pub(crate) const LEASED: &str =
    "SELECT worker, lane FROM duly_live INDEXED BY duly_live_leased WHERE worker IS NOT NULL";
pub(crate) const HELD_BY: &str =
    "SELECT worker, lane FROM duly_live INDEXED BY duly_live_leased WHERE worker = ?1";

/// How many attempts of each lane a worker holds.
type Hand = HashMap<LaneSlot, u32>;

/// What is known of leases.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// All was counted; otherwise nothing is.
    known: bool,
    hands: HashMap<i64, Hand>,
    /// Workers whose leases have changed in this transaction.
    pub(super) changed: BTreeSet<i64>,
}

impl Book {
    /// Counts what is leased, if there is a limit that it counts for.
    pub(crate) fn know_leases(&mut self, connection: &Connection) -> Result<()> {
        if self.held.known || self.gates.defined.is_empty() {
            return Ok(());
        }
        self.held.known = true;
        let mut statement = connection.prepare_cached(LEASED)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (worker, lane) = (row.get(0)?, row.get(1)?);
            let lane = self.lane_by_id(connection, lane)?;
            self.hold(worker, lane);
        }
        Ok(())
    }

    /// Counts nothing any more.
    pub(super) fn forget_leases(&mut self) {
        self.held.known = false;
        for (lane, _) in self.held.hands.drain().flat_map(|(_, hand)| hand) {
            self.dispatch.set_leased(lane, 0);
        }
    }

    /// Counts anew what a worker holds, if anything is counted.
    pub(super) fn recount(&mut self, connection: &Connection, worker: i64) -> Result<()> {
        if !self.held.known {
            return Ok(());
        }
        let mut found = Hand::new();
        let mut statement = connection.prepare_cached(HELD_BY)?;
        let mut rows = statement.query([worker])?;
        while let Some(row) = rows.next()? {
            let lane = self.lane_by_id(connection, row.get(1)?)?;
            *found.entry(lane).or_default() += 1;
        }
        let before = self.held.hands.remove(&worker).unwrap_or_default();
        // What came first, so that no limit looks open meanwhile.
        for (lane, n) in &found {
            let n = n.saturating_sub(before.get(lane).copied().unwrap_or(0));
            (0..n).for_each(|_| self.dispatch.lease(*lane));
        }
        for (lane, n) in before {
            let n = n.saturating_sub(found.get(&lane).copied().unwrap_or(0));
            (0..n).for_each(|_| self.dispatch.release(lane));
        }
        if !found.is_empty() {
            self.held.hands.insert(worker, found);
        }
        Ok(())
    }

    /// A worker gets an attempt of a lane.
    pub(crate) fn lease_lane(&mut self, lane: LaneId, worker: i64) {
        self.lease_changes(worker);
        if self.held.known {
            self.hold(worker, lane);
        }
    }

    /// A worker has an attempt of a lane no more.
    pub(crate) fn release_lane(&mut self, lane: LaneId, worker: i64) {
        self.lease_changes(worker);
        let Some(hand) = self.held.hands.get_mut(&worker) else {
            return;
        };
        let Some(n) = hand.get_mut(&lane) else { return };
        *n -= 1;
        if *n == 0 {
            hand.remove(&lane);
        }
        if hand.is_empty() {
            self.held.hands.remove(&worker);
        }
        self.dispatch.release(lane);
    }

    fn hold(&mut self, worker: i64, lane: LaneSlot) {
        *self
            .held
            .hands
            .entry(worker)
            .or_default()
            .entry(lane)
            .or_default() += 1;
        self.dispatch.lease(lane);
    }

    /// Others may have to count what a worker holds: unless it is known that there is no limit.
    fn lease_changes(&mut self, worker: i64) {
        if !self.gates.known || !self.gates.defined.is_empty() {
            self.held.changed.insert(worker);
        }
    }

    /// The news of leases that have changed, if there is a limit that they count for.
    pub(super) fn take_lease_news(&mut self) -> Vec<Item> {
        let changed = std::mem::take(&mut self.held.changed);
        match self.gates.defined.is_empty() {
            true => Vec::new(),
            false => changed.into_iter().map(Item::Worker).collect(),
        }
    }
}
