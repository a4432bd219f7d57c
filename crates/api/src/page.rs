//! A page of tasks.

use serde::{Deserialize, Serialize};

use crate::Task;

/// The answer of `GET /v1/tasks`: the newest submission first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaskPage {
    /// The tasks, without payloads and results. May be fewer than asked for although more follow.
    pub tasks: Vec<Task>,
    /// What to give as `cursor` for the page that follows; `null`: that was all.
    pub next: Option<String>,
}
