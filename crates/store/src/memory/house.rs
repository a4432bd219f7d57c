//! Housekeeping, in bounded steps.

use duly_core::engine::Entry;
use duly_core::{State, Timestamp};

use super::body::Body;
use super::event::Detail;
use super::world::{Place, World};
use crate::bounds::{EVENT_RETENTION, HOUSEKEEPING_MAX, LEAD_MAX};
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
    /// to where it has them; answers how many.
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
        let places = self.tasks.above(after);
        let unfinished = places.filter_map(|(sequence, place)| match place {
            Place::Unfinished(slot) => Some((sequence, *slot)),
            Place::Finished(_) => None,
        });
        let step: Vec<_> = unfinished.take(limit).collect();
        let mut moved = 0;
        for (_, slot) in &step {
            let entry = self.engine.entry(*slot);
            let waits =
                |entry: &Entry<Body>| entry.queue == queue && entry.vitals.state == State::Pending;
            if entry.is_some_and(waits) {
                self.engine.rekey(*slot);
                moved += 1;
            }
        }
        match step.last() {
            Some((sequence, _)) if step.len() == limit => {
                self.queue_of(queue).rekeyed_to = *sequence;
            }
            _ => self.engine.rekeyed(queue),
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
