//! Queues.

use std::collections::BTreeMap;

use duly_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Order, time};

/// The answer of `GET /v1/queues`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Queues {
    /// All queues, by name.
    pub queues: Vec<Queue>,
}

/// A queue as it stands at the instant it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// Nothing starts from it.
    pub paused: bool,
    /// It takes in no new tasks; those that are there are worked off.
    pub draining: bool,
    /// In which order its tasks run.
    #[serde(default)]
    pub order: Order,
    /// Whether its tenants take turns, by weight.
    #[serde(default)]
    pub fair: bool,
    /// How many unfinished tasks it may hold.
    pub bound: u64,
    /// How long completed, cancelled and expired tasks are kept.
    pub retention_completed_ms: u64,
    /// How long failed and timed out tasks are kept.
    pub retention_failed_ms: u64,
    /// Its tasks by state; finished ones as long as they are kept.
    pub tasks: BTreeMap<String, u64>,
    /// How many events of each kind there have been since it was made: never less than before.
    pub totals: BTreeMap<String, u64>,
    /// The earliest instant that one of its pending tasks was due. In aging and deadline queues only the
    /// first in line of those alike is looked at, and one behind it may have been due earlier.
    #[serde(with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub oldest_due_at: Option<Timestamp>,
    /// How long ago that was.
    pub oldest_due_age_ms: Option<u64>,
}

/// The body of `PATCH /v1/queues/{name}`: at least one of its fields; what is not given stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(min_properties = 1))]
#[serde(deny_unknown_fields)]
pub struct QueueChange {
    /// Pause or resume it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// Drain it, or open it to new tasks again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draining: Option<bool>,
    /// In which order its tasks run. It counts at once for those that come; those that wait are put in
    /// their new places step by step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Whether its tenants take turns, by weight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fair: Option<bool>,
    /// How many unfinished tasks it may hold; those that are there stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 9_223_372_036_854_775_807_u64))]
    pub bound: Option<u64>,
    /// How long completed, cancelled and expired tasks are kept; counts for those already there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 3_162_240_000_000_u64))]
    pub retention_completed_ms: Option<u64>,
    /// How long failed and timed out tasks are kept; counts for those already there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 3_162_240_000_000_u64))]
    pub retention_failed_ms: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_round_trip() {
        let text = r#"{"paused":true,"draining":false,"order":{"aging":{"step_ms":5}},"fair":true,"bound":7,"retention_completed_ms":1,"retention_failed_ms":2}"#;
        let change: QueueChange = crate::parse_object(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&change).unwrap(), text);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, field) in [
            (r#"{"bound": -1}"#, "bound"),
            (r#"{"paused": 1}"#, "paused"),
            (r#"{"retention_failed_ms": 1.5}"#, "retention_failed_ms"),
            (r#"{"retention": 1}"#, "retention"),
        ] {
            let error = crate::parse_object::<QueueChange>(text.as_bytes()).unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{error}");
        }
    }

    #[test]
    fn an_empty_queue_has_no_oldest_task() {
        let text = r#"{"name":"q","paused":false,"draining":false,"order":"strict","fair":false,"bound":1,"retention_completed_ms":2,"retention_failed_ms":3,"tasks":{"pending":0},"totals":{"submitted":4},"oldest_due_at":null,"oldest_due_age_ms":null}"#;
        let queue: Queue = crate::parse(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&queue).unwrap(), text);
    }
}
