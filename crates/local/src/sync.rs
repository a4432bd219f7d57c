//! The locks and threads of this crate, so that a model checker can put its own in their place: see
//! also `park`.

#[cfg(not(feature = "shuttle"))]
pub(crate) use std::sync::{Mutex, MutexGuard};
#[cfg(all(feature = "threads", not(feature = "shuttle")))]
pub(crate) use std::thread;

#[cfg(feature = "shuttle")]
pub(crate) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(all(feature = "threads", feature = "shuttle"))]
pub(crate) use shuttle::thread;

#[cfg(not(feature = "shuttle"))]
pub(crate) use std::thread_local;

#[cfg(feature = "shuttle")]
pub(crate) use shuttle::thread_local;

use std::sync::{PoisonError, TryLockError};
use std::task::Waker;

use crate::bounds::LOCK_YIELDS;

/// Locks. No code of a user runs under a lock of ours but that which catches its panics, so what lies
/// behind a poisoned lock is whole.
///
/// A lock of ours is held for a moment, and where there are more workers than cores it is mostly wanted
/// by those whose turn it is not. Who finds it taken lets others run a few times before it sleeps: to
/// be put to sleep and woken again costs more than what is done under the lock, for both sides.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A model checker decides itself who runs.
    let yields = if cfg!(feature = "shuttle") {
        0
    } else {
        LOCK_YIELDS
    };
    for _ in 0..yields {
        match mutex.try_lock() {
            Ok(guard) => return guard,
            Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => std::thread::yield_now(),
        }
    }
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What lies behind a lock that nobody else has.
pub(crate) fn inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Who is to be woken once the lock is let go.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    first: Option<Waker>,
    others: Vec<Waker>,
}

impl Wakes {
    pub(crate) fn push(&mut self, waker: Waker) {
        if self.first.is_none() {
            self.first = Some(waker);
        } else {
            self.others.push(waker);
        }
    }

    pub(crate) fn extend(&mut self, wakers: impl IntoIterator<Item = Waker>) {
        for waker in wakers {
            self.push(waker);
        }
    }

    pub(crate) fn wake(self) {
        for waker in self.first.into_iter().chain(self.others) {
            waker.wake();
        }
    }
}

/// The place of one who waits, from one poll to the next.
#[derive(Debug, Default)]
pub(crate) struct Seat(u64);

/// Wakers of those who wait for the same thing.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    last: u64,
    waiting: Vec<(u64, Waker)>,
}

impl Waiters {
    /// Remembers the waker of who has this seat, until all are woken or it leaves.
    pub(crate) fn wait(&mut self, seat: &mut Seat, waker: &Waker) {
        let known = self.waiting.iter_mut().find(|(other, _)| *other == seat.0);
        if let Some((_, known)) = known {
            known.clone_from(waker);
            return;
        }
        self.last += 1;
        seat.0 = self.last;
        self.waiting.push((self.last, waker.clone()));
    }

    /// Forgets who has this seat. The waker is to be dropped once the lock is let go.
    pub(crate) fn leave(&mut self, seat: &Seat) -> Option<Waker> {
        let at = self
            .waiting
            .iter()
            .position(|(other, _)| *other == seat.0)?;
        Some(self.waiting.swap_remove(at).1)
    }

    /// Remembers a waker, unless it is known: where few wait.
    pub(crate) fn add(&mut self, waker: &Waker) {
        if !self.waiting.iter().any(|(_, known)| known.will_wake(waker)) {
            self.wait(&mut Seat::default(), waker);
        }
    }

    /// How many wait.
    pub(crate) const fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Waker> {
        self.waiting.drain(..).map(|(_, waker)| waker)
    }
}
