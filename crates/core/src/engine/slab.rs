//! A vector with holes that are filled again.

use alloc::vec::Vec;

/// Where a task lies in an [`Engine`](super::Engine), as long as it is unfinished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

impl Slot {
    pub(super) const MIN: Self = Self(0);
    pub(super) const MAX: Self = Self(u32::MAX);
}

#[derive(Debug)]
pub(super) struct Slab<T> {
    cells: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(super) const fn new() -> Self {
        Self {
            cells: Vec::new(),
            free: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len() - self.free.len()
    }

    pub(super) fn insert(&mut self, value: T) -> Slot {
        if let Some(index) = self.free.pop() {
            self.cells[index as usize] = Some(value);
            return Slot(index);
        }
        let index = u32::try_from(self.cells.len()).expect("fewer than 2^32 tasks fit in memory");
        self.cells.push(Some(value));
        Slot(index)
    }

    pub(super) fn get(&self, slot: Slot) -> Option<&T> {
        self.cells.get(slot.0 as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.cells.get_mut(slot.0 as usize)?.as_mut()
    }

    pub(super) fn remove(&mut self, slot: Slot) -> Option<T> {
        let value = self.cells.get_mut(slot.0 as usize)?.take();
        if value.is_some() {
            self.free.push(slot.0);
        }
        value
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        (0..)
            .zip(&self.cells)
            .filter_map(|(index, cell)| Some((Slot(index), cell.as_ref()?)))
    }
}
