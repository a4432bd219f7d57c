//! The answers to a submit.

use duly_core::{State, TaskId};
use serde::{Deserialize, Serialize};

use crate::{Admission, text};

/// The answer to a task that was submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Submitted {
    /// The id of the task that does the work: its own, unless another holds its unique key.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::TaskId))]
    pub id: TaskId,
    /// Its state now.
    #[serde(with = "text")]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::schema::State))]
    pub state: State,
    /// It had been taken before, and nothing was changed: as `admission` says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub existed: bool,
    /// How it was taken; `new` is not written.
    #[serde(default, skip_serializing_if = "Admission::is_new")]
    pub admission: Admission,
}

/// The answer to an array of tasks, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubmittedBatch {
    /// An answer per task.
    pub tasks: Vec<Submitted>,
}
