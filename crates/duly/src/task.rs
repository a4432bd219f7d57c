//! A job to submit, with its options.

use std::time::Duration;

use duly_core::{Priority, RetryPolicy, TaskId, Timestamp};
use duly_store::priority::Prioritiser;
use duly_store::trace::{RESERVED, TraceContext, is_reserved};
use duly_store::{
    InvalidInput, LimitUse, Name, NewTask, OnConflict, Payload, Replace, Unique, UniqueScope, When,
};
use serde::Serialize;

use crate::key_of_fields;

/// A job to submit: a kind, a payload, and options. What is not said has a default: queue `default`,
/// priority normal, due now, no deadline, no timeout, 20 attempts with exponential backoff.
///
/// ```
/// use std::time::Duration;
/// use duly::{Priority, Task};
///
/// let task = Task::new("report.build", &("2026", 7))
///     .queue("reports")
///     .priority(Priority::High)
///     .delay(Duration::from_secs(60))
///     .timeout(Duration::from_secs(600))
///     .attempts_max(5)
///     .unique_key("report-2026-7")
///     .label("customer", "acme");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a task does nothing until it is submitted"]
pub struct Task {
    id: Option<TaskId>,
    new: NewTask,
    /// The submitter has said how urgent it is.
    is_given: bool,
    /// What was said of its unique key.
    key: Option<Name>,
    scope: Option<UniqueScope>,
    on_conflict: Option<OnConflict>,
    refused: Option<InvalidInput>,
}

impl Task {
    /// A job whose payload is written as JSON. If that fails, submitting it does, with
    /// [`InvalidInput`](crate::SubmitError::InvalidInput) (`payload`).
    pub fn new(kind: impl Into<Name>, payload: &impl Serialize) -> Self {
        match serde_json::to_vec(payload) {
            Ok(json) => Self::raw(kind, Payload::json(json)),
            Err(error) => Self::raw(kind, Payload::default()).refuse(
                "payload",
                format!("not to be written as JSON ({error})"),
                "a value that serde_json can write, or a raw payload".to_owned(),
            ),
        }
    }

    /// A job with a payload as it is, for [`handle_raw`](crate::WorkerBuilder::handle_raw).
    pub fn raw(kind: impl Into<Name>, payload: Payload) -> Self {
        Self {
            id: None,
            new: NewTask::new(TaskId::from_bytes([0; 16]), kind, payload),
            is_given: false,
            key: None,
            scope: None,
            on_conflict: None,
            refused: None,
        }
    }

    /// Its id. Submitting the same id twice is one task, so a client that did not hear an answer can
    /// submit again. Default: a fresh UUIDv7.
    pub const fn id(mut self, id: TaskId) -> Self {
        self.id = Some(id);
        self
    }

    /// The queue that it waits in; made if there is none of that name. Default: `default`.
    pub fn queue(mut self, queue: impl Into<Name>) -> Self {
        self.new.queue = queue.into();
        self
    }

    /// How urgent it is. Default: as the first of the [priority
    /// rules](crate::DulyBuilder::priority_rules) says whose conditions hold, otherwise normal.
    pub const fn priority(mut self, priority: Priority) -> Self {
        self.new.priority = priority;
        self.is_given = true;
        self
    }

