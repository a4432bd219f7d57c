//! `GET /v1/openapi.json`.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::params::NoParams;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// This description.
#[utoipa::path(
    get, path = "/v1/openapi.json", operation_id = "show_openapi", tag = "service",
    responses((status = 200, description = "The API as OpenAPI 3.1", body = duly_api::schema::Json)),
    extensions(("x-codes" = json!([])))
)]
pub(crate) async fn show(_: NoParams) -> Response {
    ([(header::CONTENT_TYPE, JSON)], crate::openapi::openapi()).into_response()
}
