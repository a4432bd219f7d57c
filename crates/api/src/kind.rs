//! Kinds.

use serde::{Deserialize, Serialize};

/// The answer of `GET /v1/kinds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Kinds {
    /// A page of them, by name.
    pub kinds: Vec<Kind>,
    /// What to give as `after` for the next page; `null`: that was all.
    pub next: Option<String>,
}

/// A kind as it stands at the instant it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Kind {
    /// Its name.
    pub name: String,
    /// Nothing of it starts.
    pub paused: bool,
    /// It takes in no new tasks; those that are there are worked off.
    pub draining: bool,
    /// How many of its tasks are not finished: 0 once it is drained.
    pub unfinished: u64,
}

/// The body of `PATCH /v1/kinds/{name}`: at least one of its fields; what is not given stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(min_properties = 1))]
#[serde(deny_unknown_fields)]
pub struct KindChange {
    /// Pause or resume it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// Drain it, or open it to new tasks again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draining: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_round_trip() {
        let text = r#"{"paused":true,"draining":false}"#;
        let change: KindChange = crate::parse_object(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&change).unwrap(), text);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, field) in [(r#"{"paused": 1}"#, "paused"), (r#"{"bound": 1}"#, "bound")] {
            let error = crate::parse_object::<KindChange>(text.as_bytes()).unwrap_err();
            assert_eq!(error.field.as_deref(), Some(field), "{error}");
        }
    }
}
