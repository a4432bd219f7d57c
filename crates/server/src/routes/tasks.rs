//! `/v1/tasks`.

mod batch;
pub(crate) mod bulk;
pub(crate) mod change;
pub(crate) mod idempotency;
mod require;
pub(crate) mod submit;

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{Code, Problem, Task, TaskPage};
use duly_core::TaskId;

use crate::params::{NoParams, Params};
use crate::path::TaskPath;
use crate::port;
use crate::refusal::Refusal;
use crate::{App, convert, history, query};

/// `GET /v1/tasks/{id}`: the task with its attempts and events.
#[utoipa::path(
    get, path = "/v1/tasks/{id}", operation_id = "show_task", tag = "tasks",
    params(("id" = schema::TaskId, Path, description = "The task")),
    responses((status = 200, description = "The task, with its payload, result, attempts and events", body = Task)),
    extensions(("x-codes" = json!(["TaskNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn show(
    State(app): State<App>,
    TaskPath(id): TaskPath,
    _: NoParams,
) -> Result<Json<Task>, Refusal> {
    let found = app.store().task(id).await?;
    let record = found.ok_or_else(|| not_found(id))?;
    let events = history::last_events(&app, id).await?;
    let attempts = port::attempts(&events).into_iter();
    Ok(Json(Task {
        attempts: Some(attempts.map(convert::attempt).collect()),
        events: Some(events.iter().map(convert::event).collect()),
        ..convert::task_whole(record)
    }))
}

/// `GET /v1/tasks`: a page of tasks, the newest submission first.
#[utoipa::path(
    get, path = "/v1/tasks", operation_id = "list_tasks", tag = "tasks",
    params(
        ("state" = Option<Vec<schema::State>>, Query, description = "One of these states; may be repeated, or a list with commas"),
        ("queue" = Option<String>, Query, description = "In this queue"),
        ("kind" = Option<String>, Query, description = "Of this kind"),
        ("tenant" = Option<String>, Query, description = "Of this tenant"),
        ("worker" = Option<String>, Query, description = "Held by this worker, or held by it at the end"),
        ("due_before" = Option<schema::Instant>, Query, description = "Due before this"),
        ("overdue" = Option<bool>, Query, description = "Should have started already"),
        ("submitted_from" = Option<schema::Instant>, Query, description = "Submitted at this instant or later"),
        ("submitted_before" = Option<schema::Instant>, Query, description = "Submitted before this"),
        ("label" = Option<String>, Query, pattern = "=", description = "With this label: NAME=VALUE"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many at most; 100 unless given"),
        ("cursor" = Option<String>, Query, pattern = "^[0-9a-fA-F]{1,16}$", description = "What the page before gave as `next`"),
    ),
    responses((status = 200, description = "A page of tasks, without payloads and results", body = TaskPage)),
    extensions(("x-codes" = json!(["Unavailable", "Corrupt"])))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(pairs): Params,
) -> Result<Json<TaskPage>, Refusal> {
    let page = app.store().list(query::list(&pairs)?).await?;
    Ok(Json(TaskPage {
        tasks: page.tasks.into_iter().map(convert::task).collect(),
        next: page.next.map(query::cursor_text),
    }))
}

pub(crate) fn not_found(id: TaskId) -> Refusal {
    let detail = format!("there is no task {id}: it never was, or its history was pruned");
    Problem::new(Code::TaskNotFound, detail).into()
}