    /// It may start this long from now, at most 366 days. Default: at once.
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.new.due = When::After(delay);
        self
    }

    /// It may start at this instant.
    pub const fn at(mut self, at: Timestamp) -> Self {
        self.new.due = When::At(at);
        self
    }

    /// It must have started this long from now, at most 366 days, or it expires.
    pub const fn deadline(mut self, within: Duration) -> Self {
        self.new.deadline = Some(When::After(within));
        self
    }

    /// It must have started before this instant, or it expires.
    pub const fn deadline_at(mut self, at: Timestamp) -> Self {
        self.new.deadline = Some(When::At(at));
        self
    }

    /// It must have ended this long from now, at most 366 days, whatever becomes of its attempts: what
    /// waits then expires, what runs is told to stop and has timed out for good, and a retry that would
    /// come after it is not made. Default: whenever it ends.
    pub const fn finish_within(mut self, within: Duration) -> Self {
        self.new.finish_by = Some(When::After(within));
        self
    }

    /// It must have ended before this instant; see [`finish_within`](Self::finish_within).
    pub const fn finish_by(mut self, at: Timestamp) -> Self {
        self.new.finish_by = Some(When::At(at));
        self
    }

    /// If no attempt has begun at this age, counted from now, the event `late_to_start` tells so, once, and
    /// the task says so. More than zero, at most 366 days. Default: nobody is told.
    pub const fn alert_unstarted(mut self, age: Duration) -> Self {
        self.new.alert_unstarted = Some(age);
        self
    }

    /// If it has not ended at this age, counted from now, the event `late_to_finish` tells so, once, and
    /// the task says so. More than zero, at most 366 days. Default: nobody is told.
    pub const fn alert_unfinished(mut self, age: Duration) -> Self {
        self.new.alert_unfinished = Some(age);
        self
    }

    /// How long one attempt may take; then its handler is told to stop, and after a grace aborted.
    /// Default: as long as its worker lives.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.new.timeout = Some(timeout);
        self
    }

    /// How often it is tried, and when again. Default: 20 attempts; 1 s, 2 s, 4 s … up to 1 h between
    /// them, ±10 %.
    pub const fn retry(mut self, policy: RetryPolicy) -> Self {
        self.new.retry = policy;
        self
    }

    /// How many charged attempts it has in all, at least 1. Default: 20.
    pub const fn attempts_max(mut self, attempts: u32) -> Self {
        self.new.retry.attempts_max = attempts;
        self
    }

    /// At how many workers that vanish while running it it is given up. Default: 3.
    pub const fn lost_max(mut self, losses: u32) -> Self {
        self.new.lost_max = losses;
        self
    }

    /// No two tasks of one kind hold this key at a time. Unless more is said ([`unique`](Self::unique),
    /// [`unique_scope`](Self::unique_scope), [`on_conflict`](Self::on_conflict)) it is held until the
    /// task ends, and another is refused with [`TaskExists`](crate::SubmitError::TaskExists).
    pub fn unique_key(mut self, key: impl Into<Name>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The same, by some values of the payload, each named by a JSON pointer; see
    /// [`key_of_fields`](crate::key_of_fields). What is wrong with them fails the submit
    /// (`unique_fields`).
    ///
    /// ```
    /// # use duly::Task;
    /// # use std::collections::BTreeMap;
    /// let task = Task::new("digest", &BTreeMap::from([("user_id", 7)])).unique_by(&["/user_id"]);
    /// # let _ = task;
    /// ```
    pub fn unique_by(self, fields: &[&str]) -> Self {
        match key_of_fields(&self.new.payload, fields) {
            Ok(key) => self.unique_key(key),
            Err(wrong) => self.refuse(wrong.field, wrong.value, wrong.expected),
        }
    }

    /// Key, scope and conflict at once.
    ///
    /// ```
    /// use duly::{OnConflict, Replace, Task, Unique, UniqueScope};
    ///
    /// let task = Task::new("report", &7).unique(Unique {
    ///     scope: UniqueScope::Waiting,
    ///     on_conflict: OnConflict::Replace(Replace::PAYLOAD),
    ///     ..Unique::new("report-7")
    /// });
    /// # let _ = task;
    /// ```
    pub fn unique(self, unique: Unique) -> Self {
        self.unique_key(unique.key)
            .unique_scope(unique.scope)
            .on_conflict(unique.on_conflict)
    }

    /// How long it holds its unique key: until it ends, unless said.
    pub const fn unique_scope(mut self, scope: UniqueScope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// What becomes of it if another task holds its unique key: it is refused, unless said.
    pub const fn on_conflict(mut self, on_conflict: OnConflict) -> Self {
        self.on_conflict = Some(on_conflict);
        self
    }

    /// It starts once no other of its unique key was submitted for this long, with the payload of the
    /// last: a delay, held while it waits, that replaces payload and time. What has been claimed is not
    /// held up; the next submission begins anew.
    ///
    /// ```
    /// use std::time::Duration;
    /// use duly::Task;
    ///
    /// let index = Task::new("index", &"page 7").unique_key("page-7").debounce(Duration::from_secs(5));
    /// # let _ = index;
    /// ```
    pub const fn debounce(self, quiet: Duration) -> Self {
        self.delay(quiet)
            .unique_scope(UniqueScope::Waiting)
            .on_conflict(OnConflict::Replace(Replace::PAYLOAD_AND_DUE))
    }

    /// At most one of its unique key in this time: further ones are dropped, and the answer names the one
    /// that stands for them.
    ///
    /// ```
    /// use std::time::Duration;
    /// use duly::Task;
    ///
    /// let mail = Task::new("digest", &"ada").unique_key("ada").throttle(Duration::from_secs(3600));
    /// # let _ = mail;
    /// ```
    pub const fn throttle(self, period: Duration) -> Self {
        self.unique_scope(UniqueScope::Period(period))
            .on_conflict(OnConflict::Keep)
    }

    /// It is bound by this limit, in which it weighs 1. May be said of several, at most 8; see
    /// [`Duly::limits`](crate::Duly::limits). A limit that nobody has defined bounds nothing, until somebody does.
    pub fn limit(self, name: impl Into<Name>) -> Self {
        self.limit_weight(name, 1)
    }

    /// The same, and it takes so many slots or permits of the limit: 1 to 1,000,000.
    pub fn limit_weight(mut self, name: impl Into<Name>, weight: u32) -> Self {
        self.new.limits.push(LimitUse::heavy(name, weight));
        self
    }

    /// Whose work it is: in a [fair](crate::QueueSettings::fair) queue, tenants take turns.
    pub fn tenant(mut self, tenant: impl Into<Name>) -> Self {
        self.new.tenant = Some(tenant.into());
        self
    }

    /// Adds a label: it can be listed by, and the handler sees it. Names that begin with `duly.` are
    /// reserved: submitting such a task fails, with
    /// [`InvalidInput`](crate::SubmitError::InvalidInput) (`labels`).
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        if is_reserved(&name) {
            let expected = format!("a name that does not begin with {RESERVED}, which is reserved");
            return self.refuse("labels", format!("{name:?}"), expected);
        }
        self.new.labels.insert(name, value.into());
        self
    }

    /// The trace that it is submitted in: each attempt becomes a span of its own in it
    /// ([`Context::trace`](crate::Context::trace)). Default: none.
    ///
    /// ```
    /// use duly::{Task, TraceContext};
    ///
    /// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// let task = Task::new("report.build", &7).trace(&TraceContext::parse(header, None)?);
    /// # let _ = task;
    /// # Ok::<(), duly::InvalidTrace>(())
    /// ```
    pub fn trace(mut self, context: &TraceContext) -> Self {
        context.write(&mut self.new.labels);
        self
    }

    /// The same, by the header `traceparent` as it came. If it is not valid, submitting the task fails,
    /// with [`InvalidInput`](crate::SubmitError::InvalidInput) (`traceparent`).
    pub fn traceparent(self, header: &str) -> Self {
        match TraceContext::parse(header, None) {
            Ok(context) => self.trace(&context),
            Err(error) => {
                let expected = error.to_string();
                let expected = expected.rsplit("expected ").next().unwrap_or(&expected);
                self.refuse("traceparent", "not valid".to_owned(), expected.to_owned())
            }
        }
    }

    /// Remembers what is wrong: the first such thing is what submitting it answers.
    fn refuse(mut self, field: &'static str, value: String, expected: String) -> Self {
        self.refused.get_or_insert(InvalidInput {
            field,
            value,
            expected,
        });
        self
    }

    /// The task as a store takes it, with a fresh id if it has none, as urgent as the rules make it.
    pub(crate) fn into_new(
        self,
        fresh: impl FnOnce() -> TaskId,
        prioritiser: &Prioritiser,
    ) -> Result<NewTask, InvalidInput> {
        if let Some(refusal) = self.refused {
            return Err(refusal);
        }
        let unique = match self.key {
            Some(key) => Some(Unique {
                key,
                scope: self.scope.unwrap_or_default(),
                on_conflict: self.on_conflict.unwrap_or_default(),
            }),
            None if self.scope.is_some() || self.on_conflict.is_some() => {
                return Err(InvalidInput {
                    field: "unique_key",
                    value: "missing, and something is said of it".to_owned(),
                    expected: "a key: unique_key, or unique_by".to_owned(),
                });
            }
            None => self.new.unique,
        };
        let mut new = NewTask {
            id: self.id.unwrap_or_else(fresh),
            unique,
            ..self.new
        };
        prioritiser.apply(&mut new, self.is_given);
        Ok(new)
    }
}

