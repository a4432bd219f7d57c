//! Housekeeping, in bounded steps.

use duly_core::Timestamp;

use super::event::Detail;
use super::world::World;
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
