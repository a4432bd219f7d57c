//! Orders: the key of each task, and who still has one of a former order.

use duly_core::{OrderPolicy, TaskId, Timestamp};
use duly_store::{Name, QueueSettings};

use super::{Ledger, Life, Task};

/// The place of a task in its queue, the least first: its class, its rank, its submission.
pub(crate) type Key = (u8, Timestamp, i64);

/// What a step that gives tasks new keys does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RekeyStep {
    /// How many get one.
    pub(crate) moved: usize,
    /// There is more to do afterwards.
    pub(crate) more: bool,
    /// The queue, and the submission up to which it has gone; `None`: it is through.
    to: Option<(Name, Option<i64>)>,
}

impl Ledger {
    fn order_of(&self, queue: &Name) -> OrderPolicy {
        let settings = self.queues.get(queue);
        settings.map_or(OrderPolicy::Strict, |settings| settings.order)
    }

    /// Whether the tenants of a queue take turns.
    pub(crate) fn is_fair(&self, queue: &Name) -> bool {
        self.queues.get(queue).is_some_and(|queue| queue.fair)
    }

    /// Its place in its queue by the queue's order.
    pub(crate) fn key(&self, task: &Task) -> Key {
        let priority = task.priority.code();
        match self.order_of(&task.new.queue) {
            OrderPolicy::Strict => (priority, task.due_at, task.order),
            OrderPolicy::Aging { step } => {
                (0, task.due_at + step * u32::from(priority), task.order)
            }
            OrderPolicy::Deadline { default_slack } => {
                let slack = task.due_at + default_slack;
                (priority, task.ends_by().unwrap_or(slack), task.order)
            }
        }
    }

    /// How urgent it is beside tasks of other queues, 0 the most: its priority; in a queue where tasks age,
    /// one more for each whole step that it has waited.
    pub(crate) fn urgency(&self, task: &Task, at: Timestamp) -> u8 {
        let priority = task.priority.code();
        match self.order_of(&task.new.queue) {
            OrderPolicy::Aging { step } => {
                let waited = at.as_micros() - task.due_at.as_micros();
                let step = i64::try_from(step.as_micros()).unwrap_or(i64::MAX);
                let urgency = i64::from(priority) - waited.div_euclid(step);
                u8::try_from(urgency.clamp(0, 3)).unwrap_or(0)
            }
            _ => priority,
        }
    }

    /// Enters what holds for a queue from now on.
    pub(super) fn set_queue(&mut self, queue: &Name, settings: QueueSettings) {
        if self.order_of(queue) != settings.order {
            self.rekeyed.insert(queue.clone(), 0);
        }
        self.queues.insert(queue.clone(), settings);
    }

    /// Whether tasks of a queue may have keys of a former order.
    pub(crate) fn is_mixed(&self, queue: &Name) -> bool {
        self.rekeyed.contains_key(queue)
    }

    /// The queues of which tasks may.
    pub(crate) fn mixed(&self) -> impl Iterator<Item = &Name> {
        self.rekeyed.keys()
    }

    /// What a step does that looks at so many tasks: of the first queue by name, by submission.
    pub(crate) fn rekey_step(&self, limit: usize) -> RekeyStep {
        let Some((queue, after)) = self.rekeyed.first_key_value() else {
            return RekeyStep::default();
        };
        let unfinished = self.in_order(|task| task.is_unfinished() && task.order > *after);
        let looked: Vec<&Task> = unfinished
            .iter()
            .take(limit)
            .filter_map(|id: &TaskId| self.task(*id))
            .collect();
        let stands = |task: &&&Task| {
            task.new.queue == *queue && matches!(task.life, Life::Waits { line: true, .. })
        };
        let last = looked.last().filter(|_| looked.len() == limit);
        let to = last.map(|task| task.order);
        RekeyStep {
            moved: looked.iter().filter(stands).count(),
            more: to.is_some() || self.rekeyed.len() > 1,
            to: Some((queue.clone(), to)),
        }
    }

    pub(super) fn rekey(&mut self, limit: usize) {
        if let Some((queue, to)) = self.rekey_step(limit).to {
            self.rekeyed.remove(&queue);
            self.rekeyed.extend(to.map(|to| (queue, to)));
        }
    }
}
