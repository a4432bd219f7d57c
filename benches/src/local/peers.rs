//! Other ways, each with a boxed future and a oneshot channel for its answer.

use std::collections::BinaryHeap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinSet;

use super::{WORKERS, runtime};

type Boxed = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A task that does nothing, and says so.
struct Job {
    future: Boxed,
    answer: oneshot::Sender<()>,
}

impl Job {
    fn new() -> (Self, oneshot::Receiver<()>) {
        let (answer, receiver) = oneshot::channel();
        let future = Box::pin(async {});
        (Self { future, answer }, receiver)
    }

    async fn run(self) {
        self.future.await;
        // Whoever waits is there until the end of the measurement.
        let _ = self.answer.send(());
    }

    /// For threads without a runtime: the future is ready at the first poll.
    fn run_at_once(mut self) {
        let ready = self
            .future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(ready.is_ready(), "a future that does nothing is ready");
        let _ = self.answer.send(());
    }
}

async fn answers(receivers: Vec<oneshot::Receiver<()>>) -> anyhow::Result<()> {
    for receiver in receivers {
        receiver.await?;
    }
    Ok(())
}

/// Runs a measurement on the threads of a runtime.
fn on_runtime<F>(measurement: F) -> anyhow::Result<Duration>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    runtime()?.block_on(async {
        let timed = async {
            let start = Instant::now();
            measurement.await?;
            Ok(start.elapsed())
        };
        tokio::spawn(timed).await?
    })
}

pub(super) fn join_set(tasks: u32) -> anyhow::Result<Duration> {
    on_runtime(async move {
        let mut set = JoinSet::new();
        let mut receivers = Vec::with_capacity(tasks as usize);
        for _ in 0..tasks {
            let (job, receiver) = Job::new();
            set.spawn(job.run());
            receivers.push(receiver);
        }
        while let Some(joined) = set.join_next().await {
            joined?;
        }
        answers(receivers).await
    })
}

/// A job in a heap: by priority, and the first in is the first out.
struct Ranked(u8, std::cmp::Reverse<u32>, Job);

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

type Heap = Mutex<BinaryHeap<Ranked>>;

fn filled(tasks: u32) -> (Arc<Heap>, Vec<oneshot::Receiver<()>>) {
    let mut heap = BinaryHeap::with_capacity(tasks as usize);
    let mut receivers = Vec::with_capacity(tasks as usize);
    for n in 0..tasks {
        let (job, receiver) = Job::new();
        heap.push(Ranked(2, std::cmp::Reverse(n), job));
        receivers.push(receiver);
    }
    (Arc::new(Mutex::new(heap)), receivers)
}

fn pop(heap: &Heap) -> Option<Job> {
    let mut heap = heap.lock().unwrap_or_else(PoisonError::into_inner);
    heap.pop().map(|ranked| ranked.2)
}

/// Filled before the clock starts.
pub(super) fn heap(tasks: u32) -> anyhow::Result<Duration> {
    let (heap, receivers) = filled(tasks);
    let notify = Arc::new(Notify::new());
    on_runtime(async move {
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let (heap, notify) = (heap.clone(), notify.clone());
            workers.spawn(async move {
                loop {
                    match pop(&heap) {
                        Some(job) => job.run().await,
                        None => notify.notified().await,
                    }
                }
            });
        }
        answers(receivers).await?;
        workers.shutdown().await;
        Ok(())
    })
}

/// The same with a thread for each worker.
pub(super) fn heap_on_threads(tasks: u32) -> anyhow::Result<Duration> {
    let (heap, receivers) = filled(tasks);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(job) = pop(&heap) {
                    job.run_at_once();
                }
            });
        }
    });
    duly_local::block_on(answers(receivers))?;
    Ok(start.elapsed())
}

pub(super) fn priority_channel(tasks: u32) -> anyhow::Result<Duration> {
    on_runtime(async move {
        let (sender, receiver) = async_priority_channel::bounded::<Job, u8>(tasks.into());
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let receiver = receiver.clone();
            workers.spawn(async move {
                while let Ok((job, _)) = receiver.recv().await {
                    job.run().await;
                }
            });
        }
        let mut receivers = Vec::with_capacity(tasks as usize);
        for _ in 0..tasks {
            let (job, receiver) = Job::new();
            let sent = sender.send(job, 2).await;
            anyhow::ensure!(sent.is_ok(), "the channel is open");
            receivers.push(receiver);
        }
        answers(receivers).await
    })
}

pub(super) fn channel(tasks: u32) -> anyhow::Result<Duration> {
    on_runtime(async move {
        let (sender, receiver) = mpsc::channel::<Job>(tasks as usize);
        let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let receiver = receiver.clone();
            workers.spawn(async move {
                loop {
                    let next = receiver.lock().await.recv().await;
                    let Some(job) = next else { return };
                    job.run().await;
                }
            });
        }
        let mut receivers = Vec::with_capacity(tasks as usize);
        for _ in 0..tasks {
            let (job, receiver) = Job::new();
            anyhow::ensure!(sender.send(job).await.is_ok(), "the channel is open");
            receivers.push(receiver);
        }
        answers(receivers).await
    })
}

pub(super) fn rayon(tasks: u32) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let mut receivers = Vec::with_capacity(tasks as usize);
    for _ in 0..tasks {
        let (job, receiver) = Job::new();
        rayon::spawn(|| job.run_at_once());
        receivers.push(receiver);
    }
    duly_local::block_on(answers(receivers))?;
    Ok(start.elapsed())
}

pub(super) fn threadpool(tasks: u32) -> anyhow::Result<Duration> {
    let pool = threadpool::ThreadPool::new(WORKERS);
    let start = Instant::now();
    let mut receivers = Vec::with_capacity(tasks as usize);
    for _ in 0..tasks {
        let (job, receiver) = Job::new();
        pool.execute(|| job.run_at_once());
        receivers.push(receiver);
    }
    duly_local::block_on(answers(receivers))?;
    let took = start.elapsed();
    pool.join();
    Ok(took)
}
