//! A task as it is submitted.

use std::collections::BTreeMap;
use std::time::Duration;

use duly_core::{Priority, TaskId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{OnConflict, Replaces, Retry, UniqueWhile, object, text, time};

/// A task to submit: the body of `POST /v1/tasks`, or an element of it. A field that is not listed
/// here is refused.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// Its id, a UUID; submitting the same id twice is one task. Fresh unless given.
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::TaskId>))]
    pub id: Option<TaskId>,
    /// The name of its handler. The server requires it; in a file for `duly submit KIND` it may be
    /// left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Name, required = true))]
    pub kind: Option<String>,
    /// What the handler gets: any JSON. `null` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Json, required = false))]
    pub payload: Option<Box<RawValue>>,
    /// The queue it waits in: `default` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Name>))]
    pub queue: Option<String>,
    /// How urgent it is: `critical`, `high`, `normal` or `low`. Unless given, the server's priority rules
    /// decide; if none does, it is `normal`.
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Priority>))]
    pub priority: Option<Priority>,
    /// It may start this long after it was submitted. Not together with `run_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 31_622_400_000_u64))]
    pub delay_ms: Option<u64>,
    /// It may start at this instant. Not together with `delay_ms`.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub run_at: Option<Timestamp>,
    /// It must have started this long after it was submitted, or expires. Not together with
    /// `deadline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 31_622_400_000_u64))]
    pub deadline_in_ms: Option<u64>,
    /// It must have started before this instant, or expires. Not together with `deadline_in_ms`.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub deadline: Option<Timestamp>,
    /// It must have ended this long after it was submitted: what waits then expires, what runs has timed out
    /// for good. Not together with `finish_by`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 31_622_400_000_u64))]
    pub finish_in_ms: Option<u64>,
    /// It must have ended before this instant. Not together with `finish_in_ms`.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub finish_by: Option<Timestamp>,
    /// If no attempt has begun this long after it was submitted, the event `late_to_start` tells so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 31_622_400_000_u64))]
    pub alert_unstarted_ms: Option<u64>,
    /// If it has not ended this long after it was submitted, the event `late_to_finish` tells so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 31_622_400_000_u64))]
    pub alert_unfinished_ms: Option<u64>,
    /// How long one attempt may take; as long as its worker lives unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 31_622_400_000_u64))]
    pub timeout_ms: Option<u64>,
    /// How often it is tried in all: 20 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub attempts_max: Option<u32>,
    /// When it is tried again.
    #[serde(
        default,
        deserialize_with = "object::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub retry: Option<Retry>,
    /// At how many lost workers it is given up: 3 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    pub lost_max: Option<u32>,
    /// No two tasks of one kind hold this key at a time. Not together with `unique_fields`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 256))]
    pub unique_key: Option<String>,
    /// The unique key is made of these values of the payload, each named by a JSON pointer such as
    /// `/user/id`; what is not there counts as `null`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 32, value_type = Vec<crate::schema::Pointer>))]
    pub unique_fields: Vec<String>,
    /// Until when it holds the key: until it is no longer `unfinished` (if nothing is said), or no longer
    /// `waiting` for its first attempt. Not together with `unique_for_ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_while: Option<UniqueWhile>,
    /// It holds the key for this long after it was submitted, whatever becomes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 31_622_400_000_u64))]
    pub unique_for_ms: Option<u64>,
    /// What becomes of it if another task holds the key: `reject` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<OnConflict>,
    /// With `"on_conflict": "replace"`: what is replaced of the other task, everything unless given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<Replaces>,
    /// Whose work it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Name>))]
    pub tenant: Option<String>,
    /// The limits that bind it, with how many slots or permits of each it takes. A limit that nobody has
    /// defined bounds nothing, until somebody does.
    #[serde(
        default,
        deserialize_with = "object::numbers",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub limits: BTreeMap<String, u32>,
    /// Labels to find it by. Names that begin with `duly.` are refused: they are the layers' own.
    #[serde(
        default,
        deserialize_with = "object::texts",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub labels: BTreeMap<String, String>,
}

/// Whole milliseconds; what does not fit is the most that does.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: &str = r#"{"id":"01932f5e-7c1a-7b3e-9d55-0242ac120002","kind":"k","payload":{"b": 1.50, "a": [1e400]},"queue":"q","priority":"high","run_at":"2026-01-01T00:00:00.000000Z","deadline_in_ms":1,"finish_in_ms":5,"alert_unstarted_ms":6,"alert_unfinished_ms":7,"timeout_ms":2,"attempts_max":3,"retry":{"backoff":"linear","jitter":"full"},"lost_max":4,"unique_key":"u","unique_fields":["/a"],"unique_while":"waiting","unique_for_ms":8,"on_conflict":"replace","replace":["payload","time"],"tenant":"t","limits":{"l":3},"labels":{"a":"b"}}"#;

    #[test]
    fn all_fields_round_trip_and_the_payload_stays_as_it_was_written() {
        let task: NewTask = crate::parse(FULL.as_bytes()).unwrap();
        assert_eq!(
            task.payload.as_ref().unwrap().get(),
            r#"{"b": 1.50, "a": [1e400]}"#
        );
        assert_eq!(serde_json::to_string(&task).unwrap(), FULL);
    }

    #[test]
    fn nothing_is_written_that_was_not_said() {
        let task: NewTask = crate::parse(b"{}").unwrap();
        assert_eq!(serde_json::to_string(&task).unwrap(), "{}");
    }

    #[test]
    fn an_array_is_no_task_and_no_retry() {
        let refusal = |text: &str| crate::parse_object::<NewTask>(text.as_bytes()).unwrap_err();
        assert_eq!(refusal("[]").expected.unwrap(), "an object");
        assert_eq!(refusal("7").expected.unwrap(), "an object");
        let error = refusal(r#"{"kind": "a", "retry": ["fixed", 5]}"#);
        assert_eq!(error.field.as_deref(), Some("retry"));
    }

    #[test]
    fn nothing_is_said_twice() {
        for (text, field) in [
            (r#"{"kind": "a", "kind": "b"}"#, "kind"),
            (r#"{"labels": {"a": "1", "a": "2"}}"#, "labels"),
            (r#"{"limits": {"a": 1, "a": 2}}"#, "limits"),
        ] {
            let error = crate::parse_object::<NewTask>(text.as_bytes()).unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{error}");
        }
    }

    #[test]
    fn a_payload_of_null_is_a_payload() {
        let task: NewTask = crate::parse(br#"{"payload": null}"#).unwrap();
        assert!(task.payload.is_none_or(|payload| payload.get() == "null"));
    }
}
