//! What ended, in the order in which it did.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use duly_core::TaskId;
use futures_core::Stream;

use super::state::Current;
use crate::status::Status;
use crate::sync::{Mutex, Waiters, Wakes, lock};

/// What happens to a completion that finds the buffer full.
///
/// ```
/// # use duly_local::{Scheduler, Shutdown, Task, WhenFull};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (builder, mut completions) =
///     Scheduler::builder().workers(1).completions(2, WhenFull::DropOldest);
/// let scheduler = builder.start();
/// for name in ["a", "b", "c"] {
///     scheduler.submit(Task::new(name, async {})).await?;
/// }
/// scheduler.shutdown(Shutdown::Drain).await;
/// let names: Vec<String> = completions.ready().into_iter().map(|done| done.name).collect();
/// assert_eq!(names, ["b", "c"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// The oldest one that nobody read gives way; how many did is counted.
    DropOldest,
    /// The worker waits until there is room, and begins nothing until then: nothing is missed, and
    /// who does not read stops the scheduler.
    HoldWorkers,
}

/// A task that ran, and ended.
///
/// ```
/// # use duly_local::{Scheduler, Status, Task, WhenFull};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (builder, mut completions) = Scheduler::builder().completions(10, WhenFull::HoldWorkers);
/// let scheduler = builder.start();
/// scheduler.submit(Task::new("greet", async { Err::<(), _>("no voice") })).await?;
/// let done = completions.next().await.ok_or("none")?;
/// assert_eq!((done.status, done.attempts), (Status::Failed("no voice".into()), 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Completion {
    /// Its id.
    pub id: TaskId,
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// How many attempts it had.
    pub attempts: u32,
    /// How long its last attempt waited after it was due.
    pub waited: Duration,
    /// How long its last attempt ran.
    pub ran: Duration,
}

impl Completion {
    pub(super) fn new(current: &Current, ran: Duration) -> Self {
        let head = current.job.head();
        Self {
            id: head.id,
            name: head.name.clone().into_owned(),
            status: head.life(|life| life.status()),
            attempts: current.attempt.attempt,
            waited: current.waited,
            ran,
        }
    }
}

/// The buffer between the workers and whoever reads.
#[derive(Debug)]
pub(super) struct Buffer {
    inner: Mutex<Inner>,
    capacity: usize,
    when_full: WhenFull,
}

#[derive(Debug, Default)]
struct Inner {
    ready: VecDeque<Completion>,
    dropped: u64,
    closed: bool,
    /// Nobody reads any more.
    deserted: bool,
    readers: Waiters,
    writers: Waiters,
}

impl Buffer {
    pub(super) fn new(capacity: usize, when_full: WhenFull) -> Self {
        Self {
            inner: Mutex::new(Inner::default()),
            capacity: capacity.max(1),
            when_full,
        }
    }

    /// Puts a completion in. It comes back if the worker is to wait until there is room.
    pub(super) fn offer(&self, completion: Completion, wakes: &mut Wakes) -> Option<Completion> {
        self.put(&mut lock(&self.inner), completion, wakes)
    }

    fn put(
        &self,
        inner: &mut Inner,
        completion: Completion,
        wakes: &mut Wakes,
    ) -> Option<Completion> {
        if inner.ready.len() >= self.capacity && !inner.closed && !inner.deserted {
            match self.when_full {
                WhenFull::HoldWorkers => return Some(completion),
                WhenFull::DropOldest => {
                    inner.ready.pop_front();
                    inner.dropped += 1;
                }
            }
        }
        if !inner.deserted {
            inner.ready.push_back(completion);
            wakes.extend(inner.readers.drain());
        }
        None
    }

    /// Puts a completion in as soon as there is room.
    pub(super) async fn push(&self, completion: Completion) {
        let mut completion = Some(completion);
        poll_fn(|context| self.poll_push(&mut completion, context)).await;
    }

    fn poll_push(&self, completion: &mut Option<Completion>, context: &Context<'_>) -> Poll<()> {
        let mut wakes = Wakes::default();
        let mut inner = lock(&self.inner);
        let held = completion.take();
        *completion = held.and_then(|held| self.put(&mut inner, held, &mut wakes));
        if completion.is_some() {
            inner.writers.add(context.waker());
            return Poll::Pending;
        }
        drop(inner);
        wakes.wake();
        Poll::Ready(())
    }

