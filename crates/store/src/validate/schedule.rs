//! Schedules: their names, and the size of what is kept for the layers above.

use duly_core::Timestamp;

use super::{Checked, at_most, name, times};
use crate::bounds::{
    ADVANCE_CANCEL_MAX, SCHEDULE_DEFINITION_BYTES_MAX, SCHEDULE_STATE_BYTES_MAX, SCHEDULES_MAX,
};
use crate::{Advance, InvalidInput, PutSchedule};

/// A schedule that is put at `now`.
///
/// # Errors
/// [`InvalidInput`], naming the field.
pub fn put_schedule(request: &PutSchedule, now: Timestamp) -> Checked {
    name("name", &request.name)?;
    request
        .owner
        .as_ref()
        .map_or(Ok(()), |owner| name("owner", owner))?;
    let most = SCHEDULE_DEFINITION_BYTES_MAX;
    at_most("definition", request.definition.len(), most, "bytes")?;
    of_state(&request.state, request.next_at, now)
}

/// A step of a schedule that is made at `now`; its tasks are checked as by a submit.
///
/// # Errors
/// [`InvalidInput`], naming the field.
pub fn advance(request: &Advance, now: Timestamp) -> Checked {
    of_state(&request.state, request.next_at, now)?;
    at_most("cancel", request.cancel.len(), ADVANCE_CANCEL_MAX, "tasks")
}

fn of_state(state: &str, next_at: Option<Timestamp>, now: Timestamp) -> Checked {
    at_most("state", state.len(), SCHEDULE_STATE_BYTES_MAX, "bytes")?;
    next_at.map_or(Ok(()), |at| times::instant("next_at", at, now))
}

/// One more schedule, where there are `count`.
///
/// # Errors
/// [`InvalidInput`] if there are as many as there may be.
pub fn schedule_count(name: &str, count: u64) -> Checked {
    if count < SCHEDULES_MAX {
        return Ok(());
    }
    Err(InvalidInput {
        field: "name",
        value: format!("{name:?}, one schedule more than there may be"),
        expected: format!("at most {SCHEDULES_MAX} schedules"),
    })
}
