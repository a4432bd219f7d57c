//! One claim: which heads it gets, one after the other.

use alloc::collections::BinaryHeap;
use alloc::collections::binary_heap::PeekMut;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::cycle::Cycles;
use super::gate::Closed;
use super::line::{LineId, Node};
use super::place::Place;
use super::turn::Turn;
use super::{Dispatch, GateId, Head, KindId, LaneId, QueueId};
use crate::bounds::{CLAIM_MAX, PARK_MAX};
use crate::{Priority, Timestamp};

/// A worker's question for work.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClaimSpec<'a> {
    /// The queues it serves, none named twice.
    pub queues: &'a [QueueId],
    /// What each of them weighs, at most [`QUEUE_WEIGHT_MAX`](crate::bounds::QUEUE_WEIGHT_MAX); empty: the most urgent head comes first, and
    /// queues take turns among equals.
    pub weights: &'a [u32],
    /// The kinds it has handlers for, none named twice.
    pub kinds: &'a [KindId],
    /// How many begin at once.
    pub run: usize,
    /// How many more it takes into store.
    pub prefetch: usize,
    /// It may take one task that has lost a worker before, among those that begin at once.
    pub suspect: bool,
    /// Where turns begin: an index into `queues`, modulo their number; by weight, how many tasks it has
    /// had before.
    pub turn: usize,
}

/// The head of this lane is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Which lane.
    pub lane: LaneId,
    /// It begins at once; otherwise it is taken into store.
    pub start: bool,
    /// Its key: that of the head.
    key: crate::OrderKey,
    at: usize,
}

impl Pick {
    /// The class of its key.
    #[must_use]
    pub const fn class(&self) -> u8 {
        self.key.class
    }
}

/// The lines of one queue that a claim may take from, by their heads; the more urgent is the greater.
#[derive(Debug, Default)]
struct Heads {
    queue: Option<QueueId>,
    lines: BinaryHeap<Reverse<(Turn, LineId)>>,
}

/// A claim under way. It is kept and used again, so that it need not make room each time.
#[derive(Debug, Default)]
pub struct Round {
    now: Timestamp,
    run: usize,
    total: usize,
    taken: usize,
    suspect: bool,
    turn: usize,
    /// The only line there is to take from: nothing has to be chosen, and what follows is not used.
    only: Option<LineId>,
    kinds: Vec<KindId>,
    /// One for each queue, in the order of the claim.
    heads: Vec<Heads>,
    /// Queues take turns by weight; otherwise, by urgency.
    weighed: bool,
    /// Whose turn it is by weight, over and over: outlives the claim, as the next one mostly has the same
    /// weights.
    cycles: Cycles,
    /// By weight: how many places of the cycle, from the one whose turn it is, are of queues in which nothing
    /// is left for this claim.
    barren: usize,
    /// Lanes whose heads matter, but are not known.
    unknown: Vec<LaneId>,
    parked: usize,
}

impl Round {
    /// Lanes whose heads matter, but are not known: whoever drives this says what they are, with
    /// [`set_head`](Dispatch::set_head), before it asks on.
    #[must_use]
    pub fn take_unknown(&mut self) -> Vec<LaneId> {
        core::mem::take(&mut self.unknown)
    }

    /// How many closed lanes, or groups of them, it has found and parked.
    #[must_use]
    pub const fn parked(&self) -> usize {
        self.parked
    }

    #[cfg(test)]
    pub(super) const fn barren(&self) -> usize {
        self.barren
    }

    /// It has found so many closed lanes that it stopped looking, although there may be open ones: asking
    /// again goes on from there.
    #[must_use]
    pub const fn gave_up(&self) -> bool {
        self.parked >= PARK_MAX
    }
}

impl Dispatch {
    /// Begins a claim at `now`. Next, [`Round::take_unknown`].
    pub fn begin(&mut self, spec: &ClaimSpec<'_>, now: Timestamp, round: &mut Round) {
        self.now = now;
        let _cut = self.cut_rates(now);
        self.ring(now);
        round.now = now;
        round.run = spec.run.min(CLAIM_MAX);
        round.total = round.run.saturating_add(spec.prefetch).min(CLAIM_MAX);
        round.taken = 0;
        round.parked = 0;
        round.suspect = spec.suspect;
        round.turn = spec.turn;
        round.unknown.clear();
        round.only = self.only_line(spec);
        if let Some(line) = round.only {
            let unknown = &self.lines[line.index()].unknown;
            if !unknown.is_empty() {
                round.unknown.extend(unknown);
            }
            return;
        }
        round.kinds.clear();
        round.kinds.extend_from_slice(spec.kinds);
        round.kinds.sort_unstable();
        round.heads.resize_with(spec.queues.len(), Heads::default);
        for (heads, queue) in round.heads.iter_mut().zip(spec.queues) {
            heads.queue = Some(*queue);
            heads.lines.clear();
        }
        round.barren = 0;
        round.weighed = round.heads.len() > 1 && round.cycles.set(spec.weights);
        self.gather(round);
    }

