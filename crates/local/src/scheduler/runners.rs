//! What runs a scheduler, and waiting until it has ended.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::Shared;
use super::driver::Runner;
use crate::sync::{Mutex, Waiters, Wakes, lock};

/// What runs.
#[derive(Default)]
pub(super) struct Runners {
    parts: Vec<Part>,
    waiting: Arc<Waiting>,
}

/// Something that runs, of a scheduler.
pub(super) enum Part {
    Worker(usize, Runner),
    Keeper(Runner),
    Watch(std::thread::JoinHandle<()>),
}

/// Those who wait until all that runs has ended. A runner wakes only who asked it last, and that one
/// may have given up since: so it wakes all of these.
#[derive(Default)]
struct Waiting(Mutex<Waiters>);

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        let mut wakes = Wakes::default();
        wakes.extend(lock(&self.0).drain());
        wakes.wake();
    }
}

impl Shared {
    /// Waits until all that ran has ended, which it is about to, but for workers that are stuck. A task of the
    /// scheduler leaves out those that have not left: its own, and those of others that wait for the same.
    pub(super) async fn join(&self, own: Option<usize>) {
        poll_fn(|context| {
            let state = lock(&self.state);
            let left = state.left.clone();
            let stays = |worker: usize| own.is_some() && !state.ended[worker] && !left[worker];
            let inside: Vec<bool> = (0..left.len()).map(stays).collect();
            drop(state);
            lock(&self.runners).poll_end(&left, &inside, context.waker())
        })
        .await;
        // All others who wait see the same; and no waker is kept.
        let waiting = lock(&self.runners).waiting.clone();
        waiting.wake();
    }
}

impl Runners {
    pub(super) fn push(&mut self, part: Part) {
        self.parts.push(part);
    }

    /// What has not ended stays here: whoever waits for it may give up.
    fn poll_end(&mut self, left: &[bool], inside: &[bool], waker: &Waker) -> Poll<()> {
        lock(&self.waiting.0).add(waker);
        let waker = Waker::from(self.waiting.clone());
        let mut context = Context::from_waker(&waker);
        let is_inside = |part: &mut Part| match part {
            Part::Worker(worker, _) => inside[*worker],
            // What makes the tasks that recur may end the scheduler, too.
            Part::Keeper(runner) => runner.is_here(),
            Part::Watch(_) => false,
        };
        let mut later: Vec<Part> = self.parts.extract_if(.., is_inside).collect();
        while let Some(part) = self.parts.pop() {
            if let Some(part) = part.unless_ended(left, &mut context) {
                self.parts.push(part);
                self.parts.append(&mut later);
                return Poll::Pending;
            }
        }
        self.parts = later;
        Poll::Ready(())
    }
}

impl Part {
    fn unless_ended(self, left: &[bool], context: &mut Context<'_>) -> Option<Self> {
        match self {
            Self::Worker(worker, runner) if left[worker] => {
                runner.leave();
                None
            }
            Self::Worker(worker, runner) => {
                let runner = runner.unless_ended(context)?;
                Some(Self::Worker(worker, runner))
            }
            Self::Keeper(runner) => runner.unless_ended(context).map(Self::Keeper),
            Self::Watch(thread) => {
                let _ = thread.join();
                None
            }
        }
    }
}
