//! `GET /v1/stats`.

use axum::Json;
use axum::extract::State;

use crate::params::NoParams;
use crate::refusal::Refusal;
use crate::{App, convert};

/// Counts by queue and state, and the workers.
#[utoipa::path(
    get, path = "/v1/stats", operation_id = "show_stats", tag = "service",
    responses((status = 200, description = "How the store stands", body = duly_api::Stats)),
    extensions(("x-codes" = json!(["Unavailable", "Corrupt"])))
)]
pub(crate) async fn show(
    State(app): State<App>,
    _: NoParams,
) -> Result<Json<duly_api::Stats>, Refusal> {
    let queues = app.store().queues().await?;
    let workers = app.store().workers().await?;
    let now = app.clock().now();
    let queues_shown: Vec<_> = queues.iter().map(|one| convert::queue(one, now)).collect();
    let ages = queues_shown.iter().filter_map(|one| one.oldest_due_age_ms);
    Ok(Json(duly_api::Stats {
        tasks: convert::totals(&queues),
        oldest_due_age_ms: ages.max(),
        queues: queues_shown,
        workers: convert::workers(&workers),
        throughput: app.samples().take(&queues, now),
    }))
}
