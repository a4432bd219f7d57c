//! The pending tasks of one lane, the least key first.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::iter::Peekable;
use core::ops::{Bound, Range};

use super::Slot;
use crate::OrderKey;
use crate::explain::{End, Reach};

/// A lane: a line for each class of its keys.
#[derive(Debug, Default)]
pub(super) struct Lane {
    lines: Vec<Line>,
}

/// The tasks of one class. Nearly all come in their order and leave at the front, which costs the same
/// however many there are; the others stand in a tree beside.
#[derive(Debug)]
struct Line {
    class: u8,
    in_order: VecDeque<Place>,
    /// How many places of `in_order` are empty. Never one at either end, and never most of them.
    empty: usize,
    out_of_order: BTreeSet<(Rank, Slot)>,
}

/// What of a key decides within a class.
type Rank = (i64, i64);

/// A place in line: empty once its task has left from the middle.
#[derive(Clone, Copy, Debug)]
struct Place {
    rank: Rank,
    slot: Option<Slot>,
}

impl Lane {
    #[inline]
    pub(super) fn insert(&mut self, key: OrderKey, slot: Slot) {
        let at = self.lines.partition_point(|line| line.class < key.class);
        if self
            .lines
            .get(at)
            .is_none_or(|line| line.class != key.class)
        {
            self.lines.insert(at, Line::new(key.class));
        }
        self.lines[at].insert((key.rank, key.sequence), slot);
    }

    /// Takes a task out, if it stands here with this key.
    #[inline]
    pub(super) fn remove(&mut self, key: OrderKey, slot: Slot) -> bool {
        let line = self.lines.iter_mut().find(|line| line.class == key.class);
        line.is_some_and(|line| line.remove((key.rank, key.sequence), slot))
    }

    /// The least key, and its task.
    #[inline]
    pub(super) fn first(&self) -> Option<(OrderKey, Slot)> {
        match &self.lines[..] {
            [only] => only.first_key(),
            lines => lines.iter().find_map(Line::first_key),
        }
    }

    /// The least key of each class, and its task.
    pub(super) fn firsts(&self) -> impl Iterator<Item = (OrderKey, Slot)> {
        self.lines.iter().filter_map(Line::first_key)
    }

    /// How many keys lie in a range, counted to `most`.
    pub(super) fn count(&self, keys: &Range<OrderKey>, most: usize) -> usize {
        self.lines.iter().fold(0, |count, line| {
            let part = line.part_of(keys);
            count + part.map_or(0, |(from, to)| line.count(from, to, most - count))
        })
    }

    /// How far `most` keys reach, from one end of those in a range.
    pub(super) fn reach(&self, keys: &Range<OrderKey>, end: End, most: usize) -> Reach {
        let reach = |reach: Reach, line: &Line| {
            let left = most.saturating_sub(usize::try_from(reach.count).unwrap_or(most));
            let part = line.part_of(keys);
            part.map_or(reach, |(from, to)| line.reach(from, to, end, left, reach))
        };
        match end {
            End::Front => self.lines.iter().fold(Reach::NONE, reach),
            End::Back => self.lines.iter().rev().fold(Reach::NONE, reach),
        }
    }
}

/// Before every other.
const FIRST: Rank = (i64::MIN, i64::MIN);

const fn rank_of(key: OrderKey) -> Rank {
    (key.rank, key.sequence)
}

impl Line {
    /// From where on, and before what, a range has keys of this class.
    fn part_of(&self, keys: &Range<OrderKey>) -> Option<(Rank, Option<Rank>)> {
        let within = !keys.is_empty() && (keys.start.class..=keys.end.class).contains(&self.class);
        let from = (self.class == keys.start.class).then(|| rank_of(keys.start));
        let to = (self.class == keys.end.class).then(|| rank_of(keys.end));
        within.then_some((from.unwrap_or(FIRST), to))
    }

