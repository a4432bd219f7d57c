//! Everything is taken out of the store, and put into another.

use duly_core::Timestamp;
use duly_store::bounds::PAGE_MAX;
use duly_store::{MemoryStore, RequestError, Restore, Save, SavedTask, Store, SubmitError};

use super::{Went, World};
use crate::check::Seen;
use crate::mutant::Mutant;
use crate::wire::ready;

impl World<'_> {
    /// The store is saved, and restored into an empty one.
    pub(super) fn save(&mut self, at: Timestamp) -> Went {
        let other = MemoryStore::new(self.clock.clone());
        let before = saved(&self.store).map_err(|error| self.unsaved(&error))?;
        for tasks in before.chunks(PAGE_MAX as usize) {
            let mut tasks = tasks.to_vec();
            if self.run.switch.is(Mutant::ForgetsSavedLosses) {
                tasks.iter_mut().for_each(|saved| saved.task.lost = 0);
            }
            match ready(other.restore(Restore { tasks })) {
                Ok(_) => {}
                // A period that was over, and whose key another task has taken, goes on by this clock.
                Err(SubmitError::TaskExists { .. }) if self.set_back => return Ok(()),
                Err(error) => return Err(self.unsaved(&error)),
            }
        }
        let after = saved(&other).map_err(|error| self.unsaved(&error))?;
        self.see(&Seen::Restored {
            before: &before,
            after: &after,
            at,
        })
    }

    fn unsaved(&self, error: &dyn std::error::Error) -> super::Broken {
        self.broken(
            "save",
            format!("the store is not saved and restored: {error}"),
        )
    }
}

/// All that is in a store, the oldest submission first.
fn saved(store: &MemoryStore) -> Result<Vec<SavedTask>, RequestError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = ready(store.save(Save {
            after,
            limit: PAGE_MAX,
        }))?;
        all.extend(page.tasks);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}
