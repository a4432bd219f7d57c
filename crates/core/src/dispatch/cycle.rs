//! In which order queues take turns by weight.

use alloc::vec::Vec;

use crate::bounds::QUEUE_WEIGHT_MAX;

/// For how many choices of weights the cycle is kept: workers of one store mostly have the same.
const CYCLES_KEPT: usize = 4;

/// The cycles that claims asked for last, the latest first.
#[derive(Debug, Default)]
pub(super) struct Cycles(Vec<Cycle>);

/// Whose turn it is, over and over.
#[derive(Debug, Default)]
struct Cycle {
    weights: Vec<u32>,
    places: Vec<usize>,
}

impl Cycles {
    /// From now on, turns are by these weights. Answers whether anybody gets one.
    pub(super) fn set(&mut self, weights: &[u32]) -> bool {
        if weights.is_empty() {
            return false;
        }
        match self.0.iter().position(|cycle| cycle.weights == weights) {
            Some(at) => self.0[..=at].rotate_right(1),
            None => {
                self.0.truncate(CYCLES_KEPT - 1);
                let cycle = Cycle {
                    weights: weights.to_vec(),
                    places: places(weights),
                };
                self.0.insert(0, cycle);
            }
        }
        !self.places().is_empty()
    }

    /// Indices of the queues, in the order of their turns.
    pub(super) fn places(&self) -> &[usize] {
        self.0.first().map_or(&[], |cycle| &cycle.places)
    }
}

/// Queues of the same weight: they take their turns one after the other.
struct Peers {
    weight: i64,
    members: Vec<usize>,
    /// Who of them is next.
    next: usize,
    /// What that one has.
    wealth: i64,
}

/// Each as evenly spread as can be: the smooth weighted round robin, in which everybody gains their weight each
/// time, and the richest, the first among equals, pays for all. Of those of one weight the richest is always
/// the next in turn, so a step costs as much as there are different weights.
fn places(weights: &[u32]) -> Vec<usize> {
    let weights = weights.iter().map(|weight| (*weight).min(QUEUE_WEIGHT_MAX));
    let weights: Vec<u32> = weights.collect();
    // All divided by the same take the same turns, and those begin anew sooner.
    let divisor = weights.iter().copied().fold(0, greatest_common_divisor);
    let mut peers: Vec<Peers> = Vec::new();
    for (at, weight) in weights
        .iter()
        .enumerate()
        .filter(|(_, weight)| **weight > 0)
    {
        let weight = i64::from(weight / divisor);
        match peers.iter_mut().find(|peers| peers.weight == weight) {
            Some(peers) => peers.members.push(at),
            None => peers.push(Peers {
                weight,
                members: [at].into(),
                next: 0,
                wealth: 0,
            }),
        }
    }
    let sums = peers
        .iter()
        .map(|peers| peers.weight * peers.members.len() as i64);
    let total: i64 = sums.sum();
    let mut places = Vec::new();
    for _ in 0..total {
        for peers in &mut peers {
            peers.wealth += peers.weight;
        }
        let richest = peers.iter_mut().max_by_key(|peers| {
            let first = core::cmp::Reverse(peers.members[peers.next]);
            (peers.wealth, first)
        });
        let Some(richest) = richest else { break };
        places.push(richest.members[richest.next]);
        richest.next += 1;
        if richest.next == richest.members.len() {
            richest.next = 0;
            richest.wealth -= total;
        }
    }
    places
}

fn greatest_common_divisor(one: u32, other: u32) -> u32 {
    match other {
        0 => one,
        _ => greatest_common_divisor(other, one % other),
    }
}

/// The smooth weighted round robin by definition.
#[cfg(test)]
pub(super) fn by_definition(weights: &[u32]) -> Vec<usize> {
    let weights = weights
        .iter()
        .map(|weight| i64::from((*weight).min(QUEUE_WEIGHT_MAX)));
    let weights: Vec<i64> = weights.collect();
    let total: i64 = weights.iter().sum();
    let mut wealth = alloc::vec![0; weights.len()];
    let turn = |_| {
        let mut richest = 0;
        for (at, weight) in weights.iter().enumerate() {
            wealth[at] += weight;
            if wealth[at] > wealth[richest] {
                richest = at;
            }
        }
        wealth[richest] -= total;
        richest
    };
    (0..total).map(turn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_spread_evenly() {
        assert_eq!(places(&[3, 1]), [0, 0, 1, 0]);
        assert_eq!(places(&[1, 1, 2]), [2, 0, 1, 2]);
        assert_eq!(places(&[5, 1, 1]), [0, 0, 1, 0, 2, 0, 0]);
        assert!(places(&[]).is_empty() && places(&[0, 0]).is_empty());
    }

    #[test]
    fn every_turn_is_the_one_by_definition() {
        let mut seed = 1_u32;
        let mut below = |n: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % n
        };
        for round in 0..2_000 {
            let most = [3, 10, 101, 300][round % 4];
            let factor = 1 + below(4);
            let count = 1 + below(12);
            let weights: Vec<u32> = (0..count).map(|_| below(most) * factor).collect();
            let whole = by_definition(&weights);
            let cycle = places(&weights);
            let turns = cycle.iter().cycle().take(whole.len());
            assert!(turns.eq(&whole), "{weights:?}");
            assert!(
                cycle.is_empty() || whole.len().is_multiple_of(cycle.len()),
                "{weights:?}"
            );
        }
    }

    #[test]
    fn a_cycle_is_no_longer_than_it_must_be_and_is_made_once() {
        let mut cycles = Cycles::default();
        assert!(!cycles.set(&[]));
        assert!(cycles.set(&[100; 1_000]));
        assert_eq!(cycles.places().len(), 1_000);
        let made = cycles.places().as_ptr();
        assert!(cycles.set(&[2, 1]) && !cycles.set(&[0, 0]) && !cycles.set(&[]));
        assert!(cycles.set(&[100; 1_000]));
        assert_eq!(cycles.places().as_ptr(), made);
        for weight in 1..=9 {
            assert!(cycles.set(&[weight, 1]));
        }
        assert_eq!(cycles.0.len(), CYCLES_KEPT);
    }
}
