//! `GET /health` and `GET /ready`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::bounds::READY_WAIT_MAX;
use crate::params::NoParams;
use crate::port::StoreError;
use crate::refusal::Refusal;
use crate::{App, VERSION};

/// The process lives.
pub(crate) async fn alive(_: NoParams) -> Json<Value> {
    Json(json!({"status": "ok", "version": VERSION}))
}

/// The store answers.
pub(crate) async fn ready(State(app): State<App>, _: NoParams) -> Result<Json<Value>, Refusal> {
    let asked = tokio::time::timeout(READY_WAIT_MAX, app.store().workers()).await;
    let workers = asked.unwrap_or_else(|_| {
        Err(StoreError::Unavailable {
            reason: format!("no answer within {READY_WAIT_MAX:?}"),
            outcome_unknown: false,
        })
    })?;
    Ok(Json(json!({"status": "ready", "workers": workers.len()})))
}
