//! Workers, and what they run.

use std::collections::BTreeMap;

use duly_core::{Incarnation, State, TaskId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Progress, text, time};

/// The answer of `GET /v1/workers`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Workers {
    /// The workers that are registered, the one that started first first.
    pub workers: Vec<Worker>,
}

/// A worker as it stands at the instant it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Worker {
    /// This life of it: new whenever its process starts.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Incarnation))]
    pub incarnation: Incarnation,
    /// Its name; several may share one.
    pub name: String,
    /// The queues it serves.
    pub queues: Vec<String>,
    /// The kinds it has handlers for.
    pub kinds: Vec<String>,
    /// What it says of itself.
    pub labels: BTreeMap<String, String>,
    /// How many attempts it runs at once.
    pub capacity: u32,
    /// Attempts that it runs.
    pub running: u32,
    /// Attempts that it holds, not begun.
    pub assigned: u32,
    /// How much of its capacity runs: from 0 to 1.
    pub utilisation: f64,
    /// When it registered.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub registered_at: Timestamp,
    /// When it last renewed its leases.
    #[serde(with = "time")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::Instant))]
    pub renewed_at: Timestamp,
    /// What it holds: at most 100.
    pub tasks: Vec<WorkerTask>,
    /// How many more it holds.
    pub tasks_more: u32,
}

/// A task that a worker holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkerTask {
    /// Its id.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::TaskId))]
    pub id: TaskId,
    /// The name of its handler.
    pub kind: String,
    /// Its queue.
    pub queue: String,
    /// The attempt.
    pub attempt: u32,
    /// `running`, or `assigned`: not begun.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::State))]
    pub state: State,
    /// When the attempt began.
    #[serde(with = "time::option")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::schema::Instant>))]
    pub started_at: Option<Timestamp>,
    /// What it last said of itself.
    pub progress: Option<Progress>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_round_trips() {
        let text = r#"{"workers":[{"incarnation":"01932f5e-7c1a-7b3e-9d55-0242ac120002","name":"w","queues":["q"],"kinds":["k"],"labels":{"zone":"a"},"capacity":4,"running":1,"assigned":1,"utilisation":0.25,"registered_at":"2026-01-01T00:00:00.000000Z","renewed_at":"2026-01-01T00:00:01.000000Z","tasks":[{"id":"01932f5e-7c1a-7b3e-9d55-0242ac120003","kind":"k","queue":"q","attempt":1,"state":"running","started_at":"2026-01-01T00:00:00.500000Z","progress":{"fraction":0.5,"text":"half"}}],"tasks_more":1}]}"#;
        let workers: Workers = crate::parse(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&workers).unwrap(), text);
    }
}
