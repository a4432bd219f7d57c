//! A map from a sequence to something, for sequences that are mostly dense: chunks of a fixed size,
//! each dropped when its last entry is.

use std::collections::BTreeMap;

const CHUNK: usize = 64;

/// Values by sequence, at a few bytes above the size of a value.
#[derive(Debug)]
pub(super) struct Sparse<T> {
    chunks: BTreeMap<i64, Chunk<T>>,
    len: usize,
}

#[derive(Debug)]
struct Chunk<T> {
    cells: Box<[Option<T>]>,
    used: usize,
}

fn place(sequence: i64) -> (i64, usize) {
    let chunk = i64::try_from(CHUNK).expect("a chunk is small");
    let cell = usize::try_from(sequence.rem_euclid(chunk)).expect("a remainder is not negative");
    (sequence.div_euclid(chunk), cell)
}

fn sequence(chunk: i64, cell: usize) -> i64 {
    chunk * i64::try_from(CHUNK).expect("a chunk is small")
        + i64::try_from(cell).expect("a cell lies in its chunk")
}

impl<T> Sparse<T> {
    pub(super) const fn new() -> Self {
        Self {
            chunks: BTreeMap::new(),
            len: 0,
        }
    }

    pub(super) fn insert(&mut self, at: i64, value: T) {
        let (chunk, cell) = place(at);
        let chunk = self.chunks.entry(chunk).or_insert_with(|| Chunk {
            cells: (0..CHUNK).map(|_| None).collect(),
            used: 0,
        });
        if chunk.cells[cell].replace(value).is_none() {
            chunk.used += 1;
            self.len += 1;
        }
    }

    pub(super) fn get(&self, at: i64) -> Option<&T> {
        let (chunk, cell) = place(at);
        self.chunks.get(&chunk)?.cells[cell].as_ref()
    }

    pub(super) fn remove(&mut self, at: i64) -> Option<T> {
        let (number, cell) = place(at);
        let chunk = self.chunks.get_mut(&number)?;
        let value = chunk.cells[cell].take()?;
        chunk.used -= 1;
        self.len -= 1;
        if chunk.used == 0 {
            self.chunks.remove(&number);
        }
        Some(value)
    }

    /// Entries above `after`, upwards.
    pub(super) fn above(&self, after: i64) -> impl Iterator<Item = (i64, &T)> {
        let first = place(after.saturating_add(1)).0;
        self.chunks
            .range(first..)
            .flat_map(|(number, chunk)| cells(*number, chunk))
            .filter(move |(at, _)| *at > after)
    }

    /// Entries below `before`, downwards.
    pub(super) fn below(&self, before: i64) -> impl Iterator<Item = (i64, &T)> {
        let last = place(before).0;
        self.chunks
            .range(..=last)
            .rev()
            .flat_map(|(number, chunk)| cells(*number, chunk).rev())
            .filter(move |(at, _)| *at < before)
    }
}

fn cells<T>(number: i64, chunk: &Chunk<T>) -> impl DoubleEndedIterator<Item = (i64, &T)> {
    chunk
        .cells
        .iter()
        .enumerate()
        .filter_map(move |(cell, value)| Some((sequence(number, cell), value.as_ref()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_map_in_order() {
        let mut map = Sparse::new();
        for at in [1, 63, 64, 65, 1_000] {
            map.insert(at, at * 2);
        }
        assert_eq!(map.get(64), Some(&128));
        assert_eq!(map.get(2), None);
        assert_eq!(
            map.above(63).map(|(at, _)| at).collect::<Vec<_>>(),
            [64, 65, 1_000]
        );
        assert_eq!(map.below(64).map(|(at, _)| at).collect::<Vec<_>>(), [63, 1]);
        assert_eq!(map.below(i64::MAX).count(), 5);
    }

    #[test]
    fn an_empty_chunk_is_dropped() {
        let mut map = Sparse::new();
        map.insert(5, ());
        map.insert(5, ());
        assert_eq!(map.len, 1);
        assert_eq!(map.remove(5), Some(()));
        assert_eq!(map.remove(5), None);
        assert!(map.chunks.is_empty());
    }
}
