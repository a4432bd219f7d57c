//! The feed of all events.

use duly_core::TaskId;
use serde::{Deserialize, Serialize};

use crate::{Event, text};

/// A page of `GET /v1/events`: the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventPage {
    /// The events. May be fewer than asked for although more follow.
    pub events: Vec<FeedEvent>,
    /// What to give as `after` for the page that follows; `null`: that was all for now.
    pub next: Option<String>,
}

/// An event, and the task that it happened to. In a live stream this is the `data` of a message
/// whose `id` is the cursor and whose `event` is the kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeedEvent {
    /// The place right after it: give it as `after`, or as `Last-Event-ID`, to go on there.
    pub cursor: String,
    /// The task.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::TaskId))]
    pub task: TaskId,
    /// The name of the task's handler.
    pub task_kind: String,
    /// The queue of the task.
    pub queue: String,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// The `data` of the message `resync` of a live stream: its reader missed events, because it was too
/// slow, or because what followed the place to go on from is not kept any more, or because that place
/// is one of another store. The stream goes on with what is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Resync {
    /// How many events were left out; 0: nobody knows.
    pub missed: u64,
    /// From where on the history has them, if it has: `GET /v1/events?after=…`.
    pub next: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_flat_object() {
        let text = r#"{"cursor":"0a","task":"01932f5e-7c1a-7b3e-9d55-0242ac120002","task_kind":"k","queue":"q","kind":"retrying","at":"2026-01-01T00:00:00.000000Z","attempt":1,"worker":"w","due_at":"2026-01-01T00:00:01.000000Z","error":"no"}"#;
        let event: FeedEvent = crate::parse(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
    }
}
