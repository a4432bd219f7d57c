//! Working on a round until it is over, or somebody stops it.

use std::collections::HashSet;
use std::time::Duration;

use duly::store::Reason;
use duly::{EventKind, Name, RequestError, StoreError, Timestamp, Worker};
use tokio::sync::watch;

use super::{Run, RunError};
use crate::board::{Board, Change, Track};
use crate::bounds::{FAILURE_PAUSE, FAILURES_MAX, LAST_WRITES, PAGE, QUIET};
use crate::summary::Summary;
use crate::{kind, round};

/// How a round is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How many tasks run at once.
    pub concurrency: u32,
    /// How long what runs may go on once it is stopped, before it is handed back.
    pub grace: Duration,
    /// The first task that fails for good calls off the rest.
    pub fail_fast: bool,
}

/// Whether a run goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// It does.
    #[default]
    No,
    /// Nothing more begins; what runs has a grace.
    Gracefully,
    /// What runs is ended.
    Now,
}

/// What happens while a round is worked on.
#[derive(Clone, Copy, Debug)]
pub enum Notice<'a> {
    /// Something happened to a task.
    Task {
        /// The task, as it stands.
        task: &'a Track,
        /// What happened.
        change: Change,
        /// The event that tells it.
        event: &'a duly::Event,
    },
    /// The queue is paused: nothing begins until somebody resumes it.
    Paused,
    /// None of it runs, and this keeps tasks from starting, for a while at least; told once.
    Waiting {
        /// What does.
        reason: &'a Reason,
        /// When that was so.
        at: Timestamp,
    },
    /// The rest is called off, because a task failed.
    CalledOff,
}

/// Where notices go, with the board as it stands.
type Tell<'a> = dyn FnMut(&Board, Notice<'_>) + Send + 'a;

impl Run {
    /// Works on the round until it is over, or it is told to stop. `heeded` hears of each such order once
    /// it has been passed on: what is done from then on begins nothing more.
    ///
    /// # Errors
    /// [`RunError`], if nothing can be executed, or the store fails again and again; what ran is handed
    /// back if the store lets it.
    pub async fn drive(
        &mut self,
        pace: Pace,
        mut stop: watch::Receiver<Stop>,
        heeded: &(dyn Fn(Stop) + Sync),
        tell: &mut Tell<'_>,
    ) -> Result<Summary, RunError> {
        if !self.board.is_over() {
            let worker = kind::worker(&self.duly)?
                .queues([self.queue.clone()])
                .name(self.crew.next(self.board.worker()))
                .concurrency(pace.concurrency)
                .start()?;
            // Beside each other: a store that is slow to tell its events delays no order to stop.
            let followed = tokio::select! {
                followed = self.follow(pace, tell) => followed,
                () = stopped(&worker, pace.grace, &mut stop, heeded) => Ok(()),
            };
            worker.shutdown_now().await;
            followed?;
            self.catch_up(tell).await?;
        }
        let now = self.duly.clock().now();
        let span = (self.opened_at, now);
        let mut summary = Summary::new(&self.board, self.round, self.over_before, span);
        summary.left_out = self.left_out;
        Ok(summary)
    }

    /// Follows the events until the round is over. May be dropped at any time: no event is lost, nor
    /// told twice.
    async fn follow(&mut self, pace: Pace, tell: &mut Tell<'_>) -> Result<(), RunError> {
        let listener = self.duly.store().listen_events();
        let mut quiet = Quiet::default();
        let mut called_off = false;
        let clock = self.duly.clock().clone();
        let mut pause = clock.sleep(QUIET);
        loop {
            let failed = self.catch_up(tell).await?;
            if failed && pace.fail_fast && !called_off {
                called_off = true;
                tell(&self.board, Notice::CalledOff);
                round::call_off(&self.duly, &self.queue, self.round).await?;
            }
            if self.board.is_over() {
                return Ok(());
            }
            tokio::select! {
                () = listener.hint() => {}
                () = &mut pause => {
                    match quiet.look(self, tell).await {
                        Ok(true) => return Ok(()),
                        Ok(false) => {}
                        // Whether that lasts is seen as events are read.
                        Err(error) if error.retryable() => {}
                        Err(error) => return Err(error.into()),
                    }
                    pause = clock.sleep(QUIET);
                }
            }
        }
    }

