//! Beginning what was prefetched.

use duly_core::{AttemptRef, EventKind};
use duly_store::{Promote, Promoted, SettleError, StoreError, validate};
use rusqlite::{Result, params};

use crate::book::Worker;
use crate::error::Fault;
use crate::live::Trace;
use crate::settle::fence;
use crate::transaction::{NewEvent, Transaction};

pub(crate) const BEGIN: &str = "UPDATE duly_live
    SET started_at = ?2, progress_fraction = NULL, progress_text = NULL WHERE sequence = ?1";

pub(crate) fn promote(
    tx: &mut Transaction<'_, '_>,
    request: &Promote,
) -> std::result::Result<Promoted, Fault<StoreError>> {
    let attempts = match validate::batch("attempts", request.attempts.len()) {
        Err(refused) => vec![Err(refused.into()); request.attempts.len()],
        Ok(()) => {
            let worker = tx.book.worker(tx.connection, request.incarnation)?;
            let begin = |attempt: &AttemptRef| begin(tx, *attempt, worker.as_ref());
            request.attempts.iter().map(begin).collect::<Result<_>>()?
        }
    };
    let at = tx.now;
    Ok(Promoted { attempts, at })
}

fn begin(
    tx: &mut Transaction<'_, '_>,
    attempt: AttemptRef,
    worker: Option<&Worker>,
) -> Result<std::result::Result<(), SettleError>> {
    let (live, worker) = match fence(tx, attempt, worker)? {
        Ok(held) => held,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut vitals = live.vitals;
    if let Err(refused) = vitals.start() {
        return Ok(Err(refused.into()));
    }
    tx.change(&live, &vitals, &Trace::default())?;
    tx.connection
        .prepare_cached(BEGIN)?
        .execute(params![live.sequence, tx.now.as_micros()])?;
    let event = NewEvent {
        worker: Some(worker.name_id),
        ..NewEvent::new(live.sequence, EventKind::Started, vitals.attempt)
    };
    tx.event(tx.book.lane(live.lane).queue, event)?;
    Ok(Ok(()))
}
