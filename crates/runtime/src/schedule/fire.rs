//! Looking at a schedule that is due, and doing what is due.

use std::time::Duration;

use duly_core::{TaskId, Timestamp};
use duly_schedule::bounds::{HELD_LOOK, STEP_TICKS_MAX};
use duly_store::{
    Advance, Advanced, Name, ScheduleError, ScheduleRecord, Store, StoreError, SubmitError,
};
use tracing::{debug, warn};

use super::info::ScheduleInfo;
use super::plan::Plan;
use crate::bounds::{SCHEDULE_LOOK, SCHEDULE_TRIES_MAX};

/// What became of a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    /// The schedule was moved on, by this look or by somebody else: look again.
    Moved,
    /// It waits, and is looked at a little later.
    Waits(Why),
}

/// What a schedule waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// A former run to end.
    Held,
    /// Room in that queue.
    Full(Name),
    /// Another version of Duly, or somebody who mends it.
    Unmoved(StoreError),
}

impl Why {
    /// When to look again.
    const fn rest(&self) -> Duration {
        match self {
            Self::Held | Self::Full(_) => HELD_LOOK,
            Self::Unmoved(_) => SCHEDULE_LOOK,
        }
    }
}

/// More than every decision of a step, and the tick that was held.
const ALL: usize = STEP_TICKS_MAX + 1;

/// Does what is due of a schedule at `now`, the store's instant: one step of it, or of the period that is
/// being filled in. If it has to wait, it is put off, so that those behind it come to be looked at.
pub(crate) async fn look(
    store: &dyn Store,
    record: &ScheduleRecord,
    now: Timestamp,
) -> Result<Looked, StoreError> {
    let looked = match step(store, record, now).await {
        Err(error @ StoreError::Corrupt { .. }) => Looked::Waits(Why::Unmoved(error)),
        looked => looked?,
    };
    if let Looked::Waits(why) = &looked {
        put_off(store, record, now, why.rest()).await?;
    }
    Ok(looked)
}

/// Writes nothing but that a schedule is looked at next after `rest`, or when its next tick comes.
async fn put_off(
    store: &dyn Store,
    record: &ScheduleRecord,
    now: Timestamp,
    rest: Duration,
) -> Result<(), StoreError> {
    let info = ScheduleInfo::read(record).ok();
    let tick = info.and_then(|info| info.rules().look_at(now));
    let next_at = tick.filter(|tick| *tick > now).into_iter();
    let request = Advance {
        name: record.name.clone(),
        version: record.version,
        state: record.state.clone(),
        next_at: next_at.chain([now + rest]).min(),
        tasks: Vec::new(),
        cancel: Vec::new(),
    };
    match store.advance_schedule(request).await {
        // Or somebody else has changed it.
        Ok(_) | Err(ScheduleError::Conflict { .. } | ScheduleError::NotFound(_)) => Ok(()),
        Err(ScheduleError::Store(error)) => Err(error),
        Err(error) => Err(unforeseen(&error)),
    }
}

async fn step(
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
        return Ok(Looked::Waits(Why::Held));
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
        match store.advance_schedule(request.clone()).await {
            Ok(advanced) => {
                keep_stand_ins(store, &step, &request, &advanced).await?;
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
                        return Ok(Some(Looked::Waits(Why::Full(queue))));
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

/// Writes which tasks stand for those that a step did not make: only its answer tells.
pub(super) async fn keep_stand_ins(
    store: &dyn Store,
    step: &Plan,
    request: &Advance,
    advanced: &Advanced,
) -> Result<(), StoreError> {
    let stand_ins: Vec<_> = request.stand_ins(&advanced.tasks).collect();
    if stand_ins.is_empty() {
        return Ok(());
    }
    let mut info = step.clone().into_info(advanced.version);
    for _ in 0..SCHEDULE_TRIES_MAX {
        for (task, by) in &stand_ins {
            info.standing.stands_in(*task, by.id);
        }
        let still = Plan::still(info, advanced.at).advance();
        match store.advance_schedule(still).await {
            // Somebody else has changed it meanwhile.
            Err(ScheduleError::Conflict { .. }) => {}
            Err(ScheduleError::Store(error)) => return Err(error),
            _ => return Ok(()),
        }
        let found = store.schedule(request.name.clone()).await?;
        let Some(Ok(found)) = found.as_ref().map(ScheduleInfo::read) else {
            return Ok(());
        };
        info = found;
    }
    Ok(())
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

/// Whether a schedule is looked at later than it has to be: the clock was ahead, and by this one, ticks are still to
/// come.
pub(crate) fn is_ahead(record: &ScheduleRecord, now: Timestamp) -> bool {
    ScheduleInfo::read(record).is_ok_and(|info| {
        let look_at = info.look_at(now);
        look_at.is_some_and(|at| record.next_at.is_none_or(|next| at < next))
    })
}
