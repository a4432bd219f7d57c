//! A worker: one attempt after the other, never two.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Poll, Waker};

use duly_core::Timestamp;
use tracing::warn;

use super::Shared;
use super::attempt::{Attempt, Verdict};
use super::completions::Completion;
use super::stage::Stage;
use super::state::{Current, Next, Settled};
use crate::bounds::{TURN_MAX, TURN_TIME_MAX};
use crate::sync::{Wakes, lock};
use crate::task::work::let_go;

/// Works until the scheduler stops. What is dropped before it begins has left as well.
pub(super) fn work(shared: Arc<Shared>, worker: usize) -> impl Future<Output = ()> + Send {
    let leaving = Leaving { shared, worker };
    async move {
        work_on(&leaving.shared, worker).await;
        drop(leaving);
    }
}

async fn work_on(shared: &Shared, worker: usize) {
    let mut next = shared.next(worker).await;
    let mut turn = 0;
    while let Some(current) = next {
        let verdict = Attempt::new(shared, worker, &current).await;
        let now = shared.clock.now();
        turn = (turn + 1) % TURN_MAX;
        let was_long = now.since(current.started) >= TURN_TIME_MAX;
        next = match shared.completions() {
            None if turn != 0 && !was_long => {
                match shared.settle_and_go_on(worker, current, verdict, now) {
                    None => shared.next(worker).await,
                    next => next,
                }
            }
            completions => {
                let held = shared.settle(worker, current, verdict, now);
                if let (Some(completions), Some(held)) = (completions, held) {
                    completions.push(held).await;
                }
                if was_long {
                    shared.driver.give_way().await;
                } else if turn == 0 {
                    give_way().await;
                }
                shared.next(worker).await
            }
        };
    }
}

/// Lets others run that share the worker's thread, if they are ready.
async fn give_way() {
    let mut given = false;
    poll_fn(|context| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A worker that ends, however it does: by itself, or dropped with its runtime.
struct Leaving {
    shared: Arc<Shared>,
    worker: usize,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.shared.leave(self.worker);
    }
}

impl Shared {
    /// The next attempt of a worker; `None` if there will be none.
    async fn next(&self, worker: usize) -> Option<Current> {
        poll_fn(|context| self.poll_next(worker, context.waker())).await
    }

    fn poll_next(&self, worker: usize, waker: &Waker) -> Poll<Option<Current>> {
        let mut wakes = Wakes::default();
        let next = lock(&self.state).next(worker, self.clock.now(), waker, &mut wakes);
        wakes.wake();
        next.into()
    }

    /// Ends an attempt. If there was no room to tell what became of the task, that comes back.
    fn settle(
        &self,
        worker: usize,
        current: Current,
        verdict: Verdict,
        now: Timestamp,
    ) -> Option<Completion> {
        let mut wakes = Wakes::default();
        let ending = verdict.decide(&current, now);
        let mut state = lock(&self.state);
        let settled = state.settle(worker, &current, ending, now, &mut wakes);
        // Under the same lock: completions are in the order of the ends, and who waits until nothing is
        // left to do finds the last one there.
        let ended = settled.filter(|settled| settled.phase.is_final());
        let held = ended
            .zip(self.completions())
            .and_then(|(ended, completions)| {
                completions.offer(Completion::new(&current, ended.ran), &mut wakes)
            });
        // What it held of limits is free, and it may be long before this worker looks for work.
        state.go_on(now, &mut wakes);
        drop(state);
        wakes.wake();
        current.let_go(settled);
        held
    }

    /// Ends an attempt and begins the next if there is one, under one lock.
    fn settle_and_go_on(
        &self,
        worker: usize,
        current: Current,
        verdict: Verdict,
        now: Timestamp,
    ) -> Option<Current> {
        let mut wakes = Wakes::default();
        let ending = verdict.decide(&current, now);
        let mut state = lock(&self.state);
        let settled = state.settle(worker, &current, ending, now, &mut wakes);
        let next = state.begin_next(worker, now, &mut wakes);
        drop(state);
        wakes.wake();
        current.let_go(settled);
        next
    }

    /// A worker ends. What it runs at that moment, it does not finish.
    fn leave(&self, worker: usize) {
        let mut wakes = Wakes::default();
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let left = state.abandon(worker, now, &mut wakes);
        state.go_on(now, &mut wakes);
        state.ended[worker] = true;
        state.alive -= usize::from(!state.left[worker]);
        state.tell_insiders(&mut wakes);
        let is_over = state.alive == 0 && state.stage == Stage::Stopped;
        let is_orphan = state.alive == 0 && state.stage == Stage::Running;
        wakes.extend(state.closers.drain());
        drop(state);
        wakes.wake();
        if let Some(left) = left {
            left.job.stop();
            let_go(left);
        }
        if is_over {
            // A task that waited for the end has ended after it, and would be tried again.
            let_go(self.stop());
        }
        if is_orphan {
            warn!("a scheduler is shut down, as the runtime of its workers is gone");
            self.close(false);
            let_go(self.stop());
        }
    }
}

impl Current {
    /// Drops it, before its worker waits: nothing of a user's is kept longer than it must be. If nobody
    /// has the handle, what the task returned goes with it; a panic on the way is nobody's.
    fn let_go(self, settled: Option<Settled>) {
        if settled.is_none_or(|settled| settled.phase.is_final()) && self.job.head().is_repeatable()
        {
            self.job.discard();
        }
        let_go(self);
    }
}

impl From<Next> for Poll<Option<Current>> {
    fn from(next: Next) -> Self {
        match next {
            Next::Run(current) => Self::Ready(Some(current)),
            Next::Exit => Self::Ready(None),
            Next::Wait => Self::Pending,
        }
    }
}