    /// These tasks, and how far `most` reach that lie at or behind `from` and before `to`, from one end.
    fn reach(&self, from: Rank, to: Option<Rank>, end: End, most: usize, before: Reach) -> Reach {
        let place = |rank: Rank| self.in_order.partition_point(|place| place.rank < rank);
        let range = place(from)..to.map_or(self.in_order.len(), place);
        let in_order = self
            .in_order
            .range(range)
            .filter(|place| place.slot.is_some());
        let in_order = in_order.map(|place| place.rank);
        let before_to = to.map_or(Bound::Unbounded, |to| Bound::Excluded((to, Slot::MIN)));
        let others = (Bound::Included((from, Slot::MIN)), before_to);
        let others = self.out_of_order.range(others).map(|(rank, _)| *rank);
        let and = |reach: Reach, (rank, sequence)| reach.and(rank, sequence);
        match end {
            End::Front => Merged(in_order.peekable(), others.peekable(), Rank::lt)
                .take(most)
                .fold(before, and),
            End::Back => Merged(in_order.rev().peekable(), others.rev().peekable(), Rank::gt)
                .take(most)
                .fold(before, and),
        }
    }

    /// How many lie at or behind `from` and before `to`, counted to `most`.
    fn count(&self, from: Rank, to: Option<Rank>, most: usize) -> usize {
        let place = |rank: Rank| self.in_order.partition_point(|place| place.rank < rank);
        let range = place(from)..to.map_or(self.in_order.len(), place);
        let in_order = if range.is_empty() {
            0
        } else if self.empty == 0 {
            range.len()
        } else {
            let places = self.in_order.range(range);
            places
                .filter(|place| place.slot.is_some())
                .take(most)
                .count()
        };
        let behind = self.out_of_order.range((from, Slot::MIN)..);
        let others = behind.take_while(|(rank, _)| to.is_none_or(|to| *rank < to));
        let in_order = in_order.min(most);
        in_order + others.take(most - in_order).count()
    }

    const fn new(class: u8) -> Self {
        Self {
            class,
            in_order: VecDeque::new(),
            empty: 0,
            out_of_order: BTreeSet::new(),
        }
    }

    fn insert(&mut self, rank: Rank, slot: Slot) {
        if self.in_order.back().is_none_or(|last| last.rank < rank) {
            let slot = Some(slot);
            self.in_order.push_back(Place { rank, slot });
        } else {
            self.out_of_order.insert((rank, slot));
        }
    }

    #[inline]
    fn first_key(&self) -> Option<(OrderKey, Slot)> {
        let ((rank, sequence), slot) = self.first()?;
        let key = OrderKey {
            class: self.class,
            rank,
            sequence,
        };
        Some((key, slot))
    }

    #[inline]
    fn first(&self) -> Option<(Rank, Slot)> {
        let front = self.in_order.front();
        let front = front.and_then(|place| Some((place.rank, place.slot?)));
        let other = self.out_of_order.first().copied();
        match (front, other) {
            (Some(front), Some(other)) => Some(front.min(other)),
            (front, other) => front.or(other),
        }
    }

    fn remove(&mut self, rank: Rank, slot: Slot) -> bool {
        let at = match self.in_order.front() {
            Some(front) if front.rank == rank => Ok(0),
            _ => self
                .in_order
                .binary_search_by_key(&rank, |place| place.rank),
        };
        match at {
            Ok(at) if self.in_order[at].slot == Some(slot) => {
                self.vacate(at);
                true
            }
            _ => self.out_of_order.remove(&(rank, slot)),
        }
    }

    fn vacate(&mut self, at: usize) {
        self.in_order[at].slot = None;
        self.empty += 1;
        while self
            .in_order
            .front()
            .is_some_and(|place| place.slot.is_none())
        {
            self.in_order.pop_front();
            self.empty -= 1;
        }
        while self
            .in_order
            .back()
            .is_some_and(|place| place.slot.is_none())
        {
            self.in_order.pop_back();
            self.empty -= 1;
        }
        if self.empty > self.in_order.len() / 2 {
            self.in_order.retain(|place| place.slot.is_some());
            self.empty = 0;
        }
    }
}

/// Two lines as one: the first of both is first, as the third says.
struct Merged<A: Iterator, B: Iterator>(Peekable<A>, Peekable<B>, fn(&Rank, &Rank) -> bool);

