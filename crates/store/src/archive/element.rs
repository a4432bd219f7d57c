//! The elements of saved state: a queue, and a task with its history. They are the same in an archive and in the
//! file of a memory store.

use duly_core::{
    Backoff, EventKind, Incarnation, Jitter, OrderPolicy, Priority, RetryPolicy, State, TaskId,
};
use serde::{Deserialize, Serialize};

use super::payload::Element as PayloadElement;
use super::text::{Instant, Micros, Named};
use super::unique::ScopeElement;
use crate::{
    Event, EventCursor, Expected, Labels, LimitUse, Name, Progress, PutSchedule, QueueSettings,
    SavedTask, ScheduleRecord, TaskRecord,
};

/// A struct that is written and read, and takes no field that it does not know.
macro_rules! element {
    ($(#[$doc:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($(#[$attr])* $field: $type,)*
        }
    };
}

mod subject;

pub(crate) use subject::{KindElement, TenantElement};

element! {
    /// A queue and its settings.
    QueueElement {
        name: String,
        paused: bool,
        #[serde(default, skip_serializing_if = "is_false")]
        draining: bool,
        #[serde(default, skip_serializing_if = "OrderElement::is_strict")]
        order: OrderElement,
        #[serde(default, skip_serializing_if = "is_false")]
        fair: bool,
        bound: u64,
        retention_completed_us: Micros,
        retention_failed_us: Micros,
    }
}

/// In which order the tasks of a queue run.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum OrderElement {
    #[default]
    Strict,
    Aging {
        step_us: Micros,
    },
    Deadline {
        default_slack_us: Micros,
    },
}

