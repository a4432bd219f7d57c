//! Numbers that follow from a seed, and from nothing else.

use std::time::Duration;

/// `SplitMix64`: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of their own for something that these numbers name: what is rolled here does not depend on
    /// what was rolled before, so it stays as it is when other things are left out.
    pub(crate) fn of(numbers: &[u64]) -> Self {
        let mut dice = Self::new(0);
        for number in numbers {
            dice.0 ^= number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            dice.0 = dice.roll();
        }
        dice
    }

    pub(crate) const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.roll() % end
    }

    /// A number from `low` to `high`.
    pub(crate) const fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// An index below `end`, which is not 0.
    pub(crate) const fn index(&mut self, end: usize) -> usize {
        self.below(end as u64) as usize
    }

    /// True once in so many times.
    pub(crate) const fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Mostly nothing; otherwise yes or no.
    pub(crate) fn maybe(&mut self) -> Option<bool> {
        match self.below(4) {
            0 => Some(true),
            1 => Some(false),
            _ => None,
        }
    }

    /// One of several, which are not none.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.index(from.len())]
    }

    /// From `low` to `high` milliseconds, in microseconds.
    pub(crate) const fn millis(&mut self, low: u64, high: u64) -> Duration {
        Duration::from_micros(self.within(low * 1_000, high * 1_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dice_of_the_same_numbers_roll_the_same() {
        let roll = |numbers: &[u64]| Dice::of(numbers).roll();
        assert_eq!(roll(&[1, 2, 3]), roll(&[1, 2, 3]));
        assert_ne!(roll(&[1, 2, 3]), roll(&[1, 3, 2]));
        assert_ne!(roll(&[0, 0]), roll(&[0]));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut dice = Dice::new(7);
        for _ in 0..1_000 {
            assert!((3..=5).contains(&dice.within(3, 5)));
            assert!(dice.millis(1, 2) <= Duration::from_millis(2));
        }
    }
}