    /// The only line that has tasks, if a claim asks for one queue and may take from that line.
    fn only_line(&self, spec: &ClaimSpec<'_>) -> Option<LineId> {
        let [queue] = spec.queues else { return None };
        let queue = &self.queues[queue.index()];
        let [line] = queue.busy[..] else { return None };
        let found = &self.lines[line.index()];
        let may =
            !queue.paused && (spec.suspect || !found.suspect) && spec.kinds.contains(&found.kind);
        may.then_some(line)
    }

    /// Finds the lines that the claim may take from.
    fn gather(&self, round: &mut Round) {
        let Round {
            heads,
            kinds,
            unknown,
            suspect,
            ..
        } = round;
        let mut look = |lines: &mut BinaryHeap<_>, line: LineId| {
            let found = &self.lines[line.index()];
            if *suspect || !found.suspect {
                unknown.extend(&found.unknown);
                // The least turn there is: it is looked up when the line comes to the front.
                lines.push(Reverse((Turn::LEAST, line)));
            }
        };
        for heads in heads.iter_mut() {
            let Some(queue) = heads.queue.map(|queue| &self.queues[queue.index()]) else {
                continue;
            };
            if queue.paused {
                continue;
            }
            if queue.busy.len() <= kinds.len() {
                for line in &queue.busy {
                    let kind = self.lines[line.index()].kind;
                    if kinds.binary_search(&kind).is_ok() {
                        look(&mut heads.lines, *line);
                    }
                }
            } else {
                let lines = kinds.iter().filter_map(|kind| queue.lines.get(kind));
                for line in lines.flatten().flatten() {
                    look(&mut heads.lines, *line);
                }
            }
        }
    }

    /// The lane whose head is next, if the claim gets any more. What it answers is to be given to
    /// [`take`](Self::take), or not used.
    pub fn next(&mut self, round: &mut Round) -> Option<Pick> {
        if round.taken >= round.total {
            return None;
        }
        let start = round.taken < round.run;
        round.suspect &= start;
        let (at, turn, lane) = match round.only {
            Some(line) => {
                let (turn, lane) = self.first_of(line, round)?;
                (0, turn, lane)
            }
            None => self.choose(round)?,
        };
        if !start && self.is_rated(lane) {
            round.taken = round.total;
            return None;
        }
        Some(Pick {
            lane,
            start,
            key: turn.key(),
            at,
        })
    }

    /// The head that is next, if there is one line to take from.
    fn first_of(&mut self, line: LineId, round: &mut Round) -> Option<(Turn, LaneId)> {
        if !round.suspect && self.lines[line.index()].suspect {
            return None;
        }
        self.first_open(line, round.now, &mut round.parked)
    }

    /// The head that is next, of many, and the place of its queue in the claim.
    fn choose(&mut self, round: &mut Round) -> Option<(usize, Turn, LaneId)> {
        let at = match (round.heads.len(), round.weighed) {
            (0, _) => return None,
            (1, _) => 0,
            (_, false) => self.most_urgent(round)?,
            (_, true) => self.whose_turn(round)?,
        };
        let (turn, lane) = self.best(round, at)?;
        Some((at, turn, lane))
    }

    /// Takes the head of a lane that [`next`](Self::next) has named: counts it in its rates and turns. Whoever
    /// drives this then leases the task ([`lease`](Self::lease)) and says which head follows.
    pub fn take(&mut self, round: &mut Round, pick: &Pick) {
        round.taken += 1;
        if round.weighed {
            round.turn = round.turn.wrapping_add(1);
            round.barren = round.barren.saturating_sub(1);
        } else {
            round.turn = pick.at + 1;
        }
        let lane = &self.lanes[pick.lane.index()];
        round.suspect &= !lane.key.suspect;
        for (gate, weight) in &lane.gates {
            self.gates[gate.index()].pass(*weight, round.now);
        }
        if self.is_fair(self.lanes[pick.lane.index()].key.queue) {
            self.have_turn(pick.lane, pick.key);
        }
    }

