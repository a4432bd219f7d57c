//! Who blocks a thread: a future should yield, and one that does not is named.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::warn;

use super::Shared;
use crate::clock;
use crate::sync::lock;

/// A counter for each worker: odd while it polls a future.
pub(super) struct Watch {
    pulses: Box<[AtomicU64]>,
    after: Option<Duration>,
    ended: Mutex<bool>,
    end: Condvar,
}

/// A worker polls a future.
pub(super) struct Busy<'a>(Option<&'a AtomicU64>);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if let Some(pulse) = self.0 {
            beat(pulse);
        }
    }
}

/// Only its worker writes a counter.
fn beat(pulse: &AtomicU64) {
    pulse.store(
        pulse.load(Ordering::Relaxed).wrapping_add(1),
        Ordering::Relaxed,
    );
}

impl Watch {
    pub(super) fn new(workers: usize, after: Option<Duration>) -> Self {
        Self {
            pulses: (0..workers).map(|_| AtomicU64::new(0)).collect(),
            after: after.filter(|after| !after.is_zero()),
            ended: Mutex::new(false),
            end: Condvar::new(),
        }
    }

    pub(super) fn enter(&self, worker: usize) -> Busy<'_> {
        let pulse = self.after.map(|_| &self.pulses[worker]);
        pulse.into_iter().for_each(beat);
        Busy(pulse)
    }

    /// Ends the watching thread.
    pub(super) fn end(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.end.notify_all();
    }

    /// Waits a while. Whether to go on.
    fn pause(&self, time: Duration) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let (ended, _) = self
            .end
            .wait_timeout_while(ended, time, |ended| !*ended)
            .unwrap_or_else(PoisonError::into_inner);
        !*ended
    }
}

/// What was last seen of a worker.
#[derive(Clone, Copy)]
struct Seen {
    pulse: u64,
    since: Instant,
    told: bool,
}

/// Watches, on a thread of its own: one that is not blocked by what it watches.
pub(super) fn spawn(shared: &Arc<Shared>) -> Option<thread::JoinHandle<()>> {
    // A model checker would take its real thread and clock for a part of the model.
    let after = shared.watch.after.filter(|_| !cfg!(feature = "shuttle"))?;
    let shared = shared.clone();
    let thread = thread::Builder::new().name("duly-watch".to_owned());
    thread.spawn(move || watch(&shared, after)).ok()
}

fn watch(shared: &Shared, after: Duration) {
    let mut seen: Vec<Option<Seen>> = vec![None; shared.watch.pulses.len()];
    while shared.watch.pause(after / 4) {
        let now = clock::instant();
        for (worker, seen) in seen.iter_mut().enumerate() {
            look(shared, worker, seen, now, after);
        }
    }
}

fn look(shared: &Shared, worker: usize, seen: &mut Option<Seen>, now: Instant, after: Duration) {
    let pulse = shared.watch.pulses[worker].load(Ordering::Relaxed);
    let known = seen.filter(|seen| seen.pulse == pulse && pulse % 2 == 1);
    let mut current = known.unwrap_or(Seen {
        pulse,
        since: now,
        told: false,
    });
    let blocked = now.duration_since(current.since);
    if blocked >= after && !current.told {
        current.told = true;
        tell(shared, worker, blocked);
    }
    *seen = Some(current);
}

fn tell(shared: &Shared, worker: usize, blocked: Duration) {
    let job = lock(&shared.state).current[worker]
        .as_ref()
        .map(|current| current.job.clone());
    if let Some(job) = job {
        let head = job.head();
        warn!(
            task = %head.name,
            id = %head.id,
            blocked_ms = blocked.as_millis(),
            "a task blocks its thread: it has not yielded since, so nothing can stop it"
        );
    }
}
