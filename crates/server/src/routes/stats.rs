//! `GET /v1/stats`.

use axum::Json;
use axum::extract::State;

use crate::refusal::Refusal;
use crate::{App, convert};

/// Counts by queue and state, and the workers.
pub(crate) async fn show(State(app): State<App>) -> Result<Json<duly_api::Stats>, Refusal> {
    let queues = app.store().queues().await?;
    let workers = app.store().workers().await?;
    Ok(Json(duly_api::Stats {
        tasks: convert::totals(&queues),
        queues: queues.iter().map(convert::queue).collect(),
        workers: workers.into_iter().map(convert::worker).collect(),
    }))
}
