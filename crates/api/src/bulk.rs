//! Changes to all tasks that a filter means.

use duly_core::{Priority, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Filter, object, text, time};

/// What shall become of the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Call them off: at once, or by a request to the worker of what runs.
    Cancel,
    /// Put what failed, timed out, was cancelled or expired back in line.
    Retry,
    /// Change the priority of what is not finished.
    Reprioritise,
    /// Change when what waits is due.
    Reschedule,
    /// Remove what is finished, with its events.
    Discard,
}

impl Action {
    /// The name, as it stands in the JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Reprioritise => "reprioritise",
            Self::Reschedule => "reschedule",
            Self::Discard => "discard",
        }
    }
}

/// The body of `POST /v1/tasks/bulk`: one change to all tasks that a filter means. A request does a
/// bounded part of it; its answer says where to go on.
///
/// ```
/// let text = br#"{"action": "cancel", "filter": {"queue": "mail"}, "dry_run": true}"#;
/// let bulk: duly_api::Bulk = duly_api::parse_object(text)?;
/// assert_eq!(bulk.action, duly_api::Action::Cancel);
/// assert!(bulk.dry_run && !bulk.filter.is_empty());
/// # Ok::<(), duly_api::ParseError>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Bulk {
    /// What shall become of them.
    pub action: Action,
    /// Which tasks.
    #[serde(default, deserialize_with = "object::required")]
    pub filter: Filter,
    /// An empty filter means every task, and is refused unless this says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// Only count: nothing is changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// The new priority (`reprioritise`, and nothing else).
    #[serde(
        default,
        with = "text::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Priority>))]
    pub priority: Option<Priority>,
    /// When they are due (`reschedule`: this or `delay_ms`).
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub run_at: Option<Timestamp>,
    /// How long from now they are due (`reschedule`: this or `run_at`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(maximum = 31_622_400_000_u64))]
    pub delay_ms: Option<u64>,
    /// What their handlers get from now on (`retry`, if it is given); `null` is a payload.
    #[serde(
        default,
        deserialize_with = "object::json",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Json, required = false))]
    pub payload: Option<Box<RawValue>>,
    /// What the answer before gave as `next`: go on there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = r"^[0-9a-fA-F]{1,16}$"))]
    pub cursor: Option<String>,
}

impl Bulk {
    /// This action on the tasks that the filter means.
    #[must_use]
    pub const fn new(action: Action, filter: Filter) -> Self {
        Self {
            action,
            filter,
            all: false,
            dry_run: false,
            priority: None,
            run_at: None,
            delay_ms: None,
            payload: None,
            cursor: None,
        }
    }
}

/// What a request did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkDone {
    /// Nothing was changed: it was only counted.
    pub dry_run: bool,
    /// How many tasks were meant.
    pub matched: u64,
    /// How many of them were changed, or would be; the state of the others does not allow it.
    pub changed: u64,
    /// There is more to do: what to give as `cursor` with the same request. `null`: that was all.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_round_trips() {
        let text = r#"{"action":"reschedule","filter":{"kind":"k"},"all":true,"dry_run":true,"priority":"low","run_at":"2026-01-01T00:00:00.000000Z","delay_ms":1,"payload":null,"cursor":"c"}"#;
        let bulk: Bulk = crate::parse_object(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&bulk).unwrap(), text);
    }

    #[test]
    fn a_payload_of_null_is_not_the_same_as_none() {
        let bulk = |text: &str| crate::parse_object::<Bulk>(text.as_bytes()).unwrap();
        assert!(bulk(r#"{"action":"retry"}"#).payload.is_none());
        let payload = bulk(r#"{"action":"retry","payload":null}"#).payload;
        assert_eq!(payload.unwrap().get(), "null");
    }

    #[test]
    fn what_is_missing_unknown_or_no_object_is_named() {
        for (text, field) in [
            ("{}", "action"),
            (r#"{"action":"destroy"}"#, "action"),
            (r#"{"action":"cancel","filter":[]}"#, "filter"),
            (r#"{"action":"cancel","filter":{"que":"a"}}"#, "filter.que"),
            (r#"{"action":"cancel","force":true}"#, "force"),
            (r#"{"action":"cancel","all":"yes"}"#, "all"),
        ] {
            let error = crate::parse_object::<Bulk>(text.as_bytes()).unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{error}");
        }
    }

    #[test]
    fn actions_are_named_as_they_are_written() {
        for action in [
            Action::Cancel,
            Action::Retry,
            Action::Reprioritise,
            Action::Reschedule,
            Action::Discard,
        ] {
            let text = serde_json::to_string(&action).unwrap();
            assert_eq!(text, format!("\"{}\"", action.name()));
        }
    }
}
