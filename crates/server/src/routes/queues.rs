//! `/v1/queues`.

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{Problem, Queue, QueueChange, Queues};

use crate::body::Asked;
use crate::params::NoParams;
use crate::path::NamePath;
use crate::port::{self, Name};
use crate::refusal::Refusal;
use crate::routes::subjects::{find, nothing_to_change};
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
    find(&app, &name).await.map(Json)
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
        return Err(nothing_to_change(expected));
    }
    if let Some(bound) = asked.bound.filter(|bound| *bound > BOUND_MAX) {
        let expected = format!("at most {BOUND_MAX}");
        let detail = format!("bound is {bound}: expected {expected}");
        return Err(Problem::invalid("bound", expected, detail).into());
    }
    configure(&app, name, convert::queue_change(asked)).await
}

async fn configure(
    app: &App,
    name: Name,
    change: port::QueueChange,
) -> Result<Json<Queue>, Refusal> {
    app.store().configure(name.clone(), change).await?;
    find(app, &name).await.map(Json)
}
