//! Lines: who may take their tasks is the same, so one head of each decides.

use alloc::collections::BTreeSet;

use hashbrown::HashMap;

use super::lane::LaneKey;
use super::row::{Row, RowKey};
use super::turn::Turn;
use super::{GateId, KindId, LaneId, QueueId};

/// A line, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LineId(u32);

impl LineId {
    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("fewer than 2^32 lines fit in memory"))
    }

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What stands in a line: a lane, or all lanes that were parked under a gate with a weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    Lane(LaneId),
    Group(GateId, u32),
}

/// Lanes that one gate has closed, all of them with the same weight; of each row the first.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) lanes: BTreeSet<(Turn, LaneId)>,
    /// Its gate has opened, and was not found closed since.
    pub(super) open: bool,
    /// As which it stands among the open, if it does.
    shown: Option<Turn>,
}

/// Queue × kind, and suspects apart.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) queue: QueueId,
    pub(super) kind: KindId,
    pub(super) suspect: bool,
    /// The lane that no gate can close, if somebody stands in it.
    pub(super) plain: Option<(Turn, LaneId)>,
    /// Of each row, the first.
    open: BTreeSet<(Turn, Node)>,
    pub(super) groups: HashMap<(GateId, u32), Group>,
    /// Of tenants that take turns and have several lanes.
    pub(super) rows: HashMap<RowKey, Row>,
    /// Lanes whose heads are not known.
    pub(super) unknown: BTreeSet<LaneId>,
    /// How many lanes somebody stands in, or may stand in.
    pub(super) standing: u32,
    /// Its place among the busy lines of its queue.
    pub(super) busy_at: Option<usize>,
}

impl Line {
    pub(super) fn new(key: &LaneKey) -> Self {
        Self {
            queue: key.queue,
            kind: key.kind,
            suspect: key.suspect,
            plain: None,
            open: BTreeSet::new(),
            groups: HashMap::new(),
            rows: HashMap::new(),
            unknown: BTreeSet::new(),
            standing: 0,
            busy_at: None,
        }
    }

    /// The first that stands open, as far as is known.
    pub(super) fn first(&self) -> Option<(Turn, Node)> {
        let open = self.open.first().copied();
        match (self.plain, open) {
            (Some((turn, lane)), Some(open)) if turn < open.0 => Some((turn, Node::Lane(lane))),
            (Some((turn, lane)), None) => Some((turn, Node::Lane(lane))),
            (_, open) => open,
        }
    }

    /// The lane that no gate can close, if no other stands open.
    #[inline]
    pub(super) fn only_plain(&self) -> Option<(Turn, LaneId)> {
        self.plain.filter(|_| self.open.is_empty())
    }

    pub(super) fn put_in(&mut self, turn: Turn, node: Node) {
        self.open.insert((turn, node));
    }

    pub(super) fn take_out(&mut self, turn: Turn, node: Node) {
        self.open.remove(&(turn, node));
    }

    pub(super) fn is_open(&self, turn: Turn, node: Node) -> bool {
        self.open.contains(&(turn, node))
    }

    /// Adds a lane to those that a gate closes.
    pub(super) fn park(&mut self, bar: (GateId, u32), turn: Turn, lane: LaneId) {
        let group = self.groups.entry(bar).or_default();
        group.lanes.insert((turn, lane));
        self.refresh(bar);
    }

    /// Takes a lane from those that a gate closes; answers whether it was the last.
    pub(super) fn unpark(&mut self, bar: (GateId, u32), turn: Turn, lane: LaneId) -> bool {
        let Some(group) = self.groups.get_mut(&bar) else {
            return false;
        };
        group.lanes.remove(&(turn, lane));
        let last = group.lanes.is_empty();
        self.refresh(bar);
        last
    }

    /// The gate has opened: its group stands in line. Answers whether it did not before.
    pub(super) fn show(&mut self, bar: (GateId, u32)) -> bool {
        let group = self.groups.get_mut(&bar);
        let shows = group.is_some_and(|group| !core::mem::replace(&mut group.open, true));
        self.refresh(bar);
        shows
    }

    /// The gate is closed: its group does not stand in line.
    pub(super) fn hide(&mut self, bar: (GateId, u32)) {
        if let Some(group) = self.groups.get_mut(&bar) {
            group.open = false;
        }
        self.refresh(bar);
    }

    /// Lets a group whose gate has opened stand in line as its first lane does.
    fn refresh(&mut self, bar: (GateId, u32)) {
        let Some(group) = self.groups.get_mut(&bar) else {
            return;
        };
        let first = group.lanes.first().filter(|_| group.open);
        let first = first.map(|(turn, _)| *turn);
        if group.shown == first {
            return;
        }
        let node = Node::Group(bar.0, bar.1);
        if let Some(old) = core::mem::replace(&mut group.shown, first) {
            self.open.remove(&(old, node));
        }
        self.open.extend(first.map(|turn| (turn, node)));
    }

    /// The lanes in which somebody stands, or may stand: first those that are not parked.
    pub(super) fn lanes(&self) -> impl Iterator<Item = LaneId> {
        let open = self.open.iter().filter_map(|(_, node)| match node {
            Node::Lane(lane) => Some(*lane),
            Node::Group(..) => None,
        });
        let parked = self.groups.values().flat_map(|group| &group.lanes);
        let plain = self.plain.iter().map(|(_, lane)| *lane);
        let unknown = self.unknown.iter().copied();
        plain
            .chain(open)
            .chain(self.behind(false))
            .chain(parked.map(|(_, lane)| *lane))
            .chain(self.behind(true))
            .chain(unknown)
    }

    /// The lanes that stand behind the first of their row.
    fn behind(&self, parked: bool) -> impl Iterator<Item = LaneId> {
        let rows = self.rows.iter();
        let rows = rows.filter(move |(key, _)| key.is_parked() == parked);
        rows.flat_map(|(_, row)| row.others.iter().map(|(_, lane)| *lane))
    }
}

impl Line {
    /// Lets a parked lane stand elsewhere in its group.
    pub(super) fn reorder(&mut self, bar: (GateId, u32), lane: LaneId, old: Turn, new: Turn) {
        if let Some(group) = self.groups.get_mut(&bar) {
            group.lanes.remove(&(old, lane));
            group.lanes.insert((new, lane));
            self.refresh(bar);
        }
    }
}