    /// Takes in all events that there are; whether one told of a task that failed for good.
    pub(super) async fn catch_up(&mut self, tell: &mut Tell<'_>) -> Result<bool, RunError> {
        let mut failed = false;
        loop {
            let page = self.page().await?;
            for event in &page.events {
                let Some((place, change)) = self.board.take(event) else {
                    continue;
                };
                failed |= matches!(
                    event.kind,
                    EventKind::Failed | EventKind::TimedOut | EventKind::Expired
                );
                let task = &self.board.tasks()[place];
                let notice = Notice::Task {
                    task,
                    change,
                    event,
                };
                tell(&self.board, notice);
            }
            self.cursor = page.next;
            if page.events.is_empty() {
                return Ok(failed);
            }
        }
    }

    /// A page of events. A store that is away for a moment is asked again.
    async fn page(&self) -> Result<duly::EventPage, RequestError> {
        let mut failures = 0;
        loop {
            match self.duly.events(self.cursor, PAGE).await {
                Err(RequestError::Store(error)) if error.retryable() && failures < FAILURES_MAX => {
                    failures += 1;
                    self.duly.clock().sleep(FAILURE_PAUSE).await;
                }
                answer => return answer,
            }
        }
    }
}

/// Ends when the worker has stopped, because it was told to, and the store has heard of what it handed
/// back: the events that follow tell it.
async fn stopped(
    worker: &Worker,
    grace: Duration,
    stop: &mut watch::Receiver<Stop>,
    heeded: &(dyn Fn(Stop) + Sync),
) {
    told(stop, Stop::Gracefully).await;
    let leaving = ordered(worker, grace, || heeded(Stop::Gracefully));
    tokio::select! {
        () = leaving => {}
        () = told(stop, Stop::Now) => {
            ordered(worker, Duration::ZERO, || heeded(Stop::Now)).await;
        }
    }
}

/// Ends when a stop of that level is asked for. Who can no longer ask for one lets the run go on.
async fn told(stop: &mut watch::Receiver<Stop>, level: Stop) {
    if stop.wait_for(|asked| *asked >= level).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Ends when the worker has stopped; calls `heeded` as soon as it has the order.
async fn ordered(worker: &Worker, grace: Duration, heeded: impl FnOnce()) {
    let leaving = worker.shutdown_after(grace, LAST_WRITES);
    tokio::pin!(leaving);
    // The first poll gives the order.
    tokio::select! {
        biased;
        _ = &mut leaving => return heeded(),
        () = std::future::ready(()) => heeded(),
    }
    leaving.await;
}

/// What is looked at from time to time, however much is heard of others in the store.
#[derive(Default)]
pub(super) struct Quiet {
    paused: bool,
    /// What was told that keeps tasks from starting.
    told: HashSet<(&'static str, Option<Name>)>,
}

impl Quiet {
    /// Whether nothing is left in the queue, whatever the events say: somebody may have removed tasks
    /// with their events. Tells if the queue is paused, and what else keeps it all waiting.
    pub(super) async fn look(
        &mut self,
        run: &Run,
        tell: &mut Tell<'_>,
    ) -> Result<bool, StoreError> {
        let queues = run.duly.queues().await?;
        let Some(queue) = queues.into_iter().find(|queue| queue.name == run.queue) else {
            return Ok(true);
        };
        if queue.settings.paused && !self.paused {
            tell(&run.board, Notice::Paused);
        }
        self.paused = queue.settings.paused;
        if queue.counts.unfinished() == 0 {
            return Ok(true);
        }
        self.explain(run, tell).await?;
        Ok(false)
    }

    /// Goes by what the store says of one instant: the board may not know yet what has begun.
    async fn explain(&mut self, run: &Run, tell: &mut Tell<'_>) -> Result<(), StoreError> {
        let why = run.duly.explain_queue(run.queue.clone()).await?;
        let Some(why) = why.filter(|why| why.running + why.assigned + why.ready == 0) else {
            return Ok(());
        };
        let soon = why.at + QUIET;
        for reason in why.reasons.iter().map(|count| &count.reason) {
            // Of that the queue tells.
            let is_told = matches!(reason, Reason::QueuePaused { .. });
            let is_brief = reason.until().is_some_and(|until| until <= soon);
            if !reason.is_closing() || is_told || is_brief {
                continue;
            }
            if self.told.insert((reason.code(), about(reason))) {
                let at = why.at;
                tell(&run.board, Notice::Waiting { reason, at });
            }
        }
        Ok(())
    }
}

/// What a reason is about, whatever else it says.
fn about(reason: &Reason) -> Option<Name> {
    match reason {
        Reason::KindPaused { kind } | Reason::NoWorker { kind, .. } => Some(kind.clone()),
        Reason::TenantPaused { tenant } => Some(tenant.clone()),
        Reason::LimitFull { limit, .. }
        | Reason::RateSpent { limit, .. }
        | Reason::TooHeavy { limit, .. } => Some(limit.clone()),
        _ => None,
    }
}
