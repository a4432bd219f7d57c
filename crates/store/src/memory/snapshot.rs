//! What changes while everything is taken out page by page, so that the whole can be of one instant.

use std::collections::BTreeSet;

/// Notes what changes.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// How often anything has changed.
    changes: u64,
    /// A snapshot that is being taken.
    snapshot: Option<Snapshot>,
}

#[derive(Debug)]
struct Snapshot {
    /// Tasks up to this sequence were taken; those behind it are yet to come.
    taken: i64,
    /// Of those that were taken, which have changed since, or were removed.
    changed: BTreeSet<i64>,
}

impl Watch {
    /// A task has changed, has come, or was removed.
    pub(super) fn mark(&mut self, sequence: i64) {
        self.note();
        if let Some(snapshot) = &mut self.snapshot
            && sequence <= snapshot.taken
        {
            snapshot.changed.insert(sequence);
        }
    }

    /// Something else has changed.
    pub(super) const fn note(&mut self) {
        self.changes = self.changes.wrapping_add(1);
    }
}

#[cfg(feature = "archive")]
mod taking {
    use std::sync::PoisonError;

    use duly_core::{Limit, RateState, Timestamp};

    use super::super::MemoryStore;
    use super::super::world::World;
    use super::{BTreeSet, Snapshot};
    use crate::{
        KindSettings, LimitUse, Name, QueueSettings, Save, SaveCursor, SavedTask, ScheduleRecord,
        Subject, TenantSettings,
    };

    /// What has changed since it was taken: tasks by sequence, as they are now; `None` if removed.
    pub(crate) struct Changed {
        pub(crate) tasks: Vec<(i64, Option<SavedTask>)>,
        /// How many more there are.
        pub(crate) left: usize,
        /// There was no more: what was taken is now the whole, as it is at this instant.
        pub(crate) whole: Option<Whole>,
    }

    /// What is true of the instant of a snapshot.
    pub(crate) struct Whole {
        pub(crate) at: Timestamp,
        /// See [`MemoryStore::changes`].
        pub(crate) changes: u64,
        pub(crate) queues: Vec<(Name, QueueSettings)>,
        pub(crate) schedules: Vec<ScheduleRecord>,
        /// Kinds whose settings are not the defaults.
        pub(crate) kinds: Vec<(Name, KindSettings)>,
        /// Tenants likewise.
        pub(crate) tenants: Vec<(Name, TenantSettings)>,
        /// Limits that were defined, with what their rates have given out.
        pub(crate) limits: Vec<(Name, Limit, RateState)>,
        /// What is attached to what.
        pub(crate) attached: Vec<(Subject, Vec<LimitUse>)>,
    }

    impl MemoryStore {
        /// A number that changes with everything that does.
        pub(crate) fn changes(&self) -> u64 {
            self.look(|world, _| world.watch.changes)
        }

        /// The first or the next page of a snapshot. It begins anew with the first. The store goes on between the
        /// pages; when they are at an end, [`changed`](Self::changed) tells what they lack.
        pub(crate) fn snapshot(&self, request: &Save) -> (Vec<SavedTask>, Option<SaveCursor>) {
            self.look(|world, now| {
                let page = world.save(request, now);
                let page = page.expect("a snapshot asks for pages of a size that there is");
                let taken = page.next.map_or(i64::MAX, SaveCursor::sequence);
                match (&mut world.watch.snapshot, request.after) {
                    (Some(snapshot), Some(_)) => snapshot.taken = taken,
                    (snapshot, _) => {
                        *snapshot = Some(Snapshot {
                            taken,
                            changed: BTreeSet::new(),
                        });
                    }
                }
                (page.tasks, page.next)
            })
        }

        /// Up to `limit` tasks that have changed since they were taken, as they are now; they count as taken
        /// now. If there are no more, the snapshot is at its end.
        pub(crate) fn changed(&self, limit: usize) -> Changed {
            self.look(|world, at| {
                let Some(mut snapshot) = world.watch.snapshot.take() else {
                    let whole = Some(world.whole(at));
                    return Changed {
                        tasks: Vec::new(),
                        left: 0,
                        whole,
                    };
                };
                let mut tasks = Vec::new();
                while tasks.len() < limit
                    && let Some(sequence) = snapshot.changed.pop_first()
                {
                    let place = world.tasks.get(sequence);
                    let task = place.and_then(|place| world.saved(place, at));
                    tasks.push((sequence, task));
                }
                let left = snapshot.changed.len();
                let whole = (left == 0).then(|| world.whole(at));
                if whole.is_none() {
                    world.watch.snapshot = Some(snapshot);
                }
                Changed { tasks, left, whole }
            })
        }

        /// Whether a snapshot is not at its end yet.
        #[cfg(test)]
        pub(crate) fn is_being_taken(&self) -> bool {
            self.look(|world, _| world.watch.snapshot.is_some())
        }

        /// Looks under the lock, though the store may be closed.
        fn look<R>(&self, operation: impl FnOnce(&mut World, Timestamp) -> R) -> R {
            let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
            operation(&mut world, self.clock.now())
        }
    }

    impl World {
        fn whole(&self, at: Timestamp) -> Whole {
            let made = self
                .queues
                .values()
                .map(|index| &self.queue_list[*index])
                .filter(|queue| queue.made);
            Whole {
                at,
                changes: self.watch.changes,
                queues: made
                    .map(|queue| (queue.name.clone(), queue.settings.clone()))
                    .collect(),
                schedules: self.schedules.all().cloned().collect(),
                kinds: self.kinds.set().collect(),
                tenants: self.tenants.set().collect(),
                limits: self.defined_limits().collect(),
                attached: self.limits.attached().collect(),
            }
        }
    }
}

#[cfg(feature = "archive")]
pub(crate) use taking::Whole;
