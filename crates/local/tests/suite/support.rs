//! A world for each executor, the macros that run a test in both, or in the one that there is, and
//! what tests wait for.

use std::fmt::Write;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, Once};
use std::task::{Poll, Waker};
use std::time::Duration;

use duly_local::{Builder, Handle, Output, Scheduler, Sleep, Status, Task};

/// Where a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "tokio"),
    expect(
        dead_code,
        reason = "no test is in the world of an executor that is not there"
    )
)]
pub(crate) enum World {
    /// A Tokio runtime of two threads.
    Tokio,
    /// A Tokio runtime of one thread, whose clock moves on when nothing else does.
    Paused,
    Threads,
}

impl World {
    pub(crate) fn builder(self, workers: usize) -> Builder {
        let builder = Scheduler::builder().workers(workers);
        match self {
            Self::Tokio | Self::Paused => builder,
            #[cfg(feature = "threads")]
            Self::Threads => builder.threads(),
            #[cfg(not(feature = "threads"))]
            Self::Threads => unreachable!("no test is in this world"),
        }
    }

    pub(crate) fn run<F: Future<Output = ()>>(self, test: impl FnOnce(Self) -> F) {
        // Before anybody logs: whether somebody listens is remembered for the whole process.
        capture();
        match self {
            Self::Tokio => tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_time()
                .build()
                .unwrap()
                .block_on(test(self)),
            Self::Paused => tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap()
                .block_on(test(self)),
            Self::Threads => duly_local::block_on(test(self)),
        }
    }

    /// The time of this world, since some instant.
    pub(crate) fn now(self) -> Instant {
        match self {
            Self::Paused => Instant::Tokio(tokio::time::Instant::now()),
            Self::Tokio | Self::Threads => Instant::Real(std::time::Instant::now()),
        }
    }
}

/// An instant of a world.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Instant {
    Tokio(tokio::time::Instant),
    Real(std::time::Instant),
}

impl Instant {
    pub(crate) fn elapsed(self) -> Duration {
        match self {
            Self::Tokio(instant) => instant.elapsed(),
            Self::Real(instant) => instant.elapsed(),
        }
    }
}

/// Runs a test in both worlds: with `@paused` in that of Tokio whose clock moves by itself.
macro_rules! both {
    ($($(#[$meta:meta])* $(@$paused:ident)? async fn $name:ident($world:ident: World) $body:block)*) => {
        $(mod $name {
            use super::*;

            async fn test($world: World) $body

            #[test]
            #[cfg(feature = "tokio")]
            $(#[$meta])*
            fn on_tokio() {
                $crate::support::tokio_world!($($paused)?).run(test);
            }

            #[test]
            #[cfg(feature = "threads")]
            $(#[$meta])*
            fn on_threads() {
                World::Threads.run(test);
            }
        })*
    };
}

#[cfg(feature = "tokio")]
macro_rules! tokio_world {
    () => {
        World::Tokio
    };
    (paused) => {
        World::Paused
    };
}

pub(crate) use both;
#[cfg(feature = "tokio")]
pub(crate) use tokio_world;

/// A gate that tasks wait at until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    open: bool,
    /// How many came to it.
    came: usize,
    wakers: Vec<Waker>,
}

impl Gate {
    pub(crate) fn open(&self) {
        self.change(|inner| inner.open = true);
    }

    fn change(&self, how: impl FnOnce(&mut Inner)) {
        let mut inner = self.0.lock().unwrap();
        how(&mut inner);
        let wakers = std::mem::take(&mut inner.wakers);
        drop(inner);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn poll(&self, waker: &Waker, ready: impl Fn(&Inner) -> bool) -> Poll<()> {
        let mut inner = self.0.lock().unwrap();
        if ready(&inner) {
            return Poll::Ready(());
        }
        inner.wakers.push(waker.clone());
        Poll::Pending
    }

    /// Comes to the gate, and waits until it is open.
    pub(crate) async fn pass(&self) {
        self.change(|inner| inner.came += 1);
        poll_fn(|context| self.poll(context.waker(), |inner| inner.open)).await;
    }

    /// Waits until so many have come to it.
    pub(crate) async fn came(&self, many: usize) {
        poll_fn(|context| self.poll(context.waker(), |inner| inner.came >= many)).await;
    }

    /// A task that waits at it.
    pub(crate) fn task(&self, name: &'static str) -> Task<()> {
        let gate = self.clone();
        Task::new(name, async move { gate.pass().await })
    }

    /// Comes to the gate, and blocks the thread until it is open.
    pub(crate) fn block(&self) {
        duly_local::block_on(self.pass());
    }
}

/// Work that takes so long: where Tokio's clock is paused, that moves it, and takes no time at all.
pub(crate) fn nap(time: Duration) -> Sleep {
    // poll interval: time is what these tests are about.
    duly_local::sleep(time)
}

/// What tasks leave behind, in their order.
#[derive(Clone)]
pub(crate) struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone + Send + 'static> Log<T> {
    pub(crate) fn push(&self, entry: T) {
        self.0.lock().unwrap().push(entry);
    }

    pub(crate) fn read(&self) -> Vec<T> {
        self.0.lock().unwrap().clone()
    }

    /// A task that leaves this behind.
    pub(crate) fn task(&self, name: &'static str, entry: T) -> Task<()> {
        let log = self.clone();
        Task::new(name, async move { log.push(entry) })
    }
}

/// Waits until an attempt has failed, and another is to follow.
pub(crate) async fn until_retrying<R: Output>(handle: &Handle<R>) {
    let mut changes = handle.changes();
    while !matches!(changes.next().await, Some(Status::Retrying { .. })) {}
}

/// Polls a future once.
pub(crate) async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// What was written to the log so far, by anybody in this process.
#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    wakers: Vec<Waker>,
}

static LINES: Mutex<Lines> = Mutex::new(Lines {
    lines: Vec::new(),
    wakers: Vec::new(),
});

/// Keeps what is written to the log from here on.
fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(Capture).unwrap());
}

/// The lines of the log that have all these words.
pub(crate) fn logged(words: &[&str]) -> Vec<String> {
    found(&LINES.lock().unwrap(), words)
}

fn found(lines: &Lines, words: &[&str]) -> Vec<String> {
    let all = |line: &&String| words.iter().all(|word| line.contains(word));
    lines.lines.iter().filter(all).cloned().collect()
}

/// Waits for a line of the log that has all these words.
pub(crate) async fn until_logged(words: &[&str]) -> String {
    poll_fn(|context| {
        let mut lines = LINES.lock().unwrap();
        if let Some(line) = found(&lines, words).pop() {
            return Poll::Ready(line);
        }
        lines.wakers.push(context.waker().clone());
        Poll::Pending
    })
    .await
}

struct Capture;

impl tracing::Subscriber for Capture {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        let mut lines = LINES.lock().unwrap();
        lines.lines.push(line.0);
        let wakers = std::mem::take(&mut lines.wakers);
        drop(lines);
        wakers.into_iter().for_each(Waker::wake);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

struct Line(String);

impl tracing::field::Visit for Line {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}
