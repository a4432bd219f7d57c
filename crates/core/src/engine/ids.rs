//! What is kept of tasks, by their ids.

use core::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::TaskId;

/// Where tasks lie, by their ids. The ids themselves stay with the tasks: a table of digests takes less
/// than half the memory, and grows without a look at any task.
#[derive(Debug)]
pub struct Ids<T> {
    table: HashTable<(u32, T)>,
    hasher: DefaultHashBuilder,
}

impl<T> Default for Ids<T> {
    fn default() -> Self {
        Self {
            table: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<T: Copy + PartialEq> Ids<T> {
    /// Notes where a task lies whose id is not in the table.
    pub fn insert(&mut self, id: TaskId, place: T) {
        let digest = self.digest(id);
        self.table
            .insert_unique(spread(digest), (digest, place), |(digest, _)| {
                spread(*digest)
            });
    }

    /// The place of an id; `is` tells whether it lies there, as others may have the same digest.
    pub fn find(&self, id: TaskId, is: impl Fn(T) -> bool) -> Option<T> {
        let digest = self.digest(id);
        self.table
            .find(spread(digest), |(other, place)| {
                *other == digest && is(*place)
            })
            .map(|(_, place)| *place)
    }

    /// Forgets an id that lies there.
    pub fn remove(&mut self, id: TaskId, place: T) {
        let digest = self.digest(id);
        if let Ok(found) = self
            .table
            .find_entry(spread(digest), |(_, other)| *other == place)
        {
            found.remove();
        }
    }

    fn digest(&self, id: TaskId) -> u32 {
        let hash = self.hasher.hash_one(id);
        (hash >> 32) as u32 ^ hash as u32
    }
}

/// A table looks at the highest bits and at the lowest: here both come from all of a digest.
fn spread(digest: u32) -> u64 {
    u64::from(digest).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::slab::{Slab, Slot};

    #[test]
    fn what_was_inserted_is_found_until_it_is_removed() {
        let mut ids = Ids::default();
        let mut slab = Slab::new();
        let id = |n: u32| {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&n.to_le_bytes());
            TaskId::from_bytes(bytes)
        };
        let slots: alloc::vec::Vec<Slot> = (0..100_000)
            .map(|n| {
                let slot = slab.insert(id(n));
                ids.insert(id(n), slot);
                slot
            })
            .collect();
        let found =
            |ids: &Ids<Slot>, n: u32| ids.find(id(n), |slot| slab.get(slot) == Some(&id(n)));
        for n in (0..100_000).step_by(2) {
            ids.remove(id(n), slots[n as usize]);
        }
        for n in 0..100_000 {
            let there = (n % 2 == 1).then(|| slots[n as usize]);
            assert_eq!(found(&ids, n), there, "{n}");
        }
        assert_eq!(found(&ids, 100_000), None);
    }
}