/// Everything said by hand, the priority too.
impl From<NewTask> for Task {
    fn from(new: NewTask) -> Self {
        Self {
            id: Some(new.id),
            new,
            is_given: true,
            key: None,
            scope: None,
            on_conflict: None,
            refused: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn fresh() -> TaskId {
        TaskId::from_bytes([1; 16])
    }

    #[test]
    fn what_is_said_of_a_unique_key_comes_together_in_any_order() {
        let new = |task: Task| task.into_new(fresh, &Prioritiser::default());
        let minute = Duration::from_secs(60);
        let throttled = new(Task::new("sum", &1).throttle(minute).unique_key("k")).unwrap();
        let expected = Unique {
            scope: UniqueScope::Period(minute),
            on_conflict: OnConflict::Keep,
            ..Unique::new("k")
        };
        assert_eq!(throttled.unique, Some(expected));
        let debounced = new(Task::new("sum", &1).unique_by(&[""]).debounce(minute)).unwrap();
        assert_eq!(debounced.due, When::After(minute));
        let unique = debounced.unique.unwrap();
        assert_eq!(unique.scope, UniqueScope::Waiting);
        let replace = OnConflict::Replace(Replace::PAYLOAD_AND_DUE);
        assert_eq!(unique.on_conflict, replace);
        let refused = new(Task::new("sum", &1).throttle(minute)).unwrap_err();
        assert_eq!(refused.field, "unique_key");
        let refused = new(Task::new("sum", &1).unique_by(&["a"])).unwrap_err();
        assert_eq!(refused.field, "unique_fields");
    }

    #[test]
    fn a_payload_that_cannot_be_written_is_an_error_not_a_panic() {
        let keys_are_no_strings = BTreeMap::from([((1, 2), 3)]);
        let task = Task::new("sum", &keys_are_no_strings);
        let refusal = task
            .into_new(fresh, &Prioritiser::default())
            .unwrap_err()
            .to_string();
        assert!(refusal.starts_with("payload is not to be written as JSON"));
    }

    fn refusal(task: Task) -> String {
        let refused = task.into_new(fresh, &Prioritiser::default()).unwrap_err();
        refused.to_string()
    }

    #[test]
    fn a_reserved_label_is_refused() {
        let task = Task::new("sum", &1).label("mine", "x");
        assert_eq!(
            refusal(task.label("duly.traceparent", "x")),
            "labels is \"duly.traceparent\": expected a name that does not begin with duly., which is \
             reserved"
        );
    }

    #[test]
    fn a_trace_is_kept_with_the_task_and_a_wrong_one_is_refused() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let task = Task::new("sum", &1).traceparent(header);
        let new = task.into_new(fresh, &Prioritiser::default()).unwrap();
        let kept = TraceContext::read(&new.labels).unwrap();
        assert_eq!(kept.traceparent(), header);
        let refusal = refusal(Task::new("sum", &1).traceparent("00-1-2-3"));
        assert!(
            refusal.starts_with("traceparent is not valid: expected version, trace id"),
            "{refusal}"
        );
    }

    #[test]
    fn an_id_that_is_given_stays() {
        let id = TaskId::from_bytes([7; 16]);
        let new = |task: Task| task.into_new(fresh, &Prioritiser::default()).unwrap().id;
        assert_eq!(new(Task::new("sum", &1).id(id)), id);
        assert_eq!(new(Task::new("sum", &1)), fresh());
    }
}
