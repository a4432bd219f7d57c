//! The routes of the API.

pub(crate) mod archive;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod failed;
pub(crate) mod health;
pub(crate) mod kinds;
pub(crate) mod limits;
pub(crate) mod metrics;
pub(crate) mod openapi;
mod purge;
pub(crate) mod queues;
pub(crate) mod schedules;
pub(crate) mod stats;
pub(crate) mod subjects;
pub(crate) mod tasks;
pub(crate) mod tenants;
pub(crate) mod workers;

use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};
use duly_api::{Code, Kind, Problem, Queue, Tenant};

use crate::refusal::Refusal;
use crate::{App, guard};

pub(crate) use failed::filter as dead_letters;
pub(crate) use tasks::idempotency::Key;

use subjects::{Switch, switch};

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
    ("/v1/tasks/{id}/explain", || get(explain::task)),
    ("/v1/tasks/{id}/retry", || post(tasks::change::retry)),
    ("/v1/tasks/{id}/discard", || post(tasks::change::discard)),
    ("/v1/failed", || get(failed::list)),
    ("/v1/failed/retry", || post(failed::retry)),
    ("/v1/failed/discard", || post(failed::discard)),
    ("/v1/queues", || get(queues::list)),
    ("/v1/queues/{name}", || {
        get(queues::show).patch(queues::change)
    }),
    ("/v1/queues/{name}/explain", || get(explain::queue)),
    ("/v1/queues/{name}/pause", || switch::<Queue>(Switch::Pause)),
    ("/v1/queues/{name}/resume", || {
        switch::<Queue>(Switch::Resume)
    }),
    ("/v1/queues/{name}/drain", || switch::<Queue>(Switch::Drain)),
    ("/v1/queues/{name}/undrain", || {
        switch::<Queue>(Switch::Undrain)
    }),
    ("/v1/queues/{name}/purge", || post(subjects::purge::<Queue>)),
    ("/v1/kinds", || get(kinds::list)),
    ("/v1/kinds/{name}", || get(kinds::show).patch(kinds::change)),
    ("/v1/kinds/{name}/pause", || switch::<Kind>(Switch::Pause)),
    ("/v1/kinds/{name}/resume", || switch::<Kind>(Switch::Resume)),
    ("/v1/kinds/{name}/drain", || switch::<Kind>(Switch::Drain)),
    ("/v1/kinds/{name}/undrain", || {
        switch::<Kind>(Switch::Undrain)
    }),
    ("/v1/kinds/{name}/purge", || post(subjects::purge::<Kind>)),
    ("/v1/tenants", || get(tenants::list)),
    ("/v1/tenants/{name}", || {
        get(tenants::show).patch(tenants::change)
    }),
    ("/v1/tenants/{name}/pause", || {
        switch::<Tenant>(Switch::Pause)
    }),
    ("/v1/tenants/{name}/resume", || {
        switch::<Tenant>(Switch::Resume)
    }),
    ("/v1/tenants/{name}/drain", || {
        switch::<Tenant>(Switch::Drain)
    }),
    ("/v1/tenants/{name}/undrain", || {
        switch::<Tenant>(Switch::Undrain)
    }),
    ("/v1/tenants/{name}/purge", || {
        post(subjects::purge::<Tenant>)
    }),
    ("/v1/schedules", || get(schedules::list)),
    ("/v1/schedules/{name}", || {
        get(schedules::show)
            .put(schedules::put)
            .post(schedules::add)
            .delete(schedules::remove)
    }),
    ("/v1/schedules/{name}/next", || get(schedules::next)),
    ("/v1/schedules/{name}/pause", || post(schedules::pause)),
    ("/v1/schedules/{name}/resume", || post(schedules::resume)),
    ("/v1/schedules/{name}/trigger", || post(schedules::trigger)),
    ("/v1/schedules/{name}/backfill", || {
        post(schedules::backfill)
    }),
    ("/v1/limits", || get(limits::list)),
    ("/v1/limits/{name}", || {
        get(limits::show).put(limits::define).delete(limits::remove)
    }),
    ("/v1/limits/{name}/attached", || get(limits::attached)),
    ("/v1/limits/{name}/attach", || post(limits::attach)),
    ("/v1/limits/{name}/detach", || post(limits::detach)),
    ("/v1/workers", || get(workers::list)),
    ("/v1/workers/{incarnation}", || get(workers::show)),
    ("/v1/workers/{name}/explain", || get(explain::worker)),
    ("/v1/events", || get(events::list)),
    ("/v1/export", || get(archive::export)),
    ("/v1/import", || post(archive::import)),
    ("/v1/openapi.json", || get(openapi::show)),
    ("/v1/stats", || get(stats::show)),
    ("/health", || get(health::alive)),
    ("/ready", || get(health::ready)),
    ("/metrics", || get(metrics::show)),
];

/// The API over a store. Requests must name this server in `Host`, come from no foreign web page, and
/// bring a token if the options have one.
pub fn router(app: App) -> Router {
    served(app, |_| true)
}

/// Only what tells how a process is: `/health`, `/ready` and `/metrics`, under the same conditions.
pub fn monitor(app: App) -> Router {
    served(app, |path| !path.starts_with("/v1/"))
}

fn served(app: App, is_wanted: fn(&str) -> bool) -> Router {
    let wanted = TABLE.iter().filter(|(path, _)| is_wanted(path));
    let routes = wanted.fold(Router::new(), |router, (path, methods)| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_path_is_described_and_no_other() {
        let document: serde_json::Value =
            serde_json::from_slice(&crate::openapi()).expect("the document is JSON");
        let described = document["paths"].as_object().expect("paths");
        let described: BTreeSet<_> = described.keys().map(String::as_str).collect();
        let there: BTreeSet<_> = TABLE.iter().map(|(path, _)| *path).collect();
        assert_eq!(described, there);
    }
}
