//! Running a future on a plain thread: the thread parks until it is woken, or a timer is up.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread, ThreadId};
use std::time::Instant;

use crate::clock;

/// Runs a future to its end on this thread, without an async runtime. It may [`sleep`](crate::sleep),
/// and wait for whatever a scheduler gives.
///
/// ```
/// assert_eq!(duly_local::block_on(async { 6 * 7 }), 42);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let parker = Arc::new(Parker {
        thread: thread::current(),
        woken: AtomicBool::new(false),
    });
    let waker = Waker::from(parker.clone());
    let mut context = Context::from_waker(&waker);
    let _entered = Entered::new();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        parker.park();
    }
}

struct Parker {
    thread: Thread,
    woken: AtomicBool,
}

impl Parker {
    /// Waits until somebody wakes it. Timers of this thread that are up wake whom they belong to.
    fn park(&self) {
        loop {
            let next = fire(clock::instant());
            if self.woken.swap(false, Ordering::Acquire) {
                return;
            }
            match next {
                Some(next) => {
                    thread::park_timeout(next.saturating_duration_since(clock::instant()))
                }
                None => thread::park(),
            }
        }
    }
}

impl Wake for Parker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

/// A timer of a thread.
#[derive(Debug)]
pub(crate) struct Key {
    thread: ThreadId,
    until: Instant,
    number: u64,
    /// For a thread that has no timers: whether its helper still has anybody to wake.
    helper: Option<Arc<Helper>>,
}

#[derive(Default)]
struct Timers {
    entered: usize,
    timers: BTreeMap<(Instant, u64), Waker>,
}

thread_local! {
    static TIMERS: RefCell<Timers> = RefCell::default();
}

struct Entered;

impl Entered {
    fn new() -> Self {
        TIMERS.with_borrow_mut(|timers| timers.entered += 1);
        Self
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        TIMERS.with_borrow_mut(|timers| timers.entered -= 1);
    }
}

/// Whether this thread is in [`block_on`].
pub(crate) fn is_entered() -> bool {
    TIMERS.with_borrow(|timers| timers.entered > 0)
}

/// Wakes those whose time has come, and tells the next instant.
fn fire(now: Instant) -> Option<Instant> {
    loop {
        let due = TIMERS.with_borrow_mut(|timers| {
            let first = timers.timers.first_entry()?;
            (first.key().0 <= now).then(|| first.remove())
        });
        match due {
            Some(waker) => waker.wake(),
            None => break,
        }
    }
    TIMERS.with_borrow(|timers| Some(timers.timers.first_key_value()?.0.0))
}

/// Has `waker` woken at an instant, by the timers of this thread if it has any. `key` names the timer
/// from one call to the next.
pub(crate) fn wait(until: Instant, waker: &Waker, key: &mut Option<Key>) {
    static NUMBERS: AtomicU64 = AtomicU64::new(0);
    if !is_entered() {
        help(until, waker, key);
        return;
    }
    let thread = thread::current().id();
    let known = key
        .as_ref()
        .filter(|key| key.thread == thread && key.helper.is_none());
    let number = known.map_or_else(|| NUMBERS.fetch_add(1, Ordering::Relaxed), |key| key.number);
    TIMERS.with_borrow_mut(|timers| timers.timers.insert((until, number), waker.clone()));
    if known.is_none()
        && let Some(old) = key.replace(Key {
            thread,
            until,
            number,
            helper: None,
        })
    {
        forget(&old);
    }
}

/// The timer is not needed any more. One of another thread stays, and wakes somebody for nothing.
pub(crate) fn forget(key: &Key) {
    if let Some(helper) = &key.helper {
        helper.release();
    } else if key.thread == thread::current().id() {
        // A thread that ends has no timers any more.
        let _ = TIMERS.try_with(|timers| {
            if let Ok(mut timers) = timers.try_borrow_mut() {
                timers.timers.remove(&(key.until, key.number));
            }
        });
    }
}

