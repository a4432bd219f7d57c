//! A task as it is shown.

use std::collections::BTreeMap;

use duly_core::{EventKind, Priority, State, TaskId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Retry, text, time};

/// A task as it stands at the instant it was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Task {
    /// Its id.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::TaskId))]
    pub id: TaskId,
    /// The name of its handler.
    pub kind: String,
    /// The queue it waits in.
    pub queue: String,
    /// How urgent it is.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Priority))]
    pub priority: Priority,
    /// The priority rule that decided that when it was submitted, if one did.
    #[serde(default)]
    pub priority_rule: Option<String>,
    /// Where it is in its life.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::State))]
    pub state: State,
    /// The newest attempt: 0 before the first.
    pub attempt: u32,
    /// Attempts charged.
    pub spent: u32,
    /// How many may be charged.
    pub attempts_max: u32,
    /// Running attempts whose worker vanished.
    pub lost: u32,
    /// At how many it is given up.
    pub lost_max: u32,
    /// The worker that holds it, or held it at the end.
    pub worker: Option<String>,
    /// Somebody asked to cancel it while it ran.
    pub cancel_requested: bool,
    /// When it was submitted.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub submitted_at: Timestamp,
    /// When it is or was due.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub due_at: Timestamp,
    /// When its newest attempt began.
    #[serde(with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub finished_at: Option<Timestamp>,
    /// It must have started before this.
    #[serde(with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub deadline: Option<Timestamp>,
    /// It must have ended before this.
    #[serde(default, with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub finish_by: Option<Timestamp>,
    /// By this age an attempt must have begun, or the event `late_to_start` tells that none has.
    #[serde(default)]
    pub alert_unstarted_ms: Option<u64>,
    /// By this age it must have ended, or the event `late_to_finish` tells that it has not.
    #[serde(default)]
    pub alert_unfinished_ms: Option<u64>,
    /// It was told that no attempt had begun.
    #[serde(default)]
    pub late_to_start: bool,
    /// It was told that it had not ended.
    #[serde(default)]
    pub late_to_finish: bool,
    /// How long one attempt may take.
    pub timeout_ms: Option<u64>,
    /// When it is tried again.
    pub retry: Retry,
    /// No two unfinished tasks of one kind share this key.
    pub unique_key: Option<String>,
    /// Until when it holds its unique key, if not for a time.
    #[serde(default)]
    pub unique_while: Option<crate::UniqueWhile>,
    /// How long it holds its unique key, from its submission.
    #[serde(default)]
    pub unique_for_ms: Option<u64>,
    /// Whose work it is.
    pub tenant: Option<String>,
    /// The limits that it names, with how many slots or permits of each it takes.
    #[serde(default)]
    pub limits: BTreeMap<String, u32>,
    /// The user's labels.
    pub labels: BTreeMap<String, String>,
    /// The schedule that created it, if one did.
    #[serde(default)]
    pub schedule: Option<String>,
    /// Of that, the tick that it stands for.
    #[serde(default, with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub tick: Option<Timestamp>,
    /// That tick was missed, or was filled in: it came late.
    #[serde(default)]
    pub caught_up: bool,
    /// The trace that the submit belongs to, as in W3C Trace Context.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// What its newest attempt last said of itself.
    pub progress: Option<Progress>,
    /// The newest error.
    pub error: Option<String>,
    /// What the handler gets (only where one task is asked for). Bytes that are not JSON are text in
    /// base64, and `payload_encoding` says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Json, required = false))]
    pub payload: Option<Box<RawValue>>,
    /// `base64`, if the payload is not JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_encoding: Option<String>,
    /// What the handler returned (only where one task is asked for; `null` if nothing), in the same
    /// way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Json, required = false))]
    pub result: Option<Box<RawValue>>,
    /// `base64`, if the result is not JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_encoding: Option<String>,
    /// Its attempts (only where one task is asked for), of the last 1,000 events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Vec<Attempt>>,
    /// What happened to it (only where one task is asked for), the last 1,000 events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Event>>,
}

/// How far a running attempt says it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Progress {
    /// From 0 to 1.
    pub fraction: f32,
    /// In words.
    pub text: String,
}

/// One attempt of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempt {
    /// Its number.
    pub attempt: u32,
    /// The worker that began it.
    pub worker: Option<String>,
    /// When it began.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub ended_at: Option<Timestamp>,
    /// How it ended.
    #[serde(with = "text::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::EventKind>))]
    pub outcome: Option<EventKind>,
    /// What went wrong.
    pub error: Option<String>,
}

/// One thing that happened to a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// What happened.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::EventKind))]
    pub kind: EventKind,
    /// When.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub at: Timestamp,
    /// The newest attempt then: 0 before the first.
    pub attempt: u32,
    /// The worker that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// When the task is due since then.
    #[serde(
        with = "time::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub due_at: Option<Timestamp>,
    /// The new priority.
    #[serde(
        with = "text::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Priority>))]
    pub priority: Option<Priority>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
