//! Ending attempts.

use duly_core::{AttemptRef, Decision, State};
use duly_store::{Settle, SettleError, Settled, Settlement, StoreError, validate};
use rusqlite::Result;

use crate::book::Worker;
use crate::error::Fault;
use crate::live::{Live, Trace};
use crate::transaction::{NewEvent, Transaction};

pub(crate) fn settle(
    tx: &mut Transaction<'_, '_>,
    request: &Settle,
) -> std::result::Result<Settled, Fault<StoreError>> {
    let settlements = &request.settlements;
    let attempts = match validate::batch("settlements", settlements.len()) {
        Err(refused) => vec![Err(refused.into()); settlements.len()],
        Ok(()) => {
            let worker = tx.book.worker(tx.connection, request.incarnation)?;
            let settle = |settlement| settle_one(tx, settlement, worker.as_ref());
            settlements.iter().map(settle).collect::<Result<_>>()?
        }
    };
    let at = tx.now;
    Ok(Settled { attempts, at })
}

fn settle_one(
    tx: &mut Transaction<'_, '_>,
    settlement: &Settlement,
    worker: Option<&Worker>,
) -> Result<std::result::Result<State, SettleError>> {
    let (live, worker) = match fence(tx, settlement.attempt, worker)? {
        Ok(held) => held,
        Err(refused) => return Ok(Err(refused)),
    };
    if let Err(refused) = validate::settlement(settlement) {
        return Ok(Err(refused.into()));
    }
    let mut vitals = live.vitals;
    let event = match vitals.settle(settlement.decision, tx.now) {
        Ok(event) => event,
        Err(refused) => return Ok(Err(refused.into())),
    };
    let done = settlement.decision == Decision::Complete;
    let error = settlement.error.clone().filter(|_| !done);
    let error = error.map(validate::cut_error);
    let trace = Trace {
        error: error.as_deref(),
        holder: Some(worker.name_id),
        result: settlement.result.as_ref().filter(|_| done),
    };
    tx.change(&live, &vitals, &trace)?;
    let queue = tx.book.lane(live.lane).queue;
    if !vitals.state.is_final() {
        tx.hint(queue);
    }
    tx.book.drop_lease(settlement.attempt.task);
    let event = NewEvent {
        worker: Some(worker.name_id),
        due_at: vitals.state.is_waiting().then_some(vitals.due_at),
        error,
        ..NewEvent::new(live.sequence, event, vitals.attempt)
    };
    tx.event(queue, event)?;
    Ok(Ok(vitals.state_at(tx.now)))
}

/// Checks that an attempt is its task's current one, and this worker's.
pub(crate) fn fence<'w>(
    tx: &mut Transaction<'_, '_>,
    attempt: AttemptRef,
    worker: Option<&'w Worker>,
) -> Result<std::result::Result<(Live, &'w Worker), SettleError>> {
    if let Some(worker) = worker
        && let Some(live) = tx.live_by_id(attempt.task)?
        && live.vitals.state.is_leased()
        && live.vitals.attempt == attempt.attempt
        && live.worker == Some(worker.id)
    {
        return Ok(Ok((live, worker)));
    }
    Ok(Err(match tx.standing(attempt.task)? {
        None => SettleError::TaskNotFound(attempt.task),
        Some(standing) => SettleError::StaleAttempt {
            task: attempt.task,
            attempt: attempt.attempt,
            current: standing.vitals.attempt,
            state: standing.state,
        },
    }))
}
