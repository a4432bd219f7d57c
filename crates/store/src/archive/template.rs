//! What a schedule submits, as text.

use duly_core::{Priority, TaskId};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::element::{LimitUseElement, RetryElement};
use super::payload::Element as PayloadElement;
use super::text::{Micros, Named};
use super::unique::UniqueElement;
use crate::{Labels, Name, NewTask, When};

/// A task that is submitted again and again, as a schedule keeps it: with everything but its id and the
/// instant that it is due, which each tick has for itself. So its deadlines must be relative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(pub NewTask);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Element {
    kind: String,
    queue: String,
    payload: PayloadElement,
    priority: Named<Priority>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deadline_in_us: Option<Micros>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finish_in_us: Option<Micros>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alert_unstarted_us: Option<Micros>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alert_unfinished_us: Option<Micros>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout_us: Option<Micros>,
    retry: RetryElement,
    lost_max: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unique: Option<UniqueElement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    limits: Vec<LimitUseElement>,
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    labels: Labels,
}

fn text(name: &Name) -> String {
    name.as_str().to_owned()
}

/// A time from when the task is due; an instant would be the same for every tick.
fn relative(when: Option<When>) -> Result<Option<Micros>, &'static str> {
    match when {
        None => Ok(None),
        Some(When::Now) => Ok(Some(Micros(std::time::Duration::ZERO))),
        Some(When::After(delay)) => Ok(Some(Micros(delay))),
        Some(When::At(_)) => Err("expected deadlines that are relative"),
    }
}

impl Element {
    /// Names every field of a task, so that none is forgotten.
    fn new(task: &NewTask) -> Result<Self, &'static str> {
        let NewTask {
            id: _,
            kind,
            queue,
            payload,
            priority,
            due: _,
            deadline,
            finish_by,
            alert_unstarted,
            alert_unfinished,
            timeout,
            retry,
            lost_max,
            unique,
            tenant,
            limits,
            labels,
        } = task;
        Ok(Self {
            kind: text(kind),
            queue: text(queue),
            payload: PayloadElement(payload.clone()),
            priority: Named(*priority),
            deadline_in_us: relative(*deadline)?,
            finish_in_us: relative(*finish_by)?,
            alert_unstarted_us: alert_unstarted.map(Micros),
            alert_unfinished_us: alert_unfinished.map(Micros),
            timeout_us: timeout.map(Micros),
            retry: RetryElement::new(retry),
            lost_max: *lost_max,
            unique: unique.as_ref().map(UniqueElement::new),
            tenant: tenant.as_ref().map(text),
            limits: limits.iter().map(LimitUseElement::new).collect(),
            labels: labels.clone(),
        })
    }

    fn into_task(self) -> NewTask {
        NewTask {
            id: TaskId::from_bytes([0; 16]),
            kind: self.kind.into(),
            queue: self.queue.into(),
            payload: self.payload.0,
            priority: self.priority.0,
            due: When::Now,
            deadline: self.deadline_in_us.map(|delay| When::After(delay.0)),
            finish_by: self.finish_in_us.map(|delay| When::After(delay.0)),
            alert_unstarted: self.alert_unstarted_us.map(|age| age.0),
            alert_unfinished: self.alert_unfinished_us.map(|age| age.0),
            timeout: self.timeout_us.map(|timeout| timeout.0),
            retry: self.retry.into_policy(),
            lost_max: self.lost_max,
            unique: self.unique.map(UniqueElement::into_unique),
            tenant: self.tenant.map(Into::into),
            limits: self.limits.into_iter().map(Into::into).collect(),
            labels: self.labels,
        }
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let element = Element::new(&self.0).map_err(S::Error::custom)?;
        element.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let element = Element::deserialize(deserializer).map_err(D::Error::custom)?;
        Ok(Self(element.into_task()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use duly_core::{Backoff, Jitter, RetryPolicy, Timestamp};

    use super::*;
    use crate::{OnConflict, Payload, Replace, Unique, UniqueScope};

    fn full() -> NewTask {
        let after = |seconds| When::After(Duration::from_secs(seconds));
        NewTask {
            queue: "mail".into(),
            priority: Priority::High,
            deadline: Some(after(1)),
            finish_by: Some(after(2)),
            alert_unstarted: Some(Duration::from_secs(3)),
            alert_unfinished: Some(Duration::from_secs(4)),
            timeout: Some(Duration::from_secs(5)),
            retry: RetryPolicy {
                attempts_max: 6,
                backoff: Backoff::Fixed {
                    delay: Duration::from_secs(7),
                },
                jitter: Jitter::None,
            },
            lost_max: 8,
            unique: Some(Unique {
                key: "u".into(),
                scope: UniqueScope::Period(Duration::from_secs(9)),
                on_conflict: OnConflict::Replace(Replace::PAYLOAD),
            }),
            tenant: Some("t".into()),
            labels: [("a".to_owned(), "b".to_owned())].into(),
            ..NewTask::new(
                TaskId::from_bytes([0; 16]),
                "send",
                Payload::json("{\"n\":1.50}"),
            )
        }
    }

    #[test]
    fn everything_comes_back() {
        let id = TaskId::from_bytes([0; 16]);
        let bytes = NewTask::new(id, "send", Payload::bytes(vec![0, 255]));
        for task in [full(), bytes] {
            let text = serde_json::to_string(&Template(task.clone())).unwrap();
            let back: Template = serde_json::from_str(&text).unwrap();
            assert_eq!(back.0, task, "{text}");
        }
    }

    #[test]
    fn an_instant_is_none_of_every_tick() {
        for deadline in [true, false] {
            let mut task = full();
            let at = Some(When::At(Timestamp::default()));
            let field = if deadline {
                &mut task.deadline
            } else {
                &mut task.finish_by
            };
            *field = at;
            let error = serde_json::to_string(&Template(task)).unwrap_err();
            assert!(error.to_string().contains("relative"), "{error}");
        }
        let text = serde_json::to_string(&Template(full())).unwrap();
        let more = text.replacen('{', "{\"due\":1,", 1);
        let error = serde_json::from_str::<Template>(&more).unwrap_err();
        assert!(error.to_string().contains("unknown field `due`"), "{error}");
    }
}
