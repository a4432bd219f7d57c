//! Looking at a schedule that is due, and doing what is due.

use duly_core::{TaskId, Timestamp};
use duly_schedule::bounds::{GRACE, STEP_TICKS_MAX};
use duly_store::{ScheduleError, ScheduleRecord, Store, StoreError, SubmitError};
use tracing::{debug, warn};

use super::info::ScheduleInfo;
use super::plan::Plan;

/// What became of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    /// The schedule was moved on, by this look or by somebody else: look again.
    Moved,
    /// It waits: for a former run to end, or for room in a queue.
    Waits,
}

/// More than every decision of a step, and the tick that was held.
const ALL: usize = STEP_TICKS_MAX + 1;

/// Does what is due of a schedule at `now`, the store's instant: one step of it, or of the period that is
/// being filled in.
pub(crate) async fn look(
    store: &dyn Store,
    record: &ScheduleRecord,
    now: Timestamp,
) -> Result<Looked, StoreError> {
    let info = ScheduleInfo::read(record)?;
    let live = unfinished(store, &info.standing.live).await?;
    let plan = |most| Some(Plan::ticks(&info, live.clone(), now, most));
    if let Some(looked) = make(store, plan).await? {
        return Ok(looked);
    }
    if let Some(filling) = &info.standing.filling {
        let live = unfinished(store, &filling.live).await?;
        let plan = |most| Plan::filling(&info, live.clone(), now, most);
        if let Some(looked) = make(store, plan).await? {
            return Ok(looked);
        }
    }
    if info.standing.progress.held.is_some() || info.standing.filling.is_some() {
        return Ok(Looked::Waits);
    }
    // It was looked at too early: by another clock, say.
    settle(store, Plan::ticks(&info, live, now, ALL)).await
}

/// Makes a step. `None`: nothing is to be done.
async fn make(
    store: &dyn Store,
    plan: impl Fn(usize) -> Option<Plan>,
) -> Result<Option<Looked>, StoreError> {
    let Some(mut step) = plan(ALL).filter(|plan| !plan.is_nothing()) else {
        return Ok(None);
    };
    loop {
        let (fired, request) = (step.fired(), step.advance());
        let name = request.name.clone();
        match store.advance_schedule(request).await {
            Ok(advanced) => {
                debug!(schedule = %name, fired, cancelled = advanced.cancelled, "a schedule was moved on");
                return Ok(Some(Looked::Moved));
            }
            // Somebody else did it, or changed it.
            Err(ScheduleError::Conflict { .. } | ScheduleError::NotFound(_)) => {
                return Ok(Some(Looked::Moved));
            }
            Err(ScheduleError::Store(error)) => return Err(error),
            // Those before it have room; it waits for some. What it misses meanwhile is missed.
            Err(ScheduleError::Refused(SubmitError::QueueFull { index, queue, .. })) => {
                let before = step.before(index);
                match plan(before).filter(|plan| index > 0 && plan.fired() < fired) {
                    Some(less) => step = less,
                    None => {
                        warn!(schedule = %name, %queue, "a tick waits: its queue is full");
                        return Ok(Some(Looked::Waits));
                    }
                }
            }
            Err(error) => {
                let index = match &error {
                    ScheduleError::Refused(refused) => refused.index().filter(|at| *at < fired),
                    _ => None,
                };
                let Some(index) = index else {
                    return Err(unforeseen(&error));
                };
                warn!(schedule = %name, %error, "a tick does not fire: its task is refused");
                step = step.without(index, reason(&error));
            }
        }
    }
}

/// Writes when it has to be looked at next.
async fn settle(store: &dyn Store, plan: Plan) -> Result<Looked, StoreError> {
    match store.advance_schedule(plan.advance()).await {
        Err(ScheduleError::Store(error)) => Err(error),
        _ => Ok(Looked::Moved),
    }
}

/// Which of some tasks have not ended.
async fn unfinished(store: &dyn Store, live: &[TaskId]) -> Result<Vec<TaskId>, StoreError> {
    let mut unfinished = Vec::new();
    for id in live {
        let task = store.task(*id).await?;
        if task.is_some_and(|task| !task.state.is_final()) {
            unfinished.push(*id);
        }
    }
    Ok(unfinished)
}

/// Why a task is refused, without its place in the step.
fn reason(error: &ScheduleError) -> String {
    let text = error.to_string();
    match text.split_once(": ") {
        Some((place, reason)) if place.starts_with("task ") => reason.to_owned(),
        _ => text,
    }
}

fn unforeseen(error: &ScheduleError) -> StoreError {
    StoreError::Corrupt {
        reason: format!("a step of a schedule was refused: {error}"),
    }
}

/// Whether a schedule has decided what is still to come by this clock: the clock was ahead.
pub(crate) fn is_ahead(record: &ScheduleRecord, now: Timestamp) -> bool {
    ScheduleInfo::read(record).is_ok_and(|info| info.standing.progress.decided > now + GRACE)
}
