//! Who holds which unique key. A key outlives its task only if it is held until an instant.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};

use hashbrown::HashMap;

use super::{Engine, Entry, KindId, Slot};
use crate::{HeldKey, Hold, State, TaskId, Timestamp, Vitals};

/// A key, within its kind.
#[derive(Clone, Debug)]
struct Key(KindId, Arc<HeldKey>);

impl Key {
    fn parts(&self) -> (KindId, &str) {
        (self.0, &self.1.key)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

/// The task that holds a unique key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its id.
    pub id: TaskId,
    /// Where it stands.
    pub standing: Standing,
}

/// Where the holder of a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is unfinished, and lies here.
    Unfinished(Slot),
    /// It has ended so; the driver may have forgotten it since.
    Ended(State),
}

/// A key that its holder no longer needs.
#[derive(Debug)]
pub struct Displaced(Key, Holder);

#[derive(Debug, Default)]
pub(super) struct Keys {
    held: HashMap<Key, Holder>,
    /// What is held until an instant.
    ends: BTreeSet<(Timestamp, Key)>,
}

impl Keys {
    fn insert(&mut self, key: Key, holder: Holder) {
        self.remove(&key);
        if let Hold::Until(end) = key.1.hold {
            self.ends.insert((end, key.clone()));
        }
        self.held.insert(key, holder);
    }

    fn remove(&mut self, key: &Key) -> Option<(Key, Holder)> {
        let (key, holder) = self.held.remove_entry(key)?;
        if let Hold::Until(end) = key.1.hold {
            self.ends.remove(&(end, key.clone()));
        }
        Some((key, holder))
    }

    /// Gives a key up, if this task has it.
    fn release(&mut self, key: &Key, id: TaskId) {
        if self.held.get(key).is_some_and(|holder| holder.id == id) {
            self.remove(key);
        }
    }

    /// The holder of a key at `now`, and the key as it holds it.
    fn holder(&self, key: &Key, now: Timestamp) -> Option<Holder> {
        let (held, holder) = self.held.get_key_value(key)?;
        let lapsed = matches!(held.1.hold, Hold::Until(end) if end <= now);
        (!lapsed).then_some(*holder)
    }
}

impl<P> Entry<P> {
    fn key(&self) -> Option<Key> {
        Some(Key(self.kind, self.unique.clone()?))
    }
}

impl<P> Engine<P> {
    /// The task that holds a key at `now`.
    #[must_use]
    pub fn unique_holder(
        &self,
        kind: KindId,
        unique: &Arc<HeldKey>,
        now: Timestamp,
    ) -> Option<Holder> {
        self.keys.holder(&Key(kind, unique.clone()), now)
    }

    /// Another task that holds the key which this one would hold, were it as `vitals` says.
    #[must_use]
    pub fn rival(&self, entry: &Entry<P>, vitals: &Vitals, now: Timestamp) -> Option<TaskId> {
        let key = entry.key()?;
        if !key.1.hold.holds(vitals, now) {
            return None;
        }
        let holder = self.keys.holder(&key, now)?;
        (holder.id != entry.id).then_some(holder.id)
    }

    /// Takes away what is known of the key that a task is going to hold and that no other task holds at
    /// `now`: that it was held until an instant that has come, or by this task once. It comes back by
    /// [`put_back`](Self::put_back), to undo a batch.
    pub fn make_way(&mut self, entry: &Entry<P>, now: Timestamp) -> Option<Displaced> {
        let key = entry.key()?;
        if !key.1.hold.holds(&entry.vitals, now) || self.rival(entry, &entry.vitals, now).is_some()
        {
            return None;
        }
        let (key, holder) = self.keys.remove(&key)?;
        Some(Displaced(key, holder))
    }

    /// Gives a key back that [`make_way`](Self::make_way) took.
    pub fn put_back(&mut self, displaced: Displaced) {
        self.keys.insert(displaced.0, displaced.1);
    }

    /// Notes that a task which has ended, and is not here, holds its key, if it does and nobody else has
    /// it. It is undone by [`release`](Self::release).
    pub fn hold_ended(&mut self, entry: &Entry<P>, now: Timestamp) {
        let state = entry.vitals.state;
        if let Some(key) = entry.key()
            && key.1.hold.holds(&entry.vitals, now)
            && self.keys.holder(&key, now).is_none()
        {
            let holder = Holder {
                id: entry.id,
                standing: Standing::Ended(state),
            };
            self.keys.insert(key, holder);
        }
    }

    /// Gives up the key of a task, if it has it.
    pub fn release(&mut self, entry: &Entry<P>) {
        if let Some(key) = entry.key() {
            self.keys.release(&key, entry.id);
        }
    }

    /// Forgets up to `limit` keys whose period is over. Answers how many, and whether there are more.
    pub fn forget_lapsed(&mut self, now: Timestamp, limit: usize) -> (usize, bool) {
        let mut count = 0;
        while let Some((end, key)) = self.keys.ends.first()
            && *end <= now
        {
            if count == limit {
                return (count, true);
            }
            let key = key.clone();
            self.keys.remove(&key);
            count += 1;
        }
        (count, false)
    }

    /// A task that was taken in takes its key.
    pub(super) fn take_key(&mut self, slot: Slot, now: Timestamp) {
        let Some(entry) = self.entry(slot) else {
            return;
        };
        let Some(key) = entry.key() else { return };
        if key.1.hold.holds(&entry.vitals, now) {
            let holder = Holder {
                id: entry.id,
                standing: Standing::Unfinished(slot),
            };
            self.keys.insert(key, holder);
        }
    }

    /// A task gives up its key, if it has it.
    pub(super) fn drop_key(&mut self, slot: Slot) {
        let key = self
            .entry(slot)
            .and_then(|entry| Some((entry.key()?, entry.id)));
        if let Some((key, id)) = key {
            self.keys.release(&key, id);
        }
    }

    /// A task was claimed.
    pub(super) fn key_of_claimed(&mut self, slot: Slot) {
        let unique = self.entry(slot).and_then(|entry| entry.unique.as_ref());
        if unique.is_some_and(|unique| unique.hold == Hold::Waiting)
            && let Some(entry) = self.entries.get(slot)
            && let Some(key) = entry.key()
        {
            self.keys.release(&key, entry.id);
        }
    }

    /// A task was taken out.
    pub(super) fn key_of_ended(&mut self, entry: &Entry<P>) {
        let Some(key) = entry.key() else { return };
        if !matches!(key.1.hold, Hold::Until(_)) {
            self.keys.release(&key, entry.id);
        } else if let Some(holder) = self.keys.held.get_mut(&key)
            && holder.id == entry.id
        {
            holder.standing = Standing::Ended(entry.vitals.state);
        }
    }
}
