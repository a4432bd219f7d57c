//! Who keeps the time: tasks that become due, permits that become free, what recurs, and reports.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use duly_core::Timestamp;
use tracing::info;

use super::Shared;
use super::recurring::Recurrence;
use super::stage::Stage;
use crate::sleep::Sleep;
use crate::sync::{Wakes, lock};
use crate::task::cell::Job;
use crate::task::work::let_go;

/// Keeps the time until the scheduler stops.
pub(super) async fn keep(shared: Arc<Shared>) {
    let mut report_at = shared.next_report(shared.clock.now());
    loop {
        let now = shared.clock.now();
        let due = shared.see_to(now);
        shared.recur(due, now);
        if report_at <= now {
            info!("\n{}", shared.metrics());
            report_at = shared.next_report(now);
        }
        let mut alarm = Alarm {
            shared: &shared,
            report_at,
            sleep: None,
        };
        if poll_fn(|context| alarm.poll(context)).await.is_break() {
            return;
        }
    }
}

/// Until there is something to see to.
struct Alarm<'a> {
    shared: &'a Shared,
    report_at: Timestamp,
    sleep: Option<(Timestamp, Sleep)>,
}

type Flow = std::ops::ControlFlow<()>;

impl Alarm<'_> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Flow> {
        let at = {
            let mut state = lock(&self.shared.state);
            if state.stage == Stage::Stopped {
                return Poll::Ready(Flow::Break(()));
            }
            state.keeper = Some(context.waker().clone());
            state.alarm.min(self.report_at)
        };
        if at == Timestamp::MAX {
            return Poll::Pending;
        }
        if self.sleep.as_ref().is_none_or(|(until, _)| *until != at) {
            let left = at.since(self.shared.clock.now());
            self.sleep = Some((at, Sleep::new(left)));
        }
        let (_, sleep) = self.sleep.as_mut().expect("it was set above");
        Pin::new(sleep).poll(context).map(|()| Flow::Continue(()))
    }
}

/// Lets go of a task that has expired. What is left of it is a user's, so not under the lock.
pub(super) fn end(job: Arc<dyn Job>) {
    job.discard();
    let_go(job);
}

impl Shared {
    /// Sees to what is due, and tells which recurrences are.
    fn see_to(&self, now: Timestamp) -> Vec<Recurrence> {
        let mut wakes = Wakes::default();
        let mut state = lock(&self.state);
        state.alarm = Timestamp::MAX;
        state.pass_time(now, &mut wakes);
        state.go_on(now, &mut wakes);
        let over = std::mem::take(&mut state.over);
        let due = state
            .recurring
            .extract_if(.., |one| one.next <= now)
            .collect();
        let next = state.next_alarm(now);
        state.alarm = state.alarm.min(next);
        drop(state);
        wakes.wake();
        over.into_iter().for_each(end);
        due
    }

    fn next_report(&self, now: Timestamp) -> Timestamp {
        self.report_every
            .map_or(Timestamp::MAX, |every| now + every)
    }
}
