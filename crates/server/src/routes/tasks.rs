//! `/v1/tasks`.

mod batch;
pub(crate) mod bulk;
pub(crate) mod change;
pub(crate) mod idempotency;
mod require;
pub(crate) mod submit;

use axum::Json;
use axum::extract::State;
use duly_api::{Code, Problem, Task, TaskPage};
use duly_core::TaskId;

use crate::params::{NoParams, Params};
use crate::path::TaskPath;
use crate::port;
use crate::refusal::Refusal;
use crate::{App, convert, history, query};

/// `GET /v1/tasks/{id}`: the task with its attempts and events.
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

fn not_found(id: TaskId) -> Refusal {
    let detail = format!("there is no task {id}: it never was, or its history was pruned");
    Problem::new(Code::TaskNotFound, detail).into()
}
