//! `/v1/tasks`.

use std::collections::VecDeque;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use duly_api::{Code, Problem, SubmittedBatch, TaskPage, text::Word};
use duly_core::TaskId;

use self::batch::Asked;
use crate::body::JsonBytes;
use crate::bounds::{EVENT_PAGES_MAX, EVENTS_SHOWN_MAX};
use crate::port::bounds::PAGE_MAX;
use crate::port::{self, Event, EventCursor, Submit};
use crate::query::Pairs;
use crate::refusal::Refusal;
use crate::{App, convert, query};

mod batch;

/// `POST /v1/tasks`: one task or an array, all or none. 201 if anything is new.
pub(crate) async fn submit(State(app): State<App>, body: JsonBytes) -> Result<Response, Refusal> {
    let (asked, is_array) = match batch::read(&body.bytes)? {
        Asked::One(task) => (vec![convert::new_task(*task, app.clock())?], false),
        Asked::Many(tasks) => (batch::convert(tasks, app.clock())?, true),
    };
    let submitted = app.store().submit(Submit { tasks: asked }).await;
    let reply = submitted.map_err(|error| batch::refusal(error, is_array))?;
    let tasks: Vec<_> = reply.tasks.into_iter().map(submitted_task).collect();
    let is_new = tasks.iter().any(|task| !task.existed);
    let status = if is_new || tasks.is_empty() {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    if is_array {
        return Ok((status, Json(SubmittedBatch { tasks })).into_response());
    }
    let one = tasks.into_iter().next();
    let one = one.expect("a store answers each task that was submitted");
    Ok((status, Json(one)).into_response())
}

fn submitted_task(reply: port::Submitted) -> duly_api::Submitted {
    duly_api::Submitted {
        id: reply.id,
        state: reply.state,
        existed: reply.existed,
    }
}

/// `GET /v1/tasks/{id}`: the task with its attempts and events.
pub(crate) async fn show(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<duly_api::Task>, Refusal> {
    let id = task_id(path)?;
    let found = app.store().task(id).await?;
    let record = found.ok_or_else(|| not_found(id))?;
    let events = last_events(&app, id).await?;
    Ok(Json(duly_api::Task {
        attempts: Some(
            port::attempts(&events)
                .into_iter()
                .map(convert::attempt)
                .collect(),
        ),
        events: Some(events.iter().map(convert::event).collect()),
        ..convert::task_whole(record)
    }))
}

/// The last events of a task; of a history longer than the pages reach, the last that they reach.
async fn last_events(app: &App, id: TaskId) -> Result<Vec<Event>, Refusal> {
    let mut events = VecDeque::new();
    let mut after = EventCursor::START;
    for _ in 0..EVENT_PAGES_MAX {
        let page = app.store().task_events(id, after, PAGE_MAX).await?;
        let is_full = page.events.len() >= PAGE_MAX as usize;
        after = page.next;
        events.extend(page.events);
        let surplus = events.len().saturating_sub(EVENTS_SHOWN_MAX);
        events.drain(..surplus);
        if !is_full {
            break;
        }
    }
    Ok(events.into())
}

/// `GET /v1/tasks`: a page of tasks, the newest submission first.
pub(crate) async fn list(State(app): State<App>, pairs: Pairs) -> Result<Json<TaskPage>, Refusal> {
    let page = app
        .store()
        .list(query::list(&query::pairs(pairs)?)?)
        .await?;
    Ok(Json(TaskPage {
        tasks: page.tasks.into_iter().map(convert::task).collect(),
        next: page.next.map(query::cursor_text),
    }))
}

/// `DELETE /v1/tasks/{id}`: calls the task off, at once or by asking its worker.
pub(crate) async fn cancel(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Json<duly_api::Task>, Refusal> {
    let record = app.store().cancel(task_id(path)?).await?;
    Ok(Json(convert::task(record)))
}

fn task_id(path: Result<Path<String>, PathRejection>) -> Result<TaskId, Refusal> {
    let text = path.map(|Path(text)| text).unwrap_or_default();
    text.parse().map_err(|_| {
        let detail = format!("id is {text:?}: expected {}", TaskId::EXPECTED);
        Problem::invalid("id", TaskId::EXPECTED, detail).into()
    })
}

fn not_found(id: TaskId) -> Refusal {
    let detail = format!("there is no task {id}: it never was, or its history was pruned");
    Problem::new(Code::TaskNotFound, detail).into()
}
