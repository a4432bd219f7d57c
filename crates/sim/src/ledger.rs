//! The ledger: what must hold of every task, kept from what was asked and what was answered.
//!
//! It asks the store nothing, and knows its rules from the page that states them, in the plainest way:
//! everything is searched for, nothing is indexed. The checkers hold each answer against it before it is
//! entered, so it never takes over a mistake.

mod alert;
mod apply;
mod closing;
mod limit;
mod order;
mod people;
mod rate;
mod schedule;

use std::collections::BTreeMap;

use duly_core::{AttemptRef, EventKind, Incarnation, Limit, Priority, State, TaskId, Timestamp};
use duly_store::{
    KindSettings, LimitUse, Name, NewTask, QueueSettings, Subject, TenantSettings, UniqueScope,
};

use crate::name::Who;
use crate::wire::{Answer, Ask};
pub(crate) use limit::Usage;
pub(crate) use order::Key;
use rate::Bucket;
pub(crate) use rate::most_in;
pub(crate) use schedule::Schedule;

/// A call that took effect.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) who: Who,
    pub(crate) ask: Ask,
    pub(crate) answer: Answer,
    /// What the store's clock said.
    pub(crate) at: Timestamp,
    /// How much time had gone by in truth.
    pub(crate) real: Timestamp,
}

/// What must have been written down for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Told {
    pub(crate) task: TaskId,
    pub(crate) kind: EventKind,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) tasks: BTreeMap<TaskId, Task>,
    pub(crate) queues: BTreeMap<Name, QueueSettings>,
    pub(crate) kinds: BTreeMap<Name, KindSettings>,
    pub(crate) tenants: BTreeMap<Name, TenantSettings>,
    pub(crate) workers: BTreeMap<Incarnation, Worker>,
    pub(crate) schedules: BTreeMap<Name, Schedule>,
    pub(crate) limits: BTreeMap<Name, Limit>,
    pub(crate) attached: BTreeMap<Subject, Vec<LimitUse>>,
    /// Queues in which tasks may have keys of a former order, and the submission up to which none has.
    rekeyed: BTreeMap<Name, i64>,
    pub(crate) lead: Option<(Incarnation, Timestamp)>,
    /// What rates have given out, by limit.
    given: BTreeMap<Name, Bucket>,
    /// Tasks submitted so far.
    sequence: i64,
}

/// A task, as it must be.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// Its place among all that were submitted.
    pub(crate) order: i64,
    pub(crate) new: NewTask,
    pub(crate) life: Life,
    pub(crate) priority: Priority,
    pub(crate) submitted_at: Timestamp,
    pub(crate) due_at: Timestamp,
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) finish_by: Option<Timestamp>,
    pub(crate) alerts: Alerts,
    pub(crate) attempt: u32,
    pub(crate) spent: u32,
    pub(crate) lost: u32,
    /// The newest attempt that was written down as running.
    pub(crate) begun: u32,
    pub(crate) cancel_asked: bool,
    pub(crate) ended_at: Option<Timestamp>,
}

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It waits: in line, or (not in line) for the instant that it is due.
    Waits {
        line: bool,
        /// For another try, not for the first.
        again: bool,
    },
    Held {
        by: Incarnation,
        running: bool,
    },
    Ended(State),
    /// Removed, having been kept long enough, or discarded.
    Gone,
}

/// When somebody wants to hear that a task is late, as far as that was not told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Alerts {
    pub(crate) start_at: Option<Timestamp>,
    pub(crate) finish_at: Option<Timestamp>,
    /// When it is looked at next.
    pub(crate) next_at: Option<Timestamp>,
}

/// A registered worker.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) queues: Vec<Name>,
    pub(crate) kinds: Vec<Name>,
    pub(crate) beats: i64,
    /// When it last renewed, in real time.
    pub(crate) renewed: Timestamp,
    pub(crate) lapsed: bool,
}

impl Task {
    /// It may be handed out, as far as the time goes.
    pub(crate) fn is_due(&self, at: Timestamp) -> bool {
        matches!(self.life, Life::Waits { line, .. } if line || self.due_at <= at)
    }

    pub(crate) const fn waits(&self) -> bool {
        matches!(self.life, Life::Waits { .. })
    }

    pub(crate) fn is_overdue(&self, at: Timestamp) -> bool {
        self.waits() && self.ends_by().is_some_and(|end| end <= at)
    }

    /// The earlier of the instants by which it must have begun, and ended.
    pub(crate) fn ends_by(&self) -> Option<Timestamp> {
        [self.deadline, self.finish_by].into_iter().flatten().min()
    }

