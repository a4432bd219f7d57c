//! Putting an archive into a store.

use serde::{Deserialize, Serialize};

/// The answer of `POST /v1/import`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Imported {
    /// How many tasks are in the store now, and were not before.
    pub restored: u64,
    /// How many were there already, and were left as they are.
    pub existed: u64,
    /// How many queues were made, or got the archive's settings.
    pub queues: u64,
    /// How many schedules are in the store now, and were not before.
    #[serde(default)]
    pub schedules: u64,
}
