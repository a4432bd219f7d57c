//! The answers to a submit.

use duly_core::{State, TaskId};
use serde::{Deserialize, Serialize};

use crate::text;

/// The answer to a task that was submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Submitted {
    /// Its id.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::TaskId))]
    pub id: TaskId,
    /// Its state now.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::State))]
    pub state: State,
    /// A task of this id was there already, and nothing was changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub existed: bool,
}

/// The answer to an array of tasks, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmittedBatch {
    /// An answer per task.
    pub tasks: Vec<Submitted>,
}
