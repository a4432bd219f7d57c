//! `/v1/tenants`.

use axum::Json;
use axum::extract::State;
use duly_api::schema;
use duly_api::{Tenant, TenantChange, Tenants};

use crate::body::Asked;
use crate::params::{NoParams, Params};
use crate::path::NamePath;
use crate::port::{self, Name};
use crate::refusal::Refusal;
use crate::routes::subjects::{find, nothing_to_change};
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
        return Err(nothing_to_change(expected));
    }
    configure(&app, name, convert::tenant_change(asked)).await
}

async fn configure(
    app: &App,
    name: Name,
    change: port::TenantChange,
) -> Result<Json<Tenant>, Refusal> {
    app.store().configure_tenant(name.clone(), change).await?;
    find(app, &name).await.map(Json)
}
