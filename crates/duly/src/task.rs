//! A job to submit, with its options.

use std::time::Duration;

use duly_core::{Priority, RetryPolicy, TaskId, Timestamp};
use duly_store::priority::Prioritiser;
use duly_store::trace::{RESERVED, TraceContext, is_reserved};
use duly_store::{InvalidInput, Name, NewTask, Payload, Unique, When};
use serde::Serialize;

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

    /// While a task of this kind and key is unfinished, another is refused with
    /// [`TaskExists`](crate::SubmitError::TaskExists).
    pub fn unique_key(mut self, key: impl Into<Name>) -> Self {
        self.new.unique = Some(Unique::new(key));
        self
    }

    /// Whose work it is.
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
        let mut new = NewTask {
            id: self.id.unwrap_or_else(fresh),
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
