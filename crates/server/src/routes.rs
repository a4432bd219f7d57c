//! The routes of the API.

mod events;
mod failed;
mod health;
mod metrics;
mod queues;
mod stats;
mod tasks;
mod workers;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};
use duly_api::{Code, Problem};

use crate::refusal::Refusal;
use crate::{App, guard};

pub(crate) use failed::filter as dead_letters;
pub(crate) use tasks::idempotency::Key;

/// A path, and what answers there.
type Row = (&'static str, fn() -> MethodRouter<App>);

/// Every path.
const TABLE: &[Row] = &[
    ("/v1/tasks", || get(tasks::list).post(tasks::submit::submit)),
    ("/v1/tasks/bulk", || post(tasks::bulk::change)),
    ("/v1/tasks/{id}", || {
        get(tasks::show)
            .patch(tasks::change::change)
            .delete(tasks::change::cancel)
    }),
    ("/v1/tasks/{id}/retry", || post(tasks::change::retry)),
    ("/v1/tasks/{id}/discard", || post(tasks::change::discard)),
    ("/v1/failed", || get(failed::list)),
    ("/v1/failed/retry", || post(failed::retry)),
    ("/v1/failed/discard", || post(failed::discard)),
    ("/v1/queues", || get(queues::list)),
    ("/v1/queues/{name}", || {
        get(queues::show).patch(queues::change)
    }),
    ("/v1/queues/{name}/pause", || post(queues::pause)),
    ("/v1/queues/{name}/resume", || post(queues::resume)),
    ("/v1/queues/{name}/purge", || post(queues::purge)),
    ("/v1/workers", || get(workers::list)),
    ("/v1/workers/{incarnation}", || get(workers::show)),
    ("/v1/events", || get(events::list)),
    ("/v1/stats", || get(stats::show)),
    ("/health", || get(health::alive)),
    ("/ready", || get(health::ready)),
    ("/metrics", || get(metrics::show)),
];

/// The API over a store. Requests must name this server in `Host`, come from no foreign web page, and
/// bring a token if the options have one.
pub fn router(app: App) -> Router {
    let routes = TABLE.iter().fold(Router::new(), |router, (path, methods)| {
        router.route(path, methods())
    });
    routes
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method)
        .layer(middleware::from_fn_with_state(app.clone(), guard::pass))
        .with_state(app)
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
