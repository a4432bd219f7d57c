//! A vector with holes that are filled again.

use alloc::vec::Vec;

/// Where a task lies in an [`Engine`](super::Engine), as long as it is unfinished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

impl Slot {
    pub(super) const MIN: Self = Self(0);
    pub(super) const MAX: Self = Self(u32::MAX);
}

/// How many cells a chunk has, as a power of two.
const CHUNK_BITS: u32 = 10;
const CHUNK: usize = 1 << CHUNK_BITS;

/// Cells in chunks: it grows without moving what it holds, so that no one insertion takes long.
#[derive(Debug)]
pub(super) struct Slab<T> {
    chunks: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    /// How many cells were ever used.
    used: u32,
}

impl<T> Slab<T> {
    pub(super) const fn new() -> Self {
        Self {
            chunks: Vec::new(),
            free: Vec::new(),
            used: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.used as usize - self.free.len()
    }

    #[inline]
    pub(super) fn insert(&mut self, value: T) -> Slot {
        if let Some(index) = self.free.pop() {
            let (chunk, cell) = place(index);
            self.chunks[chunk][cell] = Some(value);
            return Slot(index);
        }
        let index = self.used;
        self.used = index
            .checked_add(1)
            .expect("fewer than 2^32 tasks fit in memory");
        let (chunk, _) = place(index);
        if chunk == self.chunks.len() {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        self.chunks[chunk].push(Some(value));
        Slot(index)
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&T> {
        let (chunk, cell) = place(slot.0);
        self.chunks.get(chunk)?.get(cell)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        let (chunk, cell) = place(slot.0);
        self.chunks.get_mut(chunk)?.get_mut(cell)?.as_mut()
    }

    #[inline]
    pub(super) fn remove(&mut self, slot: Slot) -> Option<T> {
        let (chunk, cell) = place(slot.0);
        let value = self.chunks.get_mut(chunk)?.get_mut(cell)?.take();
        if value.is_some() {
            self.free.push(slot.0);
        }
        value
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        (0..)
            .zip(self.chunks.iter().flatten())
            .filter_map(|(index, cell)| Some((Slot(index), cell.as_ref()?)))
    }
}

/// The chunk of a cell, and where in it the cell is.
const fn place(index: u32) -> (usize, usize) {
    let index = index as usize;
    (index >> CHUNK_BITS, index & (CHUNK - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_used_again_and_chunks_follow_each_other() {
        let mut slab = Slab::new();
        let slots: Vec<Slot> = (0..3 * CHUNK).map(|n| slab.insert(n)).collect();
        for slot in slots.iter().step_by(2) {
            assert!(slab.remove(*slot).is_some());
            assert_eq!(slab.remove(*slot), None, "it is empty");
        }
        assert_eq!(slab.len(), 3 * CHUNK / 2);
        assert!(slab.iter().all(|(slot, n)| slots[*n] == slot));
        let again = slab.insert(usize::MAX);
        assert!(slots.contains(&again));
        assert_eq!(slab.get(again), Some(&usize::MAX));
        assert_eq!(slab.iter().count(), slab.len());
    }
}
