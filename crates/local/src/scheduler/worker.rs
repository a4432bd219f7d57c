//! A worker: one attempt after the other, never two.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use super::Shared;
use super::attempt::{Attempt, Verdict};
use super::completions::Completion;
use super::state::{Current, Next};
use crate::sync::{Wakes, lock};

/// Works until the scheduler stops.
pub(super) async fn work(shared: Arc<Shared>, worker: usize) {
    let leaving = Leaving {
        shared: &shared,
        worker,
    };
    let mut next = shared.next(worker).await;
    while let Some(current) = next {
        let verdict = Attempt::new(&shared, worker, &current).await;
        next = match shared.completions() {
            None => shared.settle_and_next(worker, &current, verdict).await,
            Some(completions) => {
                if let Some(completion) = shared.settle(worker, &current, verdict) {
                    completions.push(completion).await;
                }
                shared.next(worker).await
            }
        };
    }
    drop(leaving);
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
    fn settle(&self, worker: usize, current: &Current, verdict: Verdict) -> Option<Completion> {
        let mut wakes = Wakes::default();
        let ending = verdict.decide(current);
        let now = self.clock.now();
        let settled = lock(&self.state).settle(worker, current, ending, now, &mut wakes);
        wakes.wake();
        settled
            .filter(|settled| settled.phase.is_final())
            .map(|settled| Completion::new(current, settled.ran))
    }

    /// Ends an attempt and begins the next, under one lock.
    async fn settle_and_next(
        &self,
        worker: usize,
        current: &Current,
        verdict: Verdict,
    ) -> Option<Current> {
        let mut ending = Some(verdict.decide(current));
        poll_fn(|context| {
            let Some(ending) = ending.take() else {
                return self.poll_next(worker, context.waker());
            };
            let mut wakes = Wakes::default();
            let now = self.clock.now();
            let mut state = lock(&self.state);
            state.settle(worker, current, ending, now, &mut wakes);
            let next = state.next(worker, now, context.waker(), &mut wakes);
            drop(state);
            wakes.wake();
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
        state.ended[worker] = true;
        wakes.extend(state.closers.drain());
        drop(state);
        wakes.wake();
        if let Some(left) = left {
            left.job.stop();
        }
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
