//! The routes of the API.

mod events;
mod health;
mod stats;
mod tasks;
mod workers;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use duly_api::{Code, Problem};

use crate::refusal::Refusal;
use crate::{App, host};

/// A path, and what answers there.
type Row = (&'static str, fn() -> MethodRouter<App>);

/// Every path.
const TABLE: &[Row] = &[
    ("/v1/tasks", || get(tasks::list).post(tasks::submit)),
    ("/v1/tasks/{id}", || get(tasks::show).delete(tasks::cancel)),
    ("/v1/workers", || get(workers::list)),
    ("/v1/events", || get(events::list)),
    ("/v1/stats", || get(stats::show)),
    ("/health", || get(health::alive)),
    ("/ready", || get(health::ready)),
];

/// The API over a store. Requests must name this machine in `Host`.
pub fn router(app: App) -> Router {
    let routes = TABLE.iter().fold(Router::new(), |router, (path, methods)| {
        router.route(path, methods())
    });
    routes
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(middleware::from_fn(host::check))
        .layer(middleware::from_fn(mark))
        .with_state(app)
}

/// What holds for every answer: it is told, not kept, and not taken for something else.
async fn mark(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    tracing::debug!(%method, path, status = response.status().as_u16(), "request");
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

async fn nothing_here(request: Request) -> Refusal {
    let path = request.uri().path();
    let detail = format!("there is nothing at {path:?}: try /v1/tasks, /v1/stats or /health");
    Problem::new(Code::RouteNotFound, detail).into()
}

async fn other_method(request: Request) -> Refusal {
    let (method, path) = (request.method(), request.uri().path());
    let detail = format!("{path} does not know {method}: the header `Allow` says what it knows");
    Problem::new(Code::MethodNotAllowed, detail).into()
}
