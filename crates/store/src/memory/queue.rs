//! Queues: their settings and their counts.

use duly_core::{State, Timestamp};

use super::world::{Queue, World};
use crate::{Name, QueueChange, QueueRecord, QueueSettings, RequestError, validate};

impl World {
    pub(super) fn configure(
        &mut self,
        name: &Name,
        change: QueueChange,
    ) -> Result<QueueSettings, RequestError> {
        validate::name("queue", name)?;
        validate::queue_change(&change)?;
        let queue = self.queue_mut(name);
        queue.settings = change.apply(&queue.settings);
        queue.made = true;
        let (id, settings) = (queue.id, queue.settings.clone());
        self.watch.note();
        self.engine.set_paused(id, settings.paused);
        self.engine.set_bound(id, settings.bound);
        self.engine.dispatch_mut().set_fair(id, settings.fair);
        if self.engine.dispatch().policy(id) != settings.order {
            self.engine.set_policy(id, settings.order);
            self.queue_of(id).rekeyed_to = 0;
        }
        Ok(settings)
    }

    pub(super) fn queue_records(&self, now: Timestamp) -> Vec<QueueRecord> {
        let look = |queue: &Queue| {
            let mut counts = queue.finished;
            for (state, n) in State::ALL.into_iter().zip(self.engine.counts(queue.id)) {
                counts.add(state, *n);
            }
            (counts, self.engine.oldest_due(queue.id))
        };
        let mut looks: Vec<_> = self.queue_list.iter().map(look).collect();
        let due = self.engine.due(now);
        for entry in due.filter_map(|slot| self.engine.entry(slot)) {
            let (counts, oldest) = &mut looks[Self::place_of(entry.queue)];
            counts.take(entry.vitals.state, 1);
            counts.add(State::Pending, 1);
            let due_at = entry.vitals.due_at;
            *oldest = Some(oldest.map_or(due_at, |oldest| oldest.min(due_at)));
        }
        self.queues
            .iter()
            .map(|(name, index)| (name, &self.queue_list[*index], looks[*index]))
            .filter(|(_, queue, _)| queue.made)
            .map(|(name, queue, (counts, oldest_due_at))| QueueRecord {
                name: name.clone(),
                settings: queue.settings.clone(),
                counts,
                totals: queue.totals,
                oldest_due_at,
            })
            .collect()
    }
}
