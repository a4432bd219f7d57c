//! Why what waits waits.

use duly_core::{Incarnation, State, TaskId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{text, time};

/// The answer of `GET /v1/tasks/{id}/explain`: why a task has not started, true of the state and the instant
/// that it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// The task.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::TaskId))]
    pub id: TaskId,
    /// Its kind.
    pub kind: String,
    /// Its queue.
    pub queue: String,
    /// Where it is in its life.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::State))]
    pub state: State,
    /// The instant of which all this is true.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub at: Timestamp,
    /// Something closes it: it cannot start at this state and instant.
    pub closed: bool,
    /// All reasons, those that close it first.
    pub reasons: Vec<Reason>,
    /// Its place in line; `null`: it stands in none.
    pub position: Option<Position>,
    /// When it may start; `null`: nobody can tell, or it has started.
    pub estimated_start: Option<EstimatedStart>,
}

/// A reason for which tasks have not started, or something to know about their start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reason {
    /// Which, for machines: it does not change. There may be more of them in time: `not_due`, `queue_paused`,
    /// `kind_paused`, `tenant_paused`, `limit_full`, `rate_spent`, `too_heavy`, `no_worker`, `running`,
    /// `ended`, `blocked`, `assigned`, `workers_busy`, `suspect`, `start_by`, `finish_by`,
    /// `limit_undefined`, `nothing_waits`.
    pub code: String,
    /// No task that has it starts meanwhile; otherwise it is to be known.
    pub closing: bool,
    /// It as a sentence.
    pub text: String,
    /// The name of the limit, the tenant, the kind, the queue or the worker that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it ends, or what happens then.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::option"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub until: Option<Timestamp>,
    /// How much of a limit is in use, or how many attempts the workers run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_use: Option<u64>,
    /// How much that may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u64>,
    /// What the task weighs in the limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// How many tasks have it, where those of a queue or a worker are summed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u64>,
}

/// How many tasks of its queue come before a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Position {
    /// How many.
    pub ahead: u64,
    /// It was counted; otherwise it is estimated.
    pub exact: bool,
    /// It as a sentence.
    pub text: String,
}

/// When a task may start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EstimatedStart {
    /// The instant.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub at: Timestamp,
    /// What it is estimated from.
    pub basis: String,
}

/// The answer of `GET /v1/queues/{name}/explain`: why what stands in a queue does not start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueExplanation {
    /// The queue.
    pub queue: String,
    /// The instant of which all this is true.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub at: Timestamp,
    /// How many tasks stand in line.
    pub pending: u64,
    /// How many are not due.
    pub waiting: u64,
    /// How many a worker holds that have not begun.
    pub assigned: u64,
    /// How many run.
    pub running: u64,
    /// How many of those in line may start at once.
    pub ready: u64,
    /// Everything was looked at and counted; otherwise the numbers say how many there are at least.
    pub exact: bool,
    /// The reasons of those in line, summed: one that has several counts under each.
    pub reasons: Vec<Reason>,
}

/// The answer of `GET /v1/workers/{name}/explain`: why the workers of a name have no more to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkerExplanations {
    /// The workers of that name, by incarnation.
    pub workers: Vec<WorkerExplanation>,
}

/// Why a worker is idle, or has no more to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkerExplanation {
    /// Its name.
    pub worker: String,
    /// This life of it.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Incarnation))]
    pub incarnation: Incarnation,
    /// The instant of which all this is true.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub at: Timestamp,
    /// How many attempts it runs at once.
    pub capacity: u32,
    /// How many run.
    pub running: u32,
    /// How many it holds that have not begun.
    pub assigned: u32,
    /// How many tasks it could start, if it has room.
    pub ready: u64,
    /// Everything was looked at and counted; otherwise the numbers say how many there are at least.
    pub exact: bool,
    /// What closes the tasks of its queues and kinds, summed; and its queues in which nothing waits for it.
    pub reasons: Vec<Reason>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_explanation_round_trips() {
        let text = r#"{"id":"01932f5e-7c1a-7b3e-9d55-0242ac120003","kind":"k","queue":"q","state":"pending","at":"2026-01-01T00:00:00.000000Z","closed":true,"reasons":[{"code":"rate_spent","closing":true,"text":"limit \"l\" has its next permit in 1s","name":"l","until":"2026-01-01T00:00:01.000000Z","weight":1},{"code":"suspect","closing":false,"text":"it has"}],"position":{"ahead":3,"exact":true,"text":"behind 3"},"estimated_start":null}"#;
        let explained: Explanation = crate::parse(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&explained).unwrap(), text);
    }
}
