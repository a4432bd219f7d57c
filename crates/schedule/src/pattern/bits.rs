//! Sets of small numbers, as bits.

/// The least number of the set that is at least `from`.
pub(super) fn at_least(set: u64, from: u8) -> Option<u8> {
    let rest = set.checked_shr(u32::from(from))?;
    let found = u32::from(from) + rest.trailing_zeros();
    (rest != 0).then(|| u8::try_from(found).ok()).flatten()
}

/// The greatest number of the set that is at most `to`.
pub(super) fn at_most(set: u64, to: u8) -> Option<u8> {
    let rest = set & u64::MAX.checked_shr(63_u32.saturating_sub(to.into()))?;
    rest.checked_ilog2().and_then(|bit| u8::try_from(bit).ok())
}

/// The least number of a set that is not empty.
pub(super) fn first(set: u64) -> u8 {
    at_least(set, 0).unwrap_or_default()
}

/// The greatest number of a set that is not empty.
pub(super) fn last(set: u64) -> u8 {
    at_most(set, 63).unwrap_or_default()
}

/// The numbers of a set, in order.
pub(crate) fn numbers(set: u64) -> impl Iterator<Item = u8> {
    (0..64).filter(move |bit| set >> bit & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_are_part_of_it() {
        let set = 1 | 1 << 5 | 1 << 63;
        assert_eq!(at_least(set, 0), Some(0));
        assert_eq!(at_least(set, 1), Some(5));
        assert_eq!(at_least(set, 6), Some(63));
        assert_eq!(at_least(set, 64), None);
        assert_eq!(at_least(1, 1), None);
        assert_eq!(at_most(set, 63), Some(63));
        assert_eq!(at_most(set, 62), Some(5));
        assert_eq!(at_most(set, 4), Some(0));
        assert_eq!(at_most(1 << 5, 4), None);
        assert_eq!((first(set), last(set)), (0, 63));
        assert!(numbers(set).eq([0, 5, 63]));
    }
}
