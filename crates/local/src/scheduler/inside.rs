//! Tasks that wait for their own scheduler: they are left out of what they wait for.

use std::cell::Cell;
use std::collections::HashMap;
use std::ptr;

use super::Shared;
use super::state::State;
use crate::sync::{Wakes, lock, thread_local};

/// A scheduler, by its address, and one of its workers.
type Here = (usize, usize);

/// No scheduler lies there.
const NOWHERE: Here = (0, 0);

thread_local! {
    /// The worker whose task is polled on this thread.
    static HERE: Cell<Here> = const { Cell::new(NOWHERE) };
}

/// A worker polls its task on this thread, until this is dropped.
pub(super) struct Polling(Here);

impl Drop for Polling {
    fn drop(&mut self) {
        HERE.with(|here| here.set(self.0));
    }
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// Until nothing is left to do.
    Idle,
    /// Until the workers have ended.
    End,
}

/// Workers whose tasks wait for the scheduler: how often, for each [`Wait`].
#[derive(Debug, Default)]
pub(super) struct Insiders(HashMap<usize, [u32; 2]>);

impl Insiders {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// What the task of a worker waits for does not count any more: the worker is gone, or left to itself.
    pub(super) fn forget(&mut self, worker: usize) {
        self.0.remove(&worker);
    }

    /// How many of them wait for the workers to end.
    fn ends(&self) -> usize {
        let waits = self.0.values();
        waits.filter(|waits| waits[Wait::End as usize] > 0).count()
    }
}

/// A task that waits for its own scheduler, until this is dropped.
pub(super) struct Inside<'a> {
    shared: &'a Shared,
    pub(super) worker: usize,
    wait: Wait,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.shared.state);
        if let Some(waits) = state.insiders.0.get_mut(&self.worker) {
            waits[self.wait as usize] -= 1;
            if *waits == [0, 0] {
                state.insiders.0.remove(&self.worker);
            }
        }
    }
}

impl Shared {
    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// Remembers whose task is polled on this thread.
    pub(super) fn polling(&self, worker: usize) -> Polling {
        let here = (self.address(), worker);
        Polling(HERE.with(|known| known.replace(here)))
    }

    /// Remembers that the task which asks waits for this scheduler, if it is one of its own.
    pub(super) fn inside(&self, wait: Wait) -> Option<Inside<'_>> {
        let (scheduler, worker) = HERE.with(Cell::get);
        if scheduler != self.address() {
            return None;
        }
        let mut wakes = Wakes::default();
        let mut state = lock(&self.state);
        state.insiders.0.entry(worker).or_default()[wait as usize] += 1;
        state.notice_quiet(&mut wakes);
        state.tell_insiders(&mut wakes);
        wakes.extend(state.closers.drain());
        drop(state);
        wakes.wake();
        Some(Inside {
            shared: self,
            worker,
            wait,
        })
    }
}

impl State {
    /// Whether nothing is left to do but tasks that wait for just that, or for the end.
    pub(super) fn is_done(&self) -> bool {
        self.engine.len() <= self.insiders.len()
    }

    /// The same, or nobody is left who could do it: such tasks occupy all workers.
    pub(super) fn is_quiet_inside(&self) -> bool {
        self.is_done() || self.insiders.len() >= self.alive
    }

    /// A worker has ended, or its task waits, too: others that wait may be all who are left.
    pub(super) fn tell_insiders(&mut self, wakes: &mut Wakes) {
        if self.insiders.len() > 0 && self.is_quiet_inside() {
            wakes.extend(self.quiet.drain());
        }
    }

    /// Whether all workers have ended, but for those whose tasks wait for that, if one of them asks.
    pub(super) fn have_ended(&self, inside: bool) -> bool {
        let left = if inside { self.insiders.ends() } else { 0 };
        self.alive <= left
    }
}
