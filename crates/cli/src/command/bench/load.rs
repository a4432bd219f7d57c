//! Tasks that do nothing, and what becomes of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use duly::store::bounds::HOUSEKEEPING_MAX;
use duly::store::{Duty, KeepHouse};
use duly::{Context, Duly, NewTask, Payload, QueueChange, Timestamp, Verdict, When, Worker};
use tokio::sync::{Notify, mpsc};

use crate::failure::Failure;

/// The queue and the kind of what is measured.
const NAME: &str = "duly-bench";
/// Tasks of one submit.
const BATCH: u32 = 500;
/// Handlers at once.
const CONCURRENCY: u32 = 64;
/// What is left behind by a run that was killed is no longer started after this, and forgotten later.
const STALE: Duration = Duration::from_secs(600);
/// How long a worker may take to settle what it has run.
const SETTLE_WAIT_MAX: Duration = Duration::from_secs(60);

/// Something to measure a store with.
pub(super) struct Load<'a> {
    duly: &'a Duly,
    /// Tells this run's tasks from those that another left behind.
    run: Payload,
}

impl<'a> Load<'a> {
    pub(super) async fn prepare(duly: &'a Duly) -> Result<Self, Failure> {
        let run = Payload::json(format!("\"{}\"", duly.new_id()));
        keep_for(duly, STALE).await?;
        Ok(Self { duly, run })
    }

    /// Submits so many tasks: how long it took.
    pub(super) async fn submit(&self, tasks: u32) -> Result<Duration, Failure> {
        let begun = self.now();
        let mut left = tasks;
        while left > 0 {
            let size = left.min(BATCH);
            let batch = (0..size).map(|_| self.task());
            self.duly.submit_all(batch).await.context("cannot submit")?;
            left -= size;
        }
        Ok(self.now().since(begun))
    }

    /// Works off so many tasks that are there: how long it took.
    pub(super) async fn drain(&self, tasks: u32) -> Result<Duration, Failure> {
        let begun = self.now();
        let (worker, all_run) = self.worker(tasks)?;
        self.finish(&worker, &all_run).await?;
        Ok(self.now().since(begun))
    }

    /// Submits and works off so many tasks, both at once: how long it took.
    pub(super) async fn cycle(&self, tasks: u32) -> Result<Duration, Failure> {
        let begun = self.now();
        let (worker, all_run) = self.worker(tasks)?;
        self.submit(tasks).await?;
        self.finish(&worker, &all_run).await?;
        Ok(self.now().since(begun))
    }

    /// Submits one task at a time, with nothing else to do: how long until its handler started.
    pub(super) async fn idle_latency(&self, samples: u32) -> Result<Vec<Duration>, Failure> {
        let (tell, mut started) = mpsc::channel(1);
        let clock = Arc::clone(self.duly.clock());
        let own = self.run.clone();
        let worker = self.duly.worker().queues([NAME]).without_house();
        let worker = worker.handle_raw(NAME, move |payload, _: Context| {
            let (tell, at, is_own) = (tell.clone(), clock.now(), payload == own);
            async move {
                if is_own {
                    let _ = tell.send(at).await;
                }
                Verdict::done(None)
            }
        });
        let worker = worker.start().context("cannot start a worker")?;
        let mut latency = Vec::with_capacity(samples as usize);
        for _ in 0..samples {
            let begun = self.now();
            self.duly
                .submit(self.task())
                .await
                .context("cannot submit")?;
            let at: Timestamp = started.recv().await.context("the worker is gone")?;
            latency.push(at.since(begun));
        }
        worker.shutdown(SETTLE_WAIT_MAX).await;
        Ok(latency)
    }

    /// A worker that tells when it has run so many tasks of this run.
    fn worker(&self, tasks: u32) -> Result<(Worker, Arc<Notify>), Failure> {
        let all_run = Arc::new(Notify::new());
        let (tell, count) = (Arc::clone(&all_run), Arc::new(AtomicU32::new(0)));
        let own = self.run.clone();
        let worker = self.duly.worker().queues([NAME]).concurrency(CONCURRENCY);
        let worker = worker.without_house().handle_raw(NAME, move |payload, _| {
            if payload == own && count.fetch_add(1, Ordering::Relaxed) + 1 == tasks {
                tell.notify_one();
            }
            async { Verdict::done(None) }
        });
        Ok((worker.start().context("cannot start a worker")?, all_run))
    }

    /// All were run, and the store knows.
    async fn finish(&self, worker: &Worker, all_run: &Notify) -> Result<(), Failure> {
        all_run.notified().await;
        let shutdown = worker.shutdown(SETTLE_WAIT_MAX).await;
        if shutdown.abandoned > 0 {
            let left = shutdown.abandoned;
            return Err(anyhow::anyhow!("{left} tasks could not be settled").into());
        }
        Ok(())
    }

    fn task(&self) -> NewTask {
        NewTask {
            queue: NAME.into(),
            deadline: Some(When::After(STALE)),
            ..NewTask::new(self.duly.new_id(), NAME, self.run.clone())
        }
    }

    fn now(&self) -> Timestamp {
        self.duly.clock().now()
    }
}

/// How long the queue's finished tasks are kept.
async fn keep_for(duly: &Duly, retention: Duration) -> Result<(), Failure> {
    let change = QueueChange {
        retention_completed: Some(retention),
        retention_failed: Some(retention),
        ..QueueChange::default()
    };
    let configured = duly.configure(NAME, change).await;
    configured.context("cannot set up a queue")?;
    Ok(())
}

/// Removes what was measured with, in steps; tasks that wait (the run broke off) expire later.
pub(super) async fn tidy(duly: &Duly) -> Result<(), Failure> {
    keep_for(duly, Duration::ZERO).await?;
    let step = KeepHouse {
        duty: Duty::Prune,
        limit: HOUSEKEEPING_MAX,
    };
    while duly
        .store()
        .keep_house(step)
        .await
        .context("cannot tidy up")?
        .more
    {}
    Ok(())
}
