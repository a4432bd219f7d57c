//! Queues: their settings and their counts.

use duly_core::{State, Timestamp};

use super::world::World;
use crate::{Counts, Name, QueueChange, QueueRecord, QueueSettings, RequestError, validate};

impl World {
    pub(super) fn configure(
        &mut self,
        name: &Name,
        change: QueueChange,
    ) -> Result<QueueSettings, RequestError> {
        validate::name("queue", name)?;
        let queue = self.queue_mut(name);
        queue.settings = change.apply(&queue.settings);
        queue.made = true;
        let (id, settings) = (queue.id, queue.settings.clone());
        self.engine.set_paused(id, settings.paused);
        self.engine.set_bound(id, settings.bound);
        Ok(settings)
    }

    pub(super) fn queue_records(&self, now: Timestamp) -> Vec<QueueRecord> {
        let mut counts: Vec<Counts> = self
            .queue_list
            .iter()
            .map(|queue| {
                let mut counts = queue.finished;
                for (state, n) in State::ALL.into_iter().zip(self.engine.counts(queue.id)) {
                    counts.add(state, *n);
                }
                counts
            })
            .collect();
        for entry in self
            .engine
            .due(now)
            .filter_map(|slot| self.engine.entry(slot))
        {
            let index = self
                .queues
                .get(self.queue_name(entry.queue))
                .copied()
                .unwrap_or_default();
            counts[index].take(entry.vitals.state, 1);
            counts[index].add(State::Pending, 1);
        }
        self.queues
            .iter()
            .filter(|(_, index)| self.queue_list[**index].made)
            .map(|(name, index)| QueueRecord {
                name: name.clone(),
                settings: self.queue_list[*index].settings.clone(),
                counts: counts[*index],
                totals: crate::Totals::default(),
                oldest_due_at: None,
            })
            .collect()
    }
}
