//! Housekeeping, in bounded steps.

use duly_core::engine::Entry;
use duly_core::{State, Timestamp};

use super::body::Body;
use super::event::Detail;
use super::world::{Place, World};
use crate::bounds::{EVENT_RETENTION, HOUSEKEEPING_MAX, LEAD_MAX, REKEY_LOOKS_MAX};
use crate::house::is_held;
use crate::{Duty, KeepHouse, Kept, Lead, Leadership};

impl World {
    pub(super) fn keep_house(&mut self, request: KeepHouse, now: Timestamp) -> Kept {
        let limit = request.limit.min(HOUSEKEEPING_MAX);
        let (count, more) = match request.duty {
            Duty::Promote => {
                let mut moved = Vec::new();
                let more = self.engine.promote_due(now, limit as usize, &mut moved);
                (moved.len(), more)
            }
            Duty::Expire => self.expire(now, limit as usize),
            Duty::Alert => self.alert(now, limit as usize),
            Duty::Prune => self.prune_all(now, limit as usize),
            Duty::Forget => {
                let until = now - EVENT_RETENTION;
                let count = self.log.forget(until, limit) as usize;
                (count, self.log.has_older(until))
            }
            Duty::Rekey => self.rekey(limit as usize),
        };
        Kept {
            count: u32::try_from(count).unwrap_or(u32::MAX),
            more,
        }
    }

    /// Ends what waits beyond a deadline; answers how many, and whether there are more.
    pub(super) fn expire(&mut self, now: Timestamp, limit: usize) -> (usize, bool) {
        let mut out = Vec::new();
        let more = self.engine.expire(now, limit, &mut out);
        let count = out.len();
        for effect in out {
            self.record(effect, now, Detail::default(), None, None);
        }
        (count, more)
    }

    /// Removes what was kept long enough, then keys whose period is over.
    fn prune_all(&mut self, now: Timestamp, limit: usize) -> (usize, bool) {
        let (tasks, more) = self.prune(now, limit);
        let (keys, more_keys) = self.engine.forget_lapsed(now, limit - tasks);
        (tasks + keys, more || more_keys)
    }

    /// Looks at some tasks of a queue whose order was changed, by sequence, and moves those that stand in line
    /// to where it has them; answers how many, and whether there is more to look at. Finished ones are only passed by,
    /// but they count as looked at.
    fn rekey(&mut self, limit: usize) -> (usize, bool) {
        let mixed = |world: &Self| {
            let mut queues = world.queues.values().map(|at| &world.queue_list[*at]);
            queues.find_map(|queue| {
                let mixed = world.engine.is_mixed(queue.id);
                mixed.then_some((queue.id, queue.rekeyed_to))
            })
        };
        let Some((queue, after)) = mixed(self) else {
            return (0, false);
        };
        let mut places = self.tasks.above(after).take(REKEY_LOOKS_MAX);
        let (mut step, mut looks, mut last) = (Vec::new(), 0, after);
        while step.len() < limit
            && let Some((sequence, place)) = places.next()
        {
            (looks, last) = (looks + 1, sequence);
            if let Place::Unfinished(slot) = place {
                step.push(*slot);
            }
        }
        drop(places);
        // A step of nothing is at its end, too.
        let goes_on = step.len() == limit || looks == REKEY_LOOKS_MAX;
        let mut moved = 0;
        for slot in step {
            let entry = self.engine.entry(slot);
            let waits =
                |entry: &Entry<Body>| entry.queue == queue && entry.vitals.state == State::Pending;
            if entry.is_some_and(waits) {
                self.engine.rekey(slot);
                moved += 1;
            }
        }
        if goes_on {
            self.queue_of(queue).rekeyed_to = last;
        } else {
            self.engine.rekeyed(queue);
        }
        (moved, mixed(self).is_some())
    }

    fn prune(&mut self, now: Timestamp, limit: usize) -> (usize, bool) {
        let mut count = 0;
        while count < limit {
            let Some(sequence) = self.first_stale(now) else {
                return (count, false);
            };
            self.remove(sequence);
            count += 1;
        }
        (count, self.first_stale(now).is_some())
    }

    /// The next finished task that was kept long enough.
    fn first_stale(&self, now: Timestamp) -> Option<i64> {
        self.queues.values().find_map(|index| {
            let queue = &self.queue_list[*index];
            let retention = [
                queue.settings.retention_completed,
                queue.settings.retention_failed,
            ];
            queue
                .history
                .iter()
                .zip(retention)
                .find_map(|(history, retention)| {
                    let (at, sequence) = history.first()?;
                    (*at + retention <= now).then_some(*sequence)
                })
        })
    }

    pub(super) fn lead(&mut self, request: &Lead, now: Timestamp) -> Leadership {
        let until = now + request.ttl.min(LEAD_MAX);
        match self.leaders.get(&request.name) {
            Some((holder, held)) if *holder != request.holder && is_held(*held, now) => {
                Leadership {
                    leads: false,
                    until: *held,
                }
            }
            _ if request.ttl.is_zero() => {
                self.leaders.remove(&request.name);
                Leadership {
                    leads: false,
                    until: now,
                }
            }
            _ => {
                self.leaders
                    .insert(request.name.clone(), (request.holder, until));
                Leadership { leads: true, until }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use duly_core::{OrderPolicy, TaskId};

    use super::*;
    use crate::testing::{QUEUE, task, task_with};
    use crate::{ManualClock, MemoryStore, NewTask, QueueChange, Store, Submit, When};

    #[tokio::test]
    async fn a_step_walks_past_so_many_finished_tasks_and_no_more() {
        let clock = Arc::new(ManualClock::default());
        let store = MemoryStore::new(clock.clone());
        let keep = async |duty, limit| {
            let kept = store.keep_house(KeepHouse { duty, limit }).await.unwrap();
            (kept.count, kept.more)
        };
        let soon = Duration::from_secs(1);
        let ends = task_with(0, |t| t.deadline = Some(When::After(soon)));
        let numbered = |n: u32| {
            let mut bytes = [9; 16];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            NewTask {
                id: TaskId::from_bytes(bytes),
                ..ends.clone()
            }
        };
        let many = u32::try_from(REKEY_LOOKS_MAX).unwrap();
        for tasks in [(0..many).map(numbered).collect(), vec![task(1)]] {
            store.submit(Submit { tasks }).await.unwrap();
        }
        clock.advance(soon);
        while keep(Duty::Expire, HOUSEKEEPING_MAX).await.1 {}
        let change = QueueChange {
            order: Some(OrderPolicy::Aging { step: soon }),
            ..QueueChange::default()
        };
        store.configure(QUEUE.into(), change).await.unwrap();
        assert_eq!(keep(Duty::Rekey, HOUSEKEEPING_MAX).await, (0, true));
        assert_eq!(keep(Duty::Rekey, HOUSEKEEPING_MAX).await, (1, false));
    }
}
