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

/// The head of an open lane; the more urgent is the greater.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    key: Reverse<OrderKey>,
    slot: Slot,
    lane: usize,
    suspect: bool,
}

/// The open lanes of one queue, by their heads.
#[derive(Debug, Default)]
pub(super) struct Heads {
    lanes: BinaryHeap<Head>,
}

impl<P> Engine<P> {
    /// Chooses the most urgent pending tasks, leases them to the asker and appends them to `leased`, in order; those
    /// that begin at once come first. Visits no task that it does not lease, but for one head a lane.
    pub fn claim(&mut self, spec: &ClaimSpec<'_>, leased: &mut Vec<Slot>) {
        let run = spec.run.min(CLAIM_MAX);
        let total = run.saturating_add(spec.prefetch).min(CLAIM_MAX);
        let mut heads = core::mem::take(&mut self.heads);
        heads.resize_with(spec.queues.len(), Heads::default);
        for (heads, queue) in heads.iter_mut().zip(spec.queues) {
            self.look(spec, *queue, &mut heads.lanes);
        }
        self.take(spec, run, total, &mut heads, leased);
        heads.iter_mut().for_each(|heads| heads.lanes.clear());
        self.heads = heads;
    }

    fn take(
        &mut self,
        spec: &ClaimSpec<'_>,
        run: usize,
        total: usize,
        heads: &mut [Heads],
        leased: &mut Vec<Slot>,
    ) {
        let mut suspect = spec.suspect;
        let mut turn = spec.turn;
        for taken in 0..total {
            let start = taken < run;
            let Some((at, head)) = self.choose(heads, turn, suspect && start) else {
                return;
            };
            suspect &= !head.suspect;
            turn = at + 1;
            self.lease(head.slot, spec.holder, start);
            leased.push(head.slot);
            heads[at].lanes.extend(self.head(head.lane, head.suspect));
        }
    }

    /// Finds the heads of the open lanes of a queue.
    fn look(&self, spec: &ClaimSpec<'_>, queue: QueueId, lanes: &mut BinaryHeap<Head>) {
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
                    {
                        lanes.extend(self.head(lane, suspect));
                    }
                }
            }
        }
    }

    fn head(&self, lane: usize, suspect: bool) -> Option<Head> {
        let (key, slot) = self.index.head(lane)?;
        Some(Head {
            key: Reverse(key),
            slot,
            lane,
            suspect,
        })
    }

    /// Takes the next task: of the queue whose head is the most urgent, in turns among equals.
    fn choose(&self, heads: &mut [Heads], turn: usize, suspect: bool) -> Option<(usize, Head)> {
        let at = match &mut *heads {
            [only] => {
                only.close_suspects(suspect);
                0
            }
            several => self.most_urgent(several, turn, suspect)?,
        };
        Some((at, heads[at].lanes.pop()?))
    }

    /// Which queue has the most urgent head.
    fn most_urgent(&self, heads: &mut [Heads], turn: usize, suspect: bool) -> Option<usize> {
        let count = heads.len();
        let mut best: Option<(Priority, usize)> = None;
        for step in 0..count {
            let at = (turn % count + step) % count;
            heads[at].close_suspects(suspect);
            let Some(head) = heads[at].lanes.peek() else {
                continue;
            };
            let priority = self.entry(head.slot)?.vitals.priority;
            if best.is_none_or(|(urgent, _)| priority < urgent) {
                best = Some((priority, at));
            }
        }
        best.map(|(_, at)| at)
    }
}

impl Heads {
    /// Suspect lanes close for good once a claim may not take from them any more.
    fn close_suspects(&mut self, open: bool) {
        while !open && self.lanes.peek().is_some_and(|head| head.suspect) {
            self.lanes.pop();
        }
    }
}