element! {
    /// A limit that a task names.
    LimitUseElement {
        name: String,
        #[serde(default = "one", skip_serializing_if = "is_one")]
        weight: u32,
    }
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_one(weight: &u32) -> bool {
    *weight == 1
}

element! {
    /// A schedule. Its texts say their own format and version.
    ScheduleElement {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
        definition: String,
        state: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_at_us: Option<Instant>,
    }
}

element! {
    /// A task and its history.
    TaskElement {
        id: Named<TaskId>,
        kind: String,
        queue: String,
        payload: PayloadElement,
        priority: Named<Priority>,
        state: Named<State>,
        attempt: u32,
        spent: u32,
        lost: u32,
        lost_max: u32,
        due_at_us: Instant,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline_us: Option<Instant>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        finish_by_us: Option<Instant>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alert_unstarted_us: Option<Micros>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        alert_unfinished_us: Option<Micros>,
        #[serde(default, skip_serializing_if = "is_false")]
        late_to_start: bool,
        #[serde(default, skip_serializing_if = "is_false")]
        late_to_finish: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout_us: Option<Micros>,
        retry: RetryElement,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unique_key: Option<String>,
        #[serde(default, skip_serializing_if = "ScopeElement::is_default")]
        unique_scope: ScopeElement,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        limits: Vec<LimitUseElement>,
        #[serde(default, skip_serializing_if = "Labels::is_empty")]
        labels: Labels,
        submitted_at_us: Instant,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        started_at_us: Option<Instant>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        finished_at_us: Option<Instant>,
        #[serde(default, skip_serializing_if = "is_false")]
        cancel_requested: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incarnation: Option<Named<Incarnation>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        progress: Option<ProgressElement>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<PayloadElement>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        events: Vec<EventElement>,
    }
}

element! {
    /// How often a task is tried, and when again.
    RetryElement {
        attempts_max: u32,
        backoff: BackoffElement,
        jitter: JitterElement,
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum BackoffElement {
    Fixed { delay_us: Micros },
    Linear { step_us: Micros, ceiling_us: Micros },
    Exponential { base_us: Micros, ceiling_us: Micros },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum JitterElement {
    None,
    Full,
    Equal,
    Proportional { permille: u16 },
}

element! {
    /// What an attempt said of itself.
    ProgressElement {
        fraction: f32,
        text: String,
    }
}

element! {
    /// One thing that happened to a task.
    EventElement {
        kind: Named<EventKind>,
        at_us: Instant,
        attempt: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        due_at_us: Option<Instant>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        priority: Option<Named<Priority>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

fn text(name: &Name) -> String {
    name.as_str().to_owned()
}

impl QueueElement {
    pub(crate) fn new(name: &Name, settings: &QueueSettings) -> Self {
        Self {
            name: text(name),
            paused: settings.paused,
            draining: settings.draining,
            order: settings.order.into(),
            fair: settings.fair,
            bound: settings.bound,
            retention_completed_us: Micros(settings.retention_completed),
            retention_failed_us: Micros(settings.retention_failed),
        }
    }

    pub(crate) fn into_queue(self) -> (Name, QueueSettings) {
        let settings = QueueSettings {
            paused: self.paused,
            draining: self.draining,
            order: self.order.into(),
            fair: self.fair,
            bound: self.bound,
            retention_completed: self.retention_completed_us.0,
            retention_failed: self.retention_failed_us.0,
        };
        (self.name.into(), settings)
    }
}

impl ScheduleElement {
    pub(crate) fn new(schedule: &ScheduleRecord) -> Self {
        Self {
            name: text(&schedule.name),
            owner: schedule.owner.as_ref().map(text),
            definition: schedule.definition.as_ref().to_owned(),
            state: schedule.state.as_ref().to_owned(),
            next_at_us: schedule.next_at.map(Instant),
        }
    }

    /// As it is put where there is none of its name.
    pub(crate) fn into_put(self) -> PutSchedule {
        PutSchedule {
            name: self.name.into(),
            owner: self.owner.map(Into::into),
            definition: self.definition.into(),
            state: self.state.into(),
            next_at: self.next_at_us.map(|at| at.0),
            expected: Expected::Nothing,
        }
    }
}

impl OrderElement {
    const fn is_strict(&self) -> bool {
        matches!(self, Self::Strict)
    }
}

impl From<OrderPolicy> for OrderElement {
    fn from(order: OrderPolicy) -> Self {
        match order {
            OrderPolicy::Strict => Self::Strict,
            OrderPolicy::Aging { step } => Self::Aging {
                step_us: Micros(step),
            },
            OrderPolicy::Deadline { default_slack } => Self::Deadline {
                default_slack_us: Micros(default_slack),
            },
        }
    }
}

impl From<OrderElement> for OrderPolicy {
    fn from(order: OrderElement) -> Self {
        match order {
            OrderElement::Strict => Self::Strict,
            OrderElement::Aging { step_us } => Self::Aging { step: step_us.0 },
            OrderElement::Deadline { default_slack_us } => Self::Deadline {
                default_slack: default_slack_us.0,
            },
        }
    }
}

impl LimitUseElement {
    pub(super) fn new(one: &LimitUse) -> Self {
        Self {
            name: text(&one.name),
            weight: one.weight,
        }
    }
}

impl From<LimitUseElement> for LimitUse {
    fn from(element: LimitUseElement) -> Self {
        Self::heavy(element.name, element.weight)
    }
}

impl TaskElement {
    pub(crate) fn new(saved: &SavedTask) -> Self {
        let task = &saved.task;
        Self {
            id: Named(task.id),
            kind: text(&task.kind),
            queue: text(&task.queue),
            payload: PayloadElement(task.payload.clone()),
            priority: Named(task.priority),
            state: Named(task.state),
            attempt: task.attempt,
            spent: task.spent,
            lost: task.lost,
            lost_max: task.lost_max,
            due_at_us: Instant(task.due_at),
            deadline_us: task.deadline.map(Instant),
            finish_by_us: task.finish_by.map(Instant),
            alert_unstarted_us: task.alert_unstarted.map(Micros),
            alert_unfinished_us: task.alert_unfinished.map(Micros),
            late_to_start: task.late_to_start,
            late_to_finish: task.late_to_finish,
            timeout_us: task.timeout.map(Micros),
            retry: RetryElement::new(&task.retry),
            unique_key: task.unique_key.as_ref().map(text),
            unique_scope: ScopeElement::new(task.unique_scope),
            tenant: task.tenant.as_ref().map(text),
            limits: task.limits.iter().map(LimitUseElement::new).collect(),
            labels: task.labels.clone(),
            submitted_at_us: Instant(task.submitted_at),
            started_at_us: task.started_at.map(Instant),
            finished_at_us: task.finished_at.map(Instant),
            cancel_requested: task.cancel_requested,
            incarnation: task.incarnation.map(Named),
            worker: task.worker.as_ref().map(text),
            progress: task.progress.as_ref().map(|progress| ProgressElement {
                fraction: progress.fraction,
                text: progress.text.clone(),
            }),
            result: task.result.clone().map(PayloadElement),
            error: task.error.clone(),
            events: saved.events.iter().map(EventElement::new).collect(),
        }
    }

    pub(crate) fn into_saved(self) -> SavedTask {
        let (id, kind, queue) = (self.id.0, Name::from(self.kind), Name::from(self.queue));
        let events = self.events.into_iter();
        let events = events
            .map(|event| event.into_event(id, &kind, &queue))
            .collect();
        let task = TaskRecord {
            id,
            sequence: 0,
            kind,
            queue,
            payload: self.payload.0,
            priority: self.priority.0,
            state: self.state.0,
            attempt: self.attempt,
            spent: self.spent,
            lost: self.lost,
            lost_max: self.lost_max,
            due_at: self.due_at_us.0,
            deadline: self.deadline_us.map(|at| at.0),
            finish_by: self.finish_by_us.map(|at| at.0),
            alert_unstarted: self.alert_unstarted_us.map(|age| age.0),
            alert_unfinished: self.alert_unfinished_us.map(|age| age.0),
            late_to_start: self.late_to_start,
            late_to_finish: self.late_to_finish,
            timeout: self.timeout_us.map(|timeout| timeout.0),
            retry: self.retry.into_policy(),
            unique_key: self.unique_key.map(Into::into),
            unique_scope: self.unique_scope.into_scope(),
            tenant: self.tenant.map(Into::into),
            limits: self.limits.into_iter().map(Into::into).collect(),
            labels: self.labels,
            submitted_at: self.submitted_at_us.0,
            started_at: self.started_at_us.map(|at| at.0),
            finished_at: self.finished_at_us.map(|at| at.0),
            cancel_requested: self.cancel_requested,
            incarnation: self.incarnation.map(|life| life.0),
            worker: self.worker.map(Into::into),
            progress: self.progress.map(|progress| Progress {
                fraction: progress.fraction,
                text: progress.text,
            }),
            result: self.result.map(|result| result.0),
            error: self.error,
        };
        SavedTask { task, events }
    }
}

impl RetryElement {
    pub(super) const fn new(retry: &RetryPolicy) -> Self {
        Self {
            attempts_max: retry.attempts_max,
            backoff: match retry.backoff {
                Backoff::Fixed { delay } => BackoffElement::Fixed {
                    delay_us: Micros(delay),
                },
                Backoff::Linear { step, ceiling } => BackoffElement::Linear {
                    step_us: Micros(step),
                    ceiling_us: Micros(ceiling),
                },
                Backoff::Exponential { base, ceiling } => BackoffElement::Exponential {
                    base_us: Micros(base),
                    ceiling_us: Micros(ceiling),
                },
            },
            jitter: match retry.jitter {
                Jitter::None => JitterElement::None,
                Jitter::Full => JitterElement::Full,
                Jitter::Equal => JitterElement::Equal,
                Jitter::Proportional { permille } => JitterElement::Proportional { permille },
            },
        }
    }

    pub(super) const fn into_policy(self) -> RetryPolicy {
        RetryPolicy {
            attempts_max: self.attempts_max,
            backoff: match self.backoff {
                BackoffElement::Fixed { delay_us } => Backoff::Fixed { delay: delay_us.0 },
                BackoffElement::Linear {
                    step_us,
                    ceiling_us,
                } => Backoff::Linear {
                    step: step_us.0,
                    ceiling: ceiling_us.0,
                },
                BackoffElement::Exponential {
                    base_us,
                    ceiling_us,
                } => Backoff::Exponential {
                    base: base_us.0,
                    ceiling: ceiling_us.0,
                },
            },
            jitter: match self.jitter {
                JitterElement::None => Jitter::None,
                JitterElement::Full => Jitter::Full,
                JitterElement::Equal => Jitter::Equal,
                JitterElement::Proportional { permille } => Jitter::Proportional { permille },
            },
        }
    }
}

impl EventElement {
    fn new(event: &Event) -> Self {
        Self {
            kind: Named(event.kind),
            at_us: Instant(event.at),
            attempt: event.attempt,
            worker: event.worker.as_ref().map(text),
            due_at_us: event.due_at.map(Instant),
            priority: event.priority.map(Named),
            error: event.error.clone(),
        }
    }

    fn into_event(self, task: TaskId, kind: &Name, queue: &Name) -> Event {
        Event {
            sequence: 0,
            cursor: EventCursor::START,
            task,
            task_kind: kind.clone(),
            queue: queue.clone(),
            kind: self.kind.0,
            at: self.at_us.0,
            attempt: self.attempt,
            worker: self.worker.map(Into::into),
            due_at: self.due_at_us.map(|at| at.0),
            priority: self.priority.map(|priority| priority.0),
            error: self.error,
        }
    }
}
