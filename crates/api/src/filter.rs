//! Which tasks are meant.

use duly_core::{State, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{text, time};

/// Which tasks a change is for: all conditions that are given must hold. The names and meanings are
/// those of the parameters of `GET /v1/tasks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// In one of these states; empty: in any.
    #[serde(default, with = "text::list", skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::schema::State>))]
    pub state: Vec<State>,
    /// In this queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Of this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Of this tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Held by a worker of this name, or held by it at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// Unfinished, not begun, and due before this.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub due_before: Option<Timestamp>,
    /// Unfinished, though a deadline has passed: that of its start, or that of its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// Submitted at or after this.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub submitted_from: Option<Timestamp>,
    /// Submitted before this.
    #[serde(
        default,
        with = "time::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub submitted_before: Option<Timestamp>,
    /// With this label: `NAME=VALUE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "="))]
    pub label: Option<String>,
}

impl Filter {
    /// No condition is given: every task is meant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_round_trips_and_says_nothing_that_was_not_said() {
        let text = r#"{"state":["failed","timed_out"],"queue":"q","overdue":true,"label":"a=b"}"#;
        let filter: Filter = crate::parse_object(text.as_bytes()).unwrap();
        assert_eq!(filter.state, [State::Failed, State::TimedOut]);
        assert_eq!(serde_json::to_string(&filter).unwrap(), text);
        assert!(!filter.is_empty());
        assert_eq!(serde_json::to_string(&Filter::default()).unwrap(), "{}");
        assert!(Filter::default().is_empty());
    }

    #[test]
    fn a_state_that_is_none_is_named_with_its_place() {
        let error = crate::parse_object::<Filter>(br#"{"state": ["failed", "done"]}"#);
        let error = error.unwrap_err();
        assert_eq!(error.field.as_deref(), Some("state"), "{error}");
        assert!(error.message.contains("done"), "{error}");
        assert!(crate::parse_object::<Filter>(br#"{"state": "failed"}"#).is_err());
    }
}