    /// Whether a rate bounds a lane.
    #[must_use]
    pub fn is_rated(&self, lane: LaneId) -> bool {
        let gates = &self.lanes[lane.index()].gates;
        gates
            .iter()
            .any(|(gate, _)| self.gates[gate.index()].has_rate())
    }

    /// The best head of a queue that is open to this claim.
    fn best(&mut self, round: &mut Round, at: usize) -> Option<(Turn, LaneId)> {
        loop {
            let mut top = round.heads[at].lines.peek_mut()?;
            let Reverse((turn, line)) = *top;
            if !round.suspect && self.lines[line.index()].suspect {
                PeekMut::pop(top);
                continue;
            }
            match self.first_open(line, round.now, &mut round.parked) {
                Some(found) if found.0 == turn => return Some(found),
                Some((turn, _)) => *top = Reverse((turn, line)),
                None => {
                    PeekMut::pop(top);
                }
            }
        }
    }

    /// The first lane of a line that no gate closes. What it finds closed it parks.
    fn first_open(
        &mut self,
        line: LineId,
        now: Timestamp,
        parked: &mut usize,
    ) -> Option<(Turn, LaneId)> {
        while *parked < PARK_MAX {
            let found = &self.lines[line.index()];
            if let Some(plain) = found.only_plain() {
                return Some(plain);
            }
            let (turn, node) = found.first()?;
            let lane = match node {
                Node::Lane(lane) => lane,
                Node::Group(gate, weight) => {
                    if let Some(closed) = self.gates[gate.index()].closed(weight, now) {
                        self.lines[line.index()].hide((gate, weight));
                        self.await_rate(gate, closed);
                        *parked += 1;
                        continue;
                    }
                    let groups = &self.lines[line.index()].groups;
                    groups.get(&(gate, weight))?.lanes.first()?.1
                }
            };
            if self.catch_up(lane) {
                continue;
            }
            let Some((bar, closed)) = self.closing(lane, now) else {
                return Some((turn, lane));
            };
            self.change_place(lane, Place::Parked(bar.0, bar.1));
            self.await_rate(bar.0, closed);
            *parked += 1;
        }
        None
    }

    fn await_rate(&mut self, gate: GateId, closed: Closed) {
        if let Closed::Rate { ready_at } = closed {
            self.set_timer(gate, ready_at);
        }
    }

    /// The first gate that closes a lane.
    fn closing(&self, lane: LaneId, now: Timestamp) -> Option<((GateId, u32), Closed)> {
        let gates = self.lanes[lane.index()].gates.iter();
        gates.copied().find_map(|(gate, weight)| {
            let closed = self.gates[gate.index()].closed(weight, now)?;
            Some(((gate, weight), closed))
        })
    }

    /// Which queue has the most urgent head; in turns among equals.
    fn most_urgent(&mut self, round: &mut Round) -> Option<usize> {
        let count = round.heads.len();
        let mut best: Option<(Priority, usize)> = None;
        for step in 0..count {
            let at = (round.turn % count + step) % count;
            let Some((turn, lane)) = self.best(round, at) else {
                continue;
            };
            let policy = self.policy(self.lanes[lane.index()].key.queue);
            let urgency = policy.urgency(&turn.key(), round.now);
            if best.is_none_or(|(most, _)| urgency < most) {
                best = Some((urgency, at));
            }
        }
        best.map(|(_, at)| at)
    }

    /// Which queue is next by weight: the one whose turn it is, or who follows it in the cycle. A queue in
    /// which nothing is left gets nothing more in this claim, so the cycle is walked only once.
    fn whose_turn(&mut self, round: &mut Round) -> Option<usize> {
        while round.barren < round.cycles.places().len() {
            let places = round.cycles.places();
            let at = places[(round.turn % places.len() + round.barren) % places.len()];
            if self.best(round, at).is_some() {
                return Some(at);
            }
            round.barren += 1;
        }
        None
    }

    /// Whether the head of a lane is known.
    #[must_use]
    pub fn is_known(&self, lane: LaneId) -> bool {
        self.lanes[lane.index()].head != Head::Unknown
    }
}
