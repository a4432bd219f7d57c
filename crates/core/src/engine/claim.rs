//! Choosing what starts next: an open lane, and its head.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::index::LaneKey;
use super::{Engine, KindId, QueueId, Slot};
use crate::bounds::CLAIM_MAX;
use crate::{Incarnation, OrderKey, Priority};

/// A worker's question for work.
#[derive(Clone, Copy, Debug)]
pub struct ClaimSpec<'a> {
    /// Who asks.
    pub holder: Incarnation,
    /// The queues it serves, none named twice.
    pub queues: &'a [QueueId],
    /// The kinds it has handlers for, none named twice.
    pub kinds: &'a [KindId],
    /// How many begin at once.
    pub run: usize,
    /// How many more it takes into store.
    pub prefetch: usize,
    /// It may take one task that has lost a worker before, among those that begin at once.
    pub suspect: bool,
    /// Where turns begin: an index into `queues`, modulo their number.
    pub turn: usize,
}

/// The open lanes of one queue, by their heads.
struct Heads {
    lanes: BinaryHeap<Reverse<(OrderKey, Slot, usize, bool)>>,
}

impl<P> Engine<P> {
    /// Chooses the most urgent pending tasks, leases them to the asker and appends them to `leased`, in order; those
    /// that begin at once come first. Visits no task that it does not lease, but for one head a lane.
    pub fn claim(&mut self, spec: &ClaimSpec<'_>, leased: &mut Vec<Slot>) {
        let run = spec.run.min(CLAIM_MAX);
        let total = run.saturating_add(spec.prefetch).min(CLAIM_MAX);
        let mut heads: Vec<Heads> = spec.queues.iter().map(|q| self.heads(spec, *q)).collect();
        let mut suspect = spec.suspect;
        let mut turn = spec.turn;
        for taken in 0..total {
            let start = taken < run;
            let Some((at, slot, is_suspect)) = self.choose(&mut heads, turn, suspect && start)
            else {
                return;
            };
            suspect &= !is_suspect;
            turn = at + 1;
            self.lease(slot, spec.holder, start);
            leased.push(slot);
        }
    }

    fn heads(&self, spec: &ClaimSpec<'_>, queue: QueueId) -> Heads {
        let mut lanes = BinaryHeap::new();
        if !self.is_paused(queue) {
            for kind in spec.kinds {
                for suspect in [false, true] {
                    let key = LaneKey {
                        queue,
                        kind: *kind,
                        suspect,
                    };
                    if (spec.suspect || !suspect)
                        && let Some(lane) = self.index.lane_id(&key)
                        && let Some((key, slot)) = self.index.head(lane)
                    {
                        lanes.push(Reverse((key, slot, lane, suspect)));
                    }
                }
            }
        }
        Heads { lanes }
    }

    /// Takes the next task: of the queue whose head is the most urgent, in turns among equals.
    fn choose(
        &self,
        heads: &mut [Heads],
        turn: usize,
        suspect: bool,
    ) -> Option<(usize, Slot, bool)> {
        let count = heads.len();
        let mut best: Option<(Priority, usize)> = None;
        for step in 0..count {
            let at = (turn % count + step) % count;
            heads[at].close_suspects(suspect);
            let Some(Reverse((_, slot, _, _))) = heads[at].lanes.peek() else {
                continue;
            };
            let priority = self.entry(*slot)?.vitals.priority;
            if best.is_none_or(|(urgent, _)| priority < urgent) {
                best = Some((priority, at));
            }
        }
        let (_, at) = best?;
        let Reverse((key, slot, lane, is_suspect)) = heads[at].lanes.pop()?;
        if let Some((key, slot)) = self.index.behind(lane, (key, slot)) {
            heads[at].lanes.push(Reverse((key, slot, lane, is_suspect)));
        }
        Some((at, slot, is_suspect))
    }
}

impl Heads {
    /// Suspect lanes close for good once a claim may not take from them any more.
    fn close_suspects(&mut self, open: bool) {
        while !open && matches!(self.lanes.peek(), Some(Reverse((_, _, _, true)))) {
            self.lanes.pop();
        }
    }
}
