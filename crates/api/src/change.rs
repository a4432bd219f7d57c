//! Changes to one task.

use duly_core::{Priority, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{object, text, time};

/// The body of `PATCH /v1/tasks/{id}`: at least one of its fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(min_properties = 1))]
#[serde(deny_unknown_fields)]
pub struct TaskChange {
    /// The new priority of an unfinished task.
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Priority>))]
    pub priority: Option<Priority>,
    /// When a waiting task is due. Not together with `delay_ms`.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub run_at: Option<Timestamp>,
    /// How long from now a waiting task is due. Not together with `run_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 31_622_400_000_u64))]
    pub delay_ms: Option<u64>,
}

/// The body of `POST /v1/tasks/{id}/retry`, which may also be empty.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TaskRetry {
    /// What its handler gets from now on, `null` too; what it got before, unless given.
    #[serde(
        default,
        deserialize_with = "object::json",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Json, required = false))]
    pub payload: Option<Box<RawValue>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_round_trip() {
        for text in [
            "{}",
            r#"{"priority":"high","run_at":"2026-01-01T00:00:00.000000Z"}"#,
            r#"{"delay_ms":7}"#,
        ] {
            let change: TaskChange = crate::parse_object(text.as_bytes()).unwrap();
            assert_eq!(serde_json::to_string(&change).unwrap(), text);
        }
    }

    #[test]
    fn a_payload_of_null_is_a_payload() {
        let retry = |text: &str| crate::parse_object::<TaskRetry>(text.as_bytes()).unwrap();
        assert!(retry("{}").payload.is_none());
        assert_eq!(retry(r#"{"payload":null}"#).payload.unwrap().get(), "null");
    }

    #[test]
    fn what_cannot_be_changed_is_named() {
        let error = crate::parse_object::<TaskChange>(br#"{"queue": "b"}"#).unwrap_err();
        assert_eq!(error.field.as_deref(), Some("queue"));
        let error = crate::parse_object::<TaskChange>(br#"{"priority": "asap"}"#).unwrap_err();
        assert_eq!(error.field.as_deref(), Some("priority"));
    }
}