impl<A: Iterator<Item = Rank>, B: Iterator<Item = Rank>> Iterator for Merged<A, B> {
    type Item = Rank;

    fn next(&mut self) -> Option<Rank> {
        let Self(one, other, precedes) = self;
        match (one.peek(), other.peek()) {
            (Some(first), Some(second)) if precedes(second, first) => other.next(),
            (Some(_), _) => one.next(),
            (None, _) => other.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::slab::Slab;

    fn slots<const N: usize>() -> [Slot; N] {
        let mut slab = Slab::new();
        core::array::from_fn(|_| slab.insert(()))
    }

    fn key(class: u8, rank: i64, sequence: i64) -> OrderKey {
        OrderKey {
            class,
            rank,
            sequence,
        }
    }

    /// Takes all, the least first.
    fn drain(lane: &mut Lane) -> Vec<(OrderKey, Slot)> {
        core::iter::from_fn(|| {
            let (key, slot) = lane.first()?;
            lane.remove(key, slot);
            Some((key, slot))
        })
        .collect()
    }

    #[test]
    fn whatever_comes_in_goes_out_in_order() {
        let slots = slots::<1_000>();
        let mut lane = Lane::default();
        let mut model = BTreeSet::new();
        let mut random: u64 = 7;
        for (slot, sequence) in slots.iter().zip(0..) {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let rank = i64::from((random >> 60) as u8) + sequence / 100;
            let key = key((random >> 40) as u8 % 4, rank, sequence);
            lane.insert(key, *slot);
            model.insert((key, *slot));
        }
        for (key, slot) in model.iter().copied().step_by(3).collect::<Vec<_>>() {
            lane.remove(key, slot);
            model.remove(&(key, slot));
        }
        assert!(lane.firsts().is_sorted() && lane.firsts().count() == 4);
        let keys: Vec<OrderKey> = model.iter().map(|(key, _)| *key).collect();
        for (from, to) in [(0, 600), (0, 1), (13, 14), (250, 251), (77, 512), (5, 5)] {
            let range = keys[from]..keys[to];
            assert_eq!(lane.count(&range, 1_000), to - from);
            assert_eq!(lane.count(&range, 40), (to - from).min(40));
            let keys = keys[from..to].iter().copied();
            let and = |reach: Reach, key: OrderKey| reach.and(key.rank, key.sequence);
            let front = keys.clone().take(40).fold(Reach::NONE, and);
            assert_eq!(lane.reach(&range, End::Front, 40), front);
            let back = keys.rev().take(40).fold(Reach::NONE, and);
            assert_eq!(lane.reach(&range, End::Back, 40), back);
        }
        assert_eq!(drain(&mut lane), Vec::from_iter(model));
        assert!(lane.first().is_none());
    }

    #[test]
    fn who_leaves_from_the_middle_leaves_no_heap_of_empty_places() {
        let slots = slots::<1_000>();
        let mut lane = Lane::default();
        for (slot, n) in slots.iter().zip(0..) {
            lane.insert(key(2, n, n), *slot);
        }
        for (slot, n) in slots.iter().zip(0..).take(999).skip(1) {
            lane.remove(key(2, n, n), *slot);
            let line = &lane.lines[0];
            assert!(line.empty <= line.in_order.len() / 2 + 1);
        }
        assert_eq!(lane.lines[0].in_order.len(), 2);
        let left: Vec<i64> = drain(&mut lane).iter().map(|(key, _)| key.rank).collect();
        assert_eq!(left, [0, 999]);
    }

    #[test]
    fn who_comes_back_takes_the_old_place() {
        let [a, b, c] = slots();
        let mut lane = Lane::default();
        for (n, slot) in [(1, a), (2, b), (3, c)] {
            lane.insert(key(2, 0, n), slot);
        }
        lane.remove(key(2, 0, 1), a);
        lane.remove(key(2, 0, 2), b);
        lane.insert(key(2, 0, 2), b);
        lane.insert(key(2, 0, 1), a);
        let order: Vec<Slot> = drain(&mut lane).into_iter().map(|(_, slot)| slot).collect();
        assert_eq!(order, [a, b, c]);
    }
}
