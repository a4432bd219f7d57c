//! `/v1/tenants`.

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{BulkDone, Code, Problem, Purge, Tenant, TenantChange, Tenants};

use crate::body::{Asked, Maybe, Nothing};
use crate::params::{NoParams, Params};
use crate::path::NamePath;
use crate::port::{self, ListNames, Name, Subject};
use crate::refusal::Refusal;
use crate::routes::purge;
use crate::{App, convert, query};

/// `GET /v1/tenants`: a page of them, by name.
#[utoipa::path(
    get, path = "/v1/tenants", operation_id = "list_tenants", tag = "tenants",
    params(
        ("after" = Option<schema::Name>, Query, description = "Only those whose names come after this one: what the page before gave as `next`"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "How many at most; 100 unless given"),
    ),
    responses((status = 200, description = "A page of tenants, by name", body = Tenants)),
    extensions(("x-codes" = json!(["Unavailable", "Corrupt"])))
)]
pub(crate) async fn list(
    State(app): State<App>,
    Params(pairs): Params,
) -> Result<Json<Tenants>, Refusal> {
    let page = app.store().tenants(query::names(&pairs)?).await?;
    Ok(Json(Tenants {
        tenants: page.tenants.iter().map(convert::tenant).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}

/// `GET /v1/tenants/{name}`: one.
#[utoipa::path(
    get, path = "/v1/tenants/{name}", operation_id = "show_tenant", tag = "tenants",
    params(("name" = schema::Name, Path, description = "The tenant")),
    responses((status = 200, description = "The tenant", body = Tenant)),
    extensions(("x-codes" = json!(["TenantNotFound", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn show(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
) -> Result<Json<Tenant>, Refusal> {
    find(&app, &name).await.map(Json)
}

/// `PATCH /v1/tenants/{name}`: other settings; the tenant is made if there is none of that name.
#[utoipa::path(
    patch, path = "/v1/tenants/{name}", operation_id = "change_tenant", tag = "tenants",
    params(("name" = schema::Name, Path, description = "The tenant")),
    request_body(content = TenantChange, example = json!({"paused": true})),
    responses((status = 200, description = "The tenant as it is then", body = Tenant)),
    extensions(("x-codes" = json!(["TenantNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn change(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Asked(asked): Asked<TenantChange>,
) -> Result<Json<Tenant>, Refusal> {
    if asked == TenantChange::default() {
        let expected = "at least one of weight, paused and draining";
        let detail = format!("nothing is to change: expected {expected}");
        return Err(Problem::invalid("paused", expected, detail).into());
    }
    configure(&app, name, convert::tenant_change(asked)).await
}

/// `POST /v1/tenants/{name}/pause`: nothing of it starts any more.
#[utoipa::path(
    post, path = "/v1/tenants/{name}/pause", operation_id = "pause_tenant", tag = "tenants",
    params(("name" = schema::Name, Path, description = "The tenant")),
    responses((status = 200, description = "The tenant, paused", body = Tenant)),
    extensions(("x-codes" = json!(["TenantNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn pause(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Tenant>, Refusal> {
    let change = port::TenantChange {
        paused: Some(true),
        ..port::TenantChange::default()
    };
    change_known(&app, name, change).await
}

/// `POST /v1/tenants/{name}/resume`: what is due may start again.
#[utoipa::path(
    post, path = "/v1/tenants/{name}/resume", operation_id = "resume_tenant", tag = "tenants",
    params(("name" = schema::Name, Path, description = "The tenant")),
    responses((status = 200, description = "The tenant, resumed", body = Tenant)),
    extensions(("x-codes" = json!(["TenantNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn resume(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Tenant>, Refusal> {
    let change = port::TenantChange {
        paused: Some(false),
        ..port::TenantChange::default()
    };
    change_known(&app, name, change).await
}

/// `POST /v1/tenants/{name}/drain`: it takes in no new tasks any more; those that are there are worked off.
#[utoipa::path(
    post, path = "/v1/tenants/{name}/drain", operation_id = "drain_tenant", tag = "tenants",
    params(("name" = schema::Name, Path, description = "The tenant")),
    responses((status = 200, description = "The tenant, draining: empty once `unfinished` is 0", body = Tenant)),
    extensions(("x-codes" = json!(["TenantNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn drain(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Tenant>, Refusal> {
    let change = port::TenantChange {
        draining: Some(true),
        ..port::TenantChange::default()
    };
    change_known(&app, name, change).await
}

/// `POST /v1/tenants/{name}/undrain`: it takes in new tasks again.
#[utoipa::path(
    post, path = "/v1/tenants/{name}/undrain", operation_id = "undrain_tenant", tag = "tenants",
    params(("name" = schema::Name, Path, description = "The tenant")),
    responses((status = 200, description = "The tenant, open", body = Tenant)),
    extensions(("x-codes" = json!(["TenantNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn undrain(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    _: Maybe<Nothing>,
) -> Result<Json<Tenant>, Refusal> {
    let change = port::TenantChange {
        draining: Some(false),
        ..port::TenantChange::default()
    };
    change_known(&app, name, change).await
}

/// `POST /v1/tenants/{name}/purge`: everything of it that waits is called off; what runs goes on.
#[utoipa::path(
    post, path = "/v1/tenants/{name}/purge", operation_id = "purge_tenant", tag = "tenants",
    params(("name" = schema::Name, Path, description = "The tenant")),
    request_body(content = Purge, example = json!({"dry_run": true})),
    responses((status = 200, description = "What was done; `next` is set if there is more to do", body = BulkDone)),
    extensions(("x-codes" = json!(["TenantNotFound", "InvalidJson", "BodyIncomplete", "BodyTooLarge", "Unavailable", "Corrupt"])))
)]
pub(crate) async fn purge(
    State(app): State<App>,
    NamePath(name): NamePath,
    _: NoParams,
    Maybe(asked): Maybe<Purge>,
) -> Result<Json<BulkDone>, Refusal> {
    let place = purge::place(&asked)?;
    find(&app, &name).await?;
    purge::run(&app, &Subject::Tenant(name), place, asked.dry_run)
        .await
        .map(Json)
}

/// Whoever pauses or drains one means one that is there.
async fn change_known(
    app: &App,
    name: Name,
    change: port::TenantChange,
) -> Result<Json<Tenant>, Refusal> {
    find(app, &name).await?;
    configure(app, name, change).await
}

async fn configure(
    app: &App,
    name: Name,
    change: port::TenantChange,
) -> Result<Json<Tenant>, Refusal> {
    app.store().configure_tenant(name.clone(), change).await?;
    find(app, &name).await.map(Json)
}

async fn find(app: &App, name: &Name) -> Result<Tenant, Refusal> {
    let page = app.store().tenants(ListNames::only(name.clone())).await?;
    let record = page.tenants.first().ok_or_else(|| {
        let detail = format!(
            "there is no tenant {:?}: a tenant is made by its first task, or by PATCH",
            &**name
        );
        Problem {
            field: Some("name".to_owned()),
            ..Problem::new(Code::TenantNotFound, detail)
        }
    })?;
    Ok(convert::tenant(record))
}
