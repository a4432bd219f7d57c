//! The dead letters: tasks that failed for good, or whose last attempt ran out of time.

use duly_core::TaskId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Filter, Task, object, text};

/// The answer of `GET /v1/failed`: the newest submission first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailedPage {
    /// The tasks, without payloads and results, but with their `attempts`: what went wrong each time.
    pub tasks: Vec<Task>,
    /// What to give as `cursor` for the page that follows; `null`: that was all.
    pub next: Option<String>,
}

/// The body of `POST /v1/failed/retry`: the tasks by id, or all dead letters that a filter means.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FailedRetry {
    /// These tasks. Not together with `filter`.
    #[serde(
        default,
        with = "text::option_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<crate::schema::TaskId>>, min_items = 1, max_items = 1000))]
    pub ids: Option<Vec<TaskId>>,
    /// The dead letters that this means. Not together with `ids`.
    #[serde(
        default,
        deserialize_with = "object::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub filter: Option<Filter>,
    /// All dead letters: needed where neither `ids` nor a filter with a condition is given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// What their handlers get from now on, `null` too; what they got before, unless given.
    #[serde(
        default,
        deserialize_with = "object::json",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Json, required = false))]
    pub payload: Option<Box<RawValue>>,
    /// Only count: nothing is changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// What the answer before gave as `next`: go on there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = r"^[0-9a-fA-F]{1,16}$"))]
    pub cursor: Option<String>,
}

/// The body of `POST /v1/failed/discard`: the tasks by id, or all dead letters that a filter means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FailedDiscard {
    /// These tasks. Not together with `filter`.
    #[serde(
        default,
        with = "text::option_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<crate::schema::TaskId>>, min_items = 1, max_items = 1000))]
    pub ids: Option<Vec<TaskId>>,
    /// The dead letters that this means. Not together with `ids`.
    #[serde(
        default,
        deserialize_with = "object::option",
        skip_serializing_if = "Option::is_none"
    )]
    pub filter: Option<Filter>,
    /// All dead letters: needed where neither `ids` nor a filter with a condition is given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// Only count: nothing is changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// What the answer before gave as `next`: go on there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = r"^[0-9a-fA-F]{1,16}$"))]
    pub cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01932f5e-7c1a-7b3e-9d55-0242ac120002";

    #[test]
    fn every_field_round_trips() {
        let text = format!(
            r#"{{"ids":["{ID}"],"filter":{{"queue":"q"}},"all":true,"payload":{{"a": 1}},"dry_run":true,"cursor":"7"}}"#
        );
        let retry: FailedRetry = crate::parse_object(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&retry).unwrap(), text);
        let text = format!(r#"{{"ids":["{ID}"],"dry_run":true}}"#);
        let discard: FailedDiscard = crate::parse_object(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&discard).unwrap(), text);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, field) in [
            (r#"{"ids": ["7"]}"#, "ids"),
            (r#"{"ids": "7"}"#, "ids"),
            (r#"{"payload": 1}"#, "payload"),
        ] {
            let error = crate::parse_object::<FailedDiscard>(text.as_bytes()).unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{error}");
        }
    }
}
