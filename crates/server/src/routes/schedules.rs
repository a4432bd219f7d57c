//! `/v1/schedules`.

use axum::Json;
use axum::extract::State;
use duly::schedule::{ScheduleInfo, SchedulesError};
use duly_api::schema;
use duly_api::{
    AnySchedule, Schedule, ScheduleBackfill, ScheduleDefinition, ScheduleNext, Schedules, Submitted,
};

use crate::body::{Asked, Maybe, Nothing};
use crate::params::{NoParams, Params};
use crate::path::NamePath;
use crate::port::ListNames;
use crate::refusal::Refusal;
use crate::{App, convert, query};

/// `GET /v1/schedules`: a page of them, by name.
#[utoipa::path(
    get, path = "/v1/schedules", operation_id = "list_schedules", tag = "schedules",
    params(
        ("after" = Option<schema::Name>, Query, description = "Only those whose names come after this one: what the page before gave as `next`"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many at most; 100 unless given"),
    ),
    responses((status = 200, description = "A page of schedules, by name", body = Schedules)),
    extensions(("x-codes" = json!(["Unavailable", "Corrupt"])))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(pairs): Params,
) -> Result<Json<Schedules>, Refusal> {
    let ListNames { after, limit, .. } = query::names(&pairs)?;
    let page = app.duly().schedules().list(after, limit).await?;
    Ok(Json(Schedules {
        schedules: page.schedules.iter().map(convert::schedule_info).collect(),
        unreadable: page.unreadable.iter().map(convert::unreadable).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

/// `GET /v1/schedules/{name}`: one.
#[utoipa::path(
    get, path = "/v1/schedules/{name}", operation_id = "show_schedule", tag = "schedules",
    params(("name" = schema::Name, Path, description = "The schedule")),
    responses((status = 200, description = "The schedule", body = Schedule)),
    extensions(("x-codes" = json!(["ScheduleNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn show(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
) -> Result<Json<Schedule>, Refusal> {
    shown(app.duly().schedules().show(name).await)
}

/// `PUT /v1/schedules/{name}`: makes it, or changes it; it goes on from where it is.
#[utoipa::path(
    put, path = "/v1/schedules/{name}", operation_id = "put_schedule", tag = "schedules",
    params(("name" = schema::Name, Path, description = "The schedule")),
    request_body(content = ScheduleDefinition, example = json!({"cron": "0 9 * * mon-fri", "zone": "Europe/Berlin", "task": {"kind": "http"}})),
    responses((status = 200, description = "The schedule as it is then", body = Schedule)),
    extensions(("x-codes" = json!(["ScheduleConflict", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn put(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Asked(asked): Asked<ScheduleDefinition>,
) -> Result<Json<Schedule>, Refusal> {
    let schedule = convert::schedule(asked, app.prioritiser())?;
    let put = app.duly().schedules().put(name, schedule).await;
    shown(put.map(|(info, _)| info))
}

/// `POST /v1/schedules/{name}`: makes it, if there is none of that name.
#[utoipa::path(
    post, path = "/v1/schedules/{name}", operation_id = "add_schedule", tag = "schedules",
    params(("name" = schema::Name, Path, description = "The schedule")),
    request_body(content = ScheduleDefinition, example = json!({"every_ms": 60000, "task": {"kind": "http"}})),
    responses((status = 200, description = "The schedule", body = Schedule)),
    extensions(("x-codes" = json!(["ScheduleConflict", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn add(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Asked(asked): Asked<ScheduleDefinition>,
) -> Result<Json<Schedule>, Refusal> {
    let schedule = convert::schedule(asked, app.prioritiser())?;
    shown(app.duly().schedules().add(name, schedule).await)
}

/// `DELETE /v1/schedules/{name}`: removes it; the tasks that it has created stay.
#[utoipa::path(
    delete, path = "/v1/schedules/{name}", operation_id = "remove_schedule", tag = "schedules",
    params(("name" = schema::Name, Path, description = "The schedule")),
    responses((status = 200, description = "The schedule as it stood, though it could not be read", body = AnySchedule)),
    extensions(("x-codes" = json!(["ScheduleNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn remove(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
) -> Result<Json<AnySchedule>, Refusal> {
    let removed = app.duly().schedules().remove(name).await?;
    Ok(Json(convert::any_schedule(&removed)))
}

/// `GET /v1/schedules/{name}/next`: its next ticks.
#[utoipa::path(
    get, path = "/v1/schedules/{name}/next", operation_id = "next_of_schedule", tag = "schedules",
    params(
        ("name" = schema::Name, Path, description = "The schedule"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many at most; 100 unless given"),
    ),
    responses((status = 200, description = "The instants, as they would come if nothing were missed or changed", body = ScheduleNext)),
    extensions(("x-codes" = json!(["ScheduleNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn next(
    State(app): State<App>,
    NamePath(name): NamePath,
    Params(pairs): Params,
) -> Result<Json<ScheduleNext>, Refusal> {
    let limit = query::how_many(&pairs)?;
    let ticks = app.duly().schedules().next(name, limit as usize).await?;
    Ok(Json(ScheduleNext { ticks }))
}

/// `POST /v1/schedules/{name}/pause`: nothing fires from it any more.
#[utoipa::path(
    post, path = "/v1/schedules/{name}/pause", operation_id = "pause_schedule", tag = "schedules",
    params(("name" = schema::Name, Path, description = "The schedule")),
    responses((status = 200, description = "The schedule, paused", body = Schedule)),
    extensions(("x-codes" = json!(["ScheduleNotFound", "ScheduleConflict", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn pause(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Schedule>, Refusal> {
    shown(app.duly().schedules().pause(name).await)
}

/// `POST /v1/schedules/{name}/resume`: it goes on with the first tick after now.
#[utoipa::path(
    post, path = "/v1/schedules/{name}/resume", operation_id = "resume_schedule", tag = "schedules",
    params(("name" = schema::Name, Path, description = "The schedule")),
    responses((status = 200, description = "The schedule, resumed", body = Schedule)),
    extensions(("x-codes" = json!(["ScheduleNotFound", "ScheduleConflict", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn resume(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Schedule>, Refusal> {
    shown(app.duly().schedules().resume(name).await)
}

/// `POST /v1/schedules/{name}/trigger`: runs it once, now, beside all ticks.
#[utoipa::path(
    post, path = "/v1/schedules/{name}/trigger", operation_id = "trigger_schedule", tag = "schedules",
    params(("name" = schema::Name, Path, description = "The schedule")),
    responses((status = 200, description = "The task that it created", body = Submitted)),
    extensions(("x-codes" = json!(["ScheduleNotFound", "ScheduleConflict", "QueueFull", "Draining", "TaskExists", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn trigger(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Submitted>, Refusal> {
    let submitted = app.duly().schedules().trigger(name).await?;
    Ok(Json(convert::submitted(&submitted)))
}

/// `POST /v1/schedules/{name}/backfill`: runs the ticks of a period, step by step.
#[utoipa::path(
    post, path = "/v1/schedules/{name}/backfill", operation_id = "backfill_schedule", tag = "schedules",
    params(("name" = schema::Name, Path, description = "The schedule")),
    request_body(content = ScheduleBackfill, example = json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "overlap": "queue_one"})),
    responses((status = 200, description = "The schedule, with what is left to fill in", body = Schedule)),
    extensions(("x-codes" = json!(["ScheduleNotFound", "ScheduleConflict", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn backfill(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Asked(asked): Asked<ScheduleBackfill>,
) -> Result<Json<Schedule>, Refusal> {
    let period = convert::period(&asked)?;
    shown(app.duly().schedules().backfill(name, period).await)
}

/// The schedule as it stands then.
fn shown(info: Result<ScheduleInfo, SchedulesError>) -> Result<Json<Schedule>, Refusal> {
    Ok(Json(convert::schedule_info(&info?)))
}