    /// How many workers wait for room.
    pub(super) fn held(&self) -> usize {
        lock(&self.inner).writers.len()
    }

    /// Nothing more will come.
    pub(super) fn close(&self) {
        self.end(|inner| inner.closed = true);
    }

    fn desert(&self) {
        self.end(|inner| inner.deserted = true);
    }

    fn end(&self, how: impl FnOnce(&mut Inner)) {
        let mut wakes = Wakes::default();
        let mut inner = lock(&self.inner);
        how(&mut inner);
        let Inner {
            readers, writers, ..
        } = &mut *inner;
        wakes.extend(readers.drain().chain(writers.drain()));
        drop(inner);
        wakes.wake();
    }
}

/// What ended, in the order in which it did: tasks that ran, not those that were cancelled or
/// expired in line. It ends once
/// the scheduler has stopped. Made by [`Builder::completions`](crate::Builder::completions).
///
/// ```
/// # use duly_local::{Scheduler, Shutdown, Task, WhenFull};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (builder, mut completions) = Scheduler::builder().completions(100, WhenFull::DropOldest);
/// let scheduler = builder.start();
/// for n in 0..10 {
///     scheduler.submit(Task::new("page", async move { println!("page {n}") })).await?;
/// }
/// scheduler.shutdown(Shutdown::Drain).await;
/// while let Some(done) = completions.next().await {
///     println!("{}: {}, in {:?}", done.name, done.status, done.ran);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Completions {
    buffer: Arc<Buffer>,
}

impl Completions {
    pub(super) const fn new(buffer: Arc<Buffer>) -> Self {
        Self { buffer }
    }

    /// The next one; `None` once the scheduler has stopped and all were read.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Shutdown, WhenFull};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (builder, mut completions) = Scheduler::builder().completions(100, WhenFull::DropOldest);
    /// builder.start().shutdown(Shutdown::Drain).await;
    /// assert!(completions.next().await.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Completion> {
        poll_fn(|context| self.poll(context)).await
    }

    /// Those that are there already, without waiting.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Shutdown, Task, WhenFull};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (builder, mut completions) = Scheduler::builder().completions(100, WhenFull::DropOldest);
    /// let scheduler = builder.start();
    /// assert!(completions.ready().is_empty());
    /// scheduler.submit(Task::new("greet", async {})).await?;
    /// scheduler.shutdown(Shutdown::Drain).await;
    /// assert_eq!(completions.ready().len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ready(&mut self) -> Vec<Completion> {
        let mut wakes = Wakes::default();
        let mut inner = lock(&self.buffer.inner);
        let ready = inner.ready.drain(..).collect();
        wakes.extend(inner.writers.drain());
        drop(inner);
        wakes.wake();
        ready
    }

    /// How many gave way before they were read.
    ///
    /// ```
    /// # use duly_local::{Scheduler, Shutdown, Task, WhenFull};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (builder, completions) = Scheduler::builder().completions(2, WhenFull::DropOldest);
    /// let scheduler = builder.start();
    /// let tasks = (0..5).map(|_| Task::new("page", async {})).collect();
    /// scheduler.submit_batch(tasks).await?;
    /// scheduler.shutdown(Shutdown::Drain).await;
    /// assert_eq!(completions.missed(), 3);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn missed(&self) -> u64 {
        lock(&self.buffer.inner).dropped
    }

    fn poll(&mut self, context: &Context<'_>) -> Poll<Option<Completion>> {
        let mut wakes = Wakes::default();
        let mut inner = lock(&self.buffer.inner);
        let next = inner.ready.pop_front();
        if next.is_none() && !inner.closed {
            inner.readers.add(context.waker());
            return Poll::Pending;
        }
        wakes.extend(inner.writers.drain());
        drop(inner);
        wakes.wake();
        Poll::Ready(next)
    }
}

impl Stream for Completions {
    type Item = Completion;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Completion>> {
        self.poll(context)
    }
}

impl Drop for Completions {
    fn drop(&mut self) {
        self.buffer.desert();
    }
}
