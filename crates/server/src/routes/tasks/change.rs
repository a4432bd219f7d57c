//! Changes to one task.

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{Problem, Task, TaskChange, TaskRetry};

use crate::body::{Asked, Maybe, Nothing};
use crate::params::NoParams;
use crate::path::TaskPath;
use crate::port::Change;
use crate::refusal::Refusal;
use crate::{App, convert};

/// `PATCH /v1/tasks/{id}`: another priority, another time, or both.
#[utoipa::path(
    patch, path = "/v1/tasks/{id}", operation_id = "change_task", tag = "tasks",
    params(("id" = schema::TaskId, Path, description = "The task")),
    request_body(content = TaskChange, example = json!({"priority": "critical"})),
    responses((status = 200, description = "The task as it stands then", body = Task)),
    extensions(("x-codes" = json!(["TaskNotFound", "InvalidTransition", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn change(
    State(app): State<App>,
    TaskPath(id): TaskPath,
    _: NoParams,
    Asked(asked): Asked<TaskChange>,
) -> Result<Json<Task>, Refusal> {
    let due = convert::due(asked.delay_ms, asked.run_at)?;
    let mut record = None;
    // The time first: fewer states allow it, so that most often nothing is changed or both are.
    if let Some(due) = due {
        record = Some(app.store().reschedule(id, due).await?);
    }
    if let Some(priority) = asked.priority {
        record = Some(app.store().reprioritise(id, priority).await?);
    }
    let record = record.ok_or_else(|| {
        let expected = "at least one of priority, run_at and delay_ms";
        Problem::invalid(
            "priority",
            expected,
            format!("nothing is to change: expected {expected}"),
        )
    })?;
    Ok(Json(convert::task(record)))
}

/// `POST /v1/tasks/{id}/retry`: back in line, with the payload it had or another.
#[utoipa::path(
    post, path = "/v1/tasks/{id}/retry", operation_id = "retry_task", tag = "tasks",
    params(("id" = schema::TaskId, Path, description = "The task")),
    request_body(content = TaskRetry, example = json!({"payload": {"to": "ada@example.org"}})),
    responses((status = 200, description = "The task, back in line", body = Task)),
    extensions(("x-codes" = json!(["TaskNotFound", "InvalidTransition", "TaskExists", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn retry(
    State(app): State<App>,
    TaskPath(id): TaskPath,
    _: NoParams,
    Maybe(asked): Maybe<TaskRetry>,
) -> Result<Json<Task>, Refusal> {
    let payload = asked.payload.map(convert::payload).transpose()?;
    let record = app.store().change(id, Change::Retry { payload }).await?;
    Ok(Json(convert::task(record)))
}

/// `POST /v1/tasks/{id}/discard`: removed, with its events; the answer is the task as it was.
#[utoipa::path(
    post, path = "/v1/tasks/{id}/discard", operation_id = "discard_task", tag = "tasks",
    params(("id" = schema::TaskId, Path, description = "The task")),
    responses((status = 200, description = "The task as it was", body = Task)),
    extensions(("x-codes" = json!(["TaskNotFound", "InvalidTransition", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn discard(
    State(app): State<App>,
    TaskPath(id): TaskPath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Task>, Refusal> {
    let record = app.store().change(id, Change::Discard).await?;
    Ok(Json(convert::task(record)))
}

/// `DELETE /v1/tasks/{id}`: called off, at once or by asking its worker.
#[utoipa::path(
    delete, path = "/v1/tasks/{id}", operation_id = "cancel_task", tag = "tasks",
    params(("id" = schema::TaskId, Path, description = "The task")),
    responses((status = 200, description = "The task: cancelled, or `cancel_requested` while it runs", body = Task)),
    extensions(("x-codes" = json!(["TaskNotFound", "InvalidTransition", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn cancel(
    State(app): State<App>,
    TaskPath(id): TaskPath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Task>, Refusal> {
    let record = app.store().cancel(id).await?;
    Ok(Json(convert::task(record)))
}
