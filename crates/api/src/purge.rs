//! Calling off all that waits of a queue, a kind or a tenant.

use serde::{Deserialize, Serialize};

/// The body of `POST /v1/queues/{name}/purge`, and of the same for kinds and tenants; it may also be
/// empty. Everything that has not begun is called off. A request does a bounded part of it; its answer says
/// where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Purge {
    /// Before that, remove what has ended, with its events. What is called off then stays, cancelled, for
    /// as long as its queue keeps such tasks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub finished: bool,
    /// Only count: nothing is cancelled or removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// What the answer before gave as `next`: go on there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = r"^(finished\.)?[0-9a-fA-F]{1,16}$")
    )]
    pub cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_round_trips() {
        for text in [r#"{"finished":true,"dry_run":true,"cursor":"c"}"#, "{}"] {
            let purge: Purge = crate::parse_object(text.as_bytes()).unwrap();
            assert_eq!(serde_json::to_string(&purge).unwrap(), text);
        }
    }
}
