//! Workers: registering, renewing, and taking back the leases of those that are gone.

use duly_core::bounds::CLAIM_MAX;
use duly_core::engine::{Effect, Slot};
use duly_core::{AttemptRef, Incarnation, State, Timestamp};

use super::event::Detail;
use super::world::World;
use crate::bounds::BATCH_MAX;
use crate::{
    Heartbeat, InvalidInput, Progress, Registration, Renewed, RequestError, TakeBack, TakenBack,
    WorkerRecord, lost_error, validate,
};

/// A registered worker.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) registration: Registration,
    pub(super) registered_at: Timestamp,
    pub(super) renewed_at: Timestamp,
    pub(super) beats: i64,
    /// Its leases are being taken back; it is not known to claims and heartbeats.
    pub(super) lapsed: bool,
}

impl World {
    pub(super) fn register(
        &mut self,
        registration: Registration,
        now: Timestamp,
    ) -> Result<(), RequestError> {
        validate::registration(&registration)?;
        match self.workers.get_mut(&registration.incarnation) {
            Some(worker) if worker.lapsed => Err(lapsed(registration.incarnation).into()),
            Some(worker) => {
                worker.registration = registration;
                Ok(())
            }
            None => {
                let worker = Worker {
                    registration,
                    registered_at: now,
                    renewed_at: now,
                    beats: 0,
                    lapsed: false,
                };
                self.workers.insert(worker.registration.incarnation, worker);
                Ok(())
            }
        }
    }

    pub(super) fn heartbeat(&mut self, request: Heartbeat, now: Timestamp) -> Renewed {
        let known = match self.workers.get_mut(&request.incarnation) {
            Some(worker) if !worker.lapsed => {
                worker.beats += 1;
                worker.renewed_at = now;
                true
            }
            _ => false,
        };
        if !known {
            return Renewed {
                known,
                cancel: Vec::new(),
                at: now,
            };
        }
        for (attempt, progress) in request.progress.into_iter().take(BATCH_MAX) {
            self.note_progress(attempt, request.incarnation, progress);
        }
        Renewed {
            known,
            cancel: self.cancel_requests(request.incarnation),
            at: now,
        }
    }

    fn note_progress(&mut self, attempt: AttemptRef, holder: Incarnation, progress: Progress) {
        let Ok(slot) = self.engine.fence(attempt, holder) else {
            return;
        };
        if self
            .engine
            .entry(slot)
            .is_some_and(|entry| entry.vitals.state == State::Running)
            && let Some(body) = self.engine.carry_mut(slot)
        {
            body.rare_mut().progress = Some(validate::progress(progress));
            self.watch.note();
        }
    }

    pub(super) fn cancel_requests(&self, incarnation: Incarnation) -> Vec<AttemptRef> {
        self.engine
            .held_by(incarnation)
            .filter_map(|slot| self.engine.entry(slot))
            .filter(|entry| entry.vitals.cancel_requested)
            .map(|entry| AttemptRef {
                task: entry.id,
                attempt: entry.vitals.attempt,
            })
            .collect()
    }

    pub(super) fn take_back(&mut self, request: TakeBack, now: Timestamp) -> TakenBack {
        let Some(worker) = self.workers.get_mut(&request.incarnation) else {
            return TakenBack {
                leases: 0,
                gone: true,
            };
        };
        let renewed = request.beats.is_some_and(|beats| beats != worker.beats);
        if renewed && !worker.lapsed {
            return TakenBack {
                leases: 0,
                gone: false,
            };
        }
        worker.lapsed = true;
        let limit = (request.limit as usize).min(CLAIM_MAX);
        let slots: Vec<Slot> = self
            .engine
            .held_by(request.incarnation)
            .take(limit)
            .collect();
        for slot in &slots {
            self.lose(*slot, now);
        }
        let gone = self.engine.held_by(request.incarnation).next().is_none();
        if gone {
            self.workers.remove(&request.incarnation);
        }
        TakenBack {
            leases: u32::try_from(slots.len()).unwrap_or(request.limit),
            gone,
        }
    }

    fn lose(&mut self, slot: Slot, now: Timestamp) {
        let Some(entry) = self.engine.entry(slot) else {
            return;
        };
        let worker = self.holder_name(entry.holder);
        let Ok((effect, loss)) = self.engine.lose(slot) else {
            return;
        };
        let lost = match &effect {
            Effect::Finished { entry, .. } => Some(entry.vitals),
            Effect::Moved { slot, .. } => self.engine.entry(*slot).map(|entry| entry.vitals),
        };
        let error = lost.filter(|_| loss.counted).map(|vitals| {
            lost_error(
                worker.as_deref().unwrap_or_default(),
                vitals.lost,
                vitals.lost_max,
            )
        });
        let detail = Detail {
            worker: worker.clone(),
            error,
            ..Detail::default()
        };
        self.record(effect, now, detail, worker, None);
    }

    pub(super) fn worker_records(&self) -> Vec<WorkerRecord> {
        self.workers
            .iter()
            .map(|(incarnation, worker)| {
                let held = |state| self.held_in(*incarnation, state);
                WorkerRecord {
                    registration: worker.registration.clone(),
                    registered_at: worker.registered_at,
                    renewed_at: worker.renewed_at,
                    beats: worker.beats,
                    running: held(State::Running),
                    assigned: held(State::Assigned),
                }
            })
            .collect()
    }

    fn held_in(&self, incarnation: Incarnation, state: State) -> u32 {
        let held = self
            .engine
            .held_by(incarnation)
            .filter(|slot| {
                self.engine
                    .entry(*slot)
                    .is_some_and(|e| e.vitals.state == state)
            })
            .count();
        u32::try_from(held).unwrap_or(u32::MAX)
    }
}

fn lapsed(incarnation: Incarnation) -> InvalidInput {
    InvalidInput {
        field: "incarnation",
        value: format!("{incarnation}, which has lapsed"),
        expected: "a new one".into(),
    }
}
