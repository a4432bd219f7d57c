//! `GET /health` and `GET /ready`.

mod components;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use duly_api::{Health, Ready, Status};

use crate::params::NoParams;
use crate::{App, VERSION};

/// The process lives.
#[utoipa::path(
    get, path = "/health", operation_id = "show_health", tag = "service",
    responses((status = 200, description = "The process lives", body = Health)),
    security(()),
    extensions(("x-codes" = json!([])))
)]
pub(crate) async fn alive(_: NoParams) -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        version: VERSION.to_owned(),
    })
}

/// Whether the server can do its work, by component. A server that is degraded works.
#[utoipa::path(
    get, path = "/ready", operation_id = "show_ready", tag = "service",
    responses(
        (status = 200, description = "It does its work; `degraded`: but somebody should look", body = Ready),
        (status = 503, description = "It cannot do its work", body = Ready),
    ),
    extensions(("x-codes" = json!([])))
)]
pub(crate) async fn ready(State(app): State<App>, _: NoParams) -> (StatusCode, Json<Ready>) {
    let ready = Ready::new(components::all(&app).await);
    let status = match ready.status {
        Status::Unhealthy => StatusCode::SERVICE_UNAVAILABLE,
        Status::Healthy | Status::Degraded => StatusCode::OK,
    };
    (status, Json(ready))
}
