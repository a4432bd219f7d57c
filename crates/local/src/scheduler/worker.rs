//! A worker: one attempt after the other, never two.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::Shared;
use super::attempt::{Attempt, Verdict};
use super::completions::Completion;
use super::state::{Current, Next, Settled};
use crate::bounds::TURN_MAX;
use crate::sync::{Wakes, lock};
use crate::task::work::caught;

/// Works until the scheduler stops.
pub(super) async fn work(shared: Arc<Shared>, worker: usize) {
    let leaving = Leaving {
        shared: &shared,
        worker,
    };
    let mut next = shared.next(worker).await;
    let mut turn = 0;
    while let Some(current) = next {
        let verdict = Attempt::new(&shared, worker, &current).await;
        turn = (turn + 1) % TURN_MAX;
        next = match shared.completions() {
            None if turn != 0 => shared.settle_and_next(worker, current, verdict).await,
            completions => {
                let completion = shared.settle(worker, current, verdict);
                if let (Some(completions), Some(completion)) = (completions, completion) {
                    completions.push(completion).await;
                }
                if turn == 0 {
                    give_way().await;
                }
                shared.next(worker).await
            }
        };
    }
    drop(leaving);
}

/// Lets others run that share the worker's thread: the runtime's other tasks, or timers.
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
struct Leaving<'a> {
    shared: &'a Shared,
    worker: usize,
}

impl Drop for Leaving<'_> {
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

    /// Ends an attempt, and tells what became of the task if that was its end.
    fn settle(&self, worker: usize, current: Current, verdict: Verdict) -> Option<Completion> {
        let mut wakes = Wakes::default();
        let ending = verdict.decide(&current);
        let now = self.clock.now();
        let settled = lock(&self.state).settle(worker, &current, ending, now, &mut wakes);
        wakes.wake();
        let completion = settled
            .filter(|settled| settled.phase.is_final())
            .map(|settled| Completion::new(&current, settled.ran));
        current.let_go(settled);
        completion
    }

    /// Ends an attempt and begins the next, under one lock.
    async fn settle_and_next(
        &self,
        worker: usize,
        current: Current,
        verdict: Verdict,
    ) -> Option<Current> {
        let ending = verdict.decide(&current);
        let mut ended = Some((current, ending));
        poll_fn(|context| {
            let Some((current, ending)) = ended.take() else {
                return self.poll_next(worker, context.waker());
            };
            let mut wakes = Wakes::default();
            let now = self.clock.now();
            let mut state = lock(&self.state);
            let settled = state.settle(worker, &current, ending, now, &mut wakes);
            let next = state.next(worker, now, context.waker(), &mut wakes);
            drop(state);
            wakes.wake();
            current.let_go(settled);
            next.into()
        })
        .await
    }

    /// A worker ends. What it runs at that moment, it does not finish.
    fn leave(&self, worker: usize) {
        let mut wakes = Wakes::default();
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let left = state.abandon(worker, now, &mut wakes);
        state.alive -= 1;
        wakes.extend(state.closers.drain());
        drop(state);
        wakes.wake();
        if let Some(left) = left {
            left.job.stop();
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
        let _ = caught(|| drop(self));
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
