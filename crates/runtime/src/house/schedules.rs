//! Schedules: those that are due are moved on, by the instance that leads.
//!
//! It sleeps until the next is due, by the store's clock, and is woken when one is put or changed. It looks now
//! and then anyway: a hint may be lost, and a clock may be set.

use std::time::Duration;

use duly_core::Timestamp;
use duly_schedule::bounds::{GRACE, HELD_LOOK};
use duly_store::bounds::PAGE_MAX;
use duly_store::{ListSchedules, RequestError, StoreError};
use tracing::{debug, warn};

use super::Keeper;
use crate::bounds::{SCHEDULE_LOOK, SCHEDULE_LOOK_MIN};
use crate::schedule::{Looked, look};

pub(super) async fn run(keeper: Keeper) {
    let hints = keeper.store.listen_schedules();
    let mut watch = Watch::default();
    loop {
        let wait = if keeper.leads() {
            match all_due(&keeper, &mut watch).await {
                Ok(wait) => wait,
                Err(error) => {
                    warn!(%error, "looking at schedules failed, and is tried again");
                    HELD_LOOK
                }
            }
        } else {
            watch = Watch::default();
            keeper.house.look
        };
        let until = keeper.clock.now() + wait;
        // However many hints come, others get to the store.
        if !keeper.rest(wait.min(SCHEDULE_LOOK_MIN)).await {
            return;
        }
        // A clock that is set back makes nobody wait for longer.
        let left = until.since(keeper.clock.now()).min(wait);
        tokio::select! {
            biased;
            () = keeper.stop.cancelled() => return,
            () = keeper.clock.sleep(left) => {}
            () = hints.hint(), if keeper.leads() => {}
        }
    }
}

/// What this instance has seen since it leads.
#[derive(Default)]
struct Watch {
    /// The store's instant at the last look.
    last: Option<Timestamp>,
}

/// Moves on all that is due; answers for how long nothing is.
async fn all_due(keeper: &Keeper, watch: &mut Watch) -> Result<Duration, StoreError> {
    loop {
        let due = keeper.store.due_schedules(PAGE_MAX).await;
        let due = due.map_err(failed)?;
        if watch.is_new_or_set_back(due.at) {
            mend(keeper, due.at).await?;
        }
        watch.last = Some(due.at);
        let (mut moved, mut waits) = (false, false);
        for schedule in &due.schedules {
            if keeper.stop.is_cancelled() || !keeper.leads() {
                return Ok(Duration::ZERO);
            }
            match look(&*keeper.store, schedule, due.at).await {
                Ok(Looked::Moved) => moved = true,
                Ok(Looked::Waits) => waits = true,
                Err(error @ StoreError::Corrupt { .. }) => {
                    warn!(schedule = %schedule.name, %error, "a schedule cannot be moved on");
                    waits = true;
                }
                Err(error) => return Err(error),
            }
        }
        if moved {
            continue;
        }
        let next = due.next_at.map_or(SCHEDULE_LOOK, |at| at.since(due.at));
        let most = if waits { HELD_LOOK } else { SCHEDULE_LOOK };
        return Ok(next.min(most));
    }
}

impl Watch {
    fn is_new_or_set_back(&self, now: Timestamp) -> bool {
        self.last.is_none_or(|last| now + GRACE < last)
    }
}

/// A clock that was ahead has left schedules that wait for an instant which has long been decided: they are
/// looked at by the clock as it is.
async fn mend(keeper: &Keeper, now: Timestamp) -> Result<(), StoreError> {
    let (mut after, limit) = (None, PAGE_MAX);
    loop {
        let page = keeper.store.schedules(ListSchedules { after, limit }).await;
        let page = page.map_err(failed)?;
        for schedule in &page.schedules {
            if crate::schedule::is_ahead(schedule, now) {
                debug!(schedule = %schedule.name, "the clock was set back: a schedule is looked at anew");
                look(&*keeper.store, schedule, now).await?;
            }
        }
        after = page.next;
        if after.is_none() || !keeper.leads() {
            return Ok(());
        }
    }
}

fn failed(error: RequestError) -> StoreError {
    match error {
        RequestError::Store(error) => error,
        refused => StoreError::Corrupt {
            reason: format!("a look at schedules was refused: {refused}"),
        },
    }
}