    /// It holds its unique key, if it has one.
    pub(crate) fn holds_key(&self, at: Timestamp) -> bool {
        match self.new.unique.as_ref().map(|unique| unique.scope) {
            None => false,
            Some(UniqueScope::Unfinished) => self.is_unfinished(),
            Some(UniqueScope::Waiting) => self.is_unfinished() && self.attempt == 0,
            Some(UniqueScope::Period(period)) => at < self.submitted_at + period,
        }
    }

    /// The store still shows it.
    pub(crate) fn is_kept(&self) -> bool {
        self.life != Life::Gone
    }

    pub(crate) const fn is_unfinished(&self) -> bool {
        matches!(self.life, Life::Waits { .. } | Life::Held { .. })
    }

    /// The state that the store must show at an instant; none once it is gone.
    pub(crate) fn state(&self, at: Timestamp) -> Option<State> {
        Some(match self.life {
            Life::Gone => return None,
            Life::Ended(state) => state,
            Life::Held { running: true, .. } => State::Running,
            Life::Held { running: false, .. } => State::Assigned,
            Life::Waits { .. } if self.is_due(at) => State::Pending,
            Life::Waits { again: true, .. } => State::Retrying,
            Life::Waits { again: false, .. } => State::Scheduled,
        })
    }
}

impl Ledger {
    pub(crate) fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id)
    }

    /// Whether an attempt is current, and this worker's.
    pub(crate) fn holds(&self, by: Incarnation, attempt: AttemptRef) -> bool {
        self.task(attempt.task).is_some_and(|task| {
            task.attempt == attempt.attempt
                && matches!(task.life, Life::Held { by: holder, .. } if holder == by)
        })
    }

    /// What a worker holds, the earliest submission first.
    pub(crate) fn held_by(&self, by: Incarnation) -> Vec<TaskId> {
        self.in_order(|task| matches!(task.life, Life::Held { by: holder, .. } if holder == by))
    }

    /// What is paused, so that a task does not start.
    pub(crate) fn paused(&self, task: &Task) -> Option<Subject> {
        let NewTask {
            queue,
            kind,
            tenant,
            ..
        } = &task.new;
        if self.queues.get(queue).is_some_and(|queue| queue.paused) {
            return Some(Subject::Queue(queue.clone()));
        }
        if self.kinds.get(kind).is_some_and(|kind| kind.paused) {
            return Some(Subject::Kind(kind.clone()));
        }
        let tenant = tenant.as_ref()?;
        let paused = self.tenants.get(tenant).is_some_and(|tenant| tenant.paused);
        paused.then(|| Subject::Tenant(tenant.clone()))
    }

    /// What takes in no new tasks, so that a task is refused.
    pub(crate) fn draining(&self, new: &NewTask) -> Option<Subject> {
        if self
            .queues
            .get(&new.queue)
            .is_some_and(|queue| queue.draining)
        {
            return Some(Subject::Queue(new.queue.clone()));
        }
        if self.kinds.get(&new.kind).is_some_and(|kind| kind.draining) {
            return Some(Subject::Kind(new.kind.clone()));
        }
        let tenant = new.tenant.as_ref()?;
        let drains = self
            .tenants
            .get(tenant)
            .is_some_and(|tenant| tenant.draining);
        drains.then(|| Subject::Tenant(tenant.clone()))
    }

    /// Whether claims and heartbeats of a worker are answered.
    pub(crate) fn knows(&self, worker: Incarnation) -> bool {
        self.workers
            .get(&worker)
            .is_some_and(|worker| !worker.lapsed)
    }

    pub(crate) fn unfinished(&self) -> impl Iterator<Item = (&TaskId, &Task)> {
        self.tasks.iter().filter(|(_, task)| task.is_unfinished())
    }

    /// What a purge of at most so many tasks calls off: the newest that wait.
    pub(crate) fn purged_of(&self, subject: &Subject, limit: u32) -> Vec<TaskId> {
        let is_of = |new: &NewTask| match subject {
            Subject::Queue(name) => new.queue == *name,
            Subject::Kind(name) => new.kind == *name,
            Subject::Tenant(name) => new.tenant.as_ref() == Some(name),
        };
        let mut waiting = self.in_order(|task| task.waits() && is_of(&task.new));
        waiting.reverse();
        waiting.truncate(limit as usize);
        waiting
    }

    /// The tasks meant, the earliest submission first.
    fn in_order(&self, meant: impl Fn(&Task) -> bool) -> Vec<TaskId> {
        let mut found: Vec<_> = self.tasks.iter().filter(|(_, task)| meant(task)).collect();
        found.sort_by_key(|(_, task)| task.order);
        found.into_iter().map(|(id, _)| *id).collect()
    }
}
