//! `POST /v1/tasks`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use duly_api::SubmittedBatch;

use super::batch::{self, Asked};
use super::{idempotency, require};
use crate::body::Arrived;
use crate::convert::{self, Submission};
use crate::params::{self, Params};
use crate::port::{self, Name, Submit};
use crate::refusal::Refusal;
use crate::{App, query, trace};

const KNOWN: &str = "require_worker";

/// `POST /v1/tasks`: one task, an array, or a task per line; all or none. 201 if anything is new.
#[utoipa::path(
    post, path = "/v1/tasks", operation_id = "submit_tasks", tag = "tasks",
    params(
        ("require_worker" = Option<bool>, Query, description = "Refuse what no registered worker would run"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$", description = "Submitting again with the same key and body submits nothing twice"),
        ("traceparent" = Option<String>, Header, description = "The W3C trace that the tasks belong to"),
        ("tracestate" = Option<String>, Header, description = "What goes with the trace"),
    ),
    request_body(
        description = "A task, or an array of tasks, or a task per line: all are submitted, or none",
        content((crate::openapi::Tasks = "application/json", examples(
            ("one" = (summary = "One task", value = json!({"kind": "http", "payload": {"url": "http://localhost:8080/hook"}}))),
            ("many" = (summary = "Two tasks", value = json!([{"kind": "email.send", "queue": "mail", "delay_ms": 5000}, {"kind": "email.send", "priority": "high"}]))),
        )), (Vec<duly_api::NewTask> = "application/x-ndjson")),
    ),
    responses(
        (status = 201, description = "Submitted: one answer for one task, else one for each", body = crate::openapi::SubmittedTasks),
        (status = 200, description = "All of it was there already", body = crate::openapi::SubmittedTasks),
    ),
    extensions(("x-codes" = json!(["TaskExists", "Draining", "NoWorkers", "IdempotencyKeyReused", "QueueFull", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn submit(
    State(app): State<App>,
    Params(pairs): Params,
    headers: HeaderMap,
    body: Arrived,
) -> Result<Response, Refusal> {
    let needs_worker = require_worker(&pairs)?;
    let key = idempotency::key(&headers, &body.bytes)?;
    let mut submission = Submission::new(&app, trace::of(&headers), key.as_ref());
    let (asked, is_array) = match batch::read(body.form, &body.bytes)? {
        Asked::One(task) => (vec![submission.task(*task)?], false),
        Asked::Many(tasks) => (batch::convert(tasks, &mut submission)?, true),
    };
    let of_batch = |refusal: Refusal| if is_array { refusal } else { refusal.alone() };
    if needs_worker {
        require::worker(&app, &asked).await.map_err(of_batch)?;
    }
    let derived = idempotency::derived(&asked);
    if let Some(key) = &key {
        idempotency::check_before(&app, key, &derived).await?;
    }
    let ids: Vec<_> = asked.iter().map(|task| task.id).collect();
    let kinds: Vec<Name> = asked.iter().map(|task| task.kind.clone()).collect();
    let submitted = app.store().submit(Submit { tasks: asked }).await;
    let reply = submitted.map_err(|error| of_batch(error.into()))?;
    let fresh = kinds.iter().zip(&reply.tasks);
    let fresh = fresh.filter(|(_, task)| task.is_new());
    app.metrics().scheduled(fresh.map(|(kind, _)| kind));
    if let Some(key) = &key {
        idempotency::check_after(&app, key, (&ids, &derived), &reply).await?;
    }
    Ok(answer(reply.tasks, is_array))
}

fn answer(submitted: Vec<port::Submitted>, is_array: bool) -> Response {
    let is_new = submitted.iter().any(port::Submitted::is_new);
    let status = if is_new || submitted.is_empty() {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut tasks = submitted.iter().map(convert::submitted);
    if is_array {
        let tasks = tasks.collect();
        return (status, Json(SubmittedBatch { tasks })).into_response();
    }
    let one = tasks.next();
    let one = one.expect("a store answers each task that was submitted");
    (status, Json(one)).into_response()
}

fn require_worker(pairs: &[(String, String)]) -> Result<bool, Refusal> {
    match pairs {
        [] => Ok(false),
        [(name, value)] if name == KNOWN => query::parsed(name, value, "true or false"),
        [(name, value), ..] if name == KNOWN => {
            Err(query::refused(name, value, "to be given once"))
        }
        [(name, _), ..] => Err(params::unknown(name, KNOWN)),
    }
}
