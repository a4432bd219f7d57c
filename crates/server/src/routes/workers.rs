//! `/v1/workers`.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{Code, Problem};
use duly_core::Incarnation;

use crate::bounds::{WORKER_TASK_PAGES_MAX, WORKER_TASKS_MAX};
use crate::params::NoParams;
use crate::path::WorkerPath;
use crate::port::bounds::PAGE_MAX;
use crate::port::{Filter, List, TaskRecord, WorkerRecord};
use crate::refusal::Refusal;
use crate::{App, convert};

/// `GET /v1/workers`: all workers, with what they hold.
#[utoipa::path(
    get, path = "/v1/workers", operation_id = "list_workers", tag = "workers",
    responses((status = 200, description = "All workers that are registered", body = duly_api::Workers)),
    extensions(("x-codes" = json!(["Unavailable", "Corrupt"])))
)]
pub(crate) async fn list(
    State(app): State<App>,
    _: NoParams,
) -> Result<Json<duly_api::Workers>, Refusal> {
    let records = app.store().workers().await?;
    let mut held = held(&app, Filter::default()).await?;
    let workers = records.iter().map(|record| {
        let tasks = held.remove(&record.registration.incarnation);
        shown(record, tasks.unwrap_or_default())
    });
    Ok(Json(duly_api::Workers {
        workers: workers.collect(),
    }))
}

/// `GET /v1/workers/{incarnation}`: one of them.
#[utoipa::path(
    get, path = "/v1/workers/{incarnation}", operation_id = "show_worker", tag = "workers",
    params(("incarnation" = schema::Incarnation, Path, description = "The life of the worker")),
    responses((status = 200, description = "The worker", body = duly_api::Worker)),
    extensions(("x-codes" = json!(["WorkerNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn show(
    State(app): State<App>,
    WorkerPath(incarnation): WorkerPath,
    _: NoParams,
) -> Result<Json<duly_api::Worker>, Refusal> {
    let records = app.store().workers().await?;
    let mut records = records.into_iter();
    let record = records.find(|record| record.registration.incarnation == incarnation);
    let record = record.ok_or_else(|| {
        let detail = format!("there is no worker {incarnation}: it never registered, or is gone");
        Problem {
            field: Some("incarnation".to_owned()),
            ..Problem::new(Code::WorkerNotFound, detail)
        }
    })?;
    let of_that_name = Filter {
        worker: Some(record.registration.name.clone()),
        ..Filter::default()
    };
    let tasks = held(&app, of_that_name).await?.remove(&incarnation);
    Ok(Json(shown(&record, tasks.unwrap_or_default())))
}

/// A worker with what it holds, the oldest attempt first: that is what one looks for.
fn shown(record: &WorkerRecord, mut held: Vec<TaskRecord>) -> duly_api::Worker {
    held.sort_by_key(|task| (task.started_at.is_none(), task.started_at, task.sequence));
    held.truncate(WORKER_TASKS_MAX);
    let tasks: Vec<_> = held.into_iter().map(convert::worker_task).collect();
    let known = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
    duly_api::Worker {
        tasks_more: (record.running + record.assigned).saturating_sub(known),
        tasks,
        ..convert::worker(record)
    }
}

/// What is leased, by who holds it; as much as a bounded number of pages tells.
async fn held(app: &App, filter: Filter) -> Result<HashMap<Incarnation, Vec<TaskRecord>>, Refusal> {
    let leased = duly_core::State::ALL.into_iter().filter(|s| s.is_leased());
    let mut list = List {
        filter: Filter {
            states: leased.collect(),
            ..filter
        },
        limit: PAGE_MAX,
        brief: true,
        after: None,
    };
    let mut held: HashMap<_, Vec<_>> = HashMap::new();
    for _ in 0..WORKER_TASK_PAGES_MAX {
        let page = app.store().list(list.clone()).await?;
        for task in page.tasks {
            if let Some(incarnation) = task.incarnation {
                held.entry(incarnation).or_default().push(task);
            }
        }
        list.after = page.next;
        if list.after.is_none() {
            break;
        }
    }
    Ok(held)
}
