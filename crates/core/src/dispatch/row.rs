//! Rows: the lanes of a tenant that stand in the same place with heads of the same class. They have their
//! turns together, so the first of them stands in line for all of them, and a turn costs the same however
//! many there are.
//!
//! Lanes of queues without turns stand for themselves. So does the only lane of a tenant: most have one,
//! and pay nothing for rows.

use alloc::collections::BTreeSet;

use hashbrown::hash_map::Entry;

use super::line::Node;
use super::place::Place;
use super::turn::Turn;
use super::{Dispatch, LaneId, TenantId};
use crate::OrderKey;

/// What the lanes of a row have in common, beside their line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RowKey {
    tenant: Option<TenantId>,
    class: u8,
    place: Place,
}

impl RowKey {
    pub(super) const fn is_parked(&self) -> bool {
        matches!(self.place, Place::Parked(..))
    }
}

#[derive(Debug)]
pub(super) struct Row {
    /// Stands in line for all.
    pub(super) first: LaneId,
    /// Those behind it, by the keys of their heads.
    pub(super) others: BTreeSet<(OrderKey, LaneId)>,
}

impl Row {
    const fn of(first: LaneId) -> Self {
        Self {
            first,
            others: BTreeSet::new(),
        }
    }
}

impl Dispatch {
    /// In which row a lane stands, unless it stands for itself.
    fn row_key(&self, id: LaneId) -> Option<RowKey> {
        let lane = &self.lanes[id.index()];
        self.has_company(id).then(|| RowKey {
            tenant: lane.tenant,
            class: lane.turn.key().class,
            place: lane.place,
        })
    }

    pub(super) fn row(&self, id: LaneId) -> Option<&Row> {
        let key = self.row_key(id)?;
        self.lines[self.lanes[id.index()].line.index()]
            .rows
            .get(&key)
    }

    /// Begins a row with a lane that stood for itself.
    pub(super) fn begin_row(&mut self, id: LaneId) {
        if let Some(key) = self.row_key(id) {
            let line = self.lanes[id.index()].line;
            self.lines[line.index()].rows.insert(key, Row::of(id));
        }
    }

    /// Lets a lane stand at its place by the key of its turn: behind the first of its row, or for all of it.
    pub(super) fn line_up(&mut self, id: LaneId) {
        let Some(key) = self.row_key(id) else {
            return self.put_in(id);
        };
        let Self { lines, lanes, .. } = self;
        let lane = &lanes[id.index()];
        let before = match lines[lane.line.index()].rows.entry(key) {
            Entry::Vacant(place) => {
                place.insert(Row::of(id));
                None
            }
            Entry::Occupied(row) => {
                let row = row.into_mut();
                let first = (lanes[row.first.index()].turn.key(), row.first);
                let this = (lane.turn.key(), id);
                row.others.insert(first.max(this));
                if first < this {
                    return self.count_move();
                }
                Some(core::mem::replace(&mut row.first, id))
            }
        };
        self.put_in(id);
        if let Some(before) = before {
            self.take_out(before);
        }
    }

    /// Takes a lane from its place; whoever is next in its row stands there instead. Answers whether it
    /// was the last of its group, which is empty then.
    pub(super) fn step_out(&mut self, id: LaneId) -> bool {
        if let Some(key) = self.row_key(id) {
            let lane = &self.lanes[id.index()];
            let rows = &mut self.lines[lane.line.index()].rows;
            if let Entry::Occupied(mut entry) = rows.entry(key) {
                let row = entry.get_mut();
                if row.first != id {
                    row.others.remove(&(lane.turn.key(), id));
                    return false;
                }
                if let Some((_, next)) = row.others.pop_first() {
                    row.first = next;
                    self.put_in(next);
                } else {
                    entry.remove();
                }
            }
        }
        self.take_out(id)
    }

    /// Lets a lane stand in its place as what its head is.
    pub(super) fn restand(&mut self, id: LaneId, key: OrderKey) {
        if self.lanes[id.index()].place == Place::Plain {
            return self.stand_plain(id, key);
        }
        if self.stays_first(id, key) {
            return self.shift(id, key);
        }
        // If its group is empty in between, it is not dropped: whether its gate has opened is kept there.
        self.step_out(id);
        self.lanes[id.index()].turn = Turn::of(key, 0);
        self.line_up(id);
    }

    /// Whether a lane stands for its row, and will with this head.
    fn stays_first(&self, id: LaneId, key: OrderKey) -> bool {
        let Some(row) = self.row(id) else { return true };
        let class = self.lanes[id.index()].turn.key().class;
        let next = row.others.first();
        row.first == id && class == key.class && next.is_none_or(|next| (key, id) < *next)
    }

    /// Moves a lane that stands in line to where its head and the turn of its tenant belong.
    pub(super) fn shift(&mut self, id: LaneId, key: OrderKey) {
        let new = self.turn_of(id, key);
        let lane = &mut self.lanes[id.index()];
        let old = core::mem::replace(&mut lane.turn, new);
        if old == new {
            return;
        }
        let line = &mut self.lines[lane.line.index()];
        match lane.place {
            Place::Open => {
                line.take_out(old, Node::Lane(id));
                line.put_in(new, Node::Lane(id));
            }
            Place::Parked(gate, weight) => line.reorder((gate, weight), id, old, new),
            Place::Plain | Place::Out => {}
        }
        self.count_move();
    }

    /// Puts a lane into line by the turn of its tenant.
    fn put_in(&mut self, id: LaneId) {
        let turn = self.turn_of(id, self.lanes[id.index()].turn.key());
        let lane = &mut self.lanes[id.index()];
        lane.turn = turn;
        let line = &mut self.lines[lane.line.index()];
        match lane.place {
            Place::Open => line.put_in(turn, Node::Lane(id)),
            Place::Parked(gate, weight) => line.park((gate, weight), turn, id),
            Place::Plain | Place::Out => {}
        }
        self.count_move();
    }

    /// Takes a lane out of line; answers whether it was the last of its group.
    fn take_out(&mut self, id: LaneId) -> bool {
        let lane = &self.lanes[id.index()];
        let line = &mut self.lines[lane.line.index()];
        match lane.place {
            Place::Open => line.take_out(lane.turn, Node::Lane(id)),
            Place::Parked(gate, weight) => return line.unpark((gate, weight), lane.turn, id),
            Place::Plain | Place::Out => {}
        }
        false
    }

    const fn count_move(&mut self) {
        #[cfg(test)]
        {
            self.moves += 1;
        }
    }
}
