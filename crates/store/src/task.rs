//! A task as it is submitted, and as it is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use duly_core::{
    Alerts, Deadlines, Incarnation, Priority, RetryPolicy, State, TaskId, Timestamp, Vitals,
};

use crate::{LimitUse, Name, Payload, Unique, UniqueScope};

/// A small map of text: labels, and what the layers above keep with a task.
pub type Labels = BTreeMap<String, String>;

/// An instant, as a submitter gives it: absolute, or from the store's now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// The store's now.
    #[default]
    Now,
    /// This long after the store's now.
    After(Duration),
    /// This instant.
    At(Timestamp),
}

impl When {
    /// The instant, given the store's now.
    #[must_use]
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Now => now,
            Self::After(delay) => now + delay,
            Self::At(at) => at,
        }
    }
}

/// A job to submit. [`NewTask::new`] fills in the defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// Its id; submitting the same id twice is one task.
    pub id: TaskId,
    /// The name of its handler.
    pub kind: Name,
    /// The queue it waits in; made if there is none of that name.
    pub queue: Name,
    /// What the handler gets.
    pub payload: Payload,
    /// How urgent it is.
    pub priority: Priority,
    /// When it may start.
    pub due: When,
    /// It must have started before this, or expires.
    pub deadline: Option<When>,
    /// It must have ended before this: what waits then expires, what runs is stopped and has timed out for
    /// good, and a retry that would come after it is not made.
    pub finish_by: Option<When>,
    /// If no attempt has begun this long after it was submitted, an event tells so, once.
    pub alert_unstarted: Option<Duration>,
    /// If it has not ended this long after it was submitted, an event tells so, once.
    pub alert_unfinished: Option<Duration>,
    /// How long one attempt may take; `None`: as long as its worker's heartbeat lives.
    pub timeout: Option<Duration>,
    /// How often it is tried, and when again.
    pub retry: RetryPolicy,
    /// At how many lost workers it is given up.
    pub lost_max: u32,
    /// What it may not do beside another task of its kind.
    pub unique: Option<Unique>,
    /// Whose work it is.
    pub tenant: Option<Name>,
    /// The limits that bound it, beside those of its queue, kind and tenant: at most
    /// [`TASK_LIMITS_MAX`](duly_core::bounds::TASK_LIMITS_MAX), none twice.
    pub limits: Vec<LimitUse>,
    /// The user's labels, and what the layers above keep with the task.
    pub labels: Labels,
}

impl NewTask {
    /// The queue of a task that names none.
    pub const QUEUE_DEFAULT: &'static str = "default";
    /// At how many lost workers a task is given up, unless it says otherwise.
    pub const LOST_MAX_DEFAULT: u32 = 3;

    /// A task with the defaults: queue `default`, priority normal, due now, no deadlines, no alerts, no
    /// timeout, the default [`RetryPolicy`], given up after 3 lost workers.
    #[must_use]
    pub fn new(id: TaskId, kind: impl Into<Name>, payload: Payload) -> Self {
        Self {
            id,
            kind: kind.into(),
            queue: Self::QUEUE_DEFAULT.into(),
            payload,
            priority: Priority::default(),
            due: When::Now,
            deadline: None,
            finish_by: None,
            alert_unstarted: None,
            alert_unfinished: None,
            timeout: None,
            retry: RetryPolicy::default(),
            lost_max: Self::LOST_MAX_DEFAULT,
            unique: None,
            tenant: None,
            limits: Vec::new(),
            labels: Labels::new(),
        }
    }

    /// What the rules know of it, once it is submitted at `now`.
    #[must_use]
    pub fn vitals(&self, now: Timestamp) -> Vitals {
        let at = |when: Option<When>| when.map(|when| when.resolve(now));
        let due_at = self.due.resolve(now);
        Vitals::submitted(self.priority, due_at, at(self.deadline), self.lost_max, now)
            .finish_by(at(self.finish_by))
    }

    /// Who wants to hear that it is late.
    #[must_use]
    pub const fn alerts(&self) -> Alerts {
        Alerts::new(self.alert_unstarted, self.alert_unfinished)
    }
}

/// How far a running attempt says it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// From 0 to 1.
    pub fraction: f32,
    /// In words.
    pub text: String,
}

/// A task as it stands at the instant it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRecord {
    /// Its id.
    pub id: TaskId,
    /// The store's count of submissions.
    pub sequence: i64,
    /// The name of its handler.
    pub kind: Name,
    /// The queue it waits in.
    pub queue: Name,
    /// What the handler gets.
    pub payload: Payload,
    /// How urgent it is.
    pub priority: Priority,
    /// Where it is in its life, as seen at the instant it was read.
    pub state: State,
    /// The newest attempt: 0 before the first.
    pub attempt: u32,
    /// Attempts charged.
    pub spent: u32,
    /// Running attempts whose worker vanished.
    pub lost: u32,
    /// At how many it is given up.
    pub lost_max: u32,
    /// When it is or was due.
    pub due_at: Timestamp,
    /// It must have started before this.
    pub deadline: Option<Timestamp>,
    /// It must have ended before this.
    pub finish_by: Option<Timestamp>,
    /// If no attempt has begun this long after it was submitted, an event tells so.
    pub alert_unstarted: Option<Duration>,
    /// If it has not ended this long after it was submitted, an event tells so.
    pub alert_unfinished: Option<Duration>,
    /// An event has told that no attempt had begun by `alert_unstarted`.
    pub late_to_start: bool,
    /// An event has told that it had not ended by `alert_unfinished`.
    pub late_to_finish: bool,
    /// How long one attempt may take.
    pub timeout: Option<Duration>,
    /// How often it is tried, and when again.
    pub retry: RetryPolicy,
    /// No two tasks of one kind hold this key at a time.
    pub unique_key: Option<Name>,
    /// How long it holds the key, if it has one.
    pub unique_scope: UniqueScope,
    /// Whose work it is.
    pub tenant: Option<Name>,
    /// The limits that it names, with its weights, by name.
    pub limits: Vec<LimitUse>,
    /// The user's labels.
    pub labels: Labels,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// When its newest attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Somebody asked to cancel it while it ran.
    pub cancel_requested: bool,
    /// The life of the worker that holds it.
    pub incarnation: Option<Incarnation>,
    /// The name of the worker that holds it, or held it at the end.
    pub worker: Option<Name>,
    /// What its newest attempt last said of itself.
    pub progress: Option<Progress>,
    /// What its handler returned.
    pub result: Option<Payload>,
    /// The newest error.
    pub error: Option<String>,
}

impl TaskRecord {
    /// What the rules know of it.
    #[must_use]
    pub fn vitals(&self) -> Vitals {
        Vitals {
            state: self.state,
            priority: self.priority,
            due_at: self.due_at,
            deadlines: Deadlines::new(self.deadline, self.finish_by),
            attempt: self.attempt,
            spent: self.spent,
            lost: self.lost,
            lost_max: self.lost_max,
            cancel_requested: self.cancel_requested,
        }
    }

    /// Who wants to hear that it is late, and what they have heard.
    #[must_use]
    pub const fn alerts(&self) -> Alerts {
        Alerts {
            unstarted: self.alert_unstarted,
            unfinished: self.alert_unfinished,
            late_to_start: self.late_to_start,
            late_to_finish: self.late_to_finish,
        }
    }
}
