//! Ending attempts.

use duly_core::engine::{Effect, Refused};
use duly_core::{AttemptRef, Decision, State, Timestamp};

use super::body::Body;
use super::event::Detail;
use super::world::World;
use crate::{Settle, SettleError, Settled, Settlement, validate};

impl World {
    pub(super) fn settle(&mut self, request: Settle, now: Timestamp) -> Settled {
        let attempts = match validate::batch("settlements", request.settlements.len()) {
            Err(refused) => request
                .settlements
                .iter()
                .map(|_| Err(refused.clone().into()))
                .collect(),
            Ok(()) => {
                let holder = request.incarnation;
                let settle = |settlement| self.settle_one(settlement, holder, now);
                request.settlements.into_iter().map(settle).collect()
            }
        };
        Settled { attempts, at: now }
    }

    fn settle_one(
        &mut self,
        settlement: Settlement,
        holder: duly_core::Incarnation,
        now: Timestamp,
    ) -> Result<State, SettleError> {
        let attempt = settlement.attempt;
        let refused = |world: &Self, refused| world.settle_error(refused, attempt, now);
        let slot = self.engine.fence(attempt, holder);
        let slot = slot.map_err(|error| refused(self, error))?;
        validate::settlement(&settlement)?;
        let effect = self
            .engine
            .settle_at(slot, attempt, holder, settlement.decision, now)
            .map_err(|error| refused(self, error))?;
        let worker = self.holder_name(Some(holder));
        let done = settlement.decision == Decision::Complete;
        let state = self.state_after(&effect, now);
        let detail = Detail {
            worker: worker.clone(),
            due_at: self.due_after(&effect),
            priority: None,
            error: settlement.error.filter(|_| !done).map(validate::cut_error),
        };
        self.record(
            effect,
            now,
            detail,
            worker,
            settlement.result.filter(|_| done),
        );
        Ok(state)
    }

    fn state_after(&self, effect: &Effect<Body>, now: Timestamp) -> State {
        match effect {
            Effect::Finished { entry, .. } => entry.vitals.state,
            Effect::Moved { slot, .. } => self
                .engine
                .entry(*slot)
                .map_or(State::Pending, |entry| entry.vitals.state_at(now)),
        }
    }

    /// When a task that waits again is due.
    fn due_after(&self, effect: &Effect<Body>) -> Option<Timestamp> {
        let Effect::Moved { slot, .. } = effect else {
            return None;
        };
        let vitals = &self.engine.entry(*slot)?.vitals;
        vitals.state.is_waiting().then_some(vitals.due_at)
    }

    /// Why a write about an attempt was refused, for people.
    pub(super) fn settle_error(
        &self,
        refused: Refused,
        attempt: AttemptRef,
        now: Timestamp,
    ) -> SettleError {
        if let Refused::Transition(error) = refused {
            return error.into();
        }
        match self.task(attempt.task, now) {
            None => SettleError::TaskNotFound(attempt.task),
            Some(task) => SettleError::StaleAttempt {
                task: attempt.task,
                attempt: attempt.attempt,
                current: task.attempt,
                state: task.state,
            },
        }
    }
}
