//! Schedules: those that are due are moved on, by the instance that leads.
//!
//! What cannot be moved on is put off for a moment, so those behind it have their turn at once, however many wait.
//! It sleeps until the next is due, by the store's clock, and is woken when one is put or changed. It looks now
//! and then anyway: a hint may be lost, and a clock may be set.

use std::collections::BTreeMap;
use std::time::Duration;

use duly_core::Timestamp;
use duly_schedule::bounds::{GRACE, HELD_LOOK};
use duly_store::bounds::PAGE_MAX;
use duly_store::{ListSchedules, Name, RequestError, StoreError};
use tracing::{debug, warn};

use super::Keeper;
use crate::bounds::{SCHEDULE_LOOK, SCHEDULE_LOOK_MIN, SCHEDULES_TOLD_MAX};
use crate::schedule::{Looked, Why, look};

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
    /// The latest of the store's instants at which it looked, since it last looked at all.
    last: Option<Timestamp>,
    /// What was told of each schedule that waits.
    waiting: BTreeMap<Name, Why>,
}

/// Moves on all that is due; answers for how long nothing is.
async fn all_due(keeper: &Keeper, watch: &mut Watch) -> Result<Duration, StoreError> {
    loop {
        let due = keeper.store.due_schedules(PAGE_MAX).await;
        let due = due.map_err(failed)?;
        if watch.is_new_or_set_back(due.at) {
            mend(keeper, due.at).await?;
            watch.last = None;
        }
        watch.last = watch.last.max(Some(due.at));
        let (mut moved, mut waits) = (false, false);
        for schedule in &due.schedules {
            if keeper.stop.is_cancelled() || !keeper.leads() {
                return Ok(Duration::ZERO);
            }
            match look(&*keeper.store, schedule, due.at).await? {
                Looked::Moved => {
                    watch.waiting.remove(&schedule.name);
                    moved = true;
                }
                Looked::Waits(why) => {
                    watch.tell(&schedule.name, why);
                    waits = true;
                }
            }
        }
        // All that was told of is no longer due; there may be more behind it.
        let next = due.next_at.map_or(SCHEDULE_LOOK, |at| at.since(due.at));
        if moved || next.is_zero() {
            continue;
        }
        let most = if waits { HELD_LOOK } else { SCHEDULE_LOOK };
        return Ok(next.min(most));
    }
}

impl Watch {
    fn is_new_or_set_back(&self, now: Timestamp) -> bool {
        self.last.is_none_or(|last| now + GRACE < last)
    }

    /// Tells why a schedule waits, once.
    fn tell(&mut self, schedule: &Name, why: Why) {
        if self.waiting.get(schedule) == Some(&why) {
            return;
        }
        match &why {
            Why::Held => debug!(%schedule, "a tick waits for a former run to end"),
            Why::Full(queue) => warn!(%schedule, %queue, "a tick waits: its queue is full"),
            Why::Unmoved(error) => warn!(%schedule, %error, "a schedule cannot be moved on"),
        }
        if self.waiting.len() >= SCHEDULES_TOLD_MAX {
            self.waiting.clear();
        }
        self.waiting.insert(schedule.clone(), why);
    }
}

/// A clock that was ahead has left schedules that wait for an instant by that clock: those of which ticks come sooner by
/// the clock as it is are looked at.
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
