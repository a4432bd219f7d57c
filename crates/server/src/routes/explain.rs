//! Why what waits waits: `/v1/tasks/{id}/explain`, and the same of a queue and a worker.

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{Code, Explanation, Problem, QueueExplanation, WorkerExplanations};

use crate::params::NoParams;
use crate::path::{NamePath, TaskPath};
use crate::refusal::Refusal;
use crate::routes::tasks;
use crate::{App, convert};

/// `GET /v1/tasks/{id}/explain`: why it has not started, its place in line, and when it may start.
#[utoipa::path(
    get, path = "/v1/tasks/{id}/explain", operation_id = "explain_task", tag = "tasks",
    params(("id" = schema::TaskId, Path, description = "The task")),
    responses((status = 200, description = "All reasons, true of the instant that it names", body = Explanation)),
    extensions(("x-codes" = json!(["TaskNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn task(
    State(app): State<App>,
    TaskPath(id): TaskPath,
    _: NoParams,
) -> Result<Json<Explanation>, Refusal> {
    let why = app.store().explain_task(id).await?;
    let why = why.ok_or_else(|| tasks::not_found(id))?;
    Ok(Json(convert::explanation(why)))
}

/// `GET /v1/queues/{name}/explain`: why what stands in it does not start.
#[utoipa::path(
    get, path = "/v1/queues/{name}/explain", operation_id = "explain_queue", tag = "queues",
    params(("name" = schema::Name, Path, description = "The queue")),
    responses((status = 200, description = "The reasons of its tasks, summed", body = QueueExplanation)),
    extensions(("x-codes" = json!(["QueueNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn queue(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
) -> Result<Json<QueueExplanation>, Refusal> {
    let why = app.store().explain_queue(name.clone()).await?;
    let why = why.ok_or_else(|| {
        let name = &*name;
        let detail = format!(
            "there is no queue {name:?}: a queue is made by its first task, or when something is set for it"
        );
        Problem {
            field: Some("name".to_owned()),
            ..Problem::new(Code::QueueNotFound, detail)
        }
    })?;
    Ok(Json(convert::queue_explanation(&why)))
}

/// `GET /v1/workers/{name}/explain`: why the workers of a name, or of an incarnation, have no more to do.
#[utoipa::path(
    get, path = "/v1/workers/{name}/explain", operation_id = "explain_worker", tag = "workers",
    params(("name" = schema::Name, Path, description = "The name of the worker, or its incarnation")),
    responses((status = 200, description = "What their queues have for them", body = WorkerExplanations)),
    extensions(("x-codes" = json!(["WorkerNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn worker(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
) -> Result<Json<WorkerExplanations>, Refusal> {
    let why = app.store().explain_worker(name.clone()).await?;
    if why.is_empty() {
        let detail = format!(
            "there is no worker {:?}: it never registered, or is gone",
            &*name
        );
        return Err(Problem {
            field: Some("name".to_owned()),
            ..Problem::new(Code::WorkerNotFound, detail)
        }
        .into());
    }
    Ok(Json(WorkerExplanations {
        workers: why.iter().map(convert::worker_explanation).collect(),
    }))
}
