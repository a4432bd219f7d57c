//! `/v1/limits`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{Attachment, Attachments, Code, Detachment, Limit, LimitSet, Limits, Problem};

use crate::body::{Asked, Maybe, Nothing};
use crate::params::{NoParams, Params};
use crate::path::NamePath;
use crate::port::{self, Name};
use crate::refusal::Refusal;
use crate::{App, convert, query};

/// `GET /v1/limits`: a page of them, by name.
#[utoipa::path(
    get, path = "/v1/limits", operation_id = "list_limits", tag = "limits",
    params(
        ("after" = Option<schema::Name>, Query, description = "Only those whose names come after this one: what the page before gave as `next`"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many at most; 100 unless given"),
    ),
    responses((status = 200, description = "A page of limits, by name", body = Limits)),
    extensions(("x-codes" = json!(["Unavailable", "Corrupt"])))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(pairs): Params,
) -> Result<Json<Limits>, Refusal> {
    let page = app.store().limits(query::names(&pairs)?).await?;
    Ok(Json(Limits {
        limits: page.limits.iter().map(convert::limit).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

/// `GET /v1/limits/{name}`: one.
#[utoipa::path(
    get, path = "/v1/limits/{name}", operation_id = "show_limit", tag = "limits",
    params(("name" = schema::Name, Path, description = "The limit")),
    responses((status = 200, description = "The limit", body = Limit)),
    extensions(("x-codes" = json!(["LimitNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn show(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
) -> Result<Json<Limit>, Refusal> {
    find(&app, &name).await.map(Json)
}

/// `PUT /v1/limits/{name}`: what it bounds, whether it was there before or not. It counts at once.
#[utoipa::path(
    put, path = "/v1/limits/{name}", operation_id = "define_limit", tag = "limits",
    params(("name" = schema::Name, Path, description = "The limit")),
    request_body(content = LimitSet, example = json!({"concurrency": 10, "rate": {"permits": 50, "period_ms": 1000, "burst": 10}})),
    responses((status = 200, description = "The limit as it is then", body = Limit)),
    extensions(("x-codes" = json!(["LimitNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn define(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Asked(asked): Asked<LimitSet>,
) -> Result<Json<Limit>, Refusal> {
    let bounds = convert::limit_set(asked)?;
    limits(&app).define(name.clone(), bounds).await?;
    find(&app, &name).await.map(Json)
}

/// `DELETE /v1/limits/{name}`: it bounds nothing any more, and is attached to nothing.
#[utoipa::path(
    delete, path = "/v1/limits/{name}", operation_id = "remove_limit", tag = "limits",
    params(("name" = schema::Name, Path, description = "The limit")),
    responses((status = 200, description = "The limit as it was", body = Limit)),
    extensions(("x-codes" = json!(["LimitNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn remove(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Limit>, Refusal> {
    let was = find(&app, &name).await?;
    limits(&app).remove(name).await?;
    Ok(Json(was))
}

/// `GET /v1/limits/{name}/attached`: a page of what it is attached to; the limit itself names the first 100.
#[utoipa::path(
    get, path = "/v1/limits/{name}/attached", operation_id = "list_attached", tag = "limits",
    params(
        ("name" = schema::Name, Path, description = "The limit"),
        ("after" = Option<String>, Query, max_length = 135, pattern = r"^(queue|kind|tenant):[^\x00-\x1f\x7f-\x9f]+$", description = "Only what comes after this queue, kind or tenant: what the page before gave as `next`"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many at most; 100 unless given"),
    ),
    responses((status = 200, description = "A page of what it is attached to: queues, then kinds, then tenants, each by name", body = Attachments)),
    extensions(("x-codes" = json!(["LimitNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn attached(
    State(app): State<App>,
    NamePath(name): NamePath,
    Params(pairs): Params,
) -> Result<Json<Attachments>, Refusal> {
    let request = query::attachments(name.clone(), &pairs)?;
    find(&app, &name).await?;
    let page = app.store().attachments(request).await?;
    Ok(Json(convert::attachments(page)))
}

/// `POST /v1/limits/{name}/attach`: all tasks of a queue, a kind or a tenant are bound by it, at once.
#[utoipa::path(
    post, path = "/v1/limits/{name}/attach", operation_id = "attach_limit", tag = "limits",
    params(("name" = schema::Name, Path, description = "The limit")),
    request_body(content = Attachment, example = json!({"kind": "email.send", "weight": 2})),
    responses((status = 200, description = "The limit, attached", body = Limit)),
    extensions(("x-codes" = json!(["LimitNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn attach(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Asked(asked): Asked<Attachment>,
) -> Result<Json<Limit>, Refusal> {
    let weight = asked.weight.unwrap_or(1);
    let subject = convert::subject(asked.queue, asked.kind, asked.tenant)?;
    find(&app, &name).await?;
    let done = limits(&app).attach(subject, name.clone(), weight).await;
    done?;
    find(&app, &name).await.map(Json)
}

/// `POST /v1/limits/{name}/detach`: a queue, a kind or a tenant is no longer bound by it.
#[utoipa::path(
    post, path = "/v1/limits/{name}/detach", operation_id = "detach_limit", tag = "limits",
    params(("name" = schema::Name, Path, description = "The limit")),
    request_body(content = Detachment, example = json!({"kind": "email.send"})),
    responses((status = 200, description = "The limit, detached", body = Limit)),
    extensions(("x-codes" = json!(["LimitNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn detach(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Asked(asked): Asked<Detachment>,
) -> Result<Json<Limit>, Refusal> {
    let subject = convert::subject(asked.queue, asked.kind, asked.tenant)?;
    port::validate::name(subject.what(), subject.name())?;
    find(&app, &name).await?;
    limits(&app).detach(subject, name.clone()).await?;
    find(&app, &name).await.map(Json)
}

fn limits(app: &App) -> port::Limits {
    port::Limits::of(Arc::clone(app.store()))
}

async fn find(app: &App, name: &Name) -> Result<Limit, Refusal> {
    let record = limits(app).show(name.clone()).await?.ok_or_else(|| {
        let detail = format!(
            "there is no limit {:?}: it was never defined, or was removed",
            &**name
        );
        Problem {
            field: Some("name".to_owned()),
            ..Problem::new(Code::LimitNotFound, detail)
        }
    })?;
    Ok(convert::limit(&record))
}
