//! `/v1/queues`.

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{BulkDone, Code, Problem, Purge, Queue, QueueChange, Queues};

use crate::body::{Asked, Maybe, Nothing};
use crate::params::NoParams;
use crate::path::NamePath;
use crate::port::{self, Name, Subject};
use crate::refusal::Refusal;
use crate::routes::purge;
use crate::{App, convert};

/// As many unfinished tasks as any store can count.
const BOUND_MAX: u64 = i64::MAX.cast_unsigned();

/// `GET /v1/queues`: all of them.
#[utoipa::path(
    get, path = "/v1/queues", operation_id = "list_queues", tag = "queues",
    responses((status = 200, description = "All queues, by name", body = Queues)),
    extensions(("x-codes" = json!(["Unavailable", "Corrupt"])))
)]
pub(crate) async fn list(State(app): State<App>, _: NoParams) -> Result<Json<Queues>, Refusal> {
    let records = app.store().queues().await?;
    let now = app.clock().now();
    let queues = records.iter().map(|record| convert::queue(record, now));
    Ok(Json(Queues {
        queues: queues.collect(),
    }))
}

/// `GET /v1/queues/{name}`: one.
#[utoipa::path(
    get, path = "/v1/queues/{name}", operation_id = "show_queue", tag = "queues",
    params(("name" = schema::Name, Path, description = "The queue")),
    responses((status = 200, description = "The queue", body = Queue)),
    extensions(("x-codes" = json!(["QueueNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn show(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
) -> Result<Json<Queue>, Refusal> {
    one(&app, &name).await.map(Json)
}

/// `PATCH /v1/queues/{name}`: other settings; the queue is made if there is none of that name.
#[utoipa::path(
    patch, path = "/v1/queues/{name}", operation_id = "change_queue", tag = "queues",
    params(("name" = schema::Name, Path, description = "The queue")),
    request_body(content = QueueChange, example = json!({"bound": 50000})),
    responses((status = 200, description = "The queue as it is then", body = Queue)),
    extensions(("x-codes" = json!(["QueueNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn change(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Asked(asked): Asked<QueueChange>,
) -> Result<Json<Queue>, Refusal> {
    if asked == QueueChange::default() {
        let expected = "at least one of paused, draining, order, fair, bound, \
                        retention_completed_ms and retention_failed_ms";
        let detail = format!("nothing is to change: expected {expected}");
        return Err(Problem::invalid("paused", expected, detail).into());
    }
    if let Some(bound) = asked.bound.filter(|bound| *bound > BOUND_MAX) {
        let expected = format!("at most {BOUND_MAX}");
        let detail = format!("bound is {bound}: expected {expected}");
        return Err(Problem::invalid("bound", expected, detail).into());
    }
    configure(&app, name, convert::queue_change(asked)).await
}

/// `POST /v1/queues/{name}/pause`: nothing starts from it any more.
#[utoipa::path(
    post, path = "/v1/queues/{name}/pause", operation_id = "pause_queue", tag = "queues",
    params(("name" = schema::Name, Path, description = "The queue")),
    responses((status = 200, description = "The queue, paused", body = Queue)),
    extensions(("x-codes" = json!(["QueueNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn pause(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Queue>, Refusal> {
    one(&app, &name).await?;
    configure(&app, name, paused(true)).await
}

/// `POST /v1/queues/{name}/resume`: what is due may start again.
#[utoipa::path(
    post, path = "/v1/queues/{name}/resume", operation_id = "resume_queue", tag = "queues",
    params(("name" = schema::Name, Path, description = "The queue")),
    responses((status = 200, description = "The queue, resumed", body = Queue)),
    extensions(("x-codes" = json!(["QueueNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn resume(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Queue>, Refusal> {
    one(&app, &name).await?;
    configure(&app, name, paused(false)).await
}

/// `POST /v1/queues/{name}/drain`: it takes in no new tasks any more; those that are there are worked off.
#[utoipa::path(
    post, path = "/v1/queues/{name}/drain", operation_id = "drain_queue", tag = "queues",
    params(("name" = schema::Name, Path, description = "The queue")),
    responses((status = 200, description = "The queue, draining: empty once `tasks` has none that is not finished", body = Queue)),
    extensions(("x-codes" = json!(["QueueNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn drain(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Queue>, Refusal> {
    one(&app, &name).await?;
    configure(&app, name, draining(true)).await
}

/// `POST /v1/queues/{name}/undrain`: it takes in new tasks again.
#[utoipa::path(
    post, path = "/v1/queues/{name}/undrain", operation_id = "undrain_queue", tag = "queues",
    params(("name" = schema::Name, Path, description = "The queue")),
    responses((status = 200, description = "The queue, open", body = Queue)),
    extensions(("x-codes" = json!(["QueueNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn undrain(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Queue>, Refusal> {
    one(&app, &name).await?;
    configure(&app, name, draining(false)).await
}

/// `POST /v1/queues/{name}/purge`: everything that waits in it is called off; what runs goes on.
#[utoipa::path(
    post, path = "/v1/queues/{name}/purge", operation_id = "purge_queue", tag = "queues",
    params(("name" = schema::Name, Path, description = "The queue")),
    request_body(content = Purge, example = json!({"dry_run": true})),
    responses((status = 200, description = "What was done; `next` is set if there is more to do", body = BulkDone)),
    extensions(("x-codes" = json!(["QueueNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn purge(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Maybe(asked): Maybe<Purge>,
) -> Result<Json<BulkDone>, Refusal> {
    let place = purge::place(&asked)?;
    one(&app, &name).await?;
    purge::run(&app, &Subject::Queue(name), place, asked.dry_run)
        .await
        .map(Json)
}

fn paused(paused: bool) -> port::QueueChange {
    port::QueueChange {
        paused: Some(paused),
        ..port::QueueChange::default()
    }
}

fn draining(draining: bool) -> port::QueueChange {
    port::QueueChange {
        draining: Some(draining),
        ..port::QueueChange::default()
    }
}

async fn configure(
    app: &App,
    name: Name,
    change: port::QueueChange,
) -> Result<Json<Queue>, Refusal> {
    app.store().configure(name.clone(), change).await?;
    one(app, &name).await.map(Json)
}

async fn one(app: &App, name: &Name) -> Result<Queue, Refusal> {
    let records = app.store().queues().await?;
    let record = records.iter().find(|record| record.name == *name);
    let record = record.ok_or_else(|| {
        let detail = format!(
            "there is no queue {:?}: a queue is made by its first task, or by PATCH",
            &**name
        );
        Problem {
            field: Some("name".to_owned()),
            ..Problem::new(Code::QueueNotFound, detail)
        }
    })?;
    Ok(convert::queue(record, app.clock().now()))
}