/// A thread that wakes somebody at an instant, for a future that runs where we have no timers.
#[derive(Debug)]
struct Helper {
    thread: Thread,
    waker: Arc<std::sync::Mutex<Option<Waker>>>,
}

impl Helper {
    fn release(&self) {
        *lock(&self.waker) = None;
        self.thread.unpark();
    }
}

fn help(until: Instant, waker: &Waker, key: &mut Option<Key>) {
    if let Some(helper) = key.as_ref().and_then(|key| key.helper.as_ref()) {
        *lock(&helper.waker) = Some(waker.clone());
        // The helper takes the waker once the time is up: it may have taken another one just before.
        if until <= clock::instant() {
            waker.wake_by_ref();
        }
        return;
    }
    let slot = Arc::new(std::sync::Mutex::new(Some(waker.clone())));
    let seen = slot.clone();
    let spawned = thread::Builder::new()
        .name("duly-sleep".to_owned())
        .spawn(move || wake_at(until, &seen));
    match spawned {
        Ok(handle) => {
            *key = Some(Key {
                thread: thread::current().id(),
                until,
                number: 0,
                helper: Some(Arc::new(Helper {
                    thread: handle.thread().clone(),
                    waker: slot,
                })),
            });
        }
        // Without a thread there is only asking again.
        Err(_) => waker.wake_by_ref(),
    }
}

fn wake_at(until: Instant, waker: &std::sync::Mutex<Option<Waker>>) {
    loop {
        let left = until.saturating_duration_since(clock::instant());
        if left.is_zero() || lock(waker).is_none() {
            break;
        }
        thread::park_timeout(left);
    }
    let waker = lock(waker).take();
    waker.into_iter().for_each(Waker::wake);
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sleep;

    #[test]
    fn sleeps_end_in_their_order() {
        let order = std::sync::Mutex::new(Vec::new());
        let one = |ms: u64| {
            let order = &order;
            async move {
                // poll interval: the sleep is what is tested.
                sleep(Duration::from_millis(ms)).await;
                order.lock().unwrap().push(ms);
            }
        };
        block_on(async {
            let (mut long, mut short) = (pin!(one(20)), pin!(one(5)));
            let mut left = (true, true);
            std::future::poll_fn(|context| {
                left.0 = left.0 && long.as_mut().poll(context).is_pending();
                left.1 = left.1 && short.as_mut().poll(context).is_pending();
                if left == (false, false) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        });
        assert_eq!(*order.lock().unwrap(), [5, 20]);
        assert!(TIMERS.with_borrow(|timers| timers.timers.is_empty()));
    }

    #[test]
    fn a_wake_from_another_thread_is_not_missed() {
        for _ in 0..1_000 {
            let done = Arc::new(AtomicBool::new(false));
            let seen = done.clone();
            let mut helper = None;
            block_on(std::future::poll_fn(|context| {
                if seen.load(Ordering::Acquire) {
                    return Poll::Ready(());
                }
                let (waker, done) = (context.waker().clone(), done.clone());
                helper.get_or_insert_with(|| {
                    thread::spawn(move || {
                        done.store(true, Ordering::Release);
                        waker.wake();
                    })
                });
                Poll::Pending
            }));
            helper.unwrap().join().unwrap();
        }
    }

    #[test]
    fn a_future_may_sleep_where_nobody_has_timers() {
        let parker = Arc::new(Parker {
            thread: thread::current(),
            woken: AtomicBool::new(false),
        });
        let waker = Waker::from(parker.clone());
        // poll interval: the sleep is what is tested.
        let mut nap = sleep(Duration::from_millis(10));
        let mut context = Context::from_waker(&waker);
        assert!(std::pin::Pin::new(&mut nap).poll(&mut context).is_pending());
        while !parker.woken.load(Ordering::Acquire) {
            thread::park();
        }
        assert!(std::pin::Pin::new(&mut nap).poll(&mut context).is_ready());
    }
}
